"""What a roll-out says of itself: where it stands, its numbers held against their limits, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_percent
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from sereno.runtime.staging.limits import Arm, Measure, Name
from sereno.runtime.staging.pairs import Difference, Pair
from sereno.runtime.staging.stages import StageRow
from sereno.web import formats
from sereno.web.flowtree import action_sentence
from sereno.web.sentences import duration, say
from sereno.web.words import skip_reason


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: `done`, `here` or `ahead`."""

    share: int
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """A measure in the table. `live` and `candidate` are (numbers, rate, where the rate may lie)."""

    name: Name
    label: str
    live: tuple[str, str, str]
    candidate: tuple[str, str, str]
    limit: str
    tone: str
    state: str


def percent(share: float) -> str:
    """A share of 1, with as many places as it takes to tell it from nothing."""
    places = 1 if share >= 0.01 or share == 0 else 2
    pattern = f"#,##0.{'#' * places} %"
    return str(format_percent(share, pattern, locale=formats.region()))


def share_said(points: int) -> str:
    """A share of the keys."""
    return _("In shadow") if points == 0 else _("Everybody") if points >= 10_000 else percent(points / 10_000)


def rungs(stage: StageRow, *, was_in_shadow: bool) -> list[Rung]:
    """The ladder, with the step it stands at among them."""
    is_done = stage.outcome == "live"
    shares = sorted({*([0] if was_in_shadow else []), *stage.ladder, stage.share})
    found: list[Rung] = []
    for share in shares:
        state = "here" if share == stage.share else "done" if share < stage.share else "ahead"
        found.append(Rung(share, share_said(share), "done" if is_done else state))
    return found


def measure_label(name: str) -> str:
    return {
        "effects_failed": _("Actions that failed"),
        "runs_failed": _("Runs that failed"),
        "unsubscribes": _("Unsubscribed"),
        "complaints": _("Marked as spam"),
        "bounces": _("Dead addresses"),
        "effects": _("Actions, against the live version"),
    }.get(name, name)


def limit_label(kind: str) -> str:
    return {
        "errors": _("Failed, of the actions and of the runs"),
        "unsubscribes": _("Unsubscribed, of the messages"),
        "complaints": _("Marked as spam, of the messages"),
        "bounces": _("Dead addresses, of the messages"),
        "effects": _("Actions, against the live version's"),
    }[kind]


def lines(found: list[Measure], live: Arm, other: list[Measure], times: float | None) -> list[Line]:
    """The measures of the candidate beside those of the live version (`other`). `times`: the limit of `effects`."""
    by_name = {measure.name: measure for measure in other}
    return [
        _times(measure, live, times) if measure.name == "effects" else _rate(measure, by_name[measure.name])
        for measure in found
    ]


def _rate(measure: Measure, live: Measure) -> Line:
    limit = "" if measure.limit is None else percent(measure.limit)
    tone, state = _state(measure)
    return Line(measure.name, measure_label(measure.name), _numbers(live), _numbers(measure), limit, tone, state)


def _numbers(measure: Measure) -> tuple[str, str, str]:
    counts = _("%(hits)s of %(tries)s") % {
        "hits": formats.number(measure.hits),
        "tries": formats.number(measure.tries),
    }
    if measure.rate is None:
        return "–", "", ""
    between = _("%(low)s to %(high)s") % {"low": percent(measure.low), "high": percent(measure.high)}
    return counts, percent(measure.rate), between


def _times(measure: Measure, live: Arm, times: float | None) -> Line:
    own = formats.number(measure.hits), "", ""
    if measure.times is not None:
        own = own[0], _("%(times)s times") % {"times": formats.number(round(measure.times, 1))}, ""
    limit = _("%(times)s times") % {"times": formats.number(times)} if times is not None else ""
    tone, state = _state(measure)
    theirs = formats.number(live.here.get("effects", 0)), "", ""
    return Line(measure.name, measure_label("effects"), theirs, own, limit, tone, state)


def _state(measure: Measure) -> tuple[str, str]:
    if measure.limit is None:
        return "", _("No limit")
    if measure.is_passed:
        return "bad", _("Over the limit")
    if not measure.tries:
        return "", _("Nothing yet")
    if measure.rate is not None and measure.rate > measure.limit:
        return "lamp", _("Higher, but too few to be sure")
    return "ok", _("Within the limit")


def returned(reason: Mapping[str, Any]) -> str:
    """Why a stage went back by itself, with the numbers seen."""
    name = str(reason.get("limit", ""))
    given = {
        "what": measure_label(name),
        "hits": formats.number(reason.get("hits", 0)),
        "tries": formats.number(reason.get("tries", 0)),
        "limit": percent(float(reason.get("allowed", 0))),
        "sure": percent(float(reason.get("at_least", 0))),
    }
    if name == "effects":
        given["times"] = formats.number(round(float(reason.get("times", 0)), 1))
        return _("%(what)s: %(times)s times as many for as many people (%(hits)s of %(tries)s).") % given
    return _("%(what)s: %(hits)s of %(tries)s. That is surely more than %(sure)s, and the limit is %(limit)s.") % given


def ended(stage: StageRow) -> tuple[str, str, str]:
    """Tone, title and text of the notice on a stage that is over."""
    version = {"version": stage.version, "live": stage.live_version}
    match stage.outcome:
        case "live":
            return "ok", _("Version %(version)s went all the way") % version, _("It is the live version.")
        case "returned":
            title = _("Version %(version)s was taken back by itself") % version
            return "bad", title, returned(stage.reason)
        case "replaced":
            title = _("Version %(version)s was left behind") % version
            return "info", title, _("Another version was published meanwhile.")
        case _:
            title = _("Version %(version)s was taken back") % version
            return "info", title, str(stage.reason.get("reason") or "")


def happened(what: str, share: int, details: Mapping[str, Any], version: int) -> str:
    """A line of the history."""
    match what:
        case "started":
            if share == 0:
                return _("Version %(version)s began in shadow beside the live one") % {"version": version}
            given = {"version": version, "share": share_said(share)}
            return _("Version %(version)s began with %(share)s") % given
        case "stepped":
            return _("Up to %(share)s") % {"share": share_said(share)}
        case "changed":
            return _("The steps or the limits were changed")
        case "live":
            return _("Everybody: version %(version)s is live") % {"version": version}
        case "returned":
            return _("Taken back by itself. %(why)s") % {"why": returned(details)}
        case _:
            why = str(details.get("reason") or "")
            return _("Taken back: %(why)s") % {"why": why} if why else _("Taken back")


def differs(one: Difference, pair: Pair) -> Markup:
    """A difference between what was done and what would have been, in a sentence."""
    match one.kind:
        case "only_live":
            return say(_("Only the live version began%(why)s."), why=_why(pair.candidate.reason))
        case "only_candidate":
            return say(_("Only the new version would have begun%(why)s."), why=_why(pair.live.reason))
        case "ended":
            return say(_("They came to different ends."))
        case _:
            pass
    act = one.live or one.candidate
    what = action_sentence(act.action, act.config) if act is not None else Markup()
    match one.kind:
        case "missing":
            return say(_("Would not: %(what)s"), what=what)
        case "fate":
            assert one.candidate is not None
            is_held = one.candidate.is_withheld
            text = _("Would not have been sent: %(what)s") if is_held else _("Would have been sent: %(what)s")
            return say(text, what=what)
        case "added":
            return say(_("Would also: %(what)s"), what=what)
        case "moved":
            assert one.live is not None and one.candidate is not None
            seconds = (one.candidate.after - one.live.after) // 1_000_000
            length = duration(_length(abs(seconds)))
            text = _("%(length)s later: %(what)s") if seconds > 0 else _("%(length)s earlier: %(what)s")
            return say(text, length=length, what=what)
        case _:
            assert one.live is not None and one.candidate is not None
            after = action_sentence(one.candidate.action, one.candidate.config)
            if what == after:
                return say(_("%(what)s, with another %(keys)s"), what=what, keys=", ".join(one.keys))
            return say(_("%(what)s → would be: %(after)s"), what=what, after=after)


def counted(looked_at: int, differing: int) -> str:
    """How many of those looked at differ."""
    same = looked_at - differing
    first = ngettext("%(num)s event made a difference", "%(num)s events made a difference", differing)
    second = ngettext("%(num)s would have gone the same way", "%(num)s would have gone the same way", same)
    return f"{first % {'num': formats.number(differing)}}, {second % {'num': formats.number(same)}}"


def _why(reason: str | None) -> str:
    return f": {skip_reason(reason)}" if reason else ""


def _length(seconds: int) -> str:
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:
        return f"{hours // 24}d"
    return f"{hours}h{minutes % 60}m" if hours and minutes % 60 else f"{hours}h" if hours else f"{max(1, minutes)}m"
