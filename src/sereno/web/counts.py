"""The counts of the overview, each from the end of an index in one look, and kept for a few seconds per shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache

from sereno.engine.tallies import hour_of
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.models import Flow, Shop
from sereno.web.charts import Spark, spark
from sereno.web.formats import zone_of

KEPT_FOR = 4
NUMBERS_KEPT_FOR = 12
SPARK_DAYS = 14
_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the overview says in numbers; each has a list behind it. `queue` is the installation's, and stops at
    10,000."""

    events_today: int
    runs_live: int
    runs_waiting: int
    runs_finished_today: int
    effects_pending: int
    effects_failed: int
    deliveries_failed: int
    queue: int


def look(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """A named statement that only reads."""
    with default_database().read() as transaction:
        return transaction.all(name, parameters)


def start_of_today(shop: Shop) -> datetime:
    zone = zone_of(shop.timezone)
    return datetime.combine(datetime.now(zone).date(), time(), zone).astimezone(UTC)


def counts_of(shop: Shop, flows: list[int]) -> Counts:
    """`flows` are the ids of those whose runs count: what Sereno finds out by itself is left out."""
    key = f"counts:{shop.pk}"
    found = cache.get(key)
    if found is None:
        today = start_of_today(shop)
        with default_database().read() as transaction:
            first = transaction.one("first_event_since", {"since": to_micros(today)})
            assert first is not None
            given = {"shop": shop.pk, "first": first[0] or 1, "flows": flows, "hour": hour_of(today)}
            row = transaction.one("overview_counts", given)
        assert row is not None
        found = Counts(*map(int, row))
        cache.set(key, found, KEPT_FOR)
    return found


@dataclass(frozen=True, slots=True)
class FlowNumbers:
    """A flow's runs: how many are under way now, and how many began on each of the last days."""

    live: int
    spark: Spark


def flow_numbers(shop: Shop, flows: list[Flow]) -> dict[int, FlowNumbers]:
    """By flow id, for all of them in one query."""
    key = f"flow-numbers:{shop.pk}"
    found = cache.get(key)
    if found is None or any(flow.pk not in found for flow in flows):
        found = _flow_numbers([flow.pk for flow in flows])
        cache.set(key, found, NUMBERS_KEPT_FOR)
    return found


def _flow_numbers(ids: list[int]) -> dict[int, FlowNumbers]:
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(SPARK_DAYS - 1, -1, -1)]
    since = to_micros(datetime.combine(days[0], time(), UTC))
    counted = {(flow, day): count for flow, day, count in look("flow_numbers", flows=ids, since=since)}
    return {
        flow: FlowNumbers(
            counted.get((flow, -1), 0),
            spark([(day, counted.get((flow, (day - _FIRST_DAY).days), 0)) for day in days]),
        )
        for flow in ids
    }
