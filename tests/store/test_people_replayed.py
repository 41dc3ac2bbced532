"""Records of one person are one in a back-test as they are live: the same events give the same runs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from support import START, Place, fact

from sereno.runtime.backtest import replay
from sereno.runtime.persons.joining import decide, join, split
from sereno.runtime.replays.history import past_events
from sereno.runtime.replays.people import past_people
from sereno.runtime.replays.replayed import Collected
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry

WELCOME = """
flow: welcome
trigger: {event: customer.created}
reentry: once
exit: [{event: order.created}]
steps:
  - wait: 2d
  - log: {text: "{{ customer.id }} {{ customer.order_count }} {{ customer.emails | join: ' ' }}"}
"""
SILENT = """
flow: silent
trigger: {event: customer.created}
reentry: {after: 1d}
exit: [{event: order.created}]
steps:
  - wait: 3d
"""


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def customer(id: str, email: str, hours: float, type: str = "customer.created", **more: Any) -> NewEvent:
    data = {"id": id, "email": email, "updated_at": at(hours).isoformat(), **more}
    return fact(f"{type}|{id}|{hours}", type, f"customer:{id}", data, at(hours), email=email.lower())


def ordered(id: str, by: str, hours: float) -> NewEvent:
    return fact(f"o{id}", "order.created", f"order:{id}", {"id": id, "customer_id": by}, at(hours), customer=by)


def live(place: Place, events: Sequence[NewEvent]) -> None:
    for event in events:
        if event.occurred_at > place.clock.now():
            place.after(seconds=(event.occurred_at - place.clock.now()).total_seconds())
        place.send(event)
        place.drain()


def told(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return sorted((flow, subject, status, reason) for flow, subject, status, reason in rows)


def compared(place: Place, flows: Sequence[str], until: datetime) -> Collected:
    """Let time pass live, replay the log, and see that both say the same."""
    place.after(seconds=(until - place.clock.now()).total_seconds())
    facts = ShopFacts(place.shop, "Demo", "EUR", "Europe/Madrid", "es", "")
    found = Collected()
    events = past_events(place.shop, database=place.database)
    people = past_people(place.shop, database=place.database)
    replay(flows, events, shop=facts, plugins=registry(), sink=found, until=until, people=people)
    rows = place.rows(
        "SELECT flow.name, run.subject, run.status, run.reason FROM run JOIN flow ON flow.id = run.flow_id "
        "WHERE NOT flow.is_derived"
    )
    assert told([(run.flow, run.subject, run.status, run.reason) for run in found.runs]) == told(rows)
    skips = place.rows("SELECT reason FROM skip JOIN flow ON flow.id = skip.flow_id WHERE NOT flow.is_derived")
    assert sorted(skip.reason for skip in found.skips) == sorted(row[0] for row in skips)
    return found


def texts(found: Collected) -> list[str]:
    return [effect.config["text"] for effect in found.effects if effect.action == "log"]


@pytest.mark.parametrize("flow", [WELCOME, SILENT])
def test_two_records_of_one_address_are_one_person(place: Place, flow: str) -> None:
    place.flow(flow)
    live(
        place,
        [
            customer("17", "ana@example.com", 0, order_count=2),
            customer("two~9", "ANA@example.com", 1, "customer.updated", order_count=3),
            customer("two~9", "ANA@example.com", 2, order_count=3, name="Ana"),
            customer("bo", "bo@example.com", 3),
            ordered("o1", "two~9", 5),
        ],
    )
    found = compared(place, [flow], at(24 * 9))
    assert [(run.subject, run.status) for run in found.runs] == [("customer:17", "exited"), ("customer:bo", "finished")]


def test_a_person_is_read_whole(place: Place) -> None:
    place.flow(WELCOME)
    live(
        place,
        [
            customer("17", "ana@example.com", 0, order_count=2),
            customer("two~9", "ana@example.com", 1, "customer.updated", order_count=3),
        ],
    )
    assert texts(compared(place, [WELCOME], at(24 * 9))) == ["17 5 ana@example.com"]


def test_a_batch_of_records_is_joined_before_what_comes_after(place: Place) -> None:
    """Nothing starts or ends by the updates: they are worked on together, and joined before the order all the same."""
    place.flow(WELCOME)
    live(
        place,
        [
            customer("17", "ana@example.com", 0),
            *(customer(f"x{n}", f"x{n}@example.com", 0.1 + n / 100, "customer.updated") for n in range(20)),
            customer("two~9", "ana@example.com", 1, "customer.updated"),
            ordered("o1", "two~9", 1.1),
        ],
    )
    assert compared(place, [WELCOME], at(24 * 9)).runs[0].status == "exited"


def test_an_address_that_changes_joins_from_then_on(place: Place) -> None:
    place.flow(WELCOME)
    live(
        place,
        [
            customer("1", "a@example.com", 0),
            customer("2", "b@example.com", 1),
            customer("2", "a@example.com", 10, "customer.updated"),
            ordered("o1", "2", 11),
        ],
    )
    found = compared(place, [WELCOME], at(24 * 9))
    assert sorted((run.subject, run.reason) for run in found.runs) == [
        ("customer:1", "order.created"),
        ("customer:2", "joined"),
    ]


def test_what_staff_decided_holds_from_when_they_did(place: Place) -> None:
    place.flow(WELCOME)
    live(place, [customer("1", "a@example.com", 0), customer("2", "b@example.com", 1)])
    place.after(hours=4)
    join(place.shop, "1", "2", "eva", database=place.database)
    live(place, [ordered("o1", "2", 6), customer("3", "c@example.com", 10), customer("4", "c@example.com", 11)])
    place.after(hours=1)
    split(place.shop, "4", "eva", database=place.database)
    live(place, [ordered("o2", "4", 14)])
    found = compared(place, [WELCOME], at(24 * 9))
    assert sorted((run.subject, run.status) for run in found.runs) == [
        ("customer:1", "exited"),
        ("customer:2", "stopped"),
        ("customer:3", "finished"),
        ("customer:4", "stopped"),
    ]


def test_a_proposal_that_was_agreed_to_is_a_join_from_then_on(place: Place) -> None:
    place.flow(WELCOME)
    live(
        place,
        [
            customer("1", "a@example.com", 0, phone="+34600111222", name="Ana Ruiz"),
            customer("2", "b@example.com", 1, phone="+34600111222", name="Luis Ruiz"),
        ],
    )
    place.after(hours=2)
    (id,) = place.rows("SELECT id FROM customers_join WHERE status = 'proposed'")[0]
    decide(place.shop, id, "joined", "eva", database=place.database)
    live(place, [ordered("o1", "2", 5)])
    found = compared(place, [WELCOME], at(24 * 9))
    assert sorted((run.subject, run.status) for run in found.runs) == [
        ("customer:1", "exited"),
        ("customer:2", "stopped"),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_any_events_of_a_few_people_give_the_same_runs(place: Place, seed: int) -> None:
    place.flow(WELCOME)
    place.flow(SILENT)
    chance = random.Random(seed)
    events: list[NewEvent] = []
    for number in range(40):
        id, hours = str(chance.randrange(8)), number * 5.0
        if chance.random() < 0.3:
            events.append(ordered(f"o{number}", id, hours))
        else:
            type = chance.choice(["customer.created", "customer.updated"])
            more = {"phone": "+34600111222", "name": "Ana"} if chance.random() < 0.2 else {}
            events.append(customer(id, f"p{chance.randrange(5)}@example.com", hours, type, **more))
    live(place, events)
    compared(place, [WELCOME, SILENT], at(24 * 20))
