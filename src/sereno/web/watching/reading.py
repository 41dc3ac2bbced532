"""What is watched, held against what is usual, read for the pages in a handful of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.urls import reverse

from sereno.runtime.watching import expecting
from sereno.runtime.watching.expecting import Profile
from sereno.runtime.watching.judging import read_profile
from sereno.store.fields import to_micros
from sereno.store.models import Connection, Flow, Shop, WatchHour, WatchPause, WatchSeries
from sereno.web.documents import title_of

HOUR = expecting.HOUR


@dataclass(frozen=True, slots=True)
class Watched:
    """A line of the page. `state`: `learning ok silent ignored stopped`. `rings` is when an alarm would ring if nothing
    came any more."""

    row: WatchSeries
    title: str
    href: str
    state: str
    profile: Profile | None
    rings: datetime | None
    today: int
    so_far: float
    this_hour: float
    a_week: float
    once_in: float | None
    about: str

    @property
    def last(self) -> datetime:
        return self.row.last_at


Gone = tuple[str, str, str, bool]


def watched(shop: Shop, now: datetime, only: int | None = None) -> list[Watched]:
    """What is worth a line: flows that are on or paused, open connections, and the events that start flows."""
    rows = list(WatchSeries.objects.filter(shop=shop).order_by("kind", "name"))
    if only is not None:
        rows = [row for row in rows if row.pk == only]
    places = _places(shop, rows)
    begin = datetime.combine(now.astimezone(_zone(shop)).date(), datetime.min.time(), _zone(shop))
    first = int(begin.timestamp()) // HOUR
    counts: dict[int, int] = dict(
        WatchHour.objects.filter(series__in=[row.pk for row in rows if row.pk in places], hour__gte=first)
        .values_list("series")
        .annotate(total=Sum("count"))
    )
    pauses = list(WatchPause.objects.filter(shop=shop, ends_at__gte=to_micros(now - timedelta(days=30))))
    return [_line(row, places[row.pk], counts.get(row.pk, 0), begin, now, pauses) for row in rows if row.pk in places]


def _places(shop: Shop, rows: Iterable[WatchSeries]) -> dict[int, Gone]:
    """(title, address, about, whether it stands still) by series."""
    flows = {str(row.pk): row for row in Flow.objects.filter(shop=shop).defer("draft")}
    connections = {str(row.pk): row for row in Connection.objects.filter(shop=shop)}
    found: dict[int, Gone] = {}
    for row in rows:
        if row.kind == "flow" and (flow := flows.get(row.name)) is not None:
            if not flow.is_derived and flow.status != "draft":
                held = (title_of(flow) or flow.name, reverse("flow", args=(flow.name,)), f"flow:{flow.name}")
                found[row.pk] = (*held, flow.status == "paused")
        elif row.kind == "connection" and (one := connections.get(row.name)) is not None:
            if not one.settings.get("deleted_at"):
                title = str(one.settings.get("title") or one.name)
                held = (title, reverse("connection", args=(one.name,)), f"connection:{one.name}")
                found[row.pk] = (*held, not one.is_active)
        elif row.kind == "event":
            found[row.pk] = (row.name, f"{reverse('events')}?type={row.name}", f"event:{row.name}", False)
    return found


def _line(
    row: WatchSeries, place: Gone, today: int, begin: datetime, now: datetime, pauses: Sequence[WatchPause]
) -> Watched:
    title, href, about, stands = place
    profile = read_profile(row.profile)
    rings: datetime | None = None
    so_far = this_hour = a_week = 0.0
    once_in: float | None = None
    state = "learning"
    if profile is not None:
        mine = pauses_of(row, pauses)
        at = expecting.rings_at(profile, row.last_at.timestamp(), mine, row.tolerance)
        rings = datetime.fromtimestamp(at, UTC) if at is not None else None
        state = "silent" if rings is not None and rings <= now else "ok"
        this_hour = profile.usual[expecting.slot_of(now.timestamp(), profile.zone)]
        so_far = expected(profile, begin.timestamp(), now.timestamp())
        a_week = sum(profile.usual)
        once_in = profile.months_between(expecting.weigh(profile, row.last_at.timestamp(), now.timestamp(), mine))
    if row.is_ignored or stands:
        state = "ignored" if row.is_ignored else "stopped"
    return Watched(row, title, href, state, profile, rings, today, so_far, this_hour, a_week, once_in, about)


def pauses_of(row: WatchSeries, pauses: Iterable[WatchPause]) -> tuple[tuple[float, float], ...]:
    return tuple(
        (pause.begins_at.timestamp(), pause.ends_at.timestamp())
        for pause in pauses
        if pause.series_id in (None, row.pk) and pause.ends_at > row.last_at
    )


def expected(profile: Profile, start: float, end: float) -> float:
    """How many are usual from `start` to `end`."""
    found, at = 0.0, start
    while at < end:
        until = min((at // HOUR + 1) * HOUR, end)
        found += profile.usual[expecting.slot_of(at, profile.zone)] * (until - at) / HOUR
        at = until
    return found


def week_counts(row: WatchSeries, zone: ZoneInfo, now: datetime) -> Mapping[int, int]:
    """What came in each hour of the local week that is under way, by hour of the week."""
    local = now.astimezone(zone)
    begin = datetime.combine(local.date() - timedelta(days=local.weekday()), datetime.min.time(), zone)
    rows: Any = WatchHour.objects.filter(series=row, hour__gte=int(begin.timestamp()) // HOUR)
    return {expecting.slot_of(hour * HOUR, zone.key): count for hour, count in rows.values_list("hour", "count")}


def _zone(shop: Shop) -> ZoneInfo:
    return ZoneInfo(shop.timezone)
