"""Words of the groups, of how good a score is, and of why a rule stands in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

GROUPS: dict[str, Word] = {
    "champions": Word(_("Champions"), "star", "ok"),
    "loyal": Word(_("Loyal"), "circle-check", "ok"),
    "promising": Word(_("Promising"), "trending-up", "info"),
    "new": Word(_("New"), "plus", "info"),
    "needs_attention": Word(_("Need attention"), "bell", "lamp"),
    "at_risk": Word(_("At risk"), "triangle-alert", "lamp"),
    "cannot_lose": Word(_("Not to be lost"), "circle-alert", "bad"),
    "hibernating": Word(_("Hibernating"), "moon", "idle"),
    "lost": Word(_("Lost"), "log-out", "idle"),
}
MEANINGS: dict[str, str | Promise] = {
    "champions": _("ordered lately, often, and for much"),
    "loyal": _("come again and again"),
    "promising": _("came lately; not often yet"),
    "new": _("ordered once, just now"),
    "needs_attention": _("were here a while ago, and not often"),
    "at_risk": _("used to come, and have been silent for long"),
    "cannot_lose": _("were among the best, and are nearly gone"),
    "hibernating": _("came seldom, long ago"),
    "lost": _("came once, very long ago"),
}


SIGNALS: dict[str, str | Promise] = {
    "till": _("went to the till"),
    "cart": _("filled a cart"),
    "wish": _("wished or waits for a thing"),
    "said": _("answered or wrote"),
    "click": _("followed a message"),
    "agreed": _("agreed to marketing"),
    "look": _("looked at things"),
    "open": _("opened a message"),
    "left": _("left marketing"),
}
"""What somebody did, by signal; the telling ones first."""


@dataclass(frozen=True, slots=True)
class Quality:
    """One score: what it says, whether it is learned, and how it did; `rule` is what the simple rule did."""

    name: str
    title: str | Promise
    meaning: str
    is_learned: bool
    found: str
    rule: str


def qualities(quality: Mapping[str, Any]) -> list[Quality]:
    """Of each score, in the shop's language."""
    horizon, used = int(quality.get("horizon") or 30), quality.get("used") or {}
    meanings = {
        "lead": (_("First order"), gettext("The chance that somebody who has not ordered yet does so within 30 days.")),
        "chance": (
            _("Risk"),
            gettext("The chance that somebody does not order within %(days)s days.") % {"days": horizon},
        ),
        "date": (_("Next order"), gettext("When those who come again do so.")),
        "orders": (_("Orders to come"), gettext("How many orders somebody will place.")),
        "value": (_("Value to come"), gettext("What somebody will spend.")),
    }
    found: list[Quality] = []
    for name, (title, meaning) in meanings.items():
        tried = quality.get(name)
        own, rule = _sentences(name, tried) if tried else ("", "")
        found.append(Quality(name, title, meaning, bool(used.get(name)), own, rule))
    return found


def _sentences(name: str, tried: Mapping[str, Any]) -> tuple[str, str]:
    if name in ("chance", "lead"):
        own = gettext(
            "Puts the one who comes above the one who does not in %(share)s %% of pairs (%(low)s to %(high)s)."
        )
        rule = gettext("The simple rule: %(share)s %%.")
        shares = {key: _percent(tried[key]) for key in ("low", "high")}
        said = own % {"share": _percent(tried["auc"]), **shares}
        return f"{said} {_lift(tried)}" if name == "lead" else said, rule % {"share": _percent(tried["rule"])}
    if name == "date":
        own = gettext("Off by %(days)s days on average; %(share)s %% fell between the two dates, where half should.")
        values = {"days": round(tried["days"], 1), "share": _percent(tried["within"])}
        return own % values, gettext("The simple rule: %(days)s days.") % {"days": round(tried["rule"], 1)}
    if name == "orders":
        own = gettext("Expected %(expected)s orders, and %(came)s came; off by %(error)s for one customer.")
        values = {"expected": round(tried["expected"]), "came": round(tried["came"]), "error": round(tried["rmse"], 2)}
        return own % values, gettext("By counting: %(error)s.") % {"error": round(tried["rule"], 2)}
    own = gettext("The tenth it values most brought %(share)s %% of what was spent; off by %(error)s for one customer.")
    rule = gettext("By what they had spent: %(share)s %%, and off by %(error)s.")
    values = {"share": _percent(tried["top"]), "error": f"{tried['error']:.2f}"}
    return own % values, rule % {"share": _percent(tried["rule"]), "error": f"{tried['rule_error']:.2f}"}


def _lift(tried: Mapping[str, Any]) -> str:
    came = gettext("Expected %(expected)s first orders, and %(came)s came.")
    said = came % {"expected": round(tried["expected"]), "came": tried["came"]}
    if "lift" in tried:
        best = gettext("The tenth it puts first ordered %(lift)s times as often as all (%(low)s to %(high)s).")
        said += " " + best % {key: round(tried[name], 1) for key, name in _LIFTS.items()}
    return said


_LIFTS = {"lift": "lift", "low": "lift_low", "high": "lift_high"}


def _percent(share: float) -> str:
    return f"{share * 100:.0f}"
