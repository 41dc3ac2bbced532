"""Tables that others fetch: made, changed, given a new key; and fetched, by whoever has the key."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from sereno.modules.feeds.models import FeedOut
from sereno.runtime.feeds import outgoing
from sereno.store.models import Connection
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.feeds import words
from sereno.web.shell import render
from sereno.web.wiring import wiring

SAMPLE = 5
MOST = 16
"""Columns the form has room for."""


@require_http_methods(["GET", "POST"])
@staff("settings")
def new(request: StaffRequest) -> HttpResponse:
    given = request.POST
    if request.method == "POST":
        what, columns = outgoing.SHAPES.get(given.get("shape", ""), outgoing.SHAPES["plain"])

        def make() -> outgoing.Made:
            title, by = given.get("title", ""), request.user.username
            channel = given.get("channel", "")
            return outgoing.make(request.shop.pk, title, by=by, what=what, columns=columns, channel=channel)

        if made := carry_out(request, make, ""):
            return _page(request, made.name, made.key)
    shapes = [
        ("plain", _("Stock: SKU and how many may be sold")),
        ("amazon", _("Stock and prices, columns as Amazon's listing files name them")),
        ("google", _("Products, columns as Google's product data names them")),
    ]
    context = {"section": "feeds", "values": given, "shapes": shapes, "channels": _channels(request)}
    return render(request, "feeds/out_form.html", context)


@require_GET
@staff()
def page(request: StaffRequest, feed: str) -> HttpResponse:
    return _page(request, feed)


@require_POST
@staff("settings")
def change(request: StaffRequest, feed: str) -> HttpResponse:
    row = get_object_or_404(FeedOut, shop=request.shop, name=feed)
    given = request.POST
    pairs = zip(given.getlist("name"), given.getlist("field"), strict=False)
    columns = [(name.strip(), field) for name, field in pairs if field and name.strip()]

    def put() -> None:
        outgoing.change(
            request.shop.pk,
            feed,
            by=request.user.username,
            title=given.get("title", row.title),
            what=row.what,
            columns=columns,
            form=given.get("form", "csv"),
            channel=given.get("channel", ""),
            is_on=given.get("is_on") != "no",
        )

    carry_out(request, put, _("Changed. Who fetches it next gets it so."))
    return redirect("feed-out", feed)


@require_POST
@staff("settings")
def key(request: StaffRequest, feed: str) -> HttpResponse:
    get_object_or_404(FeedOut, shop=request.shop, name=feed)
    made = carry_out(request, lambda: outgoing.new_key(request.shop.pk, feed, by=request.user.username), "")
    return _page(request, feed, made or "")


@require_safe
def fetch(request: HttpRequest, file: str) -> HttpResponse | StreamingHttpResponse:
    """The table, for whoever has its key, in the address (`?key=`) or as a bearer. What is not there and what the key
    does not open look alike."""
    name, _dot, form = file.partition(".")
    given = request.GET.get("key", "") or request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    row = FeedOut.objects.filter(name=name, is_on=True).first()
    if row is None or not outgoing.opens(given, row.key) or form != row.form:
        return HttpResponse("There is no feed at this address, or the key is not its key.\n", "text/plain", 404)
    outgoing.noted(row.pk)
    kind = "text/tab-separated-values" if form == "tsv" else "text/csv"
    pieces = outgoing.lines(row.shop_id, row.what, row.columns, row.form, row.channel)
    answer = StreamingHttpResponse(pieces, content_type=f"{kind}; charset=utf-8")
    answer["Cache-Control"] = "private, max-age=60"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _page(request: StaffRequest, feed: str, key: str = "") -> HttpResponse:
    """`key` is there once, when it was made."""
    row = get_object_or_404(FeedOut, shop=request.shop, name=feed)
    text = "".join(islice(outgoing.lines(row.shop_id, row.what, row.columns, "tsv", row.channel, most=SAMPLE), 1))
    rows = [line.split("\t") for line in text.split("\r\n") if line]
    address = wiring().base_url + reverse("feed-fetch", args=[f"{row.name}.{row.form}"])
    context: dict[str, Any] = {
        "section": "feeds",
        "row": row,
        "address": f"{address}?key={key}" if key else address,
        "key": key,
        "columns": [*row.columns, *[["", ""]] * max(2, MOST - len(row.columns) if len(row.columns) > 12 else 3)],
        "options": words.out_options(row.what),
        "channels": _channels(request),
        "sample": rows,
        "what": words.what,
    }
    return render(request, "feeds/out.html", context)


def _channels(request: StaffRequest) -> list[tuple[str, str]]:
    names = Connection.objects.filter(shop=request.shop, is_active=True).order_by("name").values_list("name", flat=True)
    return [("", _("as in no channel")), *((name, name) for name in names[:200])]
