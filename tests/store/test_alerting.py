"""Alerts: raised once, counted, told of at once and then ever more seldom, settled once; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support import Place

from sereno.runtime.watching.alerting import raise_alert, settle_alert
from sereno.store.fields import to_micros

HOUR = 3_600_000_000


def micros(place: Place, **later: float) -> int:
    return to_micros(place.clock.now() + timedelta(**later))


def rise(place: Place, about: str = "flow:shop", now: int | None = None, **more: Any) -> bool:
    given = {"kind": "effects.failed", "text_code": "effects.failed", "values": {"flow": "shop"}, **more}
    with place.database.transaction() as tx:
        return raise_alert(tx, place.shop, about=about, now=micros(place) if now is None else now, **given)


def settle(place: Place, about: str = "flow:shop", **later: float) -> bool:
    with place.database.transaction() as tx:
        return settle_alert(tx, place.shop, "effects.failed", about, micros(place, **later))


def held(place: Place) -> list[tuple[Any, ...]]:
    with place.database.read() as tx:
        return tx.all("unsettled_alerts", {"shops": [place.shop]})


def test_the_same_is_new_once(place: Place) -> None:
    assert rise(place)
    assert not rise(place)
    assert rise(place, about="flow:other")
    assert [row[3] for row in held(place)] == ["flow:shop", "flow:other"]


def test_what_is_settled_is_settled_once_and_what_comes_back_soon_is_not_new(place: Place) -> None:
    assert rise(place)
    assert settle(place)
    assert not settle(place)
    assert held(place) == []
    assert not rise(place, now=micros(place, hours=1))
    assert len(held(place)) == 1
    assert settle(place, hours=2)
    assert rise(place, now=micros(place, hours=27))
