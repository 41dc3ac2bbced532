"""Shopify read back: pages, records by id, what they mean, its webhooks, and the key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bodies import map_body
from shopify_wire import ACCESS, ORDER, PLACE, ShopifyWire, eur
from wires import NOW, Asked, carry_out, exchange, mapped

from sereno.connectors.shopify import bulk, client
from sereno.connectors.shopify.store import SCOPES, STORE
from sereno.connectors.shopify.webhooks import SHOPIFY
from sereno.sdk.stores import Exchange, Item, Reading, StoreLimited, StoreRefused
from sereno.sdk.writes import RefundOrder, TagOrder

LINE: dict[str, Any] = {
    "id": "gid://shopify/LineItem/466157049",
    "sku": "IPOD-1",
    "title": "Player",
    "variantTitle": "green",
    "quantity": 2,
    "unfulfilledQuantity": 1,
    "vendor": "Casa",
    "requiresShipping": True,
    "isGiftCard": False,
    "product": {"id": "gid://shopify/Product/632910392"},
    "variant": {"id": "gid://shopify/ProductVariant/39072856"},
    "originalUnitPriceSet": eur("25.00"),
    "discountAllocations": [{"allocatedAmountSet": eur("5.00")}],
    "taxLines": [{"priceSet": eur("9.45")}],
    "customAttributes": [{"key": "engraving", "value": "Ana"}],
}
PAID = {
    "id": "gid://shopify/OrderTransaction/389404469",
    "kind": "SALE",
    "status": "SUCCESS",
    "gateway": "shopify_payments",
    "errorCode": None,
    "test": False,
    "processedAt": "2026-11-20T10:00:01Z",
    "createdAt": "2026-11-20T10:00:01Z",
    "amountSet": eur("59.40"),
}
ANA = {
    "id": "gid://shopify/Customer/207119551",
    "firstName": "Ana",
    "lastName": "Sol",
    "locale": "es",
    "state": "DISABLED",
    "tags": ["vip"],
    "numberOfOrders": "3",
    "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-11-20T10:00:00Z",
    "amountSpent": {"amount": "154.45", "currencyCode": "EUR"},
    "defaultEmailAddress": {
        "emailAddress": "Ana@Example.com",
        "marketingState": "SUBSCRIBED",
        "marketingOptInLevel": "CONFIRMED_OPT_IN",
        "marketingUpdatedAt": "2026-01-02T00:00:00Z",
    },
    "defaultPhoneNumber": None,
}
READ: dict[str, Any] = {
    "id": ORDER,
    "name": "#1001",
    "currencyCode": "EUR",
    "test": False,
    "note": None,
    "tags": ["gift", "vip"],
    "sourceName": "web",
    "discountCodes": ["ANA-10"],
    "email": "ana@example.com",
    "customerLocale": "es",
    "displayFinancialStatus": "PAID",
    "displayFulfillmentStatus": "PARTIALLY_FULFILLED",
    "paymentGatewayNames": ["shopify_payments"],
    "processedAt": "2026-11-20T10:00:00Z",
    "createdAt": "2026-11-20T10:00:00Z",
    "updatedAt": "2026-11-21T09:00:00Z",
    "cancelledAt": None,
    "closedAt": None,
    "totalPriceSet": eur("59.40"),
    "subtotalPriceSet": eur("45.00"),
    "totalDiscountsSet": eur("5.00"),
    "totalTaxSet": eur("9.45"),
    "totalShippingPriceSet": eur("4.95"),
    "shippingLine": {"title": "Standard"},
    "customAttributes": [],
    "customer": ANA,
    "billingAddress": None,
    "shippingAddress": {
        "firstName": "Ana",
        "address1": "Calle 1",
        "city": "Cádiz",
        "zip": "11001",
        "countryCodeV2": "ES",
    },
    "lineItems": {"nodes": [LINE], "pageInfo": {"hasNextPage": False}},
    "transactions": [PAID],
    "refunds": [],
    "fulfillments": [
        {
            "id": "gid://shopify/Fulfillment/255858046",
            "status": "SUCCESS",
            "displayStatus": "IN_TRANSIT",
            "createdAt": "2026-11-21T09:00:00Z",
            "updatedAt": "2026-11-21T09:00:00Z",
            "location": {"id": PLACE},
            "trackingInfo": [{"company": "UPS", "number": "1Z", "url": "https://ups.example/1Z"}],
            "fulfillmentLineItems": {"nodes": [{"quantity": 1, "lineItem": LINE}], "pageInfo": {"hasNextPage": False}},
        }
    ],
}


RECENT = Reading(since=datetime(2026, 11, 20, tzinfo=UTC), until=NOW)


class ReadWire(ShopifyWire):
    """Two orders a page, by number."""

    orders: tuple[dict[str, Any], ...] = (READ,)

    def query_orders(self, first: int, after: str | None, query: str | None) -> Any:
        begin = int(after or 0)
        more = {"hasNextPage": begin + 2 < len(self.orders), "endCursor": str(begin + 2)}
        return {"orders": {"nodes": self.orders[begin : begin + 2], "pageInfo": more}}

    def query_order(self, id: str) -> Any:
        found = next((one for one in self.orders if one["id"] == id), None)
        whole = found and {**found, "lineItems": {"nodes": [LINE], "pageInfo": {"hasNextPage": True, "endCursor": "c"}}}
        return {"order": whole and json.loads(json.dumps(whole))}

    def query_order_lines(self, id: str, after: str) -> Any:
        return {"order": {"lineItems": {"nodes": [{**LINE, "id": "9"}], "pageInfo": {"hasNextPage": False}}}}

    def query_customer(self, id: str) -> Any:
        whole = {**ANA, "note": "likes green", "defaultAddress": None, "addressesV2": {"nodes": []}}
        return {"customer": whole if id == ANA["id"] else None}

    def query_product(self, id: str, after: str | None) -> Any:
        item = {
            "id": "gid://shopify/InventoryItem/4",
            "tracked": True,
            "measurement": {"weight": {"value": "1.5", "unit": "KILOGRAMS"}},
        }
        variant = {
            "id": "gid://shopify/ProductVariant/3",
            "sku": "T-S",
            "title": "Small",
            "price": "19.90",
            "inventoryQuantity": 7,
            "inventoryPolicy": "DENY",
            "selectedOptions": [{"value": "Small"}],
            "inventoryItem": item,
        }
        found = {
            "id": id,
            "title": "T-shirt",
            "status": "ACTIVE",
            "tags": ["summer"],
            "publishedAt": "2026-02-01T00:00:00Z",
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-11-21T00:00:00Z",
        }
        page = {"hasNextPage": after is None, "endCursor": "c"}
        return {"product": {**found, "variants": {"nodes": [variant], "pageInfo": page}}}

    def query_stock(self, first: int, after: str | None, query: str | None) -> Any:
        assert query is None
        level = {"updatedAt": "2026-11-21T00:00:00Z", "location": {"id": PLACE}}
        page = {"hasNextPage": True, "endCursor": "c"}
        levels = {"nodes": [{**level, "quantities": [{"name": "available", "quantity": 7}]}], "pageInfo": page}
        items = [{"id": "gid://shopify/InventoryItem/4", "inventoryLevels": levels}]
        return {"inventoryItems": {"nodes": items, "pageInfo": {"hasNextPage": False}}}

    def query_levels(self, id: str, after: str) -> Any:
        assert (id, after) == ("gid://shopify/InventoryItem/4", "c")
        level = {"updatedAt": "2026-11-21T00:00:00Z", "location": {"id": "gid://shopify/Location/9"}}
        levels = {"nodes": [{**level, "quantities": [{"name": "available", "quantity": 2}]}], "pageInfo": {}}
        return {"inventoryItem": {"inventoryLevels": levels}}


def way(wire: ShopifyWire) -> Exchange:
    return exchange(wire, STORE, ACCESS)


def test_an_order_read_back_tells_every_fact_it_shows() -> None:
    page = STORE.reads["order"](way(ReadWire()), RECENT)
    item = page.items[0]
    assert (item.id, item.updated_at) == ("450789469", datetime(2026, 11, 21, 9, tzinfo=UTC))
    found = mapped(SHOPIFY, item)
    assert [(event.type, event.id) for event in found.events if event.type != "order.updated"] == [
        ("order.created", "order:450789469:created"),
        ("order.paid", "order:450789469:paid"),
        ("order.partially_fulfilled", "order:450789469:partially_fulfilled"),
        ("payment.captured", "payment:389404469:captured"),
        ("fulfillment.created", "fulfillment:255858046:created"),
        ("shipment.shipped", "shipment:255858046:shipped"),
        ("shipment.in_transit", "shipment:255858046:in_transit"),
    ]
    order = found.events[0].data
    assert (order["number"], order["total"], order["payment_status"]) == ("#1001", "59.40", "paid")
    assert (order["total_shipping"], order["subtotal"]) == ("4.95", "45.00")
    assert order["tags"] == ["gift", "vip"]
    assert order["customer"]["accepts_email"] is True
    assert order["lines"][0] | {"id": "466157049"} == {
        "id": "466157049",
        "product_id": "632910392",
        "variant_id": "39072856",
        "sku": "IPOD-1",
        "title": "Player",
        "variant_title": "green",
        "quantity": 2,
        "price": "25.00",
        "total": "45.00",
        "total_discount": "5.00",
        "total_tax": "9.45",
        "vendor": "Casa",
        "requires_shipping": True,
        "is_gift_card": False,
        "fulfillment_status": "partial",
        "properties": {"engraving": "Ana"},
    }


def test_read_and_received_is_one_fact() -> None:
    webhook = {
        "id": 450789469,
        "financial_status": "paid",
        "currency": "EUR",
        "total_price": "59.40",
        "email": "ana@example.com",
    }
    received = map_body("shopify", body=json.dumps(webhook).encode(), topic="orders/create")
    read = mapped(SHOPIFY, STORE.reads["order"](way(ReadWire()), RECENT).items[0])
    assert {event.id for event in received.events} <= {event.id for event in read.events}


def test_pages_follow_each_other() -> None:
    wire = ReadWire()
    wire.orders = tuple({**READ, "id": f"gid://shopify/Order/{number}"} for number in (1, 2, 3))
    since = datetime(2026, 11, 1, tzinfo=UTC)
    page = STORE.reads["order"](way(wire), Reading(since=since, size=250))
    assert wire.variables == {"first": 4, "after": None, "query": "updated_at:>='2026-11-01T00:00:00Z'"}
    assert page.next == "page:2"
    last = STORE.reads["order"](way(wire), Reading(since=since, cursor=page.next))
    assert ([item.id for item in last.items], last.next) == (["3"], None)


def test_an_order_too_long_for_the_page_is_fetched_whole() -> None:
    wire = ReadWire()
    wire.orders = ({**READ, "lineItems": {"nodes": [LINE], "pageInfo": {"hasNextPage": True}}},)
    page = STORE.reads["order"](way(wire), RECENT)
    assert [one["id"] for one in page.items[0].body["line_items"]] == ["466157049", "9"]
    assert wire.operations == ["query_orders", "query_order", "query_order_lines"]
    assert STORE.fetch["order"](way(wire), "1") is None


def test_a_page_that_costs_too_much_is_asked_for_in_halves() -> None:
    class Dear(ReadWire):
        def answer(self, asked: Asked) -> tuple[Any, ...]:
            first = asked.body["variables"].get("first", 0)
            is_whole = "lineItems(first: 36)" in asked.body["query"] and "$after" not in asked.body["query"]
            if first > 2 or is_whole:
                error = {
                    "message": "Query cost is 1204, which exceeds 1000",
                    "extensions": {"code": "MAX_COST_EXCEEDED"},
                }
                return 200, {"errors": [error]}
            return super().answer(asked)

    wire = Dear()
    assert [item.id for item in STORE.reads["order"](way(wire), RECENT).items] == ["450789469"]
    assert [one.body["variables"]["first"] for one in wire.asked] == [4, 2]
    whole = STORE.fetch["order"](way(wire), "450789469")
    assert whole is not None and len(whole.body["line_items"]) == 2


def test_a_customer_and_a_product_by_id() -> None:
    wire = ReadWire()
    item = STORE.fetch["customer"](way(wire), "207119551")
    assert item is not None
    created, updated = mapped(SHOPIFY, item).events
    assert (created.id, updated.type) == ("customer:207119551:created", "customer.updated")
    assert created.data["note"] == "likes green"
    assert created.data["consent"]["email"]["state"] == "subscribed"
    assert STORE.fetch["customer"](way(wire), "1") is None
    item = STORE.fetch["product"](way(wire), "8")
    assert item is not None
    product = mapped(SHOPIFY, item).events[0].data
    assert (product["status"], product["variant_count"], product["available"]) == ("active", 2, 14)
    assert product["variants"][0]["weight_grams"] == 1500


def test_stock_by_location() -> None:
    item, other = STORE.reads["stock_level"](way(ReadWire()), Reading(since=datetime(2026, 11, 1, tzinfo=UTC))).items
    assert (other.id, other.body["available"]) == ("4:9", 2)
    event = mapped(SHOPIFY, item).events[0]
    assert (event.type, event.data["available"], event.data["location_id"]) == ("stock.changed", 7, "487838322")


# --- webhooks and the key ---------------------------------------------------------------------------


def test_webhooks_are_made_once_seen_and_taken_away() -> None:
    wire, hooks = ShopifyWire(), STORE.subscriptions
    assert hooks is not None
    made = hooks.make(way(wire), "orders/create", "https://sereno.example/in/1", "s")
    assert wire.variables == {
        "topic": "ORDERS_CREATE",
        "subscription": {"uri": "https://sereno.example/in/1", "format": "JSON"},
    }
    assert hooks.make(way(wire), "orders/create", "https://sereno.example/in/1", "s") == made
    assert list(hooks.list(way(wire))) == [made]
    assert (made.topic, made.is_active) == ("orders/create", True)
    hooks.remove(way(wire), made.id)
    assert wire.hooks == []


def test_the_probe_says_what_the_key_cannot_do() -> None:
    wire = ShopifyWire()
    found = STORE.probe(way(wire))
    assert (found.shop, found.currency, found.version) == ("Casa Azahar (casa.myshopify.com)", "EUR", "2026-10")
    assert not any(text.startswith(("write_orders:", "read_orders:")) for text in found.lacking)
    assert any(text.startswith("write_discounts:") for text in found.lacking)
    wire.scopes = list(SCOPES)
    assert list(STORE.probe(way(wire)).lacking) == []


class AppWire(ShopifyWire):
    """Gives a token to the app that asks with its id and secret."""

    given = 0
    works = True

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        if asked.path == "/admin/oauth/access_token":
            assert asked.body == {"grant_type": "client_credentials", "client_id": "app", "client_secret": "hush"}
            self.given += 1
            return 200, {"access_token": f"shpat_{self.given}", "scope": "write_orders", "expires_in": 86399}
        asked.headers = {**asked.headers, "X-Shopify-Access-Token": "shpat_1" if self._is_new(asked) else "old"}
        return super().answer(asked)

    def _is_new(self, asked: Asked) -> bool:
        return asked.headers["X-Shopify-Access-Token"] == f"shpat_{self.given}" and self.works


def test_an_app_asks_for_a_token_once_and_again_when_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_TOKENS", {})
    wire = AppWire()
    app = exchange(wire, STORE, {"shop": "shop.example", "client_id": "app", "client_secret": "hush"})
    carry_out(app, STORE, TagOrder("450789469", add=("a",)))
    carry_out(app, STORE, TagOrder("450789469", add=("b",)))
    assert wire.given == 1
    client._TOKENS = dict.fromkeys(client._TOKENS, "a day old")
    carry_out(app, STORE, TagOrder("450789469", add=("c",)))
    assert (wire.given, wire.tags[ORDER]) == (2, {"vip", "a", "b", "c"})
    wire.works = False
    with pytest.raises(StoreRefused) as refused:
        carry_out(app, STORE, TagOrder("450789469", add=("d",)))
    assert refused.value.code == "store.key_refused"


@pytest.mark.parametrize(
    ("access", "settings", "url"),
    [
        ({"shop": "casa"}, {}, "https://casa.myshopify.com"),
        ({"shop": "casa.myshopify.com/"}, {}, "https://casa.myshopify.com"),
        ({}, {"url": "https://casa.myshopify.com/admin"}, "https://casa.myshopify.com"),
    ],
)
def test_the_address_as_people_write_it(access: dict[str, str], settings: dict[str, str], url: str) -> None:
    assert client.shop_address(Exchange(ShopifyWire(), settings, access)) == url


def test_without_an_address_or_a_key_it_says_what_to_give() -> None:
    for access, code in (({}, "store.no_address"), ({"shop": "casa"}, "store.key_missing")):
        with pytest.raises(StoreRefused) as refused:
            STORE.probe(Exchange(ShopifyWire(), {}, access))
        assert refused.value.code == code


def test_a_refund_is_known_again_when_shopify_has_forgotten_the_key() -> None:
    wire = ShopifyWire()
    carry_out(way(wire), STORE, RefundOrder("450789469"))
    wire.keys.clear()
    carry_out(way(wire), STORE, RefundOrder("450789469"), attempt=2)
    assert len(wire.refunds) == 1


# --- history by a file ------------------------------------------------------------------------------


class BulkWire(ShopifyWire):
    """Gathers orders into a file, which lies elsewhere and is given in ranges."""

    status = "RUNNING"
    refuses = False
    file = b""

    def mutation_run_bulk(self, query: str) -> Any:
        if self.refuses:
            wrong = {"field": None, "message": "A bulk query operation for this app and shop is already in progress"}
            return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [wrong]}}
        operation = {"id": "gid://shopify/BulkOperation/72", "status": "CREATED"}
        return {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": []}}

    def query_bulk_state(self, id: str) -> Any:
        assert id == "gid://shopify/BulkOperation/72"
        done = {
            "url": "https://files.example/72.jsonl?signed",
            "fileSize": str(len(self.file)),
            "rootObjectCount": "40",
        }
        return {"bulkOperation": {"id": id, "status": self.status, **(done if self.file else {})}}

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        if asked.url.startswith("https://files.example/"):
            assert "X-Shopify-Access-Token" not in asked.headers
            begin, end = asked.headers["Range"].removeprefix("bytes=").split("-")
            return 206, self.file[int(begin) : int(end) + 1]
        return super().answer(asked)


def jsonl(orders: int, lines: int) -> bytes:
    rows: list[dict[str, Any]] = []
    for number in range(1, orders + 1):
        own = f"gid://shopify/Order/{number}"
        order = {name: value for name, value in READ.items() if name not in ("lineItems", "fulfillments")}
        rows.append({**order, "id": own, "refunds": [REFUND] if number == 1 else []})
        rows += [{**LINE, "id": f"gid://shopify/LineItem/{number}{one}", "__parentId": own} for one in range(lines)]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


REFUND = {
    "id": "gid://shopify/Refund/5",
    "note": "Late",
    "createdAt": "2026-11-21T09:00:00Z",
    "processedAt": "2026-11-21T09:00:00Z",
    "totalRefundedSet": eur("10.00"),
}


def test_history_is_gathered_and_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PIECE", 5_000)
    wire = BulkWire()
    read = STORE.reads["order"]
    page = read(way(wire), Reading())
    assert (list(page.items), page.next) == ([], "bulk:gid://shopify/BulkOperation/72:0")
    with pytest.raises(StoreLimited) as limited:
        read(way(wire), Reading(cursor=page.next))
    assert limited.value.after == timedelta(seconds=10)
    wire.status, wire.file = "COMPLETED", jsonl(40, 3)
    found: list[Item] = []
    cursor, pages = page.next, 0
    while cursor:
        page = read(way(wire), Reading(cursor=cursor))
        # The same piece again, as after a kill, is the same orders.
        assert [one.id for one in read(way(wire), Reading(cursor=cursor)).items] == [one.id for one in page.items]
        found, cursor, pages = [*found, *page.items], page.next, pages + 1
    assert [item.id for item in found] == [str(number) for number in range(1, 41)]
    assert all(len(item.body["line_items"]) == 3 for item in found)
    assert (pages > 10, page.total) == (True, 40)
    events = mapped(SHOPIFY, found[0]).events
    refund = next(event for event in events if event.type == "refund.created")
    assert (refund.id, refund.data["amount"], refund.data["status"]) == ("refund:5:created", "10.00", "completed")


def test_an_order_longer_than_a_piece_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PIECE", 1_000)
    wire = BulkWire()
    wire.status, wire.file = "COMPLETED", jsonl(2, 30)
    page = STORE.reads["order"](way(wire), Reading(cursor="bulk:gid://shopify/BulkOperation/72:0"))
    assert {len(item.body["line_items"]) for item in page.items} == {30}


def test_where_shopify_does_not_gather_pages_take_over() -> None:
    wire = BulkWire()
    wire.refuses = True
    assert STORE.reads["order"](way(wire), Reading()).next == "page:"
    wire.status = "FAILED"
    assert STORE.reads["order"](way(wire), Reading(cursor="bulk:gid://shopify/BulkOperation/72:0")).next == "page:"
    wire.status = "COMPLETED"
    page = STORE.reads["order"](way(wire), Reading(cursor="bulk:gid://shopify/BulkOperation/72:0"))
    assert (list(page.items), page.next) == ([], None), "a shop without orders has no file"
    page = STORE.reads["order"](way(ReadWire()), Reading(cursor="page:"))
    assert [item.id for item in page.items] == ["450789469"]
