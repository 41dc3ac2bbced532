"""What the shop wants shown, and not: rules over what is known of a thing, and what can be bought of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any, Literal

Does = Literal["exclude", "boost", "pin"]
By = Literal["product", "tag", "category", "vendor", "type"]
DOES: tuple[Does, ...] = ("exclude", "boost", "pin")
BYS: tuple[By, ...] = ("product", "tag", "category", "vendor", "type")
ON_SALE = (None, "", "active", "published")


@dataclass(frozen=True, slots=True)
class Rule:
    """`value` is compared without regard to case; `place` "" is everywhere."""

    does: Does
    by: By
    value: str
    place: str = ""
    factor: float = 1.0

    def is_about(self, thing: Thing) -> bool:
        return self.value.casefold() in thing.named(self.by)


@dataclass(frozen=True, slots=True)
class Thing:
    """A candidate: what is known of it, and how many of it can be sold (None: nobody counts, it can be)."""

    item: str
    title: str = ""
    status: str | None = None
    price: str | None = None
    currency: str | None = None
    available: float | None = None
    url: str | None = None
    image_url: str | None = None
    product_type: str = ""
    vendor: str = ""
    tags: Sequence[str] = ()
    categories: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def can_be_bought(self) -> bool:
        return self.status in ON_SALE and (self.available is None or self.available > 0)

    def named(self, by: str) -> frozenset[str]:
        names: Iterable[str] = {
            "product": (self.item, *self.facts.get("skus", ())),
            "tag": self.tags,
            "category": self.categories,
            "vendor": (self.vendor,),
            "type": (self.product_type,),
        }.get(by, ())
        return frozenset(name.casefold() for name in names if name)


def arrange(
    scores: Mapping[str, float],
    things: Mapping[str, Thing],
    rules: Sequence[Rule],
    place: str,
    limit: int,
    *,
    are_logs: bool = False,
    keeps_sold_out: bool = False,
) -> list[str]:
    """The best `limit` of the candidates: without what is excluded, hidden or sold out (`keeps_sold_out` puts that
    last), what is pinned first, what is boosted higher. A boost of 2 counts as a score twice as high."""
    here = [rule for rule in rules if rule.place in ("", place)]
    found: list[tuple[int, int, float, str]] = []
    for item, score in scores.items():
        thing = things.get(item)
        if thing is None or thing.status not in ON_SALE:
            continue
        if not thing.can_be_bought and not keeps_sold_out:
            continue
        mine = [rule for rule in here if rule.is_about(thing)]
        if any(rule.does == "exclude" for rule in mine):
            continue
        weight = sum(log(max(rule.factor, 1e-6)) for rule in mine if rule.does == "boost")
        value = score + weight if are_logs else score * exp(weight)
        pinned = any(rule.does == "pin" for rule in mine)
        found.append((not thing.can_be_bought, not pinned, -value, item))
    return [item for *_, item in sorted(found)[:limit]]
