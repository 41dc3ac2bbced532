"""What pages, API and command line show of a person's visits. A fixed number of queries, each along an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Subquery

from sereno.commerce.records.visits import RECENT
from sereno.modules.visits.models import Visit, Visitor
from sereno.store.fields import instant_text

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Visits:
    """Of one person, over all their records. `visits` of them, `recent` in the last 30 days; `newest` first."""

    visits: int
    recent: int
    first_at: datetime
    newest: Sequence[Visit]
    first_source: str
    first_medium: str
    first_campaign: str


def visits_of(shop_id: int, keys: Sequence[str], now: datetime, limit: int = SHOWN) -> Visits | None:
    """None for who has not visited."""
    theirs = Visit.objects.filter(shop_id=shop_id, person__in=keys)
    lately = theirs.filter(started_at__gt=now - RECENT).order_by().values("shop_id").annotate(many=Count("pk"))
    visitors = list(
        Visitor.objects.filter(shop_id=shop_id, person__in=keys).annotate(lately=Subquery(lately.values("many")))
    )
    if not visitors:
        return None
    first = min(visitors, key=lambda one: one.first_at)
    return Visits(
        sum(one.visits for one in visitors),
        visitors[0].lately or 0,
        first.first_at,
        list(theirs.order_by("-started_at")[:limit]),
        first.first_source,
        first.first_medium,
        first.first_campaign,
    )


def told(one: Visit) -> dict[str, Any]:
    """As programs are told."""
    texts = {name: getattr(one, name) or None for name in ("device", "language", "source", "medium", "campaign")}
    return {
        "id": str(one.pk),
        "customer": one.person,
        "number": one.number,
        "started_at": instant_text(one.started_at),
        "last_at": instant_text(one.last_at),
        "is_over": one.due_at is None,
        "pages": one.pages,
        "products": one.products,
        **texts,
    }


def summed(found: Visits) -> dict[str, Any]:
    """As programs are told."""
    return {
        "visits": found.visits,
        "last_30_days": found.recent,
        "first_at": instant_text(found.first_at),
        "first_source": found.first_source or None,
        "first_medium": found.first_medium or None,
        "first_campaign": found.first_campaign or None,
    }
