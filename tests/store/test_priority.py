"""Which effects go out first when many wait: what somebody waits for, and in time all the others too."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from support import START, Place, fact

from sereno.modules.messages import actions as messages
from sereno.runtime import services
from sereno.runtime.clock import SystemClock
from sereno.runtime.runtime import Runtime
from sereno.sdk.plugin import BULK, ORDINARY, URGENT, registry
from sereno.store.fields import to_micros

MANUAL = "flow: asked\ntrigger: {manual: order}\nsteps:\n  - tests.call: {to: one}\n"
PLAIN = "flow: plain\ntrigger: {event: custom.begun}\nsteps:\n  - tests.call: {to: mail}\n"


def fill(place: Place, *classes: tuple[int, int, datetime]) -> None:
    """Put effects into the outbox: (priority, how many, due from then on)."""
    place.flow(PLAIN)
    (flow,) = place.rows("SELECT id FROM flow WHERE name = 'plain'")[0]
    rows = []
    for priority, count, at in classes:
        for number in range(count):
            key, due = f"{priority}/{number}", to_micros(at) + number
            config = '{"to":"mail"}'
            rest = ("thing:1", config, "pending", False, 0, priority, due, "tests", due, None, None, None, None)
            rows.append((key, place.shop, flow, 1, "0", "tests.call", *rest))
    with place.database.transaction() as tx:
        tx.many("copy_effects", rows)


def claim(place: Place, limit: int, reserved: int = 0) -> list[int]:
    now = to_micros(place.clock.now())
    parameters = {"worker": "w", "lease_until": now, "now": now, "limit": limit, "reserved": reserved, "mine": []}
    with place.database.transaction() as tx:
        rows = tx.all("claim_effects", parameters)
    return sorted(row[12] for row in rows)


def test_what_somebody_waits_for_goes_before_a_long_queue(place: Place) -> None:
    fill(place, (BULK, 500, START - timedelta(hours=3)), (ORDINARY, 5, START), (URGENT, 10, START))
    place.clock.move_to(START + timedelta(seconds=1))
    assert claim(place, 12) == [0] * 10 + [1] * 2
    assert claim(place, 10) == [1] * 3 + [2] * 7


def test_no_queue_stands_still_behind_an_urgent_one(place: Place) -> None:
    fill(place, (BULK, 50, START - timedelta(hours=3)), (URGENT, 500, START - timedelta(hours=1)))
    assert claim(place, 16, reserved=2) == [0] * 14 + [2] * 2
    runner = place.runtime.effects
    taken: list[int] = []
    for _ in range(48):
        with place.database.transaction() as tx:
            taken += [row[12] for row in runner._claim(tx, 1)[0]]
    assert taken.count(BULK) == 6, "one in eight, also when places come one at a time"


def test_mails_know_their_class() -> None:
    assert messages.priority({"template": "cart-reminder"}) == BULK
    assert messages.priority({"template": "order-confirmation"}) == URGENT
    assert messages.priority({"subject": "Hello", "text": "x", "purpose": "marketing"}) == BULK
    assert messages.priority({"subject": "Your order", "text": "x"}) == URGENT


def test_what_a_person_started_is_urgent(place: Place) -> None:
    place.flow(MANUAL)
    place.flow(PLAIN)
    services.start_by_hand(place.shop, "asked", "order:1", "tester", database=place.database)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert sorted(place.rows("SELECT subject, priority FROM effect")) == [("order:1", URGENT), ("thing:1", ORDINARY)]


def test_a_long_queue_does_not_slow_the_claim(place: Place) -> None:
    """Three looks into one index, whatever stands behind them."""
    fill(place, (BULK, 20_000, START), (ORDINARY, 100, START), (URGENT, 100, START))
    place.clock.move_to(START + timedelta(seconds=1))
    with place.database.transaction() as tx:
        if place.database.dialect == "postgresql":
            tx.text("ANALYZE effect")
            plan = str(
                tx.text("EXPLAIN SELECT id FROM effect WHERE status = 'pending' AND priority = 2 AND due_at <= 9")
            )
        else:
            plan = str(
                tx.text(
                    "EXPLAIN QUERY PLAN SELECT id FROM effect WHERE status = 'pending' AND priority = 2 AND due_at < 9"
                )
            )
    assert "effect_waiting" in plan
    claim(place, 64)
    lengths: list[float] = []
    for _ in range(20):
        begun = perf_counter()
        claim(place, 64, 8)
        lengths.append(perf_counter() - begun)
    assert min(lengths) < 0.1, "a look through all of them takes longer every time, on an idle machine too"


class _Wrong(SystemClock):
    """The clock of a host that is an hour ahead."""

    def _machine(self) -> datetime:
        return super()._machine() + timedelta(hours=1)


def test_a_host_whose_clock_is_wrong_takes_nothing_from_the_others(postgres: Any) -> None:
    place = Place(postgres)
    good = Runtime(postgres, registry(), clock=SystemClock(), worker_name="good", threads=1)
    wrong = Runtime(postgres, registry(), clock=_Wrong(), worker_name="wrong", threads=1)
    good.beat()
    wrong.beat()
    assert abs(wrong.world.clock.now() - good.world.clock.now()) < timedelta(seconds=5)
    seen = dict(place.rows("SELECT name, seen_at FROM worker"))
    assert abs(seen["good"] - seen["wrong"]) < 5_000_000
    for runtime in (good, wrong, place.runtime):
        runtime.stop()
