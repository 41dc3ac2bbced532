"""Deliveries to events, and records from events: nothing is dropped, nothing bad blocks the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.runtime import inbox, services
from sereno.runtime.mapping import Mapper
from sereno.sdk.connector import Connector, Delivery, Mapped, NewEvent, Unmappable
from sereno.sdk.plugin import connector, registry
from sereno.store.fields import to_micros


def _map(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    body = json.loads(delivery.body)
    if body.get("broken"):
        raise Unmappable("broken on purpose")
    if body.get("bug"):
        raise RuntimeError("a bug in the connector")
    if body.get("ping"):
        return Mapped(reason="ping")
    return Mapped([NewEvent(body["id"], "custom.begun", body.get("subject", "thing:1"), START, body, {})])


def _register() -> None:
    if registry().connectors.get("tests") is None:
        nothing: Any = None
        connector(Connector("tests", "Tests", nothing, nothing, nothing, _map, nothing))


@pytest.fixture
def place(database: Any) -> Place:
    _register()
    return Place(database)


def deliver(place: Place, *bodies: Mapping[str, Any]) -> list[int]:
    """Write deliveries as the door does; gives their ids."""
    one = "?{}" if place.database.dialect == "sqlite" else "${}"
    marks = ", ".join(one.format(number) for number in range(1, 5))
    with place.database.transaction() as tx:
        if not tx.text("SELECT id FROM connection"):
            tx.text(
                "INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at) "
                f"VALUES ({one.format(1)}, 'tests', 'tests', '', '{{}}', TRUE, 0)",
                [place.shop],
            )
        first = tx.text("SELECT count(*) FROM delivery")[0][0]
        for number, body in enumerate(bodies):
            tx.text(
                "INSERT INTO delivery (connection_id, dedupe_key, topic, headers, body, received_at, status) "
                f"SELECT id, {marks.split(', ')[0]}, 'topic', '{{}}', {marks.split(', ')[1]}, "
                f"{marks.split(', ')[2]}, {marks.split(', ')[3]} FROM connection",
                [f"key-{first + number}", json.dumps(body).encode(), to_micros(START), "pending"],
            )
        return [row[0] for row in tx.text("SELECT id FROM delivery ORDER BY id")][first:]


def test_deliveries_become_events_or_say_why_not(place: Place) -> None:
    deliver(
        place,
        {"id": "1"},
        {"broken": True},
        {"bug": True},
        {"ping": True},
        {"id": "2", "subject": "thing:" + "x" * 300},
        {"id": "3"},
        {"id": "1"},
    )
    place.drain()
    settled = place.rows("SELECT status, reason FROM delivery ORDER BY id")
    assert [row[0] for row in settled] == ["done", "failed", "failed", "ignored", "failed", "done", "done"]
    assert settled[1][1] == "broken on purpose"
    assert settled[2][1] == "RuntimeError: a bug in the connector"
    assert settled[3][1] == "ping"
    assert "longer than 200" in settled[4][1]
    assert place.rows("SELECT uid, source FROM event ORDER BY id") == [("1", "tests"), ("3", "tests")]


@pytest.mark.parametrize("is_bad", [False, True])
def test_a_delivery_settled_by_another_worker_is_not_mapped_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch, is_bad: bool
) -> None:
    """The batch fails and lets its locks go; before the rows are tried one by one, another worker has done them."""
    deliver(place, {"id": "1"})
    alone = Mapper._alone  # pyright: ignore[reportPrivateUsage]
    put: list[Any] = []

    def fail(*given: Any) -> int:
        put.append(given)
        raise RuntimeError("broken on purpose")

    def settled_before(mapper: Mapper, row: tuple[Any, ...]) -> None:
        if not is_bad:
            with place.database.transaction() as tx:
                tx.many("settle_deliveries", [(row[0], "done", "by another")])
        alone(mapper, row)

    monkeypatch.setattr(inbox, "put", fail)
    monkeypatch.setattr(Mapper, "_alone", settled_before)
    place.drain()
    wanted = ("failed", "RuntimeError: broken on purpose") if is_bad else ("done", "by another")
    assert place.rows("SELECT status, reason FROM delivery") == [wanted]
    assert len(put) == (2 if is_bad else 1)


def test_a_failed_delivery_can_be_mapped_again_after_a_fix(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = deliver(place, {"broken": True, "id": "9"})
    place.drain()
    held = registry().connectors.get("tests")
    assert held is not None
    mended = Connector(
        held.kind,
        held.name,
        held.verify,
        held.topic,
        held.dedupe_key,
        lambda delivery, settings: Mapped([fact("9", "custom.begun")]),
        held.sign,
    )
    monkeypatch.setitem(registry().connectors._items, "tests", mended)
    assert services.replay_deliveries(ids, "tester", database=place.database) == 1
    place.drain()
    assert place.rows("SELECT status FROM delivery") == [("done",)]
    assert place.rows("SELECT uid FROM event") == [("9",)]


def test_an_older_version_never_overwrites_a_newer_one_and_still_counts(place: Place) -> None:
    place.flow("flow: stale\ntrigger: {event: order.updated, when: event.is_stale}\nsteps:\n  - log: {text: late}\n")
    new, old = START + timedelta(hours=2), START + timedelta(hours=1)
    place.send(order("1"))
    place.drain()
    place.send(order("1", "order.updated", at=new, total="200.00"), order("1", "order.updated", at=old, total="150.00"))
    place.drain()
    (data,) = place.rows("SELECT data FROM orders_order")[0]
    assert json.loads(data)["total"] == "200.00"
    assert len(place.runs()) == 1
    assert place.rows("SELECT total FROM orders_order") == [("200.00",)]


def test_an_event_knows_the_record_before_it(place: Place) -> None:
    place.flow(
        "flow: dearer\ntrigger: {event: order.updated, when: event.before.total < order.total}\n"
        "steps:\n  - wait: 1h\n  - log: {text: 'was {{ event.before.total }}'}\n"
    )
    place.send(order("1"), order("1", "order.updated", at=START + timedelta(minutes=1), total="150.00"))
    place.drain()
    place.after(hours=2)
    assert place.rows("SELECT config FROM effect") == [('{"text":"was 120.00"}',)]


def test_one_event_that_breaks_the_batch_fails_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.flow("flow: all\ntrigger: {event: custom.begun}\nsteps:\n  - log: {text: on}\n")
    from sereno.runtime import entering

    begin = entering.begin

    def broken(flow: Any, **arguments: Any) -> Any:
        if arguments["event"].id == "2":
            raise RuntimeError("a fault in the engine")
        return begin(flow, **arguments)

    monkeypatch.setattr(entering, "begin", broken)
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}") for number in range(4)))
    place.drain()
    assert [run[0] for run in place.runs()] == ["thing:0", "thing:1", "thing:3"]
    assert place.rows("SELECT uid, error FROM event WHERE error IS NOT NULL") == [
        ("2", "RuntimeError: a fault in the engine")
    ]


def test_a_projection_that_breaks_fails_its_event_alone(place: Place) -> None:
    place.send(order("1"), order("2", lines="not a list", refunds=[1, 2]), order("3"))
    place.drain()
    keys = {row[0] for row in place.rows("SELECT key FROM orders_order")}
    assert {"1", "3"} <= keys
    assert place.rows("SELECT count(*) FROM event_queue") == [(0,)]


def test_two_workers_let_a_key_in_once(postgres: Any) -> None:
    """Events of different subjects lie in different lanes, so two workers may try the same key at the same time."""
    import threading

    place = Place(postgres)
    place.flow("flow: once\ntrigger: {event: custom.begun}\nkey: event.data.who\nreentry: once\nsteps:\n  - wait: 1h\n")
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}", {"who": number % 5}) for number in range(400)))
    from sereno.runtime.ports import no_ports
    from sereno.runtime.runtime import Runtime
    from sereno.store.database import open_database

    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            other = open_database("postgresql:///x")
            other.parameters.update(postgres.parameters)  # type: ignore[attr-defined]
            runtime = Runtime(other, registry(), no_ports, place.clock, name)
            runtime.dispatcher.lanes = 4
            while runtime.dispatcher.run(20) or _left():
                pass
            runtime.stop()
            other.close()
        except BaseException as error:
            failures.append(error)

    def _left() -> int:
        with postgres.read() as tx:
            return tx.one("queue_length")[0]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(place.runs()) == 5
    assert place.rows("SELECT count(*) FROM flow_entry") == [(5,)]
    assert len(place.skips()) == 395
