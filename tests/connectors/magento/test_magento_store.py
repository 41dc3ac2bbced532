"""Magento written to and read back: each operation's request, its answer, and what becomes of a lost one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from magento_shop import ACCESS, EUR, Shop, order, product, stamp
from wires import NOW, carry_out, changes_once, exchange, mapped
from wires import read_all as pages_of

from sereno.commerce.money import Money
from sereno.connectors.magento import catalog
from sereno.connectors.magento.client import mark, words_of
from sereno.connectors.magento.store import STORE
from sereno.connectors.magento.webhooks import MAGENTO
from sereno.connectors.reading import Reader
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreRefused


def unpaid(**more: Any) -> dict[str, Any]:
    return order(total_paid=None, total_invoiced=None, **more)


def done(shop: Shop, write: writes.Write, attempt: int = 1, **more: Any):
    return carry_out(exchange(shop, STORE, ACCESS), STORE, write, attempt=attempt, **more)


HOME = {
    "first_name": "Ada",
    "last_name": "King",
    "line1": "1 New St",
    "city": "York",
    "postal_code": "YO1",
    "country": "GB",
}
EACH: list[tuple[writes.Write, dict[str, Any]]] = [
    (writes.NoteOrder("5", "Ring twice"), {}),
    (writes.HoldFulfillment("5", "risk", "Look"), {}),
    (writes.ReleaseFulfillment("5"), {"state": "holded", "status": "holded"}),
    (writes.CancelOrder("5"), {"total_paid": None}),
    (writes.ChangeAddress("5", HOME), {}),
    (writes.FulfillOrder("5", tracking_number="PK1", carrier="DHL", tracking_url="https://dhl.example/PK1"), {}),
    (writes.FulfillOrder("5", (writes.LineQuantity(1, line="21"),)), {}),
    (writes.CapturePayment("5"), {"total_paid": None, "total_invoiced": None}),
    (writes.SetPrice("71", "71", Money(Decimal(15), EUR), Money(Decimal(20), EUR)), {}),
    (writes.SetPrice("72", "72", Money(Decimal("17.50"), EUR)), {}),
    (writes.SetTexts("72", "Taza azul", "<p>De Talavera</p>"), {}),
    (writes.PublishProduct("72", is_published=False), {}),
    (writes.CollectProduct("71", "coffee", is_in=False), {}),
    (writes.CollectProduct("71", "16"), {}),
    (writes.SetStock("71", 3, expected=6), {}),
    (writes.SetStock("71", 3, sku="A", location="north"), {}),
    (writes.SetMetafield("product", "71", "shelf", "B4"), {}),
    (writes.CreateDiscountCode("BACK10", value=Decimal(10), ends_at=NOW, minimum=Money(Decimal(30), EUR)), {}),
]


@pytest.mark.parametrize(("write", "more"), EACH, ids=[f"{one.ability}-{n}" for n, (one, _more) in enumerate(EACH)])
def test_a_lost_answer_changes_the_shop_once(write: writes.Write, more: dict[str, Any]) -> None:
    assert changes_once(lambda: Shop(orders={5: order(**more)}), STORE, ACCESS, write) >= 2


REFUNDS: list[writes.Write] = [
    writes.RefundOrder("5"),
    writes.RefundOrder("5", Money(Decimal("5.00"), EUR), note="Late"),
    writes.RefundOrder("5", lines=(writes.RefundLine("21", 1), writes.RefundLine("22", 1, restock=False))),
    writes.CancelOrder("5", "fraud"),
]


@pytest.mark.parametrize("write", REFUNDS, ids=lambda one: f"{one.ability}-{REFUNDS.index(one)}")
def test_money_goes_back_once_whatever_answer_is_lost(write: writes.Write) -> None:
    calm = Shop()
    done(calm, write)
    done(calm, write, attempt=2)
    assert len(calm.memos) == len(calm.provider) == 1
    for number in range(len(calm.asked)):
        shop = Shop(lose=number)
        try:
            done(shop, write)
        except StoreBusy:
            shop.lose = None
            with_answer = shop.memos or not any("To be given back" in one["comment"] for one in shop.comments)
            if with_answer:
                done(shop, write, attempt=2)
            else:
                with pytest.raises(StoreRefused) as refused:
                    done(shop, write, attempt=2)
                assert refused.value.code == "refund.unknown"
        assert len(shop.memos) == len(shop.provider) <= 1


def test_a_refund_that_died_half_way_is_not_tried_again() -> None:
    shop = Shop(dies=True)
    with pytest.raises(StoreBusy):
        done(shop, REFUNDS[1])
    shop.dies = False
    with pytest.raises(StoreBusy) as busy:
        done(shop, REFUNDS[1], attempt=2, now=NOW + timedelta(minutes=2))
    assert busy.value.after == timedelta(minutes=3)
    with pytest.raises(StoreRefused) as refused:
        done(shop, REFUNDS[1], attempt=3)
    assert refused.value.code == "refund.unknown" and shop.provider == ["refund"]


def test_a_refund_that_was_refused_can_be_tried_again() -> None:
    shop = Shop(refuses=True)
    with pytest.raises(StoreRefused) as refused:
        done(shop, REFUNDS[1])
    assert refused.value.code == "refund.refused"
    shop.refuses = False
    done(shop, REFUNDS[1], attempt=2)
    assert shop.provider == ["refund"]


def test_what_a_refund_asks_for() -> None:
    shop = Shop()
    done(shop, REFUNDS[2])
    path, body = next((path, body) for _method, path, body in shop.changes if path.endswith("/refund"))
    assert path == "/rest/V1/invoice/7/refund"
    assert body == {
        "isOnline": True,
        "notify": True,
        "appendComment": False,
        "comment": {"comment": mark("7/1"), "is_visible_on_front": 0},
        "items": [{"order_item_id": 21, "qty": 1}, {"order_item_id": 22, "qty": 1}],
        "arguments": {
            "shipping_amount": 0,
            "adjustment_positive": 0,
            "adjustment_negative": 0,
            "extension_attributes": {"return_to_stock_items": [21]},
        },
    }
    free = Shop()
    done(free, REFUNDS[1])
    body = next(body for _method, path, body in free.changes if path.endswith("/refund"))
    assert body["items"] == [{"order_item_id": 21, "qty": 0}, {"order_item_id": 22, "qty": 0}]
    assert body["arguments"]["adjustment_positive"] == "5.00"


def with_invoices(*invoices: dict[str, Any], **more: Any) -> Shop:
    return Shop(invoices=[{"order_id": 5, "state": 2, **one} for one in invoices], orders={5: order(**more)})


@pytest.mark.parametrize(
    ("shop", "write", "code"),
    [
        (Shop(), writes.RefundOrder("5", Money(Decimal(5), "USD")), "refund.currency"),
        (Shop(), writes.RefundOrder("5", Money(Decimal(99), EUR)), "refund.too_much"),
        (with_invoices(), writes.RefundOrder("5"), "refund.not_paid"),
        (with_invoices({"entity_id": 7, "grand_total": 36.3}), writes.RefundOrder("5"), "refund.by_hand"),
        (
            with_invoices(
                {"entity_id": 7, "grand_total": 10, "transaction_id": "a"},
                {"entity_id": 8, "grand_total": 26.3, "transaction_id": "b"},
            ),
            writes.RefundOrder("5"),
            "refund.split",
        ),
        (
            Shop(orders={5: order(base_currency_code="USD")}),
            writes.RefundOrder("5", Money(Decimal(5), EUR)),
            "refund.currency",
        ),
        (Shop(), writes.RefundOrder("6"), "store.not_found"),
        (
            Shop(orders={5: order(items=[{"item_id": 21, "qty_shipped": 1}])}),
            writes.CancelOrder("5"),
            "order.fulfilled",
        ),
        (Shop(), writes.CancelOrder("5", refund=False), "cancel.paid"),
        (Shop(orders={5: unpaid()}), writes.CancelOrder("5", restock=False), "cancel.restocks"),
        (Shop(orders={5: order(state="complete")}), writes.HoldFulfillment("5"), "order.closed"),
        (Shop(orders={5: unpaid(state="holded")}), writes.CapturePayment("5"), "order.held"),
        (Shop(orders={5: unpaid()}), writes.CapturePayment("5", Money(Decimal(5), EUR)), "capture.partial"),
        (Shop(orders={5: order(state="holded")}), writes.FulfillOrder("5"), "order.closed"),
        (Shop(), writes.SetPrice("71", "71", Money(Decimal(5), "USD")), "price.currency"),
        (Shop(), writes.SetPrice("99", "99", Money(Decimal(5), EUR)), "store.not_found"),
        (Shop(), writes.SetStock("71", 3, expected=9), "stock.changed"),
        (Shop(), writes.CollectProduct("71", "tea"), "collection.gone"),
        (Shop(), writes.SetMetafield("product", "71", "colour", "red"), "metafield.unknown"),
        (Shop(), writes.SetMetafield("order", "5", "colour", "red"), "store.cannot"),
        (Shop(coupons=[{"code": "X", "rule_id": 1}]), writes.CreateDiscountCode("X"), "discount.exists"),
        (Shop(), writes.CreateDiscountCode("X", customer="3"), "discount.customer"),
    ],
)
def test_what_is_refused_says_why(shop: Shop, write: writes.Write, code: str) -> None:
    with pytest.raises(StoreRefused) as refused:
        done(shop, write)
    assert refused.value.code == code and len(str(refused.value)) > 20
    assert shop.provider == [] and shop.memos == [] and shop.shipments == []


def test_a_comment_keeps_the_status() -> None:
    shop = Shop()
    done(shop, EACH[0][0])
    assert shop.orders[5]["status"] == "processing"
    assert shop.changes == [
        (
            "POST",
            "/rest/V1/orders/5/comments",
            {
                "statusHistory": {
                    "comment": f"Ring twice {mark('7/1')}",
                    "is_visible_on_front": 0,
                    "is_customer_notified": 0,
                    "parent_id": 5,
                    "status": "processing",
                }
            },
        )
    ]


def test_stock_counts_what_is_reserved() -> None:
    shop = Shop()
    done(shop, writes.SetStock("71", 3))
    item = {"sku": "A", "source_code": "default", "quantity": "7", "status": 1}
    assert shop.changes == [("POST", "/rest/V1/inventory/source-items", {"sourceItems": [item]})]
    again = Shop()
    done(again, writes.SetStock("71", 6))
    assert again.changes == [], "it can sell six already"


PLANNED = [
    {"attribute_code": "special_price", "value": "18.0000"},
    {"attribute_code": "special_from_date", "value": "2026-12-01 00:00:00"},
]


@pytest.mark.parametrize(
    ("item", "price", "struck", "wanted"),
    [
        (product(71, "A"), "15", None, ("15", "")),
        (product(71, "A"), "15", "22", ("22", "15")),
        (
            product(71, "A", custom_attributes=[{"attribute_code": "special_price", "value": "18.0000"}]),
            "15",
            None,
            ("20", "15"),
        ),
        (
            product(71, "A", custom_attributes=[{"attribute_code": "special_price", "value": "18.0000"}]),
            "15",
            "0",
            ("15", ""),
        ),
        (product(71, "A"), "20", None, None),
        (product(71, "A", custom_attributes=PLANNED), "20", None, None),
        (product(71, "A", custom_attributes=PLANNED), "19", None, ("19", "18.0000")),
        (product(71, "A", custom_attributes=PLANNED), "18", "20", ("20", "18")),
        (product(71, "A", custom_attributes=PLANNED), "20", "0", ("20", "")),
        (product(71, "A", custom_attributes=PLANNED[:1]), None, "25", ("25", "18.0000")),
        (product(71, "A", custom_attributes=PLANNED[:1]), None, "0", ("18.0000", "")),
        (product(71, "A"), None, "25", ("25", "20")),
    ],
)
def test_prices(item: dict[str, Any], price: str | None, struck: str | None, wanted: tuple[str, str] | None) -> None:
    shop = Shop(products={71: item})
    new, old = (None if one is None else Money(Decimal(one), EUR) for one in (price, struck))
    done(shop, writes.SetPrice("71", "71", new, old))
    if wanted is None:
        assert shop.changes == []
    else:
        ((method, path, _body),) = shop.changes
        assert (method, path) == ("PUT", "/rest/all/V1/products/A"), "for every store view"
        values = {one["attribute_code"]: one["value"] for one in shop.products[71]["custom_attributes"]}
        assert (shop.products[71]["price"], values.get("special_price", "")) == wanted
        is_now = struck is not None and Decimal(struck) > 0
        assert not (is_now and values.get("special_from_date")), "it holds from now on"
        told = catalog.product(Reader(shop.products[71]), NOW.date())
        if price is not None:
            assert Decimal(told["price"]) == Decimal(price)
        if struck is not None:
            assert Decimal(told["compare_at_price"] or 0) == Decimal(struck)


def test_a_slash_in_a_sku_is_escaped_twice() -> None:
    shop = Shop()
    done(shop, writes.PublishProduct("72", is_published=False))
    assert shop.changes[0][1] == "/rest/all/V1/products/B%252F1"


# --- the way there ----------------------------------------------------------------------------------


def test_credentials() -> None:
    shop = Shop()
    done(shop, writes.ReleaseFulfillment("5"))
    given = shop.asked[0].headers["Authorization"]
    assert given.startswith("OAuth ") and 'oauth_token="at"' in given and "oauth_signature=" in given
    assert "cs" not in re.findall(r'"([^"]*)"', given) and "ts" not in re.findall(r'"([^"]*)"', given)
    carry_out(exchange(shop, STORE, {"access_token": "at"}), STORE, writes.ReleaseFulfillment("5"))
    assert shop.asked[-1].headers["Authorization"] == "Bearer at"


def test_words_of_errors() -> None:
    assert words_of({"message": "No %field of %1", "parameters": {"field": "id"}}) == "No id of %1"
    assert words_of({"message": "A %1 of %2", "parameters": ["hold"]}) == "A hold of %2"
    assert words_of("x") == "no reason given"
    with pytest.raises(StoreRefused) as refused:
        STORE.fetch["order"](
            exchange(
                Shop(
                    fixed={
                        ("GET", "/rest/V1/orders/5"): (
                            401,
                            {
                                "message": "The consumer isn't authorized to access %resources.",
                                "parameters": {"resources": "Magento_Sales::actions_view"},
                            },
                        )
                    }
                ),
                STORE,
                ACCESS,
            ),
            "5",
        )
    assert refused.value.code == "store.key_refused" and "Magento_Sales::actions_view" in str(refused.value)


def test_probe() -> None:
    said = STORE.probe(exchange(Shop(), STORE, ACCESS))
    assert (said.shop, said.currency, list(said.lacking)) == ("https://shop.example/", EUR, [])
    refused = {("GET", "/rest/V1/salesRules/search"): (401, {"message": "no"})}
    assert len(STORE.probe(exchange(Shop(fixed=refused), STORE, ACCESS)).lacking) == 1


# --- reading ----------------------------------------------------------------------------------------


def read_all(shop: Shop, kind: str, size: int, since: Any = None, on_page: Any = lambda number: None) -> list[Any]:
    return pages_of(exchange(shop, STORE, ACCESS), STORE, kind, size, since, on_page)


def test_reading_passes_over_nothing_while_orders_change() -> None:
    shop = Shop(orders={own: order(own) for own in range(1, 31)})

    def touch(number: int) -> None:
        if number < 6:
            shop.orders[number + 1]["updated_at"] = stamp(10 + number)

    items = read_all(shop, "order", 4, on_page=touch)
    assert {item.id for item in items} == {str(own) for own in range(1, 31)}
    same = Shop(orders={own: order(own, updated_at=stamp(0)) for own in range(1, 12)})
    assert {item.id for item in read_all(same, "order", 4)} == {str(own) for own in range(1, 12)}
    assert len({item.id for item in read_all(same, "order", 4, NOW)}) == 11
    assert read_all(same, "order", 4, NOW + timedelta(seconds=1)) == []


def test_what_is_asked_for_changes() -> None:
    shop = Shop()
    page = STORE.reads["order"](exchange(shop, STORE, ACCESS), Reading(NOW - timedelta(days=2), NOW, None, 10))
    assert (page.total, page.next) == (1, None)
    assert shop.asked[0].query == {
        "searchCriteria[filterGroups][0][filters][0][field]": "updated_at",
        "searchCriteria[filterGroups][0][filters][0][conditionType]": "gteq",
        "searchCriteria[filterGroups][0][filters][0][value]": "2026-11-20 12:00:00",
        "searchCriteria[filterGroups][1][filters][0][field]": "updated_at",
        "searchCriteria[filterGroups][1][filters][0][conditionType]": "lteq",
        "searchCriteria[filterGroups][1][filters][0][value]": "2026-11-22 12:00:00",
        "searchCriteria[sortOrders][0][field]": "updated_at",
        "searchCriteria[sortOrders][0][direction]": "ASC",
        "searchCriteria[sortOrders][1][field]": "entity_id",
        "searchCriteria[sortOrders][1][direction]": "ASC",
        "searchCriteria[pageSize]": "10",
        "searchCriteria[currentPage]": "1",
    }


def test_what_is_read_becomes_events() -> None:
    shop = Shop()
    (item,) = read_all(shop, "order", 10)
    first = [event.id for event in mapped(MAGENTO, item).events]
    assert first[0] == "order:5:created"
    assert first == [event.id for event in mapped(MAGENTO, item).events], "read again it is the same facts"
    (level,) = [mapped(MAGENTO, item).events[0] for item in read_all(shop, "stock_level", 10)]
    assert (level.subject, level.data["available"], level.data["location_id"]) == ("variant:71", 10, "default")
    (raw,) = read_all(shop, "stock_level", 10)
    key = MAGENTO.dedupe_key({}, json.dumps(raw.body).encode(), {})
    assert key in level.id, "it has no name of its own, so it is told only where it differs from what is known"
    one = STORE.fetch["product"](exchange(shop, STORE, ACCESS), "71")
    assert one is not None and mapped(MAGENTO, one).events[0].subject == "product:71"
    assert STORE.fetch["product"](exchange(shop, STORE, ACCESS), "99") is None
    assert STORE.fetch["order"](exchange(shop, STORE, ACCESS), "99") is None


def test_every_path_is_one_of_the_published_ones() -> None:
    known = re.compile(
        r"/rest/(all/)?V1/(orders/\d+(/(hold|unhold|cancel|comments))?|order/\d+/(ship|invoice)|invoice/\d+/refund|invoices"
        r"|creditmemos|shipments|products(/[^/]+)?|categories/(list|\d+/products(/[^/]+)?)|inventory/source-items"
        r"|inventory/stock-resolver/website/base|inventory/get-product-salable-quantity/A/2|store/(websites|storeConfigs)"
        r"|salesRules(/search)?|coupons(/search)?|customerGroups/search)"
    )
    for write, more in [*EACH, *((one, {}) for one in REFUNDS)]:
        shop = Shop(orders={5: order(**more)})
        done(shop, write)
        assert all(known.fullmatch(one.path) for one in shop.asked), [one.path for one in shop.asked]
