"""The rules: each looks at the facts of one order and says how many points they are worth, and why.

Invariant: pure, and about the facts alone, which are kept: the same facts and the same policy give the same score.
What is not known is never held against anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Facts = Mapping[str, Any]
Found = dict[str, str] | None
"""What fills the words of a reason; None when the rule does not hold."""
Check = Callable[[Facts, float], Found]
MOST = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """`points` count for risk, below zero against it. `limit` is the number the rule compares with, in `unit`; None for
    a rule without."""

    code: str
    group: str
    points: int
    check: Check
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code, the points it gave, and the facts that fill its words."""

    code: str
    points: int
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Setting:
    """What a shop says of one rule; None is the rule's own."""

    is_on: bool = True
    points: int | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a shop wants: its rules by code, from how many points an order is medium and high, and from which level
    staff look at it. `watched` are patterns of SKUs that are bought with stolen cards."""

    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    medium: int = 30
    high: int = 60
    review: str = "high"
    watched: tuple[str, ...] = ()
    version: int = 0

    def of(self, rule: Rule) -> Setting:
        said = self.settings.get(rule.code, Setting())
        return Setting(
            said.is_on,
            rule.points if said.points is None else said.points,
            rule.limit if said.limit is None else said.limit,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is 0 to 100."""

    score: int
    level: str
    reasons: tuple[Reason, ...]


LEVELS = ("low", "medium", "high")


def judge(facts: Facts, policy: Policy) -> Verdict:
    """The sum of the points of all rules that hold, the weightiest first. What is blocked is high whatever else is
    known, and what is allowed and not blocked is nothing."""
    reasons: list[Reason] = []
    for rule in RULES:
        setting = policy.of(rule)
        if not setting.is_on or not setting.points:
            continue
        found = rule.check(facts, setting.limit or 0)
        if found is not None:
            reasons.append(Reason(rule.code, setting.points, found))
    codes = {one.code for one in reasons}
    if "list.allowed" in codes and "list.blocked" not in codes:
        return Verdict(0, "low", tuple(one for one in reasons if one.code == "list.allowed"))
    reasons.sort(key=lambda one: -one.points)
    score = max(0, min(MOST, sum(one.points for one in reasons)))
    if "list.blocked" in codes:
        score = max(score, policy.high)
    return Verdict(score, level_of(score, policy), tuple(reasons))


def level_of(score: int, policy: Policy) -> str:
    return "high" if score >= policy.high else "medium" if score >= policy.medium else "low"


def needs_review(level: str, policy: Policy) -> bool:
    return LEVELS.index(level) >= LEVELS.index(policy.review)


# --- what the rules are made of -------------------------------------------------------------------


def _is(name: str, *values: str) -> Check:
    return lambda facts, limit: {} if facts.get(name) in values else None


def _true(name: str) -> Check:
    return lambda facts, limit: {} if facts.get(name) is True else None


def _false(name: str) -> Check:
    return lambda facts, limit: {} if facts.get(name) is False else None


def _at_least(name: str) -> Check:
    def check(facts: Facts, limit: float) -> Found:
        value = facts.get(name)
        return {"count": f"{value:g}"} if isinstance(value, int | float) and value >= limit else None

    return check


def _below(name: str) -> Check:
    def check(facts: Facts, limit: float) -> Found:
        value = facts.get(name)
        return {"minutes": f"{value:g}"} if isinstance(value, int | float) and 0 <= value < limit else None

    return check


def _some(name: str) -> Check:
    def check(facts: Facts, limit: float) -> Found:
        value = facts.get(name)
        return {"what": ", ".join(str(one) for one in value[:5])} if isinstance(value, list) and value else None

    return check


def _ip_elsewhere(facts: Facts, limit: float) -> Found:
    here = facts.get("ip_country")
    known = [one for one in (facts.get("ship_country"), facts.get("bill_country")) if one]
    return {"ip": str(here), "order": "/".join(dict.fromkeys(known))} if here and known and here not in known else None


def _ip_far(facts: Facts, limit: float) -> Found:
    far = facts.get("distance_km")
    if not isinstance(far, int) or far < limit or _ip_elsewhere(facts, limit) is None:
        return None
    return {"km": str(far)}


def _ip_distance(facts: Facts, limit: float) -> Found:
    far = facts.get("ip_km")
    if not isinstance(far, int) or far < limit:
        return None
    return {"km": str(far), "radius": str(facts.get("ip_radius_km") or 0), "city": str(facts.get("ip_city") or "")}


def _differ(one: str, other: str) -> Check:
    def check(facts: Facts, limit: float) -> Found:
        first, second = facts.get(one), facts.get(other)
        return {"one": first, "other": second} if first and second and first != second else None

    return check


RULES: tuple[Rule, ...] = (
    Rule("list.blocked", "lists", 100, _some("blocked")),
    Rule("list.allowed", "lists", -100, _some("allowed")),
    Rule("history.bad", "history", 60, _some("bad")),
    Rule("history.good", "history", -25, _at_least("good_orders"), 2, "orders"),
    Rule("platform.high", "platform", 50, _is("platform_risk", "high")),
    Rule("platform.medium", "platform", 20, _is("platform_risk", "medium")),
    Rule("learned.high", "platform", 40, _at_least("learned_lift"), 5, "times"),
    Rule("card.cvv", "card", 30, _is("cvv", "no_match")),
    Rule("card.avs", "card", 20, _is("avs", "no_match")),
    Rule("card.country", "card", 15, _differ("card_country", "bill_country")),
    Rule("card.failures", "card", 20, _at_least("failed_payments"), 3, "payments"),
    Rule("card.often", "velocity", 25, _at_least("card_day"), 3, "orders"),
    Rule("card.shared", "velocity", 35, _at_least("card_people"), 2, "people"),
    Rule("email.often", "velocity", 15, _at_least("email_day"), 4, "orders"),
    Rule("phone.shared", "velocity", 15, _at_least("phone_people"), 3, "people"),
    Rule("device.often", "velocity", 20, _at_least("device_day"), 3, "orders"),
    Rule("device.shared", "velocity", 30, _at_least("device_people"), 2, "people"),
    Rule("ip.often", "velocity", 15, _at_least("ip_day"), 4, "orders"),
    Rule("ip.shared", "velocity", 25, _at_least("ip_people"), 3, "people"),
    Rule("address.often", "velocity", 10, _at_least("address_day"), 4, "orders"),
    Rule("address.shared", "velocity", 15, _at_least("address_people"), 4, "people"),
    Rule("ip.country", "place", 15, _ip_elsewhere),
    Rule("ip.far", "place", 15, _ip_far, 2000, "km"),
    Rule("ip.distance", "place", 20, _ip_distance, 500, "km"),
    Rule("address.countries", "place", 15, _differ("bill_country", "ship_country")),
    Rule("email.disposable", "person", 25, _true("is_disposable")),
    Rule("name.mismatch", "person", 10, _false("names_agree")),
    Rule("account.new", "person", 15, _below("account_minutes"), 30, "minutes"),
    Rule("account.instant", "person", 30, _below("account_minutes"), 1, "minutes"),
    Rule("amount.high", "goods", 15, _at_least("amount_ratio"), 4, "times"),
    Rule("items.many", "goods", 10, _at_least("most_units"), 10, "units"),
    Rule("items.gift_card", "goods", 10, _true("has_gift_card")),
    Rule("items.watched", "goods", 20, _some("watched")),
)
BY_CODE = {one.code: one for one in RULES}
