"""Questions to people: whom a step asks, what their answers come to, and what happens while they keep silent.

What is known of a question that several are asked stands in `RunState.approval`:
- `asks`: by part (its number in the step; the one escalated to comes after them), whom it is put to;
- `open`: the parts asked now; `left`: those asked later, in order; `need`: how many must agree, 0 for the first answer;
  `count`: how many the step names;
- `answers`: [part, agreed, by, in whose place]; `until`, `escalate_at`, `remind_at`: instants or null; `reminders`.
A question put to one, with nothing else to happen, leaves no state: its run just stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from msgspec import UNSET

from sereno.engine.durations import format_instant, parse_instant
from sereno.engine.program import Place
from sereno.engine.run import Decided, NewApproval
from sereno.engine.steps import Approve, Approver
from sereno.engine.templates import TemplateFailed
from sereno.engine.trigger import RUN_REQUESTED
from sereno.engine.walk import Walk

MOST_REMINDERS = 5


def ask(walk: Walk, step: Approve, place: Place) -> int | None:
    """Put the question. Gives the next place when nobody has to be asked, None when the run stays."""
    path = walk.path(place)
    text = _text(walk, place, path)
    until = None if step.timeout is None else walk.now + step.timeout
    if step.is_plain:
        by = step.asks[0].by
        walk.stay(place, until)
        walk.approvals.append(NewApproval(f"{walk.state.id}/{path}", path, by, text, until, 0, _requester(walk, step)))
        walk.note(path, "approval.asked", {"by": by, "until": _shown(until)})
        return None
    asked, left_out = _chosen(walk, step.asks)
    if not asked:
        walk.note(path, "approval.not_needed", {"left_out": left_out})
        return place.branches[0]
    need = 0 if step.need == "any" else len(asked) if step.need == "all" else min(step.need, len(asked))
    parts = [part for part, _ in asked]
    first = parts[:1] if step.in_order else parts
    known: dict[str, Any] = {
        "asks": {str(part): one.by for part, one in asked},
        "open": [],
        "left": parts[len(first) :],
        "need": need,
        "count": len(step.asks),
        "answers": [],
        "until": _shown(until),
        "escalate_at": None,
        "remind_at": None,
        "reminders": 0,
        "text": text,
    }
    details: dict[str, Any] = {"by": [one.by for _, one in asked], "until": known["until"], "need": step.need}
    walk.note(path, "approval.asked", {**details, "left_out": left_out} if left_out else details)
    _put(walk, step, place, known, first)
    return None


def _chosen(walk: Walk, asks: Iterable[Approver]) -> tuple[list[tuple[int, Approver]], list[dict[str, Any]]]:
    """Those to ask, with their numbers, and those whose condition is false. One that cannot be told is asked."""
    asked: list[tuple[int, Approver]] = []
    left_out: list[dict[str, Any]] = []
    for number, one in enumerate(asks):
        outcome = one.when.test(walk.scope) if one.when is not None else None
        if one.when is not None and outcome is not None and outcome.value is False:
            left_out.append({"by": one.by, "condition": one.when.source, "values": dict(outcome.seen)})
        else:
            asked.append((number, one))
    return asked, left_out


def _put(walk: Walk, step: Approve, place: Place, known: dict[str, Any], parts: list[int]) -> None:
    """Ask these parts, and set the clock for what happens while they keep silent."""
    known = {
        **known,
        "open": [*known["open"], *parts],
        "escalate_at": _shown(walk.now + step.escalate.after) if step.escalate is not None else None,
        "remind_at": _shown(walk.now + step.remind) if step.remind is not None else None,
        "reminders": 0,
    }
    _stay(walk, place, known)
    for part in parts:
        _say(walk, step, known, part, 0)


def _say(walk: Walk, step: Approve, known: Mapping[str, Any], part: int, reminder: int) -> None:
    path = walk.state.step
    by = known["asks"][str(part)]
    until = _read(known["until"])
    key = f"{walk.state.id}/{path}/{part}"
    requester = _requester(walk, step)
    walk.approvals.append(NewApproval(key, path, by, known["text"], until, part, requester, reminder))


def _stay(walk: Walk, place: Place, known: dict[str, Any]) -> None:
    times = [at for name in ("until", "escalate_at", "remind_at") if (at := _read(known[name])) is not None]
    walk.stay(place, min(times, default=None))
    walk.state.approval = known


def decided(walk: Walk, step: Approve, place: Place, input: Decided) -> int | None:
    """Take an answer in. Gives the next place once the question is decided. Nothing is noted for an answer that does
    not count: of somebody who is not asked now, or who has answered already."""
    state = walk.state
    path = state.step
    details: dict[str, Any] = {"by": input.by}
    if input.note:
        details["note"] = input.note
    if input.instead_of:
        details["instead_of"] = input.instead_of
    if state.approval is UNSET:
        return _over(walk, place, input.approved, details)
    known: dict[str, Any] = state.approval
    people = {person for _, _, by, other in known["answers"] for person in (by, other) if person}
    if input.part not in known["open"] or people & {input.by, input.instead_of or input.by}:
        return None
    known = {
        **known,
        "open": [part for part in known["open"] if part != input.part],
        "answers": [*known["answers"], [input.part, input.approved, input.by, input.instead_of]],
    }
    asked = known["asks"][str(input.part)]
    verdict = _verdict(known, input.part, input.approved)
    if verdict is not None:
        if len(known["answers"]) > 1 or known["need"] > 1:
            walk.note(path, "approval.answered", {**details, "asked": asked, "approved": input.approved})
        return _over(walk, place, verdict, details)
    walk.note(path, "approval.answered", {**details, "asked": asked, "approved": input.approved})
    if known["left"] and not [part for part in known["open"] if part < known["count"]]:
        following, *left = known["left"]
        _put(walk, step, place, {**known, "left": left}, [following])
        walk.note(path, "approval.next", {"by": known["asks"][str(following)], "until": known["until"]})
        return None
    _stay(walk, place, known)
    return None


def _verdict(known: Mapping[str, Any], part: int, approved: bool) -> bool | None:
    """What the answers come to; None while that is open. Who was escalated to decides alone."""
    asked = known["count"]
    if part >= asked or known["need"] == 0:
        return approved
    answers = known["answers"]
    agreed = sum(1 for _, yes, _, _ in answers if yes)
    refused = len(answers) - agreed
    total = sum(1 for number in known["asks"] if int(number) < asked)
    if agreed >= known["need"]:
        return True
    return False if total - refused < known["need"] else None


def _over(walk: Walk, place: Place, approved: bool, details: Mapping[str, Any]) -> int:
    state = walk.state
    path = state.step
    state.status, state.due_at, state.effect_key, state.approval = "running", None, None, UNSET
    walk.note(path, "approval.given" if approved else "approval.refused", details)
    return place.branches[0 if approved else 1]


def silence(walk: Walk, step: Approve, place: Place) -> int | None:
    """The timer rang: the time is over, somebody else is asked, or those asked are reminded."""
    state = walk.state
    path, due = state.step, state.due_at
    known: dict[str, Any] | None = None if state.approval is UNSET else state.approval
    until = due if known is None else _read(known["until"])
    if known is None or (until is not None and until <= walk.now):
        state.status, state.due_at, state.effect_key, state.approval = "running", None, None, UNSET
        walk.note(path, "approval.expired", {"due_at": _shown(until)})
        return place.branches[1]
    if step.escalate is not None and _is_due(walk, known["escalate_at"]):
        part: int = known["count"]
        asks = {**known["asks"], str(part): step.escalate.to}
        known = {**known, "asks": asks, "open": [*known["open"], part], "escalate_at": None}
        _stay(walk, place, known)
        walk.note(path, "approval.escalated", {"by": step.escalate.to, "until": known["until"]})
        _say(walk, step, known, part, 0)
    if step.remind is not None and _is_due(walk, known["remind_at"]):
        number = int(known["reminders"]) + 1
        again = _shown(walk.now + step.remind) if number < MOST_REMINDERS else None
        known = {**known, "reminders": number, "remind_at": again}
        _stay(walk, place, known)
        walk.note(path, "approval.reminded", {"by": [known["asks"][str(part)] for part in known["open"]]})
        for part in known["open"]:
            _say(walk, step, known, part, number)
    else:
        _stay(walk, place, known)
    return None


def _is_due(walk: Walk, at: str | None) -> bool:
    found = _read(at)
    return found is not None and found <= walk.now


def _requester(walk: Walk, step: Approve) -> str:
    """Who started the run by hand, where they may not answer."""
    event = walk.state.event
    data = event.get("data")
    if not step.not_requester or event.get("type") != RUN_REQUESTED or not isinstance(data, Mapping):
        return ""
    return str(cast("Mapping[str, Any]", data).get("by") or "").strip().lower()[:254]


def _text(walk: Walk, place: Place, path: str) -> str:
    try:
        return "" if place.text is None else str(place.text(walk.template_scope))
    except TemplateFailed as error:
        walk.note(path, "step.template_failed", {"action": "approve", "error": str(error)})
        return ""


def _shown(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _read(at: str | None) -> datetime | None:
    return None if at is None else parse_instant(at)
