"""Saleor written to and read back: each operation's request, its answer and its errors; a lost answer changes nothing
twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from saleor_wire import ACCESS, SaleorWire
from wires import carry_out, changes_once, exchange, mapped

from sereno.commerce.money import Money
from sereno.connectors.marks import mark
from sereno.connectors.saleor.api import API
from sereno.connectors.saleor.webhooks import SALEOR
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreRefused

ORDER, VARIANT, PRODUCT = "order-1", "variant-1", "product-1"
ADDRESS = {"name": "Ana Ruiz Gil", "line1": "Calle 1", "city": "Vigo", "postal_code": "36201", "country": "ES"}


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def authorized() -> SaleorWire:
    wire = SaleorWire()
    wire.charged, wire.authorized = Decimal(0), Decimal(100)
    return wire


def older_authorized() -> SaleorWire:
    wire = SaleorWire(is_older=True)
    wire.charged, wire.authorized = Decimal(0), Decimal(100)
    return wire


def approving() -> SaleorWire:
    wire = SaleorWire()
    wire.approves = True
    return wire


def open_order() -> SaleorWire:
    return SaleorWire(status="UNCONFIRMED")


CASES: list[tuple[Callable[[], SaleorWire], writes.Write]] = [
    (SaleorWire, writes.TagOrder(ORDER, ("vip", "b2b"), ("old",))),
    (SaleorWire, writes.TagCustomer("user-1", ("vip",))),
    (SaleorWire, writes.TagProduct(PRODUCT, ("new",))),
    (SaleorWire, writes.NoteOrder(ORDER, "Call first")),
    (SaleorWire, writes.RefundOrder(ORDER, eur("5.00"), note="late")),
    (SaleorWire, writes.RefundOrder(ORDER)),
    (SaleorWire, writes.RefundOrder(ORDER, lines=(writes.RefundLine("line-1", 2),))),
    (lambda: SaleorWire(is_older=True), writes.RefundOrder(ORDER, eur("5.00"))),
    (lambda: SaleorWire(is_older=True), writes.RefundOrder(ORDER)),
    (SaleorWire, writes.CancelOrder(ORDER, reason="fraud")),
    (lambda: SaleorWire(is_older=True), writes.CancelOrder(ORDER)),
    (authorized, writes.CancelOrder(ORDER)),
    (older_authorized, writes.CancelOrder(ORDER)),
    (authorized, writes.CapturePayment(ORDER)),
    (authorized, writes.CapturePayment(ORDER, eur("40"))),
    (older_authorized, writes.CapturePayment(ORDER, eur("40"))),
    (SaleorWire, writes.ChangeAddress(ORDER, ADDRESS)),
    (open_order, writes.ChangeItems(ORDER, (writes.LineQuantity(1, "line-1"), writes.LineQuantity(0, "line-2")))),
    (open_order, writes.ChangeItems(ORDER, (writes.LineQuantity(2, variant="variant-9"),))),
    (SaleorWire, writes.FulfillOrder(ORDER, tracking_number="T-1")),
    (SaleorWire, writes.FulfillOrder(ORDER)),
    (approving, writes.FulfillOrder(ORDER, (writes.LineQuantity(2, "line-1"),))),
    (
        SaleorWire,
        writes.CreateDraftOrder(
            "", "d@example.com", (writes.LineQuantity(2, variant=VARIANT),), "by phone", ("b2b",), ADDRESS, eur("3")
        ),
    ),
    (SaleorWire, writes.SetPrice(PRODUCT, VARIANT, eur("18.50"), eur("24"))),
    (SaleorWire, writes.SetPrice(PRODUCT, VARIANT, compare_at=eur("0"))),
    (SaleorWire, writes.SetTexts(PRODUCT, "Té verde", "<h2>Té</h2><p>De <strong>Uji</strong></p>")),
    (SaleorWire, writes.SetTexts(PRODUCT, description="")),
    (SaleorWire, writes.PublishProduct(PRODUCT, is_published=False)),
    (SaleorWire, writes.CollectProduct(PRODUCT, "sale")),
    (SaleorWire, writes.CollectProduct(PRODUCT, "Q29sbGVjdGlvbjox", is_in=False)),
    (SaleorWire, writes.SetStock(VARIANT, 20)),
    (SaleorWire, writes.SetStock(VARIANT, 20, location="w-1", expected=8)),
    (SaleorWire, writes.SetMetafield("product", PRODUCT, "badge", "New")),
    (SaleorWire, writes.SetMetafield("order", ORDER, "badge", "")),
    (SaleorWire, writes.CreateDiscountCode("GRACIAS", "fixed", Decimal("5.5"), minimum=eur("20"))),
]


@pytest.mark.parametrize(("wire_of", "write"), CASES, ids=lambda value: getattr(value, "ability", ""))
def test_lost_answers_change_nothing_twice(wire_of: Callable[[], SaleorWire], write: writes.Write) -> None:
    assert changes_once(wire_of, API, ACCESS, write) >= 1


def test_every_write_is_tried() -> None:
    assert {type(write) for _, write in CASES} == set(API.writes)


def done(wire: SaleorWire, write: writes.Write, **more: Any) -> dict[str, Any]:
    return dict(carry_out(exchange(wire, API, ACCESS), API, write, **more).value)


def refusal(wire: SaleorWire, write: writes.Write, **more: Any) -> str:
    with pytest.raises(StoreRefused) as refused:
        done(wire, write, **more)
    return refused.value.code


def test_a_refund_is_granted_with_a_mark_and_asked_for() -> None:
    wire = SaleorWire()
    done(wire, writes.RefundOrder(ORDER, eur("5.00"), note="late"))
    (grant, wanted), (request, which) = wire.mutations
    assert (grant, request) == ("orderGrantRefundCreate", "transactionRequestRefundForGrantedRefund")
    reason = f"late [{mark('7/1')}]"
    assert wanted == {"id": ORDER, "input": {"amount": "5.00", "reason": reason, "transactionId": "tx-1"}}
    assert which == {"id": "tx-1", "granted": "granted-0"}
    done(wire, writes.RefundOrder(ORDER, eur("5.00"), note="late"), key="8/1")
    assert wire.charged == Decimal(90)
    assert refusal(wire, writes.RefundOrder(ORDER, eur("500")), key="9/1") == "refund.too_much"
    assert refusal(wire, writes.RefundOrder(ORDER, Money.parse("5", "USD")), key="9/2") == "refund.currency"
    done(wire, writes.RefundOrder(ORDER), key="9/3")
    assert wire.charged == 0
    assert refusal(wire, writes.RefundOrder(ORDER), key="9/4") == "refund.nothing_left"


def test_money_somebody_else_moved_meanwhile_stops_the_second_attempt() -> None:
    wire = SaleorWire(is_older=True)
    wire.lose = 2
    with pytest.raises(StoreBusy):
        done(wire, writes.RefundOrder(ORDER, eur("5.00")))
    wire.lose = None
    wire.refunded -= Decimal("2")
    assert refusal(wire, writes.RefundOrder(ORDER, eur("5.00")), attempt=2) == "payment.unclear"


def test_parcels_leave_from_where_the_goods_are_promised() -> None:
    wire = SaleorWire()
    done(wire, writes.FulfillOrder(ORDER, tracking_number="T-1", notify=False))
    ((name, given),) = wire.mutations
    assert name == "orderFulfill"
    assert given["input"] == {
        "lines": [
            {"orderLineId": "line-1", "stocks": [{"warehouse": "w-1", "quantity": 3}]},
            {"orderLineId": "line-2", "stocks": [{"warehouse": "w-1", "quantity": 1}]},
        ],
        "notifyCustomer": False,
        "trackingNumber": "T-1",
    }
    too_many = writes.FulfillOrder(ORDER, (writes.LineQuantity(9, "line-1"),))
    assert refusal(wire, too_many, key="8/1") == "order.nothing_to_ship"
    assert refusal(wire, writes.CancelOrder(ORDER), key="8/2") == "order.shipped"


def test_what_saleor_cannot_do_is_said() -> None:
    assert refusal(SaleorWire(), writes.ChangeItems(ORDER, (writes.LineQuantity(1, "line-1"),))) == "order.not_editable"
    assert refusal(SaleorWire(), writes.CancelOrder(ORDER, restock=False)) == "order.restock_only"
    assert refusal(SaleorWire(), writes.CancelOrder("order-9")) == "store.not_found"
    assert refusal(SaleorWire(), writes.SetStock(VARIANT, 20, expected=9)) == "stock.changed"
    assert refusal(SaleorWire(), writes.CreateDiscountCode("X", customer="user-1")) == "discount.no_customer"
    assert refusal(SaleorWire(), writes.SetPrice(PRODUCT, VARIANT, Money.parse("5", "USD"))) == "price.currency"
    assert refusal(SaleorWire(), writes.CapturePayment(ORDER, Money.parse("5", "USD"))) == "capture.currency"
    taken = SaleorWire()
    done(taken, writes.CreateDiscountCode("GRACIAS"))
    assert refusal(taken, writes.CreateDiscountCode("GRACIAS"), key="8/1") == "discount.code_taken"
    two = SaleorWire()
    two.stock["w-2"] = [1, 0]
    assert refusal(two, writes.SetStock(VARIANT, 20)) == "stock.which_warehouse"


def test_stock_is_what_can_be_sold() -> None:
    wire = SaleorWire()
    assert done(wire, writes.SetStock(VARIANT, 20))["available"] == 20
    assert wire.mutations == [
        ("productVariantStocksUpdate", {"id": VARIANT, "stocks": [{"warehouse": "w-1", "quantity": 22}]})
    ]


def test_a_key_that_is_not_taken_and_a_saleor_that_is_down() -> None:
    way = exchange(SaleorWire(), API, {**ACCESS, "token": "old"})
    with pytest.raises(StoreRefused) as refused:
        carry_out(way, API, writes.NoteOrder(ORDER, "x"))
    assert refused.value.code == "store.key_refused"
    wire = SaleorWire()
    error = {"message": "server closed the connection", "extensions": {"exception": {"code": "OperationalError"}}}
    wire.fixed[("POST", "/graphql/")] = (200, {"errors": [error], "data": None})
    with pytest.raises(StoreBusy):
        done(wire, writes.NoteOrder(ORDER, "x"))
    wire.fixed[("POST", "/graphql/")] = (400, {"errors": [{"message": 'Cannot query field "x"'}]})
    assert refusal(wire, writes.NoteOrder(ORDER, "x")) == "store.refused"


def test_the_probe_says_what_the_app_may_not() -> None:
    found = API.probe(exchange(SaleorWire(), API, ACCESS))
    assert (found.shop, found.currency, found.version) == ("Azahar", "EUR", "3.22")
    assert [item.partition(":")[0] for item in found.lacking] == [
        "MANAGE_USERS",
        "MANAGE_DISCOUNTS",
        "MANAGE_CHECKOUTS",
    ]
    with pytest.raises(StoreRefused):
        API.probe(exchange(SaleorWire(), API, {**ACCESS, "channel": "none"}))


def test_orders_are_read_by_pages_and_mean_what_their_webhooks_would() -> None:
    wire = SaleorWire()
    done(wire, writes.FulfillOrder(ORDER, tracking_number="T-1"))
    way = exchange(wire, API, ACCESS)
    page = API.reads["order"](way, Reading(size=500))
    assert (page.total, page.next) == (3, "c2")
    assert wire.asked[-1].body["variables"] == {"first": 100, "after": None, "filter": None}
    assert API.reads["order"](way, Reading(cursor="c2")).next is None
    (item,) = page.items
    found = mapped(SALEOR, item)
    assert [event.type for event in found.events] == ["order.created", "order.updated", "shipment.shipped"]
    assert [event.id for event in found.events][:2] == [
        "order:order-1:created",
        "order:order-1:updated:" + "2026-11-22T12:00:05Z",
    ]
    fetched = API.fetch["order"](way, ORDER)
    assert fetched is not None and fetched.body["order"]["id"] == ORDER
    assert API.fetch["order"](way, "order-9") is None
    levels = mapped(SALEOR, replace(item, topic="stock_read", body=wire.productVariant(VARIANT)))
    assert [(event.type, event.data["available"]) for event in levels.events] == [("stock.changed", 8)]


def test_webhooks_are_made_seen_mended_and_taken_away() -> None:
    wire = SaleorWire()
    way = exchange(wire, API, ACCESS)
    kept = API.subscriptions
    assert kept is not None and kept.repair is not None
    made = [kept.make(way, topic, "https://sereno.example/hooks/s", "secret") for topic in kept.topics]
    assert all(one.is_active for one in made)
    assert all(hook["secretKey"] == "secret" and "... on" in hook["query"] for hook in wire.hooks)
    wire.hooks[0]["isActive"] = False
    seen = list(kept.list(way))
    assert [one.topic for one in seen] == list(kept.topics)
    assert [one.is_active for one in seen].count(False) == 1
    assert kept.repair(way, seen[0], "https://sereno.example/hooks/s", "new").is_active
    assert wire.hooks[0]["isActive"] and wire.hooks[0]["secretKey"] == "new"
    kept.remove(way, seen[0].id)
    assert len(wire.hooks) == len(kept.topics) - 1
