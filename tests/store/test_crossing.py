"""Two workers at once: an event of one lane and a run that begins in another never miss each other."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from support import START, TRIED, Place, fact, order

from sereno.runtime import inbox
from sereno.runtime.entering import Entering
from sereno.runtime.facts import lane_of
from sereno.runtime.ports import no_ports
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import open_database
from sereno.store.fields import to_micros

BEGUN = fact("1", "custom.begun", "cart:77")
LATER = START + timedelta(minutes=1)
ORDERED = fact("2", "custom.ordered", "order:9", at=LATER, customer="17", cart="77")
OTHER = fact("3", "custom.seen", "order:9", at=LATER, customer="17", cart="77")

EXITS = "flow: chased\ntrigger: {event: custom.begun}\nexit: [{event: custom.ordered}]\nsteps:\n"
WAITS = EXITS + "  - wait: 1h\n  - tests.call: {to: somebody}\n"
ASKS = EXITS + "  - tests.call: {to: first}\n    as: answer\n  - tests.call: {to: second}\n"
HEARS = (
    "flow: chased\ntrigger: {event: custom.begun}\nsteps:\n"
    "  - wait: {until: {event: custom.ordered}}\n  - log: {text: heard}\n"
)


@pytest.fixture
def place(postgres: Any) -> Place:
    TRIED.clear()
    return Place(postgres)


@contextmanager
def another(place: Place, postgres: Any, name: str) -> Iterator[Runtime]:
    """A worker with connections of its own."""
    database = open_database("postgresql:///x")
    database.parameters.update(postgres.parameters)  # type: ignore[attr-defined]
    runtime = Runtime(database, registry(), no_ports, place.clock, name, threads=1)
    runtime.dispatcher.lanes = 8
    try:
        yield runtime
    finally:
        runtime.stop()
        database.close()


class Crossing:
    """Worker "a" has looked at what is stored and is about to write; what is done within `crossing` is done then."""

    def __init__(self, place: Place, postgres: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.postgres, self._patch = place, postgres, monkeypatch
        self.failures: list[BaseException] = []

    @contextmanager
    def while_it_begins(self) -> Iterator[None]:
        looked, goes_on = threading.Event(), threading.Event()
        write = Entering.write

        def held(entering: Entering) -> None:
            if threading.current_thread().name == "a":
                looked.set()
                assert goes_on.wait(120)
            write(entering)

        self._patch.setattr(Entering, "write", held)

        def work() -> None:
            try:
                with another(self.place, self.postgres, "a") as runtime:
                    assert runtime.dispatcher.run(10) == 1
            except BaseException as error:
                self.failures.append(error)
                looked.set()

        thread = threading.Thread(target=work, name="a")
        thread.start()
        assert looked.wait(120)
        try:
            yield
        finally:
            goes_on.set()
            thread.join()
        assert self.failures == []

    def offer(self, *events: NewEvent) -> None:
        """Store and dispatch by another worker."""
        self.place.send(*events)
        with another(self.place, self.postgres, "b") as runtime:
            assert runtime.dispatcher.run(10) == len(events)


@pytest.fixture
def crossing(place: Place, postgres: Any, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    return Crossing(place, postgres, monkeypatch)


def test_the_events_here_lie_in_different_lanes(place: Place) -> None:
    place.send(BEGUN, ORDERED)
    assert lane_of(1, BEGUN.subject, BEGUN.refs) != lane_of(1, ORDERED.subject, ORDERED.refs)


def test_an_exit_offered_while_the_run_is_written_ends_it(place: Place, crossing: Crossing) -> None:
    place.flow(WAITS)
    place.send(BEGUN)
    with crossing.while_it_begins():
        crossing.offer(ORDERED)
    place.drain()
    assert [run[1] for run in place.runs()] == ["exited"]
    place.after(hours=2)
    assert TRIED == []


def test_an_awaited_event_offered_while_the_run_is_written_is_heard(place: Place, crossing: Crossing) -> None:
    place.flow(HEARS)
    place.send(BEGUN)
    with crossing.while_it_begins():
        crossing.offer(ORDERED)
    place.drain()
    assert [run[1] for run in place.runs()] == ["finished"]


def test_an_exit_of_a_lower_number_that_is_committed_late_ends_the_run(place: Place, crossing: Crossing) -> None:
    place.flow(WAITS)
    incoming = inbox.Incoming(place.shop, None, None, "tests", to_micros(START), ORDERED)
    with place.database.transaction() as tx:
        assert inbox.put(tx, [incoming]) == 1
        thread = threading.Thread(target=place.send, args=(BEGUN,))
        thread.start()
        thread.join()
        with crossing.while_it_begins():
            tx.text("COMMIT")
            tx.text("BEGIN")
            with another(place, crossing.postgres, "b") as runtime:
                assert runtime.dispatcher.run(10) == 1
    assert place.rows("SELECT id FROM event ORDER BY id, uid")[0] < place.rows("SELECT event_id FROM run")[0]
    place.drain()
    assert [run[1] for run in place.runs()] == ["exited"]


def test_an_outcome_that_comes_first_does_not_overtake_the_exit(place: Place, crossing: Crossing) -> None:
    place.flow(ASKS)
    place.send(BEGUN)
    with crossing.while_it_begins():
        crossing.offer(ORDERED)
    place.runtime.world.flows.invalidate()
    place.runtime.effects.run(is_due=True, wait_for_all=True)
    assert [run[1] for run in place.runs()] == ["exited"]
    place.drain()
    assert len(TRIED) == 1


def test_another_event_meanwhile_leaves_the_second_look_due(place: Place, crossing: Crossing) -> None:
    place.flow(WAITS.replace("exit: [", "exit: [{event: custom.seen, when: 'false'}, "))
    place.send(BEGUN)
    with crossing.while_it_begins():
        crossing.offer(ORDERED)
    crossing.offer(OTHER)
    assert [run[1] for run in place.runs()] == ["waiting"]
    place.drain()
    assert [run[1] for run in place.runs()] == ["exited"]


def test_a_worker_that_holds_all_lanes_wakes_nothing_twice(place: Place) -> None:
    place.flow(WAITS)
    place.send(BEGUN)
    place.runtime.world.flows.invalidate()
    assert place.runtime.dispatcher.run(10) == 1
    assert place.rows("SELECT due_at FROM run") == [(to_micros(START + timedelta(hours=1)),)]


def test_two_parts_of_one_new_record_are_both_kept(place: Place, crossing: Crossing) -> None:
    """An order and its refund, in different lanes, both the first to tell of it."""
    refund = {"id": "r1", "order_id": "9", "amount": "20.00", "currency": "EUR", "status": "succeeded"}
    told = NewEvent("refund", "refund.created", "order:9", LATER, refund, {"order": "9"})
    made = order("9")
    assert lane_of(1, told.subject, told.refs) != lane_of(1, made.subject, made.refs)
    place.send(made)
    with crossing.while_it_begins():
        thread = threading.Thread(target=crossing.offer, args=(told,))
        thread.start()
        for _ in range(400):
            if place.rows("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")[0][0]:
                break
            thread.join(0.05)
    thread.join()
    place.drain()
    found = json.loads(place.rows("SELECT data FROM orders_order WHERE key = '9'")[0][0])
    assert (found["total"], [item["id"] for item in found["refunds"]]) == ("120.00", ["r1"])
