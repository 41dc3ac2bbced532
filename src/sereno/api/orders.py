"""Orders: the list and where each stands, what is held and why, and what can be done to them."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from pydantic import field_validator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.orders.models import Order, OrderStanding
from sereno.modules.orders.services import PLACES, held_orders, told, told_whole
from sereno.runtime.orders import doing
from sereno.runtime.orders.finding import meant
from sereno.store.scans import of_shop

router = Router(tags=["Orders"])
By = Literal["orders.cancel", "orders.refund", "orders.capture", "orders.note", "orders.fulfill"]


class OrderOut(Schema):
    order: str = Field(description="The key, as in `order:1001`.")
    number: str | None
    status: str | None
    payment_status: str | None
    fulfillment_status: str | None
    total: str | None
    currency: str | None
    email: str | None
    placed_at: str | None
    is_held: bool
    hold_reasons: list[str] = Field(description="Codes such as `stock.short`.")
    hold_reasons_said: list[str]
    hold_note: str | None
    held_at: str | None
    held_by: str | None
    is_verified: bool | None
    warehouse: str | None
    team: str | None
    queue: str | None


class Orders(Schema):
    items: list[OrderOut]
    next: int | None = None


class OrderWhole(OrderOut):
    data: dict[str, Any] = Field(description="The record, as `sereno event schema order.created` describes.")
    tickets: list[dict[str, Any]]
    payment_differences: list[str] = Field(
        description="Where the store and the payment provider differ about its money: codes such as "
        "`payments.not_noted`; `orders.compare_payments` says them to flows."
    )


class Which(rows.PageOf):
    """Which orders: at most one of these narrows the list."""

    q: str | None = Field(None, max_length=200, description="A number, an id, a customer's name or e-mail.")
    number: str | None = Field(None, max_length=100)
    email: str | None = Field(None, max_length=254)
    warehouse: str | None = Field(None, max_length=100)
    team: str | None = Field(None, max_length=100)
    queue: str | None = Field(None, max_length=100)

    @field_validator("q", "number", "email", "warehouse", "team", "queue")
    @classmethod
    def _is_text(cls, value: str | None) -> str | None:
        return rows.storable_text(value)


class OrdersHeld(Schema):
    limit: int = Field(100, ge=1, le=rows.MOST)


class Hold(Schema):
    orders: list[rows.StorableKey] = Field(min_length=1, max_length=doing.MOST)
    reasons: list[rows.StorableKey] = Field(["by.hand"], min_length=1, max_length=20)
    note: str = Field("", max_length=500)


class Release(Schema):
    orders: list[rows.StorableKey] = Field(min_length=1, max_length=doing.MOST)
    note: str = Field("", max_length=500)


class Changed(Schema):
    changed: list[str] = Field(description="Those that were not so before.")


class Deed(Schema):
    action: By
    config: dict[str, Any] = Field({}, description="As the action's own: `{amount: '10.00', note: late}`.")


class AskedOfStore(Schema):
    effect: str = Field(description="The key of the effect, which has the outcome.")


@router.get("/orders", response=Orders)
def list_orders(request: HttpRequest, which: Query[Which]) -> dict[str, Any]:
    """Orders, those first that came in last."""
    shop = shop_of(request)
    query = Order.objects.defer("data")
    place = next((name for name in PLACES if getattr(which, name)), None)
    if which.q:
        query = query.filter(shop=shop, id__in=list(meant(shop.pk, which.q)))
    elif which.number:
        bare = which.number.lstrip("#")
        query = query.filter(shop=shop, number__in=(bare, f"#{bare}"))
    elif which.email:
        query = query.filter(shop=shop, email=which.email.lower())
    elif place is not None:
        sent = OrderStanding.objects.filter(shop=shop, **{place: getattr(which, place)}).order_by("-id")
        page = rows.page_by_id(sent, which, lambda row: {"key": row.key})
        keys = [one["key"] for one in page["items"]]
        found = {one.key: one for one in query.filter(shop=shop, key__in=keys)}
        return {"items": told(shop.pk, [found[key] for key in keys if key in found]), "next": page["next"]}
    else:
        query = of_shop(query, shop.pk)
    page = rows.page_by_id(query, which, lambda row: {"row": row})
    return {"items": told(shop.pk, [one["row"] for one in page["items"]]), "next": page["next"]}


@router.get("/orders/held", response=Orders)
def list_held(request: HttpRequest, held: Query[OrdersHeld]) -> dict[str, Any]:
    """The release queue: what is held, the longest first, with the reasons."""
    return {"items": held_orders(shop_of(request).pk, held.limit)}


@router.post("/orders/hold", response=Changed)
def hold(request: HttpRequest, given: Hold) -> dict[str, Any]:
    """Hold orders: nothing of them leaves and no money is taken, here and in the store where it has holds."""
    shop, by = shop_of(request), caller(request)
    return {"changed": doing.hold(shop.pk, given.orders, by, reasons=given.reasons, note=given.note)}


@router.post("/orders/release", response=Changed)
def release(request: HttpRequest, given: Release) -> dict[str, Any]:
    """Let orders that are held go on."""
    return {"changed": doing.release(shop_of(request).pk, given.orders, caller(request), note=given.note)}


@router.get("/orders/{order}", response=OrderWhole)
def show_order(request: HttpRequest, order: rows.Key) -> dict[str, Any]:
    """One order with its record, where it stands, and its tickets."""
    return told_whole(get_object_or_404(Order, shop=shop_of(request), key=order))


@router.post("/orders/{order}/actions", response=AskedOfStore)
def ask(request: HttpRequest, order: rows.Key, given: Deed) -> dict[str, Any]:
    """Ask the order's store for a change: cancel, refund, capture, a note, or that it left. The effect has the outcome.
    With an `Idempotency-Key` a repeat asks for nothing more."""
    shop, said = shop_of(request), request.headers.get("Idempotency-Key")
    key = f"{order}-{said}" if said else None
    return {"effect": doing.ask(shop.pk, order, given.action, given.config, caller(request), key=key)}
