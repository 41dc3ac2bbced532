"""What each role may do, in words, and who may give which."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

EXPLAINED = {
    "owner": _("Everything, and decides who the other owners are. There is always at least one."),
    "operator": _("Runs the shop: flows, approvals, connections, API keys, people other than owners."),
    "marketer": _("Writes and publishes flows and messages, and answers approvals. No connections, no people."),
    "support": _("Answers approvals, tries again what failed, ends and starts runs. Changes no flow."),
    "viewer": _("Looks at everything, changes nothing."),
}
ROLES = tuple(EXPLAINED)


def may_give(role: str, given: str) -> bool:
    """Nobody makes anybody more than they are themselves: owners are made, changed and removed by owners."""
    return given in EXPLAINED and (role == "owner" or given != "owner")
