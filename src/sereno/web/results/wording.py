"""What the numbers of an experiment say, in sentences that never say more than they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from babel.dates import format_date
from babel.numbers import format_percent
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from sereno.commerce.money import Money
from sereno.engine.control import CONTROL, HOLDOUT, TREATED
from sereno.engine.durations import format_duration
from sereno.engine.message_control import place_of
from sereno.engine.places import find
from sereno.modules.insights.experiments import FEWEST_EXPECTED, FEWEST_UNITS
from sereno.modules.insights.results import Effect, Result
from sereno.web import flowtree, formats
from sereno.web.sentences import duration, say

LONG = 1000
"""Days after which it is not worth saying how many."""
Shown = Callable[[float], str]
Whom = Literal["flow", "message", "shop"]


@dataclass(frozen=True, slots=True)
class Said:
    """`tone`: `ok` a lift that is certain, `bad` a loss that is, `` open, `lamp` too early."""

    tone: str
    text: Markup


def count(value: float) -> str:
    return formats.number(round(value))


def tenths(value: float) -> str:
    return formats.number(round(value, 1) + 0.0)


def money_in(currency: str) -> Shown:
    """Of amounts in the currency's smallest unit."""

    def shown(value: float) -> str:
        return formats.money(Money.from_minor(round(value), currency).amount, currency)

    return shown


def arm_name(name: str, experiment: str = CONTROL) -> str:
    if place_of(experiment) is not None:
        return {CONTROL: _("Without the message"), TREATED: _("With the message")}.get(name, name)
    if experiment == HOLDOUT:
        return {CONTROL: _("Without any marketing"), TREATED: _("With marketing")}.get(name, name)
    if experiment == CONTROL:
        return {CONTROL: _("Without the flow"), TREATED: _("With the flow")}.get(name, name)
    return name


def of_orders(effect: Effect, days: int, whom: Whom = "flow") -> Said:
    """The first sentence about a control group: of a flow, of one message, or of the whole shop."""
    if effect.each.verdict == "too_early":
        return Said("lamp", say(too_early(whom)))
    low, high = round(effect.low), round(effect.high)
    span = ngettext("in %(num)s day", "in %(num)s days", days) % {"num": formats.number(days)}
    match effect.each.verdict:
        case "better":
            text = {
                "flow": _("Between %(low)s and %(high)s more orders %(days)s than without the flow."),
                "message": _("Between %(low)s and %(high)s more orders %(days)s than without this message."),
                "shop": _("Between %(low)s and %(high)s more orders %(days)s than without any marketing."),
            }[whom]
            return Said("ok", say(text, low=_strong(count(low)), high=_strong(count(high)), days=span))
        case "worse":
            text = {
                "flow": _("Between %(low)s and %(high)s fewer orders %(days)s than without the flow."),
                "message": _("Between %(low)s and %(high)s fewer orders %(days)s than without this message."),
                "shop": _("Between %(low)s and %(high)s fewer orders %(days)s than without any marketing."),
            }[whom]
            return Said("bad", say(text, low=_strong(count(-high)), high=_strong(count(-low)), days=span))
        case _:
            text = {
                "flow": _("Not proven yet: from %(low)s fewer to %(high)s more orders %(days)s than without the flow."),
                "message": _(
                    "Not proven yet: from %(low)s fewer to %(high)s more orders %(days)s than without this message."
                ),
                "shop": _(
                    "Not proven yet: from %(low)s fewer to %(high)s more orders %(days)s than without any marketing."
                ),
            }[whom]
            return Said("", say(text, low=_strong(count(-low)), high=_strong(count(high)), days=span))


def too_early(whom: Whom) -> str:
    return {
        "flow": _("Too early to say what the flow brings."),
        "message": _("Too early to say what this message brings."),
        "shop": _("Too early to say what marketing brings."),
    }[whom]


def date_of(day: date) -> str:
    return str(format_date(day, "medium", locale=formats.region()))


def length(window: timedelta | None) -> str:
    """A window in days, as people count them, where it is whole ones."""
    if window is None:
        return ""
    return duration(f"{window.days}d" if window % timedelta(days=1) == timedelta() else format_duration(window))


def nothing_yet() -> Markup:
    return say(_("Nobody has come to it yet."))


def split_title(document: Mapping[str, Any] | None, path: str) -> str:
    """A split by its branches: they are what people know it by; one message by what its step says."""
    if (place := place_of(path)) is not None:
        try:
            return str(flowtree.sentence_of(find(document or {}, place)).striptags())
        except (LookupError, ValueError):
            return _("Message at step %(path)s") % {"path": place} if document is not None else ""
    try:
        step = find(document or {}, path)
        if "test" in step:
            return _("Message: %(arms)s") % {"arms": " / ".join(str(arm) for arm in step["test"])}
        weights = step["split"]["weights"]
        return _("Split: %(arms)s") % {"arms": " / ".join(str(arm) for arm in weights)}
    except (LookupError, TypeError, KeyError):
        return _("Split at step %(path)s") % {"path": path}


def of_revenue(effect: Effect, shown: Shown) -> Said:
    match effect.each.verdict:
        case "too_early":
            return Said("lamp", say(_("Too early to say what it earns.")))
        case "better":
            text = _("Between %(low)s and %(high)s more revenue.")
            return Said("ok", say(text, low=_strong(shown(effect.low)), high=_strong(shown(effect.high))))
        case "worse":
            text = _("Between %(low)s and %(high)s less revenue.")
            return Said("bad", say(text, low=_strong(shown(-effect.high)), high=_strong(shown(-effect.low))))
        case _:
            text = _("Of revenue, from %(low)s less to %(high)s more.")
            return Said("", say(text, low=_strong(shown(-effect.low)), high=_strong(shown(effect.high))))


def of_split(result: Result) -> Said:
    """Who won, or why nobody has."""
    if result.winner is not None:
        text = _("%(arm)s wins: more people order than with any other branch.")
        return Said("ok", say(text, arm=_strong(result.winner)))
    if result.is_too_early:
        return Said("lamp", say(_("No winner yet: too few people for any word about it.")))
    text = _("No winner yet: %(arm)s is ahead, but chance alone may do that.")
    return Said("", say(text, arm=_strong(result.best)))


def what_is_wanted(result: Result) -> str:
    """What a word about it takes, while it is too early."""
    if not result.is_too_early:
        return ""
    fewest = min((arm.units for arm in result.arms if arm.weight or arm.exposed), default=0)
    text = _(
        "It takes at least %(units)s people in each group who have had their time, and so many who ordered that "
        "%(orders)s of them would fall to the smaller group."
    )
    said = text % {"units": FEWEST_UNITS, "orders": FEWEST_EXPECTED}
    return said + " " + _("The smallest group has %(units)s.") % {"units": formats.number(fewest)}


def missing(result: Result) -> Markup | None:
    """The sample still needed for the chosen effect."""
    found = result.missing
    if found is None:
        return None
    effect = _percent(found.effect)
    if found.units is None or found.more is None:
        return say(_("How many people it takes can be told once some of the group have ordered."))
    if not found.more:
        return say(
            _("Enough people have been counted to see %(effect)s more or fewer orders; what is not seen is smaller."),
            effect=effect,
        )
    more = ngettext("%(num)s more person", "%(num)s more people", found.more) % {"num": formats.number(found.more)}
    if found.days is None:
        return say(_("To see %(effect)s more or fewer orders, it takes %(people)s."), effect=effect, people=more)
    if found.days > LONG:
        text = _(
            "To see %(effect)s more or fewer orders, it takes %(people)s: years at this pace. Ask for a larger change."
        )
        return say(text, effect=effect, people=_strong(more))
    days = ngettext("about %(num)s day", "about %(num)s days", found.days) % {"num": formats.number(found.days)}
    text = _("To see %(effect)s more or fewer orders, it takes %(people)s: %(days)s at the pace of the last weeks.")
    return say(text, effect=effect, people=_strong(more), days=_strong(days))


def lift_of(effect: Effect, shown: Shown) -> str:
    """An interval in a table: `+12 … +41`."""
    if effect.each.verdict == "too_early":
        return _("too early")
    return f"{_signed(effect.low, shown)} … {_signed(effect.high, shown)}"


def _signed(value: float, shown: Shown) -> str:
    text = shown(abs(value))
    if text == shown(0.0):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def rate(part: float, whole: int) -> str:
    return _percent(part / whole) if whole else "–"


def _percent(value: float) -> str:
    return str(format_percent(value, format="0.##%" if abs(value) < 0.1 else "0.#%", locale=formats.region()))


def _strong(text: str) -> Markup:
    return Markup("<b>{}</b>").format(text)
