"""What the pages count in one look, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.engine.tallies import hour_of
from sereno.runtime import services
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.fields import to_micros

FLOW = """\
flow: count-me
trigger: {event: order.created}
steps:
  - log: {text: "seen"}
"""


def look(database: Any, statement: str, **given: Any) -> list[tuple[Any, ...]]:
    with database.read() as transaction:
        return transaction.all(statement, given)


def filled(database: Any, count: int) -> tuple[int, int]:
    """A shop with a live flow and so many orders, each an hour after the one before; ids of both."""
    shop = services.create_shop(
        slug="count", name="Count", currency="EUR", timezone="UTC", locale="en", database=database
    )
    services.save_draft(shop, FLOW, database=database)
    services.publish(shop, "count-me", "test", database=database)
    now = datetime.now(UTC)
    events = [
        NewEvent(str(n), "order.created", f"order:{n}", now, {"id": str(n)}, {"order": str(n)}) for n in range(count)
    ]
    services.insert_events(shop, None, "test", events, database=database)
    Runtime(database, registry()).drain()
    flow = look(database, "flow_by_name", shop=shop, name="count-me")[0][0]
    return shop, flow


def test_the_overview_counts_what_there_is(database: Any) -> None:
    shop, flow = filled(database, 5)
    today = datetime.now(UTC) - timedelta(hours=1)
    given = {"shop": shop, "first": 1, "flows": [flow], "hour": hour_of(today)}
    (row,) = look(database, "overview_counts", **given)
    events, live, waiting, finished, pending, effects_failed, deliveries_failed, queue = map(int, row)
    assert (events, finished, pending) == (5, 5, 0)
    assert (live, waiting, effects_failed, deliveries_failed, queue) == (0, 0, 0, 0, 0)


def test_the_first_event_of_a_time_is_found_by_halving(database: Any) -> None:
    filled(database, 7)
    before, after = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    ((first,),) = look(database, "first_event_since", since=to_micros(before))
    ((past,),) = look(database, "first_event_since", since=to_micros(after))
    ((count,),) = look(database, "first_event_since", since=0)
    assert first == count == 1 and past > 7


def test_the_first_event_of_an_empty_table_is_the_first_to_come(database: Any) -> None:
    assert look(database, "first_event_since", since=0) == [(1,)]


def test_runs_begun_are_counted_by_day_and_those_alive_apart(database: Any) -> None:
    began = datetime.now(UTC)
    _shop, flow = filled(database, 4)
    rows = look(database, "flow_numbers", flows=[flow], since=0)
    days = {(at - datetime(1970, 1, 1, tzinfo=UTC)).days for at in (began, datetime.now(UTC))}
    assert {row[0] for row in rows} == {flow} and {int(row[1]) for row in rows} <= days
    assert sum(row[2] for row in rows) == 4


def test_what_waits_for_a_person_is_counted(database: Any) -> None:
    shop, _flow = filled(database, 1)
    assert look(database, "attention_counts", shop=shop, alive=0) == [(0, 0, 0, 0, 0, 0, 0)]
