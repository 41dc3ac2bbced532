"""The audit trail: every change of a shop, by whom, when, from what to what; narrowed, paged, and as a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.store.fields import to_micros
from sereno.store.models import Audit, Membership, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.paging import page_of
from sereno.web.people.sentences import KINDS, changes, sentence
from sereno.web.shell import render

_CHUNK = 2000


@require_GET
@staff("settings")
def audit(request: StaffRequest) -> HttpResponse:
    rows = narrowed(request.shop, request)
    page = page_of(request, rows)
    given = {name: request.GET.get(name, "").strip() for name in ("q", "by", "kind", "from", "to")}
    context = {
        "section": "audit",
        "page": page,
        "lines": [(row, sentence(row), changes(row, request.shop.timezone)) for row in page.rows],
        "given": given,
        "is_filtered": any(given.values()),
        "people": [(one, one) for one in _people(request.shop, given["by"])],
        "kinds": [(kind, str(name)) for kind, name in KINDS.items()],
        "query": request.GET.urlencode(),
    }
    return render(request, "people/audit.html", context)


def _people(shop: Shop, chosen: str) -> list[str]:
    """Whom one may ask about: the members, and whoever the address already names."""
    members = Membership.objects.filter(shop=shop).order_by("user__username").values_list("user__username", flat=True)
    return list(dict.fromkeys([*members, *([chosen] if chosen else [])]))


@require_GET
@staff("settings")
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The same lines as CSV, in the order they were written, however many there are."""
    shop = request.shop
    rows = narrowed(shop, request)
    answer = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{shop.slug}-audit.csv"'
    return answer


def narrowed(shop: Shop, request: HttpRequest) -> QuerySet[Audit]:
    """The shop's lines by `q`, `by`, `kind`, `from` and `to` (days of the shop's own clock)."""
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "by", "kind", "from", "to")}
    rows = Audit.objects.filter(shop=shop)
    if asked["by"]:
        rows = rows.filter(by=asked["by"])
    if asked["kind"] in KINDS:
        kind = asked["kind"]  # several at once are written in the plural
        rows = rows.filter(Q(action__startswith=f"{kind}.") | Q(action__startswith=f"{kind}s."))
    if asked["q"]:
        rows = rows.filter(
            Q(target__icontains=asked["q"]) | Q(by__icontains=asked["q"]) | Q(action__icontains=asked["q"])
        )
    zone = ZoneInfo(shop.timezone)
    first, last = _day(asked["from"]), _day(asked["to"])
    if first is not None:
        rows = rows.filter(at__gte=_start(first, zone))
    if last is not None and last < date.max:
        rows = rows.filter(at__lt=_start(last + timedelta(days=1), zone))
    return rows


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 <= found.year <= 9990 else None


def _start(day: date, zone: ZoneInfo) -> int:
    return to_micros(datetime.combine(day, time(), tzinfo=zone).astimezone(UTC))


class _Line:
    """A file that keeps what was written last: the writer formats, the answer streams."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: QuerySet[Audit]) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(["at", "by", "action", "target", _("In words"), "details"])
    for row in rows.order_by("id").iterator(_CHUNK):
        details = json.dumps(row.details, ensure_ascii=False, default=str)
        cells = [row.at.isoformat(timespec="seconds"), row.by, row.action, row.target, sentence(row), details]
        yield writer.writerow([_harmless(cell) for cell in cells])


def _harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
