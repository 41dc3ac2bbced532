"""Saleor's products as canonical records: texts out of Editor.js, prices and being on sale by channel, read back and
told by webhooks, also by a Saleor that knows no prior price."""

from __future__ import annotations

import json
from typing import Any

import pytest
from saleor_wire import ACCESS, AT
from wires import NOW, Asked, Wire, carry_out, exchange, mapped

from sereno.commerce.money import Money
from sereno.connectors.saleor.api import API
from sereno.connectors.saleor.reads import subscription_query
from sereno.connectors.saleor.webhooks import SALEOR
from sereno.sdk.connector import Delivery
from sereno.sdk.stores import Reading, StoreRefused
from sereno.sdk.writes import SetPrice

TEXT = json.dumps({"blocks": [{"type": "paragraph", "data": {"text": "De <b>Uji</b>"}}]})


def listed(channel: str, **more: Any) -> dict[str, Any]:
    return {"channel": {"slug": channel}, **more}


def product(**more: Any) -> dict[str, Any]:
    prices = [
        listed("us", price={"amount": "30", "currency": "USD"}, priorPrice=None),
        listed("main", price={"amount": "24.50", "currency": "EUR"}, priorPrice={"amount": "28"}),
    ]
    variant = {"id": "v-1", "sku": "TE-1", "name": "30 g", "trackInventory": True, "channelListings": prices}
    shown = [listed("us", isPublished=False), listed("main", isPublished=True, publishedAt=AT)]
    own = {"id": "p-1", "name": "Té", "slug": "te", "description": TEXT, "updatedAt": AT, "channelListings": shown}
    return {**own, "variants": [variant], **more}


class Shop(Wire):
    """`is_older`: it is of a version before 3.21."""

    is_older = False

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        query = asked.body["query"]
        if self.is_older and "priorPrice" in query + str(asked.body["variables"]):
            error = {"message": 'Cannot query field "priorPrice" on type "ProductVariantChannelListing".'}
            if query.startswith("mutation"):
                return 200, {"data": {"webhookCreate": {"errors": [{**error, "code": "INVALID", "field": "query"}]}}}
            return 400, {"errors": [error]}
        if "ChannelListingUpdate" in query:
            return 200, {"data": {"productVariantChannelListingUpdate": {"variant": {"id": "v-1"}, "errors": []}}}
        if query.startswith("query($slug"):
            return 200, {"data": {"channel": {"id": "ch-1", "slug": "main", "currencyCode": "EUR"}}}
        if query.startswith("mutation"):
            return 200, {"data": {"webhookCreate": {"webhook": {"id": "h", "isActive": True}, "errors": []}}}
        if "edges" not in query:
            return 200, {"data": {"product": product() if asked.body["variables"]["id"] == "p-1" else None}}
        page = {"totalCount": 1, "pageInfo": {"hasNextPage": False, "endCursor": None}}
        return 200, {"data": {"products": {**page, "edges": [{"node": product()}]}}}


def told(record: dict[str, Any], topic: str = "product_updated", name: str = "product") -> dict[str, Any]:
    body = json.dumps({"event": {name: record}}).encode()
    (event,) = SALEOR.map(Delivery({}, body, topic, NOW), {}).events
    return dict(event.data)


@pytest.mark.parametrize("is_older", [False, True])
def test_a_product_read_back_is_of_the_connections_channel(is_older: bool) -> None:
    shop = Shop()
    shop.is_older = is_older
    way = exchange(shop, API, ACCESS)
    (item,) = API.reads["product"](way, Reading()).items
    (event,) = mapped(SALEOR, item).events
    found = event.data
    assert (found["title"], found["description"]) == ("Té", "<p>De <b>Uji</b></p>")
    assert (found["status"], found["published_at"]) == ("active", AT)
    (variant,) = found["variants"]
    assert (variant["price"], variant["compare_at_price"], variant["currency"]) == ("24.50", "28.00", "EUR")
    fetched = API.fetch["product"](way, "p-1")
    assert fetched is not None and mapped(SALEOR, fetched).events[0].data == found
    assert API.fetch["product"](way, "p-9") is None
    assert len(shop.asked) == (6 if is_older else 3)


def test_a_webhook_says_which_channel_it_is_about() -> None:
    found = told(product(channel="us"))
    assert (found["status"], found["published_at"]) == ("draft", None)
    (variant,) = found["variants"]
    assert (variant["price"], variant["compare_at_price"], variant["currency"]) == ("30.00", None, "USD")
    # Of several channels none is chosen by chance.
    found = told(product())
    assert "status" not in found and "price" not in found["variants"][0]
    only = told(product(channelListings=[listed("us", isPublished=True)]))
    assert only["status"] == "active"
    assert told(product(channelListings=[]))["status"] == "draft"
    assert "status" not in told({"id": "p-1", "name": "Té"}) and "description" not in told({"id": "p-1"})
    assert told({"id": "p-1", "description": None})["description"] is None


def test_a_variants_own_notice_has_its_price() -> None:
    (variant,) = product()["variants"]
    found = told({**variant, "channel": "main"}, "product_variant_updated", "productVariant")
    assert (found["variant_id"], found["price"], found["compare_at_price"]) == ("v-1", "24.50", "28.00")


def test_an_older_saleor_has_no_price_to_strike_through() -> None:
    shop = Shop()
    shop.is_older = True
    way = exchange(shop, API, ACCESS)
    price, none, old = (Money.parse(text, "EUR") for text in ("20", "0", "30"))
    carry_out(way, API, SetPrice("p-1", "v-1", price, none))
    assert shop.asked[-1].body["variables"]["input"] == [{"channelId": "ch-1", "price": "20"}]
    with pytest.raises(StoreRefused, match="priorPrice"):
        carry_out(way, API, SetPrice("p-1", "v-1", price, old))
    with pytest.raises(StoreRefused) as refused:
        carry_out(way, API, SetPrice("p-1", "v-1"))
    assert refused.value.code == "price.missing"


def test_our_webhooks_ask_for_the_channel() -> None:
    assert 'product(channel: "main") { channel id name slug description' in subscription_query(
        "PRODUCT_UPDATED", "main"
    )
    shop = Shop()
    shop.is_older = True
    kept = API.subscriptions
    assert kept is not None and "PRODUCT_VARIANT_UPDATED" in kept.topics
    made = kept.make(exchange(shop, API, ACCESS), "PRODUCT_VARIANT_UPDATED", "https://x.example/hooks/s", "secret")
    assert made.is_active
    (refused, taken) = [one.body["variables"]["input"]["query"] for one in shop.asked]
    assert "priorPrice" in refused and "priorPrice" not in taken and 'productVariant(channel: "main")' in taken
