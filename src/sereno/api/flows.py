"""Flows and their runs: reading, writing, publishing, pausing; why and why not; what people are asked."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Schema, Status

from sereno.api import rows
from sereno.api.drafts import Name
from sereno.api.flow_routes import router
from sereno.api.keys import caller, shop_of
from sereno.engine.documents import Unreadable, read_document
from sereno.engine.run import LIVE
from sereno.runtime import services
from sereno.store.models import Approval, Effect, Flow, FlowVersion, Run, RunTrace
from sereno.store.scans import narrowed, of_shop


class Draft(Schema):
    text: str = Field(max_length=500_000, description="The flow as YAML; its `flow` key is its name.")


class Publishing(Schema):
    """What becomes of runs under way: they `finish` on their version, `move` to the new one, or `end`."""

    note: str = Field("", max_length=500)
    inflight: Literal["finish", "move", "end"] = "finish"


class Published(Schema):
    name: str
    version: int


class WantedStatus(Schema):
    status: Literal["live", "paused", "shadow"]
    reason: str = Field("", max_length=500)


class Start(Schema):
    subject: str = Field(min_length=1, max_length=200, description="Such as order:1001.")


class Ending(Schema):
    reason: str = Field("", max_length=200)


class Decision(Schema):
    approved: bool
    note: str = Field("", max_length=500)


class FlowsOf(Schema):
    limit: int = Field(rows.MOST, ge=1, le=rows.MOST, description="At most so many rows.")
    after: str | None = Field(None, max_length=100, description="`next` of the page before this one.")
    status: str | None = Field(None, max_length=20, description="Only this status.")


class FlowPage(Schema):
    """A page of the flows by name. `next` goes into `after` for the page after it; null on the last page."""

    items: list[dict[str, Any]]
    next: str | None


@router.get("/flows", response=FlowPage)
def list_flows(request: HttpRequest, wanted: Query[FlowsOf]) -> dict[str, Any]:
    """The flows of the shop, by name."""
    query = Flow.objects.filter(shop=shop_of(request)).defer("draft").order_by("name")
    if wanted.status:
        query = query.filter(status=rows.storable_text(wanted.status))
    if wanted.after:
        query = query.filter(name__gt=rows.storable_text(wanted.after))
    found = list(query[: wanted.limit + 1])
    following = found[wanted.limit - 1].name if len(found) > wanted.limit else None
    return {"items": [rows.flow_row(flow) for flow in found[: wanted.limit]], "next": following}


@router.get("/flows/{name}")
def show_flow(
    request: HttpRequest, name: Name, version: int | None = Query(None, ge=1, le=1_000_000)
) -> dict[str, Any]:
    """One flow with its draft, its versions, and the document of `version` (the published one when not said)."""
    flow = get_object_or_404(Flow, shop=shop_of(request), name=name)
    versions = FlowVersion.objects.filter(flow=flow).order_by("-number")
    wanted = version or flow.version
    document = get_object_or_404(versions, number=wanted).document if wanted is not None else None
    return {
        **rows.flow_row(flow),
        "draft": flow.draft,
        "document": document,
        "versions": [
            {
                "number": one.number,
                "published_at": rows.instant(one.published_at),
                "by": one.published_by,
                "note": one.note,
            }
            for one in versions.defer("document")
        ],
        "runs_under_way": Run.objects.filter(flow=flow, status__in=LIVE).count(),
    }


@router.put("/flows/{name}")
def save_draft(request: HttpRequest, name: Name, draft: Draft) -> dict[str, Any]:
    """Check the text and keep it as the draft; 422 with every problem by line when it is not right."""
    _refuse_other_name(name, draft.text)
    saved = services.save_draft(shop_of(request).pk, draft.text, caller(request))
    return rows.flow_row(Flow.objects.get(pk=saved.pk))


@router.post("/flows/{name}/publish", response=Published)
def publish(request: HttpRequest, name: Name, how: Publishing) -> dict[str, Any]:
    """Make the draft the next version."""
    shop = shop_of(request).pk
    version = services.publish(shop, name, caller(request), note=how.note, inflight=how.inflight)
    return {"name": name, "version": version}


@router.post("/flows/{name}/status")
def set_status(request: HttpRequest, name: Name, wanted: WantedStatus) -> dict[str, Any]:
    """Set the flow live, pause it, or put it in shadow."""
    shop = shop_of(request).pk
    services.set_status(shop, name, wanted.status, caller(request), reason=wanted.reason)
    return rows.flow_row(Flow.objects.get(shop_id=shop, name=name))


@router.post("/flows/{name}/start", response={202: dict[str, str]})
def start(request: HttpRequest, name: Name, about: Start) -> Status[dict[str, str]]:
    """Start a flow whose trigger is `manual`. Gives the id of the event that starts it."""
    event = services.start_by_hand(shop_of(request).pk, name, about.subject, caller(request))
    return Status(202, {"event": event})


@router.get("/runs", response=rows.Rows)
def list_runs(request: HttpRequest, narrow: Query[rows.Narrow]) -> dict[str, Any]:
    """Runs, newest first. `type` is the type of the event that started them; the status `live` is all not over."""
    shop = shop_of(request)
    query = of_shop(Run.objects.select_related("flow").defer("state", "flow__draft"), shop.pk)
    query = rows.of_type(query, "event__type", narrow.type)
    flows = Flow.objects.filter(shop=shop, name=narrow.flow) if narrow.flow else Flow.objects.filter(shop=shop)
    wanted = list(flows.values_list("id", flat=True))
    if narrow.status:
        states = sorted(LIVE) if narrow.status == "live" else [narrow.status]
        query = narrowed(query, Run.objects.filter(flow__in=wanted, status__in=states), status__in=states)
    if narrow.flow:
        query = narrowed(query, Run.objects.filter(flow__in=wanted), flow__in=wanted)
    if narrow.subject:
        query = query.filter(shop=shop, subject=narrow.subject)
    return rows.page(query, narrow, "started_at", rows.run_row)


@router.get("/runs/{id}")
def show_run(request: HttpRequest, id: rows.Uid) -> dict[str, Any]:
    """One run with its trace, its effects and what it asked."""
    run = get_object_or_404(Run.objects.select_related("flow"), shop=shop_of(request), uid=id)
    traces = RunTrace.objects.filter(run=run).order_by("id").values_list("entries", flat=True)
    approvals = Approval.objects.filter(run=run).select_related("run", "run__flow").order_by("id")
    effects = Effect.objects.filter(run=run).select_related("flow", "run").order_by("id")
    return {
        **rows.run_row(run),
        "trace": [entry for entries in traces for entry in entries],
        "effects": [rows.effect_row(effect) for effect in effects],
        "approvals": [rows.approval_row(approval) for approval in approvals],
    }


@router.post("/runs/{id}/end")
def end_run(request: HttpRequest, id: rows.Uid, how: Ending) -> dict[str, Any]:
    """End a run that is under way. What was sent stays sent."""
    run = get_object_or_404(Run.objects.select_related("flow"), shop=shop_of(request), uid=id)
    services.end_run(run.uid, caller(request), how.reason)
    return rows.run_row(Run.objects.select_related("flow").get(pk=run.pk))


@router.get("/why")
def why(request: HttpRequest, subject: rows.Word, flow: rows.Word | None = None) -> dict[str, Any]:
    """Why somebody got it, or did not: an order (by id or number), a customer, an e-mail address. With `flow`, its runs
    about the subject with their traces and the starts that were refused; without one, the same for every flow under
    `flows`. `answer` is the verdict in a word, `standing` what holds for the person now: consent, caps, control groups,
    switches."""
    if flow is None:
        return services.explain(shop_of(request).pk, subject)
    return services.why(shop_of(request).pk, flow, subject)


@router.get("/approvals", response=rows.Rows)
def list_approvals(request: HttpRequest, narrow: Query[rows.Narrow]) -> dict[str, Any]:
    """What people are asked, newest first."""
    query = Approval.objects.filter(shop=shop_of(request)).select_related("run", "run__flow").defer("run__state")
    if narrow.status:
        query = query.filter(status=narrow.status)
    return rows.page(query, narrow, "created_at", rows.approval_row)


@router.post("/approvals/{int:id}/decide")
def decide(request: HttpRequest, id: rows.Id, answer: Decision) -> dict[str, Any]:
    """Approve or refuse."""
    approval = get_object_or_404(Approval, shop=shop_of(request), pk=id)
    services.decide_approval(approval.pk, answer.approved, caller(request), answer.note)
    return rows.approval_row(Approval.objects.select_related("run", "run__flow").get(pk=approval.pk))


def _refuse_other_name(name: str, text: str) -> None:
    """The name in the address and the one in the text must agree, so that a typo cannot make a second flow."""
    try:
        document = read_document(text)[0].document
    except Unreadable:
        return  # what is wrong with it is said when it is saved
    found = document.get("flow") if isinstance(document, dict) else None
    if isinstance(found, str) and found != name:
        raise ValueError(f"the address says {name!r} and the text says flow: {found!r}; make them the same")
