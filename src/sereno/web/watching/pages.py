"""What should happen and whether it does; what is amiss; who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.utils.dates import WEEKDAYS
from django.views.decorators.http import require_GET

from sereno.modules.alerts.reporting import facts_of
from sereno.modules.alerts.wording import Words, words_of
from sereno.runtime.watching import expecting
from sereno.runtime.watching.telling import HEARS_BY_ROLE
from sereno.sdk.ports import AlertFacts
from sereno.store.fields import to_micros
from sereno.store.models import Alert, AlertListener, Membership, WatchPause
from sereno.store.scans import newest
from sereno.web.access import StaffRequest, staff
from sereno.web.phrases import said
from sereno.web.shell import render
from sereno.web.watching import reading
from sereno.web.watching.chart import week
from sereno.web.watching.reading import Watched

SHOWN = 100
SETTLED_SHOWN = 20
STOPPED = "stopped"
"""The note of pauses Sereno made itself."""


@require_GET
@staff()
def watch(request: StaffRequest) -> HttpResponse:
    shop, now = request.shop, datetime.now(UTC)
    lines = reading.watched(shop, now)
    kinds = [
        ("connection", [one for one in lines if one.row.kind == "connection"]),
        ("flow", [one for one in lines if one.row.kind == "flow"]),
        ("event", [one for one in lines if one.row.kind == "event" and one.row.judged]),
    ]
    context = {
        "section": "watch",
        "alerts": open_alerts(shop),
        "settled": _worded(Alert.objects.filter(shop=shop, status="settled").order_by("-id")[:SETTLED_SHOWN]),
        "kinds": [(kind, sorted(rows, key=_rank)) for kind, rows in kinds if rows],
        "others": sum(1 for one in lines if one.row.kind == "event" and not one.row.judged),
        "now": now,
    }
    return render(request, "watching/watch.html", context)


@require_GET
@staff()
def one(request: StaffRequest, series: int) -> HttpResponse:
    shop, now = request.shop, datetime.now(UTC)
    found = reading.watched(shop, now, only=series)
    if not found:
        raise Http404
    (line,) = found
    zone = ZoneInfo(shop.timezone)
    came = reading.week_counts(line.row, zone, now)
    hour_now = expecting.slot_of(now.timestamp(), shop.timezone)
    usual = line.profile.usual if line.profile is not None else (0.0,) * expecting.WEEK
    context = {
        "section": "watch",
        "line": line,
        "week": week(usual, came, hour_now),
        "weekdays": [str(WEEKDAYS[day]) for day in range(7)],
        "parts": [f"{hour:02}–{hour + 4:02}" for hour in range(0, 24, 4)],
        "alerts": [held for held in open_alerts(shop) if held[0].about == line.about],
        "ready_at": datetime.fromtimestamp((line.row.first_hour + expecting.LEAST_HOURS + 24) * expecting.HOUR, UTC),
        "now": now,
        "tolerances": (0.5, 1, 1.5, 2, 3, 5, 10),
    }
    return render(request, "watching/series.html", context)


@require_GET
@staff()
def watch_settings(request: StaffRequest) -> HttpResponse:
    shop, now = request.shop, to_micros(datetime.now(UTC))
    chosen = {row.user_id: row for row in AlertListener.objects.filter(shop=shop)}
    people: list[dict[str, Any]] = []
    for member in Membership.objects.filter(shop=shop).select_related("user").order_by("user__username"):
        held = chosen.get(member.user_id)
        people.append(
            {
                "id": member.user_id,
                "name": member.user.get_full_name() or member.user.username,
                "role": member.role,
                "hears": held.hears if held is not None else HEARS_BY_ROLE.get(member.role, "none"),
                "quiet_from": held.quiet_from if held is not None else None,
                "quiet_until": held.quiet_until if held is not None else None,
                "is_me": member.user_id == request.user.pk,
            }
        )
    pauses = WatchPause.objects.filter(shop=shop, series=None, ends_at__gte=now).exclude(note=STOPPED)
    context = {
        "section": "watch",
        "people": people,
        "pauses": list(pauses.order_by("begins_at")[:SHOWN]),
        "hours": range(25),
    }
    return render(request, "watching/settings.html", context)


def open_alerts(shop: Any) -> list[tuple[Alert, Words]]:
    """Those that are not settled, the gravest and newest first."""
    ends = [{"shop_id": shop.pk, "status": status} for status in ("open", "acknowledged", "snoozed")]
    held = Alert.objects.in_bulk(newest(Alert, ends, SHOWN).ids)
    rows = sorted(held.values(), key=lambda one: -one.pk)
    order = {"critical": 0, "warning": 1, "info": 2}
    return sorted(_worded(rows), key=lambda held: (held[0].status != "open", order.get(held[0].severity, 1)))


def _worded(rows: Any) -> list[tuple[Alert, Words]]:
    return [(row, words_of(_in_words(facts_of(row)))) for row in rows]


def _in_words(alert: AlertFacts) -> AlertFacts:
    """What a connector or the runtime gave as the reason, in the reader's language."""
    facts = {name: said(value) if name in ("reason", "message") else value for name, value in alert.facts.items()}
    return replace(alert, facts=facts)


def _rank(one: Watched) -> tuple[int, str]:
    order = {"silent": 0, "ok": 1, "learning": 2, "stopped": 3, "ignored": 4}
    return order[one.state], one.title.casefold()
