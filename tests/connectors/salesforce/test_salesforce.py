"""Salesforce's records: what they mean, and how often each fact is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bodies import NOW, body_of, map_body

from sereno.connectors.salesforce.webhooks import SALESFORCE


def own(name: str = "order.own", index: int = 0) -> dict[str, Any]:
    return dict(map_body("salesforce", name).events[index].data)


def test_the_published_order() -> None:
    order = own("orders.docs")
    assert (order["number"], order["total"], order["total_shipping"], order["total_tax"]) == (
        "00000410",
        "110.24",
        "5.99",
        "5.25",
    )
    assert (order["currency"], order["status"], order["payment_status"]) == ("USD", "open", "pending")
    assert (order["customer_id"], order["customer"]["is_guest"]) == ("email:no-reply@salesforce.com", True)
    assert (order["shipping_address"]["city"], order["shipping_address"]["region_code"]) == ("Burlington", "MA")
    assert (order["placed_at"], order["updated_at"]) == ("2015-05-19T15:23:18Z", "2020-11-04T14:13:31.061000Z")
    assert (order["locale"], order["fulfillment_status"], order["fulfillments"]) == ("en-US", "unfulfilled", [])
    assert "total_refunded" not in order, "Salesforce does not know"


def test_an_order_of_a_shop_with_taxes_in_its_prices() -> None:
    order = own()
    assert (order["customer_id"], order["email"], order["locale"]) == ("D100201", "ada@example.com", "es-ES")
    assert (order["total"], order["subtotal"], order["total_discount"]) == ("133.55", "129.60", "22.00")
    assert (order["payment_status"], order["fulfillment_status"], order["status"]) == ("paid", "partial", "completed")
    assert order["payments"][0] | {"created_at": 0, "updated_at": 0} == {
        "id": "p1",
        "order_id": "00000500",
        "status": "captured",
        "amount": "133.55",
        "currency": "EUR",
        "method": "ADYEN",
        "reference": "psp-1",
        "created_at": 0,
        "updated_at": 0,
    }
    ring, set_, box, gift = order["lines"]
    assert (ring["sku"], ring["quantity"], ring["price"], ring["total"], ring["total_discount"]) == (
        "ring-54",
        2,
        "49.90",
        "89.80",
        "10.00",
    )
    assert ring["properties"] == {"engraving": "Ada & Leo"}
    assert (set_["id"], box["parent_line_id"], gift["is_gift_card"], gift["requires_shipping"]) == (
        "i2",
        "i2",
        True,
        False,
    )
    assert (order["line_count"], order["item_count"]) == (4, 4), "parts of a set are no pieces of their own"
    assert (order["tags"], order["discount_codes"], order["custom"]) == (["vip"], ["WELCOME"], {"giftWrap": True})
    (parcel,) = order["fulfillments"]
    assert (parcel["tracking_number"], parcel["carrier"], parcel["lines"]) == (
        "PK1",
        "Correos",
        [{"id": "i1", "quantity": 2}],
    )


def test_the_same_version_is_the_same_fact_however_it_comes() -> None:
    listed = map_body("salesforce", "orders.docs")
    alone = json.dumps(json.loads(body_of("salesforce", "orders.docs"))["data"][0]).encode()
    assert [one.id for one in map_body("salesforce", body=alone, topic="orders").events] == [
        one.id for one in listed.events
    ]
    later = json.loads(alone) | {"lastModified": "2020-11-05T00:00:00.000Z"}
    again = map_body("salesforce", body=json.dumps(later).encode(), topic="orders")
    first = {one.id for one in listed.events}
    assert [one.type for one in again.events if one.id not in first] == ["order.updated"]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"status": "created"}, []),
        ({"status": "failed"}, ["order.payment_failed"]),
        ({"status": "cancelled"}, ["order.created", "order.voided", "order.cancelled", "order.updated"]),
        ({"paymentStatus": "part_paid"}, ["order.created", "order.partially_paid", "order.updated"]),
        ({"shippingStatus": "shipped"}, ["order.created", "order.fulfilled", "order.updated"]),
    ],
)
def test_states(more: dict[str, Any], wanted: list[str]) -> None:
    body = json.loads(body_of("salesforce", "orders.docs"))["data"][0] | more
    found = map_body("salesforce", body=json.dumps(body).encode(), topic="orders")
    assert [one.type for one in found.events] == wanted
    assert found.reason == (None if wanted else "order.not_placed")


def test_an_authorized_payment_says_so() -> None:
    body = json.loads(body_of("salesforce", "orders.docs"))["data"][0]
    body["paymentInstruments"][0]["paymentTransaction"]["authorizationStatus"] = {"status": 0, "code": "OK"}
    found = map_body("salesforce", body=json.dumps(body).encode(), topic="orders")
    assert "order.authorized" in [one.type for one in found.events]


def test_products() -> None:
    master, variant = own("product.docs"), own("variant.own")
    assert (master["title"], master["product_type"], master["variant_count"]) == ("Apple iPod Classic", "master", 2)
    assert (master["status"], master["categories"][0], "price" in master) == ("active", "mens-accessories", False)
    assert (variant["id"], variant["sku"], variant["price"], variant["currency"]) == ("ring-54",) * 2 + (
        "149.50",
        "EUR",
    )
    assert (variant["available"], variant["barcode"], variant["status"]) == (3, "8412345678905", "draft")
    assert (variant["title"], variant["variants"][0]["variant_title"]) == ("Ring", "54 / silver")
    assert (variant["tags"], variant["custom"], variant["description"]) == (["new"], {"carat": 18}, "<p>Plata</p>")


def test_stock_and_customers() -> None:
    counted, always = own("inventory.own"), own("inventory.own", 1)
    assert (counted["available"], counted["on_hand"], counted["reserved"], counted["location_id"]) == (7, 8, 1, "main")
    assert (always["is_tracked"], "available" in always) == (False, False)
    person = own("customers.docs")
    assert (person["id"], person["name"], person["phone"], person["birthday"]) == (
        "00000012",
        "Wei Leung",
        "123-123-1234",
        "1999-12-31",
    )


def test_a_cartridges_notice_is_thin_and_each_is_told() -> None:
    new = map_body("salesforce", body=b'{"orderNo": "00000411"}', topic="orders/created").events[0]
    assert (new.type, new.id, new.data) == (
        "order.created",
        "order:00000411:created",
        {"id": "00000411", "is_thin": True},
    )
    changed = map_body("salesforce", "order_notice.own").events[0]
    assert (changed.type, changed.data["is_thin"]) == ("order.updated", True)
    key = SALESFORCE.dedupe_key
    body = body_of("salesforce", "order_notice.own")
    assert key({"x-sereno-topic": "orders"}, body, {}) == "orders:00000411:2026-11-22T09:00:00.000Z"
    assert key({"x-sereno-delivery": "d-1"}, body, {}) != key({"x-sereno-delivery": "d-2"}, body, {})


def test_the_signature() -> None:
    body = body_of("salesforce", "order_notice.own")
    signed = SALESFORCE.sign("s3cret", body, {}, NOW, {})
    assert SALESFORCE.verify(["s3cret"], signed, body, NOW, {}) == "ok"
    assert SALESFORCE.verify(["s3cret"], signed, body + b" ", NOW, {}) == "bad_signature"
