"""Codes: one for each effect whatever gets lost, never the same to two, bounded by the month, known again on orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support import START, Place, order

from sereno.runtime.pricing import pools, redeeming
from sereno.runtime.pricing.codes import LiveCodes
from sereno.runtime.products import ProductLookup
from sereno.sdk.connector import NewEvent
from sereno.sdk.incentives import CodesRefused, CodeWanted
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Products
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Stores
from sereno.store.documents import encode
from sereno.store.fields import to_micros

FLOW = """
flow: thanks
trigger: {event: order.paid}
steps:
  - pricing.issue_code: {%s}
    as: gift
  - log: {text: "{{ vars.gift.code }}|{{ vars.gift.reason }}"}
"""


class Codes:
    """A store that makes codes: once for a key, and only under a text that is free."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[str, Any]] = {}
        self.answers: list[str] = []
        self.others: Callable[[str], bool] = lambda code: False

    def write(self, write: Any, *, key: str, attempt: int, now: Any) -> Result:
        answer = self.answers.pop(0) if self.answers else "done"
        if answer == "cannot":
            return Fail("store.cannot", "")
        if answer == "nobody's" and write.customer:
            return Fail("discount.no_customer", "")
        if answer == "taken":
            return Fail("discount.taken", "")
        held = self.made.setdefault(write.code, (key, write))
        if held[0] != key:
            return Fail("discount.taken", "")
        return Retry("store.busy") if answer == "lost" else Done({"code": write.code})


@pytest.fixture
def store() -> Codes:
    return Codes()


@pytest.fixture
def at(database: Any, store: Codes) -> Iterator[Place]:
    def ports(kind: Any, shop: Any) -> Any:
        return store if kind is Stores else ProductLookup(database, registry(), shop.id) if kind is Products else None

    place = Place(database, ports)
    yield place
    place.runtime.stop()


def paid(number: str) -> Any:
    return order(number, "order.paid")


def codes(place: Place, columns: str = "code, status") -> list[tuple[Any, ...]]:
    return place.rows(f"SELECT {columns} FROM pricing_code ORDER BY id")


def said(place: Place) -> list[str]:
    rows = place.rows("SELECT config FROM effect WHERE action = 'log' ORDER BY id")
    return [json.loads(row[0])["text"] for row in rows]


def events(place: Place, type: str) -> list[dict[str, Any]]:
    rows = place.rows(f"SELECT data FROM event WHERE type = '{type}' ORDER BY id")
    return [json.loads(row[0]) for row in rows]


def test_a_code_is_made_in_the_store_for_this_customer(at: Place, store: Codes) -> None:
    at.flow(FLOW % "percent: 10, expires: 3d, minimum: 30, prefix: gracias")
    at.send(paid("1"))
    at.drain()
    ((code, (_, write)),) = store.made.items()
    assert code.startswith("GRACIAS-") and len(code) == 17
    assert (write.kind, write.value, write.most_uses) == ("percentage", Decimal(10), 1)
    assert write.minimum.text == "30.00" and write.ends_at == START + timedelta(days=3)
    assert codes(at, "code, status, customer, flow") == [(code, "issued", "17", "thanks")]
    assert said(at) == [f"{code}|"]
    (told,) = events(at, "code.issued")
    assert (told["code"], told["customer_id"], told["value"]) == (code, "17", "10")


@pytest.mark.parametrize("answers", [[], ["nobody's"], ["lost", "nobody's"]])
def test_a_code_for_their_account_alone_where_the_store_can(at: Place, store: Codes, answers: list[str]) -> None:
    at.flow(FLOW % "percent: 10, only_theirs: true")
    store.answers = list(answers)
    at.send(paid("1"))
    at.drain()
    at.after(minutes=1)
    ((code, (_, write)),) = store.made.items()
    assert codes(at) == [(code, "issued")] and said(at) == [f"{code}|"]
    assert write.customer == ("" if answers == ["nobody's"] else "17")


def test_a_gift_is_a_code_for_one_of_that_thing(at: Place, store: Codes) -> None:
    variant = {"variant_id": "v-mug", "sku": "MUG", "price": "8.50", "product_id": "mug", "currency": "EUR"}
    data = {"id": "mug", "title": "Mug", "currency": "EUR", "status": "active", "variants": [variant]}
    at.send(NewEvent("p-mug", "product.updated", "product:mug", START, data, {"product": "mug"}))
    at.flow(FLOW % "gift: MUG, currency: EUR")
    at.send(paid("1"))
    at.drain()
    ((_, (_, write)),) = store.made.items()
    assert (write.kind, write.value, write.currency, write.variant) == ("fixed", Decimal("8.50"), "EUR", "v-mug")


def test_an_answer_that_got_lost_makes_no_second_code(at: Place, store: Codes) -> None:
    at.flow(FLOW % "amount: 5")
    store.answers = ["lost", "lost"]
    at.send(paid("1"))
    at.drain()
    assert [row[1] for row in codes(at)] == ["asked"]
    at.after(minutes=1)
    at.after(minutes=1)
    assert [row[1] for row in codes(at)] == ["issued"]
    assert list(store.made) == [codes(at)[0][0]]


def test_a_text_that_the_store_has_already_is_changed(at: Place, store: Codes) -> None:
    at.flow(FLOW % "free_shipping: true")
    store.answers = ["taken"]
    at.send(paid("1"))
    at.drain()
    assert list(store.made) == [codes(at)[0][0]] and codes(at)[0][1] == "issued"


def test_where_the_store_makes_none_the_shops_own_code_stands_in(at: Place, store: Codes) -> None:
    settings = encode({"recovery_code": "HOLA", "recovery_percent": "5"})
    with at.database.transaction() as tx:
        tx.run("set_shop_settings", {"shop": at.shop, "settings": settings})
    at.flow(FLOW % "percent: 10, most_per_month: 1")
    store.answers = ["cannot"]
    for number in ("1", "2"):
        at.send(paid(number))
        at.drain()
    assert said(at)[0] == "HOLA|store.cannot"
    # What was given up takes nothing of the month.
    assert [row[1] for row in codes(at)] == ["issued"]


def test_a_month_holds_so_many_and_no_more(at: Place) -> None:
    at.flow(FLOW % "percent: 10, most_per_month: 2")
    at.send(*(paid(str(number)) for number in range(5)))
    at.drain()
    assert len(codes(at)) == 2
    assert sorted(one.split("|")[1] for one in said(at)) == ["", "", *["codes.budget_spent"] * 3]
    at.clock.move_to(START + timedelta(days=31))
    at.send(paid("9"))
    at.drain()
    assert len(codes(at)) == 3


def wanted(**changes: Any) -> CodeWanted:
    given: dict[str, Any] = {
        "customer": "17", "flow": "f", "run": "r", "kind": "amount", "value": Decimal(5), "currency": "EUR",
        "worth": Decimal(5), "budget_currency": "EUR",
    }  # fmt: skip
    return CodeWanted(**(given | changes))


def test_many_at_once_never_share_a_code_and_keep_the_budget(at: Place) -> None:
    texts = [f"POOL{number}" for number in range(30)]
    pools.put_pool(at.shop, pools.Pool("p", "percent", "10"), texts, "ana", database=at.database)
    port = LiveCodes(at.database, at.shop, START, "Europe/Madrid")

    def take(number: int) -> str | None:
        try:
            # Each effect is asked for three times.
            one = wanted(pool="p", kind=None, value=None, budget=Decimal(100))
            return port.take(f"e{number % 40}", one).code
        except CodesRefused as refused:
            return refused.code

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(take, range(120)))
    for number in range(40):
        assert len({found[number], found[number + 40], found[number + 80]}) <= 2
    given = [one for one in set(found) if one and one.startswith("POOL")]
    # A budget of 100 holds twenty codes of five.
    assert len(given) == 20
    held = at.rows("SELECT effect_key FROM pricing_code WHERE status = 'issued'")
    assert len(held) == len({row[0] for row in held}) == 20
    assert at.rows("SELECT issued, worth FROM pricing_use") == [(20, 10_000)]


def test_a_pool_that_is_empty_says_so(at: Place) -> None:
    pools.put_pool(at.shop, pools.Pool("vip", "amount", "5", "EUR"), ["a 1", "A1", "b2"], "ana", database=at.database)
    at.flow(FLOW % "pool: vip")
    at.send(*(paid(str(number)) for number in range(3)))
    at.drain()
    assert sorted(said(at)) == ["A1|", "B2|", "|codes.pool_empty"]


def test_a_code_on_an_order_is_redeemed_once_with_what_it_took_off(at: Place, store: Codes) -> None:
    at.flow(FLOW % "percent: 10, expires: 1d")
    at.send(paid("1"))
    at.drain()
    code = codes(at)[0][0]
    for number, type in (("2", "order.created"), ("2", "order.updated"), ("3", "order.created")):
        changes = {"discount_codes": [code.lower()], "total_discount": "12.00", "total": "108.00"}
        at.send(order(number, type, at=START + timedelta(minutes=int(number)), **changes))
        at.drain()
    (told,) = events(at, "code.redeemed")
    assert (told["order_id"], told["cost"], told["flow"]) == ("2", "12.00", "thanks")
    assert codes(at, "status, order_key, cost, revenue") == [("redeemed", "2", "12.00", "108.00")]
    sums = at.rows("SELECT sum(issued), sum(redeemed), sum(cost), sum(revenue) FROM pricing_use")
    assert [tuple(int(one) for one in row) for row in sums] == [(1, 1, 1200, 10_800)]
    at.clock.move_to(START + timedelta(days=3))
    with at.database.transaction() as tx:
        assert redeeming.expire(tx, to_micros(at.clock.now())) == 0


def test_a_code_expires_once_an_hour_after_its_time(at: Place) -> None:
    at.flow(FLOW % "percent: 10, expires: 1d")
    at.send(paid("1"))
    at.drain()
    for later, count in ((timedelta(days=1), 0), (timedelta(days=1, hours=1), 1), (timedelta(days=2), 0)):
        with at.database.transaction() as tx:
            assert redeeming.expire(tx, to_micros(START + later)) == count
    (told,) = events(at, "code.expired")
    assert told["customer_id"] == "17"
    # What comes late was placed before, and counts.
    at.send(order("2", discount_codes=[codes(at)[0][0]], total_discount="12.00"))
    at.drain()
    assert codes(at, "status") == [("redeemed",)]
