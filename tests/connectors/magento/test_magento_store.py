"""Magento written to and read back: each operation's request, its answer, and what becomes of a lost one.

`Shop` behaves as Magento's REST does in what matters here: a credit memo and its comment are one transaction, an empty
list of lines means all of them, a comment without a status empties the order's, a page after the last is the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from wires import NOW, Asked, Wire, carry_out, changes_once, exchange, mapped

from sereno.commerce.money import Money
from sereno.connectors.magento.client import mark, words_of
from sereno.connectors.magento.store import STORE
from sereno.connectors.magento.webhooks import MAGENTO
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreLimited, StoreRefused

ACCESS = {"access_token": "at", "consumer_key": "ck", "consumer_secret": "cs", "token_secret": "ts"}
EUR = "EUR"


def stamp(second: int) -> str:
    return (NOW + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")


def order(own: int = 5, **more: Any) -> dict[str, Any]:
    place = {"entity_id": 9, "parent_id": own, "address_type": "shipping", "firstname": "Ada", "lastname": "King"}
    place |= {"street": ["1 Old St"], "city": "Bath", "postcode": "BA1", "country_id": "GB", "telephone": "1"}
    return {
        "entity_id": own,
        "increment_id": f"00000{own}",
        "quote_id": 4,
        "state": "processing",
        "status": "processing",
        "order_currency_code": EUR,
        "base_currency_code": EUR,
        "grand_total": 36.3,
        "total_invoiced": 36.3,
        "total_paid": 36.3,
        "created_at": stamp(own - 1000),
        "updated_at": stamp(own - 900),
        "items": [
            {"item_id": 21, "sku": "A", "product_id": 71, "qty_ordered": 2, "qty_invoiced": 2, "qty_shipped": 0},
            {"item_id": 22, "sku": "B", "product_id": 72, "qty_ordered": 1, "qty_invoiced": 1, "qty_shipped": 0},
        ],
        "extension_attributes": {"shipping_assignments": [{"shipping": {"address": place}}]},
        **more,
    }


def product(own: int, sku: str, **more: Any) -> dict[str, Any]:
    return {
        "id": own,
        "sku": sku,
        "name": f"Product {own}",
        "type_id": "simple",
        "status": 1,
        "price": 20,
        "created_at": stamp(own - 2000),
        "updated_at": stamp(own - 1500),
        "extension_attributes": {"category_links": [{"position": 0, "category_id": "15"}]},
        "custom_attributes": [{"attribute_code": "shelf", "value": "A1"}],
        **more,
    }


@dataclass
class Shop(Wire):
    """`dies`: Magento ends after its payment provider gave the money back and before its commit."""

    dies: bool = False
    provider: list[str] = field(default_factory=list)
    refuses: bool = False
    orders: dict[int, dict[str, Any]] = field(default_factory=lambda: {5: order()})
    comments: list[dict[str, Any]] = field(default_factory=list)
    shipments: list[dict[str, Any]] = field(default_factory=list)
    memos: list[dict[str, Any]] = field(default_factory=list)
    invoices: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"entity_id": 7, "order_id": 5, "state": 2, "base_grand_total": 36.3, "transaction_id": "ch_1"}
        ]
    )
    products: dict[int, dict[str, Any]] = field(default_factory=lambda: {71: product(71, "A"), 72: product(72, "B/1")})
    sources: list[dict[str, Any]] = field(
        default_factory=lambda: [{"sku": "A", "source_code": "default", "quantity": 10, "status": 1}]
    )
    reserved: int = 4
    rules: list[dict[str, Any]] = field(default_factory=list)
    coupons: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[int, dict[str, Any]] = field(default_factory=dict)

    def state(self) -> Any:
        without = {"updated_at": None}
        comments = [{**one, "created_at": None} for one in self.comments]
        orders = [{**one, **without} for one in self.orders.values()]
        parts = (self.shipments, self.memos, self.invoices, self.provider, self.products, self.sources)
        return (orders, comments, *parts, self.rules, self.coupons)

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        path = re.sub(r"^/rest/(all/)?V1/", "", asked.path)
        kind, own, part, *_rest = [*path.split("/"), "", "", ""]
        if path == "store/storeConfigs":
            return 200, [{"code": "default", "base_url": "https://shop.example/", "base_currency_code": EUR}]
        if path == "store/websites":
            return 200, [{"id": 0, "code": "admin"}, {"id": 1, "code": "base"}]
        if kind == "inventory":
            return self._inventory(asked, own)
        if kind == "order":
            return self._order(asked, self.orders[int(own)], part)
        if kind == "invoice":
            return self._refund(asked, self.invoices[0])
        if kind == "orders" and own:
            return self._of_order(asked, int(own), part)
        if kind == "products" and asked.method == "PUT":
            return self._product(asked)
        if kind == "categories":
            return self._category(asked, own)
        if kind in ("coupons", "salesRules") and asked.method == "POST":
            return self._make(asked, kind)
        lists = {
            "orders": list(self.orders.values()),
            "products": list(self.products.values()),
            "customers": list(self.customers.values()),
            "shipments": self.shipments,
            "creditmemos": self.memos,
            "invoices": self.invoices,
            "salesRules": self.rules,
            "coupons": self.coupons,
            "customerGroups": [{"id": 0}, {"id": 1}],
        }
        if kind not in lists or (own and own != "search"):
            return 404, {
                "message": "No such entity with %fieldName = %fieldValue",
                "parameters": {"fieldName": "id", "fieldValue": own},
            }
        return 200, found(asked.query, lists[kind])

    def _of_order(self, asked: Asked, own: int, part: str) -> tuple[Any, ...]:
        if own not in self.orders:
            return 404, {"message": "The entity that was requested doesn't exist. Verify the entity and try again."}
        one = self.orders[own]
        if part == "comments":
            if asked.method == "GET":
                return 200, {"items": self.comments, "total_count": len(self.comments)}
            body = asked.body["statusHistory"]
            one["status"] = body.get("status")
            self.comments.append({**body, "created_at": stamp(0)})
            return 200, True
        if part in ("hold", "unhold", "cancel"):
            before, after = {"hold": ("processing", "holded"), "unhold": ("holded", "processing")}.get(
                part, ("processing", "canceled")
            )
            if one["state"] != before:
                return 400, {"message": "A %1 action is not available.", "parameters": [part]}
            one |= {"state": after, "status": after, "updated_at": stamp(1)}
            return 200, True
        if asked.method == "PUT":
            one["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"] = asked.body["entity"]
            return 200, asked.body["entity"]
        return 200, one

    def _order(self, asked: Asked, one: dict[str, Any], part: str) -> tuple[Any, ...]:
        if part == "ship":
            made = {
                "entity_id": 30 + len(self.shipments),
                "order_id": one["entity_id"],
                "tracks": asked.body.get("tracks"),
            }
            self.shipments.append({**made, "items": asked.body.get("items"), "comments": [asked.body["comment"]]})
            for item in one["items"]:
                item["qty_shipped"] = item["qty_ordered"]
            return 200, str(made["entity_id"])
        one["total_invoiced"] = one["total_paid"] = one["grand_total"]
        self.invoices.append({"entity_id": 8, "order_id": one["entity_id"], "comments": [asked.body["comment"]]})
        return 200, "8"

    def _refund(self, asked: Asked, invoice: dict[str, Any]) -> tuple[Any, ...]:
        if self.refuses:
            return 400, {"message": "Could not save a Creditmemo, see error log for details"}
        self.provider.append("refund")
        if self.dies:
            return 502, b"<html>"
        self.memos.append(
            {
                "entity_id": 40 + len(self.memos),
                "order_id": invoice["order_id"],
                "items": asked.body.get("items"),
                "arguments": asked.body.get("arguments"),
                "comments": [asked.body["comment"]],
            }
        )
        return 200, str(self.memos[-1]["entity_id"])

    def _product(self, asked: Asked) -> tuple[Any, ...]:
        given = asked.body["product"]
        one = next(item for item in self.products.values() if item["sku"] == given["sku"])
        values = {item["attribute_code"]: item["value"] for item in one["custom_attributes"]}
        known = {"shelf", "special_price"}
        values |= {
            item["attribute_code"]: item["value"]
            for item in given.pop("custom_attributes", [])
            if item["attribute_code"] in known
        }
        one |= given
        one["custom_attributes"] = [{"attribute_code": code, "value": value} for code, value in values.items() if value]
        return 200, one

    def _category(self, asked: Asked, own: str) -> tuple[Any, ...]:
        if own == "list":
            return 200, found(asked.query, [{"id": 15, "url_key": "coffee"}])
        if asked.method == "POST":
            sku = asked.body["productLink"]["sku"]
            link = {"position": 0, "category_id": asked.body["productLink"]["category_id"]}
            next(one for one in self.products.values() if one["sku"] == sku)["extension_attributes"][
                "category_links"
            ].append(link)
        else:
            for one in self.products.values():
                one["extension_attributes"]["category_links"] = []
        return 200, True

    def _inventory(self, asked: Asked, part: str) -> tuple[Any, ...]:
        if part == "stock-resolver":
            return 200, {"stock_id": 2, "name": "Stock"}
        if part == "get-product-salable-quantity":
            return 200, sum(one["quantity"] for one in self.sources) - self.reserved
        if asked.method == "GET":
            return 200, found(asked.query, self.sources)
        for item in asked.body["sourceItems"]:
            same = [one for one in self.sources if one["source_code"] == item["source_code"]]
            changed = {**item, "quantity": int(Decimal(item["quantity"]))}
            if same:
                same[0].update(changed)
            else:
                self.sources.append(changed)
        return 200, []

    def _make(self, asked: Asked, kind: str) -> tuple[Any, ...]:
        if kind == "salesRules":
            self.rules.append({"rule_id": 60 + len(self.rules), **asked.body["rule"]})
            return 200, self.rules[-1]
        if any(one["code"] == asked.body["coupon"]["code"] for one in self.coupons):
            return 400, {"message": "Coupon with the same code already exists."}
        self.coupons.append({"coupon_id": 70, **asked.body["coupon"]})
        return 200, self.coupons[-1]


def found(query: dict[str, str], records: list[dict[str, Any]]) -> dict[str, Any]:
    """A search by criteria, as Magento does it."""
    kept = records
    for number in range(3):
        own = f"searchCriteria[filterGroups][{number}][filters][0]"
        if f"{own}[field]" in query:
            name, value, how = (query[f"{own}[{part}]"] for part in ("field", "value", "conditionType"))
            name = "id" if name == "entity_id" and kept and "entity_id" not in kept[0] else name
            tests = {
                "eq": lambda one, name=name, value=value: str(one.get(name)) == value,
                "in": lambda one, name=name, value=value: str(one.get(name)) in value.split(","),
                "gteq": lambda one, name=name, value=value: str(one.get(name)) >= value,
                "lteq": lambda one, name=name, value=value: str(one.get(name)) <= value,
            }
            kept = [one for one in kept if tests[how](one)]
    if query.get("searchCriteria[sortOrders][0][field]") == "updated_at":
        kept = sorted(kept, key=lambda one: (one["updated_at"], one.get("entity_id") or one.get("id")))
    size = int(query["searchCriteria[pageSize]"])
    page = min(int(query["searchCriteria[currentPage]"]), max(1, -(-len(kept) // size)))
    return {"items": kept[(page - 1) * size : page * size], "search_criteria": {}, "total_count": len(kept)}


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
    with pytest.raises(StoreLimited) as limited:
        done(shop, REFUNDS[1], attempt=2, now=NOW + timedelta(minutes=2))
    assert limited.value.after == timedelta(minutes=3)
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
    ],
)
def test_prices(item: dict[str, Any], price: str, struck: str | None, wanted: tuple[str, str] | None) -> None:
    shop = Shop(products={71: item})
    old = None if struck is None else Money(Decimal(struck), EUR)
    done(shop, writes.SetPrice("71", "71", Money(Decimal(price), EUR), old))
    if wanted is None:
        assert shop.changes == []
    else:
        ((method, path, _body),) = shop.changes
        assert (method, path) == ("PUT", "/rest/all/V1/products/A"), "for every store view"
        values = {one["attribute_code"]: one["value"] for one in shop.products[71]["custom_attributes"]}
        assert (shop.products[71]["price"], values.get("special_price", "")) == wanted


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
    way, cursor, items = exchange(shop, STORE, ACCESS), None, []
    for number in range(100):
        page = STORE.reads[kind](way, Reading(since, None, cursor, size))
        items += page.items
        on_page(number)
        cursor = page.next
        if cursor is None:
            return items
    raise AssertionError("reading does not end")


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
