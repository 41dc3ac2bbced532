"""A run's trace as a story: one sentence an entry, with the values that were seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup, escape

from sereno.web import formats
from sereno.web.builder.forms.event_words import event_word
from sereno.web.guardrails.words import why_waits
from sereno.web.live.wording import message_reason
from sereno.web.sentences import duration, expression, names, say
from sereno.web.words import run_reason

Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `seen` are paths and the values they had; `effect` is the key of the effect it wrote, if any."""

    at: datetime | None
    step: str
    icon: str
    tone: str
    say: Markup
    seen: Details = field(default_factory=dict[str, Any])
    effect: str = ""
    code: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of what became of an order or a person, as a page tells it."""

    at: datetime
    icon: str
    tone: str
    say: str | Markup
    href: str
    note: str = ""


def story(traces: Iterable[Any], zone: str) -> list[Line]:
    """Lines in order, from the rows' entries; instants in `zone`. An entry of a kind nobody knows shows its code."""
    return [_line(entry, zone) for trace in traces for entry in trace.entries]


def lines_of(entries: Iterable[Details], zone: str) -> list[Line]:
    """The same from entries themselves."""
    return [_line(entry, zone) for entry in entries]


def seen_of(details: Details) -> Details:
    """The paths an expression read and the values they had."""
    values = details.get("values")
    return values if isinstance(values, Mapping) else {}


def step_of(path: str) -> str:
    """The step's place in the document: the turn of a loop ("3[2].0") is left out."""
    return re.sub(r"\[\d+\]", "", path)


def _line(entry: Details, zone: str) -> Line:
    found = entry.get("details")
    details: Details = found if isinstance(found, Mapping) else {}
    code = str(entry.get("code", ""))
    icon, tone, sentence = _SENTENCES.get(code, ("circle-dot", "", lambda details, zone: escape(code)))
    return Line(
        at=formats.instant(entry.get("at")),
        step=step_of(str(entry.get("step", ""))),
        icon=icon,
        tone="bad" if details.get("error") and code.startswith("step.") else tone,
        say=sentence(details, zone),
        seen=seen_of(details),
        effect=str(details.get("key", "")) if code == "effect.created" else "",
        code=code,
        branch=str(details.get("branch") or ""),
    )


def _when(value: Any, zone: str) -> str:
    found = formats.instant(value)
    return formats.minute(found, zone) if found is not None else str(value or "")


def _plain(text: Callable[[], str]) -> Callable[[Details, str], Markup]:
    return lambda details, zone: escape(text())


def _with(text: Callable[[], str], *keys: str) -> Callable[[Details, str], Markup]:
    """A sentence whose places are entries of the details."""
    return lambda details, zone: say(text(), **{key: _place(key, details.get(key, "")) for key in keys})


def _held_out(details: Details, zone: str) -> Markup:
    share = f"{float(details.get('share') or 0):g} %"
    return say(
        _("In the control group: nothing of this happens, so that the flow can be measured (%(share)s)"), share=share
    )


def _place(key: str, value: Any) -> Markup:
    return _events(value) if key == "event" else expression(names(value))


def _events(value: Any) -> Markup:
    """Events by what they are called."""
    found = value if isinstance(value, list) else [value]
    return Markup(", ").join(Markup("<b>{}</b>").format(event_word(str(one))) for one in found)


def _ended(details: Details, zone: str) -> Markup:
    reason = run_reason(details.get("reason"))
    if details.get("by"):
        return say(_("%(person)s ended it: %(reason)s"), person=details["by"], reason=reason)
    return say(_("Ended: %(reason)s"), reason=reason)


def _stopped(details: Details, zone: str) -> Markup:
    if details.get("condition"):
        return say(_("Stopped: %(condition)s no longer held"), condition=expression(details["condition"]))
    reason = run_reason(details.get("reason"))
    return say(_("Stopped: %(reason)s"), reason=reason) if reason else escape(_("Stopped here"))


def _failed(details: Details, zone: str) -> Markup:
    return say(_("The run failed: %(reason)s"), reason=run_reason(details.get("reason")))


def _deferred(details: Details, zone: str) -> Markup:
    why = why_waits(details.get("reason"), details)
    return say(_("The message waits until %(time)s: %(reason)s"), time=_when(details.get("until"), zone), reason=why)


def _withheld(details: Details, zone: str) -> Markup:
    return say(_("The message was not sent: %(reason)s"), reason=message_reason(details.get("reason")))


def _waits(details: Details, zone: str) -> Markup:
    until = details.get("until")
    if details.get("events"):
        said = say(_("Waits for %(events)s"), events=_events(details["events"]))
        return said + (say(", " + _("at most until %(time)s"), time=_when(until, zone)) if until else Markup())
    if details.get("for"):
        return say(_("Waits %(duration)s, until %(time)s"), duration=duration(details["for"]), time=_when(until, zone))
    return say(_("Waits until %(time)s"), time=_when(until, zone))


def _passed(details: Details, zone: str) -> Markup:
    return say(_("Was to wait until %(time)s, which had passed"), time=_when(details.get("until"), zone))


def _moved(details: Details, zone: str) -> Markup:
    return say(_("The date moved; it waits until %(time)s now"), time=_when(details.get("until"), zone))


def _asked(details: Details, zone: str) -> Markup:
    said = say(_("Asked %(by)s to decide"), by=expression(_names(details.get("by"))))
    until = details.get("until")
    return said + (say(", " + _("at most until %(time)s"), time=_when(until, zone)) if until else Markup())


def _answered(text: Callable[[], str]) -> Callable[[Details, str], Markup]:
    def sentence(details: Details, zone: str) -> Markup:
        note = details.get("note")
        return say(text(), person=details.get("by", "")) + (say(": “%(note)s”", note=note) if note else Markup())

    return sentence


def _part_answered(details: Details, zone: str) -> Markup:
    return _answered(lambda: _("%(person)s approved") if details.get("approved") else _("%(person)s refused"))(
        details, zone
    )


def _escalated(details: Details, zone: str) -> Markup:
    return say(_("Nobody had decided, so %(by)s is asked too"), by=expression(details.get("by", "")))


def _reminded(details: Details, zone: str) -> Markup:
    return say(_("Reminded %(by)s"), by=expression(_names(details.get("by"))))


def _names(by: Any) -> str:
    """One approver or several, as they are written."""
    return ", ".join(str(one) for one in by) if isinstance(by, list) else str(by or "")


def _condition(details: Details, zone: str) -> Markup:
    condition = expression(details.get("condition", ""))
    branch = details.get("branch")
    if branch is None:
        error = details.get("error") or ""
        return say(_("%(condition)s could not be answered: %(error)s"), condition=condition, error=error)
    return say(_("%(condition)s held") if branch == "then" else _("%(condition)s did not hold"), condition=condition)


def _switched(details: Details, zone: str) -> Markup:
    condition = expression(details.get("condition", ""))
    if details.get("branch") is None:
        return say(
            _("%(condition)s could not be answered: %(error)s"), condition=condition, error=details.get("error", "")
        )
    return say(_("By %(condition)s it took %(branch)s"), condition=condition, branch=expression(details["branch"]))


def _loop(details: Details, zone: str) -> Markup:
    count = details.get("count") or 0
    said = escape(ngettext("Goes through %(num)s item", "Goes through %(num)s items", count) % {"num": count})
    if details.get("limit"):
        said += say(", " + _("of which only %(limit)s are taken"), limit=details["limit"])
    return said


_SENTENCES: dict[str, tuple[str, str, Callable[[Details, str], Markup]]] = {
    "run.started": ("play", "lamp", _with(lambda: _("Started by %(event)s"), "event")),
    "control.held_out": ("eye-off", "lamp", _held_out),
    "run.finished": ("check", "ok", _plain(lambda: _("Came to its end"))),
    "run.failed": ("x", "bad", _failed),
    "run.stopped": ("octagon-x", "", _stopped),
    "run.ended": ("octagon-x", "", _ended),
    "run.joined": (
        "users",
        "info",
        _plain(lambda: _("Two records turned out to be one customer: this run goes on for both, the other's ended")),
    ),
    "run.stays_ended": ("users", "", _plain(lambda: _("The records are two customers again; this run stays ended"))),
    "exit.event": ("log-out", "lamp", _with(lambda: _("Left early, because %(event)s happened"), "event")),
    "exit.too_old": ("history", "", _with(lambda: _("%(event)s came late; it is from before the run"), "event")),
    "exit.not_met": ("circle-slash", "", _with(lambda: _("%(event)s came, and does not end the run"), "event")),
    "wait.started": ("clock", "info", _waits),
    "wait.passed": ("clock", "", _passed),
    "wait.moved": ("calendar", "info", _moved),
    "wait.over": ("clock", "", _plain(lambda: _("The wait was over"))),
    "wait.timeout": ("timer", "", _plain(lambda: _("Time was up; it had not happened"))),
    "wait.event": ("radio", "ok", _with(lambda: _("%(event)s happened"), "event")),
    "wait.not_met": ("circle-slash", "", _with(lambda: _("%(event)s came, and is not what it waits for"), "event")),
    "wait.too_old": ("history", "", _with(lambda: _("%(event)s came late; it is from before the wait"), "event")),
    "wait.unknown": ("circle-alert", "bad", _with(lambda: _("How long to wait is not known: %(error)s"), "error")),
    "wait.no_date": ("calendar", "", _with(lambda: _("%(condition)s holds no date to wait for"), "condition")),
    "approval.asked": ("hand", "lamp", _asked),
    "approval.not_needed": ("check", "", _plain(lambda: _("Nobody had to be asked: no condition held"))),
    "approval.answered": ("hand", "lamp", _part_answered),
    "approval.next": ("hand", "lamp", _asked),
    "approval.escalated": ("hand", "lamp", _escalated),
    "approval.reminded": ("bell", "", _reminded),
    "approval.given": ("check", "ok", _answered(lambda: _("%(person)s approved"))),
    "approval.refused": ("x", "bad", _answered(lambda: _("%(person)s refused"))),
    "approval.expired": ("timer", "", _plain(lambda: _("Nobody answered in time"))),
    "effect.created": ("send", "ok", _with(lambda: _("Does %(action)s"), "action")),
    "effect.done": ("check", "ok", _with(lambda: _("%(action)s is done"), "action")),
    "effect.cancelled": ("ban", "", _plain(lambda: _("Cancelled"))),
    "effect.failed": ("x", "bad", _with(lambda: _("%(action)s failed: %(reason)s"), "action", "reason")),
    "effect.deferred": ("hourglass", "lamp", _deferred),
    "effect.withheld": ("ban", "", _withheld),
    "effect.replaced": ("mail", "", _plain(lambda: _("An earlier message still waited; this one takes its place"))),
    "step.condition": ("git-branch", "info", _condition),
    "step.switch": ("git-branch", "info", _switched),
    "step.split": ("split", "info", _with(lambda: _("By chance it took %(branch)s"), "branch")),
    "step.test": ("split", "info", _with(lambda: _("By chance it took the wording %(wording)s"), "wording")),
    "step.set": ("variable", "", _plain(lambda: _("Remembered"))),
    "step.template_failed": (
        "circle-alert",
        "bad",
        _with(lambda: _("The text of %(action)s could not be made: %(error)s"), "action", "error"),
    ),
    "loop.started": ("repeat", "", _loop),
    "loop.limited": ("repeat", "lamp", _loop),
    "loop.skipped": (
        "circle-alert",
        "bad",
        _with(lambda: _("%(condition)s is no list: %(error)s"), "condition", "error"),
    ),
}
