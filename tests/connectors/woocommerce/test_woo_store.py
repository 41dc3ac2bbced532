"""WooCommerce written to and read back: each operation's request, its answer, and what becomes of a lost one."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from wires import NOW, carry_out, changes_once, exchange, mapped
from wires import read_all as pages_of
from woo_shop import ACCESS, EUR, Shop, order, product, stamp

from sereno.commerce.money import Money
from sereno.connectors.woocommerce.client import mark
from sereno.connectors.woocommerce.store import STORE
from sereno.connectors.woocommerce.webhooks import WOOCOMMERCE
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreLimited, StoreRefused


def done(shop: Shop, write: writes.Write, attempt: int = 1, key: str = "7/1"):
    return carry_out(exchange(shop, STORE, ACCESS), STORE, write, key, attempt)


HOME = {
    "first_name": "Ada",
    "last_name": "King",
    "line1": "1 New St",
    "city": "York",
    "postal_code": "YO1",
    "country": "GB",
}
EACH: list[writes.Write] = [
    writes.TagOrder("100", ("VIP", "gift"), ("old",)),
    writes.NoteOrder("100", "Ring twice"),
    writes.HoldFulfillment("100", "risk", "Look at the address"),
    writes.CancelOrder("100", "fraud", "Stolen card"),
    writes.CancelOrder("100", refund=False),
    writes.CancelOrder("100", restock=False),
    writes.RefundOrder("100"),
    writes.RefundOrder("100", Money(Decimal("5.00"), EUR), note="Late"),
    writes.RefundOrder("100", lines=(writes.RefundLine("1", 2), writes.RefundLine("2", 1, restock=False))),
    writes.ChangeAddress("100", HOME),
    writes.ChangeItems(
        "100", (writes.LineQuantity(2, line="1"), writes.LineQuantity(0, line="2")), "Less", notify=False
    ),
    writes.ChangeItems("100", (writes.LineQuantity(4, variant="73"),)),
    writes.FulfillOrder("100", tracking_number="PK1", carrier="DHL", tracking_url="https://dhl.example/PK1"),
    writes.CreateDraftOrder("9", lines=(writes.LineQuantity(1, variant="73"),), tags=("won back",), address=HOME),
    writes.TagCustomer("9", ("VIP",)),
    writes.TagProduct("71", ("Last ones",), ("new",)),
    writes.SetPrice("71", "71", Money(Decimal("15.00"), EUR), Money(Decimal("20.00"), EUR)),
    writes.SetTexts("71", "Taza azul", "<p>De Talavera</p>"),
    writes.PublishProduct("71", is_published=False),
    writes.CollectProduct("71", "coffee", is_in=False),
    writes.SetStock("73", 3, "72", expected=8),
    writes.SetStock("73", 3),
    writes.SetMetafield("variant", "73", "shelf", "B4"),
    writes.CreateDiscountCode("BACK10", value=Decimal(10), ends_at=NOW, customer="9"),
]


@pytest.mark.parametrize("write", EACH, ids=lambda one: f"{one.ability}-{EACH.index(one)}")
def test_a_lost_answer_changes_the_shop_once(write: writes.Write) -> None:
    assert changes_once(Shop, STORE, ACCESS, write) >= 1


def test_a_release_after_a_hold_that_was_tried_twice() -> None:
    def held() -> Shop:
        shop = Shop()
        done(shop, writes.HoldFulfillment("100", "risk"))
        shop.asked.clear()
        return shop

    assert changes_once(held, STORE, ACCESS, writes.ReleaseFulfillment("100")) == 2
    shop = held()
    done(shop, writes.ReleaseFulfillment("100"))
    assert shop.orders[100]["status"] == "processing" and shop.orders[100]["meta_data"] == []


def test_what_waits_for_its_payment_is_not_released() -> None:
    shop = Shop(orders={100: order(status="on-hold")})
    with pytest.raises(StoreRefused) as refused:
        done(shop, writes.ReleaseFulfillment("100"))
    assert refused.value.code == "order.not_held"
    done(shop, writes.HoldFulfillment("100", "risk"))
    done(shop, writes.ReleaseFulfillment("100"))
    assert shop.orders[100]["status"] == "on-hold", "it still waits for the bank transfer"
    moved = Shop()
    done(moved, writes.HoldFulfillment("100", "risk"))
    moved.orders[100]["status"] = "completed"
    done(moved, writes.ReleaseFulfillment("100"))
    assert moved.orders[100]["status"] == "completed" and moved.orders[100]["meta_data"] == []


def test_tags_are_fields_of_their_own() -> None:
    shop = Shop()
    done(shop, writes.TagOrder("100", ("VIP",)))
    done(shop, writes.TagOrder("100", ("gift",)))
    assert shop.changes[0] == (
        "PUT",
        "/wp-json/wc/v3/orders/100",
        {"meta_data": [{"key": "sereno_tag_vip", "value": "VIP"}]},
    )
    (item,) = STORE.reads["order"](exchange(shop, STORE, ACCESS), Reading()).items
    data = mapped(WOOCOMMERCE, item).events[0].data
    assert data["tags"] == ["gift", "VIP"] and "custom" not in data
    done(shop, writes.TagOrder("100", remove=("vip", "gift")))
    assert shop.orders[100]["meta_data"] == []


def test_a_refund_whose_mark_was_never_written_is_known_again() -> None:
    shop = Shop(marks_refunds=False, lose=2)
    write = writes.RefundOrder("100", Money(Decimal("5.00"), EUR))
    with pytest.raises(StoreBusy):
        done(shop, write)
    shop.lose = None
    assert done(shop, write, attempt=2).value["refund"] == "600"
    assert len(shop.refunds) == 1


def test_a_refund_that_may_still_be_running_is_waited_for() -> None:
    shop = Shop(lose=1)
    write = writes.RefundOrder("100")
    way = exchange(shop, STORE, ACCESS)
    with pytest.raises(StoreBusy):
        carry_out(way, STORE, write)
    shop.lose = None
    with pytest.raises(StoreBusy) as busy:
        carry_out(way, STORE, write, attempt=2, now=NOW + timedelta(minutes=1))
    assert busy.value.after == timedelta(minutes=4) and shop.refunds == {}
    carry_out(way, STORE, write, attempt=3)
    assert len(shop.refunds) == 1


def test_anothers_refund_of_the_same_amount_is_not_taken_for_ones_own() -> None:
    shop = Shop(lose=1)
    write = writes.RefundOrder("100", Money(Decimal("5.00"), EUR))
    with pytest.raises(StoreBusy):
        done(shop, write)
    shop.lose = None
    done(shop, write, key="8/1")
    done(shop, write, attempt=2)
    marks = [one["meta_data"][0]["value"] for one in shop.refunds.values()]
    assert marks == [mark("8/1"), mark("7/1")]


def test_what_a_refund_asks_for() -> None:
    shop = Shop()
    done(shop, EACH[8])
    _method, path, body = shop.changes[-1]
    assert path == "/wp-json/wc/v3/orders/100/refunds"
    own = mark("7/1")
    assert body == {
        # Two of three at 20.00 and a third of the tax, and the whole second line.
        "amount": "28.23",
        "reason": "",
        "api_refund": True,
        "api_restock": True,
        "meta_data": [{"key": "_sereno_key", "value": own}],
        "line_items": [
            {"id": 1, "quantity": 2, "refund_total": "13.33", "refund_tax": [{"id": 5, "refund_total": "2.80"}]},
            {"id": 2, "quantity": 0, "refund_total": "10.00", "refund_tax": [{"id": 5, "refund_total": "2.10"}]},
        ],
    }


@pytest.mark.parametrize(
    ("shop", "write", "code"),
    [
        (Shop(), writes.RefundOrder("100", Money(Decimal(99), EUR)), "refund.too_much"),
        (Shop(), writes.RefundOrder("100", Money(Decimal(5), "USD")), "refund.currency"),
        (Shop(refuses_refunds=True), writes.RefundOrder("100"), "refund.refused"),
        (Shop(orders={100: order(date_paid=None)}), writes.RefundOrder("100"), "refund.not_paid"),
        (
            Shop(orders={100: order(refunds=[{"id": 1, "total": "-36.30"}])}),
            writes.RefundOrder("100"),
            "refund.nothing_left",
        ),
        (Shop(), writes.RefundOrder("100", lines=(writes.RefundLine("9", 1),)), "line.gone"),
        (Shop(), writes.RefundOrder("5"), "store.not_found"),
        (Shop(orders={100: order(status="completed")}), writes.CancelOrder("100"), "order.fulfilled"),
        (Shop(orders={100: order(date_paid=None)}), writes.CancelOrder("100", restock=False), "cancel.restocks"),
        (Shop(orders={100: order(status="completed")}), writes.HoldFulfillment("100"), "order.closed"),
        (Shop(orders={100: order(status="cancelled")}), writes.FulfillOrder("100"), "order.closed"),
        (Shop(), writes.FulfillOrder("100", (writes.LineQuantity(1, line="1"),)), "fulfillment.partial"),
        (Shop(), writes.TagCustomer("email:ada@example.com", ("a",)), "store.cannot"),
        (Shop(), writes.SetPrice("71", "71", Money(Decimal(5), "USD")), "price.currency"),
        (Shop(), writes.SetStock("73", 3, expected=9), "stock.changed"),
        (Shop(products={71: product(71, manage_stock="parent")}), writes.SetStock("71", 3), "stock.by_parent"),
        (Shop(), writes.CollectProduct("71", "tea"), "collection.gone"),
        (
            Shop(coupons=[{"id": 1, "code": "BACK10", "meta_data": []}]),
            writes.CreateDiscountCode("BACK10"),
            "discount.exists",
        ),
        (Shop(), writes.CreateDiscountCode("X", starts_at=NOW + timedelta(days=1)), "discount.start"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(shop: Shop, write: writes.Write, code: str) -> None:
    before = repr(Shop().state())
    with pytest.raises(StoreRefused) as refused:
        done(shop, write)
    assert refused.value.code == code and len(str(refused.value)) > 20
    assert shop.refunds == {} and shop.notes == []
    assert code not in ("stock.changed", "refund.too_much", "price.currency") or repr(shop.state()) == before


def test_a_gift_takes_off_one_of_its_variant() -> None:
    shop = Shop()
    done(
        shop,
        writes.CreateDiscountCode("GIFT", "fixed", Decimal("8.50"), variant="73", customer="email:ana@example.com"),
    )
    (made,) = shop.coupons
    assert (made["discount_type"], made["amount"], made["product_ids"]) == ("fixed_product", "8.50", [73])
    assert (made["limit_usage_to_x_items"], made["email_restrictions"]) == (1, ["ana@example.com"])


def test_a_lines_totals_go_with_its_quantity() -> None:
    shop = Shop()
    done(shop, writes.ChangeItems("100", (writes.LineQuantity(2, line="1"),)))
    assert shop.changes[0][2]["line_items"] == [{"id": 1, "quantity": 2, "subtotal": "13.333333", "total": "13.333333"}]


NO_SALE = {"sale_price": ""}
PLANNED: dict[str, Any] = {"sale_price": "18.00", "date_on_sale_from": "2026-12-01T00:00:00"}


@pytest.mark.parametrize(
    ("item", "price", "struck", "wanted"),
    [
        (product(71), "15", None, {"regular_price": "15.00", "sale_price": ""}),
        (product(71), "15", "22", {"regular_price": "22.00", "sale_price": "15.00"}),
        (product(71, on_sale=True, sale_price="18.00"), "15", None, {"regular_price": "20.00", "sale_price": "15.00"}),
        (product(71, on_sale=True, sale_price="18.00"), "21", None, {"regular_price": "21.00", "sale_price": ""}),
        (product(71, on_sale=True, sale_price="18.00"), "15", "0", {"regular_price": "15.00", "sale_price": ""}),
        (product(71), "20", None, None),
        (
            product(71, on_sale=True, sale_price="18.00", price="18.00"),
            None,
            "0",
            {"regular_price": "18.00", **NO_SALE},
        ),
        (product(71), None, "25", {"regular_price": "25.00", "sale_price": "20.00"}),
        (product(71, **PLANNED), "19", None, {"regular_price": "19.00", "sale_price": "18.00"}),
        (product(71, **PLANNED), "17", None, {"regular_price": "17.00", **NO_SALE}),
        (
            product(71, **PLANNED),
            "18",
            "20",
            {"regular_price": "20.00", "sale_price": "18.00", "date_on_sale_from": ""},
        ),
        (product(71, **PLANNED), "20", "0", {"regular_price": "20.00", **NO_SALE}),
    ],
)
def test_prices(item: dict[str, Any], price: str | None, struck: str | None, wanted: dict[str, str] | None) -> None:
    shop = Shop(products={71: item})
    new, old = (None if one is None else Money(Decimal(one), EUR) for one in (price, struck))
    done(shop, writes.SetPrice("71", "71", new, old))
    assert [body for _method, _path, body in shop.changes] == ([] if wanted is None else [wanted])


def test_a_parcel_without_the_plugin_is_a_note() -> None:
    shop = Shop(has_tracking=False)
    write = writes.FulfillOrder("100", tracking_number="PK1", carrier="DHL")
    assert changes_once(lambda: Shop(has_tracking=False), STORE, ACCESS, write) == 5
    done(shop, write)
    assert shop.notes == [{"id": 1, "note": "DHL PK1", "customer_note": True}]
    assert shop.orders[100]["status"] == "completed"


def test_a_part_of_an_order_is_a_fulfillment() -> None:
    def shop() -> Shop:
        return Shop(has_fulfillments=True)

    part = writes.FulfillOrder("100", (writes.LineQuantity(2, line="1"),), "PK1", "DHL", "https://dhl.example/PK1")
    assert changes_once(shop, STORE, ACCESS, part) == 3
    sent = shop()
    done(sent, part)
    assert sent.orders[100]["status"] == "processing", "the rest is still to be sent"
    ((_method, path, body),) = sent.changes
    assert path == "/wp-json/wc/v3/orders/100/fulfillments"
    assert body == {
        "status": "fulfilled",
        "is_fulfilled": True,
        "notify_customer": True,
        "meta_data": [
            {"id": 0, "key": "_items", "value": [{"item_id": 1, "qty": 2}]},
            {"id": 0, "key": "_tracking_number", "value": "PK1"},
            {"id": 0, "key": "_tracking_url", "value": "https://dhl.example/PK1"},
            {"id": 0, "key": "_shipment_provider", "value": "other"},
            {"id": 0, "key": "_provider_name", "value": "DHL"},
            {"id": 0, "key": "_sereno_key", "value": mark("7/1")},
        ],
    }
    whole = writes.FulfillOrder("100", tracking_number="PK2")
    assert changes_once(shop, STORE, ACCESS, whole) == 4
    done(sent, whole, key="8/1")
    assert sent.orders[100]["status"] == "completed" and len(sent.fulfillments) == 2


def authorized(meta: str, value: str, **more: Any) -> Shop:
    fields = [{"key": meta, "value": value}, {"key": "_intent_id", "value": "pi_1"}]
    return Shop(orders={100: order(status="on-hold", date_paid=None, date_paid_gmt=None, meta_data=fields, **more)})


@pytest.mark.parametrize(
    ("meta", "value", "plugin"),
    [("_stripe_charge_captured", "no", "stripe"), ("_intention_status", "requires_capture", "woopayments")],
)
def test_what_was_authorized_is_taken_once(meta: str, value: str, plugin: str) -> None:
    assert changes_once(lambda: authorized(meta, value), STORE, ACCESS, writes.CapturePayment("100")) == 3
    shop = authorized(meta, value)
    (item,) = STORE.reads["order"](exchange(shop, STORE, ACCESS), Reading()).items
    assert mapped(WOOCOMMERCE, item).events[0].data["payment_status"] == "authorized"
    done(shop, writes.CapturePayment("100", Money(Decimal("36.30"), EUR)))
    assert shop.captures == [plugin]
    with pytest.raises(StoreRefused) as refused:
        done(authorized(meta, value), writes.CapturePayment("100", Money(Decimal(5), EUR)))
    assert refused.value.code == "capture.partial"
    held = authorized(meta, value)
    done(held, writes.HoldFulfillment("100", "risk"))
    with pytest.raises(StoreRefused) as refused:
        done(held, writes.CapturePayment("100"))
    assert refused.value.code == "order.held" and held.captures == []
    done(held, writes.ReleaseFulfillment("100"))
    assert held.captures == [], "a release takes no payment"


def test_a_capture_that_cannot_be() -> None:
    shop = authorized("_stripe_charge_captured", "no")
    shop.refuses_refunds = True
    with pytest.raises(StoreRefused) as refused:
        done(shop, writes.CapturePayment("100"))
    assert refused.value.code == "capture.refused"
    with pytest.raises(StoreRefused) as refused:
        done(Shop(orders={100: order(date_paid=None)}), writes.CapturePayment("100"))
    assert refused.value.code == "capture.by_plugin"
    paid = Shop()
    done(paid, writes.CapturePayment("100"))
    assert paid.changes == []


def test_a_coupon() -> None:
    shop = Shop()
    done(shop, writes.CreateDiscountCode("SHIP", "free_shipping", ends_at=NOW, minimum=Money(Decimal(30), EUR)))
    assert shop.changes[0][2] == {
        "code": "SHIP",
        "discount_type": "percent",
        "amount": "0",
        "free_shipping": True,
        "individual_use": False,
        "meta_data": [{"key": "_sereno_key", "value": mark("7/1")}],
        "date_expires": "2026-11-22T12:00:00Z",
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "minimum_amount": "30.00",
    }


def test_a_draft_has_a_link_to_pay() -> None:
    shop = Shop()
    value = done(shop, EACH[13]).value
    assert value == {"id": "101", "number": "101", "pay_url": "https://shop.example/pay/101"}
    made = shop.orders[101]["created"]
    assert made["line_items"] == [{"product_id": 72, "variation_id": 73, "quantity": 1}]
    assert made["customer_id"] == 9 and made["billing"]["email"] == "ada@example.com" and made["status"] == "pending"


# --- the way there ----------------------------------------------------------------------------------


def test_credentials() -> None:
    shop = Shop()
    done(shop, writes.TagOrder("100", ("a",)))
    given = shop.asked[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(given) == b"ck_1:cs_2"
    way = exchange(shop, STORE, {**ACCESS, "sign_by": "oauth"})
    carry_out(way, STORE, writes.TagOrder("100", ("b",)))
    last = shop.asked[-1]
    assert "Authorization" not in last.headers and "cs_2" not in last.url
    assert last.query["oauth_signature_method"] == "HMAC-SHA256" and len(last.query["oauth_signature"]) == 44
    carry_out(exchange(shop, STORE, ACCESS, url="http://shop.example"), STORE, writes.TagOrder("100", ("c",)))
    assert "oauth_signature" in shop.asked[-1].query


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (429, {"message": "slow"}, StoreLimited, None),
        (503, b"<html>", StoreBusy, None),
        (500, {"code": "internal_server_error", "message": "critical error"}, StoreBusy, None),
        (200, b"<br>Warning: PHP", StoreBusy, None),
        (
            401,
            {"code": "woocommerce_rest_cannot_edit", "message": "Sorry, you are not allowed"},
            StoreRefused,
            "store.key_refused",
        ),
        (404, b"<html>", StoreRefused, "store.not_found"),
        (404, {"code": "rest_no_route", "message": "No route was found"}, StoreRefused, "store.no_route"),
        (400, {"code": "woocommerce_rest_invalid_product_id", "message": "No."}, StoreRefused, "store.refused"),
        (400, {"code": "woocommerce_rest_shop_order_invalid_id", "message": "No."}, StoreRefused, "store.not_found"),
    ],
)
def test_errors(status: int, said: Any, kind: type[Exception], code: str | None) -> None:
    shop = Shop(fixed={("PUT", "/wp-json/wc/v3/orders/100"): (status, said)})
    with pytest.raises(kind) as raised:
        done(shop, writes.TagOrder("100", ("a",)))
    assert getattr(raised.value, "code", None) == code
    assert code is None or '{"' not in str(raised.value), "the words, not the JSON"


def test_no_address() -> None:
    with pytest.raises(StoreRefused) as refused:
        carry_out(exchange(Shop(), STORE, ACCESS, url=""), STORE, writes.TagOrder("100"))
    assert refused.value.code == "store.no_address"


def test_probe() -> None:
    status = {"environment": {"home_url": "https://shop.example", "version": "10.4.2"}}
    answers = {("GET", "/wp-json/wc/v3/system_status"): (200, status)}
    found = STORE.probe(exchange(Shop(fixed=answers), STORE, ACCESS))
    assert (found.shop, found.currency, found.version, list(found.lacking)) == (
        "https://shop.example",
        EUR,
        "10.4.2",
        [],
    )
    refused = (401, {"code": "woocommerce_rest_authentication_error", "message": "no write permissions"})
    answers[("POST", "/wp-json/wc/v3/orders/batch")] = refused
    answers[("GET", "/wp-json/wc/v3/system_status")] = (403, {"code": "woocommerce_rest_cannot_view", "message": "no"})
    assert len(STORE.probe(exchange(Shop(fixed=answers), STORE, ACCESS)).lacking) == 2
    with pytest.raises(StoreRefused):
        STORE.probe(exchange(Shop(fixed={("GET", "/wp-json/wc/v3/data/currencies/current"): refused}), STORE, ACCESS))


# --- reading ----------------------------------------------------------------------------------------


def read_all(shop: Shop, kind: str, size: int, since: Any = None, on_page: Any = lambda number: None) -> list[Any]:
    return pages_of(exchange(shop, STORE, ACCESS), STORE, kind, size, since, on_page)


def test_reading_passes_over_nothing_while_orders_change() -> None:
    shop = Shop(orders={own: order(own) for own in range(1, 31)})

    def touch(number: int) -> None:
        # An order of a page read already changes: all later ones move up by one place.
        if number < 6:
            shop.orders[number + 1]["date_modified_gmt"] = stamp(10 + number)

    found = read_all(shop, "order", 4, on_page=touch)
    assert {item.id for item in found} == {str(own) for own in range(1, 31)}
    assert all(shop.orders[int(item.id)] == dict(item.body) for item in found[-6:])


def test_reading_goes_on_within_one_second() -> None:
    shop = Shop(orders={own: order(own, date_modified_gmt=stamp(0)) for own in range(1, 12)})
    assert {item.id for item in read_all(shop, "order", 4)} == {str(own) for own in range(1, 12)}
    since = NOW + timedelta(seconds=1)
    assert read_all(shop, "order", 4, since) == []
    assert len({item.id for item in read_all(shop, "order", 4, NOW)}) == 11


def test_what_is_asked_for_changes() -> None:
    shop = Shop()
    page = STORE.reads["order"](exchange(shop, STORE, ACCESS), Reading(NOW - timedelta(days=2), NOW))
    assert shop.asked[0].query == {
        "orderby": "modified",
        "order": "asc",
        "dates_are_gmt": "true",
        "page": "1",
        "per_page": "100",
        # Exclusive, to the second, and without a zone.
        "modified_after": "2026-11-20T11:59:59",
        "modified_before": "2026-11-22T12:00:00",
    }
    assert (page.total, page.next, len(page.items)) == (1, None, 1)


def test_the_same_fact_told_and_read_is_one_event() -> None:
    shop = Shop()
    (item,) = read_all(shop, "order", 10)
    read = mapped(WOOCOMMERCE, item).events
    assert [event.id for event in read][:2] == ["order:100:created", "order:100:paid"]
    shop.orders[100]["date_modified_gmt"] = stamp(5)
    (item,) = read_all(shop, "order", 10)
    told = mapped(WOOCOMMERCE, type(item)("order.updated", item.body, item.id, item.updated_at)).events
    again = mapped(WOOCOMMERCE, item).events
    assert {event.id for event in told} < {event.id for event in again}
    assert len({event.id for event in again if event.type == "order.updated"}) == 1
    shop.orders[100]["total"] = "40.00"
    (item,) = read_all(shop, "order", 10)
    third = mapped(WOOCOMMERCE, item).events
    changed = {event.id for event in third} - {event.id for event in again}
    assert len(changed) == 1, "two changes within one second are two"


def test_products_bring_their_variations() -> None:
    shop = Shop()
    found = read_all(shop, "product", 10)
    assert [(item.id, item.body["type"]) for item in found] == [
        ("71", "simple"),
        ("72", "variable"),
        ("73", "variation"),
    ]
    events = [event for item in found for event in mapped(WOOCOMMERCE, item).events]
    assert [event.type for event in events] == [
        "product.created",
        "stock.changed",
        "product.created",
        "variant.updated",
        "stock.changed",
    ]
    assert events[3].data["product_id"] == "72"


def test_new_customers_are_found() -> None:
    people = {
        own: {"id": own, "email": f"{own}@example.com", "date_created_gmt": stamp(own), "meta_data": []}
        for own in range(1, 8)
    }
    shop = Shop(customers=people)
    assert [item.id for item in read_all(shop, "customer", 3)] == ["7", "6", "5", "4", "3", "2", "1"]
    assert [item.id for item in read_all(shop, "customer", 3, NOW + timedelta(seconds=6))] == ["7", "6"]
    (event,) = mapped(WOOCOMMERCE, read_all(shop, "customer", 3)[0]).events
    assert event.id == "customer:7:created"


def test_one_record() -> None:
    way = exchange(Shop(), STORE, ACCESS)
    found = STORE.fetch["order"](way, "100")
    assert found is not None and found.topic == "order.read" and found.updated_at is not None
    assert STORE.fetch["order"](way, "404") is None
    variant = STORE.fetch["variant"](way, "73")
    assert variant is not None and mapped(WOOCOMMERCE, variant).events[0].type == "variant.updated"


# --- subscriptions ----------------------------------------------------------------------------------


def test_subscriptions() -> None:
    shop, hooks = Shop(), STORE.subscriptions
    assert hooks is not None and hooks.repair is not None
    way = exchange(shop, STORE, ACCESS)
    made = hooks.make(way, "order.updated", "https://us.example/hooks/woo", "s3cret")
    assert shop.changes[0][2] == {
        "name": "Sereno: order.updated",
        "topic": "order.updated",
        "delivery_url": "https://us.example/hooks/woo",
        "secret": "s3cret",
        "status": "active",
    }
    assert list(hooks.list(way)) == [made] and made.is_active
    shop.webhooks[4]["status"] = "disabled"
    (off,) = hooks.list(way)
    assert not off.is_active
    assert hooks.repair(way, off, "https://us.example/hooks/woo", "s3cret").is_active
    hooks.remove(way, made.id)
    hooks.remove(way, made.id)
    assert not hooks.list(way)
    assert set(hooks.topics) <= {
        f"{noun}.{verb}" for noun in ("order", "customer", "product") for verb in ("created", "updated", "deleted")
    }


def test_every_path_is_one_of_the_documented_ones() -> None:
    known = re.compile(
        r"/wp-json/wc/v3/(orders(/\d+(/(notes|refunds|fulfillments|shipment-trackings))?)?|customers/\d+|coupons"
        r"|products(/\d+(/variations/\d+)?|/tags|/categories)?|data/currencies/current)"
    )
    for write in EACH:
        shop = Shop()
        done(shop, write)
        assert all(known.fullmatch(one.path) for one in shop.asked), [one.path for one in shop.asked]
