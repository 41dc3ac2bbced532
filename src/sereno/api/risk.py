"""Risk: what waits to be looked at, verdicts and decisions, lists, rules, what was learned, what is bought out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.orders.models import Order
from sereno.modules.risk import marks, policy, services
from sereno.modules.risk.models import RiskAssessment, RiskEntry
from sereno.runtime.orders.finding import meant
from sereno.runtime.risk import reviewing
from sereno.store.scans import of_shop

router = Router(tags=["Risk"])
Kind = Literal["email", "domain", "phone", "ip", "card", "device", "address", "name"]
MOST = 1000


class RiskReason(Schema):
    code: str
    points: int = Field(description="Below zero it speaks for the buyer.")
    said: str = Field(description="In words.")


class RiskWaiting(Schema):
    order: str
    number: str | None
    score: int
    level: str
    reasons: list[RiskReason]
    total: str | None
    currency: str | None
    email: str | None
    is_held: bool
    placed_at: str | None
    assessed_at: str | None


class RiskQueue(Schema):
    items: list[RiskWaiting]
    next: str | None = Field(None, description="For `after`, to get the next page; null on the last.")


class RiskVerdict(Schema):
    order: str
    number: str | None
    score: int
    level: str
    is_waiting: bool
    reasons: list[RiskReason]
    facts: dict[str, Any] = Field(description="What it was judged on.")
    chance: float | None = Field(description="The learned chance of a fraud, where that is in use.")
    assessed_at: str | None
    decision: str | None
    decided_by: str | None
    decided_at: str | None
    decision_note: str | None


class RiskDecision(Schema):
    orders: list[rows.StorableKey] = Field(min_length=1, max_length=MOST)
    decision: Literal["released", "refused", "reopened"] = Field(
        description="`refused`: held at once, cancelled and refunded in a minute. `reopened`: taken back."
    )
    note: str = Field("", max_length=500)


class RiskDecided(Schema):
    changed: list[str] = Field(description="Those that were not decided so before.")


class RiskAsked(Schema):
    effect: str = Field(description="The key of the effect, which has the outcome.")


class RiskListed(Schema):
    id: int
    list: str
    kind: str
    value: str
    reason: str
    by: str
    at: str | None
    expires_at: str | None


class RiskLists(Schema):
    items: list[RiskListed]
    next: int | None = None


class RiskListing(Schema):
    list: Literal["block", "allow"]
    kind: Kind
    values: list[rows.StorableKey] = Field(min_length=1, max_length=MOST)
    reason: str = Field("", max_length=500)
    expires_at: datetime | None = Field(None, description="None: for good.")


class RiskCount(Schema):
    count: int


class RiskRule(Schema):
    code: str
    is_on: bool = True
    points: int | None = None
    limit: float | None = None


class RiskRules(Schema):
    rules: list[RiskRule] = Field([], description="What is left out is as Sereno has it.")
    medium: int = 30
    high: int = 60
    review: Literal["medium", "high"] = "high"
    watched: list[str] = Field([], max_length=100, description="Patterns of SKUs such as `GIFT-*`.")


class RiskRulesHeld(RiskRules):
    version: int


class RiskLearned(Schema):
    is_used: bool = Field(description="It beats the rules on later orders, surely.")
    reason: str | None
    orders: int | None
    bad: int | None
    judged: int | None
    judged_bad: int | None
    rules: float | None = Field(description="Area under the curve on later orders.")
    learned: float | None
    difference: float | None
    low: float | None = Field(description="Of the difference's 95 % interval.")
    high: float | None


class RiskOutbreakOut(Schema):
    id: int
    item: str
    pattern: str
    units: int
    orders: int
    first_at: str | None
    last_at: str | None


class RiskOutbreaks(Schema):
    items: list[RiskOutbreakOut]


class HowMany(Schema):
    limit: int = Field(100, ge=1, le=rows.MOST)


class Judged(rows.PageOf):
    """Which verdicts. `q` looks for the orders as the page does, among the newest thousand that it may mean."""

    q: rows.Search | None = Field(
        None, max_length=200, description="An order's number or id, a customer's name or e-mail."
    )
    level: Literal["low", "medium", "high"] | None = None
    decision: Literal["released", "refused"] | None = None


class RiskVerdicts(Schema):
    items: list[RiskVerdict]
    next: int | None = None


class QueuePage(Schema):
    limit: int = Field(100, ge=1, le=300)
    q: rows.Search | None = Field(
        None, max_length=200, description="An order's number or id, a customer's name or e-mail."
    )
    after: str = Field("", max_length=40, description="`next` of the page before this one.")


@router.get("/risk/queue", response=RiskQueue)
def list_waiting(request: HttpRequest, page: Query[QueuePage]) -> dict[str, Any]:
    """Orders that staff have to look at, the riskiest first."""
    shop = shop_of(request).pk
    among = meant(shop, page.q).values() if page.q else None
    items, following = services.told_waiting(shop, page.limit, page.after, among)
    return {"items": items, "next": following}


@router.get("/risk/orders", response=RiskVerdicts)
def list_judged(request: HttpRequest, which: Query[Judged]) -> dict[str, Any]:
    """Every order that was judged, the newest verdict first."""
    shop = shop_of(request).pk
    keys = list(meant(shop, which.q).values()) if which.q else None
    if keys is None and not which.level and not which.decision:
        found = of_shop(RiskAssessment.objects.all(), shop)
    else:
        found = services.judged(shop, keys, which.level or "", which.decision or "")
    return rows.page_by_id(found, which, services.told)


@router.get("/risk/orders/{order}", response=RiskVerdict)
def show_risk(request: HttpRequest, order: rows.Key) -> dict[str, Any]:
    """The newest verdict on an order, with its reasons and the facts it was made on."""
    return services.told(get_object_or_404(RiskAssessment, shop=shop_of(request), key=order))


@router.post("/risk/orders/{order}/assess", response=RiskAsked)
def assess_order(request: HttpRequest, order: rows.Key) -> dict[str, Any]:
    """Have an order judged now."""
    row = get_object_or_404(Order.objects.defer("data"), shop=shop_of(request), key=order)
    refs = {"customer": row.customer_key or "", "email": (row.email or "").lower()}
    given = {name: one for name, one in refs.items() if one}
    return {"effect": reviewing.assess(row.shop_id, row.key, given, caller(request))}


@router.post("/risk/decisions", response=RiskDecided)
def decide_risk(request: HttpRequest, given: RiskDecision) -> dict[str, Any]:
    """Let orders go on, refuse them, or take either back while the store was not asked."""
    shop, by = shop_of(request).pk, caller(request)
    if given.decision == "reopened":
        return {"changed": reviewing.reopen(shop, given.orders, by)}
    return {"changed": reviewing.decide(shop, given.orders, given.decision, by, note=given.note)}


@router.get("/risk/lists", response=RiskLists)
def list_entries(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Who is blocked and who is allowed, newest first."""
    return rows.page_by_id(RiskEntry.objects.filter(shop=shop_of(request)), page, services.entry_told)


@router.post("/risk/lists", response=RiskCount)
def add_entries(request: HttpRequest, given: RiskListing) -> dict[str, Any]:
    """Block or allow; what is on the other list changes sides."""
    found = [marks.mark(given.kind, value) for value in given.values]
    shop, by = shop_of(request).pk, caller(request)
    count = reviewing.put_on_list(shop, given.list, found, by, reason=given.reason, until=given.expires_at)
    return {"count": count}


@router.delete("/risk/lists/{entry}", response=RiskCount)
def remove_entry(request: HttpRequest, entry: int) -> dict[str, Any]:
    """Take one off its list."""
    row = get_object_or_404(RiskEntry, shop=shop_of(request), pk=entry)
    return {"count": reviewing.take_off_list(row.shop_id, [row.pk], caller(request))}


@router.get("/risk/rules", response=RiskRulesHeld)
def show_rules(request: HttpRequest) -> dict[str, Any]:
    """Every rule with what holds for it."""
    return policy.told(services.policy_of(shop_of(request).pk)[0])


@router.put("/risk/rules", response=RiskRulesHeld)
def put_rules(request: HttpRequest, given: RiskRules) -> dict[str, Any]:
    """Judge by these from now on."""
    shop = shop_of(request).pk
    reviewing.put_policy(shop, policy.checked(given.dict()), caller(request))
    return policy.told(services.policy_of(shop)[0])


@router.get("/risk/learned", response=RiskLearned)
def show_learned(request: HttpRequest) -> dict[str, Any]:
    """How the score learned of the shop's own outcomes does beside the rules."""
    return services.learned_told(services.policy_of(shop_of(request).pk)[1])


@router.post("/risk/learn", response=RiskAsked)
def learn_risk(request: HttpRequest) -> dict[str, Any]:
    """Have it learned anew."""
    return {"effect": reviewing.learn(shop_of(request).pk, caller(request))}


@router.get("/risk/buying-out", response=RiskOutbreaks)
def list_outbreaks(request: HttpRequest, many: Query[HowMany]) -> dict[str, Any]:
    """What is or was being bought out, newest first."""
    found = services.outbreaks(shop_of(request).pk, many.limit)
    return {"items": [services.outbreak_told(one) for one in found]}
