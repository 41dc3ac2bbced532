"""What was asked for, week by week, from the shop's orders; and in which weeks it was not there to be bought.

Invariant: only whole weeks count, in the shop's own time; a cancelled order was not demand, a refunded one was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.commerce.stock import item_key, wanted
from sereno.modules.purchasing.demand.simple import unconstrained
from sereno.store.database import Database
from sereno.store.documents import decode
from sereno.store.fields import from_micros

WEEKS = 156
PAGE = 2000
MICROS = 1_000_000
WEEK_SECONDS = 7 * 86_400


FEW = 0.1
"""A smaller share of the orders does not make a country's days worth knowing."""


@dataclass(slots=True)
class Past:
    """`sold[sku][week]` units, `gone[sku][week]` the share of the week it could not be bought; weeks from `monday`.
    `countries`: orders by where they go."""

    monday: date
    weeks: int
    sold: dict[str, dict[int, float]] = field(default_factory=dict[str, dict[int, float]])
    gone: dict[str, dict[int, float]] = field(default_factory=dict[str, dict[int, float]])
    countries: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def shares(self) -> dict[str, float]:
        """Where orders go, the most first, and which share of them; countries of few are left out. {} where none
        says."""
        total = sum(self.countries.values())
        kept = {name: count for name, count in self.countries.items() if count >= FEW * total}
        whole = sum(kept.values())
        return {name: count / whole for name, count in sorted(kept.items(), key=lambda one: (-one[1], one[0]))}

    def series(self, sku: str) -> list[float | None]:
        """Unconstrained demand by week; None before its first sale and where it was hardly there."""
        sold, gone = self.sold.get(sku, {}), self.gone.get(sku, {})
        first = min(sold, default=self.weeks)
        return [
            None if week < first else unconstrained(sold.get(week, 0.0), 1 - gone.get(week, 0.0))
            for week in range(self.weeks)
        ]


def read_past(database: Database, shop_id: int, now: datetime, on_page: Callable[[int], None]) -> Past:
    """`on_page` hears how many orders were read."""
    with database.read() as tx:
        row = tx.one("shop_time_zone", {"shop": shop_id})
    zone = ZoneInfo(str(row[0]) if row is not None else "UTC")
    today = now.astimezone(zone).date()
    end = today - timedelta(days=today.weekday())
    begin = end - timedelta(weeks=WEEKS)
    past = Past(begin, WEEKS)
    done = 0
    for rows in _pages(database, "orders_with_lines", shop_id):
        for _id, placed_at, data in rows:
            if placed_at is not None:
                _count(past, from_micros(placed_at).astimezone(zone).date(), decode(data))
        done += len(rows)
        on_page(done)
    _stock_outs(past, database, shop_id, zone)
    _cut(past)
    return past


def _count(past: Past, day: date, order: Mapping[str, Any]) -> None:
    week = (day - past.monday).days // 7
    if not 0 <= week < past.weeks or order.get("status") == "cancelled" or order.get("cancelled_at"):
        return
    place = order.get("shipping_address")
    country = place.get("country") if isinstance(place, Mapping) else None
    if isinstance(country, str) and len(country) == 2:
        past.countries[country.upper()] = past.countries.get(country.upper(), 0) + 1
    for sku, count in wanted(order.get("lines") or ()).items():
        weeks = past.sold.setdefault(sku, {})
        weeks[week] = weeks.get(week, 0.0) + count


def _stock_outs(past: Past, database: Database, shop_id: int, zone: ZoneInfo) -> None:
    """From what the stores said of their stock, in the order they said it: an item is gone while all its places
    together have none."""
    begin = datetime(past.monday.year, past.monday.month, past.monday.day, tzinfo=zone).astimezone(UTC).timestamp()
    places: dict[str, dict[str, float]] = {}
    gone_since: dict[str, float] = {}
    last = begin
    for rows in _pages(database, "stock_events_after", shop_id):
        for _id, at, data in rows:
            record = decode(data)
            sku, available = item_key(record), record.get("available")
            if sku is None or not isinstance(available, int | float) or record.get("is_tracked") is False:
                continue
            held = places.setdefault(sku, {})
            held[str(record.get("location_id") or "")] = float(available)
            now = last = max(last, at / MICROS)
            if sum(held.values()) <= 0:
                gone_since.setdefault(sku, now)
            elif sku in gone_since:
                _gone(past, sku, gone_since.pop(sku) - begin, now - begin)
    end = past.weeks * WEEK_SECONDS
    for sku, since in gone_since.items():
        _gone(past, sku, since - begin, end)


def _gone(past: Past, sku: str, since: float, until: float) -> None:
    """Seconds from the first Monday."""
    since, until = max(0.0, since), min(until, past.weeks * WEEK_SECONDS)
    while since < until:
        week = int(since // WEEK_SECONDS)
        upto = min(until, (week + 1) * WEEK_SECONDS)
        weeks = past.gone.setdefault(sku, {})
        weeks[week] = min(1.0, weeks.get(week, 0.0) + (upto - since) / WEEK_SECONDS)
        since = upto


def _cut(past: Past) -> None:
    """Weeks before anything was sold say nothing."""
    first = min((week for weeks in past.sold.values() for week in weeks), default=0)
    if first:
        past.monday += timedelta(weeks=first)
        past.weeks -= first
        past.sold = {sku: {week - first: count for week, count in of.items()} for sku, of in past.sold.items()}
        past.gone = {
            sku: {week - first: share for week, share in of.items() if week >= first} for sku, of in past.gone.items()
        }


def _pages(database: Database, name: str, shop_id: int) -> Iterator[list[tuple[Any, ...]]]:
    after = 0
    while True:
        with database.read() as tx:
            rows = tx.all(name, {"shop": shop_id, "after": after, "limit": PAGE})
        if not rows:
            return
        yield rows
        after = rows[-1][0]
