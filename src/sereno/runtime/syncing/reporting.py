"""Rules and differences as programs read them: the API and the command line say the same."""

from __future__ import annotations

from typing import Any

from sereno.runtime.syncing.services import Difference, Rule
from sereno.store.fields import instant_text


def rule_row(rule: Rule) -> dict[str, Any]:
    return {
        "field": rule.field,
        "leader": rule.leader,
        "conflict": rule.conflict,
        "connections": list(rule.connections),
        "most_change": rule.most_change,
    }


def difference_row(one: Difference) -> dict[str, Any]:
    """What is not there, or not known, is null; so that "" never has to be told from nothing."""
    return {
        "id": one.id,
        "sku": one.sku,
        "title": one.title or None,
        "field": one.field,
        "connection": one.connection,
        "source": one.source or None,
        "own": one.own or None,
        "target": one.target or None,
        "currency": one.currency or None,
        "change_percent": one.change_percent,
        "state": one.state,
        "reason": one.reason or None,
        "since": instant_text(one.since),
        "product": one.product or None,
        "variant": one.variant or None,
        "decided_by": one.decided_by or None,
    }
