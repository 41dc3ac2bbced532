"""Versions of flows: listed, read, compared, rolled back; documents checked and tried before they are anything."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Schema

from sereno.api import rows
from sereno.api.drafts import Name
from sereno.api.flow_routes import router
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.engine.catalog import FlowInvalid
from sereno.runtime import drafting, rollouts
from sereno.runtime.flows import compiled
from sereno.runtime.trying import try_flow
from sereno.sdk.masking import masked
from sereno.sdk.plugin import registry
from sereno.store import scope
from sereno.store.models import Event, Flow, FlowVersion

Number = Annotated[int, Path(ge=1, le=1_000_000, description="The version's number.")]
Side = Annotated[str, Field(pattern=r"^(draft|[1-9][0-9]{0,6})$")]


class Between(Schema):
    before: Side = Field(description="A version's number.")
    after: Side = Field("draft", description="A version's number, or `draft`.")


class Difference(Schema):
    """`text` is a unified diff of the documents; empty when they are the same."""

    before: str
    after: str
    is_same: bool
    text: str


class RollBack(Schema):
    note: str = Field("", max_length=500)
    inflight: Literal["finish", "move", "end"] = "finish"


class RolledBack(Schema):
    name: str
    version: int


class Text(Schema):
    text: str = Field(max_length=262_144, description="A flow as YAML.")


class Checked(Schema):
    is_right: bool
    problems: list[dict[str, Any]]


class Try(Schema):
    text: str | None = Field(None, max_length=262_144, description="A flow as YAML; left out, the draft of `flow`.")
    flow: str | None = Field(None, max_length=100)
    event: int | None = Field(None, ge=0, lt=2**63, description="The number of a past event.")
    about: str | None = Field(None, max_length=200, description="A record such as order:17, for a manual trigger.")
    answer: Literal["yes", "no", "late"] = Field(
        "yes", description="What people are taken to answer; `late`: nobody does."
    )


class TriedVersion(Schema):
    """What would have happened. Nothing left the house, nothing was written."""

    flow: str
    status: str
    step: str
    reason: str | None
    skipped: dict[str, Any] | None
    moments: list[dict[str, Any]]
    effects: list[dict[str, Any]]


@router.get("/flows/{name}/versions", response=rows.Rows)
def list_versions(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Published versions, newest first."""
    flow = get_object_or_404(Flow, shop=shop_of(request), name=name)
    found = FlowVersion.objects.filter(flow=flow).defer("document").order_by("-number")
    if page.before is not None:
        found = found.filter(number__lt=page.before)
    taken = list(found[: page.limit + 1])
    following = taken[page.limit - 1].number if len(taken) > page.limit else None
    return {"items": [_version_row(one) for one in taken[: page.limit]], "next": following}


@router.get("/flows/{name}/versions/{number}", response=dict[str, Any])
def show_version(request: HttpRequest, name: Name, number: Number) -> dict[str, Any]:
    """One version with its document."""
    found = get_object_or_404(FlowVersion, flow__shop=shop_of(request), flow__name=name, number=number)
    return {**_version_row(found), "document": found.document}


@router.get("/flows/{name}/diff", response=Difference)
def compare(request: HttpRequest, name: Name, between: Query[Between]) -> dict[str, Any]:
    """What differs between two versions, or a version and the draft."""
    flow = get_object_or_404(Flow, shop=shop_of(request), name=name)
    before, after = _text(flow, between.before), _text(flow, between.after)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), between.before, between.after, lineterm="", n=3
    )
    text = "\n".join(lines)
    return {"before": between.before, "after": between.after, "is_same": not text, "text": text}


@router.post("/flows/{name}/versions/{number}/roll-back", response=RolledBack)
def roll_back(request: HttpRequest, name: Name, number: Number, how: RollBack) -> dict[str, Any]:
    """Publish an older version again, as the next. A draft that was being worked on stays."""
    shop = shop_of(request).pk
    done = rollouts.roll_back(shop, name, number, caller(request), how.note, how.inflight)
    return {"name": name, "version": done.number}


@router.post("/checks", response=Checked)
def check(request: HttpRequest, flow: Text) -> dict[str, Any]:
    """Whether a text could be published, and if not, what is wrong with it. Nothing is kept."""
    try:
        with scope.in_shop(shop_of(request).pk):
            compiled(flow.text, registry())
    except FlowInvalid as error:
        return {"is_right": False, "problems": problem_rows(error)}
    return {"is_right": True, "problems": []}


@router.post("/trials", response=TriedVersion)
def try_it(request: HttpRequest, wanted: Try) -> dict[str, Any]:
    """Try a document, or a flow's draft, on a past event or a record. Nothing leaves and nothing is written."""
    shop = shop_of(request).pk
    text = wanted.text
    if text is None:
        if wanted.flow is None:
            raise Problem("request.invalid", "Give the text of a flow, or the name of one.", {"fields": []})
        text = drafting.open_draft(shop, wanted.flow).text
    if wanted.event is not None:
        get_object_or_404(Event, shop=shop_of(request), pk=wanted.event)
    trial = try_flow(shop, text, event=wanted.event, about=wanted.about, answer=wanted.answer, by=caller(request))
    return {
        "flow": trial.flow,
        "status": trial.status,
        "step": trial.step,
        "reason": trial.reason,
        "skipped": None if trial.skip is None else {"reason": trial.skip[0], "details": dict(trial.skip[1])},
        "moments": [
            {"at": rows.instant(one.at), "step": one.step, "code": one.code, "details": dict(one.details)}
            for one in trial.moments
        ],
        "effects": [
            {
                "key": one.key,
                "step": one.step,
                "action": one.action,
                "config": masked(one.config),
                "status": one.status,
                "at": rows.instant(one.at),
                "result": one.result,
                "error": one.error,
                "message": one.message,
            }
            for one in trial.effects.values()
        ],
    }


def problem_rows(error: FlowInvalid) -> list[dict[str, Any]]:
    return [
        {
            "code": problem.code,
            "message": problem.message,
            "line": problem.line,
            "path": problem.path,
            "suggestion": problem.suggestion,
        }
        for problem in error.problems
    ]


def _version_row(version: FlowVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": rows.instant(version.published_at),
        "by": version.published_by,
        "note": version.note,
    }


def _text(flow: Flow, side: str) -> str:
    if side == "draft":
        return flow.draft
    return get_object_or_404(FlowVersion, flow=flow, number=int(side)).document
