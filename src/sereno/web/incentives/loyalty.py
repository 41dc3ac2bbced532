"""The shop's programme, its members, and one member's book."""

from __future__ import annotations

from secrets import token_hex
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.commerce.loyalty import ProgramInvalid
from sereno.commerce.money import AmountInvalid, Money
from sereno.modules.loyalty import services
from sereno.runtime.loyalty import people, programs
from sereno.sdk.incentives import PointsRefused
from sereno.store import secrets
from sereno.store.sealing import seal
from sereno.web.access import StaffRequest, staff
from sereno.web.incentives.words import KIND, MOVED, place_of, refusal
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.typed import keep_typed

TIER_ROWS, REWARD_ROWS = 4, 6
CHOSEN = ("reward_kind", "reward_code")
"""What a row has that nobody has filled in."""


@require_GET
@staff()
def members(request: StaffRequest) -> HttpResponse:
    kept = programs.find_program(request.shop.pk)
    tier, after = request.GET.get("tier", ""), request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
    known = [one.name for one in kept.program.tiers]
    found = services.members(request.shop.pk, tier if tier in known else "", start, services.SHOWN + 1)
    query = request.GET.copy()
    query["after"] = str(start + services.SHOWN)
    rows = found[: services.SHOWN]
    context = {
        "section": "loyalty",
        "kept": kept,
        "rows": rows,
        "labels": labels(request.shop, [f"customer:{one.customer}" for one in rows]),
        "tiers": known,
        "tier": tier,
        "older": f"?{query.urlencode()}" if len(found) > services.SHOWN else None,
        "first": reverse("loyalty") if start else None,
        "kinds": KIND,
    }
    return render(request, "incentives/members.html", context)


@require_http_methods(["GET", "POST"])
@staff()
def program(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    return _program_page(request, programs.find_program(request.shop.pk).program.document())


def _program_page(request: StaffRequest, document: dict[str, Any], wrong: str = "", status: int = 200) -> HttpResponse:
    tiers, rewards = list(document.get("tiers") or ()), list(document.get("rewards") or ())
    context = {
        "section": "loyalty",
        "document": document,
        "tiers": [*tiers, *({} for _ in range(max(1, TIER_ROWS - len(tiers))))],
        "rewards": [*rewards, *({} for _ in range(max(1, REWARD_ROWS - len(rewards))))],
        "kinds": list(KIND.items()),
        "currency": document.get("currency") or request.shop.currency,
        "wrong": wrong,
    }
    return render(request, "incentives/program.html", context, status=status)


@staff("settings")
def _change(request: StaffRequest) -> HttpResponse:
    document = _written(request)
    try:
        programs.put_program(request.shop.pk, document, request.user.username)
    except ProgramInvalid as wrong:
        return _program_page(request, document, f"{place_of(wrong.field)}: {refusal(wrong.code)}", 422)
    messages.success(request, _("Saved. It holds for orders and purchases from now on."))
    return redirect("loyalty-program")


def _written(request: StaffRequest) -> dict[str, Any]:
    said = request.POST

    def rows(*names: str) -> list[dict[str, str]]:
        columns = [said.getlist(name) for name in names]
        found = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=False)]
        return [row for row in found if any(row[name].strip() for name in names if name not in CHOSEN)]

    tiers = [
        {"name": row["tier"], "points": row["tier_points"], "factor": row["factor"] or "1"}
        for row in rows("tier", "tier_points", "factor")
    ]
    rewards = [
        {name.removeprefix("reward_"): value for name, value in row.items() if value.strip()}
        | {"name": row["reward_name"]}
        for row in rows(
            "reward_name",
            "reward_points",
            "reward_kind",
            "reward_value",
            "reward_minimum",
            "reward_days",
            "reward_code",
        )
    ]
    return {
        "is_on": "is_on" in said,
        "currency": said.get("currency", "") or request.shop.currency,
        "per_unit": said.get("per_unit", ""),
        "pending_days": said.get("pending_days", ""),
        "expires_days": said.get("expires_days", "").strip() or None,
        "warn_days": said.get("warn_days", ""),
        "tiers": tiers,
        "rewards": rewards,
    }


@require_GET
@staff()
def member(request: StaffRequest) -> HttpResponse:
    customer = request.GET.get("customer", "").strip()[:200]
    accounts = services.accounts_of(request.shop.pk, customer)
    token = seal(secrets.newest(), services.PURPOSE, [request.shop.pk, customer])
    context = {
        "section": "loyalty",
        "customer": customer,
        "labels": labels(request.shop, [f"customer:{customer}"]),
        "balances": [(one, services.amount_in(one.unit, one.available)) for one in accounts],
        "history": services.history(accounts),
        "purchases": services.purchases(accounts),
        "kinds": KIND,
        "moved": MOVED,
        "own_page": request.build_absolute_uri(reverse("points", args=[token])),
        "currency": request.shop.currency,
        "key": token_hex(12),
    }
    return render(request, "incentives/member.html", context)


@require_POST
@staff("work")
def give(request: StaffRequest) -> HttpResponse:
    """Points or credit by hand; `key` makes a form that is sent twice count once."""
    said, shop = request.POST, request.shop
    customer, unit = said.get("customer", "").strip()[:200], said.get("unit", "")
    note, key = said.get("note", "").strip()[:500], said.get("key", "")[:60]
    try:
        money = None if unit == "points" else Money.parse(said.get("amount", ""), unit or shop.currency)
        done = people.give(shop.pk, customer, money or said.get("amount", ""), key, request.user.username, note)
    except (PointsRefused, AmountInvalid) as wrong:
        messages.error(request, refusal(getattr(wrong, "code", "loyalty.no_amount")))
        keep_typed(request, f"loyalty-give:{customer}")
    else:
        messages.success(request, _("Done.") if done else _("That was done already."))
    return redirect(f"{reverse('loyalty-member')}?customer={quote(customer)}")
