"""Salesforce written to and read back: each operation's request, its answer, and what becomes of a lost one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from salesforce_shop import ACCESS, ATTRIBUTES, Shop, customer, order, product, stamp, stock
from wires import NOW, carry_out, changes_once, exchange, mapped
from wires import read_all as pages_of

from sereno.connectors.marks import mark
from sereno.connectors.salesforce.client import words
from sereno.connectors.salesforce.store import LACKING, STORE
from sereno.connectors.salesforce.webhooks import SALESFORCE
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreLimited, StoreRefused

NO = "00000005"
HERE = "/checkout/orders/v1/organizations/f_ecom_zzte_prd/orders/00000005"
HOME = {
    "first_name": "Ada",
    "last_name": "King",
    "line1": "1 New St",
    "city": "York",
    "region_code": "YK",
    "postal_code": "YO1",
    "country": "GB",
}
HELD = {
    "exportStatus": "not_exported",
    "confirmationStatus": "not_confirmed",
    "c_serenoHold": '{"confirmation": "confirmed", "export": "ready"}',
}
EACH: list[tuple[writes.Write, dict[str, Any]]] = [
    (writes.TagOrder(NO, ("vip",), ("old",)), {"c_serenoTags": ["old"]}),
    (writes.NoteOrder(NO, "Ring twice"), {}),
    (writes.HoldFulfillment(NO, "risk", "Look"), {}),
    (writes.ReleaseFulfillment(NO), HELD),
    (writes.CancelOrder(NO, "customer", "By phone"), {}),
    (writes.ChangeAddress(NO, HOME), {}),
    (writes.FulfillOrder(NO, tracking_number="PK1", carrier="DHL", tracking_url="https://dhl.example/PK1"), {}),
    (writes.FulfillOrder(NO, (writes.LineQuantity(1, line="i1"),)), {}),
    (writes.TagCustomer("C1", ("vip",)), {}),
    (writes.TagProduct("B/1", ("new",)), {}),
    (writes.SetTexts("A", "Anillo", "<p>New</p>"), {}),
    (writes.PublishProduct("A", is_published=False), {}),
    (writes.CollectProduct("B/1", "rings"), {}),
    (writes.CollectProduct("A", "rings", is_in=False), {}),
    (writes.SetStock("A", 3, expected=6), {}),
    (writes.SetMetafield("variant", "A", "shelf", "B4"), {}),
    (writes.SetMetafield("order", NO, "weight", "1.5", type="number_decimal"), {}),
    (writes.SetMetafield("customer", "C1", "shelf", "B4"), {}),
]


def done(shop: Shop, write: writes.Write, attempt: int = 1, **more: Any):
    return carry_out(exchange(shop, STORE, ACCESS), STORE, write, attempt=attempt, **more)


@pytest.mark.parametrize(("write", "more"), EACH, ids=[f"{one.ability}-{n}" for n, (one, _more) in enumerate(EACH)])
def test_a_lost_answer_changes_the_shop_once(write: writes.Write, more: dict[str, Any]) -> None:
    assert changes_once(lambda: Shop(orders={NO: order(**more)}), STORE, ACCESS, write) >= 3


def test_all_that_is_offered_is_tried() -> None:
    assert {type(one) for one, _more in EACH} == set(STORE.writes)


# --- what is asked ----------------------------------------------------------------------------------


def test_a_hold_and_its_release() -> None:
    shop = Shop()
    done(shop, writes.HoldFulfillment(NO, "risk", "Look"))
    held = shop.orders[NO]
    assert {name: held[name] for name in HELD} == HELD
    assert held["c_serenoNotes"] == f"On hold: Look (risk) [{mark('7/1')}]"
    assert [(method, path) for method, path, _body in shop.changes] == [
        ("PATCH", HERE),
        ("PATCH", HERE),
        ("PUT", f"{HERE}/export-status"),
        ("PUT", f"{HERE}/confirmation-status"),
    ]
    again = len(shop.changes)
    done(shop, writes.HoldFulfillment(NO), key="8/1")
    assert len(shop.changes) == again, "it is held already"
    done(shop, writes.ReleaseFulfillment(NO))
    assert (held["exportStatus"], held["confirmationStatus"], "c_serenoHold" in held) == ("ready", "confirmed", False)
    done(shop, writes.ReleaseFulfillment(NO))


def test_a_release_leaves_what_somebody_set_meanwhile() -> None:
    shop = Shop(orders={NO: order(**{**HELD, "exportStatus": "failed"})})
    done(shop, writes.ReleaseFulfillment(NO))
    assert (shop.orders[NO]["exportStatus"], shop.orders[NO]["confirmationStatus"]) == ("failed", "confirmed")


def test_parcels_say_how_much_has_left() -> None:
    shop = Shop()
    done(shop, writes.FulfillOrder(NO, (writes.LineQuantity(1, line="i1"),), "PK1", "DHL"))
    assert shop.orders[NO]["shippingStatus"] == "part_shipped"
    done(shop, writes.FulfillOrder(NO, tracking_number="PK2"), key="8/1")
    assert shop.orders[NO]["shippingStatus"] == "shipped"
    first, second = json.loads(shop.orders[NO]["c_serenoParcels"])
    assert (first["number"], first["lines"]) == ("PK1", [{"id": "i1", "quantity": 1}])
    assert second["lines"] == [{"id": "i1", "quantity": 1}, {"id": "i2", "quantity": 1}]
    (item,) = read_all(shop, "order", 10)
    parcels = mapped(SALESFORCE, item).events[0].data["fulfillments"]
    assert [one["tracking_number"] for one in parcels] == ["PK1", "PK2"]
    with pytest.raises(StoreRefused) as refused:
        done(shop, writes.FulfillOrder(NO, (writes.LineQuantity(1, line="i1"),)), key="9/1")
    assert refused.value.code == "order.nothing_to_send"


def test_an_address_is_replaced_whole() -> None:
    shop = Shop()
    done(shop, writes.ChangeAddress(NO, HOME))
    wanted = {"firstName": "Ada", "lastName": "King", "fullName": "Ada King", "address1": "1 New St"}
    wanted |= {"city": "York", "stateCode": "YK", "postalCode": "YO1", "countryCode": "GB"}
    assert shop.changes == [("PUT", f"{HERE}/shipments/me/shipping-address", wanted)]


def test_products_are_changed_beside_what_others_hold() -> None:
    shop = Shop()
    done(shop, writes.SetTexts("A", "Anillo"))
    done(shop, writes.PublishProduct("A", is_published=False))
    done(shop, writes.PublishProduct("A", is_published=False))
    home = "/product/products/v1/organizations/f_ecom_zzte_prd/products/A"
    assert shop.changes == [
        ("PATCH", home, {"name": {"default": "Anillo", "es": "Cosa"}}),
        ("PATCH", home, {"onlineFlag": {"default": True, "RefArch": False}}),
    ]
    done(shop, writes.TagProduct("B/1", ("new",)))
    assert shop.changes[-1][1].endswith("/products/B%2F1")


@pytest.mark.parametrize(
    ("held", "amount", "ats"),
    [
        (stock(), 7, 3),
        (stock(quantity_on_order=0, ats=10), 3, 3),
        (
            stock(
                pre_order_back_order_handling="backorder",
                pre_order_back_order_allocation=2,
                ats=12,
                quantity_on_order=0,
            ),
            1,
            3,
        ),
    ],
)
def test_stock_counts_what_is_on_order_and_what_may_be_sold_before(held: dict[str, Any], amount: int, ats: int) -> None:
    shop = Shop(stocks={"A": held})
    value = done(shop, writes.SetStock("A", 3)).value
    path = "/s/-/dw/data/v25_6/inventory_lists/main/product_inventory_records/A"
    assert shop.changes == [("PATCH", path, {"allocation": {"amount": amount}})]
    assert (value["available"], shop.stocks["A"]["ats"]) == (ats, ats)
    done(shop, writes.SetStock("A", 3))
    assert len(shop.changes) == 1, "it is so already"


@pytest.mark.parametrize(
    ("shop", "write", "code"),
    [
        (Shop(orders={NO: order(exportStatus="exported")}), writes.HoldFulfillment(NO), "order.exported"),
        (Shop(orders={NO: order(exportStatus="exported")}), writes.CancelOrder(NO), "order.exported"),
        (Shop(orders={NO: order(shippingStatus="shipped")}), writes.ChangeAddress(NO, HOME), "order.closed"),
        (Shop(orders={NO: order(paymentStatus="paid")}), writes.CancelOrder(NO), "refund.by_hand"),
        (Shop(orders={NO: order(status="failed")}), writes.CancelOrder(NO), "order.closed"),
        (Shop(orders={NO: order(**HELD)}), writes.FulfillOrder(NO), "order.on_hold"),
        (Shop(orders={NO: order(status="cancelled")}), writes.FulfillOrder(NO), "order.closed"),
        (Shop(), writes.FulfillOrder(NO, (writes.LineQuantity(1, line="x"),)), "order.line_unknown"),
        (Shop(), writes.FulfillOrder(NO, (writes.LineQuantity(3, line="i1"),)), "order.nothing_to_send"),
        (Shop(orders={NO: order(shipments=[])}), writes.ChangeAddress(NO, HOME), "order.many_addresses"),
        (Shop(orders={NO: order(c_serenoNotes="x" * 3999)}), writes.NoteOrder(NO, "more"), "note.full"),
        (Shop(attributes=frozenset()), writes.NoteOrder(NO, "x"), "metafield.unknown"),
        (Shop(attributes=frozenset()), writes.TagProduct("A", ("new",)), "metafield.unknown"),
        (Shop(), writes.SetMetafield("product", "A", "nobody", "x"), "metafield.unknown"),
        (Shop(), writes.SetMetafield("product", "A", "weight", "x", type="number_integer"), "metafield.value"),
        (Shop(), writes.TagCustomer("email:a@example.com", ("x",)), "customer.guest"),
        (Shop(), writes.CollectProduct("A", "hats"), "collection.gone"),
        (Shop(), writes.SetStock("Z", 3), "stock.untracked"),
        (Shop(), writes.SetStock("A", 3, expected=9), "stock.changed"),
        (Shop(stocks={"A": stock(perpetual_flag=True)}), writes.SetStock("A", 3), "stock.untracked"),
        (Shop(), writes.NoteOrder("404", "x"), "store.not_found"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(shop: Shop, write: writes.Write, code: str) -> None:
    before = json.dumps(shop.state())
    with pytest.raises(StoreRefused) as refused:
        done(shop, write)
    assert refused.value.code == code and len(str(refused.value)) > 15
    assert json.dumps(shop.state()) == before


def test_what_is_paid_is_cancelled_where_no_money_is_to_go_back() -> None:
    shop = Shop(orders={NO: order(paymentStatus="paid")}, attributes=ATTRIBUTES - {"c_serenoNotes"})
    done(shop, writes.CancelOrder(NO, note="Fraud", refund=False))
    assert shop.orders[NO]["status"] == "cancelled", "also where the shop keeps no notes"


# --- the way there ----------------------------------------------------------------------------------


def test_one_token_serves_one_family_for_as_long_as_it_lives() -> None:
    shop = Shop()
    for _ in range(3):
        done(shop, writes.SetTexts("A", "Anillo"))
        done(shop, writes.NoteOrder(NO, "Ring twice"))
        done(shop, writes.SetStock("A", 6))
    assert sorted(shop.taken) == ["", "sfcc.orders.rw", "sfcc.products.rw"], "the Data API wants no scope"
    assert shop.asked[0].body == {
        "grant_type": "client_credentials",
        "scope": "SALESFORCE_COMMERCE_API:zzte_prd sfcc.products.rw",
    }
    assert shop.asked[1].url.startswith("https://kv7kzm78.api.commercecloud.salesforce.com/product/products/v1/")


def test_a_token_that_ended_early_is_asked_for_anew_once() -> None:
    shop = Shop(ends_after=1)
    done(shop, writes.NoteOrder(NO, "Ring twice"))
    assert len(shop.taken) == 3 and shop.orders[NO]["c_serenoNotes"].startswith("Ring twice")
    with pytest.raises(StoreRefused) as refused:
        done(Shop(ends_after=0), writes.NoteOrder(NO, "x"))
    assert refused.value.code == "store.key_refused"


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"client_secret": "wrong"}, "Client authentication failed"),
        ({"organization": "zzte"}, "f_ecom_zzte_prd"),
        ({"short_code": "evil.example/x"}, "no short code"),
    ],
)
def test_a_wrong_key_is_said(access: dict[str, str], said: str) -> None:
    with pytest.raises(StoreRefused, match=re.escape(said)):
        STORE.probe(exchange(Shop(), STORE, {**ACCESS, **access}))


def test_probe() -> None:
    told = STORE.probe(exchange(Shop(), STORE, ACCESS))
    assert (told.shop, told.currency, list(told.lacking)) == ("RefArch (zzte_prd)", "EUR", [])
    only_orders = Shop(allowed=frozenset({"sfcc.orders.rw"}))
    lean = {name: value for name, value in ACCESS.items() if name not in ("host", "inventory_list", "catalog")}
    assert list(STORE.probe(exchange(only_orders, STORE, lean)).lacking) == list(LACKING.values())
    with pytest.raises(StoreRefused):
        STORE.probe(exchange(Shop(allowed=frozenset()), STORE, ACCESS))


@pytest.mark.parametrize(
    ("answer", "wanted", "after"),
    [
        ((429, {"title": "Too Many Requests"}, {"retry-after": "7"}), StoreLimited, 7),
        (
            (503, {"title": "Service Unavailable"}, {"sfdc_load_status": "THROTTLE", "sfdc_load": "95"}),
            StoreLimited,
            None,
        ),
        ((503, {"title": "Service Unavailable"}, {}), StoreBusy, None),
        ((504, {"title": "Gateway Timeout"}, {}), StoreBusy, None),
    ],
)
def test_limits_are_waited_for(answer: Any, wanted: type[Exception], after: int | None) -> None:
    shop = Shop(fixed={("GET", HERE): answer})
    with pytest.raises(wanted) as raised:
        done(shop, writes.NoteOrder(NO, "x"))
    assert getattr(raised.value, "after", None) == (timedelta(seconds=after) if after else None)


def test_words_of_errors() -> None:
    assert words({"title": "Order Not Found", "detail": "No order."}) == "Order Not Found: No order."
    assert words({"fault": {"type": "X", "message": "No list."}}) == "No list."
    assert words({"fault": {"type": "X"}}) == "X"


# --- reading ----------------------------------------------------------------------------------------


def read_all(shop: Shop, kind: str, size: int, since: Any = None, on_page: Any = lambda number: None) -> list[Any]:
    return pages_of(exchange(shop, STORE, ACCESS), STORE, kind, size, since, on_page)


def test_reading_passes_over_nothing_while_orders_change() -> None:
    shop = Shop(orders={f"0000000{own}": order(own) for own in range(1, 31)})

    def touch(number: int) -> None:
        if number < 6:
            shop.orders[f"0000000{number + 1}"]["lastModified"] = stamp(10 + number)

    items = read_all(shop, "order", 4, on_page=touch)
    assert {item.id for item in items} == set(shop.orders)
    same = Shop(orders={f"0000000{own}": order(own, lastModified=stamp(0)) for own in range(1, 12)})
    assert {item.id for item in read_all(same, "order", 4)} == set(same.orders)
    assert len({item.id for item in read_all(same, "order", 4, NOW)}) == 11
    assert read_all(same, "order", 4, NOW + timedelta(seconds=1)) == []


@pytest.mark.parametrize("kind", ["customer", "product"])
def test_searches_pass_over_nothing_while_records_change(kind: str) -> None:
    people = {f"C{own}": customer(f"C{own}", own) for own in range(1, 31)}
    things = {f"P{own}": product(f"P{own}", own) for own in range(1, 31)}
    shop = Shop(customers=people, products=things)
    records = people if kind == "customer" else things
    late = NOW - timedelta(seconds=1490)
    prefix = "C" if kind == "customer" else "P"

    def touch(number: int) -> None:
        # One that was not among those found so far, made before what was read.
        if number == 1:
            records[f"{prefix}1"]["lastModified"] = stamp(5)

    found = {item.id for item in read_all(shop, kind, 4, late, touch)}
    assert found >= {f"{prefix}{own}" for own in range(10, 31)}
    assert {item.id for item in read_all(shop, kind, 4)} == set(records)
    same = {own: {**one, "creationDate": stamp(0)} for own, one in records.items()}
    again = Shop(customers=same, products=same)
    assert {item.id for item in read_all(again, kind, 7)} == set(records)


def test_customers_are_read_whole_where_their_instants_cannot_be_searched_by() -> None:
    people = {f"C{own:02}": customer(f"C{own:02}", own) for own in range(1, 12)}
    shop = Shop(customers=people, unqueryable=frozenset({"lastModified", "creationDate"}))
    items = read_all(shop, "customer", 4, NOW)
    assert [item.id for item in items] == sorted(people)
    shop.asked.clear()
    shop.fixed[("POST", "/product/products/v1/organizations/f_ecom_zzte_prd/product-search")] = (400, {"title": "Bad"})
    with pytest.raises(StoreRefused):
        read_all(shop, "product", 4, NOW)


def test_what_is_asked_for_changes() -> None:
    shop = Shop()
    page = STORE.reads["order"](exchange(shop, STORE, ACCESS), Reading(NOW - timedelta(days=2), NOW, None, 10))
    assert (len(page.items), page.next) == (1, None)
    assert shop.asked[-1].query == {
        "siteId": "RefArch",
        "sortBy": "last_modified_date",
        "sortOrder": "asc",
        "limit": "10",
        "offset": "0",
        "lastModifiedDateFrom": "2026-11-20T12:00:00.000Z",
        "lastModifiedDateTo": "2026-11-22T12:00:00.001Z",
    }
    STORE.reads["product"](exchange(shop, STORE, ACCESS), Reading(NOW, None, None, 10))
    assert shop.asked[-1].body == {
        "query": {
            "filteredQuery": {
                "query": {"matchAllQuery": {}},
                "filter": {"rangeFilter": {"field": "lastModified", "from": "2026-11-22T12:00:00.000Z"}},
            }
        },
        "sorts": [{"field": "creationDate", "sortOrder": "asc"}],
        "limit": 10,
        "offset": 0,
    }


def test_stock_is_read_in_pages_and_not_at_all_without_a_list() -> None:
    shop = Shop(stocks={f"P{own}": stock(product_id=f"P{own}") for own in range(7)})
    items = read_all(shop, "stock_level", 3)
    assert [item.id for item in items] == [f"P{own}@main" for own in range(7)]
    event = mapped(SALESFORCE, items[0]).events[0]
    assert (event.type, event.subject, event.data["available"]) == ("stock.changed", "variant:P0", 6)
    lean = {name: value for name, value in ACCESS.items() if name != "host"}
    assert pages_of(exchange(shop, STORE, lean), STORE, "stock_level", 3, None, lambda number: None) == []


def test_what_is_read_becomes_events_and_one_record_is_fetched() -> None:
    shop = Shop()
    (item,) = read_all(shop, "order", 10)
    first = [event.id for event in mapped(SALESFORCE, item).events]
    assert first[0] == "order:00000005:created"
    assert first == [event.id for event in mapped(SALESFORCE, item).events], "read again it is the same facts"
    way = exchange(shop, STORE, ACCESS)
    for kind, own in (("order", NO), ("customer", "C1"), ("product", "B/1"), ("variant", "A"), ("stock_level", "A")):
        one = STORE.fetch[kind](way, own)
        assert one is not None and mapped(SALESFORCE, one).events, kind
        assert STORE.fetch[kind](way, "404") is None, kind
