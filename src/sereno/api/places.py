"""Places of stock, what channels are not told of, and barcodes: what people set for the book of stock."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.stock.models import StockSafety
from sereno.runtime.stock import moving, places

router = Router(tags=["Stock"])


class PlaceOut(Schema):
    key: str
    name: str = Field(description="As people call it; the key where nobody has named it.")
    sells: bool = Field(description="Whether what is there may be promised to orders.")
    rank: int = Field(description="The smaller is taken from first.")
    is_own: bool = Field(description="Added here: no store counts there.")
    is_used: bool = Field(description="Something is or was kept there.")
    channels: list[str] = Field(description="The connections whose orders are served from here; empty: all of them.")


class Places(Schema):
    items: list[PlaceOut]


class NewPlace(Schema):
    name: rows.StorableKey = Field(description="Its key is made of it: `Market Stall` becomes `market-stall`.")
    sells: bool = True
    rank: int = Field(100, ge=0, lt=100_000)
    channels: list[rows.StorableKey] | None = Field(
        None, max_length=100, description="Connections' names; empty: all of them. Left out: as before."
    )


class PlaceIn(NewPlace):
    key: str = Field(
        max_length=200, description="As `GET /stock/places` gives it; empty where a store tells none apart."
    )


class KeptBack(Schema):
    channel: str = Field("", max_length=200, description="The connection's name; empty: all.")
    item: str = Field("", max_length=200, description="The SKU; empty: all.")
    quantity: int | None = Field(ge=0, lt=moving.MOST, description="null takes the rule away.")


class Rules(Schema):
    items: list[KeptBack] = Field(description="Of several that hold the one for channel and item counts, then item.")


class BarcodeIn(Schema):
    item: rows.StorableKey
    barcode: str = Field(max_length=128, description="Empty: none finds it.")


class BarcodeOut(Schema):
    item: str
    barcode: str


@router.get("/stock/places", response=Places)
def list_places(request: HttpRequest) -> dict[str, Any]:
    """Where stock is: places that stores named, and the shop's own; those taken from first first."""
    return {"items": places.places(shop_of(request).pk)}


@router.post("/stock/places", response=PlaceOut)
def add_place(request: HttpRequest, given: NewPlace) -> places.Place:
    """Add a place that no store knows of. A name that is taken is refused."""
    shop = shop_of(request).pk
    more = {"sells": given.sells, "rank": given.rank, "channels": given.channels or ()}
    key = places.add_place(shop, given.name, caller(request), **more)
    return _place(shop, key)


@router.put("/stock/places", response=PlaceOut)
def name_place(request: HttpRequest, given: PlaceIn) -> places.Place:
    """What a place is called, whether it sells and by which connections, and which is taken from first. What can be
    sold follows, and stores are told anew."""
    shop = shop_of(request).pk
    rows.storable_text(given.key)
    more = {"sells": given.sells, "rank": given.rank, "channels": given.channels}
    places.name_place(shop, given.key, given.name, caller(request), **more)
    return _place(shop, given.key)


@router.delete("/stock/places", response={204: None})
def remove_place(request: HttpRequest, key: rows.Word) -> Status[None]:
    """Take away one of the shop's own that nothing was ever kept at."""
    places.remove_place(shop_of(request).pk, key, caller(request))
    return Status(204, None)


@router.get("/stock/kept-back", response=Rules)
def list_kept_back(request: HttpRequest) -> dict[str, Any]:
    """How many of an item a channel is not told of: the first 1000 rules."""
    found = StockSafety.objects.filter(shop=shop_of(request)).order_by("channel", "item")[: rows.MOST]
    return {"items": list(found)}


@router.put("/stock/kept-back", response=KeptBack)
def keep_back(request: HttpRequest, given: KeptBack) -> KeptBack:
    """Keep so many back from a channel. Its stores are told."""
    for text in (given.channel, given.item):
        rows.storable_text(text)
    moving.keep_back(shop_of(request).pk, given.channel, given.item, given.quantity, caller(request))
    return given


@router.put("/stock/barcodes", response=BarcodeOut)
def put_barcode(request: HttpRequest, given: BarcodeIn) -> dict[str, str]:
    """By which barcode an item is found, until its store says another."""
    places.put_barcode(shop_of(request).pk, given.item, given.barcode, caller(request))
    return {"item": given.item, "barcode": given.barcode.strip()}


def _place(shop_id: int, key: str) -> places.Place:
    return next(one for one in places.places(shop_id) if one.key == key)
