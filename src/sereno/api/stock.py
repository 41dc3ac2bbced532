"""Stock: what there is, reservations, counts, sales over the counter, transfers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.stock.models import StockBalance, StockItem, StockReservation, StockTransfer
from sereno.runtime.stock import moving
from sereno.runtime.stock.reserving import LiveReservations, counter_of, wish
from sereno.sdk.ports import Short
from sereno.store.database import default_database

router = Router(tags=["Stock"])
Number = Annotated[int, Field(ge=0, lt=moving.MOST)]
Step = Literal["send", "receive", "cancel"]


class ItemOut(Schema):
    item: str = Field(description="Its SKU, or its variant's key where it has none.")
    title: str | None
    barcode: str | None
    on_hand: int
    reserved: int
    incoming: int
    available: int | None = Field(description="How many can still be sold; null where nobody counts.")


class LocationOut(Schema):
    item: str
    location: str
    on_hand: int
    reserved: int
    incoming: int
    store_says: int | None = Field(description="What the store that counts said last; null where none counts.")


class ReservationOut(Schema):
    item: str
    order: str
    location: str
    quantity: int


class Items(Schema):
    items: list[ItemOut]
    next: str | None = Field(description="For `after`, to get the next page; null on the last.")


class One(Schema):
    item: ItemOut
    locations: list[LocationOut]
    reservations: list[ReservationOut] = Field(description="The newest 1000 that have not left.")


class LineIn(Schema):
    sku: rows.StorableKey
    quantity: int = Field(1, ge=1, lt=moving.MOST)


class StockAsked(Schema):
    order: rows.StorableKey = Field(description="The order's key, or a name of your own for a cart or a till's sale.")
    lines: list[LineIn] = Field(min_length=1, max_length=500)


class ReservationAsked(StockAsked):
    channel: str | None = Field(
        None,
        max_length=200,
        description="A connection's name: taken only from places that serve it. Left out: the connection whose order "
        "it is, by its key.",
    )


class SaleIn(StockAsked):
    place: str | None = Field(
        None, max_length=200, description="Where the till stands; left out, whichever place is taken from first."
    )


class ShortOut(Schema):
    item: str
    wanted: int
    available: int
    code: str = Field(description="`stock.short`, or `stock.unknown` where nobody has said how many there are.")


class Reserved(Schema):
    ok: bool = Field(description="All that is counted is reserved; otherwise nothing is.")
    short: list[ShortOut]


class Released(Schema):
    lines: int


class CountIn(Schema):
    item: rows.StorableKey
    location: str = Field("", max_length=200, description="Empty: the only one.")
    there: Number


class CountOut(Schema):
    item: str
    location: str
    before: int
    now: int


class TransferIn(Schema):
    origin: str = Field(max_length=200)
    destination: str = Field(max_length=200)
    lines: list[LineIn] = Field(min_length=1, max_length=500)
    uid: str | None = Field(None, max_length=200, description="A name of your own: told twice, it is made once.")


class CameIn(LineIn):
    quantity: int = Field(ge=0, lt=moving.MOST)


class Came(Schema):
    lines: list[CameIn] = Field(
        max_length=500, description="How many of each item came. What is not named did not; it is lost."
    )


class TransferOut(Schema):
    id: int
    origin: str
    destination: str
    status: str
    lines: list[LineIn]
    by: str
    created_at: str | None


class Transfers(Schema):
    items: list[TransferOut]
    next: int | None


class Narrowed(Schema):
    limit: int = Field(100, ge=1, le=rows.MOST, description="At most so many items.")
    after: str | None = Field(None, max_length=200, description="`next` of the page before this one.")
    sku: str | None = Field(None, max_length=200, description="Only this SKU or barcode.")
    at_most: int | None = Field(None, ge=-moving.MOST, lt=moving.MOST, description="Only what is as scarce or scarcer.")


@router.get("/stock", response=Items)
def list_stock(request: HttpRequest, narrowed: Query[Narrowed]) -> dict[str, Any]:
    """What there is of each item, by SKU."""
    given = narrowed
    found = StockItem.objects.filter(shop=shop_of(request))
    for text in (given.sku, given.after):
        rows.storable_text(text)
    if given.sku:
        found = found.filter(item=given.sku) | found.filter(barcode=given.sku)
    if given.at_most is not None:
        found = found.filter(available__lte=given.at_most)
    if given.after:
        found = found.filter(item__gt=given.after)
    taken = list(found.order_by("item")[: given.limit + 1])
    following = taken[given.limit - 1].item if len(taken) > given.limit else None
    return {"items": taken[: given.limit], "next": following}


@router.get("/stock/item", response=One)
def show_stock(request: HttpRequest, sku: rows.Word) -> dict[str, Any]:
    """One item: where it is, and for whom."""
    shop = shop_of(request)
    item = StockItem.objects.filter(shop=shop, item=sku).first()
    if item is None:
        raise HttpError(404, f"there is no item {sku}")
    held = StockReservation.objects.filter(shop=shop, item=sku, status="open").order_by("-id")[: rows.MOST]
    return {
        "item": item,
        "locations": [
            {
                "item": one.item,
                "location": one.location,
                "on_hand": one.on_hand,
                "reserved": one.reserved,
                "incoming": one.incoming,
                "store_says": one.figure,
            }
            for one in StockBalance.objects.filter(shop=shop, item=sku).order_by("location")
        ],
        "reservations": [
            {"item": one.item, "order": one.order_key, "location": one.location, "quantity": one.quantity}
            for one in held
        ],
    }


@router.post("/stock/reservations", response=Reserved)
def reserve(request: HttpRequest, given: ReservationAsked) -> dict[str, Any]:
    """Promise stock to an order: all of it, or nothing. Exact however many ask at once; asked again it changes
    nothing."""
    one = wish(shop_of(request).pk, given.order, _lines(given.lines), channel=given.channel or None)
    short = counter_of(default_database()).reserve(one)
    return {"ok": not any(lack.code == "stock.short" for lack in short), "short": _short(short)}


@router.post("/stock/reservations/release", response=Released)
def release(request: HttpRequest, order: rows.Word) -> dict[str, Any]:
    """Give back what is reserved for an order and has not left."""
    database = default_database()
    from sereno.runtime.staff import open_staff
    from sereno.store.fields import to_micros

    now = to_micros(open_staff(database).world.clock.now())
    return {"lines": LiveReservations(database, shop_of(request).pk, now).release(order)}


@router.post("/stock/sales", response=Reserved)
def sell(request: HttpRequest, given: SaleIn) -> dict[str, Any]:
    """A sale over the counter: it has left already. Told twice it happens once. What there was too little of by the
    book is sold all the same, and said."""
    short = moving.sell(shop_of(request).pk, given.order, _lines(given.lines), caller(request), place=given.place)
    return {"ok": True, "short": _short(short)}


@router.post("/stock/counts", response=CountOut)
def count(request: HttpRequest, given: CountIn) -> moving.Counted:
    """Somebody counted: so many are there."""
    return moving.count(shop_of(request).pk, given.item, given.location, given.there, caller(request))


@router.get("/stock/transfers", response=Transfers)
def list_transfers(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Goods that move between the shop's places, the newest first."""
    found = StockTransfer.objects.filter(shop=shop_of(request)).order_by("-id")
    if page.before is not None:
        found = found.filter(id__lt=page.before)
    taken = list(found[: page.limit + 1])
    following = taken[page.limit - 1].pk if len(taken) > page.limit else None
    return {"items": [_transfer(one) for one in taken[: page.limit]], "next": following}


@router.post("/stock/transfers", response=TransferOut)
def propose(request: HttpRequest, given: TransferIn) -> dict[str, Any]:
    """Propose a transfer; with a `uid` that is known already, the one that is there is given."""
    shop = shop_of(request)
    lines, by = _counts(given.lines), caller(request)
    made = moving.propose_transfer(shop.pk, given.origin, given.destination, lines, by, uid=given.uid)
    held = StockTransfer.objects.filter(shop=shop)
    return _transfer(held.get(pk=made) if made is not None else held.get(uid=given.uid))


@router.post("/stock/transfers/{int:id}/{step}", response=TransferOut)
def move(request: HttpRequest, id: rows.Id, step: Step, given: Came | None = None) -> dict[str, Any]:
    """Send it, say that it has arrived (all of it, or with a body as many as it says), or call it off."""
    shop, by = shop_of(request).pk, caller(request)
    if step == "receive":
        moving.receive_transfer(shop, id, by, _counts(given.lines) if given is not None else None)
    elif given is not None:
        raise HttpError(422, "a body belongs to receive: it says how many came")
    elif step == "send":
        moving.send_transfer(shop, id, by)
    else:
        moving.cancel_transfer(shop, id, by)
    return _transfer(StockTransfer.objects.get(shop_id=shop, pk=id))


def _counts(lines: Iterable[LineIn]) -> dict[str, int]:
    """Of each SKU; one named twice is added up."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.sku] = found.get(line.sku, 0) + line.quantity
    return found


def _lines(lines: list[LineIn]) -> list[dict[str, Any]]:
    return [{"sku": line.sku, "quantity": line.quantity} for line in lines]


def _short(short: Any) -> list[dict[str, Any]]:
    found: list[Short] = list(short)
    return [{"item": one.item, "wanted": one.wanted, "available": one.available, "code": one.code} for one in found]


def _transfer(row: StockTransfer) -> dict[str, Any]:
    return {
        "id": row.pk,
        "origin": row.origin,
        "destination": row.destination,
        "status": row.status,
        "lines": [{"sku": item, "quantity": number} for item, number in row.lines],
        "by": row.by,
        "created_at": rows.instant(row.created_at),
    }
