"""Whom a shop buys from, what they ask, and what they keep of what they promise."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.commerce.purchasing import Offer
from sereno.modules.purchasing.finding import matching
from sereno.modules.purchasing.models import Supplier, SupplierPrice
from sereno.modules.purchasing.performing import told
from sereno.runtime.purchasing import ordering, suppliers

router = Router(tags=["Purchasing"])
Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="The supplier's code.")]
Search = Annotated[
    str,
    Query(max_length=200, description="Part of the name, code, address or contact, or a SKU they sell."),
]
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
def show_supplier(request: HttpRequest, code: Code) -> dict[str, Any]:
    """One supplier, and what it keeps of what it promises."""
    row = Supplier.objects.filter(shop=shop_of(request), code=code).first()
    if row is None:
        raise HttpError(404, f"there is no supplier {code}")
    return {name: getattr(row, name) for name in SupplierWhole.model_fields if hasattr(Supplier, name)} | told(row)


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
