"""Switches and limits: what is off, what flows have used, what they ask, and the answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.commerce.money import Money
from sereno.runtime.limiting import limits, switches
from sereno.runtime.limiting import standing as limit_standing
from sereno.runtime.limiting.standing import FlowStanding, Switchable, Use
from sereno.store.models import LimitQuestion

router = Router(tags=["Limits"])
Kind = Literal["shop", "flow", "channel", "connection"]


class Off(Schema):
    kind: Kind
    name: str = Field("", max_length=200, description="The flow, channel or connection; empty for the shop.")
    reason: str = Field(min_length=1, max_length=500)


class On(Schema):
    kind: Kind
    name: str = Field("", max_length=200)
    older_than_seconds: int | None = Field(
        None, ge=0, le=366 * 86400, description="What waited longer is cancelled first. Left out: nothing is."
    )


class SwitchOut(Schema):
    kind: str
    name: str
    title: str
    is_off: bool
    reason: str | None
    by: str | None
    at: str | None
    waiting: int
    waiting_since: str | None


class Switches(Schema):
    items: list[SwitchOut]


class Switched(Schema):
    changed: bool = Field(description="False when it was so already.")
    cancelled: int = 0


class UseOut(Schema):
    used: str
    limit: str | None
    currency: str | None


class FlowLimits(Schema):
    flow: str
    is_off: bool
    effects_this_hour: UseOut
    spent_today: list[UseOut]


class Usual(Schema):
    effects_per_hour: int | None = Field(None, ge=1, le=10_000_000)
    spend_per_day: dict[str, str] = Field({}, max_length=20, description='By currency: {"EUR": "200"}.')


class QuestionOut(Schema):
    id: int
    flow: str
    kind: str
    currency: str | None
    limit: str
    wanted: str
    status: str
    allowed: str | None
    created_at: str | None
    decided_at: str | None
    decided_by: str | None


class Limits(Schema):
    usual: Usual
    flows: list[FlowLimits]
    questions: list[QuestionOut]


class Answer(Schema):
    go_on: bool
    allowed: str | None = Field(None, max_length=30, description="For the rest of the hour or day; twice the limit.")
    note: str = Field("", max_length=500)


@router.get("/switches", response=Switches)
def list_switches(request: HttpRequest) -> dict[str, Any]:
    """Everything that has a switch, whether it is off, and how much waits behind it."""
    return {"items": [_switch(one) for one in limit_standing.standing(shop_of(request).pk).all()]}


@router.post("/switches/off", response=Switched)
def switch_off(request: HttpRequest, given: Off) -> dict[str, Any]:
    """Nothing of it leaves any more, on any worker, within two seconds. What waits is kept."""
    return {"changed": switches.switch_off(shop_of(request).pk, given.kind, given.name, given.reason, caller(request))}


@router.post("/switches/on", response=Switched)
def switch_on(request: HttpRequest, given: On) -> dict[str, Any]:
    """It goes on, and what waited with it, but for what is too old."""
    older = None if given.older_than_seconds is None else timedelta(seconds=given.older_than_seconds)
    count = switches.switch_on(shop_of(request).pk, given.kind, given.name, caller(request), older_than=older)
    return {"changed": True, "cancelled": count}


@router.get("/limits", response=Limits)
def show_limits(request: HttpRequest) -> dict[str, Any]:
    """Budgets and their use, this hour and this day of the shop, and what flows that came to their limit ask."""
    shop = shop_of(request)
    found = limit_standing.standing(shop.pk)
    asked = LimitQuestion.objects.filter(shop=shop).select_related("flow").defer("flow__draft").order_by("-id")[:100]
    return {
        "usual": {
            "effects_per_hour": found.usual.effects_per_hour,
            "spend_per_day": {code: _amount(money) for code, money in found.usual.spend_per_day.items()},
        },
        "flows": [_flow(one) for one in found.flows],
        "questions": [_question(row) for row in asked],
    }


@router.put("/limits", response=Usual)
def keep_limits(request: HttpRequest, given: Usual) -> Usual:
    """The limits of flows that set none of their own."""
    limit_standing.keep_usual(
        shop_of(request).pk,
        caller(request),
        effects_per_hour=given.effects_per_hour,
        spend_per_day=given.spend_per_day,
    )
    return given


@router.post("/limits/questions/{int:id}/answer", response=QuestionOut)
def answer(request: HttpRequest, id: rows.Id, given: Answer) -> dict[str, Any]:
    """Let a flow that came to its limit go on, or keep it paused."""
    limits.answer(
        shop_of(request).pk, id, given.go_on, caller(request), allowed=given.allowed, note=given.note, via="api"
    )
    return _question(LimitQuestion.objects.select_related("flow").get(pk=id))


def _switch(one: Switchable) -> dict[str, Any]:
    off = one.off
    return {
        "kind": one.kind,
        "name": one.name,
        "title": one.title,
        "is_off": off is not None,
        "reason": off.reason if off else None,
        "by": off.by if off else None,
        "at": rows.instant(off.at) if off else None,
        "waiting": one.waiting.count,
        "waiting_since": rows.instant(one.waiting.since),
    }


def _flow(one: FlowStanding) -> dict[str, Any]:
    return {
        "flow": one.switch.name,
        "is_off": one.switch.off is not None,
        "effects_this_hour": _use(one.hour),
        "spent_today": [_use(use) for use in one.day],
    }


def _use(use: Use) -> dict[str, Any]:
    limit = None if use.limit is None else str(use.limit)
    return {"used": str(use.used), "limit": limit, "currency": use.currency or None}


def _amount(money: Money) -> str:
    return str(money.amount)


def _question(row: LimitQuestion) -> dict[str, Any]:
    return {
        "id": row.pk,
        "flow": row.flow.name,
        "kind": row.kind,
        "currency": row.currency or None,
        "limit": row.limit,
        "wanted": row.wanted,
        "status": row.status,
        "allowed": row.allowed,
        "created_at": rows.instant(row.created_at),
        "decided_at": rows.instant(row.decided_at),
        "decided_by": row.decided_by,
    }
