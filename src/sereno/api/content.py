"""Content of the site: campaigns, where they are shown, and what a visitor sees at an instant."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import AfterValidator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, version_unless_new
from sereno.api.problems import Problem
from sereno.modules.content import services
from sereno.modules.content.services import CampaignConflict, Kept
from sereno.runtime.content import deciding
from sereno.runtime.content.showing import now_standing
from sereno.sdk.content import MOST_PIECES, NAME, TOP, CampaignInvalid, write_campaign
from sereno.sdk.site import MOST

TOLD = ("id", "state", "url", "changed_at", "before", "ours", "edited")
router = Router(tags=["Site content"])
Text = Annotated[str, AfterValidator(rows.storable_text)]
Name = Annotated[str, Path(pattern=NAME.pattern, description="The campaign's name.")]


class CampaignWords(Schema):
    """A piece is `{id, kind, place, text?, button?, url?, image?, alt?, tone?, products?, tag?, value?}`; kinds are
    `bar banner overlay button badge setting`; texts are by language (`en es pt ro`)."""

    title: str = Field(max_length=120)
    priority: int = Field(50, ge=0, le=TOP, description="Where two want one place the higher has it.")
    is_asked: bool = Field(False, description="Shown only where a flow or a person asks for it.")
    starts_at: str | None = Field(None, max_length=40, description="ISO 8601 with its offset.")
    ends_at: str | None = Field(None, max_length=40, description="The first instant without it.")
    segment: str = Field("", max_length=64, description="Only for people in it; empty for everyone.")
    pieces: list[dict[str, Any]] = Field([], max_length=MOST_PIECES)
    writings: list[dict[str, Any]] = Field(
        [],
        max_length=MOST,
        description="What the store's own site says meanwhile: `{kind, key, store?, fields}`; kinds are `post page "
        "theme_file theme`. What was there is kept and put back; what somebody edits meanwhile stays.",
    )


class CampaignOut(CampaignWords):
    name: str
    is_on: bool
    state: Literal["draft", "planned", "on", "asked", "over"]
    version: int


class CampaignList(Schema):
    items: list[CampaignOut]


class CampaignSwitch(Schema):
    is_on: bool


class CampaignShow(Schema):
    product: str = Field("", max_length=200)
    customer: str = Field("", max_length=200, description="Both empty: to everyone.")
    hours: int | None = Field(None, ge=1, le=24 * 366, description="Left out: until it is taken back.")


class StandingAsked(Schema):
    at: datetime | None = Field(None, description="Left out: now.")
    customer: Text = Field("", max_length=200)
    product: Text = Field("", max_length=200)
    tags: Text = Field("", max_length=500, description="Of the product, with commas.")


class StandingPiece(Schema):
    place: str
    campaign: str
    piece: dict[str, Any]


class StandingContent(Schema):
    items: list[StandingPiece]


@router.get("/content/campaigns", response=CampaignList)
def list_campaigns(request: HttpRequest) -> dict[str, Any]:
    """All of them, the highest priority first."""
    return {"items": [_told(one) for one in services.campaigns(shop_of(request).pk)]}


@router.get("/content/standing", response=StandingContent)
def show_standing_content(request: HttpRequest, asked: Query[StandingAsked]) -> dict[str, Any]:
    """What one visitor sees at an instant, by place."""
    at = asked.at or datetime.now(UTC)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    tags = [one.strip() for one in asked.tags.split(",") if one.strip()]
    found = now_standing(shop_of(request).pk, asked.customer, asked.product, tags, at)
    items: list[dict[str, Any]] = []
    for place, (campaign, piece) in found.items():
        written = next(one for one in write_campaign(campaign)["pieces"] if one["id"] == piece.id)
        items.append({"place": place, "campaign": campaign.name, "piece": written})
    return {"items": items}


class WrittenThing(Schema):
    id: int
    kind: Literal["post", "page", "theme_file", "theme"]
    key: str
    store: str = Field(description="The connection; empty: the first store.")
    state: Literal["working", "standing", "edited", "let_be"]
    url: str
    changed_at: datetime
    before: dict[str, Any] = Field(description="What was there, by field; null where nothing was.")
    ours: dict[str, Any] = Field(description="What we wrote, as the store has it.")
    edited: dict[str, Any] = Field(description="What somebody else wrote there since; it is left as it is.")


class WrittenList(Schema):
    items: list[WrittenThing]


class WrittenDecision(Schema):
    keep: Literal["theirs", "ours"] = Field(description="`theirs` stays whatever ends; `ours` is written over it.")


@router.get("/content/written", response=WrittenList)
def list_written_content(request: HttpRequest) -> dict[str, Any]:
    """What campaigns and flows have written into the stores' own sites; what waits for a decision comes first."""
    found = deciding.standing(shop_of(request).pk)
    return {"items": [{**asdict(one.target), **{name: getattr(one, name) for name in TOLD}} for one in found]}


@router.post("/content/written/{id}/decision", response={204: None})
def decide_written_content(request: HttpRequest, id: rows.Id, given: WrittenDecision) -> Status[None]:
    """Say what stands where somebody else changed what was written."""
    try:
        deciding.decide(shop_of(request).pk, id, given.keep, caller(request))
    except LookupError as error:
        raise HttpError(404, "there is nothing to decide about it") from error
    return Status(204, None)


@router.get("/content/campaigns/{name}", response=CampaignOut)
def show_campaign(request: HttpRequest, name: Name, response: HttpResponse) -> dict[str, Any]:
    """One of them. Its `ETag` goes into `If-Match` of a change."""
    return _tagged(_kept(request, name), response)


@router.put("/content/campaigns/{name}", response=CampaignOut)
def set_campaign(
    request: HttpRequest, name: Name, given: CampaignWords, response: HttpResponse, if_match: IfMatch = None
) -> dict[str, Any]:
    """Make a campaign, which is off, or change one. 412 when somebody else was quicker."""
    shop = shop_of(request).pk
    version = version_unless_new(if_match, "campaign", lambda: services.find(shop, name) is not None)
    try:
        kept = services.save(shop, name, given.dict(), caller(request), version=version)
    except CampaignConflict as conflict:
        raise Problem("content.conflict", "Somebody has changed it since you read it: read it again.") from conflict
    except CampaignInvalid as invalid:
        raise Problem("request.invalid", f"This is no campaign: {invalid}.") from invalid
    return _tagged(kept, response)


@router.delete("/content/campaigns/{name}", response={204: None})
def remove_campaign(request: HttpRequest, name: Name) -> Status[None]:
    """It is gone, and shown nowhere."""
    _kept(request, name)
    services.remove(shop_of(request).pk, name, caller(request))
    return Status(204, None)


@router.post("/content/campaigns/{name}/switch", response=CampaignOut)
def switch_campaign(request: HttpRequest, name: Name, given: CampaignSwitch, response: HttpResponse) -> dict[str, Any]:
    """Have it shown by its dates and flows, or nowhere."""
    _kept(request, name)
    return _tagged(services.switch(shop_of(request).pk, name, given.is_on, caller(request)), response)


@router.post("/content/campaigns/{name}/showings", response={204: None})
def show_campaign_somewhere(request: HttpRequest, name: Name, given: CampaignShow) -> Status[None]:
    """Show a campaign that is asked for: to everyone, to a customer, on a product. No flow takes it back."""
    _kept(request, name)
    for text in (given.product, given.customer):
        rows.storable_text(text)
    lasting = timedelta(hours=given.hours) if given.hours else None
    shop = shop_of(request).pk
    services.show(shop, name, caller(request), product=given.product, customer=given.customer, lasting=lasting)
    return Status(204, None)


def _kept(request: HttpRequest, name: str) -> Kept:
    found = services.find(shop_of(request).pk, name)
    if found is None:
        raise HttpError(404, f"there is no campaign {name}")
    return found


def _tagged(kept: Kept, response: HttpResponse) -> dict[str, Any]:
    response["ETag"] = f'"{kept.version}"'
    return _told(kept)


def _told(kept: Kept) -> dict[str, Any]:
    state = kept.state(datetime.now(UTC))
    own = {"name": kept.name, "is_on": kept.is_on, "state": state, "version": kept.version}
    return {**write_campaign(kept.campaign), **own}
