"""A schedule is never lost nor in the way: publishing, broken records and workers of other versions leave it alone."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact

from sereno.engine.catalog import FlowInvalid
from sereno.runtime import flows, inbox
from sereno.store.fields import to_micros

AT_NOON = 'flow: noon\ntrigger: {{schedule: "0 12 * * *"{over}}}\nsteps:\n  - log: {{text: {text}}}\n'


@pytest.fixture
def place(database: Any) -> Place:
    return Place(database)


def customer(place: Place, key: str, **data: Any) -> None:
    at = START.isoformat()
    place.send(fact(key, "customer.created", f"customer:{key}", {"id": key, "updated_at": at, **data}))
    place.drain()


def test_publishing_leaves_an_overdue_schedule_where_it_is(place: Place) -> None:
    place.flow(AT_NOON.format(over="", text="a"))
    place.clock.move_to(START + timedelta(hours=5))
    place.flow(AT_NOON.format(over="", text="b"))
    place.drain()
    assert place.rows("SELECT config FROM effect") == [('{"text":"b"}',)]


def test_publishing_leaves_dates_that_were_missed_to_be_found(place: Place) -> None:
    text = "flow: dates\ntrigger: {date: customer.birthday, yearly: true, at: '12:00'}\nsteps:\n  - log: {text: %s}\n"
    place.flow(text % "a")
    customer(place, "17", birthday="1990-03-03")
    place.clock.move_to(START + timedelta(days=2))
    place.flow(text % "b")
    place.drain()
    assert place.rows("SELECT config FROM effect") == [('{"text":"b"}',)]


def test_another_schedule_takes_the_place_of_the_one_before(place: Place) -> None:
    place.flow(AT_NOON.format(over="", text="a"))
    place.flow(AT_NOON.format(over="", text="a").replace("0 12", "0 15"))
    assert place.rows("SELECT version, due_at FROM flow_schedule") == [
        (2, to_micros(START + timedelta(hours=5)))  # 15:00 in Madrid
    ]


def test_an_address_too_long_to_look_up_does_not_stop_the_others(place: Place) -> None:
    place.flow(AT_NOON.format(over=", over: customer", text="hi"))
    customer(place, "1", email=f"{'a' * 240}@example.com")
    customer(place, "2", email="ana@example.com")
    place.after(hours=5)
    assert len(place.runs()) == 2


def test_a_schedule_that_fails_waits_and_lets_effects_go_out(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.flow(AT_NOON.format(over="", text="hi"))
    place.flow("flow: calls\ntrigger: {event: custom.begun}\nsteps:\n  - tests.call: {to: a}\n")
    place.clock.move_to(START + timedelta(hours=5))
    place.send(fact("1", "custom.begun"))
    real = inbox.put

    def broken(*_: Any) -> int:
        raise ValueError("broken on purpose")

    monkeypatch.setattr(inbox, "put", broken)
    with caplog.at_level(logging.CRITICAL):
        place.drain()
    assert place.effects() == [("tests.call", "done", 1, None)]
    monkeypatch.setattr(inbox, "put", real)
    place.after(minutes=2)
    fired = place.rows("SELECT uid FROM event WHERE type = 'schedule.fired'")
    assert fired == [("noon|2026-03-02T11:00:00Z|",)]


def test_a_worker_that_cannot_use_the_flow_leaves_its_schedule_and_runs(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.flow(AT_NOON.format(over="", text="hi").replace("  - log", "  - wait: 1h\n  - log"))
    place.after(hours=3)
    assert [row[1] for row in place.runs()] == ["waiting"]

    def cannot(*_: Any) -> Any:
        raise FlowInvalid([])

    real = flows.compiled
    monkeypatch.setattr(flows, "compiled", cannot)
    world = place.runtime.world
    monkeypatch.setattr(world, "flows", flows.Flows(world.plugins, world.shops, world.hooks), raising=True)
    place.after(days=2)
    monkeypatch.setattr(flows, "compiled", real)
    place.after(hours=2)
    place.after(hours=2)
    assert [row[1] for row in place.runs()] == ["finished", "finished"]


def test_firings_for_records_with_long_keys_are_told_apart(place: Place) -> None:
    name = "f" + "o" * 90
    place.flow(AT_NOON.replace("noon", name).format(over=", over: customer", text="hi"))
    for number in range(3):
        customer(place, "c" * 110 + str(number))
    place.after(hours=5)
    assert len(place.runs()) == 3
