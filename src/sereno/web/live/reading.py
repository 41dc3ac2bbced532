"""The page of one flow: its tree as it is live, with the numbers of each card as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from markupsafe import Markup

from sereno.engine.program import ABSENT
from sereno.store.models import Flow, FlowVersion, Run, Skip
from sereno.store.scans import RUN_STATUSES, newest, run_ends
from sereno.web import counts
from sereno.web.access import StaffRequest, staff
from sereno.web.documents import document_of, text_of
from sereno.web.flowtree import Card
from sereno.web.live.cards import cards_of
from sereno.web.live.numbers import NONE, PERIODS, AtStep, Counted, Numbers, Period, numbers_of
from sereno.web.paging import number_in
from sereno.web.shell import render
from sereno.web.subjects import labels


@require_GET
@staff()
def flow(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    texts = _texts(row, number_in(request.GET.get("version", "")))
    number = next((one for one in texts if one != row.version), row.version)
    text = texts[number] if number is not None else row.draft
    document = document_of(text)
    period = period_asked(request)
    numbers = numbers_of(row.pk, number) if number is not None else Numbers()
    trigger, steps = cards_of(text)
    skips = list(Skip.objects.filter(flow=row).order_by("-id")[:6])
    runs = newest_runs(row, 6)
    context = {
        **head_of(row, texts.get(row.version or 0)),
        "view": "read",
        "labels": labels(request.shop, [one.subject for one in (*skips, *runs)]),
        "trigger": trigger,
        "steps": steps,
        "number": number,
        "is_older": number != row.version,
        "elsewhere": [(other, count) for other, count in sorted(numbers.here.items()) if other != number],
        "overlay": overlay(row.name, document, trigger, steps, numbers, period) if number is not None else {},
        "numbers": numbers,
        "period": period,
        "periods": [("day", _("24 hours")), ("week", _("7 days")), ("all", _("All time"))],
        "is_manual": is_manual(texts.get(row.version or 0, "")),
        "activity": counts.flow_numbers(request.shop, [row])[row.pk],
        "skips": skips,
        "runs": runs,
    }
    return render(request, "live/read.html", context)


def newest_runs(row: Flow, count: int) -> list[Run]:
    """The flow's newest runs, from the ends of the index by status."""
    ids = newest(Run, run_ends([row.pk], RUN_STATUSES), count).ids
    held = Run.objects.defer("state").in_bulk(ids)
    return [held[id_] for id_ in ids if id_ in held]


def head_of(row: Flow, live: str | None = None) -> dict[str, Any]:
    """What every page about a flow (`flows/frame.html`) is given. `live` is the text of its current version, where that
    is at hand."""
    return {"section": "flows", "flow": row, "has_unpublished": row.version is None or draft_differs(row, live)}


def draft_differs(row: Flow, live: str | None = None) -> bool:
    return bool(row.draft) and row.draft.strip() != (live or text_of(row, row.version)).strip()


def is_manual(text: str) -> bool:
    """Whether a person may start the flow."""
    trigger = document_of(text).get("trigger")
    return isinstance(trigger, Mapping) and "manual" in trigger


def _texts(row: Flow, asked: int | None) -> dict[int, str]:
    """The texts of the current version and of the one asked for, as far as there are such."""
    wanted = [number for number in (row.version, asked) if number is not None]
    return dict(FlowVersion.objects.filter(flow=row, number__in=wanted).values_list("number", "document"))


def period_asked(request: HttpRequest) -> Period:
    wanted = request.GET.get("period", "week")
    return cast(Period, wanted) if wanted in PERIODS else "week"


def overlay(
    flow: str,
    document: Mapping[str, Any],
    trigger: Sequence[Card],
    steps: Sequence[Card],
    numbers: Numbers,
    period: Period,
) -> dict[str, Markup]:
    """The numbers as markup, by the path of the card they belong on."""
    part = engines["jinja2"].env.get_template("live/counts.html").module  # type: ignore[attr-defined]
    query = f"?{urlencode({'flow': flow})}"
    found: dict[str, Markup] = {"trigger": part.at_trigger(numbers, period, query, flow)}
    absent = numbers.steps.get(ABSENT)
    if absent is not None:
        # What waits for an absence has not come to its first card yet.
        found["trigger"] += part.at_step(absent, period, query, ABSENT, False)
    for card in trigger:
        if card.path.startswith("exit."):
            types = _exit_types(document, int(card.path[5:]))
            counted = sum((numbers.exits.get(type_, NONE) for type_ in types), Counted())
            found[card.path] = part.at_exit(counted.of(period), query)
    _lay(part, steps, numbers, period, query, found)
    return found


def _lay(
    part: Any, cards: Sequence[Card], numbers: Numbers, period: Period, query: str, found: dict[str, Markup]
) -> None:
    for card in cards:
        at_step = numbers.steps.get(card.path, AtStep())
        found[card.path] = part.at_step(at_step, period, query, card.path, card.kind == "action")
        for _name, inner in card.branches:
            _lay(part, inner, numbers, period, query, found)


def _exit_types(document: Mapping[str, Any], number: int) -> list[str]:
    exits = document.get("exit") or []
    listed = exits if isinstance(exits, list) else [exits]
    item = listed[number] if number < len(listed) else {}
    types = item.get("event") if isinstance(item, Mapping) else item
    return [str(type_) for type_ in types] if isinstance(types, list) else [str(types)]
