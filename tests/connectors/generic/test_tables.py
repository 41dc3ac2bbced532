"""Tables of marketplaces and tills: Amazon's order reports by their published columns, and others by theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wires import NOW, Wire, exchange, mapped

from sereno.connectors.generic.tables import is_table, map_table
from sereno.connectors.generic.webhooks import GENERIC
from sereno.connectors.generic.writing import STORE
from sereno.sdk.connector import Delivery, Unmappable
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.sdk.stores import Reading, StoreBusy, StoreRefused

# GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL, as its attributes are published.
AMAZON = [
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status", "fulfillment-channel",
    "sales-channel", "ship-service-level", "product-name", "sku", "asin", "item-status", "quantity", "currency",
    "item-price", "item-tax", "shipping-price", "shipping-tax", "item-promotion-discount", "ship-promotion-discount",
    "ship-city", "ship-state", "ship-postal-code", "ship-country",
]  # fmt: skip


def amazon(**values: str) -> str:
    usual = {
        "amazon-order-id": "302-1",
        "purchase-date": "2026-11-20T10:00:00+00:00",
        "last-updated-date": "2026-11-20T12:00:00+00:00",
        "order-status": "Shipped",
        "sales-channel": "Amazon.de",
        "product-name": 'Mug 3" blue',
        "sku": "MUG",
        "quantity": "2",
        "currency": "EUR",
        "item-price": "24.00",
        "item-tax": "3.83",
        "shipping-price": "4.99",
        "ship-city": "München",
        "ship-country": "DE",
    } | {name.replace("_", "-"): value for name, value in values.items()}
    return "\t".join(usual.get(name, "") for name in AMAZON)


def table(*rows: str, columns: list[str] = AMAZON, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(["\t".join(columns), *rows, ""]).encode(encoding)


def events(body: bytes, settings: dict[str, Any] | None = None, headers: dict[str, str] | None = None):
    return GENERIC.map(Delivery(headers or {}, body, "orders", NOW), settings or {}).events


def test_amazons_report() -> None:
    body = table(
        amazon(),
        amazon(
            sku="BOWL",
            quantity="1",
            item_price="10.00",
            item_tax="1.60",
            shipping_price="",
            item_promotion_discount="2.00",
        ),
        amazon(amazon_order_id="302-2", order_status="Cancelled"),
        amazon(amazon_order_id="302-3", order_status="Pending"),
    )
    found = events(body)
    assert [(event.type, event.subject) for event in found if event.subject == "order:302-1"] == [
        ("order.created", "order:302-1"),
        ("order.paid", "order:302-1"),
        ("order.fulfilled", "order:302-1"),
        ("order.updated", "order:302-1"),
    ]
    order = found[0].data
    assert (order["total"], order["subtotal"], order["total_shipping"], order["total_tax"]) == (
        "36.99",
        "32.00",
        "4.99",
        "5.43",
    )
    assert [(line["sku"], line["quantity"], line["price"], line["total"]) for line in order["lines"]] == [
        ("MUG", 2, "12.00", "24.00"),
        ("BOWL", 1, "10.00", "8.00"),
    ]
    assert order["lines"][0]["title"] == 'Mug 3" blue', "a quote is an inch"
    assert order["shipping_address"] == {"city": "München", "country": "DE"} and order["channel"] == "Amazon.de"
    assert order["placed_at"] == "2026-11-20T10:00:00Z"
    types = {
        event.subject: event.type for event in found if event.subject != "order:302-1" and event.type != "order.updated"
    }
    assert types == {"order:302-2": "order.cancelled", "order:302-3": "order.created"}
    assert [event.id for event in found] == [event.id for event in events(body)], "the same file tells the same facts"


def test_tax_comes_on_top_where_prices_are_without() -> None:
    assert events(table(amazon(currency="USD")))[0].data["total"] == "32.82"


def test_a_western_report() -> None:
    assert events(table(amazon(), encoding="cp1252"))[0].data["shipping_address"]["city"] == "München"


def test_tables_of_others() -> None:
    etsy = b"Sale Date,Item Name,Quantity,Price,Order ID,SKU,Ship City,Ship Country,Currency\n"
    etsy += b'2026-11-20T10:00:00Z,"Bowl, blue",2,"$12.50",77,BOWL,Bath,GB,GBP\n'
    (created,) = events(etsy)
    assert (created.type, created.subject, created.data["total"]) == ("order.created", "order:77", "25.00")
    assert created.data["lines"][0]["title"] == "Bowl, blue"
    german = "Bestellnr;Artikel;Menge;Betrag;Währung\n9;MUG;3;30,00;EUR\n".encode()
    named = {"columns": "Bestellnr=id, Artikel=sku, Menge=quantity, Betrag=line_total, Währung=currency"}
    (created,) = events(german, named, {"content-type": "text/csv"})
    assert (created.data["total"], created.data["lines"][0]["price"]) == ("30.00", "10.00")


def test_a_tills_stock() -> None:
    found = events(b"SKU;Location;Available\nMUG;shop;4\nBOWL;shop;0\n;shop;3\nHAT;shop;many\n")
    assert [(event.subject, event.data["available"], event.data["location_id"]) for event in found] == [
        ("variant:MUG", 4, "shop"),
        ("variant:BOWL", 0, "shop"),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'[{"type": "order.paid"}]', b"a,b,c\n1,2,3", b"order_id=5&sku=1", b"\xff\xfe"]
)
def test_what_is_no_table(body: bytes) -> None:
    assert not is_table(Delivery({}, body, "x", NOW))


@pytest.mark.parametrize("body", [b"a,b,c\n1,2,3", b"", b"\x00"])
def test_an_unknown_table_says_what_to_do(body: bytes) -> None:
    with pytest.raises(Unmappable, match="columns"):
        map_table(Delivery({"content-type": "text/csv"}, body, "x", NOW), {})


# --- a feed behind an address -----------------------------------------------------------------------

ACCESS = {"url": "https://x.example", "secret": "s" * 30, "reads_url": "https://market.example/export/orders.tsv"}


class Feed(Wire):
    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__()
        self.body, self.status = body, status
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        return HttpAnswer(self.status, {"content-type": "text/plain"}, self.body)


def test_a_feed_is_read_in_parts() -> None:
    rows = [amazon(amazon_order_id=f"302-{number}") for number in range(1200)]
    way = exchange(Feed(table(*rows)), STORE, ACCESS)
    items, cursor = [], None
    while True:
        page = STORE.reads["order"](way, Reading(None, None, cursor))
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    assert [item.id for item in items] == [f"302-{number}" for number in range(1200)] and page.total == 1200
    direct = [event.id for event in events(table(rows[0]))]
    assert [event.id for event in mapped(GENERIC, items[0]).events] == direct, "as file or feed, the same facts"
    late = STORE.reads["order"](way, Reading(datetime(2026, 11, 21, tzinfo=UTC)))
    assert late.items == [] and late.next is None
    assert items[0].updated_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert STORE.reads["customer"](way, Reading()).items == ()


def test_a_feed_of_stock_has_no_names_of_its_own() -> None:
    way = exchange(
        Feed(b"sku,available,location\nMUG,4,shop\n"), STORE, {**ACCESS, "reads_url": "https://t.example/s.csv"}
    )
    (item,) = STORE.reads["stock_level"](way, Reading(NOW - timedelta(days=1))).items
    (event,) = mapped(GENERIC, item).events
    assert (event.type, event.subject, event.data["available"]) == ("stock.changed", "variant:MUG", 4)
    assert event.id == GENERIC.dedupe_key({}, json.dumps(item.body).encode(), {})


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (403, b"", StoreRefused, "store.key_refused"),
        (404, b"", StoreRefused, "store.not_found"),
        (503, b"", StoreBusy, None),
        (200, b"a,b,c\n", StoreRefused, "feed.unknown"),
    ],
)
def test_a_feed_that_is_not_there(status: int, body: bytes, kind: type[Exception], code: str | None) -> None:
    with pytest.raises(kind) as raised:
        STORE.reads["order"](exchange(Feed(body, status), STORE, ACCESS), Reading())
    assert getattr(raised.value, "code", None) == code
