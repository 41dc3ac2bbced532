"""The loyalty programme, and customers' points and credit."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError
from pydantic import AfterValidator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.commerce.loyalty import ProgramInvalid
from sereno.commerce.money import AmountInvalid, Money
from sereno.modules.loyalty import services
from sereno.runtime.loyalty import people, programs
from sereno.sdk.incentives import PointsRefused
from sereno.store.fields import instant_text

router = Router(tags=["Loyalty"])


class LoyaltyTier(Schema):
    name: str
    points: int
    factor: str = "1"


class LoyaltyReward(Schema):
    code: str = ""
    name: str
    points: int
    kind: Literal["percent", "amount", "free_shipping", "gift", "credit"]
    value: str = ""
    minimum: str = ""
    days: int = 90


class LoyaltyProgramIn(Schema):
    """`per_unit`: points for one unit of `currency` spent on goods. `expires_days`: null for ever."""

    is_on: bool
    currency: str = Field("", max_length=3)
    per_unit: str = "1"
    pending_days: int = 14
    expires_days: int | None = 365
    warn_days: int = 30
    tiers: list[LoyaltyTier] = Field(default_factory=list, max_length=50)
    rewards: list[LoyaltyReward] = Field(default_factory=list, max_length=50)


class LoyaltyProgramOut(LoyaltyProgramIn):
    version: int
    started_at: str | None


class LoyaltyCredit(Schema):
    amount: str
    currency: str


class LoyaltyPosting(Schema):
    id: int
    at: str
    kind: str
    unit: str = Field(description="`points`, or a currency.")
    amount: str
    order: str | None
    by: str
    note: str


class LoyaltyMember(Schema):
    customer: str
    points: int
    pending: int
    tier: str | None
    credit: list[LoyaltyCredit]
    history: list[LoyaltyPosting]


class LoyaltyRow(Schema):
    customer: str
    points: int
    pending: int
    tier: str | None


class LoyaltyRows(Schema):
    items: list[LoyaltyRow]


class LoyaltyGift(Schema):
    """`key`: the same key gives once. `currency`: empty for points."""

    customer: rows.StorableKey
    amount: str = Field(max_length=20)
    currency: str = Field("", max_length=3)
    note: Annotated[str, AfterValidator(rows.storable_text)] = Field("", max_length=500)
    key: rows.StorableKey = Field(min_length=8, max_length=60)


class LoyaltyGiven(Schema):
    changed: bool = Field(description="False where this key did it before.")


class RewardWanted(Schema):
    customer: rows.StorableKey
    reward: rows.StorableKey
    key: rows.StorableKey = Field(min_length=8, max_length=60)


class RewardTaken(Schema):
    purchase: int | None = Field(description="Null where this key bought before.")


@router.get("/loyalty/program", response=LoyaltyProgramOut)
def show_loyalty_program(request: HttpRequest) -> dict[str, Any]:
    """The shop's rules, tiers and rewards."""
    return _program(programs.find_program(shop_of(request).pk))


@router.put("/loyalty/program", response=LoyaltyProgramOut)
def put_loyalty_program(request: HttpRequest, program: LoyaltyProgramIn) -> dict[str, Any]:
    """Replace them. What was earned before stays as it is."""
    document = program.model_dump()
    document["currency"] = program.currency or None
    try:
        return _program(programs.put_program(shop_of(request).pk, document, caller(request)))
    except ProgramInvalid as wrong:
        raise HttpError(422, str(wrong)) from wrong


@router.get("/loyalty/members", response=LoyaltyRows)
def list_loyalty_members(
    request: HttpRequest,
    tier: Annotated[
        str, Query(description="Only of this tier.", max_length=200), AfterValidator(rows.storable_text)
    ] = "",
    start: int = Query(0, ge=0, le=100_000),
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """Those with the most points first."""
    found = services.members(shop_of(request).pk, tier, start, limit)
    return {
        "items": [
            {"customer": one.customer, "points": one.available, "pending": one.pending, "tier": one.tier or None}
            for one in found
        ]
    }


@router.get("/loyalty/customer", response=LoyaltyMember)
def show_loyalty_customer(request: HttpRequest, customer: rows.Word) -> Any:
    """One customer's points, credit and book, by the platform's id, or `email:` and the address for a guest."""
    return services.told(shop_of(request).pk, customer)


@router.post("/loyalty/give", response=LoyaltyGiven)
def give_loyalty(request: HttpRequest, gift: LoyaltyGift) -> dict[str, bool]:
    """Give points or credit, or take them with an amount below zero."""
    try:
        amount = Money.parse(gift.amount, gift.currency) if gift.currency else gift.amount
        done = people.give(shop_of(request).pk, gift.customer, amount, gift.key, caller(request), gift.note)
    except (PointsRefused, AmountInvalid) as wrong:
        raise HttpError(422, str(wrong)) from wrong
    return {"changed": done}


@router.post("/loyalty/rewards", response=RewardTaken)
def buy_loyalty_reward(request: HttpRequest, wanted: RewardWanted) -> dict[str, int | None]:
    """Buy a reward for a customer with their points. Its code is made at once, and stands with the customer."""
    try:
        return {"purchase": people.buy(shop_of(request).pk, wanted.customer, wanted.reward, wanted.key)}
    except PointsRefused as wrong:
        raise HttpError(422, wrong.code) from wrong


def _program(kept: programs.Kept) -> dict[str, Any]:
    return {**kept.program.document(), "version": kept.version, "started_at": instant_text(kept.started_at)}
