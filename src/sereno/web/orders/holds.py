"""The release queue: every order that is held, the longest first, with why and what to do; released one by one, by one
key, or many at once, and taken back as easily."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.orders.models import Order, OrderStanding
from sereno.modules.orders.reasons import advice_of, label_of, note_of
from sereno.runtime.orders import doing
from sereno.runtime.orders.finding import meant
from sereno.store.fields import from_micros, to_micros
from sereno.store.models import Flow
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.documents import title_of
from sereno.web.orders.listing import held_count
from sereno.web.paging import Page, page_to
from sereno.web.shell import render

SHOWN = 50
UNDO = "orders_released"


@dataclass(frozen=True, slots=True)
class Held:
    """An order that is held. `reasons` are code, words and advice."""

    row: OrderStanding
    order: Order | None
    reasons: list[tuple[str, str, str]]

    @property
    def note(self) -> str:
        return note_of(self.row.data)

    @property
    def by(self) -> str:
        return str(self.row.data.get("held_by") or "")


@require_GET
@staff()
def holds(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    search = request.GET.get("q", "").strip()
    page = _page(request, OrderStanding.objects.filter(shop=shop, is_held=True), search)
    rows: list[OrderStanding] = page.rows
    keys = [row.key for row in rows]
    orders = {one.key: one for one in Order.objects.filter(shop=shop, key__in=keys).defer("data")}
    names = {str(row.data.get("held_by") or "") for row in rows}
    flows = Flow.objects.filter(shop=shop, name__in=names).defer("draft")
    context = {
        "section": "holds",
        "titles": {one.name: title_of(one) for one in flows},
        "held": [Held(row, orders.get(row.key), _reasons(row)) for row in rows],
        "count": held_count(shop),
        "undo": len(request.session.get(UNDO, ())),
        "search": search,
        "page": page,
    }
    return render(request, "orders/holds.html", context)


@require_POST
@staff("work")
def release(request: StaffRequest) -> HttpResponse:
    """Release those that are ticked."""
    ids = chosen_ids(request)
    keys = list(OrderStanding.objects.filter(shop=request.shop, pk__in=ids).values_list("key", flat=True))
    if not keys:
        messages.error(request, _("Nothing was ticked. Tick some orders, then press the button."))
        return back(request, "/holds")
    note, by = request.POST.get("note", "").strip()[:500], request.user.username
    done = carry_out(request, lambda: doing.release(request.shop.pk, keys, by, note=note), "")
    if isinstance(done, list) and done:
        count = len(done)
        said = ngettext("%(num)s order is released.", "%(num)s orders are released.", count) % {"num": count}
        messages.success(request, said)
        request.session[UNDO] = done[: doing.MOST]
    elif done is not None:
        messages.info(request, _("They had been released already."))
    return back(request, "/holds")


@require_POST
@staff("work")
def undo(request: StaffRequest) -> HttpResponse:
    """Hold again what was released last, each for the reasons it had."""
    keys: list[str] = [str(key) for key in request.session.pop(UNDO, ())]
    rows = OrderStanding.objects.filter(shop=request.shop, key__in=keys, is_held=False)
    by_reasons: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        reasons = tuple(str(one) for one in row.data.get("hold_reasons") or ("by.hand",))
        by_reasons.setdefault(reasons, []).append(row.key)
    count = 0
    for reasons, some in by_reasons.items():
        done: Any = carry_out(request, lambda reasons=reasons, some=some: _again(request, some, reasons), "")
        count += len(done) if isinstance(done, list) else 0
    if count:
        said = ngettext("%(num)s order is held again.", "%(num)s orders are held again.", count) % {"num": count}
        messages.success(request, said)
    return redirect("holds")


def _page(request: StaffRequest, rows: QuerySet[OrderStanding], search: str) -> Page:
    """The longest held first, along their index: after `?before=MICROS-ID`."""
    if search:
        found = sorted(rows.filter(key__in=list(meant(request.shop.pk, search).values())), key=lambda one: one.pk)
        return Page(found[:SHOWN], None, None)
    at, _dash, id_ = request.GET.get("before", "").partition("-")
    is_first = not all(one.isascii() and one.isdigit() and len(one) < 18 for one in (at, id_))
    if not is_first:
        moment = from_micros(int(at))
        rows = rows.filter(held_at__gte=moment).exclude(Q(held_at=moment) & Q(id__lte=int(id_)))
    taken = list(rows.order_by("held_at", "id")[: SHOWN + 1])
    last = taken[SHOWN - 1] if len(taken) > SHOWN else None
    after = f"{to_micros(last.held_at)}-{last.pk}" if last is not None and last.held_at is not None else None
    return page_to(request, taken[:SHOWN], after, is_first=is_first)


def _again(request: StaffRequest, keys: list[str], reasons: tuple[str, ...]) -> list[str]:
    return doing.hold(request.shop.pk, keys, request.user.username, reasons=reasons)


def _reasons(row: OrderStanding) -> list[tuple[str, str, str]]:
    return [(code, label_of(code), advice_of(code)) for code in row.data.get("hold_reasons") or ("other",)]
