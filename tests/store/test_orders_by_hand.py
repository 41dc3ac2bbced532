"""What people do to orders: it counts at once, the store is asked as flows ask it, and the audit says who."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import support
from support import Place

from sereno.runtime.orders import doing
from sereno.sdk.context import ShopFacts
from sereno.sdk.result import Done, Result
from sereno.sdk.stores import Stores
from sereno.sdk.writes import HoldFulfillment, NoteOrder, ReleaseFulfillment, Write

asked: list[Write] = []


class FakeStores:
    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        asked.append(write)
        return Done({"store": "tests"})


def ports(kind: type[Any], shop: ShopFacts) -> object | None:
    return FakeStores() if kind is Stores else None


@pytest.fixture
def till(database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A shop with two orders and a store that can do everything."""
    asked.clear()
    monkeypatch.setattr(doing, "lack_of", lambda plugins, kinds, action: None)
    place = Place(database, ports)
    place.send(support.order("1"), support.order("2"))
    place.drain()
    yield place
    place.runtime.stop()


def held(till: Place) -> list[str]:
    return [row[0] for row in till.rows("SELECT key FROM orders_standing WHERE is_held ORDER BY key")]


def test_a_hold_counts_at_once_and_reaches_the_store(till: Place) -> None:
    found = doing.hold(till.shop, ["1", "2", "nobody"], "ana", note="call first", database=till.database)
    assert found == ["1", "2"]
    assert held(till) == ["1", "2"]
    till.drain()
    assert asked == [HoldFulfillment(order=one, reason="by.hand", note="call first") for one in ("1", "2")]
    assert till.rows("SELECT count(*) FROM event WHERE type = 'order.held'") == [(2,)]
    assert held(till) == ["1", "2"]


def test_holding_what_is_held_changes_nothing(till: Place) -> None:
    doing.hold(till.shop, ["1"], "ana", database=till.database)
    assert doing.hold(till.shop, ["1"], "bea", database=till.database) == []
    assert till.rows("SELECT count(*) FROM event WHERE type = 'order.held'") == [(1,)]


def test_releasing_keeps_the_reasons_so_that_it_can_be_undone(till: Place) -> None:
    doing.hold(till.shop, ["1"], "ana", reasons=["risk.high"], database=till.database)
    till.drain()
    assert doing.release(till.shop, ["1"], "bea", database=till.database) == ["1"]
    assert doing.release(till.shop, ["1"], "bea", database=till.database) == []
    till.drain()
    assert held(till) == []
    ((data,),) = till.rows("SELECT data FROM orders_standing WHERE key = '1'")
    assert json.loads(data)["hold_reasons"] == ["risk.high"]
    assert json.loads(data)["released_by"] == "bea"
    assert [type(one) for one in asked] == [HoldFulfillment, ReleaseFulfillment]


def test_flows_start_by_what_people_decide(till: Place) -> None:
    till.flow("flow: f\ntrigger: {event: order.released}\nsteps:\n  - log: {text: '{{ order.number }} goes on'}")
    doing.hold(till.shop, ["1"], "ana", database=till.database)
    doing.release(till.shop, ["1"], "ana", database=till.database)
    till.drain()
    assert ('{"text":"1 goes on"}',) in till.rows("SELECT config FROM effect WHERE action = 'log'")


def test_the_audit_says_who(till: Place) -> None:
    doing.hold(till.shop, ["1"], "ana", database=till.database)
    rows = till.rows("SELECT audit.by, action, target FROM audit WHERE action LIKE 'order.%'")
    assert rows == [("ana", "order.held", "1")]


def test_the_store_is_asked_once_for_one_key(till: Place) -> None:
    first = doing.ask(till.shop, "1", "orders.note", {"text": "seen"}, "ana", key="k1", database=till.database)
    assert doing.ask(till.shop, "1", "orders.note", {"text": "seen"}, "ana", key="k1", database=till.database) == first
    till.drain()
    assert asked == [NoteOrder(order="1", text="seen")]


@pytest.mark.parametrize(
    ("order", "action", "config", "error"),
    [
        ("1", "orders.refund", {"amount": "-1"}, ValueError),
        ("1", "orders.route", {}, ValueError),
        ("nobody", "orders.note", {"text": "x"}, LookupError),
    ],
)
def test_what_is_wrong_is_refused(
    till: Place, order: str, action: str, config: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        doing.ask(till.shop, order, action, config, "ana", database=till.database)
    assert till.rows("SELECT count(*) FROM effect WHERE action LIKE 'orders.%'") == [(0,)]


def test_a_shop_without_a_store_holds_all_the_same(till: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert doing.hold(till.shop, ["1"], "ana", database=till.database) == ["1"]
    till.drain()
    assert asked == []
    with pytest.raises(ValueError, match="no store"):
        doing.ask(till.shop, "1", "orders.cancel", {}, "ana", database=till.database)
