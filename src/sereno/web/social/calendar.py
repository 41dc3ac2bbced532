"""The calendar: a month, a week or a list of what goes out, on the shop's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.runtime.calendar import Entry
from sereno.runtime.social.calendar import everything
from sereno.runtime.social.plan import on_clock
from sereno.store.database import default_database
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.shell import render
from sereno.web.social.words import KINDS, STATES

VIEWS = ("month", "week", "list")
LISTED = 30
"""Days of the list."""


@require_GET
@staff()
def calendar(request: StaffRequest) -> HttpResponse:
    zone = ZoneInfo(request.shop.timezone)
    today = datetime.now(UTC).astimezone(zone).date()
    view = request.GET.get("view", "") if request.GET.get("view", "") in VIEWS else "month"
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in KINDS else ""
    at = _day(request.GET.get("at", ""), today)
    first, last, before, after = _span(view, at)
    with default_database().read() as tx:
        found = everything(tx, request.shop.pk, _start(first, zone), _start(last, zone))
    found = [one for one in found if not kind or one.kind == kind]
    days = [first + timedelta(days=number) for number in range((last - first).days)]
    cells = [_cell(day, found, zone, today, at) for day in days]
    region = formats.region()
    names = get_day_names("abbreviated", locale=region)
    context = {
        "section": "calendar",
        "view": view,
        "kind": kind,
        "at": at,
        "title": _title(view, at, first, last, region),
        "before": before,
        "after": after,
        "today": today,
        "names": [names[number] for number in range(7)],
        "weeks": [cells[start : start + 7] for start in range(0, len(cells), 7)],
        "days": [cell for cell in cells if cell["entries"]],
        "kinds": KINDS,
        "states": STATES,
        "views": (("month", _("Month")), ("week", _("Week")), ("list", _("List"))),
        "selects": [("kind", _("Everything"), [(key, str(word.label)) for key, word in KINDS.items()], kind)],
        "can_write": "flows" in request.can,
        "is_empty": not found,
    }
    return render(request, "social/calendar.html", context)


def _day(text: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if 2000 < found.year < 2100 else otherwise


def _span(view: str, at: date) -> tuple[date, date, date, date]:
    """First day, the day after the last; where "before" and "after" lead."""
    if view == "week":
        first = at - timedelta(days=at.weekday())
        return first, first + timedelta(days=7), first - timedelta(days=7), first + timedelta(days=7)
    if view == "list":
        return at, at + timedelta(days=LISTED), at - timedelta(days=LISTED), at + timedelta(days=LISTED)
    first = at.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    start = first - timedelta(days=first.weekday())
    days = (following - start).days
    return start, start + timedelta(days=-(-days // 7) * 7), (first - timedelta(days=1)).replace(day=1), following


def _cell(day: date, found: list[Entry], zone: ZoneInfo, today: date, at: date) -> dict[str, Any]:
    begins, ends = _start(day, zone), _start(day + timedelta(days=1), zone)
    entries = [
        {"entry": one, "kind": KINDS[one.kind], "state": STATES[one.state], "begins_here": one.at >= begins,
         "hour": one.at.astimezone(zone).strftime("%H:%M")}
        for one in found
        if one.at < ends and (one.until or one.at + timedelta(microseconds=1)) > begins
    ]  # fmt: skip
    region = formats.region()
    return {
        "day": day,
        "name": format_date(day, "EEEE d MMMM", locale=region),
        "entries": entries,
        "is_today": day == today,
        "is_past": day < today,
        "is_other": day.month != at.month,
    }


def _start(day: date, zone: ZoneInfo) -> datetime:
    return on_clock(datetime.combine(day, time.min), zone)


def _title(view: str, at: date, first: date, last: date, region: str) -> str:
    if view == "month":
        return format_date(at, "LLLL y", locale=region)
    end = last - timedelta(days=1)
    return f"{format_date(first, 'd MMM', locale=region)} – {format_date(end, 'd MMM y', locale=region)}"
