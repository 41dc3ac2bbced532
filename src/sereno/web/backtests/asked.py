"""The form that asks for a back-test: which text, over which past, compared or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.runtime.rehearsals.requests import LARGEST_FILE, Wanted, count_events
from sereno.store.database import default_database
from sereno.store.models import Flow, Shop
from sereno.web.documents import text_of
from sereno.web.formats import zone_of

DAYS = {"7": mark("Last 7 days"), "30": mark("Last 30 days"), "90": mark("Last 90 days"), "all": mark("All there is")}
MOST = 50_000
"""Events counted before it begins; counting more would take longer than a page may."""


@dataclass(frozen=True, slots=True)
class Period:
    """One that can be chosen. `events` is how many events it has; `is_more` when there are more than were counted."""

    key: str
    label: str
    events: int
    is_more: bool


def periods(shop: Shop, now: datetime | None = None) -> list[Period]:
    """The periods at hand, with the number of the shop's events in each."""
    at = now or datetime.now(UTC)
    found: list[Period] = []
    with default_database().read() as tx:
        for key, label in DAYS.items():
            begin = at - timedelta(days=int(key)) if key != "all" else datetime(1970, 1, 1, tzinfo=UTC)
            # A longer period holds no fewer.
            count = MOST + 1 if found and found[-1].is_more else count_events(tx, shop.pk, begin, at, MOST + 1)
            found.append(Period(key, str(label), min(count, MOST), count > MOST))
    return found


def read(request: HttpRequest, shop: Shop, row: Flow) -> tuple[Wanted | None, dict[str, str]]:
    """What the form asks for; None with what is wrong, by field."""
    post = request.POST
    errors: dict[str, str] = {}
    begin, until = _period(post, shop, errors)
    number = post.get("seed", "").strip() or "0"
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        errors["seed"] = _("Write a whole number, such as 5.")
    file = request.FILES.get("file")
    if file is not None and (file.size or 0) > LARGEST_FILE:
        errors["file"] = _("The file is too large. Take a shorter period; up to %(size)s MB are read.") % {
            "size": LARGEST_FILE // 1_000_000
        }
    if errors:
        return None, errors
    is_live = post.get("of") == "live" and row.version is not None
    wanted = Wanted(
        row.name,
        version=row.version if is_live else None,
        begin=begin if file is None else None,
        until=until if file is None else None,
        seed=int(number),
        compare=post.get("compare") == "on",
        lines=file.read() if file is not None else None,
        origin=str(file.name or "") if file is not None else "",
    )
    return wanted, {}


def draft_differs(row: Flow) -> bool:
    return bool(row.draft) and (row.version is None or row.draft.strip() != text_of(row, row.version).strip())


def _period(post: Any, shop: Shop, errors: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    chosen = post.get("period", "30")
    if chosen != "own":
        days = int(chosen) if chosen in DAYS and chosen != "all" else None
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        return (now - timedelta(days=days) if days else None), None
    first, last = _day(post, "from", errors), _day(post, "to", errors)
    if first is not None and last is not None and first > last:
        errors["to"] = _("It ends before it begins. Turn the two days round.")
    if errors:
        return None, None
    zone = zone_of(shop.timezone)
    begin = datetime.combine(first, time(), zone).astimezone(UTC) if first is not None else None
    # To the end of the last day.
    until = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) if last is not None else None
    return begin, until


def _day(post: Any, field: str, errors: dict[str, str]) -> date | None:
    text = post.get(field, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[field] = _("Write a day as 2026-10-31.")
        return None
