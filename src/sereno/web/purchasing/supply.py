"""The page on which a supplier answers an order without an account, reached by the link in it; its system says the same
as signed JSON at the same address.

Invariant: the link gives the right to this one order. It shows what the order itself said, and nothing of the shop's.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.connectors.signatures import verify_standard
from sereno.modules.purchasing.models import PurchaseLine, PurchaseOrder
from sereno.runtime.purchasing import answering
from sereno.store import secrets
from sereno.store.sealing import TokenInvalid
from sereno.store.secrets import decrypt
from sereno.web.formats import zone_of
from sereno.web.phrases import said as in_words
from sereno.web.shell import render

PAGE = "purchasing/supply.html"
LARGEST = 100_000
FURTHEST = timedelta(days=730)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def supply(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows and changes nothing, for mail scanners follow links."""
    try:
        shop_id, number = answering.order_of_link(secrets.newest(), token)
        found = PurchaseOrder.objects.select_related("supplier", "shop")
        order = found.exclude(status="draft").get(shop=shop_id, number=number)
    except (TokenInvalid, PurchaseOrder.DoesNotExist):
        if request.content_type == "application/json":
            return JsonResponse({"error": "there is no such order"}, status=404)
        return render(request, PAGE, {"order": None}, status=404)
    if request.content_type == "application/json":
        return _by_system(request, order)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or order.supplier.locale
    with override(chosen):
        return _by_person(request, order)


def _by_person(request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    error = ""
    if request.method == "POST":
        try:
            _take(order, _said_by_form(request, order))
        except ValueError as refusal:
            error = in_words(refusal)
        else:
            return redirect(f"{request.path}?noted=1")
    lines = list(PurchaseLine.objects.filter(order=order).order_by("id"))
    context = {
        "order": order,
        "sender": order.shop.name,
        "lines": lines,
        "values": request.POST,
        "may_answer": order.status in answering.ANSWERABLE,
        "is_noted": "noted" in request.GET,
        "error": error,
        "day": order.expected_at.astimezone(zone_of(order.shop.timezone)).date() if order.confirmed_at else "",
    }
    return render(request, PAGE, context, status=422 if error else 200)


def _said_by_form(request: HttpRequest, order: PurchaseOrder) -> dict[str, Any]:
    given = request.POST
    said: dict[str, Any] = {
        "status": "declined" if given.get("do") == "decline" else "confirmed",
        "expected_on": given.get("expected", "").strip() or None,
        "reference": given.get("reference", ""),
        "reason": given.get("reason" if given.get("do") == "decline" else "remark", ""),
    }
    counts = {name[4:]: value.strip() for name, value in given.items() if name.startswith("sku:") and value.strip()}
    if any(not (value.isascii() and value.isdigit() and len(value) < 9) for value in counts.values()):
        raise ValueError(_("How many is a whole number, not %(text)s.") % {"text": ", ".join(counts.values())[:40]})
    return {**said, "quantities": {sku: int(value) for sku, value in counts.items()}}


def _by_system(request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    """`{"status": "confirmed" | "declined", "expected_on", "reference", "quantities": {sku: count}, "reason"}`, signed
    as Standard Webhooks with the supplier's secret."""
    if request.method != "POST":
        return JsonResponse({"error": "answer by POST"}, status=405)
    body = request.body
    secrets = decrypt(order.supplier.secret) if order.supplier.secret else []
    if len(body) > LARGEST or verify_standard(secrets, request.headers, body, datetime.now(UTC)) != "ok":
        return JsonResponse({"error": "sign the body with the secret that was agreed on"}, status=401)
    try:
        said = json.loads(body)
        if not isinstance(said, dict) or said.get("status") not in ("confirmed", "declined"):
            raise ValueError("status is confirmed or declined")
        counts = said.get("quantities") or {}
        if not isinstance(counts, dict) or not all(type(one) is int for one in counts.values()):
            raise ValueError("quantities are whole numbers by SKU")
        changed = _take(order, said)
    except ValueError as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    order.refresh_from_db()
    return JsonResponse({"changed": changed, "status": order.status})


def _take(order: PurchaseOrder, said: dict[str, Any]) -> bool:
    by, reason = f"supplier:{order.supplier.code}", str(said.get("reason") or "")
    if said["status"] == "declined":
        return answering.decline(order.shop_id, order.number, by, reason=reason)
    return answering.confirm(
        order.shop_id,
        order.number,
        by,
        expected_at=_day(said.get("expected_on"), order),
        reference=str(said.get("reference") or ""),
        quantities=said.get("quantities") or {},
        reason=reason,
    )


def _day(text: Any, order: PurchaseOrder) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.combine(date.fromisoformat(str(text)), time(12), zone_of(order.shop.timezone))
    except ValueError:
        raise ValueError(_("Give the day as 2026-08-01.")) from None
    now = datetime.now(UTC)
    if not now - timedelta(days=2) < found < now + FURTHEST:
        raise ValueError(_("The day of delivery is to come, and within two years."))
    return found.astimezone(UTC)
