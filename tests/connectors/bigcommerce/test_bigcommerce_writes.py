"""Writes to BigCommerce: the request, the answer, the error, and nothing twice whichever answer is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bigcommerce_wire import ACCESS, BigCommerceWire
from wires import NOW, carry_out, changes_once, exchange

from sereno.commerce.money import Money
from sereno.connectors.bigcommerce.client import api_path
from sereno.connectors.bigcommerce.store import STORE
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.sdk.stores import Exchange, StoreBusy, StoreLimited, StoreRefused, Written
from sereno.sdk.writes import (
    WRITES,
    CancelOrder,
    CapturePayment,
    ChangeAddress,
    ChangeItems,
    CollectProduct,
    CreateDiscountCode,
    CreateDraftOrder,
    FulfillOrder,
    HoldFulfillment,
    LineQuantity,
    NoteOrder,
    PublishProduct,
    PublishTheme,
    RefundLine,
    RefundOrder,
    ReleaseFulfillment,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
    SetThemeFile,
    TagCustomer,
    TagOrder,
    TagProduct,
    Write,
)


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def do(wire: BigCommerceWire, write: Write, **more: Any) -> Written:
    return carry_out(exchange(wire, STORE, ACCESS), STORE, write, **more)


def refusal(wire: BigCommerceWire, write: Write, **more: Any) -> str:
    with pytest.raises(StoreRefused) as refused:
        do(wire, write, **more)
    return refused.value.code


def test_all_but_tags_which_bigcommerce_does_not_have() -> None:
    assert set(WRITES) - set(STORE.writes) == {TagOrder, TagCustomer, TagProduct, SetThemeFile, PublishTheme}


EACH: list[tuple[Write, int]] = [
    (NoteOrder("118", text="Call first"), 2),
    (HoldFulfillment("118", reason="risk.score", note="Two cards"), 4),
    (CancelOrder("118", reason="fraud", note="Two cards"), 8),
    (RefundOrder("118", amount=eur("12.50")), 7),
    (RefundOrder("118", lines=(RefundLine("21", 1),)), 7),
    (RefundOrder("118"), 7),
    (ChangeAddress("118", address={"name": "Ana Sol", "line1": "Calle 1", "city": "Cádiz", "country": "ES"}), 2),
    (ChangeItems("118", lines=(LineQuantity(1, line="21"), LineQuantity(3, variant="77"))), 7),
    (FulfillOrder("118", tracking_number="1Z", carrier="UPS"), 6),
    (FulfillOrder("118", lines=(LineQuantity(1, line="21"),)), 6),
    (CreateDraftOrder(customer="11", lines=(LineQuantity(1, variant="77"),), tags=("vip",)), 4),
    (SetPrice("174", variant="77", price=eur("17.5"), compare_at=eur("19.90")), 4),
    (SetTexts("174", "Taza azul", "<p>De Talavera</p>"), 2),
    (PublishProduct("174", is_published=False), 2),
    (CollectProduct("174", collection="24"), 1),
    (SetStock("77", available=4, location="1"), 4),
    (SetStock("77", available=4, expected=7), 4),
    (SetMetafield("variant", "77", "shelf", "A1"), 3),
    (CreateDiscountCode("ANA-10", value=Decimal(10)), 2),
]


@pytest.mark.parametrize(("write", "requests"), EACH, ids=lambda one: getattr(one, "ability", ""))
def test_a_lost_answer_doubles_nothing(write: Write, requests: int) -> None:
    assert changes_once(BigCommerceWire, STORE, ACCESS, write) == requests


def test_a_hold_is_a_status_and_its_release_the_one_before() -> None:
    wire = BigCommerceWire()
    wire.order["status_id"] = 9
    do(wire, HoldFulfillment("118", reason="address.incomplete", note="No street number"))
    assert wire.order["status_id"] == 12
    assert wire.order["staff_notes"] == "Gift\nOn hold: No street number (address.incomplete)"
    assert refusal(wire, FulfillOrder("118"), key="8") == "order.on_hold"
    do(wire, ReleaseFulfillment("118"))
    assert wire.order["status_id"] == 9
    do(wire, HoldFulfillment("118"), key="9")
    wire.order["status_id"] = 2
    assert refusal(wire, HoldFulfillment("118")) == "order.nothing_to_hold"


def test_releasing_what_is_not_held_changes_nothing() -> None:
    wire = BigCommerceWire()
    written = do(wire, ReleaseFulfillment("118"))
    assert [one.method for one in wire.asked] == ["GET"]
    assert written.version == datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)


# --- money ------------------------------------------------------------------------------------------


def test_a_refund_goes_back_to_where_it_came_from() -> None:
    wire = BigCommerceWire()
    written = do(wire, RefundOrder("118", amount=eur("12.50"), note="Sorry"))
    assert written.value == {"refund_id": "12", "amount": "12.5", "currency": "EUR"}
    made = wire.refunds[0]
    assert made["payments"] == [{"provider_id": "braintree", "amount": 12.5, "offline": False}]
    assert made["items"][0]["reason"].startswith("Sorry [sereno-")
    assert (made["items"][0]["item_type"], made["items"][0]["item_id"]) == ("ORDER", 118)
    do(wire, RefundOrder("118", amount=eur("12.50")), key="another step")
    assert len(wire.refunds) == 2
    assert refusal(wire, RefundOrder("118", amount=eur("74.01")), key="8") == "refund.too_much"
    assert refusal(wire, RefundOrder("118", amount=Money.parse("5", "USD")), key="8") == "refund.currency"


def test_a_refund_whose_request_may_still_be_on_its_way_is_waited_for() -> None:
    wire = BigCommerceWire()
    wire.fixed[("POST", "/stores/abc/v3/orders/118/payment_actions/refunds")] = (504, {})
    with pytest.raises(StoreBusy):
        do(wire, RefundOrder("118"))
    wire.fixed.clear()
    with pytest.raises(StoreBusy) as busy:
        do(wire, RefundOrder("118"), attempt=2, now=NOW + timedelta(minutes=1))
    assert (busy.value.after, wire.refunds) == (timedelta(minutes=4), [])
    do(wire, RefundOrder("118"), attempt=3, now=NOW + timedelta(minutes=5))
    assert len(wire.refunds) == 1


def test_cancelling_gives_back_what_was_paid_or_lets_go_of_it() -> None:
    wire = BigCommerceWire()
    do(wire, CancelOrder("118"))
    assert (wire.order["status_id"], wire.refunds[0]["total_amount"]) == (5, 99)
    wire = BigCommerceWire()
    wire.order["payment_status"] = "authorized"
    do(wire, CancelOrder("118"))
    assert (wire.order["status_id"], wire.actions, wire.refunds) == (5, ["void"], [])
    wire = BigCommerceWire()
    do(wire, CancelOrder("118", refund=False))
    assert (wire.order["status_id"], wire.refunds) == (5, [])
    wire.order["status_id"] = 2
    assert refusal(wire, CancelOrder("118")) == "order.not_cancelled"


def test_capturing_takes_all_or_nothing() -> None:
    wire = BigCommerceWire()
    wire.order["payment_status"] = "authorized"
    assert refusal(wire, CapturePayment("118", amount=eur("40"))) == "capture.whole_only"
    do(wire, CapturePayment("118", amount=eur("99")))
    do(wire, CapturePayment("118"), attempt=2)
    assert wire.actions == ["capture"]
    wire.order["payment_status"] = ""
    assert refusal(wire, CapturePayment("118")) == "capture.nothing"


def test_a_declined_refund_is_said() -> None:
    wire = BigCommerceWire()
    declined = {"is_declined": True, "declined_message": "Card closed"}
    wire.fixed[("POST", "/stores/abc/v3/orders/118/payment_actions/refunds")] = (
        201,
        {"data": {"id": 1, "payments": [declined]}},
    )
    assert refusal(wire, RefundOrder("118")) == "refund.declined"


# --- contents ---------------------------------------------------------------------------------------


def test_a_part_is_sent_and_then_the_rest() -> None:
    wire = BigCommerceWire()
    do(wire, FulfillOrder("118", lines=(LineQuantity(1, line="21"),)), key="1")
    do(wire, FulfillOrder("118", tracking_number="1Z", carrier="UPS", tracking_url="https://ups.example/1Z"), key="2")
    assert wire.shipments[1] == {
        "id": 7,
        "order_address_id": 5,
        "items": [{"order_product_id": 21, "quantity": 1}, {"order_product_id": 22, "quantity": 1}],
        "tracking_number": "1Z",
        "shipping_method": "UPS",
        "shipping_provider": "ups",
        "tracking_link": "https://ups.example/1Z",
    }
    assert refusal(wire, FulfillOrder("118", lines=(LineQuantity(1, line="21"),)), key="3") == "order.nothing_to_send"
    assert refusal(wire, FulfillOrder("118"), key="4") == "order.nothing_to_send"


def test_lines_change_and_variants_come_with_their_options() -> None:
    wire = BigCommerceWire()
    do(wire, ChangeItems("118", lines=(LineQuantity(0, line="22"), LineQuantity(1, variant="77"))))
    assert wire.products[1]["quantity"] == 0
    assert wire.products[2]["product_options"] == [{"id": 16, "value": "101"}]
    assert refusal(wire, ChangeItems("118", lines=(LineQuantity(0, line="9"),)), key="2") == "order.line_unknown"
    wire.order |= {"status_id": 2, "status": "Shipped"}
    assert refusal(wire, ChangeItems("118", lines=(LineQuantity(0, line="21"),)), key="3") == "order.not_editable"


def test_an_order_by_hand_awaits_its_payment() -> None:
    wire = BigCommerceWire()
    do(
        wire,
        CreateDraftOrder(customer="11", lines=(LineQuantity(2, variant="77"),), discount=eur("5"), note="By phone"),
    )
    made = wire.drafts[0]
    assert (made["status_id"], made["customer_id"], made["discount_amount"]) == (7, 11, "5.00")
    assert made["billing_address"]["street_1"] == "Calle 1"
    assert made["billing_address"]["email"] == "Ana@Example.com"
    assert refusal(wire, CreateDraftOrder(email="x@y.example"), key="2") == "draft.no_address"


def test_an_order_to_several_places_is_changed_by_hand() -> None:
    wire = BigCommerceWire()
    wire.addresses.append({"id": 6})
    assert refusal(wire, ChangeAddress("118", address={"line1": "x"})) == "order.many_addresses"


# --- catalogue --------------------------------------------------------------------------------------


def test_what_is_struck_through_is_the_price() -> None:
    wire = BigCommerceWire()
    before = do(wire, SetPrice("174", variant="77", price=eur("17.5"), compare_at=eur("19.90"))).value["before"]
    assert before == {"price": "19.9", "compare_at_price": None}
    assert (wire.variant["price"], wire.variant["sale_price"]) == (19.9, 17.5)
    do(wire, SetPrice("174", variant="77", price=eur("16")))
    assert (wire.variant["price"], wire.variant["sale_price"]) == (19.9, 16)
    do(wire, SetPrice("174", variant="77", compare_at=eur("0")))
    assert (wire.variant["price"], wire.variant["sale_price"]) == (16, 0)
    assert refusal(wire, SetPrice("174", variant="77", price=Money.parse("1", "USD"))) == "price.currency"


def test_a_variant_without_a_price_has_its_products() -> None:
    wire = BigCommerceWire()
    wire.product |= {"price": 19.9, "sale_price": 17.5}
    wire.variant["price"] = None
    before = do(wire, SetPrice("174", variant="77", compare_at=eur("0"))).value["before"]
    assert before == {"price": "17.5", "compare_at_price": "19.9"}
    assert (wire.variant["price"], wire.variant["sale_price"]) == (17.5, 0), "and not nothing"
    wire.variant |= {"price": None, "sale_price": None}
    do(wire, SetPrice("174", variant="77", price=eur("16")))
    assert (wire.variant["price"], wire.variant["sale_price"]) == (19.9, 16)
    assert refusal(wire, SetPrice("174", variant="77")) == "price.missing"


def test_a_product_without_options_carries_its_price() -> None:
    wire = BigCommerceWire()
    wire.variant["option_values"] = []
    do(wire, SetPrice("174", variant="77", price=eur("17.5")))
    assert (wire.product["price"], wire.variant["price"]) == (17.5, 19.9)


def test_stock_stands_beside_the_safety_stock() -> None:
    wire = BigCommerceWire()
    do(wire, SetStock("77", available=4))
    counted = wire.asked[-1].body["items"][0]
    assert counted == {"variant_id": 77, "location_id": 1, "quantity": 6}
    assert refusal(wire, SetStock("77", available=9, expected=7)) == "stock.changed"
    wire.stock[2] = 1
    assert refusal(wire, SetStock("77", available=9)) == "stock.location_missing"
    wire.product["inventory_tracking"] = "none"
    assert refusal(wire, SetStock("77", available=9)) == "stock.not_tracked"


def test_a_category_by_its_name() -> None:
    wire = BigCommerceWire()
    do(wire, CollectProduct("174", collection="Summer"))
    assert wire.categories == {(174, 24)}
    do(wire, CollectProduct("174", collection="24", is_in=False))
    assert wire.categories == set()
    assert refusal(wire, CollectProduct("174", collection="Winter")) == "collection.gone"


def test_what_a_coupon_cannot_do() -> None:
    wire = BigCommerceWire()
    do(wire, CreateDiscountCode("TEN", kind="fixed", value=Decimal(10), minimum=eur("50"), ends_at=NOW), key="1")
    assert wire.coupons[0]["type"] == "per_total_discount"
    assert (wire.coupons[0]["expires"], wire.coupons[0]["min_purchase"]) == ("Sun, 22 Nov 2026 12:00:00 +0000", "50.00")
    assert refusal(wire, CreateDiscountCode("TEN"), key="2") == "discount.taken"
    assert refusal(wire, CreateDiscountCode("X", customer="11")) == "discount.one_customer"
    assert refusal(wire, CreateDiscountCode("X", starts_at=NOW + timedelta(days=1))) == "discount.later"


# --- what goes wrong --------------------------------------------------------------------------------


def test_refusals_say_what_is_amiss() -> None:
    wire = BigCommerceWire()
    assert refusal(wire, NoteOrder("1", text="x")) == "order.gone"
    assert refusal(wire, SetPrice("174", variant="5", price=eur("1"))) == "variant.gone"
    assert refusal(wire, NoteOrder("gid://x", text="x")) == "store.refused"
    for access, code in (({}, "store.key_missing"), ({"token": "x"}, "store.no_address")):
        with pytest.raises(StoreRefused) as refused:
            carry_out(exchange(wire, STORE, access), STORE, NoteOrder("118", text="x"))
        assert refused.value.code == code
    with pytest.raises(StoreRefused) as refused:
        carry_out(exchange(wire, STORE, {**ACCESS, "token": "old"}), STORE, NoteOrder("118", text="x"))
    assert refused.value.code == "store.key_refused"


def test_a_limit_says_when_the_window_begins_anew() -> None:
    class Full:
        def send(self, request: HttpRequest) -> HttpAnswer:
            return HttpAnswer(429, {"x-rate-limit-time-reset-ms": "15000"}, b"")

    with pytest.raises(StoreLimited) as limited:
        carry_out(Exchange(Full(), {}, ACCESS), STORE, NoteOrder("118", text="x"))
    assert limited.value.after == timedelta(seconds=15)


@pytest.mark.parametrize("given", ["abc", "https://api.bigcommerce.com/stores/abc/v3/", "store-abc"])
def test_the_path_as_people_write_it(given: str) -> None:
    way = Exchange(BigCommerceWire(), {}, {"api_path": given})
    assert api_path(way) == "https://api.bigcommerce.com/stores/abc"
