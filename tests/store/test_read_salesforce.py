"""Salesforce read through the runtime: what changed is told once, a notice that only names an order becomes whole, and
what a flow wrote itself is known for its own."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from on_the_wire import OnTheWire
from support import START, Place

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "connectors"))

import salesforce_shop

from sereno.runtime.reading.fetching import Fetcher
from sereno.runtime.stores.writing import LiveStores
from sereno.sdk import writes
from sereno.sdk.result import Done, Fail


def stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_what_changed_is_told_once_and_stock_only_when_it_differs(place: Place) -> None:
    old = {"creationDate": stamp(START), "lastModified": stamp(START)}
    shop = salesforce_shop.Shop(
        orders={},
        customers={"C1": salesforce_shop.customer("C1", **old)},
        products={"A": salesforce_shop.product("A", **old)},
    )
    site = OnTheWire(place, "salesforce", shop, salesforce_shop.ACCESS, reader=Fetcher)
    site.read()
    at = stamp(site.time())
    times = {"creationDate": at, "placeDate": at, "lastModified": at}
    shop.orders["00000007"] = salesforce_shop.order(7, paymentStatus="paid", **times)
    assert site.read() == [("order.created", "order:00000007"), ("order.paid", "order:00000007")]
    assert site.read() == [], "nothing changed, nothing is told"
    shop.stocks["A"]["ats"] = 2
    assert site.read() == [("stock.changed", "variant:A")]
    shop.stocks["A"]["ats"] = 6
    assert site.read() == [("stock.changed", "variant:A")], "the figure it had before is news again"
    assert site.read() == []
    live = LiveStores(place.database, place.runtime.world.plugins, place.shop, shop)
    now = site.time(minutes=1)
    done = live.write(writes.TagOrder("00000007", ("vip",)), key="9/0", attempt=1, now=now)
    assert isinstance(done, Done), done
    shop.orders["00000007"]["lastModified"] = stamp(now)
    assert site.read() == [("order.updated", "order:00000007")]
    refused = live.write(writes.RefundOrder("00000007"), key="9/1", attempt=1, now=now)
    assert isinstance(refused, Fail) and refused.reason == "store.cannot"


def test_a_notice_that_names_an_order_becomes_whole(place: Place) -> None:
    shop = salesforce_shop.Shop(orders={})
    site = OnTheWire(place, "salesforce", shop, salesforce_shop.ACCESS, reader=Fetcher)
    site.read()
    at = stamp(site.time(minutes=1))
    shop.orders["00000008"] = salesforce_shop.order(8, creationDate=at, placeDate=at, lastModified=at)
    topic = {"x-sereno-topic": "orders/created"}
    site.receive("orders/created", {"orderNo": "00000008"}, "d-1", topic)
    reader = site.reader
    assert isinstance(reader, Fetcher) and reader.fetch() == 1
    place.drain()
    ((data,),) = place.rows("SELECT data FROM event WHERE type = 'order.created' AND source = 'store'")
    assert "36.30" in str(data) and "is_thin" not in str(data)
    assert ("order.created", "order:00000008") not in site.read(), "it was told"
