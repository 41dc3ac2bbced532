"""Codes that were given, what came of them, and pools of codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema
from ninja.errors import HttpError
from pydantic import AfterValidator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.pricing import services
from sereno.runtime.pricing import pools

router = Router(tags=["Codes"])
Text = Annotated[str, AfterValidator(rows.storable_text)]
Kind = Literal["percent", "amount", "free_shipping", "gift"]


class CodeOut(Schema):
    """`cost` is what it took off its order, null where the order does not tell."""

    id: int
    code: str
    status: Literal["free", "asked", "issued", "redeemed", "expired"]
    kind: Kind
    value: str | None
    currency: str | None
    minimum: str | None
    gift: str | None
    pool: str | None
    customer: str | None
    flow: str | None
    order: str | None
    cost: str | None
    issued_at: str | None
    expires_at: str | None
    redeemed_at: str | None


class CodeList(Schema):
    """`next` is `before` of the page after; null on the last."""

    items: list[CodeOut]
    next: int | None


class CodeUseOut(Schema):
    """Amounts are decimal text in `currency`."""

    flow: str
    currency: str
    issued: int
    worth: str
    redeemed: int
    cost: str
    revenue: str


class CodeUseList(Schema):
    items: list[CodeUseOut]


class PoolOut(Schema):
    name: str
    kind: Kind
    value: str | None
    currency: str | None
    minimum: str | None
    gift: str | None
    expires_at: str | None
    free: int
    given: int


class PoolList(Schema):
    items: list[PoolOut]


class PoolIn(Schema):
    kind: Kind
    value: str = Field("", max_length=20)
    currency: str = Field("", max_length=3)
    minimum: str = Field("", max_length=20)
    gift: Text = Field("", max_length=200)
    expires_at: datetime | None = None
    codes: list[Text] = Field(default=[], max_length=pools.MOST)


class PoolPut(Schema):
    new: int
    known: int


@router.get("/codes", response=CodeList)
def list_codes(
    request: HttpRequest,
    status: Annotated[str, Query(description="Only in this state.")] = "",
    flow: Annotated[
        str, Query(description="Only of this flow.", max_length=200), AfterValidator(rows.storable_text)
    ] = "",
    customer: Annotated[
        str, Query(description="Only of this customer.", max_length=200), AfterValidator(rows.storable_text)
    ] = "",
    code: Annotated[str, Query(description="This one.", max_length=200), AfterValidator(rows.storable_text)] = "",
    before: int = Query(0, ge=0, le=2**62),
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """Codes, the newest first; those that wait in a pool only with `status=free`."""
    found = services.codes(
        shop_of(request).pk, status=status, flow=flow, code=code, customer=customer, before=before, most=limit + 1
    )
    page = found[:limit]
    return {
        "items": [services.told(one) for one in page],
        "next": page[-1].pk if len(found) > limit else None,
    }


@router.get("/codes/uses", response=CodeUseList)
def list_code_uses(
    request: HttpRequest,
    since: Annotated[str, Query(description="From this month, such as 2026-11.", pattern=r"^(\d{4}-\d{2})?$")] = "",
) -> dict[str, Any]:
    """What each flow gave away, and what came of it."""
    return {"items": services.uses(shop_of(request).pk, since)}


@router.get("/codes/pools", response=PoolList)
def list_code_pools(request: HttpRequest) -> dict[str, Any]:
    """Pools of codes the shop made itself."""
    return {"items": services.pools(shop_of(request).pk, datetime.now(UTC))}


@router.put("/codes/pools/{name}", response=PoolPut)
def put_code_pool(request: HttpRequest, name: Annotated[Text, Path(max_length=64)], pool: PoolIn) -> dict[str, int]:
    """Make the pool or change what its codes are worth, and add these codes; those that are there already are left
    as they are."""
    expires = pool.expires_at
    if expires is not None and expires.tzinfo is None:
        raise HttpError(422, "expires_at needs its zone")
    wanted = pools.Pool(name, pool.kind, pool.value, pool.currency, pool.minimum, pool.gift, expires)
    try:
        done = pools.put_pool(shop_of(request).pk, wanted, pool.codes, caller(request))
    except pools.PoolInvalid as wrong:
        raise HttpError(422, f"{wrong.field}: {wrong.code}") from wrong
    return {"new": done.new, "known": done.known}
