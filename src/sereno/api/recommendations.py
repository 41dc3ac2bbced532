"""Recommendations: asked for, their rules, how well they do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.recommendations import services
from sereno.modules.recommendations.asking import Way, recommend
from sereno.modules.recommendations.models import Rule
from sereno.modules.recommendations.rules import By, Does
from sereno.store.database import default_database

router = Router(tags=["Recommendations"])
Word = Annotated[str, Field(max_length=2000)]


class RecommendationsAsked(Schema):
    way: Way = Field(
        "popular",
        description="`together` what is bought with `items`; `similar` what is like them; `for_you` by the customer's "
        "past; `session` by what visitors like this one looked at; `trending`; `new` since they were last here; "
        "`popular`; `upsell` dearer ones like it and larger packs; `category` all of a category, sorted.",
    )
    items: Word = Field(
        "", description="Product ids, variant ids or SKUs, with commas between; the last looked at last."
    )
    customer: str | None = Field(None, max_length=200, description="Whose past counts: the customer's key.")
    category: str = Field("", max_length=200, description="For `category`: its name, or a product type.")
    place: str = Field("", max_length=12, description="Where it is shown: rules may speak of one place alone.")
    without: Word = Field("", description="What must not be given, as `items`.")
    limit: int = Field(8, ge=1, le=48)


class RecommendedOut(Schema):
    id: str
    title: str
    price: str | None
    currency: str | None
    url: str | None
    image_url: str | None
    why: str = Field(
        description="`together similar for_you session trending popular upsell pack category arrived`; `new`: unsold."
    )
    number: int = Field(description="For `together`: in so many baskets ...")
    of: int = Field(description="... of so many with what was asked about.")


class Recommended(Schema):
    items: list[RecommendedOut]


class RecommendationRuleIn(Schema):
    does: Does
    by: By
    value: str = Field(min_length=1, max_length=200)
    place: str = Field("", max_length=12)
    factor: float = Field(1.0, ge=0.01, le=100, description="For `boost`: 2 counts twice, 0.5 half as much.")


class RecommendationRuleOut(RecommendationRuleIn):
    id: int
    created_by: str
    created_at: str | None


class RecommendationRules(Schema):
    items: list[RecommendationRuleOut]


class RecommendationQuality(Schema):
    learned_at: str | None
    baskets: int
    visits: int
    measured: dict[str, Any] = Field(
        description="By way: the share of tries with the right thing among ten, beside popularity, with the interval "
        "of the difference (95 per cent)."
    )
    shown: dict[str, Any] = Field(description="In the last 30 days, ours beside the visits held out.")
    became: dict[str, Any] = Field(
        description="Of the visits of these days, by arm: how many were shown something, clicked on it and placed an "
        "order, with intervals that hold however often one looks; `verdicts` says what can be told of the difference."
    )


class LearningAsked(Schema):
    status: Literal["asked"]


@router.get("/recommendations", response=Recommended)
def give_recommendations(request: HttpRequest, asked: Query[RecommendationsAsked]) -> dict[str, Any]:
    """The best first. Only what can be bought now, and breaks no rule; where little is known, what sells."""
    for text in (asked.items, asked.without, asked.customer, asked.category, asked.place):
        rows.storable_text(text)
    values = asked.dict() | {"items": _split(asked.items), "without": _split(asked.without)}
    given = recommend(default_database(), shop_of(request).pk, services.asked_of(values, asked.customer))
    return {"items": services.told(given)}


@router.get("/recommendations/quality", response=RecommendationQuality)
def show_recommendation_quality(request: HttpRequest) -> dict[str, Any]:
    """How well each way does against showing everybody what sells best."""
    found = services.quality(shop_of(request).pk)
    return found | {"learned_at": rows.instant(found["learned_at"])}


@router.get("/recommendations/rules", response=RecommendationRules)
def list_recommendation_rules(request: HttpRequest) -> dict[str, Any]:
    """What the shop wants shown, and not."""
    return {"items": [_rule(one) for one in Rule.objects.filter(shop=shop_of(request)).order_by("id")[:1000]]}


@router.post("/recommendations/rules", response={201: RecommendationRuleOut})
def make_recommendation_rule(request: HttpRequest, given: RecommendationRuleIn) -> Status[dict[str, Any]]:
    """Exclude, boost or pin things; it holds from the next request on."""
    rows.storable_text(given.value)
    rule = services.make_rule(
        shop_of(request).pk,
        given.does,
        given.by,
        given.value,
        caller(request),
        place=given.place,
        factor=given.factor,
    )
    return Status(201, _rule(rule))


@router.delete("/recommendations/rules/{int:id}", response={204: None})
def drop_recommendation_rule(request: HttpRequest, id: rows.Id) -> Status[None]:
    """Take a rule away."""
    rule = get_object_or_404(Rule, shop=shop_of(request), pk=id)
    services.drop_rule(rule.shop_id, rule.pk, caller(request))
    return Status(204, None)


@router.post("/recommendations/learn", response={202: LearningAsked})
def learn_recommendations(request: HttpRequest) -> Status[dict[str, str]]:
    """Learn what is new at once, and measure anew; it goes by itself some minutes after something happened."""
    services.learn_now(shop_of(request).pk, caller(request))
    return Status(202, {"status": "asked"})


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()][:100]


def _rule(rule: Rule) -> dict[str, Any]:
    names = ("id", "does", "by", "value", "place", "factor", "created_by")
    return {name: getattr(rule, name) for name in names} | {"created_at": rows.instant(rule.created_at)}
