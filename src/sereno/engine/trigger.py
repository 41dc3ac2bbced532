"""What starts a flow: an event, a schedule, a date on a record, a person, or the absence of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sereno.commerce.records import REQUESTED, SCHEDULED, STORE
from sereno.commerce.schema import Record
from sereno.engine.catalog import ROOTS
from sereno.engine.documents import Where
from sereno.engine.expressions import Expression, Names, Type
from sereno.engine.expressions.types import RUN, TIMESTAMP, envelope
from sereno.engine.names import nearest
from sereno.engine.reading import Reader
from sereno.engine.schedule import Schedule, ScheduleInvalid, check_cron, check_rrule
from sereno.engine.supplied import merged_data

SCHEDULE_FIRED = "schedule.fired"
DATE_REACHED = "date.reached"
RUN_REQUESTED = "run.requested"
OWN_EVENTS: frozenset[str] = frozenset({SCHEDULE_FIRED, DATE_REACHED, RUN_REQUESTED})
"""Events that are meant for the one flow named in `data.flow`."""
SUPPLIED: dict[str, frozenset[str]] = {
    "order": frozenset({"order", "customer"}),
    "customer": frozenset({"customer"}),
    "cart": frozenset({"cart", "customer"}),
    "product": frozenset({"product"}),
}
"""What a run over records of a kind can read, beside the store."""
KINDS: dict[str, tuple[str, ...]] = {
    "event": ("when",),
    "schedule": ("over", "when"),
    "date": ("offset", "at", "yearly", "when"),
    "manual": ("when",),
    "absent": ("within", "since", "when"),
}


@dataclass(frozen=True, slots=True)
class Absent:
    """The run begins by waiting `within` for one of these types; if it comes, there is no run to speak of."""

    types: frozenset[str]
    within: timedelta


@dataclass(frozen=True, slots=True)
class Trigger:
    """`types` are the events that may start the flow. `over` is the kind of record each run is about, where the trigger
    says it (`schedule`, `date`, `manual`)."""

    kind: Literal["event", "schedule", "date", "manual", "absent"]
    types: frozenset[str]
    when: Expression | None
    schedule: Schedule | None = None
    absent: Absent | None = None
    over: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A trigger, and what the rest of the flow may name because of it."""

    trigger: Trigger
    names: Names
    data: Record | None


def read_trigger(reader: Reader, value: Any, where: Where) -> Found:
    """Problems go to the reader; what is given back is usable for checking the rest even then."""
    settings = reader.mapping(value, where, "trigger") if value is not None else None
    if value is None:
        reader.problem("flow.missing_key", "a flow needs a trigger", where)
    kinds = [kind for kind in KINDS if kind in (settings or {})]
    if settings is None or len(kinds) != 1:
        if settings is not None:
            _wrong_kind(reader, settings, kinds, where)
        everything = names_for(reader, frozenset(ROOTS), None, "the trigger")
        return Found(Trigger("event", frozenset(), None), everything, None)
    kind = kinds[0]
    reader.keys(settings, (kind, *KINDS[kind]), where, f"a trigger by {kind}")
    match kind:
        case "event":
            return _by_event(reader, settings, where)
        case "schedule":
            return _by_schedule(reader, settings, where)
        case "date":
            return _by_date(reader, settings, where)
        case "manual":
            return _by_hand(reader, settings, where)
        case _:
            return _by_absence(reader, settings, where)


def names_for(reader: Reader, supplies: frozenset[str], data: Record | None, label: str) -> Names:
    """What expressions may name when these roots are supplied."""
    roots: dict[str, Type] = {
        "event": Type("record", record=envelope(data)),
        "store": Type("record", record=reader.catalog.root("store") or STORE),
        "now": TIMESTAMP,
    }
    absent: dict[str, str] = {"run": "there is no run yet"}
    for name in ("customer", "order", "cart", "product"):
        if name in supplies:
            described = reader.catalog.root(name)
            roots[name] = Type("any") if described is None else Type("record", record=described)
        else:
            have = ", ".join(sorted(supplies - {"store"}))
            absent[name] = f"{label} does not supply the {name}" + (f", only {have}" if have else "")
    return Names(roots, absent)


def within_run(names: Names) -> Names:
    """The same, for the steps of a run."""
    absent = {name: reason for name, reason in names.absent.items() if name != "run"}
    return Names({**names.roots, "run": Type("record", record=RUN)}, absent, names.variables)


def _wrong_kind(reader: Reader, settings: Mapping[str, Any], kinds: list[str], where: Where) -> None:
    if kinds:
        reader.problem("flow.wrong_trigger", f"a trigger is one thing, this is {' and '.join(kinds)}", where)
        return
    reader.problem("flow.wrong_trigger", f"a trigger is one of {', '.join(KINDS)}", where)
    reader.keys(settings, (*KINDS, "when"), where, "trigger")


def _by_event(reader: Reader, settings: Mapping[str, Any], where: Where) -> Found:
    types = reader.event_types(settings["event"], (*where, "event"), "trigger")
    supplies, data, label = _supplied(reader, types)
    names = names_for(reader, supplies, data, label)
    when = _when(reader, settings, where, names)
    return Found(Trigger("event", types, when), names, data)


def _supplied(reader: Reader, types: frozenset[str]) -> tuple[frozenset[str], Record | None, str]:
    """What all of these types supply."""
    supplies = frozenset(ROOTS)
    for name in types:
        found = reader.catalog.event_type(name)
        if found is not None:
            supplies &= found.supplies
    label = " or ".join(sorted(types)) or "the trigger"
    return supplies, merged_data(reader, types), label


def _by_schedule(reader: Reader, settings: Mapping[str, Any], where: Where) -> Found:
    rule: Any = settings["schedule"]
    below = (*where, "schedule")
    schedule: Schedule | None = None
    over = _record_kind(reader, settings["over"], (*where, "over")) if "over" in settings else None
    try:
        if isinstance(rule, str):
            check_cron(rule)
            schedule = Schedule("cron", rule, over)
        else:
            found = reader.mapping(rule, below, "schedule") or {}
            reader.keys(found, ("rrule", "cron"), below, "schedule")
            text = str(found.get("rrule") or found.get("cron") or "")
            if "cron" in found:
                check_cron(text)
                schedule = Schedule("cron", text, over)
            else:
                check_rrule(text)
                schedule = Schedule("rrule", text, over)
    except ScheduleInvalid as error:
        reader.problem("flow.wrong_schedule", str(error), below)
    names = names_for(reader, SUPPLIED.get(over or "", frozenset()), SCHEDULED, f"a schedule over {over or 'nothing'}")
    when = _when(reader, settings, where, names)
    return Found(Trigger("schedule", frozenset({SCHEDULE_FIRED}), when, schedule, over=over), names, SCHEDULED)


def _by_date(reader: Reader, settings: Mapping[str, Any], where: Where) -> Found:
    below = (*where, "date")
    text = reader.text(settings["date"], below, "date") or ""
    root, *path = text.split(".")
    over = _record_kind(reader, root, below) if text else None
    names = names_for(reader, SUPPLIED.get(over or "", frozenset()), SCHEDULED, f"the date {text}")
    if over is not None:
        found = reader.expression(text, below, names)
        if found is not None and (not path or found.type.kind not in ("date", "timestamp", "any")):
            reader.problem("expression.wrong_type", f"{text} is {found.type}, not a date", below)
    offset = reader.duration(settings.get("offset", "0s"), (*where, "offset"), signed=True) or timedelta()
    at = reader.time_of_day(settings["at"], (*where, "at")) if "at" in settings else None
    yearly = settings.get("yearly", False)
    if not isinstance(yearly, bool):
        reader.problem("flow.wrong_shape", "yearly is true or false", (*where, "yearly"))
    schedule = Schedule("date", text, over, tuple(path), offset, at, yearly is True)
    when = _when(reader, settings, where, names)
    return Found(Trigger("date", frozenset({DATE_REACHED}), when, schedule, over=over), names, SCHEDULED)


def _by_hand(reader: Reader, settings: Mapping[str, Any], where: Where) -> Found:
    value = settings["manual"]
    over = None if value is True else _record_kind(reader, value, (*where, "manual"))
    names = names_for(reader, SUPPLIED.get(over or "", frozenset()), REQUESTED, "a run started by hand")
    when = _when(reader, settings, where, names)
    return Found(Trigger("manual", frozenset({RUN_REQUESTED}), when, over=over), names, REQUESTED)


def _by_absence(reader: Reader, settings: Mapping[str, Any], where: Where) -> Found:
    absent = reader.event_types(settings["absent"], (*where, "absent"), "absent")
    since = reader.event_types(reader.need(settings, "since", where, "absent") or [], (*where, "since"), "since")
    within = reader.duration(reader.need(settings, "within", where, "absent") or "0s", (*where, "within"))
    supplies, data, label = _supplied(reader, since)
    names = names_for(reader, supplies, data, label)
    when = _when(reader, settings, where, names)
    trigger = Trigger("absent", since, when, absent=Absent(absent, within or timedelta()))
    return Found(trigger, names, data)


def _when(reader: Reader, settings: Mapping[str, Any], where: Where, names: Names) -> Expression | None:
    if settings.get("when") is None:
        return None
    return reader.expression(settings["when"], (*where, "when"), names, want="boolean")


def _record_kind(reader: Reader, value: Any, where: Where) -> str | None:
    if isinstance(value, str) and value in SUPPLIED:
        return value
    guess = nearest(str(value), SUPPLIED)
    more = f"; did you mean {guess}?" if guess else ""
    reader.problem("flow.wrong_record", f"{value!r} is not one of {', '.join(SUPPLIED)}{more}", where, guess)
    return None
