"""Files and feeds: sources of tables, their files, and records that were held back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.feeds.models import FeedFile, FeedHeld, FeedSource
from sereno.runtime.feeds import holding, reporting, sources
from sereno.sdk.tables import Layout

router = Router(tags=["Files and feeds"])
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_-]+$", description="The source's name.")]
Word = Annotated[str, Field(max_length=200)]


class LayoutIn(Schema):
    columns: dict[Word, Word] = Field(default_factory=dict, max_length=200, description="Field by column; empty: none.")
    what: Literal["", "orders", "stock", "products", "customers"] = ""
    decimal: Literal["", ".", ","] = Field("", description="The sign before decimals; empty: found out.")
    day: Literal["", "day", "month"] = Field("", description="Which comes first in 3/4/2026; empty: found out.")
    zone: Word = Field("", description="Of times without one; empty: the shop's.")
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    channel: Annotated[str, Field(max_length=100)] = ""
    letters: Literal["", "utf-8", "windows-1252", "windows-1250"] = Field("", description="Empty: found out.")
    twice: Literal["", "last"] = Field(
        "", description="Rows of one person that differ: empty holds them back, `last` takes the later."
    )


class NewSource(Schema):
    title: rows.StorableKey
    layout: LayoutIn = Field(default_factory=LayoutIn)
    way: Literal["hand", "folder", "address"] = "hand"
    url: Annotated[str, Field(max_length=1000)] = ""
    key: Annotated[str, Field(max_length=1000)] = Field("", description="Bearer token of the address; not given back.")
    every: int = Field(3600, ge=sources.LEAST_EVERY, le=sources.MOST_EVERY, description="Seconds.")


class SourceOut(Schema):
    name: str
    title: str
    way: str
    url: str
    every: int
    is_on: bool
    layout: dict[str, Any]
    begin_at: str | None = Field(description="Orders placed before are history: they start no flow.")
    looked_at: str | None
    error: str | None
    message: str | None


class FeedSources(Schema):
    items: list[SourceOut]


class NewFile(Schema):
    name: rows.StorableKey
    text: Annotated[str, Field(min_length=1, max_length=5_000_000)]
    is_taken: bool = Field(True, description="False: only look at it, until `.../take` is asked for.")


class FeedFileOut(Schema):
    id: int
    name: str
    status: str = Field(description="`looked`, `waiting`, `working`, `done`, `same` or `refused`.")
    way: str
    by: str
    at: str | None
    finished_at: str | None
    rows: int
    entries: int
    new: int = Field(description="Facts that were not known.")
    held: int = Field(description="Records that wait for somebody to mend them.")
    error: str | None
    message: str | None
    preview: dict[str, Any] | None = Field(None, description="What it would bring, while nobody took it.")


class MendedValue(Schema):
    row: int = Field(ge=0, lt=100_000)
    column: Word
    value: Annotated[str, Field(max_length=1000)]


class Mending(Schema):
    values: list[MendedValue] = Field(max_length=200)


class MendedOut(Schema):
    faults: int = Field(description="How many are left; 0: the record was taken.")


class DroppedOut(Schema):
    dropped: int = Field(description="How many records waited.")


@router.get("/feeds", response=FeedSources)
def list_feed_sources(request: HttpRequest) -> dict[str, Any]:
    """Where tables come from, by name."""
    found = FeedSource.objects.filter(shop=shop_of(request)).select_related("connection").order_by("connection__name")
    return {"items": [reporting.source_row(row) for row in found[: rows.MOST]]}


@router.post("/feeds", response={201: SourceOut})
def create_feed_source(request: HttpRequest, new: NewSource) -> Any:
    """Make a source of tables: a till's sales, a marketplace's orders, a stock list."""
    layout = Layout(**new.layout.dict())
    given = {"layout": layout, "way": new.way, "url": new.url, "key": new.key, "every": new.every}
    name = sources.make(shop_of(request).pk, new.title, by=caller(request), **given)
    return Status(201, reporting.source_row(_source(request, name)))


@router.get("/feeds/{name}", response=SourceOut)
def show_feed_source(request: HttpRequest, name: Name) -> dict[str, Any]:
    """One source, and how it writes its tables."""
    return reporting.source_row(_source(request, name))


@router.put("/feeds/{name}/layout", response=SourceOut)
def put_feed_layout(request: HttpRequest, name: Name, layout: LayoutIn) -> dict[str, Any]:
    """Say how it writes: what columns hold, decimals, dates, zone, currency."""
    sources.change(shop_of(request).pk, name, by=caller(request), layout=Layout(**layout.dict()))
    return reporting.source_row(_source(request, name))


@router.get("/feeds/{name}/files", response=rows.Rows)
def list_feed_files(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """The files of a source, newest first."""
    found = FeedFile.objects.filter(source=_source(request, name)).defer("body")
    return rows.page_by_id(found, page, reporting.file_row)


@router.post("/feeds/{name}/files", response={201: FeedFileOut})
def bring_feed_file(request: HttpRequest, name: Name, new: NewFile) -> Any:
    """Bring a table: a worker takes it in, whole records only. The same as the one before it changes nothing."""
    shop, body = shop_of(request).pk, new.text.encode("utf-8", "replace")
    id_ = sources.bring(shop, name, new.name, body, by=caller(request), is_taken=new.is_taken)
    return Status(201, _file(request, name, id_))


@router.get("/feeds/{name}/files/{int:id}", response=FeedFileOut)
def show_feed_file(request: HttpRequest, name: Name, id: rows.Id) -> dict[str, Any]:
    """One file: what it brought, or would bring."""
    return _file(request, name, id)


@router.post("/feeds/{name}/files/{int:id}/take", response=FeedFileOut)
def take_feed_file(request: HttpRequest, name: Name, id: rows.Id) -> dict[str, Any]:
    """A file that was only looked at is taken in."""
    _file(request, name, id)
    sources.take(shop_of(request).pk, id, caller(request))
    return _file(request, name, id)


@router.get("/feeds/{name}/held", response=rows.Rows)
def list_held_records(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Records that were held back and wait, newest first, with what is wrong with them."""
    source = _source(request, name)
    found = FeedHeld.objects.filter(shop=shop_of(request), status="waiting", file__source=source)
    return rows.page_by_id(found, page, reporting.held_row)


@router.post("/feeds/{name}/files/{int:id}/drop", response=DroppedOut)
def drop_held_records(request: HttpRequest, name: Name, id: rows.Id) -> dict[str, Any]:
    """None of the records of the file that wait is wanted."""
    _file(request, name, id)
    return {"dropped": holding.drop_all(shop_of(request).pk, id, caller(request))}


@router.post("/feeds/held/{int:id}/mend", response=MendedOut)
def mend_held_record(request: HttpRequest, id: rows.Id, mending: Mending) -> dict[str, Any]:
    """Put other values in; the record is taken when nothing is wrong with it any more."""
    values = {(one.row, one.column): one.value for one in mending.values}
    return {"faults": holding.mend(shop_of(request).pk, id, values, caller(request))}


@router.post("/feeds/held/{int:id}/drop", response=MendedOut)
def drop_held_record(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """It is not wanted."""
    holding.drop(shop_of(request).pk, id, caller(request))
    return {"faults": 0}


def _source(request: HttpRequest, name: str) -> FeedSource:
    found = FeedSource.objects.select_related("connection")
    return get_object_or_404(found, shop=shop_of(request), connection__name=name)


def _file(request: HttpRequest, name: str, id: int) -> dict[str, Any]:
    row = get_object_or_404(FeedFile.objects.defer("body"), source=_source(request, name), pk=id)
    sheet = None
    if row.status == "looked":
        try:
            sheet = sources.look(shop_of(request).pk, id)
        except ValueError:
            sheet = None
    return {**reporting.file_row(row), "preview": reporting.sheet_document(sheet) if sheet else None}
