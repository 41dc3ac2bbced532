"""Lists of people that connected tools keep: looked at, and taken over page by page."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Router, Schema

from sereno.api.describing import ASKS_ANOTHER
from sereno.api.keys import caller, shop_of
from sereno.modules.http.shops import shop_http
from sereno.runtime.tools import taking
from sereno.store.models import Connection

router = Router(tags=["Connections"])
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_-]+$", description="The connection's name.")]
ListId = Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="The tool's own id of the list.")]


class PeopleList(Schema):
    id: str
    name: str
    count: int | None = Field(description="How many are on it, where the tool says.")


class PeopleLists(Schema):
    items: list[PeopleList]


class TakeOver(Schema):
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before; null for the first.")


class TakenPeople(Schema):
    people: int = Field(description="Of this page.")
    next: str | None = Field(description="Send it as `cursor` to go on; null when that was all.")
    total: int | None


@router.get("/connections/{name}/lists", response=PeopleLists, openapi_extra=ASKS_ANOTHER)
def show_people_lists(request: HttpRequest, name: Name) -> dict[str, Any]:
    """The lists of people a connected tool keeps, as it says now."""
    row = _find(request, name)
    http = shop_http(shop_of(request).settings)
    found = taking.lists_of(name, shop_id=row.shop_id, http=http)
    return {"items": [{"id": one.id, "name": one.name, "count": one.count} for one in found]}


@router.post("/connections/{name}/lists/{list_id}/take-over", response=TakenPeople)
def take_over_list(request: HttpRequest, name: Name, list_id: ListId, given: TakeOver) -> dict[str, Any]:
    """One page of a list: its people become customers, and the ledger of consents hears what the tool says of each. It
    starts no flow; the same page again changes nothing."""
    row = _find(request, name)
    http = shop_http(shop_of(request).settings)
    page = taking.take_over(name, list_id, given.cursor, by=caller(request), shop_id=row.shop_id, http=http)
    return {"people": page.people, "next": page.next, "total": page.total}


def _find(request: HttpRequest, name: str) -> Connection:
    return get_object_or_404(Connection, shop=shop_of(request), name=name)
