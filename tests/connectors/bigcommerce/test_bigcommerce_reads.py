"""BigCommerce read back: whole records by page and by id, what they mean, its webhooks, and the probe."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bigcommerce_wire import ACCESS, BigCommerceWire
from bodies import map_body
from wires import Asked, exchange, mapped

from sereno.connectors.bigcommerce.store import STORE
from sereno.connectors.bigcommerce.webhooks import BIGCOMMERCE
from sereno.sdk.stores import Exchange, Reading

LINE: dict[str, Any] = {
    "id": 21,
    "product_id": 174,
    "variant_id": 77,
    "name": "T-shirt",
    "sku": "T-S",
    "type": "physical",
    "quantity": 2,
    "quantity_shipped": 1,
    "price_inc_tax": "25.0000",
    "total_inc_tax": "50.0000",
    "total_tax": "8.6800",
    "applied_discounts": [{"id": "coupon", "amount": "5.0000", "code": "ANA-10"}],
    "product_options": [{"display_name": "Size", "display_value": "S"}],
}
PLACE = {
    "id": 5,
    "first_name": "Ana",
    "last_name": "Sol",
    "street_1": "Calle 1",
    "city": "Cádiz",
    "state": "Cádiz",
    "zip": "11001",
    "country": "Spain",
    "country_iso2": "ES",
    "shipping_method": "Flat rate",
    "line_items": [LINE],
}
ORDER: dict[str, Any] = {
    "id": 118,
    "customer_id": 11,
    "status_id": 3,
    "status": "Partially Shipped",
    "payment_status": "captured",
    "payment_method": "Card",
    "total_inc_tax": "54.4500",
    "subtotal_inc_tax": "50.0000",
    "total_tax": "9.4500",
    "shipping_cost_inc_tax": "4.4500",
    "discount_amount": "0.0000",
    "coupon_discount": "5.0000",
    "refunded_amount": "10.0000",
    "items_total": 2,
    "items_shipped": 1,
    "currency_code": "USD",
    "default_currency_code": "EUR",
    "customer_message": "",
    "order_source": "www",
    "ip_address": "10.0.0.1",
    "date_created": "Fri, 20 Nov 2026 10:00:00 +0000",
    "date_modified": "Sat, 21 Nov 2026 09:00:00 +0000",
    "billing_address": {**PLACE, "email": "Ana@Example.com", "line_items": None},
    "consignments": {"shipping": [PLACE], "pickups": [], "downloads": [], "email": {"gift_certificates": []}},
}
REFUND = {
    "id": 12,
    "order_id": 118,
    "created": "2026-11-21T08:00:00+00:00",
    "total_amount": 10,
    "reason": "Late",
    "items": [{"item_type": "ORDER", "item_id": 118}],
    "payments": [{"is_declined": False}],
}
SENT = {
    "id": 6,
    "order_id": 118,
    "date_created": "Sat, 21 Nov 2026 09:00:00 +0000",
    "tracking_number": "1Z",
    "shipping_provider_display_name": "UPS",
    "items": [{"order_product_id": 21, "quantity": 1}],
}
PAID = {
    "id": 900,
    "event": "purchase",
    "status": "ok",
    "amount": 54.45,
    "currency": "EUR",
    "gateway": "braintree",
    "date_created": "2026-11-20T10:00:01+00:00",
}
SHIRT = {
    "id": 174,
    "name": "T-shirt",
    "type": "physical",
    "price": 19.9,
    "sale_price": 15,
    "is_visible": True,
    "inventory_tracking": "variant",
    "custom_url": {"url": "/t-shirt/"},
    "date_created": "2026-01-01T00:00:00+00:00",
    "date_modified": "2026-11-21T00:00:00+00:00",
    "variants": [
        {
            "id": 77,
            "product_id": 174,
            "sku": "T-S",
            "price": None,
            "inventory_level": 7,
            "option_values": [{"label": "S"}],
        },
        {
            "id": 78,
            "product_id": 174,
            "sku": "T-M",
            "price": 21.5,
            "inventory_level": 2,
            "option_values": [{"label": "M"}],
        },
    ],
}


class ReadWire(BigCommerceWire):
    """Two orders a page."""

    held: tuple[dict[str, Any], ...] = (ORDER,)

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = asked.path.removeprefix("/stores/abc")
        if path == "/v2/orders":
            first = int(asked.query["min_id"])
            found = [one for one in self.held if one["id"] >= first][: int(asked.query["limit"])]
            return 200, json.loads(json.dumps(found)) if found else b""
        answers: dict[str, Any] = {
            "/v2/orders/118": ORDER,
            "/v2/orders/118/shipments": [SENT],
            "/v3/orders/payment_actions/refunds": {"data": [REFUND]},
            "/v3/orders/118/transactions": {"data": [PAID]},
            "/v3/catalog/products/174": {"data": SHIRT},
            "/v3/catalog/products": {"data": [SHIRT]},
        }
        if path in answers:
            return 200, json.loads(json.dumps(answers[path]))
        return super().answer(asked)


def way(wire: BigCommerceWire) -> Exchange:
    return exchange(wire, STORE, ACCESS)


def test_an_order_by_id_tells_every_fact_it_shows() -> None:
    item = STORE.fetch["order"](way(ReadWire()), "118")
    assert item is not None
    assert (item.id, item.updated_at) == ("118", datetime(2026, 11, 21, 9, tzinfo=UTC))
    found = mapped(BIGCOMMERCE, item)
    assert [(event.type, event.id) for event in found.events if event.type != "order.updated"] == [
        ("order.created", "order:118:created"),
        ("order.partially_refunded", "order:118:partially_refunded:10.00"),
        ("order.partially_fulfilled", "order:118:partially_fulfilled"),
        ("payment.captured", "payment:900:captured"),
        ("refund.created", "refund:12:created"),
        ("shipment.shipped", "shipment:6:shipped"),
    ]
    order = found.events[0].data
    assert (order["total"], order["currency"], order["total_discount"]) == ("54.45", "EUR", "5.00")
    assert (order["payment_status"], order["fulfillment_status"]) == ("partially_refunded", "partial")
    assert (order["email"], order["customer_id"], order["discount_codes"]) == ("ana@example.com", "11", ["ANA-10"])
    assert order["shipping_address"]["line1"] == "Calle 1"
    assert "is_thin" not in order
    assert order["lines"] == [
        {
            "id": "21",
            "product_id": "174",
            "variant_id": "77",
            "sku": "T-S",
            "title": "T-shirt",
            "variant_title": "S",
            "quantity": 2,
            "price": "25.00",
            "total": "50.00",
            "total_tax": "8.68",
            "total_discount": "5.00",
            "requires_shipping": True,
            "fulfillment_status": "partial",
            "properties": {"Size": "S"},
        }
    ]


def test_a_thin_notice_and_the_whole_record_are_one_fact() -> None:
    whole = mapped(BIGCOMMERCE, STORE.fetch["order"](way(ReadWire()), "118"))  # type: ignore[arg-type]
    names = {event.id for event in whole.events}
    for scope, data in (
        ("store/order/created", {"id": 118}),
        ("store/shipment/created", {"id": 6, "orderId": 118}),
        ("store/order/refund/created", {"id": 118, "refund": {"refund_id": 12}}),
    ):
        notice = map_body("bigcommerce", body=json.dumps({"scope": scope, "data": data}).encode())
        assert notice.events[0].data["is_thin"] is True
        assert notice.events[0].id in names


def test_pages_go_by_id() -> None:
    wire = ReadWire()
    wire.held = tuple({**ORDER, "id": number, "status_id": number % 3, "items_shipped": 0} for number in range(1, 6))
    since = datetime(2026, 11, 1, tzinfo=UTC)
    page = STORE.reads["order"](way(wire), Reading(since=since, size=2))
    assert wire.asked[0].query == {
        "sort": "id:asc",
        "limit": "2",
        "min_id": "1",
        "include": "consignments.line_items",
        "consignment_structure": "object",
        "min_date_modified": "2026-11-01T00:00:00Z",
    }
    ids, cursor = [item.id for item in page.items], page.next
    while cursor:
        page = STORE.reads["order"](way(wire), Reading(since=since, cursor=cursor, size=2))
        ids, cursor = [*ids, *(item.id for item in page.items)], page.next
    assert ids == ["1", "2", "4", "5"], "an incomplete order is a checkout"


def test_no_orders_are_an_empty_page() -> None:
    wire = ReadWire()
    wire.held = ()
    page = STORE.reads["order"](way(wire), Reading())
    assert (list(page.items), page.next) == ([], None)
    assert STORE.fetch["order"](way(BigCommerceWire()), "5") is None


def test_a_customer_with_addresses() -> None:
    page = STORE.reads["customer"](way(ReadWire()), Reading())
    assert (page.next, page.total) == (None, 1)
    created, updated = mapped(BIGCOMMERCE, page.items[0]).events
    assert (created.id, updated.type) == ("customer:11:created", "customer.updated")
    assert (created.data["name"], created.data["note"]) == ("Ana Sol", "likes green")
    assert created.data["default_address"]["country"] == "ES"
    assert STORE.fetch["customer"](way(ReadWire()), "12") is None


def test_a_product_with_a_sale_price() -> None:
    for item in (
        STORE.fetch["product"](way(ReadWire()), "174"),
        *STORE.reads["product"](way(ReadWire()), Reading()).items,
    ):
        assert item is not None
        product = mapped(BIGCOMMERCE, item).events[0].data
        assert (product["price"], product["compare_at_price"], product["handle"]) == ("15.00", "19.90", "t-shirt")
        assert (product["status"], product["available"], product["is_tracked"]) == ("active", 9, True)
        small, medium = product["variants"]
        assert (small["price"], small["compare_at_price"], small["variant_title"]) == ("15.00", "19.90", "S")
        assert (medium["price"], medium["compare_at_price"], medium["available"]) == ("21.50", None, 2)


def test_stock_by_location() -> None:
    page = STORE.reads["stock_level"](way(ReadWire()), Reading())
    event = mapped(BIGCOMMERCE, page.items[0]).events[0]
    assert (event.subject, event.data["available"], event.data["location_id"]) == ("variant:77", 7, "1")


# --- webhooks and the probe -------------------------------------------------------------------------


def test_webhooks_carry_the_secret_and_are_switched_on_again() -> None:
    wire, hooks = BigCommerceWire(), STORE.subscriptions
    assert hooks is not None and hooks.repair is not None
    made = hooks.make(way(wire), "store/order/*", "https://sereno.example/in/1", "hush")
    assert wire.asked[-1].body == {
        "scope": "store/order/*",
        "destination": "https://sereno.example/in/1",
        "is_active": True,
        "headers": {"x-sereno-token": "hush"},
    }
    assert hooks.make(way(wire), "store/order/*", "https://sereno.example/in/1", "hush") == made
    wire.hooks[0]["is_active"] = False
    off = hooks.list(way(wire))[0]
    assert off.is_active is False
    assert hooks.repair(way(wire), off, "https://sereno.example/in/1", "new").is_active
    assert wire.hooks[0]["headers"] == {"x-sereno-token": "new"}
    wire.hooks[0]["is_active"] = False
    assert hooks.make(way(wire), "store/order/*", "https://sereno.example/in/1", "new").is_active
    hooks.remove(way(wire), made.id)
    hooks.remove(way(wire), made.id)
    assert wire.hooks == []


def test_the_probe_tries_what_the_key_may_look_at() -> None:
    wire = BigCommerceWire()
    found = STORE.probe(way(wire))
    assert (found.shop, found.currency, list(found.lacking)) == ("Casa Azahar (casa.example)", "EUR", [])
    wire.barred = {"/v2/coupons"}
    assert [text.partition(":")[0] for text in STORE.probe(way(wire)).lacking] == ["Marketing"]
