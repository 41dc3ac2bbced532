"""Three workers on shuffled events come to what one worker on SQLite comes to: the same records, the same effects."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from crowding import work_together
from support import START, Place, fact, order

from sereno.sdk.connector import NewEvent

PEOPLE = 60
FLOWS = (
    "flow: chased\ntrigger: {event: custom.begun}\nexit: [{event: order.created}]\nsteps:\n"
    "  - wait: 1h\n  - tests.call: {to: chase}\n",
    "flow: answered\ntrigger: {event: custom.begun}\nsteps:\n"
    "  - wait: {until: {event: custom.answered}, timeout: 2d}\n    as: answer\n"
    "  - if: vars.answer.happened\n    then:\n      - tests.call: {to: thanks}\n",
    "flow: shared\ntrigger: {event: custom.answered}\nkey: event.data.group\nreentry: once\nsteps:\n"
    "  - tests.call: {to: group}\n",
    "flow: paid\ntrigger: {event: order.created}\nkey: order.id\nreentry: once\nsteps:\n"
    "  - wait: 10m\n  - if: order.total_refunded > 0\n    then:\n      - tests.call: {to: sorry}\n",
)


def events(seed: int) -> list[NewEvent]:
    """Carts without a customer, orders with one that name the cart, answers by the cart, refunds by the order only."""
    chance = random.Random(seed)
    found: list[NewEvent] = []
    for number in range(PEOPLE):
        cart, later = f"cart:{number}", START + timedelta(minutes=5)
        found.append(fact(f"begun{number}", "custom.begun", cart))
        if number % 2:
            made = order(str(number), at=later, customer_id=f"c{number}")
            refs = {**made.refs, "customer": f"c{number}", "email": f"c{number}@example.com", "cart": str(number)}
            found.append(NewEvent(made.id, made.type, made.subject, later, made.data, refs))
            refund = {"id": "r", "order_id": str(number), "amount": "20.00", "currency": "EUR", "status": "succeeded"}
            if number % 4 == 1:
                told = NewEvent(
                    f"refund{number}", "refund.created", f"order:{number}", later, refund, {"order": str(number)}
                )
                found.append(told)
        if number % 3 == 0:
            data = {"group": number % 5}
            found.append(fact(f"answer{number}", "custom.answered", f"talk:{number}", data, later, cart=str(number)))
    chance.shuffle(found)
    return found


def outcome(place: Place) -> dict[str, Any]:
    for length in ({"minutes": 30}, {"hours": 2}, {"days": 3}):
        place.after(**length)
    orders = place.rows("SELECT key, data FROM orders_order ORDER BY key")
    calls = place.rows(
        "SELECT flow.name, run.key, effect.status FROM effect JOIN run ON run.id = effect.run_id "
        "JOIN flow ON flow.id = run.flow_id WHERE effect.action = 'tests.call'"
    )
    return {
        "calls": sorted((flow, key if flow != "shared" else "", status) for flow, key, status in calls),
        "orders": [
            (key, json.loads(data)["total"], len(json.loads(data).get("refunds") or ())) for key, data in orders
        ],
        "live": place.rows("SELECT count(*) FROM run WHERE status IN ('waiting', 'parked', 'running')"),
        "failed": place.rows("SELECT count(*) FROM event WHERE error IS NOT NULL"),
        "queued": place.rows("SELECT count(*) FROM event_queue"),
    }


@pytest.mark.parametrize("seed", range(3))
def test_many_workers_come_to_the_same(sqlite: Any, postgres: Any, seed: int) -> None:
    alone, many = Place(sqlite), Place(postgres)
    for place in (alone, many):
        for text in FLOWS:
            place.flow(text)
    found = events(seed)
    alone.send(*found)
    work_together(many, postgres, found, 9)
    expected = outcome(alone)
    assert outcome(many) == expected
    assert expected["live"] == expected["failed"] == expected["queued"] == [(0,)]
    assert len(expected["calls"]) > PEOPLE // 2
