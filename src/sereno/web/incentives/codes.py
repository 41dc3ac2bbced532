"""Codes that were given, what came of them, and the pools they are taken from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.pricing import services
from sereno.runtime.pricing import pools as pooling
from sereno.store.models import Effect
from sereno.web.access import StaffRequest, staff
from sereno.web.incentives.words import KIND, NOT_MADE, STATUS, refusal
from sereno.web.shell import render
from sereno.web.subjects import labels

MONTHS = timedelta(days=366)
KINDS = ("percent", "amount", "free_shipping", "gift")


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    asked, shop = request.GET, request.shop
    status, flow, query = asked.get("status", ""), asked.get("flow", "")[:100], asked.get("q", "").strip()[:64]
    before = asked.get("before", "")
    found = services.codes(
        shop.pk,
        status=status,
        flow=flow,
        code=query,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0,
        most=services.SHOWN + 1,
    )
    rows = found[: services.SHOWN]
    more = asked.copy()
    if len(found) > services.SHOWN:
        more["before"] = str(rows[-1].pk)
    since = (datetime.now(UTC) - MONTHS).strftime("%Y-%m")
    context = {
        "section": "codes",
        "rows": rows,
        "labels": labels(shop, [f"customer:{one.customer}" for one in rows if one.customer]),
        "words": STATUS,
        "not_made": NOT_MADE,
        "steps": _refused(shop.pk, [one.effect_key for one in rows if one.status == "asked" and one.effect_key]),
        "kinds": KIND,
        "uses": [one for one in services.uses(shop.pk, since) if one["issued"] or one["redeemed"]],
        "pools": services.pools(shop.pk, datetime.now(UTC)),
        "options": [(name, KIND[name]) for name in KINDS],
        "statuses": [(name, word.label) for name, word in STATUS.items()],
        "status": status,
        "flow": flow,
        "query": query,
        "older": f"?{more.urlencode()}" if len(found) > services.SHOWN else None,
        "is_narrowed": bool(status or flow or query or before),
    }
    return render(request, "incentives/codes.html", context)


def _refused(shop_id: int, keys: list[str]) -> dict[str, int]:
    """The steps that asked for these codes in vain."""
    failed = Effect.objects.filter(shop_id=shop_id, key__in=keys, status="failed") if keys else Effect.objects.none()
    return dict(failed.values_list("key", "pk"))


@require_POST
@staff("flows")
def upload(request: StaffRequest) -> HttpResponse:
    said = request.POST
    texts = said.get("codes", "")
    for file in request.FILES.getlist("file"):
        texts += "\n" + file.read(8_000_000).decode("utf-8", "replace")
    found = [part for line in texts.splitlines() for part in line.replace(";", ",").split(",")[:1]]
    pool = pooling.Pool(
        said.get("name", ""), said.get("kind", ""), said.get("value", ""), said.get("currency", ""),
        said.get("minimum", ""), said.get("gift", ""),
    )  # fmt: skip
    try:
        done = pooling.put_pool(request.shop.pk, pool, found, request.user.username)
    except pooling.PoolInvalid as wrong:
        messages.error(request, refusal(wrong.code))
        return redirect("codes")
    text = ngettext("%(num)s code was added.", "%(num)s codes were added.", done.new) % {"num": done.new}
    if done.known:
        again = ngettext("%(num)s was there already.", "%(num)s were there already.", done.known)
        text += " " + again % {"num": done.known}
    messages.success(request, text)
    return redirect("codes")


@require_POST
@staff("flows")
def empty(request: StaffRequest) -> HttpResponse:
    done = pooling.empty_pool(request.shop.pk, request.POST.get("name", ""), request.user.username)
    if done:
        text = ngettext("%(num)s code was taken out.", "%(num)s codes were taken out.", done) % {"num": done}
        messages.success(request, text)
    else:
        messages.info(request, _("No code was left in it."))
    return redirect("codes")
