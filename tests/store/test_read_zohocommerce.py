"""Zoho Commerce read through the runtime: what changed is told once, also when its webhook told it, and what a flow
asks for is done once."""

from __future__ import annotations

import sys
from pathlib import Path

from on_the_wire import OnTheWire
from support import START, Place

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "connectors"))

import zoho_shop
from wires import NOW

from sereno.runtime.stores.writing import LiveStores
from sereno.sdk import writes
from sereno.sdk.result import Done, Fail

BEGAN = (START - NOW).total_seconds()


def test_what_changed_is_told_once_whoever_tells_it(place: Place) -> None:
    old = {"created_time": zoho_shop.millis(BEGAN), "last_modified_time": zoho_shop.millis(BEGAN)}
    shop = zoho_shop.Shop(orders={}, products={"11": zoho_shop.product(11, **old)})
    site = OnTheWire(place, "zohocommerce", shop, zoho_shop.ACCESS)
    site.read()
    assert place.rows("SELECT every FROM reading") == [(600,)], "Zoho counts calls by the day"
    at = zoho_shop.stamp((site.time() - NOW).total_seconds())
    order = zoho_shop.order(7, paid_status="paid", created_time=at, last_modified_time=at)
    site.receive("salesorder.created", {"salesorder": order}, "d-1", {"x-zoho-event": "salesorder.created"})
    ((told, total),) = place.rows("SELECT type, data FROM event WHERE type = 'order.created'")
    assert (told, "1205.50" in str(total)) == ("order.created", True)
    shop.orders["7"] = order
    assert site.read() == [], "the webhook told it"
    shop.orders["8"] = zoho_shop.order(8, created_time=at, last_modified_time=at)
    shop.variants["21"]["available_stock"] = 2
    assert site.read() == [("order.created", "order:8"), ("stock.changed", "variant:21")]
    assert site.read() == [], "nothing changed, nothing is told"
    live = LiveStores(place.database, place.runtime.world.plugins, place.shop, shop)
    now = site.time(minutes=1)
    parcel = writes.FulfillOrder("8", tracking_number="BD-1", carrier="Blue Dart")
    for attempt in (1, 2):
        done = live.write(parcel, key="9/0", attempt=attempt, now=now)
        assert isinstance(done, Done), done
    assert shop.orders["8"]["shipped_status"] == "shipped"
    assert len([one for one in shop.changes if one[1].endswith("/shipped")]) == 1
    refused = live.write(writes.RefundOrder("8"), key="9/1", attempt=1, now=now)
    assert isinstance(refused, Fail) and refused.reason == "store.cannot"
