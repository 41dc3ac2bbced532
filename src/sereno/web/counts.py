"""The counts of the overview. Rows are written in order of time, so a period is a range of ids: found by bisection over
the primary key, counted from an index, and kept for a few seconds per shop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Case, Count, Model, When

from sereno.engine.run import LIVE
from sereno.engine.trigger import OWN_EVENTS
from sereno.sdk.plugin import registry
from sereno.store.models import Delivery, Effect, Event, Flow, Run, Shop
from sereno.web.charts import Spark, spark
from sereno.web.formats import zone_of

KEPT_FOR = 4
NUMBERS_KEPT_FOR = 12
SPARK_DAYS = 14
_OWN_TYPES = ("custom.", "custom/")
"""Between these lie all types of a shop's own."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the overview says in numbers; each has a list behind it."""

    events_today: int
    runs_live: int
    runs_waiting: int
    runs_finished_today: int
    effects_pending: int
    effects_failed: int
    deliveries_failed: int


def first_id_since(model: type[Model], column: str, since: datetime) -> int:
    """The smallest id from which on rows are at or after `since`; past the last id when there is none. About twenty
    look-ups by primary key, however many rows there are."""
    rows = model._default_manager
    last = rows.order_by("-id").values_list("id", flat=True).first()
    if last is None:
        return 1
    low, high = 1, int(last) + 1
    while low < high:
        middle = (low + high) // 2
        row = rows.filter(id__gte=middle).order_by("id").values_list("id", column).first()
        if row is not None and row[1] < since:
            low = int(row[0]) + 1
        else:
            high = middle
    return low


def start_of_today(shop: Shop) -> datetime:
    zone = zone_of(shop.timezone)
    return datetime.combine(datetime.now(zone).date(), time(), zone).astimezone(UTC)


def counts_of(shop: Shop) -> Counts:
    key = f"counts:{shop.pk}"
    found = cache.get(key)
    if found is None:
        found = _count(shop)
        cache.set(key, found, KEPT_FOR)
    return found


def _count(shop: Shop) -> Counts:
    today = start_of_today(shop)
    flows = list(Flow.objects.filter(shop=shop, is_derived=False).values_list("id", flat=True))
    by_status = dict(
        Run.objects.filter(flow__in=flows, status__in=LIVE).order_by().values_list("status").annotate(Count("id"))
    )
    first_run, first_event = first_id_since(Run, "started_at", today), first_id_since(Event, "received_at", today)
    return Counts(
        events_today=_events_since(shop, first_event),
        runs_live=by_status.get("running", 0) + by_status.get("parked", 0),
        runs_waiting=by_status.get("waiting", 0),
        runs_finished_today=Run.objects.filter(flow__in=flows, id__gte=first_run, status="finished").count(),
        effects_pending=Effect.objects.filter(shop=shop, status__in=("pending", "running")).count(),
        effects_failed=Effect.objects.filter(shop=shop, status="failed").count(),
        deliveries_failed=Delivery.objects.filter(connection__in=shop.connection_set.all(), status="failed").count(),
    )


def _events_since(shop: Shop, first: int) -> int:
    """Exact, from the index by type: each type's newest ids lie together in it."""
    rows = Event.objects.filter(shop=shop, id__gte=first)
    own = rows.filter(type__gte=_OWN_TYPES[0], type__lt=_OWN_TYPES[1]).count()
    return own + rows.filter(type__in=[*registry().event_names(), *OWN_EVENTS]).count()


@dataclass(frozen=True, slots=True)
class FlowNumbers:
    """A flow's runs: how many are under way now, and how many began on each of the last days."""

    live: int
    spark: Spark


def flow_numbers(shop: Shop, flows: list[Flow]) -> dict[int, FlowNumbers]:
    """By flow id, for all of them in two queries."""
    key = f"flow-numbers:{shop.pk}"
    found = cache.get(key)
    if found is None or any(flow.pk not in found for flow in flows):
        found = _flow_numbers([flow.pk for flow in flows])
        cache.set(key, found, NUMBERS_KEPT_FOR)
    return found


def _flow_numbers(ids: list[int]) -> dict[int, FlowNumbers]:
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(SPARK_DAYS - 1, -1, -1)]
    runs = Run.objects.filter(flow__in=ids).order_by()
    live: dict[int, int] = dict(runs.filter(status__in=LIVE).values_list("flow").annotate(Count("id")))
    firsts = [_first_of_day(day) for day in days]
    # The day is told by the id, so that the index by flow answers alone.
    bucket = Case(*(When(id__gte=first, then=index) for index, first in reversed(list(enumerate(firsts)))))
    started = runs.filter(id__gte=firsts[0]).annotate(day=bucket).values_list("flow", "day").annotate(Count("id"))
    per_day: dict[tuple[int, int], int] = {(flow, index): count for flow, index, count in started}
    return {
        flow: FlowNumbers(
            live.get(flow, 0), spark([(day, per_day.get((flow, index), 0)) for index, day in enumerate(days)])
        )
        for flow in ids
    }


def _first_of_day(day: date) -> int:
    """The first run's id of a day (in UTC); kept, for of a past day it never changes."""
    key = f"first-run:{day}"
    found = cache.get(key)
    if found is None:
        found = first_id_since(Run, "started_at", datetime.combine(day, time(), UTC))
        cache.set(key, found, 3600 if day < datetime.now(UTC).date() else KEPT_FOR)
    return found
