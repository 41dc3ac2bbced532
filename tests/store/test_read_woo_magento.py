"""WooCommerce and Magento read through the runtime: what was missed is told once, what is known is not told again."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from on_the_wire import OnTheWire
from support import START, Place

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "connectors"))

import magento_shop
import woo_shop
from wires import Wire

from sereno.commerce.money import Money
from sereno.runtime.records import Records
from sereno.runtime.stores.writing import LiveStores
from sereno.sdk import writes
from sereno.sdk.result import Done, Fail, Retry
from sereno.store.fields import to_micros


class Connected(OnTheWire):
    def __init__(self, at: Place, kind: str, wire: Wire, access: dict[str, str], name: str = "store") -> None:
        super().__init__(at, kind, wire, access, name=name, settings={"url": "https://shop.example"})

    def deliver(self, topic: str, body: dict[str, Any], key: str) -> None:
        self.receive(topic, body, key, {"x-wc-webhook-topic": topic, "x-wc-webhook-id": "4"})


def stamp(instant: datetime, between: str = "T") -> str:
    return instant.strftime(f"%Y-%m-%d{between}%H:%M:%S")


@pytest.fixture
def woo(place: Place) -> Connected:
    shop = woo_shop.Shop(orders={}, customers={}, products={})
    shop.fixed[("GET", "/wp-json/wc/v3/webhooks")] = (200, [])
    return Connected(place, "woocommerce", shop, woo_shop.ACCESS)


def placed(woo: Connected, own: int, **more: Any) -> dict[str, Any]:
    at = stamp(woo.time())
    more = {"date_created_gmt": at, "date_modified_gmt": at, "date_paid_gmt": at, **more}
    woo.wire.orders[own] = woo_shop.order(own, **more)  # type: ignore[attr-defined]
    return woo.wire.orders[own]  # type: ignore[attr-defined]


def test_woocommerce_what_was_missed_is_told_once(woo: Connected) -> None:
    told = placed(woo, 1)
    woo.deliver("order.created", told, "a")
    placed(woo, 2)
    assert woo.read() == [("order.created", "order:2"), ("order.paid", "order:2")]
    assert woo.read() == []
    told |= {
        "status": "completed",
        "date_modified_gmt": stamp(woo.time(minutes=1)),
        "date_completed_gmt": stamp(woo.time()),
    }
    assert sorted(woo.read()) == [
        ("order.completed", "order:1"),
        ("order.fulfilled", "order:1"),
        ("order.updated", "order:1"),
    ]
    woo.deliver("order.updated", told, "late")
    assert woo.read() == []
    kinds = woo.at.rows("SELECT count(*) FROM event WHERE type = 'order.updated' AND source = 'store'")
    assert kinds == [(1,)], "read, and received after all: one event"


def test_woocommerce_reads_what_a_flow_wrote_as_one_change(woo: Connected) -> None:
    placed(woo, 1)
    woo.read()
    live = LiveStores(woo.at.database, woo.at.runtime.world.plugins, woo.at.shop, woo.wire)
    now = woo.time(minutes=1)
    result = live.write(writes.TagOrder("1", ("VIP",)), key="9/0", attempt=1, now=now)
    assert isinstance(result, Done), result
    woo.wire.orders[1]["date_modified_gmt"] = stamp(now)  # type: ignore[attr-defined]
    assert woo.read() == [("order.updated", "order:1")]
    with woo.at.database.read() as tx:
        records = Records(woo.at.runtime.world.plugins, tx, woo.at.database.dialect)
        records.want(woo.at.shop, {"order": "1"}, ("order",))
        records.fetch()
        record = records.root(woo.at.shop, {"order": "1"}, "order")
    assert record is not None and record["tags"] == ["VIP"]
    assert woo.read() == []
    refused = live.write(writes.RefundOrder("1", Money.parse("99", "EUR")), key="9/1", attempt=1, now=now)
    assert isinstance(refused, Fail) and refused.reason == "refund.too_much"


def test_a_refund_that_waits_for_itself_holds_nothing_else_back(woo: Connected) -> None:
    placed(woo, 1)
    woo.read()
    live = LiveStores(woo.at.database, woo.at.runtime.world.plugins, woo.at.shop, woo.wire)
    write = writes.RefundOrder("1", Money.parse("5", "EUR"))
    now = woo.time()
    woo.wire.lose = len(woo.wire.asked) + 1
    assert isinstance(live.write(write, key="9/0", attempt=1, now=now), Retry)
    woo.wire.lose = None
    again = live.write(write, key="9/0", attempt=2, now=now + timedelta(minutes=1))
    assert isinstance(again, Retry) and (again.kind, again.after) == ("transient", timedelta(minutes=4))
    done = live.write(write, key="9/0", attempt=3, now=now + timedelta(minutes=5))
    assert isinstance(done, Done) and len(woo.wire.refunds) == 1  # type: ignore[attr-defined]


def test_a_till_connected_first_does_not_take_the_stores_writes(place: Place) -> None:
    shop = woo_shop.Shop()
    Connected(place, "generic", shop, {"url": "https://till.example/sereno", "secret": "s" * 30}, name="till")
    woo = Connected(place, "woocommerce", shop, woo_shop.ACCESS)
    live = LiveStores(place.database, place.runtime.world.plugins, place.shop, shop)
    result = live.write(writes.TagOrder("100", ("VIP",)), key="9/0", attempt=1, now=woo.time())
    assert isinstance(result, Done) and [one.path for one in shop.asked] == ["/wp-json/wc/v3/orders/100"]


def test_magento_is_polled_and_says_stock_only_when_it_changed(place: Place) -> None:
    shop = magento_shop.Shop(orders={}, products={71: magento_shop.product(71, "A", **dates(START))})
    magento = Connected(place, "magento", shop, magento_shop.ACCESS)
    magento.read()
    at = stamp(magento.time(), " ")
    shop.orders[5] = magento_shop.order(5, created_at=at, updated_at=at, total_paid=36.3)
    first = magento.read()
    assert ("order.created", "order:5") in first and ("order.paid", "order:5") in first
    assert magento.read() == [], "nothing changed, nothing is told"
    shop.sources[0]["quantity"] = 4
    assert magento.read() == [("stock.changed", "variant:71")]
    shop.sources[0]["quantity"] = 10
    assert magento.read() == [("stock.changed", "variant:71")], "the figure it had before is news again"
    assert magento.read() == []


def dates(instant: datetime) -> dict[str, str]:
    return {"created_at": stamp(instant, " "), "updated_at": stamp(instant, " ")}


def test_woocommerces_webhooks_are_made_and_switched_on_again(woo: Connected) -> None:
    shop = woo.wire
    shop.fixed.clear()
    woo.read()
    with woo.at.database.transaction() as tx:
        held = {"connection": woo.id, "soonest": to_micros(woo.time()), "keeps": True, "is_on": None, "every": None}
        assert tx.one("change_reading", held) is not None
    woo.time(hours=7)
    woo.read()
    made = {one["topic"]: one for one in shop.webhooks.values()}  # type: ignore[attr-defined]
    assert made and all(one["secret"] == "s3cret" for one in made.values())
    assert {one["delivery_url"] for one in made.values()} == {"https://shop.test/hooks/store"}
    for one in made.values():
        one["status"] = "disabled"
    woo.time(hours=7)
    woo.read()
    assert {one["status"] for one in shop.webhooks.values()} == {"active"}  # type: ignore[attr-defined]
