"""Visits: a customer's, and pages that another system tells of, such as an app of the shop's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import shop_of
from sereno.modules.visits import services
from sereno.runtime.persons.reading import person_of
from sereno.runtime.visits.rules import seen_of
from sereno.runtime.visits.taking import Taken, take

router = Router(tags=["Visits"])
Device = Literal["desktop", "mobile", "tablet"]


class VisitOut(Schema):
    id: str
    customer: str = Field(description="The key of the record under which they were signed in.")
    number: int = Field(description="Which of their visits it is, from 1.")
    started_at: str | None
    last_at: str | None = Field(description="When the last page was looked at.")
    is_over: bool = Field(description="False while the last page is less than 30 minutes ago.")
    pages: int
    products: int
    device: Device | None
    language: str | None
    source: str | None = Field(description="`utm_source`, else the host that linked to the shop.")
    medium: str | None
    campaign: str | None


class VisitsOfCustomer(Schema):
    visits: int = Field(0, description="All that were counted, also those let go since.")
    last_30_days: int = 0
    first_at: str | None = None
    first_source: str | None = None
    first_medium: str | None = None
    first_campaign: str | None = None
    items: list[VisitOut] = Field(description="The newest first.")


class WhichVisits(Schema):
    limit: int = Field(50, ge=1, le=500, description="At most so many visits.")


class ViewSeen(Schema):
    customer: rows.StorableKey = Field(description="The customer's key. Whoever has the API key answers for it.")
    view: str = Field(
        pattern="^[A-Za-z0-9-]{8,64}$", description="Drawn anew for each page or screen; told again, it counts once."
    )
    product: str = Field("", max_length=180, description="The product it shows.")
    device: Device | None = None
    language: str = Field("", max_length=16)
    source: str = Field("", max_length=100)
    medium: str = Field("", max_length=100)
    campaign: str = Field("", max_length=100)


class ViewTaken(Schema):
    status: Taken = Field(description="`started`: a visit began with it.")


@router.get("/customers/{key}/visits", response=VisitsOfCustomer)
def list_visits(request: HttpRequest, key: rows.Key, which: Query[WhichVisits]) -> dict[str, Any]:
    """A customer's visits of the storefront while signed in."""
    shop = shop_of(request)
    person = person_of(shop.pk, key)
    if person is None:
        raise HttpError(404, f"there is no customer {key}")
    found = services.visits_of(shop.pk, person.keys, datetime.now(UTC), which.limit)
    if found is None:
        return {"items": []}
    return {**services.summed(found), "items": [services.told(one) for one in found.newest]}


@router.post("/visits", response={202: ViewTaken})
def say_visit(request: HttpRequest, given: ViewSeen) -> Status[dict[str, str]]:
    """A page or screen that a customer looks at in a system of yours. Pages with less than 30 minutes between them are
    one visit."""
    values = given.dict()
    for text in (given.product, given.language, given.source, given.medium, given.campaign):
        rows.storable_text(text)
    return Status(202, {"status": take(shop_of(request).pk, seen_of(values, given.customer))})
