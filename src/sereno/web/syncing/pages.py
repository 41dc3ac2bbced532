"""Product sync: who leads each field, and every difference with both values, decided one by one or many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.syncing import services
from sereno.runtime.syncing.services import Counts, Rule, SyncRefused
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.paging import SIZE, number_in, page_to
from sereno.web.phrases import said
from sereno.web.shell import render
from sereno.web.syncing import words
from sereno.web.syncing.showing import flows_lacking, shown

MOST_DECIDED = 200
"""Rows of one press: as many as a page and a half of a large screen can tick."""


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One line of the rules."""

    name: str
    label: str
    is_price: bool
    rule: Rule | None
    sentences: tuple[str, ...]
    leaders: list[str]


@require_GET
@staff()
def page(request: StaffRequest) -> HttpResponse:
    """Rules above, differences below; those narrowed and a page at a time."""
    shop = request.shop.pk
    held = services.rules_standing(shop)
    rules = {one.field: one for one, _standing in held}
    stores = [one.name for one in services.sides(shop)]
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("field", "connection", "state", "q")}
    after = number_in(request.GET.get("before", "")) or 0
    found, following = services.differences(
        shop,
        field=asked["field"],
        connection=asked["connection"],
        state=asked["state"],
        search=asked["q"],
        after=after,
        limit=SIZE,
    )
    rows = shown(request.shop, found)
    counts = services.counts(shop) if rules else Counts(0, 0, {})
    context: dict[str, Any] = {
        "section": "stock",
        "stores": stores,
        "rules": rules,
        "fields": [_field(name, rules.get(name), stores) for name in words.FIELDS],
        "conflicts": [(key, str(text)) for key, text in words.CONFLICTS.items()],
        "lacking": flows_lacking(request.shop, rules) if rules else [],
        "counts": counts,
        "is_comparing": any(standing.compared_at is None for _rule, standing in held),
        "states": [
            (key, str(word.label), counts.states.get(key, 0), "lamp" if key == "held" else "")
            for key, word in words.STATES.items()
        ],
        "page": page_to(request, rows, following),
        "search": asked["q"],
        "selects": _selects(asked, stores),
        "is_filtered": any(asked.values()),
        "decisions": [words.decision(one) for one in words.DECISIONS],
    }
    return render(request, "syncing/page.html", context)


@require_POST
@staff("settings")
def rule(request: StaffRequest, field: str) -> HttpResponse:
    """Who leads this field; nobody takes the rule away."""
    if field not in words.FIELDS:
        raise Http404
    shop, by = request.shop.pk, request.user.username
    leader = request.POST.get("leader", "").strip()[:200]
    if not leader:
        carry_out(request, lambda: services.remove_rule(shop, field, by=by), _("It is not compared any more."))
        return redirect("product-sync")

    def put() -> Rule:
        most = request.POST.get("most_change", "30").strip() or "0"
        if not (most.isascii() and most.isdigit() and len(most) < 5):
            raise ValueError("how far a price may move is a whole number of percent, 0 or more")
        connections = tuple(one[:200] for one in request.POST.getlist("connection"))
        wanted = Rule(field, leader, request.POST.get("conflict", ""), connections, int(most))
        return services.set_rule(shop, wanted, by=by)

    carry_out(request, put, _("Kept. The catalogue is being compared by it."), form=f"sync-rule:{field}")
    return redirect("product-sync")


@require_POST
@staff("work")
def decide(request: StaffRequest) -> HttpResponse:
    """What is to become of the one pressed, or of all that are ticked. A row that changed since the page was shown is
    not decided: somebody was quicker, or the store said something else."""
    decision = request.POST.get("decision", "")
    ids = chosen_ids(request)[:MOST_DECIDED]
    if not ids or decision not in words.DECISIONS:
        messages.error(request, _("Nothing was ticked. Tick some differences, then press the button."))
        return back(request, "/stock/sync")
    done = 0
    refused: dict[str, int] = {}
    for id_ in ids:
        seen = request.POST.get(f"seen:{id_}", "")[:64]
        try:
            services.decide(request.shop.pk, id_, decision, by=request.user.username, seen=seen)
            done += 1
        except SyncRefused as refusal:
            refused[str(refusal)] = refused.get(str(refusal), 0) + 1
    if done:
        messages.success(request, str(words.decided(decision, done)))
    for why, count in refused.items():
        text = ngettext("%(num)s was not decided: %(why)s", "%(num)s were not decided: %(why)s", count)
        messages.error(request, text % {"num": count, "why": said(why)})
    return back(request, "/stock/sync")


def _field(name: str, rule: Rule | None, stores: list[str]) -> FieldShown:
    # A leader that has no products any more stays to be seen.
    leaders = sorted({*stores, *((rule.leader, *rule.connections) if rule else ())})
    sentences = (words.rule(rule), words.limit(rule), words.taking_part(rule)) if rule is not None else ()
    return FieldShown(name, words.field(name), name in words.PRICES, rule, sentences, leaders)


def _selects(asked: dict[str, str], stores: list[str]) -> tuple[Any, ...]:
    return (
        ("field", _("Every field"), [(key, str(label)) for key, label in words.FIELDS.items()], asked["field"]),
        ("connection", _("Every store"), [(one, one) for one in stores], asked["connection"]),
        (
            "state",
            _("Any state"),
            [(key, str(word.label)) for key, word in words.STATES.items()],
            asked["state"],
        ),
    )
