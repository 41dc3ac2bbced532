"""Reads the step `approve`: who is asked, how many must agree, and what happens while nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, cast

from sereno.engine.documents import Where
from sereno.engine.expressions import Names
from sereno.engine.reading import Reader
from sereno.engine.steps import Approve, Approver, Escalation, Step

KEYS = ("by", "need", "in_order", "text", "timeout", "remind", "escalate", "not_by", "then", "else")
MOST_ASKED = 20
SHORTEST_PAUSE = timedelta(minutes=1)
"""Between reminders, and before an escalation."""


def read_approve(
    reader: Reader,
    found: Mapping[str, Any],
    where: Where,
    names: Names,
    path: str,
    line: int,
    branches: tuple[tuple[Step, ...], tuple[Step, ...]],
) -> Step | None:
    """`branches`: the steps of `then` and `else`, read already."""
    asks = _asks(reader, found.get("by"), (*where, "by"), names)
    text = found.get("text") or ""
    if not isinstance(text, str):
        reader.problem("flow.wrong_shape", "text is a text", (*where, "text"))
        text = ""
    reader.template(text, (*where, "text"), names)
    timeout = reader.duration(found["timeout"], (*where, "timeout")) if "timeout" in found else None
    need = _need(reader, found.get("need", "any"), (*where, "need"), len(asks))
    in_order = found.get("in_order", False)
    if not isinstance(in_order, bool):
        reader.problem("flow.wrong_shape", "in_order is true or false", (*where, "in_order"))
    elif in_order and need == "any":
        message = "in order, each is asked when the one before has agreed: say need: all, or how many"
        reader.problem("approve.wrong_order", message, (*where, "in_order"))
    not_by = found.get("not_by")
    if not_by not in (None, "requester"):
        reader.problem("approve.wrong_not_by", "not_by is requester: who started the run by hand", (*where, "not_by"))
    escalate = _escalation(reader, found["escalate"], (*where, "escalate")) if "escalate" in found else None
    remind = _pause(reader, found["remind"], (*where, "remind")) if "remind" in found else None
    if not asks:
        return None
    return Approve(
        path, line, asks, text, timeout, *branches, need, in_order is True, escalate, remind, not_by is not None
    )


def _asks(reader: Reader, value: Any, where: Where, names: Names) -> tuple[Approver, ...]:
    """`owner`, or a list of names and `{by: support, when: "order.total < 100"}`."""
    if not isinstance(value, list):
        by = reader.text(value, where, "by")
        return () if by is None else (Approver(by),)
    items = cast("list[Any]", value)
    if not 1 <= len(items) <= MOST_ASKED:
        reader.problem("approve.wrong_number", f"by names from 1 to {MOST_ASKED} roles or addresses", where)
    found: list[Approver] = []
    for number, item in enumerate(items):
        below = (*where, number)
        if not isinstance(item, Mapping):
            by = reader.text(item, below, "by")
            found += [] if by is None else [Approver(by)]
            continue
        settings = cast("Mapping[str, Any]", item)
        reader.keys(settings, ("by", "when"), below, "by")
        by = reader.text(settings.get("by"), (*below, "by"), "by")
        when = None
        if settings.get("when") is not None:
            when = reader.expression(settings["when"], (*below, "when"), names, want="boolean")
        found += [] if by is None else [Approver(by, when)]
    _no_doubles(reader, found, where)
    return tuple(found)


def _no_doubles(reader: Reader, found: Sequence[Approver], where: Where) -> None:
    """The same name twice with nothing to tell them apart would be one person asked twice."""
    plain = [one.by.strip().lower() for one in found if one.when is None]
    for name in sorted({name for name in plain if plain.count(name) > 1}):
        reader.problem("approve.asked_twice", f"{name} is asked twice", where)


def _need(reader: Reader, value: Any, where: Where, count: int) -> int | Literal["any", "all"]:
    if value == "any":
        return "any"
    if value == "all":
        return "all"
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= max(count, 1):
        return value
    reader.problem("approve.wrong_need", f"need is any, all, or how many of the {count} must agree", where)
    return "all"


def _escalation(reader: Reader, value: Any, where: Where) -> Escalation | None:
    found = reader.mapping(value, where, "escalate")
    if found is None:
        return None
    reader.keys(found, ("after", "to"), where, "escalate")
    after = _pause(reader, reader.need(found, "after", where, "escalate") or "1h", (*where, "after"))
    to = reader.text(found.get("to"), (*where, "to"), "to")
    return None if after is None or to is None else Escalation(after, to)


def _pause(reader: Reader, value: Any, where: Where) -> timedelta | None:
    length = reader.duration(value, where)
    if length is not None and length < SHORTEST_PAUSE:
        reader.problem("flow.wrong_duration", "a minute is the least", where)
        return None
    return length
