"""One item: where it is, for whom, what its stores say, and every change of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.views.decorators.http import require_GET, require_POST

from sereno.commerce.stock import offered
from sereno.modules.catalog.models import Variant
from sereno.modules.orders.models import Order
from sereno.modules.stock.models import (
    StockBalance,
    StockItem,
    StockLevel,
    StockLocation,
    StockMovement,
    StockReservation,
    StockSafety,
)
from sereno.runtime import namespaces
from sereno.runtime.stock import moving, places
from sereno.runtime.syncing import services
from sereno.store.models import Connection, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.shell import render
from sereno.web.syncing.showing import shown

SHOWN = 50
MOVES: dict[str, tuple[str | Promise, str]] = {
    "store": (mark("The store said so"), "store"),
    "order": (mark("An order became known that the store had counted"), "shopping-cart"),
    "shipped": (mark("Sent"), "send"),
    "sold": (mark("Sold over the counter"), "shopping-cart"),
    "counted": (mark("Counted"), "clipboard"),
    "received": (mark("Came in"), "download"),
    "moved_out": (mark("Sent to another place"), "arrow-up-right"),
    "moved_in": (mark("Arrived from another place"), "download"),
    "adjusted": (mark("Set right"), "pencil"),
}
"""What the kinds of movements are called, and their picture."""


@require_GET
@staff()
def item(request: StaffRequest, id: int) -> HttpResponse:
    shop = request.shop
    row = get_object_or_404(StockItem, shop=shop, pk=id)
    balances = list(StockBalance.objects.filter(shop=shop, item=row.item).order_by("location"))
    names = names_of(shop)
    held = list(StockReservation.objects.filter(shop=shop, item=row.item, status="open").order_by("-id")[: SHOWN + 1])
    moves = list(StockMovement.objects.filter(shop=shop, item=row.item).order_by("-id")[:SHOWN])
    keys = {one.order_key for one in held} | {_order_in(one.reference) for one in moves}
    orders = {order.key: order for order in Order.objects.filter(shop=shop, key__in=keys - {""}).defer("data")}
    context = {
        "section": "stock",
        "item": row,
        "balances": [(one, *_named(names, one.location), one.on_hand - one.reserved) for one in balances],
        "held": [(one, orders.get(one.order_key)) for one in held[:SHOWN]],
        "has_more_held": len(held) > SHOWN,
        "moves": [
            (one, *MOVES.get(one.kind, (one.kind, "circle")), orders.get(_order_in(one.reference))) for one in moves
        ],
        "places": {one.location: _named(names, one.location)[0] for one in balances},
        "channels": _channels(shop, row),
        "differing": shown(shop, services.of_item(shop.pk, row.item)),
    }
    return render(request, "stock/item.html", context)


@require_POST
@staff("work")
def keep_back(request: StaffRequest, id: int) -> HttpResponse:
    """How many of the item a channel is not told of."""
    row = get_object_or_404(StockItem, shop=request.shop, pk=id)
    given, channel = request.POST.get("quantity", "").strip(), request.POST.get("channel", "")
    by, here = request.user.username, f"/stock/items/{row.pk}"

    def put() -> None:
        if given and not (given.isascii() and given.isdigit()):
            raise ValueError("how many are kept back is a whole number of 0 or more")
        number = int(given[:10]) if given else None
        moving.keep_back(request.shop.pk, channel, row.item, number, by)

    carry_out(request, put, _("Kept. The store is told."), form=f"kept:{channel}")
    return back(request, here)


@require_POST
@staff("work")
def barcode(request: StaffRequest, id: int) -> HttpResponse:
    """By which barcode the item is found."""
    row = get_object_or_404(StockItem, shop=request.shop, pk=id)
    given, by = request.POST.get("barcode", ""), request.user.username
    carry_out(
        request,
        lambda: places.put_barcode(request.shop.pk, row.item, given, by),
        _("Kept. Reading it finds this item."),
        form=f"barcode:{row.pk}",
    )
    return back(request, f"/stock/items/{row.pk}")


def _order_in(reference: str) -> str:
    """The order's key that a movement names; "" when it names none."""
    kind, _colon, key = reference.partition(":")
    return key if kind == "order" else ""


def names_of(shop: Shop) -> dict[str, StockLocation]:
    return {one.key: one for one in StockLocation.objects.filter(shop=shop)}


def place_name(names: dict[str, StockLocation], key: str) -> str:
    held = names.get(key)
    return held.name if held else (key or _("In the shop"))


def _named(names: dict[str, StockLocation], key: str) -> tuple[str, bool]:
    held = names.get(key)
    return place_name(names, key), held.sells if held else True


def _channels(shop: Shop, row: StockItem) -> list[dict[str, Any]]:
    """Each store that sells it: what it says, what is kept back from it, and what it should say."""
    known = Variant.objects.filter(shop=shop).defer("data")
    of_sku = sorted(known.filter(sku=row.item)[:SHOWN], key=lambda one: one.key)
    variants = of_sku or list(known.filter(key=row.variant or row.item))
    levels = {one.variant_key: one for one in StockLevel.objects.filter(shop=shop, sku=row.item).defer("data")}
    stores = {str((one.settings or {}).get("namespace") or ""): one for one in _stores(shop)}
    rules = {
        (one.channel, one.item): one.quantity for one in StockSafety.objects.filter(shop=shop, item__in=("", row.item))
    }
    found: list[dict[str, Any]] = []
    for variant in variants:
        store = stores.get(namespaces.of(variant.key))
        if store is None:
            continue
        asked = ((store.name, row.item), ("", row.item), (store.name, ""), ("", ""))
        kept = next((rules[one] for one in asked if one in rules), 0)
        level = levels.get(variant.key)
        says = int(level.available) if level is not None and level.available is not None else None
        should = offered(row.available or 0, kept)
        found.append(
            {
                "store": store,
                "variant": variant,
                "says": says,
                "should": should,
                "kept": kept,
                "own": rules.get((store.name, row.item)),
                "counts": not namespaces.of(variant.key),
                "may_write": bool(store.access),
            }
        )
    return found


def _stores(shop: Shop) -> list[Connection]:
    """The shop's stores, the newest first, so that of two without a namespace the oldest counts."""
    return list(Connection.objects.filter(shop=shop, is_active=True).order_by("-id"))
