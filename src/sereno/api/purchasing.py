"""Buying: purchase orders from the draft to the shelf, demand as forecast."""

from __future__ import annotations

from datetime import UTC, datetime, time
from datetime import date as day
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.suppliers import Amount
from sereno.modules.purchasing.models import DemandEvent, DemandForecast, PurchaseLine, PurchaseOrder
from sereno.runtime.purchasing import answering, events, ordering, reordering
from sereno.runtime.purchasing.port import ask_forecast
from sereno.store.fields import instant_text

router = Router(tags=["Purchasing"])
Number = Annotated[int, Path(ge=1, lt=2**31, description="The order's number.")]
Step = Literal["approve", "sent", "chase", "decline", "cancel"]
Count = Annotated[int, Field(ge=0, le=ordering.MOST_UNITS)]
Text = rows.StorableKey


class LineOut(Schema):
    sku: str
    supplier_sku: str
    title: str
    quantity: int
    received: int
    price: str
    why: dict[str, Any] = Field(description="The figures it was decided by; empty for what a person wrote.")


class PurchaseOrderOut(Schema):
    number: int
    supplier: str
    status: str
    currency: str
    total: str
    origin: str
    reference: str
    created_at: str | None
    approved_at: str | None
    sent_at: str | None
    confirmed_at: str | None
    expected_at: str | None
    closed_at: str | None


class WholeOrder(PurchaseOrderOut):
    lines: list[LineOut]


class PurchaseOrders(Schema):
    items: list[PurchaseOrderOut]
    next: int | None = None


class DraftIn(Schema):
    supplier: str = Field(max_length=64)
    key: Text = Field(description="Names this order: asked again with it, it is the same one.")
    lines: dict[Text, Count] = Field(min_length=1, max_length=1000, description="By SKU, how many.")
    note: str = Field("", max_length=1000)


class ReorderIn(Schema):
    key: Text = Field(description="Names this look: asked again with it, nothing new is drafted.")
    budget: Amount | None = None
    suppliers: list[str] = Field([], max_length=100, description="Only these; all where it is empty.")


class ReorderOut(Schema):
    orders: list[int]
    left_out: list[str] = Field(description="SKUs for which the money did not last.")
    is_repeat: bool


class Confirmed(Schema):
    expected_on: day | None = None
    reference: str = Field("", max_length=100)
    quantities: dict[Text, Count] = Field({}, max_length=1000, description="Where fewer come than were ordered.")


class ReceiptIn(Schema):
    key: Text = Field(description="Names this receipt: told again with it, nothing is counted twice.")
    lines: dict[Text, Count] = Field(min_length=1, max_length=1000)
    location: str = Field("", max_length=200)


class Stepped(Schema):
    changed: bool
    status: str


class DemandOut(Schema):
    sku: str
    title: str
    method: str
    weekly: float = Field(description="Expected a week, over the next four.")
    error: float | None = Field(description="All error over all demand when it was tried on the last 8 weeks.")
    made_at: str | None


class DemandList(Schema):
    items: list[DemandOut]


class KnownDay(Schema):
    code: str = Field(description="A feast (`black_friday`), or an event of the shop's own (`own:Summer sale`).")
    on: day
    effect: float = Field(description="In the week it is felt most in: 0.1 is a tenth more.")
    basis: Literal["learned", "assumed", "unused"]


class DemandWhole(DemandOut):
    first_day: day = Field(description="The Monday `history` begins on.")
    begins_on: day = Field(description="The Monday `mean` begins on.")
    history: list[float | None]
    mean: list[float]
    sums: list[list[float]] = Field(description="Of weeks 1 to n together, the quantiles `levels`.")
    levels: list[float]
    accuracy: dict[str, float]
    days: list[KnownDay] = Field(description="Known days to come, and what they do to this SKU.")


class DemandEventIn(Schema):
    name: Annotated[Text, Field(min_length=1, max_length=80, description="Times of the same name belong together.")]
    first_day: day
    last_day: day | None = Field(None, description="Without it, one day.")
    lift: float | None = Field(
        None, ge=-0.9, le=10, description="What you expect of it: 0.3 is three tenths more a week. Null: it is learned."
    )


class DemandEventOut(Schema):
    id: int
    name: str
    first_day: day
    last_day: day
    lift: float | None


class DemandEvents(Schema):
    items: list[DemandEventOut]


class Begun(Schema):
    begun: bool


@router.get("/purchases", response=PurchaseOrders)
def list_purchases(
    request: HttpRequest,
    status: Literal["draft", "approved", "sent", "confirmed", "partial", "received", "cancelled"] | None = None,
    before: int = rows.bounded_query(2**62, "`next` of the page before this one."),
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """Purchase orders, newest first."""
    found = PurchaseOrder.objects.filter(shop=shop_of(request), number__lt=before).select_related("supplier")
    if status:
        found = found.filter(status=status)
    taken = list(found.order_by("-number")[: limit + 1])
    following = taken[limit - 1].number if len(taken) > limit else None
    return {"items": [_order(one) for one in taken[:limit]], "next": following}


@router.post("/purchases", response=WholeOrder)
def draft_purchase(request: HttpRequest, given: DraftIn) -> dict[str, Any]:
    """Draft an order by a supplier's price list."""
    shop = shop_of(request)
    key = f"api:{given.key}"[:200]
    number = ordering.draft_order(shop.pk, given.supplier, given.lines, caller(request), key=key, note=given.note)
    return _whole(shop.pk, number)


@router.post("/purchases/reorder", response=ReorderOut)
def reorder(request: HttpRequest, given: ReorderIn) -> dict[str, Any]:
    """Draft orders for all that runs low, one for each supplier. What is on order already counts."""
    budget = None if given.budget is None else Decimal(given.budget)
    asked = reordering.Asked(f"api:{given.key}", caller(request), budget, tuple(given.suppliers))
    found = reordering.reorder(shop_of(request).pk, asked)
    left_out = [one.offer.sku for one in found.left_out]
    return {"orders": found.orders, "left_out": left_out, "is_repeat": found.is_repeat}


@router.get("/purchases/{int:number}", response=WholeOrder)
def show_purchase(request: HttpRequest, number: Number) -> dict[str, Any]:
    """One order, with its lines and the figures they were decided by."""
    return _whole(shop_of(request).pk, number)


@router.post("/purchases/{int:number}/confirmation", response=Stepped)
def confirm_purchase(request: HttpRequest, number: Number, given: Confirmed) -> dict[str, Any]:
    """The supplier said yes: when, under which number of its own, and how many where it cannot deliver all."""
    shop = shop_of(request).pk
    on = given.expected_on
    at = None if on is None else datetime.combine(on, time(12), UTC)
    changed = answering.confirm(
        shop, number, caller(request), expected_at=at, reference=given.reference, quantities=given.quantities
    )
    return {"changed": changed, "status": _whole(shop, number)["status"]}


@router.post("/purchases/{int:number}/receipts", response=Stepped)
def receive_purchase(request: HttpRequest, number: Number, given: ReceiptIn) -> dict[str, Any]:
    """Goods came in. They are in the stock when the answer comes."""
    shop, key = shop_of(request).pk, f"api:{given.key}"[:200]
    before = _whole(shop, number)
    ordering.receive(shop, number, given.lines, caller(request), key=key, place=given.location)
    after = _whole(shop, number)
    return {"changed": before["lines"] != after["lines"], "status": after["status"]}


@router.post("/purchases/{int:number}/{step}", response=Stepped)
def step_purchase(request: HttpRequest, number: Number, step: Step) -> dict[str, Any]:
    """Approve it (it goes out), say that it was sent, remind the supplier, say that it declined, or cancel
    what has not come."""
    shop, by = shop_of(request).pk, caller(request)
    before = _whole(shop, number)["status"]
    changed = False
    if step == "approve":
        changed = ordering.approve(shop, number, by) != before
    elif step == "sent":
        changed = ordering.mark_sent(shop, number, by)
    elif step == "chase":
        changed = ordering.chase(shop, number, by)
    elif step == "decline":
        changed = answering.decline(shop, number, by)
    else:
        changed = ordering.cancel(shop, number, by)
    return {"changed": changed, "status": _whole(shop, number)["status"]}


@router.get("/demand", response=DemandList)
def list_demand(request: HttpRequest, limit: int = Query(100, ge=1, le=rows.MOST)) -> dict[str, Any]:
    """What is expected to be sold, the most first."""
    found = DemandForecast.objects.filter(shop=shop_of(request)).defer("history", "mean", "sums", "accuracy", "days")
    return {"items": [_demand(one) for one in found.order_by("-weekly", "id")[:limit]]}


@router.get("/demand/item", response=DemandWhole)
def show_demand(request: HttpRequest, sku: rows.Word) -> dict[str, Any]:
    """One SKU: weeks past, weeks to come, quantiles, and how good the method was."""
    from sereno.commerce.purchasing import LEVELS

    one = DemandForecast.objects.filter(shop=shop_of(request), sku=sku).first()
    if one is None:
        raise HttpError(404, f"there is no forecast of {sku}")
    names = ("first_day", "begins_on", "history", "mean", "sums", "accuracy", "days")
    return {**_demand(one), **{name: getattr(one, name) for name in names}, "levels": list(LEVELS)}


@router.get("/demand/events", response=DemandEvents)
def list_demand_events(request: HttpRequest) -> dict[str, Any]:
    """The shop's own calendar of what people buy for, by day."""
    found = DemandEvent.objects.filter(shop=shop_of(request)).order_by("first_day", "name")
    return {"items": list(found)}


@router.post("/demand/events", response=DemandEventOut)
def put_demand_event(request: HttpRequest, given: DemandEventIn) -> DemandEvent:
    """Put one time of an event into the calendar, or change the one of this name that begins on this day. Past times
    teach what the next one brings."""
    shop = shop_of(request).pk
    try:
        number = events.put_event(
            shop, given.name, given.first_day, given.last_day or given.first_day, caller(request), lift=given.lift
        )
    except ValueError as error:
        raise HttpError(422, str(error)) from None
    return DemandEvent.objects.get(shop=shop, id=number)


@router.delete("/demand/events/{id}", response={204: None})
def drop_demand_event(request: HttpRequest, id: rows.Id) -> Status[None]:
    """Take one time of an event out of the calendar."""
    try:
        events.drop_event(shop_of(request).pk, id, caller(request))
    except LookupError as error:
        raise HttpError(404, str(error.args[0])) from None
    return Status(204, None)


@router.post("/demand/forecasts", response=Begun)
def make_forecasts(request: HttpRequest) -> dict[str, bool]:
    """Forecast anew, in the background. False when that is under way."""
    return {"begun": ask_forecast(shop_of(request).pk, caller(request))}


def _demand(one: DemandForecast) -> dict[str, Any]:
    names = ("sku", "title", "method", "weekly", "error")
    return {**{name: getattr(one, name) for name in names}, "made_at": instant_text(one.made_at)}


def _order(one: PurchaseOrder) -> dict[str, Any]:
    names = ("number", "status", "currency", "total", "origin", "reference")
    instants = ("created_at", "approved_at", "sent_at", "confirmed_at", "expected_at", "closed_at")
    return {
        "supplier": one.supplier.code,
        **{name: getattr(one, name) for name in names},
        **{name: instant_text(getattr(one, name)) for name in instants},
    }


def _whole(shop_id: int, number: int) -> dict[str, Any]:
    one = PurchaseOrder.objects.select_related("supplier").filter(shop=shop_id, number=number).first()
    if one is None:
        raise HttpError(404, f"there is no purchase order {number}")
    names = ("sku", "supplier_sku", "title", "quantity", "received", "price", "why")
    lines = [
        {name: getattr(line, name) for name in names} for line in PurchaseLine.objects.filter(order=one).order_by("id")
    ]
    return {**_order(one), "lines": lines}
