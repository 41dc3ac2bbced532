"""Back-tests: asked for, watched, and what they found: runs, effects, starts that were refused, the difference from the
live version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import AfterValidator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.runtime.rehearsals import reporting, requests
from sereno.runtime.rehearsals.collecting import read_story
from sereno.runtime.replays.history import BadLine
from sereno.store.models import Backtest, BacktestEffect, BacktestRun, BacktestSkip

router = Router(tags=["Back-tests"])
Text = Annotated[str, AfterValidator(lambda value: rows.storable_text(value) or "")]
Change = Literal["new", "gone", "changed", "same"]
Outcome = Literal["sent", "deferred", "refused", "failed", "done"]


class NewBacktest(Schema):
    flow: Text = Field(min_length=1, max_length=100, description="The flow's name.")
    version: int | None = Field(None, ge=1, lt=2**31, description="A published version; the draft when left out.")
    text: Text | None = Field(None, max_length=262_144, description="This document instead of the draft.")
    begin: datetime | None = Field(None, description="Events from here on may start runs; all when left out.")
    until: datetime | None = Field(None, description="Events before this; now when left out.")
    seed: int = Field(0, ge=0, lt=2**53, description="What decides where there is chance.")
    compare: bool = Field(True, description="Replay the live version, too, and tell the difference run by run.")
    events: Text | None = Field(
        None, max_length=20_000_000, description="Canonical events, one JSON object a line, instead of the shop's own."
    )


class BacktestOut(Schema):
    """`done` of `total` events are through, `at` is the clock of the replay. `summary` is there once it is done."""

    id: int
    flow: str
    version: int | None
    base_version: int | None
    status: str
    begin: str | None
    until: str | None
    seed: int
    by: str
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    done: int
    total: int
    at: str | None
    error: str | None
    message: str | None
    summary: dict[str, Any] | None


class Pages(rows.PageOf):
    flow: str | None = Field(None, max_length=100, description="Only those of this flow.")


class RunsOf(rows.PageOf):
    change: Change | None = Field(
        None, description="How the run differs from the live version's; `gone` lists runs of the live version."
    )


class EffectsOf(rows.PageOf):
    outcome: Outcome | None = Field(None, description="What would have become of it.")


class SkippedOf(rows.PageOf):
    reason: str | None = Field(None, max_length=64, description="Only those refused for this reason.")


@router.post("/backtests", response={202: BacktestOut})
def create_backtest(request: HttpRequest, new: NewBacktest, response: HttpResponse) -> Any:
    """Replay the shop's past through a flow, in the background, with nothing sent. Asked for the same while it is under
    way, it gives that one."""
    wanted = requests.Wanted(
        new.flow,
        version=new.version,
        text=new.text,
        begin=_aware(new.begin),
        until=_aware(new.until),
        seed=new.seed,
        compare=new.compare,
        lines=new.events.encode() if new.events is not None else None,
        origin="api" if new.events is not None else "",
    )
    try:
        made = requests.ask(shop_of(request).pk, wanted, caller(request))
    except BadLine as error:
        raise HttpError(422, f"events: {error}") from error
    response["Location"] = f"/api/v1/backtests/{made}"
    return Status(202, _row(Backtest.objects.get(pk=made)))


@router.get("/backtests", response=rows.Rows)
def list_backtests(request: HttpRequest, page: Query[Pages]) -> dict[str, Any]:
    """The shop's back-tests, newest first; without their summaries."""
    found = Backtest.objects.filter(shop=shop_of(request)).exclude(status="forgotten").defer("text", "summary")
    if page.flow is not None:
        found = found.filter(flow=rows.storable_text(page.flow))
    return rows.page_by_id(found, page, lambda row: _row(row, with_summary=False))


@router.get("/backtests/{int:id}", response=BacktestOut)
def show_backtest(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One back-test: its progress while it is under way, then what it found."""
    return _row(_find(request, id))


@router.post("/backtests/{int:id}/cancel", response=BacktestOut)
def cancel_backtest(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """It ends within a second or two, and keeps nothing."""
    requests.cancel(shop_of(request).pk, id, caller(request))
    return _row(_find(request, id))


@router.delete("/backtests/{int:id}", response={204: None})
def forget_backtest(request: HttpRequest, id: rows.Id) -> Any:
    """Delete what it found."""
    requests.forget(shop_of(request).pk, id, caller(request))
    return Status(204, None)


@router.get("/backtests/{int:id}/runs", response=rows.Rows)
def list_runs(request: HttpRequest, id: rows.Id, page: Query[RunsOf]) -> dict[str, Any]:
    """The runs that would have been, the last to end first."""
    found = BacktestRun.objects.filter(backtest=_find(request, id), is_live_version=page.change == "gone")
    if page.change is not None:
        found = found.filter(change=page.change)
    return rows.page_by_id(found.defer("story"), page, _run)


@router.get("/backtests/{int:id}/runs/{int:run}", response=dict[str, Any])
def show_run(request: HttpRequest, id: rows.Id, run: rows.Id) -> dict[str, Any]:
    """One run with its trace and its effects, and its `pair` of the other version, where they differ. `trace` is null
    where only the count was kept."""
    row = get_object_or_404(BacktestRun, backtest=_find(request, id), pk=run)
    pair = BacktestRun.objects.filter(backtest=row.backtest_id, pk=row.pair).first() if row.pair else None
    return {**_told(row), "pair": _told(pair) if pair is not None else None}


@router.get("/backtests/{int:id}/effects", response=rows.Rows)
def list_effects(request: HttpRequest, id: rows.Id, page: Query[EffectsOf]) -> dict[str, Any]:
    """What would have been done, and what would have become of it."""
    backtest = _find(request, id)
    kinds: list[dict[str, Any]] = (backtest.summary or {}).get("kinds", [])
    whats: list[dict[str, Any]] = (backtest.summary or {}).get("whats", [])
    found = BacktestEffect.objects.filter(backtest=backtest, is_live_version=False).select_related("run")
    if page.outcome is not None:
        found = found.filter(kind__in=[n for n, kind in enumerate(kinds) if kind["outcome"] == page.outcome])

    def row(effect: BacktestEffect) -> dict[str, Any]:
        kind = kinds[effect.kind]
        return {
            "id": effect.pk,
            "run": effect.run.pk,
            "subject": effect.run.subject,
            "step": kind["step"],
            "action": whats[kind["what"]]["action"],
            "config": json.loads(whats[kind["what"]]["config"]),
            "at": rows.instant(effect.at),
            "outcome": kind["outcome"],
            "reason": kind["reason"] or None,
        }

    return rows.page_by_id(found.defer("run__story"), page, row)


@router.get("/backtests/{int:id}/skipped", response=rows.Rows)
def list_skipped(request: HttpRequest, id: rows.Id, page: Query[SkippedOf]) -> dict[str, Any]:
    """Starts that would have been refused, and why: the first 2,000 of each reason."""
    found = BacktestSkip.objects.filter(backtest=_find(request, id))
    if page.reason is not None:
        found = found.filter(reason=rows.storable_text(page.reason))
    return rows.page_by_id(
        found,
        page,
        lambda row: {
            "id": row.pk,
            "subject": row.subject,
            "at": rows.instant(row.at),
            "reason": row.reason,
            "details": row.details,
        },
    )


def _find(request: HttpRequest, id: int) -> Backtest:
    return get_object_or_404(Backtest.objects.exclude(status="forgotten").defer("text"), shop=shop_of(request), pk=id)


def _row(row: Backtest, *, with_summary: bool = True) -> dict[str, Any]:
    return {
        **reporting.document(row),
        "started_at": rows.instant(row.started_at),
        "at": rows.instant(row.at),
        "summary": row.summary if with_summary else None,
    }


def _run(row: BacktestRun) -> dict[str, Any]:
    return {
        "id": row.pk,
        "run": row.uid,
        "is_live_version": row.is_live_version,
        "subject": row.subject,
        "key": row.key,
        "event_type": row.event_type,
        "started_at": rows.instant(row.started_at),
        "ended_at": rows.instant(row.ended_at),
        "status": row.status,
        "step": row.step,
        "reason": row.reason,
        "effects": row.effects,
        "messages": row.messages,
        "change": row.change or None,
        "pair": row.pair,
    }


def _told(row: BacktestRun) -> dict[str, Any]:
    story = read_story(row.story)
    done = [{key: value for key, value in one.items() if key != "then"} for one in story["effects"]] if story else None
    return {**_run(row), "trace": story["trace"] if story else None, "done": done}


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
