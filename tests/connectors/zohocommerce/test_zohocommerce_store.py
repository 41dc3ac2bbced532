"""Zoho Commerce written to and read back: each operation's request, its answer, and what becomes of a lost one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from wires import NOW, carry_out, changes_once, exchange, mapped
from wires import read_all as pages_of
from zoho_shop import ACCESS, Shop, millis, order, product, stamp, variant

from sereno.commerce.money import Money
from sereno.connectors.marks import mark
from sereno.connectors.zohocommerce.reading import size_of
from sereno.connectors.zohocommerce.settings import DOMAINS
from sereno.connectors.zohocommerce.store import PRODUCTS, STOCK, STORE
from sereno.connectors.zohocommerce.webhooks import ZOHOCOMMERCE
from sereno.sdk import writes
from sereno.sdk.stores import Reading, StoreBusy, StoreLimited, StoreRefused

PARCEL: dict[str, Any] = {"tracking_number": "BD-1", "carrier": "Blue Dart"}
EACH: list[writes.Write] = [
    writes.FulfillOrder("5", **PARCEL),
    writes.SetPrice("11", "21", Money(Decimal("499.5"), "INR"), Money(Decimal(650), "INR")),
    writes.SetTexts("11", "Kurta", "<p>New</p>"),
    writes.PublishProduct("11", is_published=False),
    writes.SetStock("21", 3, expected=8),
]


def done(shop: Shop, write: writes.Write, attempt: int = 1, **more: Any):
    return carry_out(exchange(shop, STORE, ACCESS), STORE, write, attempt=attempt, **more)


@pytest.mark.parametrize("write", EACH, ids=[one.ability for one in EACH])
def test_a_lost_answer_changes_the_store_once(write: writes.Write) -> None:
    assert changes_once(Shop, STORE, ACCESS, write) >= 3


def test_all_that_is_offered_is_tried() -> None:
    assert {type(one) for one in EACH} == set(STORE.writes)


# --- what is asked ----------------------------------------------------------------------------------


def test_an_order_is_sent_as_a_whole() -> None:
    shop = Shop()
    told = done(shop, writes.FulfillOrder("5", tracking_url="https://bd.example/1", **PARCEL))
    body = {"shipment_date": "2026-11-22", "tracking_url": "https://bd.example/1", **PARCEL}
    assert shop.changes == [("POST", "/store/api/v1/salesorders/5/shipmentorders/shipped", body)]
    assert told.value == {"order": "5", "fulfillment": "5:shipment"}
    done(shop, writes.FulfillOrder("5", **PARCEL), key="8/1")
    done(shop, writes.FulfillOrder("5"), key="9/1")
    assert len(shop.changes) == 1, "it has left"
    (item,) = read_all(shop, "order", 10)
    (parcel,) = mapped(ZOHOCOMMERCE, item).events[0].data["fulfillments"]
    assert (parcel["id"], parcel["tracking_number"]) == ("5:shipment", "BD-1"), (
        "the write and the record name one parcel"
    )


def test_the_day_of_sending_is_that_of_the_organisation_and_not_before_the_order() -> None:
    late = NOW.replace(hour=23)
    shop = Shop()
    done(shop, writes.FulfillOrder("5", **PARCEL), now=late)
    assert shop.changes[0][2]["shipment_date"] == "2026-11-23", "it is tomorrow in India"
    ahead = Shop(orders={"5": order(date="2026-11-24")})
    done(ahead, writes.FulfillOrder("5", **PARCEL))
    assert ahead.changes[0][2]["shipment_date"] == "2026-11-24"


def test_lines_may_be_named_when_they_are_all() -> None:
    shop = Shop()
    every = (writes.LineQuantity(2, line="71"), writes.LineQuantity(1, line="72"))
    done(shop, writes.FulfillOrder("5", every, **PARCEL))
    assert shop.orders["5"]["shipped_status"] == "shipped"


def test_prices_are_set_by_variant() -> None:
    shop = Shop()
    done(shop, writes.SetPrice("11", price=Money(Decimal("499.50"), "INR")))
    done(shop, writes.SetPrice("11", "21", compare_at=Money(Decimal(0), "INR")))
    path = "/store/api/v1/variants/21"
    assert shop.changes == [("PUT", path, {"rate": 499.5}), ("PUT", path, {"label_rate": 0.0})]
    done(shop, writes.SetPrice("11", "21", Money(Decimal("499.5"), "INR"), Money(Decimal(0), "INR")))
    assert len(shop.changes) == 2, "it is so already"


def test_only_what_differs_of_a_product_is_sent() -> None:
    shop = Shop()
    done(shop, writes.SetTexts("11", "Kurta", "<p>Old</p>"))
    done(shop, writes.PublishProduct("11", is_published=False))
    done(shop, writes.PublishProduct("11", is_published=False))
    path = "/store/api/v1/products/11"
    assert shop.changes == [("PUT", path, {"name": "Kurta"}), ("PUT", path, {"show_in_storefront": False})]


def test_stock_is_adjusted_by_the_difference() -> None:
    shop = Shop()
    assert done(shop, writes.SetStock("21", 11)).value["available"] == 11
    ((method, path, body),) = shop.changes
    assert (method, path, body["date"], body["reference_number"]) == (
        "POST",
        "/inventory/v1/inventoryadjustments",
        "2026-11-22",
        mark("7/1"),
    )
    assert body["line_items"] == [{"item_id": "21", "quantity_adjusted": 3}]
    assert shop.variants["21"]["available_stock"] == 11


@pytest.mark.parametrize(
    ("shop", "write", "code"),
    [
        (Shop(), writes.FulfillOrder("5"), "fulfillment.no_tracking"),
        (Shop(orders={"5": order(order_status="onhold")}), writes.FulfillOrder("5", **PARCEL), "order.on_hold"),
        (Shop(orders={"5": order(order_status="void")}), writes.FulfillOrder("5", **PARCEL), "order.closed"),
        (Shop(), writes.FulfillOrder("5", (writes.LineQuantity(1, line="9"),), **PARCEL), "order.line_unknown"),
        (Shop(), writes.FulfillOrder("5", (writes.LineQuantity(2, line="71"),), **PARCEL), "fulfillment.partial"),
        (
            Shop(orders={"5": order(shipped_status="shipped", tracking_number="X")}),
            writes.FulfillOrder("5", **PARCEL),
            "order.fulfilled",
        ),
        (Shop(), writes.FulfillOrder("404", **PARCEL), "store.not_found"),
        (Shop(), writes.SetPrice("11", "21"), "price.missing"),
        (Shop(), writes.SetPrice("11", "21", Money(Decimal(5), "EUR")), "price.currency"),
        (Shop(), writes.SetPrice("11", "404", Money(Decimal(5), "INR")), "variant.gone"),
        (
            Shop(variants={"21": variant(21), "22": variant(22)}),
            writes.SetPrice("11", price=Money(Decimal(5), "INR")),
            "variant.gone",
        ),
        (Shop(), writes.SetTexts("404", "x"), "store.not_found"),
        (Shop(), writes.SetTexts("11"), "texts.missing"),
        (Shop(), writes.SetStock("21", 3, expected=9), "stock.changed"),
        (Shop(), writes.SetStock("21", 3, location="7"), "stock.which_location"),
        (Shop(variants={"21": {"variant_id": "21"}}), writes.SetStock("21", 3), "stock.untracked"),
        (Shop(lacks=frozenset({"inventoryadjustments"})), writes.SetStock("21", 3), "store.key_lacks"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(shop: Shop, write: writes.Write, code: str) -> None:
    before = json.dumps(shop.state())
    with pytest.raises(StoreRefused) as refused:
        done(shop, write)
    assert refused.value.code == code and len(str(refused.value)) > 15
    assert json.dumps(shop.state()) == before


# --- the way there ----------------------------------------------------------------------------------


def test_one_token_serves_all_for_as_long_as_it_lives() -> None:
    shop = Shop()
    for write in EACH:
        done(shop, write)
    assert len(shop.given) == 1, "Zoho makes ten in ten minutes"
    assert {name for name in shop.asked[0].headers if name == "Authorization"} == set()


def test_a_token_that_ended_early_is_asked_for_anew_once() -> None:
    shop = Shop(ends_after=1)
    done(shop, writes.SetTexts("11", "Kurta"))
    assert (len(shop.given), shop.products["11"]["name"]) == (2, "Kurta")
    with pytest.raises(StoreRefused) as refused:
        done(Shop(ends_after=0), writes.SetTexts("11", "Kurta"))
    assert refused.value.code == "store.key_refused"


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"refresh_token": "wrong"}, "invalid_code"),
        ({"organization": "RefArch"}, "no organisation id"),
        ({"data_center": "evil.example/"}, "none of Zoho's data centres"),
    ],
)
def test_a_wrong_key_is_said(access: dict[str, str], said: str) -> None:
    with pytest.raises(StoreRefused, match=re.escape(said)):
        STORE.probe(exchange(Shop(), STORE, {**ACCESS, **access}))


def test_probe() -> None:
    told = STORE.probe(exchange(Shop(), STORE, ACCESS))
    assert (told.shop, told.currency, list(told.lacking)) == ("Zoho Commerce 58927961", "INR", [])
    few = Shop(lacks=frozenset({"products", "inventoryadjustments"}))
    assert list(STORE.probe(exchange(few, STORE, ACCESS)).lacking) == [PRODUCTS, STOCK]
    assert len(few.given) == 1, "what a scope leaves out is no reason for another token"
    with pytest.raises(StoreRefused) as refused:
        STORE.probe(exchange(Shop(lacks=frozenset({"salesorders"})), STORE, ACCESS))
    assert refused.value.code == "store.key_lacks"


def test_every_data_centre_has_its_own_addresses() -> None:
    assert all(one.startswith(("zoho.", "zohocloud.")) and two.startswith("zohoapis.") for one, two in DOMAINS.values())
    assert STORE.access[0].options == tuple(DOMAINS)


@pytest.mark.parametrize(
    ("answer", "wanted", "seconds"),
    [
        ((429, {"code": 43, "message": "Too many."}, {"retry-after": "7"}), StoreLimited, 7),
        ((400, {"code": 44, "message": "Exceeded the maximum number of requests."}), StoreLimited, 60),
        ((429, {"code": 45, "message": "The call rate limit of the day."}), StoreLimited, 3600),
        ((429, {}), StoreLimited, 60),
        ((502, b"bad gateway"), StoreBusy, None),
    ],
)
def test_limits_are_waited_for(answer: Any, wanted: type[Exception], seconds: int | None) -> None:
    shop = Shop(fixed={("GET", "/store/api/v1/products/11"): answer})
    with pytest.raises(wanted) as raised:
        done(shop, writes.SetTexts("11", "Kurta"))
    assert getattr(raised.value, "after", None) == (timedelta(seconds=seconds) if seconds else None)


def test_when_no_more_tokens_are_made_it_is_waited() -> None:
    with pytest.raises(StoreLimited) as limited:
        done(Shop(limit=0), writes.SetTexts("11", "Kurta"))
    assert limited.value.after == timedelta(minutes=10)


def test_a_code_is_an_error_whatever_the_status() -> None:
    said = {"code": 9, "message": "That is not so."}
    shop = Shop(fixed={("GET", "/store/api/v1/products/11"): (200, said)})
    with pytest.raises(StoreRefused, match=re.escape("That is not so. (9)")):
        done(shop, writes.SetTexts("11", "Kurta"))


# --- reading ----------------------------------------------------------------------------------------


def read_all(shop: Shop, kind: str, size: int, since: Any = None, on_page: Any = lambda number: None) -> list[Any]:
    return pages_of(exchange(shop, STORE, ACCESS), STORE, kind, size, since, on_page)


def test_reading_passes_over_nothing_while_orders_change() -> None:
    shop = Shop(orders={f"{own}": order(own) for own in range(1, 41)})

    def touch(number: int) -> None:
        # One that is on a later page comes to the front.
        if number < 2:
            shop.orders[f"{number + 1}"]["last_modified_time"] = stamp(10 + number)

    first = {item.id for item in read_all(shop, "order", 10, on_page=touch)}
    assert first == set(shop.orders) - {"1", "2"}
    assert {item.id for item in read_all(shop, "order", 10, NOW)} == {"1", "2"}, "the next reading finds them"


def test_reading_goes_no_further_back_than_it_was_asked() -> None:
    shop = Shop(orders={f"{own}": order(own) for own in range(1, 41)})
    items = read_all(shop, "order", 10, NOW - timedelta(seconds=865))
    assert [item.id for item in items] == ["40", "39", "38", "37", "36", "35"]
    lists = [one for one in shop.asked if one.path.endswith("/salesorders")]
    assert len(lists) == 1, "all that follows is older"
    way = exchange(shop, STORE, ACCESS)
    until = NOW - timedelta(seconds=861)
    page = STORE.reads["order"](way, Reading(NOW - timedelta(seconds=865), until, None, 10))
    assert [item.id for item in page.items] == ["39", "38", "37", "36", "35"]
    assert page.items[0].updated_at == until


def test_an_order_that_is_gone_meanwhile_is_passed_over() -> None:
    shop = Shop(fixed={("GET", "/store/api/v1/salesorders/5"): (404, {"code": 1002, "message": "No."})})
    assert read_all(shop, "order", 10) == []


def test_products_carry_the_currency_and_stock_only_what_is_counted() -> None:
    bare = {"variant_id": "22", "product_id": "11", "last_modified_time": stamp(0)}
    variants = {"21": variant(21), "22": bare}
    shop = Shop(variants=variants, products={f"{own}": product(own) for own in range(1, 31)})
    items = read_all(shop, "product", 25)
    assert len({item.id for item in items}) == 30
    assert mapped(ZOHOCOMMERCE, items[0]).events[0].data["currency"] == "INR"
    late = read_all(shop, "product", 25, NOW - timedelta(seconds=1471))
    assert {item.id for item in late} == {"29", "30"}
    (level,) = read_all(shop, "stock_level", 200)
    assert [event.type for event in mapped(ZOHOCOMMERCE, level).events] == ["stock.changed"]


def test_a_list_that_does_not_turn_its_pages_ends() -> None:
    rows = [product(own, last_modified_time=millis(own)) for own in range(1, 26)]
    same = {"code": 0, "products": rows}
    shop = Shop(fixed={("GET", "/store/api/v1/products"): (200, same)})
    assert len(read_all(shop, "product", 25)) == 50, "the second time it is seen"
    assert [size_of(wanted) for wanted in (250, 199, 40, 1)] == [200, 100, 25, 10]


@pytest.mark.parametrize(
    ("kind", "own", "topic"),
    [
        ("order", "5", "salesorder"),
        ("product", "11", "product"),
        ("variant", "21", "product"),
        ("stock_level", "21", "variant"),
    ],
)
def test_one_record(kind: str, own: str, topic: str) -> None:
    way = exchange(Shop(), STORE, ACCESS)
    item = STORE.fetch[kind](way, own)
    assert item is not None and item.topic == topic and mapped(ZOHOCOMMERCE, item).events
    assert STORE.fetch[kind](way, "404") is None
