"""The review queue: orders that may be frauds, the riskiest first, each with why; decided by one key, and taken back.
Also every order that was judged, and what is being bought out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.orders.models import Order
from sereno.modules.risk import marks, services
from sereno.modules.risk.models import RiskAssessment
from sereno.modules.risk.reasons import LEVELS, PATTERNS
from sereno.modules.stock.models import StockItem
from sereno.runtime.orders.finding import meant
from sereno.runtime.risk import reviewing
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.paging import page_of, page_of_ends, page_to
from sereno.web.risk.words import KINDS
from sereno.web.shell import render

SHOWN = 50
UNDO = "risk_decided"
BLOCKED = ("email", "card", "device")
"""What a press of the key blocks; an IP or an address may be many people's, and is ticked by hand."""


@require_GET
@staff()
def waiting(request: StaffRequest) -> HttpResponse:
    after, search = request.GET.get("before", ""), request.GET.get("q", "").strip()
    if search:
        found = services.waiting_among(request.shop.pk, meant(request.shop.pk, search).values())
    else:
        found = services.waiting(request.shop.pk, SHOWN + 1, after)
    rows = found[:SHOWN]
    orders = {one.key: one for one in Order.objects.filter(shop=request.shop, key__in=[row["key"] for row in rows])}
    for row in rows:
        known = marks.marks_of(orders[row["key"]].data) if row["key"] in orders else {}
        row["marks"] = [(kind, str(KINDS[kind]), kind in BLOCKED) for kind in marks.TRACED if kind in known]
    context = {"section": "risk", "tab": "risk", "rows": rows, "undo": len(request.session.get(UNDO, ()))}
    older = services.place_of(rows[-1]) if len(found) > SHOWN and not search else None
    context |= {"search": search, "page": page_to(request, rows, older)}
    return render(request, "risk/queue.html", context)


@require_POST
@staff("work")
def decide(request: StaffRequest) -> HttpResponse:
    """Let those that are ticked (or the one pressed) go on, or refuse them."""
    decision = request.POST.get("decision", "")
    keys = _keys(request)
    if not keys or decision not in services.DECISIONS:
        messages.error(request, _("Nothing was ticked. Tick some orders, then press the button."))
        return back(request, "/risk")
    note, by = request.POST.get("note", "").strip()[:500], request.user.username
    done = carry_out(request, lambda: reviewing.decide(request.shop.pk, keys, decision, by, note=note), "")
    if isinstance(done, list) and done:
        count = len(done)
        if decision == reviewing.RELEASED:
            said = ngettext("%(num)s order may go on.", "%(num)s orders may go on.", count)
        else:
            said = ngettext(
                "%(num)s order is refused and held. In a minute the store is asked to cancel it and give the money "
                "back.",
                "%(num)s orders are refused and held. In a minute the store is asked to cancel them and give the money "
                "back.",
                count,
            )
        messages.success(request, said % {"num": count})
        request.session[UNDO] = done
    elif done is not None:
        messages.info(request, _("That was decided already."))
    return back(request, "/risk")


@require_POST
@staff("work")
def undo(request: StaffRequest) -> HttpResponse:
    """Take back what was decided last."""
    keys = [str(key) for key in request.session.pop(UNDO, ())]
    done: Any = carry_out(request, lambda: reviewing.reopen(request.shop.pk, keys, request.user.username), "")
    count = len(done) if isinstance(done, list) else 0
    if count:
        said = ngettext("%(num)s order waits again.", "%(num)s orders wait again.", count) % {"num": count}
        messages.success(request, said)
    elif done is not None:
        messages.error(request, _("Too late: the store was asked to cancel already. See the order's story."))
    return redirect("risk")


@require_POST
@staff("work")
def block(request: StaffRequest) -> HttpResponse:
    """Block who ordered: what was ticked of their marks."""
    keys = _keys(request)
    order = get_object_or_404(Order, shop=request.shop, key=keys[0] if keys else "")
    kinds = [one for one in request.POST.getlist("kind") if one in marks.TRACED]
    found = services.marks_of(order.data, kinds)
    if not found:
        messages.error(request, _("Tick what is to be blocked."))
        return back(request, "/risk")
    reason, by = _("Order %(number)s") % {"number": order.number or order.key}, request.user.username
    said = _("Blocked. The next order that shares it is of high risk at once.")
    carry_out(request, lambda: reviewing.put_on_list(request.shop.pk, "block", found, by, reason=reason), said)
    return back(request, "/risk")


@require_POST
@staff("work")
def assess(request: StaffRequest, id: int) -> HttpResponse:
    """Judge one order now."""
    row = get_object_or_404(Order.objects.defer("data"), shop=request.shop, pk=id)
    refs = {"customer": row.customer_key, "email": (row.email or "").lower()}
    given = {kind: value for kind, value in refs.items() if value}
    said = _("It is being judged. The page shows it in a moment.")
    carry_out(request, lambda: reviewing.assess(row.shop_id, row.key, given, request.user.username), said)
    return back(request, f"/orders/{row.pk}")


@require_GET
@staff()
def judged(request: StaffRequest) -> HttpResponse:
    """Every order that was judged, newest first; by level, by what staff decided, or of those that are looked for."""
    level, decision = request.GET.get("level", ""), request.GET.get("decision", "")
    search = request.GET.get("q", "").strip()[:200]
    end: dict[str, Any] = {"shop_id": request.shop.pk}
    if decision in services.DECISIONS:
        ends = [{**end, "decision": decision}]
    else:
        ends = [{**end, "level": one} for one in ([level] if level in LEVELS else LEVELS)]
    if search:
        page = page_of(
            request, services.judged(request.shop.pk, list(meant(request.shop.pk, search).values()), level, decision)
        )
    else:
        page = page_of_ends(request, RiskAssessment.objects.all(), ends)
    keys = [row.key for row in page.rows]
    orders = {one.key: one for one in Order.objects.filter(shop=request.shop, key__in=keys).defer("data")}
    decisions = {"released": _("Let go on"), "refused": _("Refused")}
    context = {
        "section": "risk",
        "tab": "risk-judged",
        "page": page,
        "rows": [(row, orders.get(row.key), services.said(row.data)[:3]) for row in page.rows],
        "levels": {code: str(said) for code, said in LEVELS.items()},
        "decisions": decisions,
        "selects": [
            ("level", _("Every level"), [(code, str(said)) for code, said in LEVELS.items()], level),
            ("decision", _("Decided or not"), list(decisions.items()), decision),
        ],
        "search": search,
        "is_filtered": bool(level or decision or search),
    }
    return render(request, "risk/judged.html", context)


@require_GET
@staff()
def buying_out(request: StaffRequest) -> HttpResponse:
    rows = services.outbreaks(request.shop.pk, SHOWN)
    items = {one.item: one for one in StockItem.objects.filter(shop=request.shop, item__in={row.item for row in rows})}
    patterns = {code: str(said) for code, said in PATTERNS.items()}
    context = {
        "section": "risk",
        "tab": "risk-buying-out",
        "rows": [(row, items.get(row.item)) for row in rows],
        "patterns": patterns,
    }
    return render(request, "risk/buying_out.html", context)


def _keys(request: StaffRequest) -> list[str]:
    rows = RiskAssessment.objects.filter(shop=request.shop, pk__in=chosen_ids(request))
    return list(rows.values_list("key", flat=True))
