"""What staff do with one order: hold it, release it, ask the store for a change."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sereno.modules.orders.models import Order
from sereno.modules.orders.reasons import WORDS
from sereno.runtime.orders import doing
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out

FIELDS = {
    "orders.cancel": ("reason", "note"),
    "orders.refund": ("amount", "note"),
    "orders.capture": ("amount",),
    "orders.note": ("text",),
    "orders.fulfill": ("tracking_number", "carrier"),
}
"""What the forms of the page ask, beside the boxes."""
BOXES = {"orders.cancel": ("refund", "restock", "notify"), "orders.refund": ("notify",), "orders.fulfill": ("notify",)}


@require_POST
@staff("work")
def hold(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(Order.objects.defer("data"), shop=request.shop, pk=id)
    code = request.POST.get("reason", "")
    reasons = [code if code in WORDS else "by.hand"]
    note, by = request.POST.get("note", "").strip()[:500], request.user.username
    said = _("It is held. Nothing of it leaves, and no money is taken, until somebody releases it.")
    carry_out(
        request,
        lambda: doing.hold(row.shop_id, [row.key], by, reasons=reasons, note=note),
        said,
        form=f"orders.hold:{row.pk}",
    )
    return back(request, f"/orders/{row.pk}")


@require_POST
@staff("work")
def release(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(Order.objects.defer("data"), shop=request.shop, pk=id)
    note, by = request.POST.get("note", "").strip()[:500], request.user.username
    carry_out(request, lambda: doing.release(row.shop_id, [row.key], by, note=note), _("It is released and goes on."))
    return back(request, f"/orders/{row.pk}")


@require_POST
@staff("work")
def ask(request: StaffRequest, id: int) -> HttpResponse:
    """Ask the store; the answer comes into the order's story. The form's `once` keeps a second press from asking
    again."""
    row = get_object_or_404(Order.objects.defer("data"), shop=request.shop, pk=id)
    action = request.POST.get("action", "")
    if action not in FIELDS:
        raise Http404
    given = {name: request.POST.get(name, "").strip() for name in FIELDS[action]}
    config: dict[str, object] = {name: value for name, value in given.items() if value}
    config |= {name: name in request.POST for name in BOXES.get(action, ())}
    key, by = request.POST.get("once", "")[:60] or None, request.user.username
    said = _("The store is asked. What it answers appears in the order's story.")
    carry_out(
        request,
        lambda: doing.ask(row.shop_id, row.key, action, config, by, key=key),
        said,
        form=f"{action}:{row.pk}",
    )
    return back(request, f"/orders/{row.pk}")
