"""Segments that shops often want, to be taken as they are and changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sereno.sdk.config import mark as _


@dataclass(frozen=True, slots=True)
class Ready:
    """`title` and `about` are texts to be translated."""

    name: str
    title: str
    about: str
    definition: dict[str, Any]


def _not(part: dict[str, Any]) -> dict[str, Any]:
    return {"not": part}


def _did(what: str, within: str, at_least: int = 1) -> dict[str, Any]:
    return {"did": what, "times": {"at_least": at_least}, "within": within}


ORDERED = {"did": "order", "times": {"at_least": 1}}

READY = (
    Ready(
        "vip",
        _("Best customers"),
        _("Champions and loyal customers by their score."),
        {"all": [{"field": "score_group", "is": "one_of", "value": ["champions", "loyal"]}]},
    ),
    Ready(
        "first-time",
        _("First-time buyers"),
        _("One order so far, in the last 30 days."),
        {"all": [_did("order", "30d"), _not({"did": "order", "times": {"at_least": 2}})]},
    ),
    Ready(
        "regulars",
        _("Regulars"),
        _("Three orders or more in 180 days."),
        {"all": [_did("order", "180d", 3)]},
    ),
    Ready(
        "lapsing",
        _("Lapsing"),
        _("Ordered before, and probably will not again."),
        {"all": [ORDERED, {"field": "churn_risk", "is": "at_least", "value": "0.6"}]},
    ),
    Ready(
        "lapsed",
        _("Lapsed"),
        _("Ordered once, and not in the last 180 days."),
        {"all": [ORDERED, _not(_did("order", "180d"))]},
    ),
    Ready(
        "due-now",
        _("Due now"),
        _("The next order is expected within seven days."),
        {"all": [{"field": "next_order_on", "is": "next", "value": "7d"}]},
    ),
    Ready(
        "never-bought",
        _("Never bought"),
        _("Agreed to e-mail, and has not ordered yet."),
        {"all": [{"field": "accepts_email", "is": "yes"}, _not(ORDERED)]},
    ),
    Ready(
        "readers",
        _("Readers"),
        _("Opened or clicked a message in the last 30 days; programs do not count."),
        {"any": [_did("message.opened", "30d"), _did("message.clicked", "30d")]},
    ),
    Ready(
        "window-shoppers",
        _("Readers who buy little"),
        _("Opened three messages in 90 days, and spent no more than 50 in a year."),
        {
            "all": [
                _did("message.opened", "90d", 3),
                ORDERED,
                {"did": "order", "spent": {"at_most": "50"}, "within": "365d"},
            ]
        },
    ),
    Ready(
        "abandoners",
        _("Left a cart"),
        _("Abandoned a checkout in the last 14 days, and has not ordered since."),
        {"all": [_did("checkout.abandoned", "14d"), _not(_did("order", "14d"))]},
    ),
    Ready(
        "hot-leads",
        _("Leads about to buy"),
        _("Have not ordered yet, and a first order within 30 days is likely: a chance of at least 10 per cent."),
        {"all": [{"field": "lead_score", "is": "at_least", "value": "10"}, _not(ORDERED)]},
    ),
    Ready(
        "looked-around",
        _("Looked and did not buy"),
        _("Looked at three products or more in the last 14 days, and has not ordered since."),
        {"all": [_did("product.viewed", "14d", 3), _not(_did("order", "14d"))]},
    ),
    Ready(
        "birthdays",
        _("Birthday soon"),
        _("Has their birthday within seven days."),
        {"all": [{"field": "birthday", "is": "next", "value": "7d"}]},
    ),
    Ready(
        "promoters",
        _("Recommend the shop"),
        _("Said 9 or 10 when they were asked whether they would recommend the shop."),
        {"all": [{"field": "nps", "is": "at_least", "value": "9"}]},
    ),
)
