"""The invented store's own interface, asked as the connector asks: what is written is seen there, and told by it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sereno.commerce.money import Money
from sereno.modules.http.client import GuardedHttp
from sereno.sdk.connector import Delivery
from sereno.sdk.plugin import registry
from sereno.sdk.stores import Call, Exchange, Item, Reading, StoreRefused, Written
from sereno.sdk.writes import (
    CancelOrder,
    CreateDiscountCode,
    HoldFulfillment,
    NoteOrder,
    PublishProduct,
    RefundOrder,
    ReleaseFulfillment,
    SetPrice,
    SetStock,
    SetTexts,
    TagOrder,
    Write,
)

NOW = datetime.now(UTC)


class Store:
    """A young world, its interface, and the connector before it."""

    def __init__(self) -> None:
        from sereno.site.demo.backoffice import TOKEN, BackOffice, serve
        from sereno.site.demo.history import past
        from sereno.site.demo.world import World
        from sereno.site.plugins import load_plugins

        load_plugins()
        self.world = World(7)
        for number, _hook in enumerate(past(self.world, NOW - timedelta(days=30), NOW)):
            # Until some time has gone by, and one order waits to be packed.
            if number > 300 and any(_is_of(order, is_sent=False) for order in self.world.orders.values()):
                break
        self.told: list[Any] = []
        self.office = BackOffice(self.world, threading.RLock(), self.told.extend)
        self.server = serve(self.office)
        host = f"127.0.0.1:{self.server.server_address[1]}"
        connector = registry().connectors.get("shopify")
        assert connector is not None and connector.store is not None
        self.api = connector.store
        self.exchange = Exchange(GuardedHttp([host]), {}, {"shop": f"http://{host}", "token": TOKEN}, self.api.sign)

    def write(self, write: Write, key: str = "run/0", attempt: int = 1) -> Written:
        return self.api.writes[type(write)](Call(self.exchange, key, attempt, NOW), write)

    def read(self, kind: str, since: datetime | None = None, size: int = 50) -> list[Item]:
        """All pages of what changed since then."""
        items: list[Item] = []
        cursor = None
        while True:
            page = self.api.reads[kind](self.exchange, Reading(since, None, cursor, size))
            items += page.items
            cursor = page.next
            if cursor is None:
                return items

    def order(self, *, is_sent: bool) -> dict[str, Any]:
        held = [*self.world.orders.values(), *self.world.past.values()]
        return next(one for one in held if _is_of(one, is_sent=is_sent))


def _is_of(order: dict[str, Any], *, is_sent: bool) -> bool:
    is_good = order["channel"] == "shopify" and order["paid"] and not order["cancelled"]
    return is_good and bool(order["parcel"]) == is_sent


@pytest.fixture
def store():
    found = Store()
    yield found
    found.server.shutdown()
    found.server.server_close()


def name_of(order: dict[str, Any]) -> str:
    return str(5_612_000_000_000 + order["number"] * 32_768)


def test_it_knows_who_asks(store: Store) -> None:
    assert store.api.probe(store.exchange).currency == "EUR"
    stranger = Exchange(store.exchange.http, {}, {**store.exchange.access, "token": "another"}, store.api.sign)
    with pytest.raises(StoreRefused) as refused:
        store.api.probe(stranger)
    assert refused.value.code == "store.key_refused"


def test_a_held_order_is_not_packed(store: Store) -> None:
    order = store.order(is_sent=False)
    store.write(TagOrder(name_of(order), add=("look",)))
    store.write(NoteOrder(name_of(order), "call first"))
    store.write(HoldFulfillment(name_of(order), reason="risk"))
    assert order["tags"] == ["look"] and order["note"] == "call first" and order["held"]
    store.world._pack(NOW, str(order["number"]))
    assert order["parcel"] is None
    store.write(ReleaseFulfillment(name_of(order)))
    store.world._pack(NOW, str(order["number"]))
    assert order["parcel"] is not None
    assert store.told[-1].topic == "orders/updated" and store.told[-1].body["tags"] == "look"


def test_money_goes_back_once(store: Store) -> None:
    order = store.order(is_sent=True)
    part = Money(Decimal("5.00"), "EUR")
    first = store.write(RefundOrder(name_of(order), amount=part))
    again = store.write(RefundOrder(name_of(order), amount=part), attempt=2)
    assert first.value == again.value and order["given_back"] == 500
    assert [hook.topic for hook in store.told] == ["refunds/create", "orders/updated"]
    with pytest.raises(StoreRefused) as refused:
        store.write(RefundOrder(name_of(order), amount=Money(Decimal("99999"), "EUR")), key="run/1")
    assert refused.value.code == "refund.too_much"


def test_what_was_sent_cannot_be_cancelled(store: Store) -> None:
    open_one = store.order(is_sent=False)
    store.write(CancelOrder(name_of(open_one)))
    assert open_one["cancelled"] and store.told[0].topic == "orders/cancelled"
    with pytest.raises(StoreRefused):
        store.write(CancelOrder(name_of(store.order(is_sent=True))), key="run/1")


def test_stock_and_shelves(store: Store) -> None:
    from sereno.site.demo.catalogue import ITEMS
    from sereno.site.demo.shapes.shopify_names import product_id, variant_id

    item = next(one for one in ITEMS if one.channel == "shopify")
    variant, product = str(variant_id(item)), str(product_id(item))
    store.write(SetStock(variant, 3))
    assert store.world.stock[item.sku] == 3
    assert store.told[-1].topic == "inventory_levels/update" and store.told[-1].body["available"] == 3
    with pytest.raises(StoreRefused) as refused:
        store.write(SetStock(variant, 9, expected=4), key="run/1")
    assert refused.value.code == "stock.changed"
    store.write(PublishProduct(product, is_published=False))
    assert store.told[-1].topic == "products/update" and store.told[-1].body["status"] == "draft"
    store.write(PublishProduct(product, is_published=True))
    assert store.told[-1].body["status"] == "active"


def test_prices_and_texts(store: Store) -> None:
    from sereno.site.demo.catalogue import ITEMS
    from sereno.site.demo.shapes.shopify_names import product_id, variant_id

    item = next(one for one in ITEMS if one.channel == "shopify")
    variant, product = str(variant_id(item)), str(product_id(item))
    new, old = Money(Decimal("19.50"), "EUR"), Money(Decimal("24.90"), "EUR")
    first = store.write(SetPrice(product, variant, new, old))
    assert first.value["before"] == {"price": "24.90", "compare_at_price": None}
    told = store.told[-1].body["variants"][0]
    assert (told["price"], told["compare_at_price"]) == ("19.50", "24.90")
    store.write(SetPrice(product, variant, new, old), attempt=2)
    assert len(store.told) == 1, "it is so already"
    store.write(SetPrice(product, variant, compare_at=Money(Decimal(0), "EUR")))
    assert store.told[-1].body["variants"][0]["compare_at_price"] is None
    store.write(SetTexts(product, "Cuenco Triana", "<p>Esmaltado</p>"))
    told = store.told[-1].body
    assert (told["title"], told["body_html"], told["status"]) == ("Cuenco Triana", "<p>Esmaltado</p>", "active")
    store.write(SetTexts(product, "Cuenco Triana"), attempt=2)
    assert len(store.told) == 3


def test_a_code_is_made_once_and_taken_by_nobody_else(store: Store) -> None:
    made = store.write(CreateDiscountCode("HELLO-1", value=Decimal(10)))
    assert store.write(CreateDiscountCode("HELLO-1", value=Decimal(10)), attempt=2).value == made.value
    with pytest.raises(StoreRefused) as refused:
        store.write(CreateDiscountCode("HELLO-1", "free_shipping"), key="run/1")
    assert refused.value.code == "discount.taken"


def facts_of(topic: str, body: Any) -> dict[str, dict[str, Any]]:
    """Name -> data of what a record tells, received or read."""
    connector = registry().connectors.get("shopify")
    assert connector is not None
    delivery = Delivery({}, json.dumps(body).encode(), topic, NOW, body, "this-delivery")
    return {event.id: dict(event.data) for event in connector.map(delivery, {}).events}


def test_what_is_read_is_what_was_told(store: Store) -> None:
    """The same facts by the same names and of the same moment, so that reading finds nothing its notices brought."""
    sent = store.order(is_sent=True)
    store.write(TagOrder(name_of(sent), add=("gift",)))
    notice = store.told[-1]
    store.office.heard(notice)
    read = store.api.fetch["order"](store.exchange, name_of(sent))
    assert read is not None and read.updated_at == notice.at.replace(microsecond=0)
    received, seen = facts_of(notice.topic, notice.body), facts_of(read.topic, read.body)
    assert len(received) > 1 and set(received) <= set(seen)
    one, other = next(iter(received.values())), next(iter(seen.values()))
    for field in ("number", "total", "total_shipping", "subtotal", "tags", "payment_status", "item_count", "email"):
        assert one[field] == other[field], field
    assert other["shipping_address"]["line1"] == one["shipping_address"]["line1"]


def test_a_refund_is_read_with_its_line_and_amount(store: Store) -> None:
    order = store.order(is_sent=True)
    store.write(RefundOrder(name_of(order), amount=Money(Decimal("2.00"), "EUR")))
    told = next(hook for hook in store.told if hook.topic == "refunds/create")
    read = store.api.fetch["order"](store.exchange, name_of(order))
    assert read is not None
    (received,), seen = facts_of(told.topic, told.body).items(), facts_of(read.topic, read.body)
    assert seen[received[0]]["amount"] == received[1]["amount"] == "2.00"


def test_records_are_read_page_by_page_in_the_order_of_change(store: Store) -> None:
    from sereno.site.demo.catalogue import ITEMS, products

    held = [*store.world.past.values(), *store.world.orders.values()]
    own = {name_of(one) for one in held if one["channel"] == "shopify"}
    orders = store.read("order", NOW - timedelta(days=400), size=2)
    assert {one.id for one in orders} == own and len(orders) == len(own) > 2
    times = [one.updated_at for one in orders if one.updated_at]
    assert times == sorted(times)
    assert store.read("order", NOW + timedelta(hours=1)) == []
    assert len(store.read("product")) == len(products("shopify"))
    known = store.read("customer", size=3)
    assert {facts_of(one.topic, one.body).popitem()[1]["email"] for one in known} == {
        store.world.people[number].email for number in store.world.pools["shopify"]
    }
    levels = {one.body["inventory_item_id"]: one.body["available"] for one in store.read("stock_level")}
    assert len(levels) == sum(item.channel == "shopify" for item in ITEMS)
    assert sorted(levels.values()) == sorted(store.world.stock[item.sku] for item in ITEMS if item.channel == "shopify")


def test_subscriptions_are_made_once_listed_and_taken_away(store: Store) -> None:
    kept = store.api.subscriptions
    assert kept is not None and kept.list(store.exchange) == []
    made = kept.make(store.exchange, "orders/create", "https://sereno.example/hooks/a", "s")
    again = kept.make(store.exchange, "orders/create", "https://sereno.example/hooks/a", "s")
    assert made == again and kept.list(store.exchange) == [made]
    kept.remove(store.exchange, made.id)
    assert kept.list(store.exchange) == []
