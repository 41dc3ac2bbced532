"""The risk of one order, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.modules.risk import services
from sereno.modules.risk.reasons import LEVELS


@dataclass(frozen=True, slots=True)
class Risk:
    score: int
    level: str
    label: str
    reasons: list[dict[str, Any]]
    facts: dict[str, Any]
    chance: float | None
    is_waiting: bool
    decision: str
    by: str


def risk_of(shop_id: int, order: str) -> Risk | None:
    """None for an order that was not judged."""
    row = services.assessment_of(shop_id, order)
    if row is None:
        return None
    level = row.level or "low"
    decisions = {"released": _("Let go on"), "refused": _("Refused")}
    return Risk(
        row.score or 0,
        level,
        str(LEVELS.get(level, level)),
        services.said(row.data),
        row.data.get("facts") or {},
        row.data.get("chance"),
        bool(row.is_waiting),
        decisions.get(row.decision or "", ""),
        str(row.data.get("decided_by") or ""),
    )
