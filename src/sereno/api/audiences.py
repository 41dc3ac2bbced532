"""Lists of other tools that segments fill for good, and advertisements that are paused while their product is sold
out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema
from ninja.errors import HttpError

from sereno.api.keys import caller, shop_of
from sereno.api.tools import FillingAsked, ListId, Name, find_connection
from sereno.modules.http.shops import shop_http
from sereno.runtime.tools import attaching, mirroring
from sereno.store.fields import instant_text

router = Router(tags=["Connections"])
Number = Annotated[int, Path(ge=1, lt=2**63, description="The number of the attached list.")]
INSTANTS = ("made_at", "compared_at", "compare_at", "in_step_at", "there_at", "next_at", "failed_at")


class AudienceOut(Schema):
    """A list that a segment fills for good, as it stood when it was last looked after."""

    id: int
    connection: str
    kind: str = Field(description="The platform, such as `metaads` or `mailchimp`.")
    list: str
    title: str = Field(description="The list's name over there.")
    segment: str
    state: Literal["in_step", "filling", "working", "failing", "leaving"]
    by: str
    made_at: str
    in_step_at: str | None
    compared_at: str | None = Field(description="When everybody was last compared; once a day.")
    compare_at: str
    drift: int = Field(description="How many that comparison had to mend.")
    on: int = Field(description="On the list by Sereno.")
    there: int | None = Field(description="On it as the tool says, whoever put them there.")
    there_at: str | None
    put: int = Field(description="Put on so far.")
    taken: int = Field(description="Taken off so far.")
    putting: int = Field(description="To be put on or brought up to date.")
    taking: int = Field(description="To be taken off.")
    turned: dict[str, int] = Field(description="In the segment and not on the list, by code: `consent.missing` ...")
    invalid: int = Field(description="Entries the tool could not read, without saying whose.")
    error: str | None
    message: str | None
    failed_at: str | None
    failures: int
    next_at: str = Field(description="When it is looked after, or tried, next.")


class PausedAdOut(Schema):
    product: str
    title: str
    kind: str
    id: str = Field(description="The advertisement's id over there; empty where it was not kept.")
    connection: str = Field(description="Empty: the one that can pause it.")
    run: str
    at: str


class AudienceList(Schema):
    items: list[AudienceOut]
    paused: list[PausedAdOut] = Field(description="Advertisements that Sereno paused and that do not run again yet.")


class MirrorOut(Schema):
    """A list of another tool that is read back, as the last reading left it."""

    id: int
    connection: str
    kind: str
    list: str
    title: str
    name: str = Field(description="What segments ask for it by, in the field `lists`; also in `customer.lists`.")
    state: Literal["read", "reading", "failing", "leaving"]
    by: str
    made_at: str
    round: int = Field(description="How often it was read, the reading under way among them.")
    seen: int = Field(description="On it as far as the reading under way saw.")
    people: int = Field(description="On it as the last whole reading saw.")
    read_at: str | None
    next_at: str
    error: str | None
    message: str | None
    failed_at: str | None
    failures: int


class MirrorList(Schema):
    items: list[MirrorOut]


class AudienceMade(Schema):
    id: int


class Detached(Schema):
    stays: bool = Field(False, description="Leave those on it there; else they are taken off in the background.")


@router.get("/audiences", response=AudienceList)
def list_audiences(request: HttpRequest) -> dict[str, Any]:
    """All lists that are kept in step with a segment, and the advertisements paused while sold out. Asks no tool."""
    shop = shop_of(request).pk
    ads = [{**asdict(one), "connection": one.tool, "at": instant_text(one.at)} for one in attaching.paused_ads(shop)]
    return {"items": [_out(one) for one in attaching.attached(shop)], "paused": ads}


@router.post("/connections/{name}/lists/{list_id}/attach", response=AudienceMade)
def attach_list(request: HttpRequest, name: Name, list_id: ListId, given: FillingAsked) -> dict[str, int]:
    """Keep a list in step with a segment for good: filled in the background, then whoever comes in is put on, whoever
    leaves, takes their yes to marketing back or is erased is taken off. Look with `filling` first."""
    row = find_connection(request, name)
    http = shop_http(shop_of(request).settings)
    made = attaching.attach(name, list_id, given.segment, by=caller(request), shop_id=row.shop_id, http=http)
    return {"id": made}


@router.post("/audiences/{number}/compare", response={204: None})
def compare_audience(request: HttpRequest, number: Number) -> HttpResponse:
    """Compare everybody now, and try again at once what failed."""
    try:
        attaching.hurry(number, by=caller(request), shop_id=shop_of(request).pk)
    except LookupError as missing:
        raise HttpError(404, str(missing)) from None
    return HttpResponse(status=204)


@router.post("/audiences/{number}/detach", response={204: None})
def detach_audience(request: HttpRequest, number: Number, given: Detached) -> HttpResponse:
    """Let the list go: whoever Sereno put on it is taken off, or stays there."""
    try:
        attaching.detach(number, stays=given.stays, by=caller(request), shop_id=shop_of(request).pk)
    except LookupError as missing:
        raise HttpError(404, str(missing)) from None
    return HttpResponse(status=204)


@router.get("/audiences/mirrors", response=MirrorList)
def list_mirrors(request: HttpRequest) -> dict[str, Any]:
    """All lists of other tools of which is read back who is on them. Asks no tool."""
    return {"items": [_mirror_out(one) for one in mirroring.mirrored(shop_of(request).pk)]}


@router.post("/connections/{name}/lists/{list_id}/mirror", response=AudienceMade)
def mirror_list(request: HttpRequest, name: Name, list_id: ListId) -> dict[str, int]:
    """Read back who is on a list, every six hours from now on: `customer.lists`, the segments' field `lists`, and the
    events `list.joined` and `list.left` tell it. The first reading starts no flow, and nobody's consent is touched."""
    row = find_connection(request, name)
    http = shop_http(shop_of(request).settings)
    return {"id": mirroring.mirror(name, list_id, by=caller(request), shop_id=row.shop_id, http=http)}


@router.post("/audiences/mirrors/{number}/read", response={204: None})
def read_mirror(request: HttpRequest, number: Number) -> HttpResponse:
    """Read it at once, also after a failure."""
    try:
        mirroring.read_now(number, by=caller(request), shop_id=shop_of(request).pk)
    except LookupError as missing:
        raise HttpError(404, str(missing)) from None
    return HttpResponse(status=204)


@router.delete("/audiences/mirrors/{number}", response={204: None})
def drop_mirror(request: HttpRequest, number: Number) -> HttpResponse:
    """Read it no more: nobody counts as being on it from then on, and no flow hears of that."""
    try:
        mirroring.unmirror(number, by=caller(request), shop_id=shop_of(request).pk)
    except LookupError as missing:
        raise HttpError(404, str(missing)) from None
    return HttpResponse(status=204)


def _mirror_out(one: mirroring.Mirrored) -> dict[str, Any]:
    instants = ("made_at", "read_at", "next_at", "failed_at")
    return {**asdict(one), "name": one.name, **{name: instant_text(getattr(one, name)) for name in instants}}


def _out(one: attaching.Attached) -> dict[str, Any]:
    values = asdict(one)
    return {**values, **{name: instant_text(values[name]) for name in INSTANTS}}
