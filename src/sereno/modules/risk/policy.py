"""A shop's policy as a document: what is kept, what the API takes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.merging import parts
from sereno.modules.risk.rules import BY_CODE, LEVELS, RULES, Policy, Setting


def read(document: Mapping[str, Any] | None, version: int = 0) -> Policy:
    """What is kept, leniently: what no rule knows is left out."""
    given = document or {}
    settings = {
        str(one.get("code")): Setting(one.get("is_on") is not False, one.get("points"), one.get("limit"))
        for one in parts(given.get("rules"))
        if one.get("code") in BY_CODE
    }
    base = Policy()
    return Policy(
        settings,
        int(given.get("medium") or base.medium),
        int(given.get("high") or base.high),
        str(given.get("review") or base.review),
        tuple(str(one) for one in given.get("watched") or ()),
        version,
    )


def told(policy: Policy) -> dict[str, Any]:
    """All of it, each rule with what holds for it."""
    rules: list[dict[str, Any]] = []
    for rule in RULES:
        held = policy.of(rule)
        rules.append({"code": rule.code, "is_on": held.is_on, "points": held.points, "limit": held.limit})
    return {
        "rules": rules,
        "medium": policy.medium,
        "high": policy.high,
        "review": policy.review,
        "watched": list(policy.watched),
        "version": policy.version,
    }


def checked(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document to keep: what differs from the rules' own. Raises ValueError saying what is wrong, and with what."""
    medium, high = _whole(document.get("medium", 30), 1, 100), _whole(document.get("high", 60), 1, 100)
    if medium >= high:
        raise ValueError("medium must begin below high")
    review = document.get("review", "high")
    if review not in LEVELS[1:]:
        raise ValueError("orders are looked at from `medium` or from `high`")
    rules: list[dict[str, Any]] = []
    for one in parts(document.get("rules")):
        rule = BY_CODE.get(str(one.get("code")))
        if rule is None:
            raise ValueError(f"there is no rule {one.get('code')!r}")
        points = _whole(rule.points if one.get("points") is None else one["points"], -100, 100)
        limit = rule.limit if one.get("limit") is None else _number(one["limit"])
        said = {"code": rule.code, "is_on": one.get("is_on") is not False, "points": points, "limit": limit}
        if said != {"code": rule.code, "is_on": True, "points": rule.points, "limit": rule.limit}:
            rules.append(said)
    watched = [str(one).strip()[:100] for one in document.get("watched") or () if str(one).strip()][:100]
    return {"rules": rules, "medium": medium, "high": high, "review": review, "watched": watched}


def _whole(value: object, least: int, most: int) -> int:
    try:
        found = int(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no whole number") from None
    if not least <= found <= most:
        raise ValueError(f"{found} is not between {least} and {most}")
    return found


def _number(value: object) -> float:
    try:
        found = float(str(value).replace(",", "."))
    except ValueError:
        raise ValueError(f"{value!r} is no number") from None
    if not 0 <= found <= 1_000_000:
        raise ValueError(f"{found:g} is not between 0 and 1,000,000")
    return found
