"""WooCommerce: guests, entities, local times, pings, deletes, and a delivery id that must not be used."""

from __future__ import annotations

import html
import json

from bodies import NOW, body_of, map_body

from sereno.connectors.woocommerce.webhooks import WOOCOMMERCE


def test_documented_order() -> None:
    order = map_body("woocommerce", "order.docs").events[0].data
    assert (order["id"], order["total"], order["subtotal"], order["total_tax"]) == ("727", "29.35", "18.00", "1.35")
    assert order["customer_id"] == "email:john.doe@example.com"
    assert order["customer"]["is_guest"] is True
    assert [(line["title"], line["price"]) for line in order["lines"]] == [
        ("Woo Single #1", "3.00"),
        ("Ship Your Idea – Color: Black, Size: M Test", "12.00"),
    ]
    assert order["lines"][1]["variant_id"] == "23"
    assert order["paid_at"] == "2017-03-22T19:28:08Z"


def test_what_stores_really_do() -> None:
    mapped = map_body("woocommerce", "order_created.own")
    order = mapped.events[0].data
    assert order["note"] == "Ring at O’Brien & Sons"
    assert order["billing_address"]["line1"] == "Carrer d'Aragó 1"
    assert order["shipping_address"] is None
    assert (order["total"], order["total_shipping"]) == ("44.405", "4.90")
    assert order["lines"][0]["price"] == "12.50", "what the float added is gone"
    assert order["item_count"] == 3.25
    assert (order["utm_source"], order["utm_campaign"]) == ("newsletter", "summer")
    assert order["custom"] == {"gift": "yes"}
    assert mapped.events[2].data["tracking_number"] == "PK0001"


def test_times_without_gmt_are_in_the_shops_zone() -> None:
    unknown = map_body("woocommerce", "order_created.own")
    assert "time.local" in unknown.notes
    madrid = map_body("woocommerce", "order_created.own", settings={"timezone": "Europe/Madrid"})
    assert madrid.events[0].data["placed_at"] == "2026-07-01T08:00:00Z"
    assert madrid.notes == ()
    wrong = map_body("woocommerce", "order_created.own", settings={"timezone": "Mars/Base"})
    assert wrong.events[0].data["placed_at"] == "2026-07-01T10:00:00Z"


def test_counted_product_brings_its_stock() -> None:
    product, stock = map_body("woocommerce", "product_updated.own").events
    assert (product.data["price"], product.data["compare_at_price"]) == ("15.00", "18.00")
    assert product.data["categories"] == ["Food & Drink"]
    assert (stock.subject, stock.data["available"], stock.id) == ("variant:78", 3, "stock:78:3:2026-07-02T08:00:00Z")
    assert stock.refs == {"variant": "78", "product": "78", "sku": "COF-250", "stock_level": "78"}


def test_variation_is_a_variant() -> None:
    body = {"id": 192, "type": "variation", "parent_id": 282, "sku": "V-1", "price": "9", "manage_stock": True}
    body |= {"stock_quantity": 0, "attributes": [{"name": "Color", "option": "Purple"}]}
    events = map_body("woocommerce", body=json.dumps(body).encode(), topic="product.updated").events
    assert [(e.type, e.subject) for e in events] == [
        ("variant.updated", "variant:192"),
        ("stock.changed", "variant:192"),
    ]
    assert events[0].data["product_id"] == "282"
    assert events[0].data["variant_title"] == "Purple"
    assert events[1].data["available"] == 0


def test_delete_holds_only_an_id() -> None:
    found = [
        map_body("woocommerce", body=b'{"id": 12}', topic=topic).events[0]
        for topic in ("order.deleted", "product.deleted", "customer.deleted")
    ]
    assert [e.id for e in found] == ["order:12:deleted", "product:12:deleted", "customer:12:deleted"]


def test_ping_is_answered_and_ignored() -> None:
    body = b"webhook_id=42"
    assert WOOCOMMERCE.verify([], {}, body, NOW, {}) == "ok"
    assert WOOCOMMERCE.topic({}, body, {}) == "ping"
    assert map_body("woocommerce", body=body).reason == "ping"
    assert WOOCOMMERCE.dedupe_key({}, body, {}) == WOOCOMMERCE.dedupe_key({}, b"webhook_id=43", {})
    assert WOOCOMMERCE.verify(["s"], {}, b"webhook_id=42&x=1", NOW, {}) == "bad_signature"
    assert WOOCOMMERCE.verify(["s"], {"x-wc-webhook-topic": "order.created"}, body, NOW, {}) == "bad_signature"


def test_two_orders_in_one_second_share_the_delivery_id_and_both_count() -> None:
    headers = {"x-wc-webhook-id": "7", "x-wc-webhook-topic": "order.created", "x-wc-webhook-delivery-id": "same"}
    first, second = b'{"id": 1}', b'{"id": 2}'
    assert WOOCOMMERCE.dedupe_key(headers, first, {}) != WOOCOMMERCE.dedupe_key(headers, second, {})
    assert WOOCOMMERCE.dedupe_key(headers, first, {}) == WOOCOMMERCE.dedupe_key(
        {**headers, "x-wc-webhook-delivery-id": "other"}, first, {}
    )
    # Two webhooks on one topic tell the same order twice; the states are still told once.
    assert WOOCOMMERCE.dedupe_key({**headers, "x-wc-webhook-id": "8"}, first, {}) != WOOCOMMERCE.dedupe_key(
        headers, first, {}
    )


def test_secret_with_entities() -> None:
    body = b'{"id": 1}'
    secret = "a&b<c"
    signed = WOOCOMMERCE.sign(secret, body, {}, NOW, {})
    assert WOOCOMMERCE.verify([secret], signed, body, NOW, {}) == "ok"
    assert WOOCOMMERCE.verify([html.escape(secret)], signed, body, NOW, {}) == "ok"
    assert WOOCOMMERCE.verify(["wrong"], signed, body, NOW, {}) == "bad_signature"


def test_cash_on_delivery_is_not_paid() -> None:
    order = json.loads(body_of("woocommerce", "order.docs")) | {"date_paid": None, "date_paid_gmt": None}
    found = map_body("woocommerce", body=json.dumps(order).encode(), topic="order.created")
    assert found.events[0].data["payment_status"] == "pending"
    assert [e.type for e in found.events] == ["order.created"]


def test_checkout_draft_is_no_order_yet() -> None:
    order = json.loads(body_of("woocommerce", "order.docs")) | {"status": "checkout-draft"}
    assert map_body("woocommerce", body=json.dumps(order).encode(), topic="order.created").reason == "order.draft"


def test_partial_refunds_are_told_each_and_once() -> None:
    order = json.loads(body_of("woocommerce", "order.docs"))
    order["refunds"] = [
        {"id": 549, "reason": "Sold out", "total": "-16.20"},
        {"id": 547, "reason": "", "total": "-8.1"},
    ]
    events = map_body("woocommerce", body=json.dumps(order).encode(), topic="order.updated").events
    found = events[0].data
    assert (found["total_refunded"], found["payment_status"]) == ("24.30", "partially_refunded")
    assert [event.id for event in events[1:]] == [
        "order:727:partially_refunded:24.30",
        "refund:549:created",
        "refund:547:created",
    ]


def test_refund_by_rest_names_its_order_by_link() -> None:
    body = {
        "id": 562,
        "amount": "27.00",
        "refunded_by": 1,
        "line_items": [{"id": 67, "quantity": -1, "total": "-27.00"}],
        "_links": {"up": [{"href": "https://example.com/wp-json/wc/v3/orders/560"}]},
    }
    event = map_body("woocommerce", body=json.dumps(body).encode()).events[0]
    assert (event.subject, event.data["amount"]) == ("order:560", "27.00")
    assert event.data["lines"][0] == {"id": "67", "quantity": 1, "total": "27.00"}
