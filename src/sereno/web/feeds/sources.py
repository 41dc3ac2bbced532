"""Where tables come from: the list, a new source, one with its files, and how it writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.feeds.models import FeedFile, FeedHeld, FeedOut, FeedSource
from sereno.runtime.feeds import sources
from sereno.sdk.tables import Layout
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.connecting.health import title_of_connection
from sereno.web.feeds import words
from sereno.web.paging import number_in, page_of
from sereno.web.shell import render
from sereno.web.wiring import wiring

EVERY = (300, 900, 3600, 21_600, 86_400)


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    rows = list(
        FeedSource.objects.filter(shop=request.shop).select_related("connection").order_by("connection__name")[:200]
    )
    ids = [row.pk for row in rows]
    last: dict[int, FeedFile] = {}
    newest = FeedFile.objects.filter(pk__in=_newest(ids)).defer("body")
    for file in newest:
        last[file.source_id] = file
    waiting = FeedFile.objects.filter(source__in=ids, held__gt=0).values("source").annotate(held=Sum("held"))
    held = {row["source"]: row["held"] for row in waiting}
    context = {
        "section": "feeds",
        "rows": [(row, title_of_connection(row.connection), last.get(row.pk), held.get(row.pk, 0)) for row in rows],
        "outs": list(FeedOut.objects.filter(shop=request.shop).order_by("name")[:200]),
        "state": words.state,
        "what": words.what,
        "ways": dict(words.WAYS),
        "problem": words.problem,
    }
    return render(request, "feeds/list.html", context)


@require_http_methods(["GET", "POST"])
@staff("settings")
def new(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        given = request.POST

        def make() -> str:
            return sources.make(
                request.shop.pk,
                given.get("title", "").strip()[:80],
                by=request.user.username,
                layout=Layout(what=_what(given.get("what", "")), zone=""),
                way=_way(given.get("way", "hand")),
                url=given.get("url", ""),
                key=given.get("key", "").strip(),
            )

        said = _("It is made. Bring its first file, and look at what Sereno makes of it.")
        if name := carry_out(request, make, said):
            return redirect("feed", name)
    context = {
        "section": "feeds",
        "values": request.POST or {"what": request.GET.get("what", "")},
        "ways": words.WAYS,
        "whats": _whats(),
    }
    return render(request, "feeds/form.html", context)


@require_GET
@staff()
def source(request: StaffRequest, name: str) -> HttpResponse:
    row = _row(request, name)
    files = page_of(request, FeedFile.objects.filter(source=row).defer("body"), 20)
    ids = list(FeedFile.objects.filter(source=row, held__gt=0).order_by("-id").values_list("pk", flat=True)[:50])
    held = FeedHeld.objects.filter(shop=request.shop, status="waiting", file__in=ids).order_by("id")[:20]
    context = {
        "section": "feeds",
        "row": row,
        "name": name,
        "title": title_of_connection(row.connection),
        "layout": sources.layout_of(row.layout),
        "files": files,
        "held": list(held),
        "state": words.state,
        "what": words.what,
        "fault": words.fault,
        "field": words.field,
        "problem": words.problem,
        "ways": words.WAYS,
        "whats": _whats(),
        "paces": [(str(seconds), _pace(seconds)) for seconds in sorted({*EVERY, row.every})],
        "folder": wiring().data_dir / "feeds" / name if row.way == "folder" else "",
        "is_turning": any(one.status in ("waiting", "working") for one in files.rows),
    }
    return render(request, "feeds/source.html", context)


@require_POST
@staff("settings")
def change(request: StaffRequest, name: str) -> HttpResponse:
    """How it writes, or how its tables come."""
    row, given = _row(request, name), request.POST
    old = sources.layout_of(row.layout)

    def put() -> None:
        by, shop = request.user.username, request.shop.pk
        if given.get("part") == "layout":
            layout = replace(
                old,
                what=_what(given.get("what", "")),
                decimal=given.get("decimal", ""),  # type: ignore[arg-type]
                day=given.get("day", ""),  # type: ignore[arg-type]
                letters=given.get("letters", ""),  # type: ignore[arg-type]
                twice=given.get("twice", ""),  # type: ignore[arg-type]
                zone=given.get("zone", "").strip(),
                currency=given.get("currency", "").strip().upper(),
                channel=given.get("channel", "").strip()[:100],
            )
            sources.change(shop, name, by=by, layout=layout)
            return
        every = number_in(given.get("every", "")) or row.every
        key = given.get("key", "").strip() or None
        is_on = {"yes": True, "no": False}.get(given.get("is_on", ""))
        way = _way(given.get("way", row.way))
        sources.change(shop, name, by=by, way=way, url=given.get("url"), key=key, every=every, is_on=is_on)

    carry_out(request, put, _("Changed. The next file is read so."))
    return redirect("feed", name)


@require_POST
@staff("work")
def upload(request: StaffRequest, name: str) -> HttpResponse:
    """Keep a file to be looked at; nothing is taken yet."""
    _row(request, name)
    file = request.FILES.get("file")

    def keep() -> int:
        if file is None:
            raise ValueError(_("Choose a file first."))
        if (file.size or 0) > sources.LARGEST:
            raise ValueError(_("The file is larger than 20 MB."))
        return sources.bring(
            request.shop.pk, name, file.name or "file", file.read(), by=request.user.username, is_taken=False
        )

    id_ = carry_out(request, keep, "")
    return redirect("feed-file", name, id_) if id_ is not None else redirect("feed", name)


def _newest(ids: list[int]) -> list[int]:
    """The newest file of each, in one statement for all: there are few sources."""
    if not ids:
        return []
    last = FeedFile.objects.filter(source=OuterRef("pk")).order_by("-id").values("pk")[:1]
    found = FeedSource.objects.filter(pk__in=ids).annotate(last=Subquery(last)).values_list("last", flat=True)
    return [one for one in found if one is not None]


def _row(request: StaffRequest, name: str) -> FeedSource:
    return get_object_or_404(FeedSource.objects.select_related("connection"), shop=request.shop, connection__name=name)


def _whats() -> list[tuple[str, str]]:
    return [("", words.what("")), *((name, words.what(name)) for name in words.WHAT)]


def _what(given: str) -> Any:
    return given if given in words.WHAT else ""


def _way(given: str) -> Any:
    return given if given in sources.WAYS else "hand"


def _pace(seconds: int) -> str:
    if seconds < 3600:
        return _("every %(num)s minutes") % {"num": seconds // 60}
    if seconds == 3600:
        return _("every hour")
    return _("once a day") if seconds == 86_400 else _("every %(num)s hours") % {"num": seconds // 3600}
