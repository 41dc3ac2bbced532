"""Zoho Commerce's records: what they mean, and how often each fact is told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from bodies import NOW, body_of, map_body
from zoho_shop import order

from sereno.connectors.zohocommerce.webhooks import EVENT, ZOHOCOMMERCE
from sereno.sdk.connector import Delivery, Unmappable


def own(name: str = "salesorder.own", index: int = 0) -> dict[str, Any]:
    return dict(map_body("zohocommerce", name).events[index].data)


def types_of(**more: Any) -> list[str]:
    body = json.dumps({"salesorder": order(5, **more)}).encode()
    found = map_body("zohocommerce", body=body, topic="salesorder.updated")
    return [event.type.removeprefix("order.") for event in found.events]


def test_an_order() -> None:
    order = own()
    assert (order["id"], order["number"], order["status"]) == ("51128000000118027", "SO-00009", "open")
    assert (order["total"], order["subtotal"], order["total_discount"]) == ("1187.73", "1205.00", "120.50")
    assert (order["total_shipping"], order["total_tax"], order["currency"]) == ("49.00", "54.23", "INR")
    assert (order["payment_status"], order["fulfillment_status"], order["fulfillments"]) == ("paid", "unfulfilled", [])
    assert (order["customer_id"], order["email"]) == ("51128000000118001", "ada@example.com")
    assert order["customer"]["name"] == "Ada King" and order["customer"]["phone"] == "+919800000001"
    assert order["placed_at"] == "2026-11-19T18:40:06Z", "its offset is reckoned in"
    billing, shipping = order["billing_address"], order["shipping_address"]
    assert (
        (billing["region_code"], billing["country"]) == (shipping["region_code"], shipping["country"]) == ("TN", "IN")
    )
    (line,) = order["lines"]
    assert (line["variant_id"], line["price"], line["total"], line["properties"]) == (
        "51128000000102130",
        "602.50",
        "1205.00",
        {"Size": "M"},
    )
    assert (order["discount_codes"], order["item_count"]) == (["DIWALI10"], 2)


def test_an_order_that_arrived_and_of_which_some_went_back() -> None:
    order = own("salesorder_delivered.own")
    assert (order["total"], order["total_discount"]) == ("1187", "17"), "yen have no decimals"
    assert (order["status"], order["delivery_status"], order["payment_status"]) == (
        "completed",
        "delivered",
        "partially_refunded",
    )
    assert order["customer"]["name"] == "Lake Traders" and order["customer_id"] == "51128000000118001"
    (parcel,) = order["fulfillments"]
    assert (parcel["id"], parcel["tracking_number"], parcel["carrier"]) == (
        "51128000000118027:shipment",
        "BD-778",
        "Blue Dart",
    )


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"order_status": "pending"}, ["created", "updated"]),
        ({"order_status": "draft"}, []),
        ({"order_status": "declined"}, ["created", "voided", "cancelled", "updated"]),
        ({"order_status": "cancelled", "paid_status": "paid"}, ["created", "paid", "cancelled", "updated"]),
        ({"paid_status": "", "invoiced_status": "paid"}, ["created", "paid", "updated"]),
        ({"paid_status": "partially_paid"}, ["created", "partially_paid", "updated"]),
        ({"paid_status": "paid", "refund_status": "refunded"}, ["created", "refunded", "updated"]),
        ({"shipped_status": "partially_shipped"}, ["created", "partially_fulfilled", "updated"]),
        ({"shipped_status": "shipped"}, ["created", "fulfilled", "updated"]),
        ({"last_modified_time": order()["created_time"]}, ["created"]),
    ],
)
def test_states(more: dict[str, Any], wanted: list[str]) -> None:
    assert types_of(**more) == wanted


def test_a_product_and_its_variants() -> None:
    found = map_body("zohocommerce", "product.own")
    product = dict(found.events[0].data)
    assert (product["title"], product["status"], product["available"]) == ("Cotton kurta & belt", "active", 12)
    assert (product["created_at"], product["updated_at"]) == ("2019-01-16T13:44:41.557000Z", "2025-11-20T00:00:06Z")
    assert (product["description"], product["categories"]) == ("<p>Hand-woven.</p>", ["Partywear"])
    first, second = product["variants"]
    assert (first["price"], first["compare_at_price"], first["available"]) == ("602.50", "700.00", 8)
    assert "compare_at_price" not in second, "nothing is struck through"
    body = json.loads(body_of("zohocommerce", "product.own"))["product"]
    again = map_body("zohocommerce", body=json.dumps(body).encode(), topic="product")
    assert [event.id for event in again.events] == [event.id for event in found.events]


def test_stock_is_of_variants_that_are_counted() -> None:
    (event,) = map_body("zohocommerce", "variants.own").events
    level = dict(event.data)
    assert (level["variant_id"], level["available"], level["on_hand"], level["reserved"]) == (
        "51128000000102130",
        8,
        10,
        2,
    )


def test_one_fact_however_it_comes() -> None:
    raw = body_of("zohocommerce", "salesorder.own")
    headers = {EVENT: "salesorder.created"}
    form = urlencode({"JSONString": raw.decode()}).encode()
    bare = json.dumps(json.loads(raw)["salesorder"]).encode()
    found = [map_body("zohocommerce", body=body, headers=headers) for body in (raw, form, bare)]
    uids = [[event.id for event in one.events] for one in found]
    assert uids[0] == uids[1] == uids[2] and uids[0][0] == "order:51128000000118027:created"
    keys = {ZOHOCOMMERCE.dedupe_key(headers, body, {}) for body in (raw, form, bare)}
    assert keys == {"salesorder.created:salesorder:51128000000118027:2026-11-20T00:12:41+0530"}
    other = ZOHOCOMMERCE.dedupe_key({EVENT: "salesorder.shipped"}, raw, {})
    assert other not in keys and ZOHOCOMMERCE.dedupe_key({}, raw, {}) not in keys


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"salesreturn": {"salesreturn_id": "1", "salesorder_id": "5"}}', "topic.not_used"),
        (b'{"salesreturn_id": "1", "salesorder_id": "5"}', "topic.not_used"),
        (b'{"variants": []}', "list.empty"),
        (b"{}", "topic.not_used"),
    ],
)
def test_what_is_no_event_says_why(body: bytes, reason: str) -> None:
    found = map_body("zohocommerce", body=body, headers={EVENT: "salesreturn.created"})
    assert (found.events, found.reason) == ((), reason)


@pytest.mark.parametrize("body", [b"[]", b"JSONString=", b"JSONString=%7B", b"", b'{"salesorder": {"total": 1}}'])
def test_what_cannot_be_read_is_said(body: bytes) -> None:
    with pytest.raises(Unmappable):
        ZOHOCOMMERCE.map(Delivery({EVENT: "salesorder.created"}, body, "salesorder.created", NOW), {})


def test_the_address_carries_the_secret() -> None:
    signed = ZOHOCOMMERCE.sign("long-secret", b"{}", {}, NOW, {})
    assert ZOHOCOMMERCE.verify(["long-secret"], signed, b"{}", NOW, {}) == "ok"
    assert ZOHOCOMMERCE.verify(["other"], signed, b"{}", NOW, {}) != "ok"
    assert ZOHOCOMMERCE.verify(["long-secret"], {}, b"{}", NOW, {}) != "ok"
