"""The waits: how long, until when, until what. Each gives the index of the next place, or None when the run stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sereno.engine.durations import format_duration, format_instant, parse_date, parse_instant
from sereno.engine.program import Place
from sereno.engine.schedule import next_local_time, to_instant
from sereno.engine.steps import WaitFor, WaitUntilDate, WaitUntilEvent, WaitUntilTime
from sereno.engine.walk import Walk


def wait_for(walk: Walk, step: WaitFor, place: Place) -> int | None:
    path = walk.path(place)
    length = walk.length(step.length, path)
    if length is None:
        return None
    return _until(walk, place, walk.now + length, {"for": format_duration(length)})


def wait_time(walk: Walk, step: WaitUntilTime, place: Place) -> int | None:
    zone = walk.context.zone(step.zone)
    due = next_local_time(step.at, walk.now, zone, step.weekdays)
    return _until(walk, place, due, {"zone": zone.key})


def wait_date(walk: Walk, step: WaitUntilDate, place: Place) -> int | None:
    due = date_due(walk, step)
    if due is None:
        values = dict(step.date.seen(walk.scope))
        walk.end("stopped", "run.stopped", walk.path(place), "no_date", condition=step.date.source, values=values)
        return None
    return _until(walk, place, due, {"values": dict(step.date.seen(walk.scope))})


def date_due(walk: Walk, step: WaitUntilDate) -> datetime | None:
    """The instant that the step waits for, as its date is now; None when there is no date."""
    value, error = step.date.evaluate(walk.scope)
    if error is not None or not isinstance(value, str):
        return None
    zone = walk.context.zone(step.zone)
    try:
        if len(value) > 10:
            at = parse_instant(value) + step.offset
            if step.at is not None:
                at = to_instant(at.astimezone(zone).date(), step.at, zone)
            return at
        year, month, day = parse_date(value)
        at = to_instant(date(year or walk.now.year, month, day), step.at or datetime.min.time(), zone)
        return at + step.offset
    except (ValueError, OverflowError):
        return None


def wait_event(walk: Walk, step: WaitUntilEvent, place: Place) -> int | None:
    due = None
    path = walk.path(place)
    if step.timeout is not None:
        length = walk.length(step.timeout, path)
        if length is None:
            return None
        due = walk.now + length
    walk.stay(place, due)
    walk.note(
        path, "wait.started", {"events": sorted(step.types), "until": None if due is None else format_instant(due)}
    )
    return None


def leave_event_wait(walk: Walk, step: WaitUntilEvent, place: Place, event: Mapping[str, Any] | None) -> int:
    """The wait is over: `event` came, or the time ran out."""
    if step.result is not None:
        walk.variables[step.result] = {
            "happened": event is not None,
            "event": event,
            "data": None if event is None else event.get("data"),
        }
    return place.next


def _until(walk: Walk, place: Place, due: datetime, details: Mapping[str, Any]) -> int | None:
    path = walk.path(place)
    if due <= walk.now:
        walk.note(path, "wait.passed", {"until": format_instant(due), **details})
        return place.next
    walk.stay(place, due)
    walk.note(path, "wait.started", {"until": format_instant(due), **details})
    return None
