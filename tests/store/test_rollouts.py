"""Counters beside traces, going back to a version, and what becomes of the runs under way: on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from sereno.engine.tallies import places_of
from sereno.runtime import rollouts, services
from sereno.runtime.runtime import Runtime
from sereno.runtime.waking import fail_run
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import Database
from sereno.store.documents import decode

FLOW = """\
flow: greet
name: Greet
trigger: {event: order.created, when: "order.total >= 10"}
steps:
  - for_each: {items: order.lines, as: line, steps: [log: {text: "{{ vars.line.title }}"}]}
  - if: order.total > 100
    then: [stop: enough]
    else: [wait: 1d]
"""


OWN = "(SELECT id FROM flow WHERE name = 'greet')"


@pytest.fixture
def shop(database: Database) -> int:
    return services.create_shop(
        slug="lantern", name="Lantern", currency="EUR", timezone="Europe/Madrid", locale="es", database=database
    )


def put(database: Database, shop: int, *orders: tuple[str, str], worker: str = "worker") -> None:
    events = [_order(number, total) for number, total in orders]
    services.insert_events(shop, None, "store", events, database=database)
    Runtime(database, registry(), worker_name=worker).drain()


def _order(number: str, total: str) -> NewEvent:
    data: dict[str, Any] = {"id": number, "total": total, "currency": "EUR", "lines": [{"title": "a"}, {"title": "b"}]}
    return NewEvent(f"e-{number}", "order.created", f"order:{number}", datetime.now(UTC), data, {"order": number})


def publish(database: Database, shop: int, text: str) -> int:
    row = services.save_draft(shop, text, database=database)
    return services.publish(shop, row.name, "ana", database=database)


def tallied(database: Database) -> dict[str, int]:
    with database.read() as tx:
        rows = tx.text(f"SELECT place, sum(count) FROM step_tally WHERE hour = 0 AND flow_id = {OWN} GROUP BY place")
        return {place: int(count) for place, count in rows}


def traced(database: Database) -> dict[str, int]:
    """The same, counted from the traces one by one."""
    found: Counter[str] = Counter()
    with database.read() as tx:
        runs = f"SELECT id FROM run WHERE flow_id = {OWN}"
        for (entries,) in tx.text(f"SELECT entries FROM run_trace WHERE run_id IN ({runs})"):
            for entry in decode(entries):
                found.update(places_of(entry["step"], entry["code"], entry.get("details") or {}))
    return dict(found)


def test_the_counters_say_what_the_traces_say(database: Database, shop: int) -> None:
    publish(database, shop, FLOW)
    put(database, shop, ("1", "50.00"), ("2", "500.00"), ("3", "1.00"))
    put(database, shop, ("4", "60.00"))
    found = tallied(database)
    assert found.pop("=skipped") == 1
    assert found == traced(database)
    assert found["0.0"] == 6 and found["1.else.0"] == 2 and found["1.then.0"] == 1 and found["=stopped"] == 1


def test_a_run_that_cannot_go_on_is_counted_too(database: Database, shop: int) -> None:
    publish(database, shop, FLOW)
    put(database, shop, ("1", "50.00"))
    world = Runtime(database, registry()).world
    with database.transaction() as tx:
        (id_,) = tx.text(f"SELECT id FROM run WHERE flow_id = {OWN}")[0]
        fail_run(world, tx, id_, "broken", datetime.now(UTC))
    found = tallied(database)
    assert found == traced(database)
    assert found["=failed"] == found["!1.else.0"] == 1


def test_two_workers_add_to_one_number(database: Database, shop: int) -> None:
    publish(database, shop, FLOW)
    for number, worker in (("1", "left"), ("2", "right"), ("3", "left")):
        put(database, shop, (number, "50.00"), worker=worker)
    assert tallied(database)["=started"] == 3


def test_where_runs_stand_and_which_could_move(database: Database, shop: int) -> None:
    publish(database, shop, FLOW)
    put(database, shop, ("1", "50.00"), ("2", "60.00"), ("3", "500.00"))
    found = rollouts.in_flight(shop, "greet", FLOW.replace("1d", "2d"), database=database)
    assert found.total == found.movable == 2
    assert [(at.version, at.step, at.count) for at in found.steps] == [(1, "1.else.0", 2)]
    gone = FLOW.replace("else: [wait: 1d]", "else: [log: {text: x}]")
    assert rollouts.in_flight(shop, "greet", gone, database=database).movable == 0


def test_rolling_back_moves_the_runs_that_can(database: Database, shop: int) -> None:
    publish(database, shop, FLOW)
    publish(database, shop, FLOW.replace("wait: 1d", "wait: 5d"))
    put(database, shop, ("1", "50.00"))
    done = rollouts.roll_back(shop, "greet", 1, "ana", "too long", "move", database=database)
    assert (done.number, done.to, done.back) == (3, 1, 2)
    with database.read() as tx:
        assert tx.text(f"SELECT version, status FROM run WHERE flow_id = {OWN}") == [(3, "waiting")]
        assert tx.text("SELECT note, document FROM flow_version WHERE number = 3") == [("too long", FLOW)]


def test_a_version_nobody_made_and_a_flow_of_sereno_are_refused(database: Database, shop: int) -> None:
    publish(database, shop, FLOW)
    with pytest.raises(LookupError):
        rollouts.roll_back(shop, "greet", 7, "ana", database=database)
    with pytest.raises(ValueError, match="live"):
        rollouts.roll_back(shop, "greet", 1, "ana", database=database)
    with pytest.raises(ValueError, match="comes with Sereno"):
        rollouts.roll_back(shop, "checkout-abandoned", 1, "ana", database=database)
