"""Points and credit: earned by orders, pending, taken back, spent once, ended; and the balance is always the sum."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from support import START, Place, order

from sereno.commerce.money import Money
from sereno.runtime.loyalty import moving, port, programs
from sereno.runtime.loyalty.ledger import DAY
from sereno.runtime.loyalty.port import LiveLoyalty
from sereno.sdk.incentives import PointsRefused
from sereno.sdk.result import Done, Result
from sereno.sdk.stores import Stores
from sereno.store.fields import to_micros

PROGRAM: dict[str, Any] = {
    "is_on": True,
    "per_unit": "2",
    "pending_days": 14,
    "expires_days": 100,
    "warn_days": 10,
    "tiers": [{"name": "Silver", "points": 200}, {"name": "Gold", "points": 600, "factor": "1.5"}],
    "rewards": [
        {"code": "five", "name": "5 off", "points": 100, "kind": "amount", "value": "5"},
        {"code": "ship", "name": "Shipping", "points": 50, "kind": "free_shipping"},
        {"code": "cash", "name": "Credit", "points": 80, "kind": "credit", "value": "4"},
    ],
}


class Shop:
    def __init__(self) -> None:
        self.made: list[str] = []
        self.can = True

    def write(self, write: Any, *, key: str, attempt: int, now: Any) -> Result:
        from sereno.sdk.result import Fail

        if not self.can:
            return Fail("store.cannot", "")
        self.made.append(write.code)
        return Done({})


@pytest.fixture
def at(database: Any) -> Iterator[Place]:
    shop = Shop()
    place = Place(database, lambda kind, facts: shop if kind is Stores else None)
    place.platform = shop  # type: ignore[attr-defined]
    programs.put_program(place.shop, PROGRAM, "ana", database=database)
    yield place
    place.runtime.stop()


def bought(number: str, type: str = "order.paid", later: float = 0, **changes: Any) -> Any:
    at = START + timedelta(minutes=later)
    given = {"payment_status": "paid", "subtotal": "100.00", "total": "120.00", **changes}
    return order(number, type, at=at, **given)


def tell(place: Place, *events: Any) -> None:
    place.send(*events)
    place.drain()


def keep_up(place: Place, days: float) -> int:
    place.clock.move_to(START + timedelta(days=days))
    with place.database.transaction() as tx:
        done = moving.keep_up(tx, to_micros(place.clock.now()))
    place.drain()
    return done


def account(place: Place, unit: str = "points") -> tuple[Any, ...]:
    return place.rows(f"SELECT available, pending, tier FROM loyalty_account WHERE unit = '{unit}'")[0]


def customer(place: Place) -> dict[str, Any]:
    return json.loads(place.rows("SELECT data FROM customers_customer WHERE key = '17'")[0][0])


def events(place: Place, type: str) -> list[dict[str, Any]]:
    return [json.loads(row[0]) for row in place.rows(f"SELECT data FROM event WHERE type = '{type}' ORDER BY id")]


def assert_sums(place: Place) -> None:
    assert programs.wrong(place.shop, database=place.database) == []


def do(place: Place, work: Any) -> Any:
    with place.database.transaction() as tx:
        return work(tx)


def test_an_order_earns_points_that_count_after_the_return_window(at: Place) -> None:
    tell(at, bought("1"), bought("1", "order.updated", 5))
    assert account(at) == (0, 200, "Silver")
    assert keep_up(at, 13) == 0
    assert keep_up(at, 15) == 1 and keep_up(at, 15) == 0
    assert account(at) == (200, 0, "Silver")
    held = customer(at)
    assert (held["points"], held["tier"], held["loyalty"]["next_tier"]) == (200, "Silver", "Gold")
    (told,) = events(at, "tier.reached")
    assert (told["tier"], told["loyalty"]["points_to_next"]) == ("Silver", 400)
    assert_sums(at)


def test_what_is_not_paid_or_from_before_earns_nothing(at: Place) -> None:
    tell(
        at,
        bought("1", "order.created", payment_status="pending"),
        bought("2", placed_at=(START - timedelta(days=2)).isoformat()),
        bought("3", is_test=True),
        bought("4", currency="USD"),
    )
    assert at.rows("SELECT count(*) FROM loyalty_lot") == [(0,)]


def test_a_refund_takes_back_its_share_and_a_cancellation_all(at: Place) -> None:
    tell(at, bought("1"), bought("2", later=1))
    tell(at, bought("1", "order.refunded", 10, total_refunded="40.00", payment_status="partially_refunded"))
    assert account(at)[:2] == (0, 400 - 67)
    tell(at, bought("1", "order.refunded", 11, total_refunded="40.00", payment_status="partially_refunded"))
    assert account(at)[:2] == (0, 400 - 67)
    keep_up(at, 15)
    tell(at, bought("2", "order.cancelled", 20, status="cancelled"))
    assert account(at) == (133, 0, "")
    assert events(at, "tier.left")[-1]["tier_before"] == "Silver"
    assert_sums(at)


def test_points_spent_and_then_taken_back_are_owed_and_paid_off_by_the_next(at: Place) -> None:
    tell(at, bought("1"))
    keep_up(at, 15)
    do(at, lambda tx: port.buy(tx, at.shop, "17", "five", "a", to_micros(at.clock.now())))
    tell(at, bought("1", "order.refunded", 50, total_refunded="120.00", payment_status="refunded"))
    assert account(at) == (-100, 0, "")
    assert_sums(at)
    live = LiveLoyalty(at.database, at.shop, to_micros(at.clock.now()))
    assert live.give_points("17", 150, "x", "ana", "") and not live.give_points("17", 150, "x", "ana", "")
    assert account(at)[0] == 50
    assert_sums(at)


def test_a_worker_that_beats_sees_to_what_falls_due(at: Place) -> None:
    tell(at, bought("1"))
    at.clock.move_to(START + timedelta(days=15))
    at.runtime.beat()
    assert account(at)[:2] == (200, 0)


def test_points_end_after_a_warning(at: Place) -> None:
    tell(at, bought("1"))
    keep_up(at, 15)
    assert keep_up(at, 15 + 91) == 1
    (told,) = events(at, "points.expiring")
    assert told["points"] == 200
    assert keep_up(at, 15 + 91) == 0
    assert keep_up(at, 15 + 101) == 1
    assert account(at)[0] == 0
    assert_sums(at)


def test_a_tier_ends_when_what_earned_it_is_a_year_old(at: Place) -> None:
    tell(at, bought("1"))
    keep_up(at, 200)
    keep_up(at, 320)
    assert account(at)[2] == "Silver"
    assert keep_up(at, 366) == 1
    assert account(at)[2] == ""
    assert customer(at)["tier"] is None
    assert_sums(at)


def test_a_reward_is_bought_once_and_its_code_is_handed_over(at: Place) -> None:
    tell(at, bought("1"))
    keep_up(at, 15)
    now = to_micros(at.clock.now())
    assert do(at, lambda tx: port.buy(tx, at.shop, "17", "five", "a", now)) is not None
    assert do(at, lambda tx: port.buy(tx, at.shop, "17", "five", "a", now)) is None
    at.drain()
    (row,) = at.rows("SELECT status, code, paid FROM loyalty_purchase")
    assert row == ("ready", at.platform.made[0], 100)  # type: ignore[attr-defined]
    with pytest.raises(PointsRefused):
        do(at, lambda tx: port.buy(tx, at.shop, "17", "nothing", "b", now))
    do(at, lambda tx: port.buy(tx, at.shop, "17", "cash", "c", now))
    with pytest.raises(PointsRefused):
        do(at, lambda tx: port.buy(tx, at.shop, "17", "ship", "d", now))
    assert account(at)[0] == 20 and account(at, "EUR")[0] == 400
    at.drain()
    assert customer(at)["store_credit"] == "4.00"
    assert_sums(at)


def test_what_the_store_cannot_make_is_given_back(at: Place) -> None:
    at.platform.can = False  # type: ignore[attr-defined]
    live = LiveLoyalty(at.database, at.shop, to_micros(START))
    live.give_credit("17", Money.parse("7.50", "EUR"), "x", "ana", "sorry")
    do(at, lambda tx: port.claim(tx, at.shop, "17", Money.parse("7.50", "EUR"), "k", to_micros(START)))
    assert account(at, "EUR")[0] == 0
    at.drain()
    assert account(at, "EUR")[0] == 750
    assert at.rows("SELECT status FROM loyalty_purchase") == [("given_back",)]
    assert_sums(at)
    with pytest.raises(PointsRefused):
        live.give_credit("17", Money.parse("0.001", "EUR"), "y", "ana", "")
    with pytest.raises(PointsRefused):
        live.give_credit("17", Money.parse("-8", "EUR"), "z", "ana", "")


def test_many_at_once_spend_no_point_twice(at: Place) -> None:
    live = LiveLoyalty(at.database, at.shop, to_micros(START))
    live.give_points("17", 520, "start", "ana", "")

    def spend(number: int) -> str:
        try:
            done = do(at, lambda tx: port.buy(tx, at.shop, "17", "five", f"k{number % 8}", to_micros(START)))
            return "bought" if done is not None else "again"
        except PointsRefused as refused:
            return refused.code

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(spend, range(24)))
    assert found.count("bought") == 5
    assert account(at)[0] == 20
    assert at.rows("SELECT count(*) FROM loyalty_purchase") == [(5,)]
    assert_sums(at)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_balance_is_the_sum(at: Place, seed: int) -> None:
    random = Random(seed)
    live_at = to_micros(START)
    for step in range(40):
        live_at += random.randrange(0, 20) * DAY
        live = LiveLoyalty(at.database, at.shop, live_at)
        number = str(random.randrange(6))
        what = random.randrange(6)
        try:
            if what == 0:
                live.give_points("17", random.randrange(-300, 300), f"g{step}", "ana", "")
            elif what == 1:
                reward = random.choice(["five", "ship", "cash"])
                do(at, lambda tx, at_=live_at, r=reward, k=step: port.buy(tx, at.shop, "17", r, f"b{k}", at_))
            elif what == 2:
                do(at, lambda tx, at_=live_at: moving.keep_up(tx, at_))
            elif what == 3:
                back = f"{random.randrange(0, 121)}.00"
                tell(
                    at, bought(number, "order.refunded", step, total_refunded=back, payment_status="partially_refunded")
                )
            elif what == 4:
                tell(at, bought(number, "order.cancelled", step, status=random.choice(["open", "cancelled"])))
            else:
                tell(at, bought(number, "order.paid", step))
        except PointsRefused:
            pass
        assert_sums(at)
