"""The roll-out of a flow's new version: where it stands, up a step, back."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from sereno.api.drafts import Name
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch
from sereno.api.problems import Problem
from sereno.runtime.staging import stages
from sereno.runtime.staging.report import report
from sereno.runtime.staging.stages import Terms
from sereno.store.models import Flow

router = Router(tags=["Flows"])
Inflight = Literal["finish", "move", "end"]


class StageLimits(Schema):
    """Per cent of what was tried or sent; `effects`: times what the live version causes. Null: no limit."""

    errors: float | None = Field(5.0, gt=0, le=100)
    unsubscribes: float | None = Field(2.0, gt=0, le=100)
    complaints: float | None = Field(0.3, gt=0, le=100)
    bounces: float | None = Field(5.0, gt=0, le=100)
    effects: float | None = Field(2.0, gt=0, le=1000)


class Advance(Schema):
    """When it goes up by itself: both, where both are given."""

    hours: float | None = Field(None, gt=0, le=1_000_000)
    runs: float | None = Field(None, gt=0, le=1_000_000)


class WantedStage(Schema):
    """`share` in per cent: 0 is in shadow beside the live version, 100 makes it the live version. Left out, a stage
    under way stays where it is."""

    share: float | None = Field(None, ge=0, le=100)
    version: int | None = Field(None, ge=1, le=1_000_000, description="An earlier version; left out, the draft.")
    note: str = Field("", max_length=500)
    ladder: list[float] | None = Field(
        None, min_length=1, max_length=20, description="Rising shares, such as 5, 50, 100."
    )
    limits: StageLimits | None = None
    advance: Advance | None = None
    inflight: Inflight | None = Field(None, description="Its runs, when it goes back by itself.")


class Back(Schema):
    inflight: Inflight = "finish"
    reason: str = Field("", max_length=500)


class StageOut(Schema):
    """A roll-out. `mode`: shadow, share or ended. `measures` hold the candidate's counts against the limits."""

    id: int
    flow: str
    version: int
    live_version: int
    mode: str
    share: float
    next_share: float | None
    step: int
    ladder: list[float]
    limits: dict[str, float | None]
    advance: dict[str, float]
    inflight: str
    started_at: str
    step_at: str
    ended_at: str | None
    outcome: str | None
    reason: dict[str, Any]
    by: str
    live: dict[str, int]
    candidate: dict[str, int]
    measures: list[dict[str, Any]]


@router.get("/flows/{name}/stage", response=StageOut)
def show_stage(request: HttpRequest, name: Name, response: HttpResponse) -> dict[str, Any]:
    """The roll-out under way, else the newest; 404 where there never was one. Its `ETag` goes into `If-Match`."""
    get_object_or_404(Flow, shop=shop_of(request), name=name)
    found = report(shop_of(request).pk, name)
    if found is None:
        raise Problem("not_found", f"{name} has no version on its way in.")
    response["ETag"] = _tag(found)
    return found


@router.put("/flows/{name}/stage", response={200: StageOut, 201: StageOut})
def put_stage(
    request: HttpRequest, name: Name, wanted: WantedStage, response: HttpResponse, if_match: IfMatch = None
) -> Any:
    """Begin a roll-out of the draft, or take the one under way up to `share`, or change its steps and limits."""
    shop, by = shop_of(request).pk, caller(request)
    get_object_or_404(Flow, shop_id=shop, name=name)
    before = report(shop, name)
    terms = Terms(
        wanted.ladder,
        None if wanted.limits is None else wanted.limits.model_dump(),
        None if wanted.advance is None else wanted.advance.model_dump(exclude_none=True),
        wanted.inflight,
    )
    if if_match is not None and (before is None or _tag(before).strip('"') != if_match.removeprefix("W/").strip('"')):
        raise Problem("stage.conflict", "Look at the roll-out again, then decide.", more={"current": before})
    if before is None or before["ended_at"] is not None:
        stages.start(shop, name, by, share=wanted.share or None, version=wanted.version, note=wanted.note, terms=terms)
        return Status(201, _answer(shop, name, response))
    if terms != Terms():
        stages.set_terms(shop, name, by, terms)
    if wanted.share is not None and wanted.share > before["share"]:
        stages.step_up(shop, name, by, share=wanted.share, expected=before["step"])
    elif wanted.share is not None and wanted.share < before["share"]:
        raise ValueError(f"it serves {before['share']:g} % already: go higher, or take it back")
    return Status(200, _answer(shop, name, response))


@router.delete("/flows/{name}/stage", response=StageOut)
def take_back(request: HttpRequest, name: Name, how: Query[Back], response: HttpResponse) -> dict[str, Any]:
    """The live version serves everybody again; `inflight` says what becomes of the new one's runs."""
    shop = shop_of(request).pk
    get_object_or_404(Flow, shop_id=shop, name=name)
    stages.go_back(shop, name, caller(request), how.inflight, how.reason)
    return _answer(shop, name, response)


def _answer(shop: int, name: str, response: HttpResponse) -> dict[str, Any]:
    found = report(shop, name)
    assert found is not None
    response["ETag"] = _tag(found)
    return found


def _tag(found: dict[str, Any]) -> str:
    return f'"{found["id"]}-{found["step"]}-{found["outcome"] or found["mode"]}"'
