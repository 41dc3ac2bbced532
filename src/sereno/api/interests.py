"""Interests: what is wanted, who stands in line, what people said elsewhere, and the rules for telling them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.interests import services
from sereno.runtime.interests import asking

router = Router(tags=["Interests"])
Key = Annotated[str, Field(max_length=180)]


class WantedOut(Schema):
    product: str
    title: str
    waiting: int = Field(description="How many wait until it is back.")
    wishes: int = Field(description="On how many wish lists it is.")
    available: float | None = Field(description="Over its variants; null where none is counted.")


class WantedProducts(Schema):
    items: list[WantedOut]


class InterestsAsked(Schema):
    product: Key = Field("", description="Who waits for it and wishes it, in their order.")
    customer: Key = Field("", description="All this customer shows an interest in.")
    limit: int = Field(50, ge=1, le=500)


class InterestOut(Schema):
    id: int
    kind: Literal["waiting", "wish", "cart", "view"]
    customer: str
    email: str | None
    product: str
    variant: str
    state: Literal["active", "told", "bought", "left"]
    times: int
    since: str | None
    last_at: str | None
    told_at: str | None


class InterestList(Schema):
    items: list[InterestOut]


class InterestSaid(Schema):
    what: asking.What
    product: Key
    variant: Key = ""
    customer: Key = Field("", description="The customer's key. Whoever has the API key answers for who it is.")
    email: str = Field("", max_length=254, description="For `wait` without a customer.")
    locale: str = Field("", max_length=8)


class InterestKept(Schema):
    status: Literal["kept", "pending", "full"] = Field(
        description="`pending`: the address's owner is asked first; `full`: the address is on too many lists."
    )


class InterestRules(Schema):
    restock_wave_hours: int = Field(description="Hours until the next in line are told.")
    restock_people_per_unit: int = Field(description="People told for each piece.")
    price_drop_percent: int = Field(description="Percent a price must drop, from the price last told.")
    few_left: int = Field(description="How many pieces are few.")
    browse_rest_hours: int = Field(description="Hours after which a visit is over.")


@router.get("/interests/demand", response=WantedProducts)
def list_wanted_products(request: HttpRequest) -> dict[str, Any]:
    """The products most waited for, then most wished for; at most 200."""
    found = services.wanted(shop_of(request).pk, 200)
    names = ("product", "title", "waiting", "wishes", "available")
    return {"items": [{name: getattr(one, name) for name in names} for one in found]}


@router.get("/interests", response=InterestList)
def list_interests(request: HttpRequest, asked: Query[InterestsAsked]) -> dict[str, Any]:
    """The newest in line; or of one product, or of one customer."""
    for text in (asked.product, asked.customer):
        rows.storable_text(text)
    found = services.newest(shop_of(request).pk, product=asked.product, person=asked.customer, limit=asked.limit)
    return {"items": [_told(services.told(one)) for one in found]}


@router.post("/interests", response={202: InterestKept})
def say_interest(request: HttpRequest, given: InterestSaid) -> Status[dict[str, str]]:
    """What somebody said in a system of yours: waits, wishes, looked. It holds as soon as the event is worked on."""
    for text in (given.product, given.variant, given.customer, given.email, given.locale):
        rows.storable_text(text)
    said = asking.said_of(given.dict(), given.customer)
    status = asking.say(shop_of(request).pk, said, base_url=request.build_absolute_uri("/"))
    return Status(202, {"status": status})


@router.get("/interests/rules", response=InterestRules)
def show_interest_rules(request: HttpRequest) -> dict[str, int]:
    """The numbers by which people are told."""
    return asking.rules_in(shop_of(request).settings)


@router.put("/interests/rules", response=InterestRules)
def set_interest_rules(request: HttpRequest, given: InterestRules) -> dict[str, int]:
    """Set them; they hold for what happens from now on."""
    return asking.set_rules(shop_of(request).pk, given.dict(), caller(request))


def _told(one: dict[str, Any]) -> dict[str, Any]:
    return one | {name: rows.instant(one[name]) for name in ("since", "last_at", "told_at")}
