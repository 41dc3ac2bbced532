"""Segments, who is in one, how it grew, and what changed between two moments."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from sereno.engine.segments.definition import Did, Part, SegmentInvalid, Where, fold, leaves, read
from sereno.engine.segments.fields import ANSWER
from sereno.engine.segments.text import to_text
from sereno.modules.catalog.models import Product
from sereno.modules.segments.models import Member, Segment, ShopState, Snapshot, Tally
from sereno.modules.segments.ready import READY
from sereno.runtime.segments.reading import compared
from sereno.store.models import Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.segments import choices, words
from sereno.web.shell import render
from sereno.web.subjects import labels

SHOWN = 50
REMOVED = "removed_segment"
"""The segment removed last, kept in the session until it is taken back."""


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    found = list(Segment.objects.filter(shop=request.shop).order_by("title", "id"))
    sums = sums_of([one.pk for one in found])
    names = {one.name for one in found}
    removed: dict[str, Any] = request.session.get(REMOVED) or {}
    context = {
        "section": "segments",
        "rows": [(one, sums.get(one.pk, 0)) for one in found],
        "ready": [one for one in READY if one.name not in names],
        "is_gathering": ShopState.objects.filter(shop=request.shop).exclude(stage="ready").exists(),
        "removed": removed if request.GET.get("removed") and removed.get("shop") == request.shop.pk else None,
    }
    return render(request, "segments/list.html", context)


@require_GET
@staff()
def segment(request: StaffRequest, name: str) -> HttpResponse:
    one = find(request.shop, name)
    after = request.GET.get("after", "")[:200]
    members = Member.objects.filter(segment_id=one.pk, is_in=1, key__gt=after).order_by("key")
    rows = list(members.values_list("key", "since_at")[: SHOWN + 1])
    tallies = Tally.objects.filter(segment_id=one.pk)
    days = tallies.filter(day__gt=one.changed_at.date().toordinal() - 1).values("day")
    newest = list(days.annotate(came=Sum("entered"), went=Sum("left")).order_by("-day")[:30])
    titles = dict(Segment.objects.filter(shop=request.shop).values_list("name", "title"))
    context: dict[str, Any] = {
        "section": "segments",
        "one": one,
        "size": sums_of([one.pk]).get(one.pk, 0),
        "lines": _lines(one, request.shop, titles),
        "text": _text(one),
        "rows": rows[:SHOWN],
        "labels": labels(request.shop, [f"customer:{key}" for key, _ in rows[:SHOWN]]),
        "older": rows[SHOWN - 1][0] if len(rows) > SHOWN else None,
        "is_first": not after,
        "days": [
            (date.fromordinal(row["day"]), row["came"], row["went"]) for row in newest if row["came"] or row["went"]
        ],
        "snapshots": list(Snapshot.objects.filter(shop=request.shop, segment_id=one.pk).order_by("-id")[:20]),
    }
    return render(request, "segments/segment.html", context)


@require_GET
@staff()
def compare(request: StaffRequest, name: str) -> HttpResponse:
    one = find(request.shop, name)
    asked = [request.GET.get(part, "") for part in ("from", "to")]
    known = {str(kept.pk): kept for kept in Snapshot.objects.filter(shop=request.shop, segment_id=one.pk)}
    if any(part not in known for part in asked):
        raise Http404
    found = compared(int(asked[0]), int(asked[1]), SHOWN)
    keys = {key for side in (found.added, found.removed) for key in side}
    context = {
        "section": "segments",
        "one": one,
        "first": known[asked[0]],
        "second": known[asked[1]],
        "found": found,
        "labels": labels(request.shop, [f"customer:{key}" for key in keys]),
    }
    return render(request, "segments/compare.html", context)


def find(shop: Shop, name: str) -> Segment:
    one = Segment.objects.filter(shop=shop, name=name).first()
    if one is None:
        raise Http404
    return one


def sums_of(ids: list[int]) -> dict[int, int]:
    """How many are in each of these segments."""
    rows = Tally.objects.filter(segment_id__in=ids).values("segment_id")
    found = rows.annotate(began=Sum("began"), came=Sum("entered"), went=Sum("left"))
    return {row["segment_id"]: row["began"] + row["came"] - row["went"] for row in found.order_by()}


def _text(one: Segment) -> str:
    try:
        return to_text(read(one.definition))
    except SegmentInvalid:
        return ""


def _lines(one: Segment, shop: Shop, titles: dict[str, str]) -> list[words.Line]:
    try:
        part = read(one.definition)
        titles = titles | _titles(part, shop)
        keys = [
            leaf.of.value for leaf in leaves(part) if isinstance(leaf, Did) and leaf.of and leaf.of.kind == "product"
        ]
        if keys:
            goods = Product.objects.filter(shop=shop, key__in=keys).values_list("key", "title")
            titles = titles | {f"product:{key}": title for key, title in goods if title}
        return words.lines(part, shop.currency, titles)
    except SegmentInvalid as refusal:
        return [(0, words.problem(refusal))]


def _titles(part: Part, shop: Shop) -> dict[str, str]:
    """What fields and values of this definition are called that are not the same in every shop."""
    named = {leaf.field for leaf in leaves(part) if isinstance(leaf, Where)}
    if not any(name in choices.CHOSEN or name.startswith(ANSWER) for name in named):
        return {}
    asked, values = choices.of_shop(shop)
    found = {name: str(label) for name, label in asked.items() if name in named}
    for name in named:
        found |= {f"{name}:{fold(value)}": str(label) for value, label in values.get(name, {}).items()}
    return found
