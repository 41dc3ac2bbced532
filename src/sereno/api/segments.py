"""Segments: who they ask for, who is in them, how many a definition would hold, what changed between two moments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.engine.segments.definition import SegmentInvalid, read
from sereno.engine.segments.text import to_text
from sereno.modules.segments.models import Segment, Snapshot
from sereno.runtime.segments import reading, services
from sereno.store.fields import instant_text

router = Router(tags=["Segments"])
Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="The segment's name.")]
Definition = Annotated[
    dict[str, Any] | str,
    Field(
        description="`{all: [...]}`, `{any: [...]}`, `{not: ...}`, `{field, is, value}`, `{segment}` "
        "or `{did, times | spent, of, within}`; or the same as text of conditions; see the how-to of segments."
    ),
]


NO_SNAPSHOT = "there is no such snapshot of this segment"


class SegmentMade(Schema):
    title: str = Field(min_length=1, max_length=120)
    definition: Definition
    name: str = Field("", max_length=64, description="Made from the title where none is given.")
    tag: str = Field("", max_length=64, description="Kept on its members while they are in it.")


class SegmentChange(Schema):
    """What is left out stays."""

    title: str | None = Field(None, min_length=1, max_length=120)
    definition: Definition | None = None
    tag: str | None = Field(None, max_length=64)


class SegmentOut(Schema):
    """While `status` is `counting`, `size` grows until everybody was looked at. `text` is the definition as text of
    conditions."""

    name: str
    title: str
    definition: dict[str, Any]
    text: str
    tag: str
    status: Literal["counting", "live"]
    size: int
    version: int
    changed_at: str


class SegmentList(Schema):
    items: list[SegmentOut]


class SegmentMembers(Schema):
    """Keys of customers, in their order. `next` is what to ask for as `after`; null at the end."""

    items: list[str]
    next: str | None


class SegmentAsked(Schema):
    definition: Definition


class SegmentPreview(Schema):
    """`is_sampled`: `size` is reckoned from a part of the `people`."""

    size: int
    people: int
    is_sampled: bool


class SnapshotAsked(Schema):
    title: str = Field("", max_length=120)


class SnapshotOut(Schema):
    id: int
    title: str
    size: int
    by: str
    taken_at: str


class SnapshotList(Schema):
    items: list[SnapshotOut]


class SnapshotsCompared(Schema):
    """`added` and `removed` are the first hundred of each."""

    added_count: int
    removed_count: int
    both_count: int
    added: list[str]
    removed: list[str]


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except SegmentInvalid as refusal:
        said = f"{refusal.given!r} at {refusal.at or 'the top'}"
        raise Problem("segment.invalid", said, more={"reason": refusal.code, "at": refusal.at}) from None


@router.get("/segments", response=SegmentList)
def list_segments(request: HttpRequest) -> dict[str, Any]:
    """All segments, in the order of their names."""
    shop = shop_of(request)
    found = list(Segment.objects.filter(shop=shop).order_by("name"))
    return {"items": _outs(found)}


@router.post("/segments", response=SegmentOut)
def make_segment(request: HttpRequest, given: SegmentMade) -> dict[str, Any]:
    """Make one; its people are found in the background. Nobody is told of those who are in it from the beginning."""
    shop = shop_of(request)
    with _refused():
        name = services.create(shop.pk, given.title, given.definition, caller(request), name=given.name, tag=given.tag)
    return _out(request, name)


@router.post("/segments/previews", response=SegmentPreview)
def preview_segment(request: HttpRequest, given: SegmentAsked) -> dict[str, Any]:
    """How many a definition would hold now; nothing is kept."""
    with _refused():
        found = services.preview(shop_of(request).pk, given.definition)
    return {"size": found.size, "people": found.people, "is_sampled": found.is_sampled}


@router.get("/segments/{name}", response=SegmentOut)
def show_segment(request: HttpRequest, name: Name) -> dict[str, Any]:
    """One segment."""
    return _out(request, name)


@router.put("/segments/{name}", response=SegmentOut)
def change_segment(request: HttpRequest, name: Name, given: SegmentChange) -> dict[str, Any]:
    """Change it. Another definition or tag looks at everybody anew, and tells nobody."""
    _find(request, name)
    with _refused():
        services.change(
            shop_of(request).pk, name, caller(request), title=given.title, definition=given.definition, tag=given.tag
        )
    return _out(request, name)


@router.delete("/segments/{name}", response={204: None})
def remove_segment(request: HttpRequest, name: Name) -> HttpResponse:
    """Remove it, with its snapshots; its tag is taken off its members."""
    _find(request, name)
    with _refused():
        services.remove(shop_of(request).pk, name, caller(request))
    return HttpResponse(status=204)


@router.get("/segments/{name}/members", response=SegmentMembers)
def list_members(
    request: HttpRequest,
    name: Name,
    after: Annotated[str, Query(max_length=200, description="The key after which to go on.")] = "",
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """Who is in it now."""
    one = _find(request, name)
    with services.open_staff(None).database.read() as tx:
        keys = reading.members(tx, one.shop_id, one.pk, rows.storable_text(after) or "", limit)
    return {"items": keys, "next": keys[-1] if len(keys) == limit else None}


@router.get("/segments/{name}/snapshots", response=SnapshotList)
def list_snapshots(request: HttpRequest, name: Name) -> dict[str, Any]:
    """The newest first."""
    one = _find(request, name)
    found = Snapshot.objects.filter(shop=one.shop_id, segment_id=one.pk).order_by("-id")[:100]
    return {"items": [_snapshot(row) for row in found]}


@router.post("/segments/{name}/snapshots", response=SnapshotOut)
def take_snapshot(request: HttpRequest, name: Name, given: SnapshotAsked) -> dict[str, Any]:
    """Keep who is in it now."""
    one = _find(request, name)
    with _refused():
        number = services.snapshot(one.shop_id, name, given.title or one.title, caller(request))
    return _snapshot(Snapshot.objects.get(pk=number))


@router.delete("/segments/{name}/snapshots/{number}", response={204: None})
def remove_snapshot(
    request: HttpRequest, name: Name, number: Annotated[int, Path(ge=1, lt=2**63, description="The snapshot's number.")]
) -> HttpResponse:
    """Drop one snapshot; the segment stays as it is."""
    one = _find(request, name)
    try:
        services.forget_snapshot(one.shop_id, name, number, caller(request))
    except LookupError:
        raise HttpError(404, NO_SNAPSHOT) from None
    return HttpResponse(status=204)


@router.get("/segments/{name}/comparison", response=SnapshotsCompared)
def compare_snapshots(
    request: HttpRequest,
    name: Name,
    first: Annotated[int, Query(ge=1, lt=2**63, description="Number of the earlier snapshot.")],
    second: Annotated[int, Query(ge=1, lt=2**63, description="Number of the later snapshot.")],
) -> dict[str, Any]:
    """Who was added and who is gone."""
    one = _find(request, name)
    kept = Snapshot.objects.filter(shop=one.shop_id, segment_id=one.pk, pk__in=(first, second))
    if kept.count() != len({first, second}):
        raise HttpError(404, NO_SNAPSHOT)
    found = reading.compared(first, second, 100)
    return {name: getattr(found, name) for name in found.__slots__}


def _find(request: HttpRequest, name: str) -> Segment:
    one = Segment.objects.filter(shop=shop_of(request), name=name).first()
    if one is None:
        raise HttpError(404, f"there is no segment {name}")
    return one


def _out(request: HttpRequest, name: str) -> dict[str, Any]:
    return _outs([_find(request, name)])[0]


def _outs(found: list[Segment]) -> list[dict[str, Any]]:
    with services.open_staff(None).database.read() as tx:
        sizes = reading.sizes(tx, [one.pk for one in found])
    names = ("name", "title", "definition", "tag", "status", "version")
    return [
        {
            **{name: getattr(one, name) for name in names},
            "text": _text(one),
            "size": sizes.get(one.pk, 0),
            "changed_at": instant_text(one.changed_at),
        }
        for one in found
    ]


def _text(one: Segment) -> str:
    try:
        return to_text(read(one.definition))
    except SegmentInvalid:
        return ""  # Written by a newer version.


def _snapshot(row: Snapshot) -> dict[str, Any]:
    names = ("title", "size", "by")
    return {**{name: getattr(row, name) for name in names}, "id": row.pk, "taken_at": instant_text(row.taken_at)}
