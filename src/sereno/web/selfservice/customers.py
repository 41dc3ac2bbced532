"""The pages a customer reaches by the link in a mail about an order: see it, change it, cancel it, pay what is open.

Invariant: GET changes nothing. The sealed token gives the right to one order of one shop for `LASTS`, and the page
shows no more of it than what can be changed or has just been.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from sereno.commerce.self_service import (
    ADDRESS,
    Change,
    ChangeRefused,
    lines_of,
    prepay_state,
    read_address,
    read_items,
)
from sereno.modules.messages.present import country_name
from sereno.modules.orders.refusals import to_customer
from sereno.modules.orders.rules import check_address, is_phone
from sereno.modules.orders.tickets import address_lines
from sereno.runtime.orders import self_service
from sereno.runtime.orders.self_service import Look
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.store.sealing import TokenInvalid, unseal
from sereno.web import formats
from sereno.web.people.tries import Limit
from sereno.web.shell import render

PURPOSE = "order"
LASTS = timedelta(days=90)
PAGE = "selfservice/order.html"
PAID = ("paid", "partially_paid", "partially_refunded", "refunded", "authorized")
"""Something was paid, or is put aside for it."""
WISHES = Limit("self-service", 12, timedelta(minutes=10))
"""Changes asked for of one order."""


class _Gone(Exception):  # noqa: N818
    """The link is not one of ours, is too old, or its order is no more."""


@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, token: str) -> HttpResponse:
    try:
        shop, held = _open(token)
    except _Gone:
        return _quiet(render(request, PAGE, {"state": "bad"}, status=404))
    refused, at = "", ""
    if request.method == "POST":
        at = request.POST.get("do", "")
        refused = _wish(request, shop, str(held.order["id"]), at)
        if not refused:
            return redirect(f"{request.path}?asked=1")
        held = self_service.look(shop.pk, str(held.order["id"])) or held
    return _quiet(_page(request, token, shop, held, refused, at))


@require_GET
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """On to where what is open is paid, as long as it is."""
    try:
        shop, held = _open(token)
    except _Gone:
        return _quiet(render(request, PAGE, {"state": "bad"}, status=404))
    url, why = self_service.where_to_pay(held)
    if url is None:
        found = {"state": "unpayable", "sender": shop.name, "held": held.order, "why": to_customer(why)}
        return _quiet(render(request, PAGE, found, status=409))
    return _quiet(redirect(url))


def _open(token: str) -> tuple[Shop, Look]:
    try:
        shop_id, key = unseal(secrets.newest(), PURPOSE, token, lasts=LASTS)
    except (TokenInvalid, ValueError, TypeError):
        raise _Gone from None
    shop = Shop.objects.filter(pk=shop_id).first()
    held = self_service.look(shop.pk, str(key)) if shop is not None else None
    if shop is None or held is None or held.order.get("status") == "deleted":
        raise _Gone
    return shop, held


def _wish(request: HttpRequest, shop: Shop, key: str, kind: str) -> str:
    """Take it. Gives the code of what is in the way."""
    if not WISHES.take(f"{shop.pk}|{key}"):
        return "change.busy"
    once = f"{key}-{request.POST.get('once', '')[:40] or uuid4().hex}"
    try:
        self_service.request_change(shop.pk, key, once, lambda held: _change(request, held, kind))
    except ChangeRefused as refusal:
        return refusal.code
    except LookupError:
        return "change.line_unknown"
    return ""


def _change(request: HttpRequest, held: Look, kind: str) -> Change:
    """What the form asks for. Raises ChangeRefused."""
    if kind == "cancel":
        return Change("cancel")
    if kind == "items":
        said = {name[5:]: value for name, value in request.POST.items() if name.startswith("line-")}
        return read_items(held.order, said, takes_more=held.rules.takes_more)
    if kind != "address":
        raise ChangeRefused("change.not_offered")
    change = read_address(held.order, {name: request.POST.get(name, "") for name in ADDRESS})
    address = change.address or {}
    wrong = check_address({**held.order, "shipping_address": address})
    if wrong:
        raise ChangeRefused(wrong[0].code)
    if address.get("phone") and not is_phone(str(address["phone"])):
        raise ChangeRefused("phone.invalid")
    return change


def _page(request: HttpRequest, token: str, shop: Shop, held: Look, refused: str, at: str) -> HttpResponse:
    data, standing = held.order, held.standing
    given = request.POST if refused else {}
    lines = [{**line, "wanted": given.get(f"line-{line['id']}", int(line["quantity"]))} for line in lines_of(data)]
    known = data.get("shipping_address") or {}
    country = country_name(known, get_language() or "en") or ""
    fields = {name: given.get(name, known.get(name) or "") for name in ADDRESS}
    amount, what_for = prepay_state(data, standing, held.now)
    url, _why = self_service.where_to_pay(held) if amount is not None else (None, "")
    context: dict[str, Any] = {
        "state": "order",
        "sender": shop.name,
        "held": data,
        "until": formats.minute(held.window.until, shop.timezone) if held.window.until is not None else "",
        "kinds": held.window.kinds,
        "why": to_customer(held.window.why) if held.window.why else "",
        "under_way": held.under_way,
        "done": held.done,
        "undone": to_customer(str(standing["change_reason"])) if standing.get("change_reason") else "",
        "lines": lines,
        # Of a single piece nothing is left but to cancel, which says what becomes of the money.
        "pieces": 99 if held.rules.takes_more and lines else sum(int(line["quantity"]) for line in lines),
        "was_paid": data.get("payment_status") in PAID,
        "most": 99 if held.rules.takes_more else None,
        "fields": fields,
        "address": address_lines({"shipping_address": {**known, "country_name": country}}),
        "country": country,
        "refused": to_customer(refused) if refused else "",
        "at": at,
        "once": uuid4().hex,
        "due": amount if url else None,
        "due_for": what_for,
        "paid": to_customer("pay.paid") if standing.get("is_prepaid") and data.get("status") != "cancelled" else "",
        "discount": standing.get("prepay_discount"),
        "pay": reverse("own-pay", args=[token]),
        "asked": request.GET.get("asked"),
    }
    return render(request, PAGE, context, status=422 if refused else 200)


def _quiet(answer: HttpResponse) -> HttpResponse:
    """The address itself is a key: into no index with it. (No other site is told of it, as of none of ours.)"""
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer
