"""Codes that were given, what came of them, and the pools they are taken from."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.pricing import services
from sereno.runtime.pricing import pools as pooling
from sereno.store.models import Effect, Flow, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.documents import titled
from sereno.web.formats import zone_of
from sereno.web.incentives.words import KIND, NOT_MADE, STATUS, refusal
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.typed import keep_typed

MONTHS = timedelta(days=366)
KINDS = ("percent", "amount", "free_shipping", "gift")
LARGEST = 8_000_000
HEADS = frozenset({"code", "codes", "coupon", "coupon code", "código", "codigo", "cupón", "cod"})


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
    uses = [one for one in services.uses(shop.pk, since) if one["issued"] or one["redeemed"]]
    names = {row.flow for row in rows if row.flow} | {one["flow"] for one in uses}
    flows = Flow.objects.filter(shop=shop, name__in=names).values_list("name", "title")
    context = {
        "section": "codes",
        "rows": rows,
        "labels": labels(shop, [f"customer:{one.customer}" for one in rows if one.customer]),
        "words": STATUS,
        "not_made": NOT_MADE,
        "steps": _refused(shop.pk, [one.effect_key for one in rows if one.status == "asked" and one.effect_key]),
        "kinds": KIND,
        "uses": uses,
        "titles": {name: titled(name, title) for name, title in flows},
        "pools": [
            {**one, "ends": datetime.fromisoformat(one["expires_at"]) if one["expires_at"] else None}
            for one in services.pools(shop.pk, datetime.now(UTC))
        ],
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
    """What was typed stands in the form again where it is refused; an empty end leaves the one a pool has."""
    said = request.POST
    try:
        texts = "\n".join([said.get("codes", ""), *map(_text_of, request.FILES.getlist("file"))])
        until = _end_of(said.get("until", "").strip(), request.shop)
        pool = pooling.Pool(
            said.get("name", ""), said.get("kind", ""), said.get("value", ""), said.get("currency", ""),
            said.get("minimum", ""), said.get("gift", ""), until, until is None,
        )  # fmt: skip
        done = pooling.put_pool(request.shop.pk, pool, _first_column(texts), request.user.username)
    except pooling.PoolInvalid as wrong:
        messages.error(request, refusal(wrong.code))
        keep_typed(request, "codes-upload")
        return redirect(f"{reverse('codes')}#pools-title")
    text = ngettext("%(num)s code was added.", "%(num)s codes were added.", done.new) % {"num": done.new}
    if done.known:
        again = ngettext("%(num)s was there already.", "%(num)s were there already.", done.known)
        text += " " + again % {"num": done.known}
    messages.success(request, text)
    return redirect("codes")


def _text_of(file: UploadedFile[Any]) -> str:
    """Raises PoolInvalid for what is no text, and for what is larger than any list of codes may be."""
    held = file.read(LARGEST + 1)
    if len(held) > LARGEST:
        raise pooling.PoolInvalid("pool.too_many", "file")
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise pooling.PoolInvalid("pool.no_text", "file") from None
    if "\0" in text:
        raise pooling.PoolInvalid("pool.no_text", "file")
    return text


def _first_column(texts: str) -> list[str]:
    """A code a line; without the heads a spreadsheet puts there, and without the quotes."""
    found = [line.replace(";", ",").split(",")[0].strip().strip('"') for line in texts.splitlines()]
    return [one for one in found if one.casefold() not in HEADS]


def _end_of(day: str, shop: Shop) -> datetime | None:
    """The last moment of the day, by the shop's clock."""
    if not day:
        return None
    try:
        last = datetime.combine(date.fromisoformat(day), time.max, zone_of(shop.timezone))
    except (ValueError, OverflowError):
        raise pooling.PoolInvalid("pool.no_day", "until") from None
    return last.astimezone(UTC)


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
