"""What is expected of customers: scores, groups, and how far they can be trusted."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import AfterValidator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.engine.moments import read_profile
from sereno.modules.scores.models import CustomerMoment, CustomerScore, LeadScore, MomentState, ScoreState
from sereno.runtime.scoring import ask_scores
from sereno.store.fields import instant_text

router = Router(tags=["Scores"])
Group = Literal[
    "champions", "loyal", "promising", "new", "needs_attention", "at_risk", "cannot_lose", "hibernating", "lost"
]


class ScoreOut(Schema):
    """`value` and `spent` are decimal text in `currency`; `value` and `orders` are for the coming year."""

    customer: str
    group: Group
    recency: int
    frequency: int
    money: int
    order_days: int
    spent: str
    last_on: date
    risk: float
    alive: float | None
    orders: float
    value: str
    currency: str
    next_on: date | None
    next_from: date | None
    next_until: date | None
    scored_at: str


class ScoreList(Schema):
    items: list[ScoreOut]


class LeadScoreOut(Schema):
    """`score`: the chance, in per cent, of a first order within 30 days. `signals`: on how many of the last 30 days
    they did what."""

    customer: str
    score: float
    signals: dict[str, int]
    known_on: date
    last_on: date | None
    scored_at: str


class LeadScoreList(Schema):
    items: list[LeadScoreOut]


class ScoresMade(Schema):
    """`quality`: by score, how it did on the shop's own past, beside the simple rule; `used` says which are learned."""

    customers: int
    horizon: int
    made_at: str
    groups: dict[str, int]
    quality: dict[str, Any]
    model: dict[str, Any]


class MomentsMade(Schema):
    """`hours`: how likely an answer within three hours is, by the hour a message goes on its reader's clock (0 to 255
    of the best; 0 where too little ever went); `days` by weekday, Monday first. `used`: whose hours messages wait for.
    `tried`: the answers surely gained or not on the last 28 days; `measured`: those who waited beside those left alone.
    """

    used: Literal["own", "shop", "none"]
    hours: list[int]
    days: list[int]
    tried: dict[str, Any]
    measured: dict[str, Any]
    learned: dict[str, Any]
    made_at: str


class MomentOut(Schema):
    """`hours`, `days`: as those of the shop, drawn towards them where little is known; `acts`: of how many acts of
    their own they are made."""

    customer: str
    hours: list[int]
    days: list[int]
    best_hour: int
    acts: int
    made_at: str


class ScoringBegun(Schema):
    begun: bool


@router.get("/scores", response=ScoreList)
def list_scores(
    request: HttpRequest,
    group: Annotated[Group | None, Query(description="Only of this group.")] = None,
    due_by: Annotated[
        date | None, Query(description="Only whose next order was to be expected by then, longest first.")
    ] = None,
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """Customers with what is expected of them, the most valuable first."""
    shop = shop_of(request)
    found = CustomerScore.objects.filter(shop=shop)
    if group is not None:
        found = found.filter(group=group)
    found = (
        found.order_by("-value", "id") if due_by is None else found.filter(due_on__lte=due_by).order_by("due_on", "id")
    )
    return {"items": [_score(one, shop.currency) for one in found[:limit]]}


@router.get("/scores/customer", response=ScoreOut)
def show_score(request: HttpRequest, customer: rows.Word) -> dict[str, Any]:
    """One customer's, by the platform's id, or `email:` and the address for a guest."""
    shop = shop_of(request)
    one = CustomerScore.objects.filter(shop=shop, key=customer).first()
    if one is None:
        raise HttpError(404, f"there is no score of {customer}")
    return _score(one, shop.currency)


@router.get("/scores/leads", response=LeadScoreList)
def list_leads(
    request: HttpRequest,
    least: Annotated[float, Query(ge=0, le=100, description="Only with at least this score.")] = 0,
    customer: Annotated[
        str | None,
        Query(max_length=200, description="Only this one, by the platform's id."),
        AfterValidator(rows.storable_text),
    ] = None,
    limit: int = Query(100, ge=1, le=rows.MOST),
) -> dict[str, Any]:
    """Who has not ordered yet, the likeliest first."""
    found = LeadScore.objects.filter(shop=shop_of(request), chance__gte=least / 100).order_by("-chance", "id")
    if customer is not None:
        found = found.filter(key=customer)
    return {"items": [_lead(one) for one in found[:limit]]}


@router.get("/scores/quality", response=ScoresMade)
def show_quality(request: HttpRequest) -> dict[str, Any]:
    """How good the scores are, and what was learned."""
    state = ScoreState.objects.filter(shop=shop_of(request)).first()
    if state is None:
        raise HttpError(404, "no scores have been made yet: POST /scores")
    return {
        "customers": sum(state.groups.values()),
        "horizon": state.quality["horizon"],
        "made_at": instant_text(state.made_at),
        "groups": state.groups,
        "quality": state.quality,
        "model": state.model,
    }


@router.get("/scores/moments", response=MomentsMade)
def show_moments(request: HttpRequest) -> dict[str, Any]:
    """At which hours customers answer, whether going by that surely does better on the shop's own past, and what it
    brought those who waited, beside those left alone."""
    shop = shop_of(request)
    state = MomentState.objects.filter(shop=shop).first()
    if state is None:
        raise HttpError(404, "no hours have been learned yet: POST /scores")
    whole = read_profile(state.hours, state.days)
    assert whole is not None
    facts = dict(state.facts)
    return {
        "used": "own" if state.takes_own else "shop" if state.takes_shop else "none",
        "hours": list(whole.hours),
        "days": list(whole.days),
        "tried": facts.pop("tried", {}),
        "measured": facts.pop("measured", {}),
        "learned": facts,
        "made_at": instant_text(state.made_at),
    }


@router.get("/scores/moments/customer", response=MomentOut)
def show_moment(request: HttpRequest, customer: rows.Word) -> dict[str, Any]:
    """The hours of one customer, by the platform's id, or `email:` and the address for a guest."""
    one = CustomerMoment.objects.filter(shop=shop_of(request), key=customer).first()
    profile = read_profile(one.hours, one.days, one.acts) if one is not None else None
    if one is None or profile is None:
        raise HttpError(404, f"nothing is known of when {customer} answers")
    return {
        "customer": one.key,
        "hours": list(profile.hours),
        "days": list(profile.days),
        "best_hour": profile.best_hour,
        "acts": profile.acts,
        "made_at": instant_text(one.made_at),
    }


@router.post("/scores", response=ScoringBegun)
def make_scores(request: HttpRequest) -> dict[str, bool]:
    """Score everybody anew, in the background. False when that is under way."""
    return {"begun": ask_scores(shop_of(request).pk, caller(request))}


def _lead(one: LeadScore) -> dict[str, Any]:
    return {
        "customer": one.key,
        "score": round(one.chance * 100, 1),
        **{name: getattr(one, name) for name in ("signals", "known_on", "last_on")},
        "scored_at": instant_text(one.scored_at),
    }


def _score(one: CustomerScore, currency: str) -> dict[str, Any]:
    names = ("group", "recency", "frequency", "money", "order_days", "last_on", "alive")
    dates = ("next_on", "next_from", "next_until")
    return {
        **{name: getattr(one, name) for name in (*names, *dates)},
        "customer": one.key,
        "risk": round(one.risk, 4),
        "orders": round(one.orders, 3),
        "spent": f"{one.spent:.2f}",
        "value": f"{one.value:.2f}",
        "currency": currency,
        "scored_at": instant_text(one.scored_at),
    }
