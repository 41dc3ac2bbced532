"""A pause holds the runs under way; whatever ends it, none of them stays asleep or misses what came meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support import Place, fact

from sereno.runtime import services, waking
from sereno.runtime.publishing import Status
from sereno.runtime.runtime import Runtime
from sereno.sdk.plugin import registry

WAITING = "flow: held\ntrigger: {event: custom.begun}\nsteps:\n  - wait: 1h\n  - log: {text: done}\n"
ANSWERED = (
    "flow: held\ntrigger: {event: custom.begun}\nsteps:\n"
    "  - wait: {until: {event: custom.answered}}\n"
    "  - wait: {until: {event: custom.agreed}}\n"
    "  - log: {text: done}\n"
)


@pytest.fixture
def place(database: Any) -> Place:
    return Place(database)


def begin(place: Place, text: str) -> None:
    place.flow(text)
    place.send(fact("1", "custom.begun"))
    place.drain()


def set_status(place: Place, status: Status) -> None:
    services.set_status(place.shop, "held", status, "tester", database=place.database)


def test_publishing_a_paused_flow_gives_runs_their_timers_back(place: Place) -> None:
    begin(place, WAITING)
    set_status(place, "paused")
    place.after(hours=2)
    assert place.rows("SELECT due_at FROM run") == [(None,)]
    services.publish(place.shop, "held", "tester", database=place.database)
    place.drain()
    assert place.runs()[0][1] == "finished"


def test_a_worker_that_still_believes_in_the_pause_holds_nothing(place: Place) -> None:
    begin(place, WAITING)
    set_status(place, "paused")
    place.drain()
    place.clock.move_to(place.clock.now() + timedelta(hours=2))
    place.runtime.world.flows.is_paused = lambda flow_id: True
    set_status(place, "live")
    place.drain()
    assert place.runs()[0][1] == "finished"


def test_events_that_came_during_the_pause_are_taken_in_after_it(place: Place) -> None:
    begin(place, ANSWERED)
    set_status(place, "paused")
    for number, type_ in ((2, "custom.answered"), (3, "custom.agreed")):
        place.clock.move_to(place.clock.now() + timedelta(hours=1))
        place.send(fact(str(number), type_, at=place.clock.now()))
        place.drain()
    assert place.runs()[0][1:3] == ("waiting", "0")
    set_status(place, "live")
    place.drain()
    assert place.runs()[0][1] == "finished"


def test_a_run_that_missed_nothing_goes_back_to_its_own_timer(place: Place) -> None:
    begin(place, WAITING)
    due = place.rows("SELECT due_at FROM run")
    set_status(place, "paused")
    set_status(place, "shadow")
    place.drain()
    assert place.rows("SELECT due_at FROM run") == due
    place.after(hours=1)
    assert place.runs()[0][1] == "finished"


def test_publishing_a_paused_flow_and_moving_its_runs_shows_them_what_came(place: Place) -> None:
    begin(place, ANSWERED)
    set_status(place, "paused")
    for number, type_ in ((2, "custom.answered"), (3, "custom.agreed")):
        place.clock.move_to(place.clock.now() + timedelta(hours=1))
        place.send(fact(str(number), type_, at=place.clock.now()))
        place.drain()
    services.publish(place.shop, "held", "tester", inflight="move", database=place.database)
    place.drain()
    assert place.runs()[0][1] == "finished"


def test_very_many_runs_are_woken_in_pages_also_after_a_crash(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "PAGE", 4)
    place.flow("flow: many\ntrigger: {event: custom.begun}\nsteps:\n  - wait: 1d\n  - log: {text: on}\n")
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}") for number in range(10)))
    place.drain()
    services.set_status(place.shop, "many", "paused", "tester", database=place.database)
    place.after(days=2)
    assert place.rows("SELECT count(*) FROM run WHERE status = 'waiting' AND due_at IS NULL") == [(10,)]
    services.set_status(place.shop, "many", "live", "tester", database=place.database)
    assert place.rows("SELECT count(*) FROM run WHERE status = 'waiting' AND due_at IS NULL") == [(10,)]
    assert place.runtime.waker.wake_resumed() == 4
    assert place.rows("SELECT count(*) FROM run WHERE status = 'waiting' AND due_at IS NULL") == [(6,)]
    other = Runtime(place.database, registry(), clock=place.clock, worker_name="after the crash", threads=1)
    other.drain()
    other.stop()
    assert [run[1] for run in place.runs()] == ["finished"] * 10
    assert place.rows("SELECT count(*) FROM flow_waking") == [(0,)]


def test_a_pause_in_the_middle_of_waking_holds_all_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "PAGE", 4)
    place.flow("flow: many\ntrigger: {event: custom.begun}\nsteps:\n  - wait: 1d\n  - log: {text: on}\n")
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}") for number in range(10)))
    place.drain()
    for status in ("paused", "live", "paused"):
        services.set_status(place.shop, "many", status, "tester", database=place.database)  # type: ignore[arg-type]
        place.runtime.waker.wake_resumed()
    place.after(days=2)
    assert [run[1] for run in place.runs()] == ["waiting"] * 10
    services.set_status(place.shop, "many", "live", "tester", database=place.database)
    place.drain()
    assert [run[1] for run in place.runs()] == ["finished"] * 10
