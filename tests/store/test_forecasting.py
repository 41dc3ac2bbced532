"""A shop's forecast on both databases: read from its orders, kept by SKU, asked for once a day whoever asks, begun
again by another when a process dies."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support import Place

from sereno.modules.purchasing import demand, forecasting
from sereno.modules.purchasing.demand import simple
from sereno.modules.purchasing.forecasting import carry_out
from sereno.modules.purchasing.history import read_past
from sereno.runtime.nightly import Nightly
from sereno.runtime.purchasing import suppliers
from sereno.runtime.purchasing.events import drop_event, put_event
from sereno.runtime.purchasing.forecasting import forecasts_by
from sereno.runtime.purchasing.port import ask_forecast
from sereno.runtime.purchasing.suppliers import Supplier
from sereno.sdk.connector import NewEvent
from sereno.store.documents import decode
from sereno.store.jobs import LEASE

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def sell(place: Place, *, weeks: int = 31) -> None:
    """30 things: of thing n, n + 1 a week, on Wednesdays; one order is cancelled."""
    events: list[NewEvent] = []
    for week in range(weeks):
        at = datetime(2025, 7, 30, 12, 0, tzinfo=UTC) + timedelta(weeks=week)
        lines = [{"sku": f"S-{n}", "variant_id": f"v{n}", "quantity": n + 1} for n in range(30)]
        data = {"id": f"o{week}", "placed_at": at.isoformat(), "currency": "EUR", "total": "1.00", "lines": lines}
        data["shipping_address"] = {"country": "ES", "city": "Madrid"}
        events.append(NewEvent(f"e{week}", "order.created", f"order:o{week}", at, data, {"order": f"o{week}"}))
    lines = [{"sku": "S-0", "quantity": 500}]
    data = {"id": "x", "status": "cancelled", "placed_at": "2026-02-04T12:00:00+00:00", "lines": lines}
    events.append(NewEvent("ex", "order.cancelled", "order:x", NOW - timedelta(days=20), data, {"order": "x"}))
    place.send(*events)
    place.drain()


def job(place: Place, *, status: str = "done") -> tuple[Any, ...]:
    with place.database.transaction() as tx:
        row = tx.one("claim_forecast", {"worker": "w", "now": 10**17, "until": 2 * 10**17})
    assert row is not None
    assert carry_out(row[0], "w", place.database, NOW) == status
    return row


def test_orders_become_forecasts(place: Place) -> None:
    sell(place)
    assert ask_forecast(place.shop, "ana", database=place.database)
    assert not ask_forecast(place.shop, "ana", database=place.database)
    job(place)
    with place.database.read() as tx:
        found = {sku: decode(mean) for sku, mean, _sums in tx.all("forecasts_of_shop", {"shop": place.shop})}
    assert len(found) == 30
    assert all(abs(found[f"S-{n}"][0] - (n + 1)) < 0.15 * (n + 1) for n in range(30)), found
    assert ask_forecast(place.shop, "ana", database=place.database)


def test_the_simple_method_stands_alone(place: Place, monkeypatch: Any) -> None:
    sell(place)
    made, method = forecasting.forecasts([[4.0, 6.0, None, 5.0]], [""], NOW.date())
    assert method == "pool"
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "sereno.modules.purchasing.demand.pool")
    monkeypatch.delattr(demand, "pool")
    made, method = forecasting.forecasts([[4.0, 6.0, None, 5.0]], [""], NOW.date())
    assert (method, made[0].forecast.mean[0]) == ("mean12", 5.0)
    assert made[0].forecast == simple.forecast([4.0, 6.0, None, 5.0], forecasting.HORIZON)


def test_a_week_without_stock_is_no_week_without_demand(place: Place) -> None:
    sell(place)
    # Gone from a Monday at midnight, Madrid, for ten days.
    gone = datetime(2026, 1, 18, 23, 0, tzinfo=UTC)
    place.send(
        *[
            NewEvent(f"s{at}", "stock.changed", "variant:v4", at, {"sku": "S-4", "available": count}, {"variant": "v4"})
            for at, count in ((gone - timedelta(days=9), 9), (gone, 0), (gone + timedelta(days=10, hours=12), 40))
        ]
    )
    past = read_past(place.database, place.shop, NOW, lambda done: None)
    series = past.series("S-4")
    week = (gone.date() + timedelta(days=1) - past.monday).days // 7
    assert series[week - 1] == 5
    assert series[week] is None
    assert series[week + 1] == 10.0
    assert past.series("S-0")[-4] == 1, "what was cancelled was not demand"


def test_the_days_forecast_is_one_job_whoever_looks(place: Place) -> None:
    suppliers.put_supplier(place.shop, Supplier("n", "N", "EUR", send_by="hand"), "ana", database=place.database)
    begun: list[int] = []

    def command(id: int, worker: str) -> list[str]:
        begun.append(id)
        return ["true"]

    lookers = [Nightly(place.database, [forecasts_by(command)], f"w{n}", LEASE) for n in range(3)]
    assert [one.look(NOW) for one in lookers] == [True, False, False]
    # Whoever had it died: its lease runs out, and another begins again; after three it is given up.
    later = NOW
    for _ in range(4):
        later += timedelta(minutes=5)
        for one in lookers[1:]:
            one.look(later)
    assert begun == [begun[0]] * 3
    for one in lookers:
        one.stop()


def test_known_days_of_the_country_and_of_the_shops_calendar(place: Place) -> None:
    sell(place)
    asked = {"database": place.database}
    put_event(place.shop, "  Spring   sale ", date(2026, 3, 16), date(2026, 3, 22), "ana", lift=0.5, **asked)
    number = put_event(place.shop, "Spring sale", date(2026, 3, 16), date(2026, 3, 20), "ana", lift=1.0, **asked)
    other = put_event(place.shop, "Gone", date(2026, 4, 1), date(2026, 4, 1), "ana", **asked)
    assert drop_event(place.shop, other, "ana", **asked) == "Gone"
    with pytest.raises(LookupError, match="no event"):
        drop_event(place.shop, other, "ana", **asked)
    with pytest.raises(ValueError, match="before it begins"):
        put_event(place.shop, "X", date(2026, 4, 2), date(2026, 4, 1), "ana", **asked)
    with pytest.raises(ValueError, match="92 days"):
        put_event(place.shop, "X", date(2026, 1, 1), date(2026, 6, 1), "ana", **asked)
    with place.database.read() as tx:
        kept = tx.all("demand_events_of", {"shop": place.shop})
    assert [(row[0], row[1], row[4]) for row in kept] == [(number, "Spring sale", 1.0)]
    assert ask_forecast(place.shop, "ana", database=place.database)
    job(place)
    with place.database.read() as tx:
        found = {sku: (decode(days), decode(mean)) for sku, days, mean in tx.all("known_days_of", {"shop": place.shop})}
    told, mean = found["S-9"]
    days = {one["code"]: one for one in told}
    assert days["own:Spring sale"]["on"] == "2026-03-16"
    assert days["own:Spring sale"]["basis"] == "assumed"
    assert days["own:Spring sale"]["effect"] == pytest.approx(1.0, abs=0.3)
    assert mean[2] > 1.5 * mean[0], "the week of the sale"
    assert days["mothers_day"]["on"] == "2026-05-03", "of the country orders go to"
