"""Buying: suppliers and price lists, purchase orders from the draft to the shelf, demand as forecast."""

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
from sereno.commerce.purchasing import Offer
from sereno.modules.purchasing.finding import matching
from sereno.modules.purchasing.models import (
    DemandEvent,
    DemandForecast,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    SupplierPrice,
)
from sereno.modules.purchasing.performing import learned, performances
from sereno.runtime.purchasing import answering, events, ordering, reordering, suppliers
from sereno.runtime.purchasing.port import ask_forecast
from sereno.store.fields import instant_text

router = Router(tags=["Purchasing"])
Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="The supplier's code.")]
Number = Annotated[int, Path(ge=1, lt=2**31, description="The order's number.")]
Search = Annotated[
    str,
    Query(max_length=200, description="Part of the name, code, address or contact, or a SKU they sell."),
]
Step = Literal["approve", "sent", "chase", "decline", "cancel"]
Count = Annotated[int, Field(ge=0, le=ordering.MOST_UNITS)]
Text = rows.StorableKey
Amount = Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,8})?$", description="Decimal text, such as 4.50.")]


class SupplierIn(Schema):
    name: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    email: str = Field("", max_length=254)
    contact: str = Field("", max_length=200)
    locale: Literal["en", "es", "pt", "ro"] = "en"
    lead_days: int = Field(14, ge=0, le=730, description="What it promises; what it keeps is learned from receipts.")
    confirm_days: int = Field(2, ge=0, le=365)
    minimum: str = Field("", max_length=30, description="The least an order may come to.")
    send_by: Literal["email", "api", "hand"] = "email"
    url: str = Field("", max_length=500)
    secret: str = Field("", max_length=500, description="Signs orders sent by API; never given back.")
    note: str = Field("", max_length=1000)
    is_active: bool = True


class SupplierOut(Schema):
    code: str
    name: str
    currency: str
    email: str
    locale: str
    lead_days: int
    send_by: str
    is_active: bool


class SupplierWhole(SupplierOut):
    contact: str
    confirm_days: int
    minimum: str
    url: str
    note: str
    learned_days: float = Field(description="How long its goods take, by what it promises and what it kept.")
    learned_spread: float = Field(description="By how many days that varies (a standard deviation).")
    receipts: int = Field(description="First deliveries of its newest 50 orders that came.")
    on_time: float | None = Field(description="Which share of them came by the day expected.")


class Suppliers(Schema):
    items: list[SupplierOut]


class Break(Schema):
    least: int = Field(ge=1, le=ordering.MOST_UNITS)
    price: Amount


class Price(Schema):
    sku: Text
    price: Amount
    supplier_sku: str = Field("", max_length=200)
    title: str = Field("", max_length=300)
    breaks: list[Break] = Field([], max_length=20)
    minimum: int = Field(1, ge=1, le=ordering.MOST_UNITS)
    multiple: int = Field(1, ge=1, le=ordering.MOST_UNITS)
    lead_days: int | None = Field(None, ge=0, le=730)
    rank: int = Field(0, ge=0, le=1000, description="0 is asked first.")


class Prices(Schema):
    items: list[Price] = Field(max_length=10_000)


class Kept(Schema):
    lines: int


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


@router.get("/suppliers", response=Suppliers)
def list_suppliers(request: HttpRequest, q: Search = "") -> dict[str, Any]:
    """All suppliers, by name, or those that fit the search."""
    return {"items": list(matching(shop_of(request).pk, q.strip()).order_by("name", "id"))}


@router.put("/suppliers/{code}", response=SupplierOut)
def put_supplier(request: HttpRequest, code: Code, given: SupplierIn) -> Supplier:
    """Make a supplier, or change the one of this code."""
    shop = shop_of(request)
    suppliers.put_supplier(shop.pk, suppliers.Supplier(code=code, **given.dict()), caller(request))
    return Supplier.objects.get(shop=shop, code=code)


@router.get("/suppliers/{code}", response=SupplierWhole)
def show_supplier(request: HttpRequest, code: Code) -> Supplier:
    """One supplier, and what it keeps of what it promises."""
    shop = shop_of(request)
    row = Supplier.objects.filter(shop=shop, code=code).first()
    if row is None:
        raise HttpError(404, f"there is no supplier {code}")
    lead, found = learned(row), performances(shop.pk, [row.pk]).get(row.pk)
    row.learned_days, row.learned_spread = round(lead.mean, 1), round(lead.spread, 1)
    row.receipts, row.on_time = (found.count, found.on_time) if found else (0, None)
    return row


@router.get("/suppliers/{code}/prices", response=Prices)
def list_prices(request: HttpRequest, code: Code, after: str = Query("", max_length=200)) -> dict[str, Any]:
    """A supplier's price list by SKU, 1,000 lines at a time; `after` is the last SKU of the page before."""
    supplier = Supplier.objects.filter(shop=shop_of(request), code=code).first()
    if supplier is None:
        raise HttpError(404, f"there is no supplier {code}")
    found = SupplierPrice.objects.filter(supplier=supplier, sku__gt=rows.storable_text(after)).order_by("sku")
    names = ("sku", "price", "supplier_sku", "title", "minimum", "multiple", "lead_days", "rank", "breaks")
    lines = [dict(line) for line in found.values(*names)[:1000]]
    for line in lines:
        line["breaks"] = [{"least": least, "price": price} for least, price in line["breaks"]]
    return {"items": lines}


@router.put("/suppliers/{code}/prices", response=Kept)
def put_prices(request: HttpRequest, code: Code, given: Prices) -> dict[str, int]:
    """Put lines on a price list; each takes the place of the one of its SKU."""
    offers = [
        Offer(
            0,
            one.sku,
            Decimal(one.price),
            tuple((part.least, Decimal(part.price)) for part in one.breaks),
            one.minimum,
            one.multiple,
            one.rank,
            None if one.lead_days is None else float(one.lead_days),
            one.supplier_sku,
            one.title,
        )
        for one in given.items
    ]
    return {"lines": suppliers.put_prices(shop_of(request).pk, code, offers, caller(request))}


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
