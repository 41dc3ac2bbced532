"""BigCommerce's notices name an order and say nothing of it: flows begin with the whole of it, once."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import START, Place

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "connectors"))

from bigcommerce_wire import ACCESS, BigCommerceWire
from wires import Asked

from sereno.runtime.reading.fetching import SPAN, Fetcher
from sereno.runtime.stores.finding import seal_access
from sereno.sdk.ports import Http
from sereno.sdk.stores import StoreHttp
from sereno.store.fields import to_micros
from sereno.store.secrets import encrypt

FLOW = """flow: big
trigger: {event: order.created, when: order.total > 50}
steps:
  - log: {text: "{{ order.number }} of {{ order.customer.first_name }}"}
"""


class OrderWire(BigCommerceWire):
    """Knows order 118 whole; `down` answers that it is busy."""

    down = False
    at = START

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        if self.down:
            return 503, {}
        path = asked.path.removeprefix("/stores/abc")
        if path == "/v2/orders/118" and asked.method == "GET":
            when = self.at.strftime("%a, %d %b %Y %H:%M:%S +0000")
            person = {"first_name": "Ana", "last_name": "Sol", "email": "ana@example.com"}
            line = {"id": 21, "variant_id": 77, "name": "T-shirt", "quantity": 2, "price_inc_tax": "49.5000"}
            dated = {"date_created": when, "date_modified": when, "items_shipped": 0}
            more = {"billing_address": person, "consignments": {"shipping": [{"line_items": [line]}]}}
            return 200, {**self.order, **dated, **more, "payment_status": "captured"}
        if path == "/v3/orders/118/transactions":
            return 200, {"data": []}
        return super().answer(asked)


class Store:
    def __init__(self, at: Place, access: bool = True) -> None:
        self.at, self.wire = at, OrderWire()
        key = seal_access(ACCESS) if access else ""
        sql = (
            "INSERT INTO connection (shop_id, name, kind, secrets, access, settings, is_active, created_at) VALUES "
            f"({at.shop}, 'store', 'bigcommerce', '{encrypt(['s'])}', '{key}', '{{}}', TRUE, {to_micros(START)}) "
            "RETURNING id"
        )
        with at.database.transaction() as tx:
            self.id = tx.text(sql)[0][0]
        at.runtime.world.ports = lambda port, shop: self.wire if port in (StoreHttp, Http) else None
        self.fetcher = Fetcher(at.runtime.world, "https://shop.test")
        self.fetcher.enrol()
        at.clock.move_to(START + timedelta(hours=1))
        self.wire.at = at.clock.now()
        at.flow(FLOW)

    def notice(self, scope: str, key: str, id: int = 118, **data: Any) -> None:
        at = self.at.clock.now()
        body = json.dumps({"scope": scope, "data": {"id": id, **data}, "created_at": int(at.timestamp())})
        with self.at.database.transaction() as tx:
            tx.many("store_deliveries", [(self.id, key, scope, "{}", body.encode(), to_micros(at))])
        self.at.drain()

    def runs(self) -> list[tuple[str, str]]:
        flows = "JOIN flow ON flow.id = run.flow_id WHERE NOT flow.is_derived"
        return self.at.rows(f"SELECT run.subject, run.status FROM run {flows} ORDER BY run.id")

    def events(self) -> list[str]:
        return [row[0] for row in self.at.rows("SELECT uid FROM event WHERE source = 'store' ORDER BY id")]

    def reasons(self) -> list[str | None]:
        return [row[0] for row in self.at.rows("SELECT reason FROM delivery ORDER BY id")]


@pytest.fixture
def store(place: Place) -> Store:
    return Store(place)


def test_a_flow_begins_with_the_whole_order(store: Store) -> None:
    store.notice("store/order/created", "a")
    assert (store.runs(), store.events(), store.reasons()) == ([], [], ["thin.waits"])
    assert store.fetcher.fetch() == 1
    store.at.drain()
    assert store.runs() == [("order:118", "finished")]
    assert store.events() == ["order:118:created", "order:118:paid"]
    assert store.reasons() == [None]
    # The same notice under another name tells nothing new.
    store.notice("store/order/created", "b")
    store.fetcher.fetch()
    store.at.drain()
    assert store.runs() == [("order:118", "finished")]


def test_several_notices_of_one_order_ask_once(store: Store) -> None:
    store.notice("store/order/created", "a")
    store.notice("store/order/updated", "b")
    store.notice("store/order/statusUpdated", "c", status={"new_status_id": 11})
    assert store.fetcher.fetch() == 3
    assert [one.path for one in store.wire.asked].count("/stores/abc/v2/orders/118") == 1
    store.at.drain()
    assert len(store.runs()) == 1
    rows = store.at.rows("SELECT data FROM event WHERE type = 'order.updated'")
    assert rows and all('"is_thin"' not in row[0] and '"99.00"' in row[0] for row in rows)


def test_a_platform_that_is_busy_is_waited_for_and_not_for_ever(store: Store) -> None:
    store.wire.down = True
    store.notice("store/order/created", "a")
    store.fetcher.fetch()
    assert (store.events(), store.reasons()) == ([], ["thin.waits"])
    store.fetcher._after = 0.0
    store.at.clock.move_to(store.at.clock.now() + timedelta(minutes=11))
    store.fetcher.fetch()
    store.at.drain()
    assert (store.events(), store.reasons()) == (["order:118:created"], ["thin.as_it_came"])


def test_a_record_that_is_gone_is_told_as_it_came(store: Store) -> None:
    store.notice("store/order/created", "a", id=5)
    store.fetcher.fetch()
    assert (store.events(), store.reasons()) == (["order:5:created"], ["thin.as_it_came"])


def test_an_old_order_that_changes_is_no_new_one(store: Store) -> None:
    store.wire.at = START - timedelta(days=30)
    store.notice("store/order/statusUpdated", "a", status={"new_status_id": 2})
    store.fetcher.fetch()
    store.at.drain()
    assert store.runs() == []
    assert "order:118:created" not in store.events()
    assert "order:118:fulfilled" in store.events()


def test_without_a_key_notices_are_told_as_they_come(place: Place) -> None:
    store = Store(place, access=False)
    store.notice("store/order/created", "a")
    assert store.events() == ["order:118:created"]
    assert store.fetcher.fetch() == 0


def test_what_waits_too_far_back_is_left_to_the_steady_reading(store: Store) -> None:
    store.notice("store/order/created", "a")
    with store.at.database.transaction() as tx:
        rows = tx.all("waiting_notices", {"connection": store.id, "after": SPAN, "limit": 5})
    assert rows == []
