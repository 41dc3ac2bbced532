"""What a flow is worth: incremental orders and revenue against its control group, and the branches of its splits."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.engine.control import CONTROL, HOLDOUT
from sereno.engine.message_control import NEWSLETTERS
from sereno.engine.places import find, kind_of
from sereno.engine.read_steps import merged_config
from sereno.modules.insights.results import results as results_of
from sereno.runtime import drafting
from sereno.runtime.drafting import DraftConflict
from sereno.runtime.experiments.measuring import Measured, measured, measured_everywhere
from sereno.store.models import Flow
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.text import rewritten
from sereno.web.live.reading import head_of
from sereno.web.results import wording
from sereno.web.results.sent import everything_sent
from sereno.web.results.showing import Shown, is_of_branches, shown_of
from sereno.web.scores.moments import measured_of
from sereno.web.shell import render

EFFECTS = (0.05, 0.1, 0.2, 0.5)
"""Smallest effects worth knowing of, as shares of what is ordered without the flow."""
EPOCH = date(1970, 1, 1)
MOST_MESSAGES = 50
"""Of those measured by themselves, on the overview: the surest first."""


@require_GET
@staff()
def results(request: StaffRequest) -> HttpResponse:
    """Every flow that is measured, the surest first, and the holdout of the whole shop."""
    today = _today()
    rows: list[tuple[Measured, Shown]] = []
    splits: list[tuple[Measured, Shown]] = []
    of_messages: list[tuple[Measured, Shown]] = []
    whole: Shown | None = None
    everything, newsletters = measured_everywhere(request.shop.pk)
    for one in (*everything, *newsletters):
        for result in results_of(one.experiments, one.sums, one.currency, today):
            if not result.is_current:
                continue
            shown = shown_of(one, result)
            if result.name == HOLDOUT:
                whole = shown
            elif result.is_of_message:
                of_messages.append((one, shown))
            else:
                (rows if result.name == CONTROL else splits).append((one, shown))
    order = {"ok": 0, "bad": 1, "": 2, "lamp": 3}
    rows.sort(key=lambda row: (order[row[1].headline.tone], row[0].title))
    unmeasured = [one for one in everything if one.is_marketing and one.status == "live" and not one.experiments]
    of_messages.sort(key=lambda row: (order[row[1].headline.tone], row[0].title))
    context = {"section": "results", "rows": rows, "splits": splits, "whole": whole, "unmeasured": unmeasured}
    context |= {"moment": measured_of(request.shop)}
    context |= {"of_messages": of_messages[:MOST_MESSAGES]}
    measured_alone = [row for row in of_messages if row[0].flow_id == NEWSLETTERS]
    lifts = {(one.flow_id == NEWSLETTERS, one.name): _lifts(one, shown) for one, shown in (*rows, *measured_alone)}
    return render(
        request,
        "results/overview.html",
        {**context, **everything_sent(request, lifts), "texts": _texts(request.shop.currency)},
    )


def _lifts(found: Measured, shown: Shown) -> tuple[str, str]:
    """What the flow brought, against its control group: orders and revenue."""
    row = next((row for row in shown.rows if row.against is not None), None)
    if row is None or row.against is None or shown.result.is_mismatched:
        return "", ""
    money = wording.money_in(found.currency)
    return wording.lift_of(row.against.orders, wording.count), wording.lift_of(row.against.revenue, money)


@require_GET
@staff()
def flow_results(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    found = measured(request.shop.pk, name)
    effect = _effect(request)
    all_results = results_of(found.experiments, found.sums, found.currency, _today(), effect=effect)
    current = [shown_of(found, result) for result in all_results if result.is_current]
    earlier = [shown_of(found, result) for result in all_results if not result.is_current and any(result.arms)]
    context = {
        **head_of(row),
        "view": "results",
        "found": found,
        "control": next((one for one in current if one.result.name == CONTROL), None),
        "splits": [one for one in current if is_of_branches(one.result)],
        "of_messages": [one for one in current if one.result.is_of_message],
        "earlier": earlier,
        "effect": effect,
        "effects": [(value, formats.number(value * 100)) for value in EFFECTS],
        "texts": _texts(found.currency),
    }
    return render(request, "results/flow.html", context)


@require_POST
@staff("flows")
def adopt(request: StaffRequest, name: str) -> HttpResponse:
    """Give the winning branch of a split all the weight, or the winning words to a message, in the draft: nothing is
    live before it is published. Refused without evidence, whatever the form says."""
    found = measured(request.shop.pk, get_object_or_404(Flow, shop=request.shop, name=name).name)
    path = request.POST.get("split", "")
    results_now = results_of(found.experiments, found.sums, found.currency, _today())
    result = next((one for one in results_now if one.is_current and one.name == path), None)
    if result is None or result.winner is None or result.is_mismatched or result.is_control:
        messages.error(request, _("There is no evidence for a winner; the flow stays as it is."))
        return redirect("flow-results", name=name)
    try:
        _give_all(request, name, path, result.winner)
    except (LookupError, ValueError, DraftConflict):
        messages.error(request, _("The draft has no such split any more. Change its weights in the editor."))
        return redirect("builder", name=name)
    messages.success(
        request, _("The draft now sends everybody to %(arm)s. Publish it when you are ready.") % {"arm": result.winner}
    )
    return redirect(f"{reverse('builder', args=(name,))}?{urlencode({'at': path})}")


def _give_all(request: StaffRequest, name: str, path: str, winner: str) -> None:
    draft = drafting.open_draft(request.shop.pk, name)
    if draft.document is None:
        raise ValueError("the draft cannot be read")
    document = copy.deepcopy(draft.document)
    adopt_winner(find(document, path), winner)
    drafting.change_draft(
        request.shop.pk,
        name,
        rewritten(draft.text, draft.document, document),
        expected=draft.revision,
        by=request.user.username,
        what=_("The winning branch for everybody"),
    )


def adopt_winner(step: dict[str, Any], winner: str) -> None:
    """Give a split's winning branch all the weight; a message tried in several wordings becomes the winning one.
    Raises LookupError where there is none of that name."""
    if "test" in step:
        wordings = step["test"]
        name = kind_of(step)
        if not isinstance(wordings, dict) or winner not in wordings or not isinstance(step.get(name), dict):
            raise LookupError(winner)
        step[name] = merged_config(step[name], wordings[winner] or {})
        del step["test"]
        return
    weights = step["split"]["weights"]
    if not isinstance(weights, dict) or winner not in weights:
        raise LookupError(winner)
    for arm in weights:
        weights[arm] = 100 if arm == winner else 0


def _texts(currency: str) -> dict[str, Any]:
    """What the templates write numbers with."""
    return {"tenths": wording.tenths, "money": wording.money_in(currency)}


def _effect(request: StaffRequest) -> float:
    asked = request.GET.get("effect", "")
    return next((value for value in EFFECTS if f"{value:g}" == asked), 0.1)


def _today() -> int:
    return (datetime.now(UTC).date() - EPOCH).days
