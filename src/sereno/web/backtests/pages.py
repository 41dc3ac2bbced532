"""The back-tests of a flow: ask for one, watch it, read what it found."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.engine.catalog import FlowInvalid
from sereno.runtime.flows import compiled
from sereno.runtime.rehearsals import requests
from sereno.sdk.plugin import registry
from sereno.store.models import Backtest, Flow
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.backtests import asked
from sereno.web.backtests.telling import overlay, progress, short, tell
from sereno.web.live.cards import cards_of
from sereno.web.live.reading import head_of
from sereno.web.phrases import said
from sereno.web.shell import render

SHOWN = ("waiting", "running", "done", "failed", "cancelled")


@require_http_methods(["GET", "POST"])
@staff()
def backtests(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    if row.is_derived:
        raise Http404
    errors: dict[str, str] = {}
    if request.method == "POST":
        if "flows" not in request.can:
            return redirect("backtests", name=name)
        wanted, errors = asked.read(request, request.shop, row)
        if wanted is not None:
            try:
                made = requests.ask(request.shop.pk, wanted, request.user.username)
                return redirect("backtest", name=name, backtest=made)
            except FlowInvalid as invalid:
                errors = {"": said(invalid.problems[0].message) if invalid.problems else str(invalid)}
            except (ValueError, LookupError) as refusal:
                errors = {"": said(str(refusal))}
    found = Backtest.objects.filter(shop=request.shop, flow=name, status__in=SHOWN).order_by("-id").defer("text")
    kept = [(one, short(one) if one.status == "done" else "") for one in found[: requests.KEPT]]
    differs = asked.draft_differs(row)
    context = {
        **head_of(row),
        "view": "backtests",
        "problems": _problems(row.draft) if differs else (),
        "differs": differs,
        "periods": asked.periods(request.shop),
        "kept": kept,
        "errors": errors,
        "values": request.POST if errors else {},
        "most_kept": requests.KEPT,
    }
    return render(request, "backtests/list.html", context, status=422 if errors else 200)


@require_GET
@staff()
def backtest(request: StaffRequest, name: str, backtest: int) -> HttpResponse:
    """Its progress while it is under way, then what it found."""
    row, flow = found_of(request, name, backtest)
    context: dict[str, Any] = {**head_of(flow), "view": "backtests", "backtest": row}
    if row.status != "done":
        return render(request, "backtests/under-way.html", {**context, "progress": progress(row)})
    trigger, steps = cards_of(row.text)
    context |= {
        "told": tell(row),
        "trigger": trigger,
        "steps": steps,
        "overlay": overlay(row, trigger, steps),
        "is_current": row.text.strip() == (flow.draft or "").strip(),
    }
    return render(request, "backtests/one.html", context)


@require_POST
@staff("flows")
def cancelled(request: StaffRequest, name: str, backtest: int) -> HttpResponse:
    row, _flow = found_of(request, name, backtest)
    carry_out(
        request,
        lambda: requests.cancel(request.shop.pk, row.pk, request.user.username),
        _("The back-test is being cancelled."),
    )
    return redirect("backtest", name=name, backtest=backtest)


@require_POST
@staff("flows")
def forgotten(request: StaffRequest, name: str, backtest: int) -> HttpResponse:
    row, _flow = found_of(request, name, backtest)
    carry_out(
        request, lambda: requests.forget(request.shop.pk, row.pk, request.user.username), _("Its results are deleted.")
    )
    return redirect("backtests", name=name)


def found_of(request: StaffRequest, name: str, backtest: int) -> tuple[Backtest, Flow]:
    """The back-test and its flow. Raises Http404 for one of another shop or flow, and for one that is being deleted."""
    flow = get_object_or_404(Flow, shop=request.shop, name=name)
    return get_object_or_404(Backtest, shop=request.shop, flow=name, pk=backtest, status__in=SHOWN), flow


def _problems(text: str) -> tuple[Any, ...]:
    try:
        compiled(text, registry())
    except FlowInvalid as invalid:
        return tuple(invalid.problems)
    return ()
