"""Shopify: real values out of real bodies, its signature, its dedupe key, and what JavaScript did to its ids."""

from __future__ import annotations

import json

from bodies import NOW, body_of, map_body

from sereno.connectors.shopify.webhooks import SHOPIFY
from sereno.sdk.connector import Mapped


def test_order_of_shopifys_own_test_notification() -> None:
    mapped = map_body("shopify", "orders_create.test-notification")
    event = mapped.events[0]
    order = event.data
    assert event.id == "order:820982911946154508:created"
    assert event.subject == "order:820982911946154508"
    assert "id.damaged" in mapped.notes
    assert event.occurred_at.isoformat() == "2022-01-01T00:00:00+00:00"
    assert event.refs == {
        "order": "820982911946154508",
        "customer": "115310627314723954",
        "email": "jon@example.com",
    }
    assert (order["number"], order["total"], order["currency"]) == ("#9999", "388.00", "USD")
    assert (order["subtotal"], order["total_discount"], order["total_shipping"]) == ("388.00", "20.00", "10.00")
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == (
        "cancelled",
        "voided",
        "unfulfilled",
    )
    assert (order["cancel_reason"], order["is_test"], order["accepts_marketing"]) == ("customer", True, True)
    assert [(line["id"], line["sku"], line["total"]) for line in order["lines"]] == [
        ("866550311766439020", "IPOD2008PINK", "199.00"),
        ("141249953214522974", "IPOD2008PINK", "199.00"),
    ]
    assert order["shipping_address"]["postal_code"] == "40003"
    assert order["shipping_address"]["country"] == "US"


def test_order_with_discounts_and_attributes() -> None:
    order = map_body("shopify", "orders_create.rest-discount-giftwrap").events[0].data
    assert (order["total"], order["total_tax"], order["payment_status"]) == ("409.94", "11.94", "authorized")
    assert order["discount_codes"] == ["TENOFF"]
    assert order["custom"] == {"custom engraving": "Happy Birthday", "colour": "green"}
    assert order["lines"][0]["properties"] == {"Custom Engraving": "Happy Birthday"}
    assert (order["line_count"], order["item_count"]) == (3, 3)
    assert order["cart_id"] == "68778783ad298f1c80c3bafcddeea02f"
    assert order["customer"]["order_count"] == 0
    assert order["fulfillments"][0]["tracking_number"] == "1Z2345"


def test_cart_has_lines_and_an_empty_object_for_properties() -> None:
    cart = map_body("shopify", "carts_update").events[0].data
    assert (cart["id"], cart["total"], cart["currency"], cart["item_count"]) == (
        "eeafa272cebfd4b22385bc4b645e762c",
        "59.97",
        "USD",
        3,
    )
    assert "properties" not in cart["lines"][0]


def test_checkout_belongs_to_its_cart() -> None:
    event = map_body("shopify", "checkouts_update").events[0]
    assert event.subject == "cart:eeafa272cebfd4b22385bc4b645e762c"
    assert event.refs["checkout"] == "981820079255243500"
    assert event.data["email"] == "example@email.com"
    assert event.data["total"] == "398.00"
    assert event.data["recovery_url"].startswith("https://checkout.local/")
    assert event.data["customer"]["accepts_email"] is False


def test_customer() -> None:
    customer = map_body("shopify", "customers_create").events[0].data
    assert customer["id"] == "706405506930370084"
    assert (customer["email"], customer["accepts_email"], customer["order_count"]) == ("bob@biller.com", True, 0)


def test_product_and_its_variants() -> None:
    product = map_body("shopify", "products_update").events[0].data
    assert (product["title"], product["price"], product["available"]) == ("Example T-Shirt", "19.99", 125)
    assert product["tags"] == ["example", "mens", "t-shirt"]
    assert [item["sku"] for item in product["variants"]] == ["example-shirt-s", "example-shirt-m"]
    assert product["variants"][0]["variant_title"] == "Small"


def test_refund_of_lines_that_has_not_moved_money_yet() -> None:
    refund = map_body("shopify", "refunds_create").events[0].data
    assert (refund["amount"], refund["currency"], refund["status"]) == ("398.00", "USD", "pending")
    assert refund["reason"] == "Things were damaged"
    assert [line["quantity"] for line in refund["lines"]] == [1, 1]


def test_lists_give_one_event_each() -> None:
    levels = map_body("shopify", "inventory_levels.list").events
    assert [(e.data["location_id"], e.data["available"]) for e in levels] == [
        ("487838322", 27),
        ("905684977", 1),
        ("487838322", 9),
        ("905684977", 3),
    ]
    payouts = map_body("shopify", "payouts.list").events
    assert payouts[3].data["amount"] == "41.90"


def test_a_paid_order_is_told_paid_once_however_often_it_comes() -> None:
    body = body_of("shopify", "orders_create.rest-discount-giftwrap")
    paid = json.loads(body) | {"financial_status": "paid", "updated_at": "2008-01-11T11:00:00-05:00"}
    first = map_body("shopify", body=json.dumps(paid).encode(), topic="orders/create")
    second = map_body("shopify", body=json.dumps(paid | {"note": "x"}).encode(), topic="orders/updated")
    assert [e.type for e in first.events] == ["order.created", "order.paid"]
    assert [e.type for e in second.events] == ["order.updated", "order.paid"]
    assert first.events[1].id == second.events[1].id == "order:450789469:paid"


def test_partial_refunds_are_told_each() -> None:
    order = json.loads(body_of("shopify", "orders_create.rest-discount-giftwrap"))
    order["financial_status"] = "partially_refunded"
    one = {"id": 1, "transactions": [{"kind": "refund", "status": "success", "amount": "10.00", "currency": "USD"}]}
    two = {"id": 2, "transactions": [{"kind": "refund", "status": "success", "amount": "5.50", "currency": "USD"}]}
    first = map_body("shopify", body=json.dumps(order | {"refunds": [one]}).encode(), topic="orders/updated")
    second = map_body("shopify", body=json.dumps(order | {"refunds": [one, two]}).encode(), topic="orders/updated")
    assert [e.id for e in first.events][1] == "order:450789469:partially_refunded:10.00"
    assert [e.id for e in second.events][1] == "order:450789469:partially_refunded:15.50"
    assert second.events[0].data["total_refunded"] == "15.50"


def test_guest_missing_customer_and_empty_email_keep_the_order() -> None:
    for change in ({"customer": None}, {"email": ""}, {"customer": [], "email": None}):
        order = {**json.loads(body_of("shopify", "orders_create.rest-discount-giftwrap")), **change}
        mapped = map_body("shopify", body=json.dumps(order).encode(), topic="orders/create")
        assert mapped.events[0].data["total"] == "409.94"
    del order["customer"]
    mapped = map_body("shopify", body=json.dumps(order | {"email": "A@B.c"}).encode(), topic="orders/create")
    assert mapped.events[0].data["customer_id"] == "email:a@b.c"
    assert "customer.missing" in mapped.notes


def test_large_ids_stay_exact() -> None:
    body = b'{"id": 820982911946154508, "line_items": [{"id": 866550311766439020, "price": "1.10", "quantity": 1}]}'
    mapped = map_body("shopify", body=body, topic="orders/create")
    assert mapped.events[0].data["id"] == "820982911946154508"
    assert mapped.notes == ("customer.missing",)
    assert mapped.events[0].data["lines"][0]["id"] == "866550311766439020"


def test_dedupe_key_is_the_webhook_id_and_not_the_event_id() -> None:
    headers = {"x-shopify-webhook-id": "b54557e4", "x-shopify-event-id": "98880550"}
    assert SHOPIFY.dedupe_key(headers, b"{}", {}) == "b54557e4"
    assert SHOPIFY.dedupe_key({**headers, "x-shopify-webhook-id": "c1"}, b"{}", {}) == "c1"
    assert SHOPIFY.dedupe_key({}, b"{}", {}) != SHOPIFY.dedupe_key({"x-shopify-topic": "orders/create"}, b"{}", {})


def test_signature() -> None:
    body = body_of("shopify", "carts_update")
    headers = SHOPIFY.sign("hush", body, {}, NOW, {})
    assert SHOPIFY.verify(["hush"], headers, body, NOW, {}) == "ok"
    assert SHOPIFY.verify(["new", "hush"], headers, body, NOW, {}) == "ok"
    assert SHOPIFY.verify(["other"], headers, body, NOW, {}) == "bad_signature"
    assert SHOPIFY.verify(["hush"], headers, body + b" ", NOW, {}) == "bad_signature"
    assert SHOPIFY.verify(["hush"], {}, body, NOW, {}) == "bad_signature"


def test_unknown_topic_is_kept_with_the_reason() -> None:
    assert map_body("shopify", body=b"{}", topic="themes/publish").reason == "topic.not_used"
    assert map_body("shopify", body=b"{}").reason == "topic.missing"


def test_what_the_bank_said_is_with_the_payment() -> None:
    payments = map_body("shopify", "orders_create.with-transactions").events[0].data["payments"]
    assert (payments[0]["avs_result"], payments[0].get("cvv_result")) == ("match", None)


def test_a_risk_assessment_is_a_change_of_its_order() -> None:
    """Shopify publishes no sample of it; the fields are those that receivers describe."""
    body = {
        "provider_id": None,
        "provider_title": "Shopify",
        "risk_level": "high",
        "created_at": "2026-03-02T10:00:00Z",
        "order_id": 5612404291584,
        "admin_graphql_api_order_id": "gid://shopify/Order/5612404291584",
    }

    def mapped(**changes: object) -> Mapped:
        return map_body(
            "shopify", body=json.dumps({**body, **changes}).encode(), topic="orders/risk_assessment_changed"
        )

    event = mapped().events[0]
    assert (event.type, event.subject) == ("order.updated", "order:5612404291584")
    assert event.data == {"id": "5612404291584", "platform_risk": "high", "is_thin": True}
    assert mapped(risk_level="pending").events == ()
    assert mapped(risk_level="pending").reason == "risk.not_judged"
