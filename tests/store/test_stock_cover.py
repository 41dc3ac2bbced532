"""What will not last is found by its forecast and told once each time it gets there: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place
from test_purchasing import forecast
from test_reserving import level

from flows.replaying import event, replay
from sereno.runtime.stock.cover import LiveCover
from sereno.sdk.templates import shipped_flow
from sereno.store.documents import decode
from sereno.store.fields import to_micros


@pytest.fixture
def shop(database: Any) -> Iterator[Place]:
    place = Place(database)
    place.send(level("A", 12), level("B", 40), level("C", 5), level("D", 0))
    place.drain()
    forecast(place, ["A", "B", "D"], week=14.0)
    yield place
    place.runtime.stop()


def low(shop: Place, *, remember: bool = True) -> list[tuple[str, int, bool]]:
    cover = LiveCover(shop.database, shop.shop, to_micros(shop.clock.now()))
    return [(one.item, int(one.days), one.is_new) for one in cover.low(14, remember=remember)]


def facts(shop: Place) -> list[str]:
    return [row[0] for row in shop.rows("SELECT subject FROM event WHERE type = 'stock.cover_low' ORDER BY id")]


def texts(shop: Place) -> list[str]:
    rows = shop.rows("SELECT config FROM effect WHERE action = 'alerts.notify' ORDER BY id")
    return [decode(row[0])["text"] for row in rows]


def change(shop: Place, item: str, there: int, minutes: int) -> None:
    shop.send(level(item, there, START + timedelta(minutes=minutes)))
    shop.after(minutes=1)


def test_what_does_not_last_is_told_once_soonest_first(shop: Place) -> None:
    assert low(shop, remember=False) == [("D", 0, True), ("A", 6, True)]
    assert low(shop) == [("D", 0, True), ("A", 6, True)]
    assert low(shop) == [("D", 0, False), ("A", 6, False)]
    assert sorted(facts(shop)) == ["sku:A", "sku:D"]


def test_it_is_told_again_only_after_it_lasted_clearly_longer(shop: Place) -> None:
    low(shop)
    change(shop, "A", 29, 1)
    assert [one[0] for one in low(shop)] == ["D"]
    change(shop, "A", 27, 2)
    assert low(shop)[1] == ("A", 13, False)
    change(shop, "A", 31, 3)
    low(shop)
    change(shop, "A", 27, 4)
    assert low(shop)[1] == ("A", 13, True)
    assert facts(shop).count("sku:A") == 2


def test_the_shipped_flow_tells_the_shop_of_all_that_is_new_in_one_message(shop: Place) -> None:
    shipped = shipped_flow("low-cover")
    assert shipped is not None
    shop.flow(shipped.text)
    shop.after(days=1)
    assert texts(shop) == ["Se agotará en menos de dos semanas: D: 0, 0 días; A: 12, 6 días"]
    shop.after(days=1)
    assert len(texts(shop)) == 1
    change(shop, "B", 3, 5)
    shop.after(days=1)
    assert texts(shop)[1:] == ["Se agotará en menos de dos semanas: B: 3, 1 días"]


def test_a_shop_without_forecasts_hears_nothing() -> None:
    found = replay("low-cover", [event("custom.beat", "shop:1", "0h")], until="3d")
    assert {one["action"] for one in found["effects"]} == {"stock.watch_cover"}
