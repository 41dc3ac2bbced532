"""Lists of people that connected tools keep: looked at, and taken over page by page."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Router, Schema

from sereno.api.describing import ASKS_ANOTHER
from sereno.api.keys import caller, shop_of
from sereno.modules.http.shops import shop_http
from sereno.runtime.tools import filling, taking
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


class FillingAsked(Schema):
    segment: str = Field(min_length=1, max_length=100, description="The segment, by its name.")


class FillList(FillingAsked):
    replaces: bool = Field(False, description="Take everybody else off the list.")


class FillingForeseen(Schema):
    list: str
    title: str
    people: int = Field(description="In the segment.")
    willing: int = Field(description="Of them, who would be put on the list.")
    agreed: int = Field(description="Of those, who said yes to marketing by mail: they alone are on an attached list.")
    turned: dict[str, int] = Field(description="The others, by code: `consent.missing`, `address.missing` ...")
    there: int | None = Field(description="On the list now, where the platform says; it says nobody who.")
    leaving: int | None = Field(description="About how many would be taken off at least, were it replaced.")
    can_replace: bool


class ListFilled(Schema):
    taken: int
    turned: dict[str, int]


@router.get("/connections/{name}/lists", response=PeopleLists, openapi_extra=ASKS_ANOTHER)
def show_people_lists(request: HttpRequest, name: Name) -> dict[str, Any]:
    """The lists of people a connected tool keeps, as it says now."""
    row = find_connection(request, name)
    http = shop_http(shop_of(request).settings)
    found = taking.lists_of(name, shop_id=row.shop_id, http=http)
    return {"items": [{"id": one.id, "name": one.name, "count": one.count} for one in found]}


@router.post("/connections/{name}/lists/{list_id}/take-over", response=TakenPeople)
def take_over_list(request: HttpRequest, name: Name, list_id: ListId, given: TakeOver) -> dict[str, Any]:
    """One page of a list: its people become customers, and the ledger of consents hears what the tool says of each. It
    starts no flow; the same page again changes nothing."""
    row = find_connection(request, name)
    http = shop_http(shop_of(request).settings)
    page = taking.take_over(name, list_id, given.cursor, by=caller(request), shop_id=row.shop_id, http=http)
    return {"people": page.people, "next": page.next, "total": page.total}


@router.get("/connections/{name}/lists/{list_id}/filling", response=FillingForeseen, openapi_extra=ASKS_ANOTHER)
def show_list_filling(request: HttpRequest, name: Name, list_id: ListId, asked: Query[FillingAsked]) -> Any:
    """What filling a list from a segment would do: who would be put on it, who is turned away and why, and about how
    many would be taken off if the list were replaced. Nothing is changed."""
    row = find_connection(request, name)
    http = shop_http(shop_of(request).settings)
    return filling.foresee(name, list_id, asked.segment, shop_id=row.shop_id, http=http)


@router.post("/connections/{name}/lists/{list_id}/fill", response=ListFilled)
def fill_list(request: HttpRequest, name: Name, list_id: ListId, given: FillList) -> Any:
    """Put the people of a segment on a list, in batches and with their consent; with `replaces` everybody else is taken
    off it. Begun again it comes to the same. To keep it in step afterwards, attach it."""
    row = find_connection(request, name)
    http = shop_http(shop_of(request).settings)
    how = {"replaces": given.replaces, "by": caller(request), "shop_id": row.shop_id, "http": http}
    return filling.fill(name, list_id, given.segment, **how)


def find_connection(request: HttpRequest, name: str) -> Connection:
    return get_object_or_404(Connection, shop=shop_of(request), name=name)
