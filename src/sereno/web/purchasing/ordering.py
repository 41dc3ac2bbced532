"""Orders to suppliers: the list, one order with its whole story, and what people do with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import uuid4

from django.contrib import messages
from django.db.models import Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.purchasing.models import PurchaseLine, PurchaseOrder, Receipt, Supplier
from sereno.runtime.purchasing import answering, ordering, reordering
from sereno.runtime.stock import places
from sereno.store import secrets
from sereno.store.models import Audit, Effect, Flow, Run, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.documents import title_of
from sereno.web.formats import zone_of
from sereno.web.paging import number_in, page_of
from sereno.web.people.sentences import sentence
from sereno.web.purchasing.words import STATES
from sereno.web.quantities import count_in, counts_in
from sereno.web.shell import render
from sereno.web.wiring import wiring

OPEN = ("draft", "approved", "sent", "confirmed", "partial")
STORY = 50
MATCHED = 1000


@require_GET
@staff()
def purchases(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    status, code = request.GET.get("status", ""), request.GET.get("supplier", "")
    search = request.GET.get("q", "").strip()[:200]
    rows = PurchaseOrder.objects.filter(shop=shop).select_related("supplier")
    if status in STATES:
        rows = rows.filter(status=status)
    elif status == "open":
        rows = rows.filter(status__in=OPEN)
    if code:
        rows = rows.filter(supplier__code=code, supplier__shop=shop)
    if search:
        rows = rows.filter(_matching(shop, search))
    known = list(Supplier.objects.filter(shop=shop).order_by("name").values_list("code", "name", "is_active"))
    states = [("open", _("Open")), *((name, word.label) for name, word in STATES.items())]
    context = {
        "section": "purchases",
        "page": page_of(request, rows),
        "now": datetime.now(UTC),
        "selects": [
            ("status", _("Any state"), states, status),
            ("supplier", _("Any supplier"), [(one, name) for one, name, _on in known], code),
        ],
        "search": search,
        "is_filtered": bool(status or code or search),
        "states": STATES,
        "suppliers": [(one, name) for one, name, on in known if on],
        "key": uuid4().hex,
    }
    return render(request, "purchasing/orders.html", context)


def _matching(shop: Shop, search: str) -> Q:
    """By its number, or by an item on it, the newest thousand."""
    skus = {search, search.upper()}
    with_it = PurchaseLine.objects.filter(shop=shop, sku__in=skus).order_by("-id").values_list("order_id", flat=True)
    found = Q(pk__in=list(with_it[:MATCHED]))
    if (number := number_in(search.upper().removeprefix("PO-"))) is not None:
        found |= Q(number=number)
    return found


@require_GET
@staff()
def purchase(request: StaffRequest, number: int) -> HttpResponse:
    shop = request.shop
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier"), shop=shop, number=number)
    lines = list(PurchaseLine.objects.filter(order=order).order_by("id"))
    story = Audit.objects.filter(shop=shop, target=f"PO-{number}").order_by("-id")[:STORY]
    receipts = Receipt.objects.filter(order=order).order_by("-id").prefetch_related("lines")
    context = {
        "section": "purchases",
        "order": order,
        "state": STATES[order.status],
        "lines": [(line, max(0, line.quantity - line.received), _amount(line)) for line in lines],
        "receipts": list(receipts[:STORY]),
        "sent": _messages(shop.pk, number),
        "story": [(line, sentence(line)) for line in story],
        "drafted_by": "" if any(one.action == "purchase.drafted" for one in story) else _maker(order),
        "receipt_key": uuid4().hex,
        "places": [(one.key, one.name or _("In the shop")) for one in places.places(shop.pk)],
        "is_open": order.status in OPEN,
        "link": _link(shop.pk, order),
        "now": datetime.now(UTC),
    }
    return render(request, "purchasing/order.html", context)


@require_POST
@staff("work")
def reorder_now(request: StaffRequest) -> HttpResponse:
    """Look now what is to be ordered, as the flow does each morning. The form's own key makes it once."""
    asked = reordering.Asked(f"page:{request.POST.get('key', '')[:64]}", request.user.username)
    found = carry_out(request, lambda: reordering.reorder(request.shop.pk, asked), "")
    if isinstance(found, reordering.Reordered):
        count = len(found.orders)
        if count:
            text = ngettext(
                "%(num)s order drafted. Look it over and approve it.",
                "%(num)s orders drafted. Look them over and approve them.",
                count,
            )
            messages.success(request, text % {"num": count})
        else:
            messages.info(request, _("Nothing needs to be ordered now."))
        if found.left_out:
            skus = ", ".join(one.offer.sku for one in found.left_out[:10])
            messages.warning(
                request, _("Left out, beyond the budget or too little for the supplier: %(skus)s.") % {"skus": skus}
            )
    return redirect("purchases")


@require_POST
@staff("work")
def draft(request: StaffRequest) -> HttpResponse:
    """By hand: lines of `SKU quantity`."""
    code = request.POST.get("supplier", "")

    def made() -> int:
        counts = counts_in(request.POST.get("lines", ""))
        key = f"page:{request.POST.get('key', '')[:64]}"
        return ordering.draft_order(request.shop.pk, code, counts, request.user.username, key=key)

    number = carry_out(request, made, _("Drafted. Look it over and approve it."), form="purchase-new")
    return redirect("purchases") if number is None else redirect("purchase", number=number)


@require_POST
@staff("settings")
def step(request: StaffRequest, number: int) -> HttpResponse:
    """Approve, send again, mark as sent, confirm, remind, change, cancel."""
    shop, by, what = request.shop.pk, request.user.username, request.POST.get("do", "")
    given = request.POST
    if what == "approve":
        carry_out(request, lambda: ordering.approve(shop, number, by), _("Approved. It goes out now."))
    elif what == "send":
        carry_out(request, lambda: ordering.send_again(shop, number, by), _("It goes out once more."))
    elif what == "sent":
        carry_out(request, lambda: ordering.mark_sent(shop, number, by), _("Noted as sent."))
    elif what == "confirm":
        carry_out(
            request, lambda: _confirm(request, number), _("Noted what the supplier said."), form=f"confirm:{number}"
        )
    elif what == "chase":
        done = carry_out(request, lambda: "yes" if ordering.chase(shop, number, by) else "no", "")
        if done == "yes":
            messages.success(request, _("The supplier is reminded."))
        elif done == "no":
            messages.info(
                request, _("Nothing was sent: the supplier was reminded within the day, or is written to by hand.")
            )
    elif what == "lines":
        carry_out(request, lambda: _change(request, number), _("Changed."), form=f"lines:{number}")
    elif what == "decline":
        carry_out(
            request,
            lambda: answering.decline(shop, number, by, reason=given.get("reason", "")),
            _("Noted. The next look asks somebody else."),
            form=f"cancel:{number}",
        )
    elif what == "cancel":
        reason = given.get("reason", "").strip()
        carry_out(
            request,
            lambda: ordering.cancel(shop, number, by, reason=reason),
            _("Cancelled. What was not received counts as on order no more."),
            form=f"cancel:{number}",
        )
    return redirect("purchase", number=number)


@require_POST
@staff("work")
def receive(request: StaffRequest, number: int) -> HttpResponse:
    """Goods came in. The form's own key makes it once."""

    def received() -> str:
        counts = {
            name[4:]: count_in(value)
            for name, value in request.POST.items()
            if name.startswith("sku:") and value.strip()
        }
        key = request.POST.get("key", "")[:64] or uuid4().hex
        place = request.POST.get("place", "").strip()
        return ordering.receive(request.shop.pk, number, counts, request.user.username, key=f"page:{key}", place=place)

    done = carry_out(request, received, _("Put away. The stock counts it from now on."), form=f"lines:{number}")
    return back(request, reverse("purchase", args=[number]), "next" if done is not None else "refused")


def _maker(order: PurchaseOrder) -> str:
    """Who drafted it, where a flow did: it keeps no line in the audit for each."""
    name = order.by.removeprefix("flow:")
    flow = Flow.objects.filter(shop=order.shop_id, name=name).defer("draft").first() if name != order.by else None
    return title_of(flow) if flow is not None else name


def _link(shop_id: int, order: PurchaseOrder) -> str:
    """By which its supplier answers; empty while there is nothing to answer."""
    if order.status not in answering.ANSWERABLE:
        return ""
    return answering.answer_link(secrets.newest(), wiring().base_url, shop_id, order.number)


def _change(request: StaffRequest, number: int) -> None:
    counts = {name[4:]: count_in(value) for name, value in request.POST.items() if name.startswith("sku:")}
    ordering.change_lines(request.shop.pk, number, counts, request.user.username)


def _confirm(request: StaffRequest, number: int) -> bool:
    day = request.POST.get("expected", "").strip()
    try:
        at = datetime.combine(date.fromisoformat(day), time(12), zone_of(request.shop.timezone)) if day else None
    except ValueError:
        raise ValueError(_("Give the day as 2026-08-01.")) from None
    reference = request.POST.get("reference", "")
    return answering.confirm(
        request.shop.pk,
        number,
        request.user.username,
        expected_at=at.astimezone(UTC) if at is not None else None,
        reference=reference,
    )


def _messages(shop_id: int, number: int) -> list[Effect]:
    """What was sent to the supplier about it, newest first."""
    subject = f"purchase_order:{number}"
    runs = Run.objects.filter(shop=shop_id, subject=subject, flow__name=ordering.FLOW).values_list("pk", flat=True)
    found = Effect.objects.filter(run_id__in=list(runs[:STORY]), subject=subject)
    return sorted(found, key=lambda one: -one.pk)[:20]


def _amount(line: PurchaseLine) -> str:
    return str(Decimal(line.price) * line.quantity)


def on_order_by_supplier(shop_id: int) -> Mapping[int, int]:
    """Units still to come, by supplier."""
    rows = (
        PurchaseLine.objects.filter(shop=shop_id, is_open=True)
        .values_list("order")
        .annotate(wanted=Sum("quantity"), came=Sum("received"))
    )
    left = {order: wanted - came for order, wanted, came in rows}
    found: dict[int, int] = {}
    for order, supplier in PurchaseOrder.objects.filter(pk__in=list(left)).values_list("pk", "supplier"):
        found[supplier] = found.get(supplier, 0) + left[order]
    return found
