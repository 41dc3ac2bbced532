"""Reading a store back: what webhooks missed, the webhooks the store holds for us, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.reading import asking, reporting
from sereno.sdk.plugin import registry
from sereno.store.models import Backfill, Connection, Event, Reading, ReadingGap
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.connecting.health import title_of_connection
from sereno.web.connecting.words import length_of
from sereno.web.paging import page_of
from sereno.web.reading import words
from sereno.web.shell import render
from sereno.web.subjects import labels

JOBS = 10
SPANS = ("", "30", "90", "365")
"""Days of history to choose from; "" is all of it."""


@require_GET
@staff()
def reading(request: StaffRequest, name: str) -> HttpResponse:
    row = _row(request, name)
    found = Reading.objects.filter(connection=row).first()
    jobs = list(Backfill.objects.filter(connection=row).order_by("-id")[:JOBS])
    gaps = page_of(request, ReadingGap.objects.filter(connection=row), 20)
    facts, named = _facts(request, [gap.delivery for gap in gaps.rows])
    connector = registry().connectors.get(row.kind)
    store = connector.store if connector is not None else None
    context = {
        "section": "connections",
        "row": row,
        "title": title_of_connection(row),
        "reading": found,
        "last": reporting.sums(found.last_counts) if found is not None else {},
        "subscribing": store is not None and store.subscriptions is not None,
        "kinds": [(kind, words.kind(kind)) for kind in store.reads] if store is not None else [],
        "has_key": bool(row.access),
        "jobs": [_job(one) for one in jobs],
        "is_open": any(one.status in reporting.OPEN for one in jobs),
        "is_turning": any(one.status in ("waiting", "running") for one in jobs)
        or (found is not None and found.pass_until is not None),
        "gaps": gaps,
        "facts": facts,
        "labels": named,
        "problem": words.problem(found.error) if found is not None else "",
        "pace": words.pace,
        "paces": [(str(seconds), words.pace(seconds)) for seconds in _paces(found)],
        "kind_named": words.kind,
        "late": lambda seconds: length_of(timedelta(seconds=seconds)),
        "spans": [(span, _span(span)) for span in SPANS],
    }
    return render(request, "reading/page.html", context)


@require_POST
@staff("settings")
def read_now(request: StaffRequest, name: str) -> HttpResponse:
    row = _row(request, name)
    said = _("It is being read now: what was missed shows up below.")
    carry_out(request, lambda: asking.read_now(request.shop.pk, row.name, request.user.username), said)
    return redirect("reading", name)


@require_POST
@staff("settings")
def change(request: StaffRequest, name: str) -> HttpResponse:
    """How often, on or off, and whether missing webhooks are made."""
    row = _row(request, name)
    every = request.POST.get("every", "")
    is_on, keeps = _said(request, "is_on"), _said(request, "keeps")

    def put() -> None:
        seconds = int(every) if every.isascii() and every.isdigit() and len(every) < 7 else None
        asking.change(
            request.shop.pk, row.name, request.user.username, is_on=is_on, every=seconds, keeps_subscriptions=keeps
        )

    carry_out(request, put, _("They are made within seconds, and made anew when they go.") if keeps else _("Changed."))
    return redirect("reading", name)


@require_POST
@staff("settings")
def begin(request: StaffRequest, name: str) -> HttpResponse:
    """Have history read."""
    row = _row(request, name)
    span = request.POST.get("span", "")
    since = datetime.now(UTC) - timedelta(days=int(span)) if span in SPANS and span else None
    kinds = request.POST.getlist("kind")

    def put() -> int:
        return asking.backfill(request.shop.pk, row.name, request.user.username, kinds=kinds, since=since)

    carry_out(request, put, _("Its history is being read. You can leave this page; no flow is started by it."))
    return redirect("reading", name)


@require_POST
@staff("settings")
def steer(request: StaffRequest, name: str, id: int) -> HttpResponse:
    """Pause it, let it go on, or end it."""
    row = _row(request, name)
    get_object_or_404(Backfill, connection=row, pk=id)
    doings = {
        "pause": (asking.pause, _("It is paused, and keeps its place.")),
        "resume": (asking.resume, _("It goes on where it stopped.")),
        "cancel": (asking.cancel, _("It ended; what it brought stays.")),
    }
    doing, said = doings.get(request.POST.get("do", ""), (None, ""))
    if doing is not None:
        carry_out(request, lambda: doing(request.shop.pk, id, request.user.username), said)
    return redirect("reading", name)


def _job(row: Backfill) -> dict[str, Any]:
    """A job as the template draws it."""
    share = reporting.progress(row)
    kinds = [
        {**one, "label": words.kind(one["kind"])} for one in reporting.kind_rows(row) if one["read"] or one["total"]
    ]
    return {
        "row": row,
        "state": words.state(row.status),
        "share": None if share is None else round(share * 100),
        "kinds": kinds,
        "problem": words.problem(row.error),
        "is_open": row.status in reporting.OPEN,
    }


def _facts(request: StaffRequest, deliveries: Sequence[int]) -> tuple[dict[int, list[Event]], dict[str, str]]:
    """By delivery, the facts that were found; and what their subjects are called."""
    found: dict[int, list[Event]] = {}
    for event in Event.objects.filter(shop=request.shop, delivery__in=deliveries).defer("data", "refs").order_by("id"):
        found.setdefault(event.delivery_id, []).append(event)
    subjects = sorted({event.subject for events in found.values() for event in events})
    return found, labels(request.shop, subjects)


def _said(request: StaffRequest, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(request.POST.get(name, ""))


def _paces(found: Reading | None) -> list[int]:
    return sorted({*words.EVERY, *([found.every] if found is not None else [])})


def _span(days: str) -> str:
    if not days:
        return _("All of it")
    if days == "365":
        return _("The last year")
    return _("The last %(days)s days") % {"days": days}


def _row(request: StaffRequest, name: str) -> Connection:
    return get_object_or_404(Connection, shop=request.shop, name=name)
