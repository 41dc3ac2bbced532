"""Medusa written to and read back: each operation's request, its answer and its errors; a lost answer changes nothing
twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from medusa_wire import ACCESS, AT, MedusaWire
from wires import carry_out, changes_once, exchange, mapped

from sereno.commerce.money import Money
from sereno.connectors.marks import mark
from sereno.connectors.medusa.api import API
from sereno.connectors.medusa.webhooks import MEDUSA
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreLimited, StoreRefused

ORDER, VARIANT, PRODUCT = "order_1", "variant_1", "prod_1"
ADDRESS = {"name": "Ana Ruiz Gil", "line1": "Calle 1", "city": "Vigo", "postal_code": "36201", "country": "ES"}


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def merging() -> MedusaWire:
    return MedusaWire(merges=True)


def unpaid() -> MedusaWire:
    wire = MedusaWire()
    wire.captures = []
    return wire


def packed() -> MedusaWire:
    wire = MedusaWire()
    parcel: dict[str, Any] = {"id": "ful_0", "labels": [], "shipped_at": None, "canceled_at": None, "metadata": None}
    wire.parcels = [{**parcel, "items": [{"line_item_id": "item_1", "quantity": 3}]}]
    return wire


CASES: list[tuple[Callable[[], MedusaWire], writes.Write]] = [
    (MedusaWire, writes.TagOrder(ORDER, ("vip",), ("old",))),
    (merging, writes.TagOrder(ORDER, ("vip", "b2b"))),
    (MedusaWire, writes.NoteOrder(ORDER, "Call first")),
    (MedusaWire, writes.TagCustomer("cus_1", ("vip",), ("old",))),
    (MedusaWire, writes.TagProduct(PRODUCT, ("new", "tea"))),
    (MedusaWire, writes.RefundOrder(ORDER, eur("5.50"), note="late")),
    (MedusaWire, writes.RefundOrder(ORDER)),
    (MedusaWire, writes.RefundOrder(ORDER, lines=(writes.RefundLine("item_1", 2),))),
    (MedusaWire, writes.CancelOrder(ORDER, reason="fraud")),
    (packed, writes.CancelOrder(ORDER)),
    (unpaid, writes.CancelOrder(ORDER, refund=False)),
    (unpaid, writes.CapturePayment(ORDER)),
    (unpaid, writes.CapturePayment(ORDER, eur("40"))),
    (MedusaWire, writes.ChangeAddress(ORDER, ADDRESS)),
    (MedusaWire, writes.ChangeItems(ORDER, (writes.LineQuantity(1, "item_1"), writes.LineQuantity(2, variant="v_9")))),
    (MedusaWire, writes.FulfillOrder(ORDER, tracking_number="T-1", carrier="DHL")),
    (MedusaWire, writes.FulfillOrder(ORDER, (writes.LineQuantity(2, "item_1"),))),
    (
        MedusaWire,
        writes.CreateDraftOrder("", "d@x.com", (writes.LineQuantity(2, variant=VARIANT),), "n", ("b",), ADDRESS),
    ),
    (MedusaWire, writes.SetPrice(PRODUCT, VARIANT, eur("18.50"))),
    (MedusaWire, writes.SetPrice("", VARIANT, Money.parse("15", "GBP"))),
    (MedusaWire, writes.SetTexts(PRODUCT, "Té verde", "<p>De Uji</p><ul><li>30 g</li></ul>")),
    (MedusaWire, writes.PublishProduct(PRODUCT, is_published=False)),
    (MedusaWire, writes.CollectProduct(PRODUCT, "sale")),
    (MedusaWire, writes.CollectProduct(PRODUCT, "tea", is_in=False)),
    (MedusaWire, writes.SetStock(VARIANT, 20)),
    (MedusaWire, writes.SetStock(VARIANT, 20, inventory_item="iitem_1", location="sloc_2")),
    (MedusaWire, writes.SetMetafield("variant", VARIANT, "badge", "New")),
    (MedusaWire, writes.SetMetafield("customer", "cus_1", "level", "gold")),
    (MedusaWire, writes.CreateDiscountCode("GRACIAS", "fixed", Decimal("5.5"), "EUR")),
    (MedusaWire, writes.CreateDiscountCode("ENVIO", "free_shipping", most_uses=None)),
]


@pytest.mark.parametrize(("wire_of", "write"), CASES, ids=lambda value: getattr(value, "ability", ""))
def test_lost_answers_change_nothing_twice(wire_of: Callable[[], MedusaWire], write: writes.Write) -> None:
    assert changes_once(wire_of, API, ACCESS, write) >= 1


def test_every_write_is_tried() -> None:
    assert {type(write) for _, write in CASES} == set(API.writes)


def done(wire: MedusaWire, write: writes.Write, **more: Any) -> dict[str, Any]:
    return dict(carry_out(exchange(wire, API, ACCESS), API, write, **more).value)


def refusal(wire: MedusaWire, write: writes.Write, **more: Any) -> str:
    with pytest.raises(StoreRefused) as refused:
        done(wire, write, **more)
    return refused.value.code


def test_a_refund_bears_its_mark() -> None:
    wire = MedusaWire()
    done(wire, writes.RefundOrder(ORDER, eur("5.50"), note="late"))
    wanted = {"amount": 5.5, "note": f"late [{mark('7/1')}]"}
    assert wire.changes[1:] == [("POST", "/admin/payments/pay_1/refund", wanted)]
    assert wire.metadata["orders/order_1"][f"refund.{mark('7/1')}"].startswith("2026-11-22T12:00:00")
    assert refusal(wire, writes.RefundOrder(ORDER, eur("500")), key="8/1") == "refund.too_much"
    assert refusal(wire, writes.RefundOrder(ORDER, Money.parse("5", "USD")), key="8/1") == "refund.currency"
    done(wire, writes.RefundOrder(ORDER), key="8/2")
    assert [one["amount"] for one in wire.refunds] == [5.5, 94.5]
    assert refusal(wire, writes.RefundOrder(ORDER), key="8/3") == "refund.nothing_left"


def test_a_part_is_captured_once_whatever_another_has_taken() -> None:
    wire = unpaid()
    done(wire, writes.CapturePayment(ORDER, eur("40")))
    done(wire, writes.CapturePayment(ORDER, eur("40")), key="8/1")
    assert [one["amount"] for one in wire.captures] == [40, 40]
    assert refusal(wire, writes.CapturePayment(ORDER, eur("40")), key="8/2") == "capture.too_much"
    wire.captures[0]["amount"] = 20
    assert refusal(wire, writes.CapturePayment(ORDER, eur("40")), key="8/1", attempt=2) == "payment.unclear"


def test_a_parcel_is_made_with_its_mark_and_shipped_with_its_label() -> None:
    wire = MedusaWire()
    done(wire, writes.FulfillOrder(ORDER, tracking_number="T-1", carrier="DHL", notify=False))
    (pack, ship) = wire.changes
    assert pack == (
        "POST",
        "/admin/orders/order_1/fulfillments",
        {
            "items": [{"id": "item_1", "quantity": 3}, {"id": "item_2", "quantity": 1}],
            "no_notification": True,
            "metadata": {"sereno": mark("7/1"), "carrier": "DHL"},
        },
    )
    assert ship[1] == "/admin/orders/order_1/fulfillments/ful_0/shipments"
    assert ship[2]["labels"] == [{"tracking_number": "T-1", "tracking_url": "#", "label_url": "#"}]
    assert refusal(wire, writes.CancelOrder(ORDER), key="8/1") == "order.shipped"
    too_many = writes.FulfillOrder(ORDER, (writes.LineQuantity(1, "item_1"),))
    assert refusal(wire, too_many, key="8/2") == "store.refused"


def test_the_other_prices_of_a_variant_stay() -> None:
    wire = MedusaWire()
    done(wire, writes.SetPrice(PRODUCT, VARIANT, eur("18.50")))
    assert wire.changes == [
        (
            "POST",
            "/admin/products/prod_1/variants/variant_1",
            {
                "prices": [
                    {"id": "price_1", "currency_code": "eur", "amount": 18.5},
                    {"id": "price_2", "currency_code": "eur", "amount": 18, "rules": {"region_id": "reg_1"}},
                    {"id": "price_3", "currency_code": "usd", "amount": 22},
                ]
            },
        )
    ]


def test_metadata_of_others_stays_and_a_tag_comes_off() -> None:
    wire = MedusaWire()
    done(wire, writes.TagOrder(ORDER, ("vip",)))
    done(wire, writes.TagOrder(ORDER, ("b2b",), ("vip",)), key="8/1")
    held = {key: value for key, value in wire.metadata["orders/order_1"].items() if value}
    assert held == {"gift": "yes", "tag.b2b": "true"}


def test_what_medusa_cannot_do_is_said() -> None:
    assert refusal(MedusaWire(), writes.CancelOrder(ORDER, refund=False)) == "order.refund_always"
    assert refusal(MedusaWire(), writes.CancelOrder(ORDER, restock=False)) == "order.restock_only"
    assert refusal(MedusaWire(), writes.CancelOrder("order_9")) == "store.not_found"
    assert refusal(MedusaWire(), writes.SetStock("variant_9", 5)) == "store.not_found"
    assert refusal(MedusaWire(), writes.SetStock(VARIANT, 20, expected=9)) == "stock.changed"
    assert refusal(MedusaWire(), writes.SetPrice(PRODUCT, VARIANT, eur("5"), eur("9"))) == "price.no_compare_at"
    assert refusal(MedusaWire(), writes.CollectProduct(PRODUCT, "none")) == "store.not_found"
    assert refusal(MedusaWire(), writes.CreateDiscountCode("X", customer="cus_1")) == "discount.no_rule"
    assert refusal(MedusaWire(), writes.CreateDiscountCode("X", "fixed", Decimal(5))) == "discount.currency"
    assert refusal(MedusaWire(), writes.CreateDraftOrder(discount=eur("5"))) == "draft.no_discount"
    taken = MedusaWire()
    done(taken, writes.CreateDiscountCode("GRACIAS"))
    assert refusal(taken, writes.CreateDiscountCode("GRACIAS"), key="8/1") == "discount.code_taken"
    busy = MedusaWire()
    busy.edits = [{"status": "pending", "internal_note": None, "actions": []}]
    with pytest.raises(StoreBusy):
        done(busy, writes.ChangeItems(ORDER, (writes.LineQuantity(1, "item_1"),)))


def test_errors_of_the_way() -> None:
    way = exchange(MedusaWire(), API, {**ACCESS, "api_key": "sk_old"})
    with pytest.raises(StoreRefused) as refused:
        carry_out(way, API, writes.NoteOrder(ORDER, "x"))
    assert refused.value.code == "store.key_refused"
    for status, error in ((409, StoreBusy), (500, StoreBusy), (429, StoreLimited), (400, StoreRefused)):
        wire = MedusaWire()
        wire.fixed[("GET", "/admin/orders/order_1")] = (status, {"type": "conflict", "message": "no"})
        with pytest.raises(error):
            done(wire, writes.NoteOrder(ORDER, "x"))


def test_the_probe() -> None:
    found = API.probe(exchange(MedusaWire(), API, ACCESS))
    assert (found.shop, found.currency) == ("Azahar", "EUR")
    assert API.probe(exchange(MedusaWire(), API, {**ACCESS, "url": "https://api.shop.example/admin/"})) == found


def test_records_are_read_by_pages_and_mean_what_notices_would() -> None:
    wire = packed()
    wire.refunds = [{"amount": 5, "note": None}]
    way = exchange(wire, API, ACCESS)
    seen: list[str] = []
    page = API.reads["order"](way, Reading(size=2))
    assert page.total == 5
    while True:
        seen += [item.id for item in page.items]
        if page.next is None:
            break
        page = API.reads["order"](way, Reading(size=2, cursor=page.next))
    assert seen == [f"order_{n}" for n in range(5)]
    fetched = API.fetch["order"](way, ORDER)
    assert fetched is not None
    names = {event.id for event in mapped(MEDUSA, fetched).events}
    assert {f"order:{ORDER}:created", "payment:pay_1:refunded:5.00", "fulfillment:ful_0:created"} <= names
    assert API.fetch["order"](way, "order_9") is None
    (stock,) = API.reads["stock_level"](way, Reading()).items
    (level,) = mapped(MEDUSA, stock).events
    assert (level.data["available"], level.data["variant_id"], level.data["location_id"]) == (8, VARIANT, "sloc_1")
    (product,) = API.reads["product"](way, Reading()).items
    (event,) = mapped(MEDUSA, product).events
    assert (event.data["status"], event.data["tags"]) == ("active", ["new"])
    assert event.data["variants"][0]["price"] == "20.00"
    assert product.updated_at is not None and product.updated_at.isoformat() == AT.replace("Z", "+00:00").replace(
        ".000", ""
    )
