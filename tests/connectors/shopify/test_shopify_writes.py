"""Writes to Shopify: the request, the answer, the error, and nothing twice whichever answer is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shopify_wire import ACCESS, LINE, ORDER, OTHER, PLACE, VARIANT, ShopifyWire
from wires import NOW, carry_out, changes_once, exchange

from sereno.commerce.money import Money
from sereno.connectors.shopify.store import STORE
from sereno.sdk.stores import StoreBusy, StoreLimited, StoreRefused, Written
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
    RefundLine,
    RefundOrder,
    ReleaseFulfillment,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
    TagCustomer,
    TagOrder,
    TagProduct,
    Write,
)

OWN = "450789469"
EUR = "EUR"


def eur(text: str) -> Money:
    return Money.parse(text, EUR)


def do(wire: ShopifyWire, write: Write, **more: Any) -> Written:
    return carry_out(exchange(wire, STORE, ACCESS), STORE, write, **more)


def test_shopify_has_every_kind_of_write() -> None:
    assert set(STORE.writes) == set(WRITES)


EACH: list[tuple[Write, int]] = [
    (TagOrder(OWN, add=("risk",), remove=("vip",)), 1),
    (TagCustomer("207119551", add=("vip",)), 1),
    (TagProduct("632910392", add=("summer",)), 1),
    (NoteOrder(OWN, text="Call first"), 2),
    (HoldFulfillment(OWN, reason="risk.score", note="Two cards"), 2),
    (CancelOrder(OWN, reason="fraud"), 2),
    (RefundOrder(OWN, amount=eur("12.50")), 2),
    (RefundOrder(OWN, lines=(RefundLine("466157049", 1),)), 2),
    (RefundOrder(OWN), 2),
    (CapturePayment(OWN), 3),
    (CapturePayment(OWN, amount=eur("40")), 3),
    (ChangeAddress(OWN, address={"name": "Ana Sol", "line1": "Calle 1", "city": "Cádiz", "country": "ES"}), 1),
    (ChangeItems(OWN, lines=(LineQuantity(1, line="466157049"), LineQuantity(3, variant="808950810"))), 6),
    (FulfillOrder(OWN, tracking_number="1Z", carrier="UPS"), 3),
    (FulfillOrder(OWN, lines=(LineQuantity(1, line="466157049"),)), 3),
    (CreateDraftOrder(customer="207119551", lines=(LineQuantity(1, variant="44"),), discount=eur("5")), 1),
    (SetPrice("632910392", variant="808950810", price=eur("17.5"), compare_at=eur("19.90")), 2),
    (SetTexts("632910392", "Taza azul", "<p>De Talavera</p>"), 2),
    (SetTexts("632910392", description=""), 2),
    (PublishProduct("632910392", is_published=False), 2),
    (CollectProduct("632910392", collection="841564295"), 2),
    (SetStock("808950810", available=4, location="487838322", inventory_item="49148385"), 1),
    (SetStock("808950810", available=4, expected=7), 2),
    (SetMetafield("order", OWN, "route", "north"), 1),
    (CreateDiscountCode("ANA-10", value=Decimal(10)), 1),
    (CreateDiscountCode("SHIP", kind="free_shipping"), 1),
]


@pytest.mark.parametrize(("write", "requests"), EACH, ids=lambda one: getattr(one, "ability", ""))
def test_a_lost_answer_doubles_nothing(write: Write, requests: int) -> None:
    assert changes_once(ShopifyWire, STORE, ACCESS, write) == requests


def test_releasing_takes_off_our_own_hold_only() -> None:
    wire = ShopifyWire()
    wire.holds.append({"id": "gid://shopify/FulfillmentHold/1", "handle": "", "heldByRequestingApp": False})
    do(wire, HoldFulfillment(OWN, reason="address.incomplete"))
    hold = wire.holds[1]
    assert (hold["reason"], hold["handle"]) == ("INCORRECT_ADDRESS", "sereno")
    assert do(wire, ReleaseFulfillment(OWN)).value == {"released": 1}
    assert [one["id"] for one in wire.holds] == ["gid://shopify/FulfillmentHold/1"]
    assert do(wire, ReleaseFulfillment(OWN)).value == {"released": 0}


def test_what_has_left_cannot_be_held() -> None:
    wire = ShopifyWire()
    wire.left = {LINE: 0, OTHER: 0}
    with pytest.raises(StoreRefused) as refused:
        do(wire, HoldFulfillment(OWN))
    assert refused.value.code == "order.nothing_to_hold"


def test_tags_say_when_the_order_changed() -> None:
    wire = ShopifyWire()
    written = do(wire, TagOrder(OWN, add=("risk",), remove=("vip",)))
    assert written.version == datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
    assert wire.tags[ORDER] == {"risk"}
    assert wire.variables == {"id": ORDER, "add": ["risk"], "remove": ["vip"], "adds": True, "removes": True}
    assert do(wire, TagOrder(OWN)).version is None
    assert len(wire.asked) == 1


def test_a_note_goes_below_what_is_there() -> None:
    wire = ShopifyWire()
    do(wire, NoteOrder(OWN, text="Call first"))
    assert wire.order["note"] == "Gift\nCall first"


def test_cancelling_waits_until_shopify_has_done_it() -> None:
    wire = ShopifyWire()
    slow = {"jobResult": {"id": "j", "done": False, "errors": [], "order": None}, "orderCancelUserErrors": []}
    wire.mutation_cancel = lambda **given: {"orderCancel": slow}  # type: ignore[method-assign]
    with pytest.raises(StoreBusy):
        do(wire, CancelOrder(OWN, note="Twice the same card", refund=False))
    given = wire.variables
    assert (given["reason"], given["restock"], given["refund"]) == (
        "OTHER",
        True,
        {"originalPaymentMethodsRefund": False},
    )
    wire.order["cancelledAt"] = "2026-11-22T12:00:09Z"
    assert do(wire, CancelOrder(OWN), attempt=2).value == {"cancelled_at": "2026-11-22T12:00:09Z"}
    assert wire.operations == ["query_cancelled", "mutation_cancel", "query_cancelled"]


# --- money ------------------------------------------------------------------------------------------


def test_a_refund_of_lines_puts_them_back_on_the_shelf() -> None:
    wire = ShopifyWire()
    done = do(wire, RefundOrder(OWN, lines=(RefundLine("466157049", 1), RefundLine("518995019", 1, restock=False))))
    given = wire.variables
    assert done.value == {"refund_id": "1", "amount": "40.00", "currency": "EUR"}
    assert given["input"]["refundLineItems"] == [
        {"lineItemId": LINE, "quantity": 1, "restockType": "CANCEL", "locationId": PLACE},
        {"lineItemId": OTHER, "quantity": 1, "restockType": "NO_RESTOCK"},
    ]
    assert given["input"]["transactions"] == [
        {
            "orderId": ORDER,
            "gateway": "shopify_payments",
            "kind": "REFUND",
            "amount": "40.00",
            "parentId": "gid://shopify/OrderTransaction/1",
        }
    ]
    assert "@idempotent(key: $key)" in wire.asked[-1].body["query"]
    assert "shipping" not in given["input"]


def test_a_whole_refund_gives_back_the_shipping_too() -> None:
    wire = ShopifyWire()
    do(wire, RefundOrder(OWN, note="Sorry", notify=False))
    given = wire.variables["input"]
    assert (given["shipping"], given["notify"], given["currency"]) == ({"fullRefund": True}, False, "EUR")
    assert given["note"].startswith("Sorry [sereno-")


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (RefundOrder(OWN, amount=eur("99.01")), "refund.too_much"),
        (RefundOrder(OWN, amount=Money.parse("5", "USD")), "refund.currency"),
        (CapturePayment(OWN, amount=eur("99.01")), "capture.too_much"),
        (CapturePayment(OWN, amount=Money.parse("5", "USD")), "capture.currency"),
    ],
)
def test_no_more_than_there_is(write: Write, code: str) -> None:
    wire = ShopifyWire()
    with pytest.raises(StoreRefused) as refused:
        do(wire, write)
    assert refused.value.code == code
    assert not wire.refunds and not wire.captured


def test_two_refunds_by_two_steps_are_two() -> None:
    wire = ShopifyWire()
    do(wire, RefundOrder(OWN, amount=eur("10")), key="7/1")
    do(wire, RefundOrder(OWN, amount=eur("10")), key="7/2")
    assert [one["amount"] for one in wire.refunds] == [10, 10]
    with pytest.raises(StoreRefused) as refused:
        wire.paid = 20
        do(wire, RefundOrder(OWN), key="7/3")
    assert refused.value.code == "refund.nothing"


def test_two_captures_of_a_part_by_two_steps_are_two() -> None:
    wire = ShopifyWire()
    do(wire, CapturePayment(OWN, amount=eur("40")), key="7/1")
    do(wire, CapturePayment(OWN, amount=eur("40")), key="7/2")
    assert wire.captured == 80


def test_a_capture_whose_request_may_still_be_on_its_way_is_waited_for() -> None:
    wire = ShopifyWire()
    wire.lose = 2
    with pytest.raises(StoreBusy):
        do(wire, CapturePayment(OWN, amount=eur("40")))
    wire.lose, wire.captured = None, 0
    with pytest.raises(StoreBusy) as busy:
        do(wire, CapturePayment(OWN, amount=eur("40")), attempt=2, now=NOW + timedelta(minutes=1))
    assert (busy.value.after, wire.captured) == (timedelta(minutes=1), 0)
    wire.captured = 40
    do(wire, CapturePayment(OWN, amount=eur("40")), attempt=3, now=NOW + timedelta(minutes=2))
    assert wire.captured == 40


# --- contents ---------------------------------------------------------------------------------------


def test_an_order_on_hold_is_not_sent() -> None:
    wire = ShopifyWire()
    do(wire, HoldFulfillment(OWN))
    with pytest.raises(StoreRefused) as refused:
        do(wire, FulfillOrder(OWN), key="8")
    assert (refused.value.code, wire.parcels) == ("order.on_hold", [])


def test_a_part_is_sent_and_then_the_rest() -> None:
    wire = ShopifyWire()
    do(wire, FulfillOrder(OWN, lines=(LineQuantity(1, line="466157049"),)), key="7/1")
    assert wire.left == {LINE: 1, OTHER: 1}
    do(wire, FulfillOrder(OWN, tracking_number="1Z", carrier="UPS"), key="7/2")
    assert wire.left == {LINE: 0, OTHER: 0}
    assert wire.parcels[1]["trackingInfo"] == {"number": "1Z", "company": "UPS"}
    with pytest.raises(StoreRefused) as refused:
        do(wire, FulfillOrder(OWN, lines=(LineQuantity(1, line="466157049"),)), key="7/3")
    assert refused.value.code == "order.nothing_to_send"


def test_a_line_the_order_does_not_have() -> None:
    with pytest.raises(StoreRefused) as refused:
        do(ShopifyWire(), ChangeItems(OWN, lines=(LineQuantity(0, line="1"),)))
    assert refused.value.code == "order.line_unknown"


# --- catalogue --------------------------------------------------------------------------------------


def test_showing_undoes_hiding() -> None:
    wire = ShopifyWire()
    before = wire.state()
    assert do(wire, PublishProduct("632910392", is_published=False)).value == {"was": "active"}
    assert (wire.product["status"], wire.product["channels"]) == ("DRAFT", 1)
    do(wire, PublishProduct("632910392"))
    assert wire.state() == before


def test_what_is_on_no_channel_is_put_on_all() -> None:
    wire = ShopifyWire()
    wire.product |= {"status": "DRAFT", "channels": 0}
    do(wire, PublishProduct("632910392"))
    assert (wire.product["status"], wire.product["channels"]) == ("ACTIVE", 2)


def test_a_price_struck_through_is_cleared_by_zero() -> None:
    wire = ShopifyWire()
    wire.price["compareAtPrice"] = "25.00"
    written = do(wire, SetPrice("632910392", variant="808950810", compare_at=eur("0")))
    assert wire.price == {"price": "19.90", "compareAtPrice": None}
    assert written.value == {"before": {"price": "19.90", "compare_at_price": "25.00"}}
    with pytest.raises(StoreRefused) as refused:
        do(wire, SetPrice("632910392", variant="808950810", price=Money.parse("1", "USD")))
    assert refused.value.code == "price.currency"


def test_stock_that_changed_meanwhile_is_not_overwritten() -> None:
    wire = ShopifyWire()
    with pytest.raises(StoreRefused) as refused:
        do(wire, SetStock("808950810", available=4, expected=6))
    assert (refused.value.code, wire.stock) == ("stock.changed", 7)
    assert wire.variables["input"]["quantities"][0] == {
        "inventoryItemId": "gid://shopify/InventoryItem/49148385",
        "locationId": PLACE,
        "quantity": 4,
        "changeFromQuantity": 6,
    }


def test_a_code_of_somebody_else_is_not_ours() -> None:
    wire = ShopifyWire()
    do(wire, CreateDiscountCode("ANA-10", value=Decimal("12.5"), customer="207119551", minimum=eur("50")), key="1")
    given = wire.codes["ANA-10"]
    assert given["customerGets"] == {"items": {"all": True}, "value": {"percentage": 0.125}}
    assert given["context"] == {"customers": {"add": ["gid://shopify/Customer/207119551"]}}
    assert given["minimumRequirement"] == {"subtotal": {"greaterThanOrEqualToSubtotal": "50.00"}}
    with pytest.raises(StoreRefused) as refused:
        do(wire, CreateDiscountCode("ANA-10"), key="2")
    assert refused.value.code == "discount.taken"
    with pytest.raises(StoreRefused) as refused:
        do(wire, CreateDiscountCode("ANA-11", customer="email:ana@example.com"), key="3")
    assert refused.value.code == "discount.no_customer" and "ANA-11" not in wire.codes


def test_a_gift_takes_off_one_of_its_variant() -> None:
    wire = ShopifyWire()
    do(wire, CreateDiscountCode("GIFT", "fixed", Decimal("8.50"), EUR, variant="808950810"))
    assert wire.codes["GIFT"]["customerGets"] == {
        "items": {"products": {"productVariantsToAdd": ["gid://shopify/ProductVariant/808950810"]}},
        "value": {"discountAmount": {"amount": "8.50", "appliesOnEachItem": False}},
    }


# --- what goes wrong --------------------------------------------------------------------------------

PATH = ("POST", "/admin/api/2026-10/graphql.json")


def test_a_bucket_that_is_empty_says_when_it_is_full_enough() -> None:
    wire = ShopifyWire()
    cost = {
        "requestedQueryCost": 752,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 1000.0, "currentlyAvailable": 252, "restoreRate": 50.0},
    }
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    wire.fixed[PATH] = (200, {"errors": [error], "extensions": {"cost": cost}})
    with pytest.raises(StoreLimited) as limited:
        do(wire, TagOrder(OWN, add=("x",)))
    assert limited.value.after == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, {"errors": "[API] Invalid API key or access token"}), "store.key_refused"),
        ((402, {"errors": "Unavailable Shop"}), "store.closed"),
        ((404, {"errors": "Not Found"}), "store.not_found"),
        (
            (200, {"errors": [{"message": "Access denied for tagsAdd", "extensions": {"code": "ACCESS_DENIED"}}]}),
            "store.key_lacks",
        ),
        ((200, {"errors": [{"message": "Field 'x' doesn't exist"}]}), "store.refused"),
        (
            (200, {"data": {"tagsAdd": {"node": None, "userErrors": [{"message": "Resource does not exist"}]}}}),
            "store.refused",
        ),
    ],
)
def test_refusals(answer: tuple[int, Any], code: str) -> None:
    wire = ShopifyWire()
    wire.fixed[PATH] = answer
    with pytest.raises(StoreRefused) as refused:
        do(wire, TagOrder(OWN, add=("x",)))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "answer",
    [
        (503, {}),
        (200, {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
        (200, {"data": None}),
    ],
)
def test_troubles_that_pass(answer: tuple[int, Any]) -> None:
    wire = ShopifyWire()
    wire.fixed[PATH] = answer
    with pytest.raises(StoreBusy):
        do(wire, TagOrder(OWN, add=("x",)))


def test_an_order_that_is_gone() -> None:
    with pytest.raises(StoreRefused) as refused:
        do(ShopifyWire(), NoteOrder("1", text="x"))
    assert refused.value.code == "order.gone"


def test_a_variant_known_by_its_whole_name() -> None:
    wire = ShopifyWire()
    do(wire, SetPrice("632910392", variant=VARIANT, price=eur("1")))
    assert wire.variables["variants"][0]["id"] == VARIANT
