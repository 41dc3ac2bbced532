"""The vocabulary of states and reasons: each with a word, a shape and a tone, so that colour never speaks alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Word:
    """`tone` is one of `ok bad info shade lamp idle`; `icon` a symbol of icons.svg."""

    label: str | Promise
    icon: str
    tone: str


RUN = {
    "running": Word(_("Running"), "circle-play", "ok"),
    "waiting": Word(_("Waiting"), "clock", "info"),
    "parked": Word(_("Awaiting result"), "hourglass", "info"),
    "finished": Word(_("Finished"), "circle-check", "ok"),
    "exited": Word(_("Left early"), "log-out", "idle"),
    "stopped": Word(_("Stopped"), "ban", "idle"),
    "failed": Word(_("Failed"), "circle-x", "bad"),
}
EFFECT = {
    "pending": Word(_("Pending"), "clock", "info"),
    "running": Word(_("Being sent"), "circle-play", "info"),
    "done": Word(_("Done"), "circle-check", "ok"),
    "failed": Word(_("Failed"), "circle-x", "bad"),
    "shadow": Word(_("Shadow"), "moon", "shade"),
    "cancelled": Word(_("Cancelled"), "ban", "idle"),
}
DELIVERY = {
    "pending": Word(_("Pending"), "clock", "info"),
    "done": Word(_("Used"), "circle-check", "ok"),
    "ignored": Word(_("Not used"), "circle-slash", "idle"),
    "failed": Word(_("Failed"), "circle-x", "bad"),
}
EVENT = {
    "pending": Word(_("Pending"), "clock", "info"),
    "done": Word(_("Handled"), "circle-check", "ok"),
}
FLOW = {
    "draft": Word(_("Draft"), "pencil", "idle"),
    "live": Word(_("Live"), "circle-dot", "ok"),
    "shadow": Word(_("Shadow"), "moon", "shade"),
    "paused": Word(_("Paused"), "circle-pause", "lamp"),
}
APPROVAL = {
    "open": Word(_("Open"), "hand", "lamp"),
    "approved": Word(_("Approved"), "circle-check", "ok"),
    "refused": Word(_("Refused"), "circle-x", "bad"),
    "expired": Word(_("Expired"), "clock", "idle"),
    "closed": Word(_("Settled by others"), "users", "idle"),
}
KINDS = {"run": RUN, "effect": EFFECT, "delivery": DELIVERY, "event": EVENT, "flow": FLOW, "approval": APPROVAL}

ROLES = {
    "owner": _("Owner"),
    "operator": _("Operator"),
    "marketer": _("Marketer"),
    "support": _("Support"),
    "viewer": _("Viewer"),
}

SKIPS = {
    "when_false": _("The condition was not met"),
    "when_error": _("The condition could not be answered"),
    "already_running": _("A run for the same key was under way"),
    "older_than_run": _("A run for the same key had started from something newer"),
    "once": _("The flow runs once for each key, and had run"),
    "too_soon": _("The last run for the same key was too recent"),
    "exit_already_happened": _("What ends the flow had already happened"),
    "flow_paused": _("The flow was paused"),
    "own_echo": _("The store told of what the flow itself had changed there"),
    "key_missing": _("The key was empty"),
}

RUN_REASONS = {
    "too_many_steps": _("it took too many steps"),
    "step_missing": _("the step it stood at is not in this version"),
    "template_failed": _("a text could not be written"),
    "wait_unknown": _("how long to wait could not be told"),
    "no_date": _("there was no date to wait for"),
    "when_false": _("the condition no longer held"),
    "when_error": _("the condition could not be answered any more"),
    "restarted": _("a newer start took its place"),
    "joined": _("joined: the same person is in this flow already"),
    "ended.by_hand": _("no reason given"),
    "flow.replaced": _("a new version took its place"),
}


def word(kind: str, status: str) -> Word:
    """A status nobody knows is shown as it is."""
    return KINDS[kind].get(status) or Word(status, "circle", "idle")


def skip_reason(code: str) -> str:
    return str(SKIPS.get(code, code))


def run_reason(code: str | None) -> str:
    if not code:
        return ""
    return str(RUN_REASONS.get(code, code))


def named(kind: str, statuses: Iterable[str]) -> list[tuple[str, str]]:
    """Statuses with their words, for a choice. `live` of runs is all that are not over."""
    return [
        (status, str(_("Under way") if (kind, status) == ("run", "live") else word(kind, status).label))
        for status in statuses
    ]
