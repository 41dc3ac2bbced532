"""Pages that customers look at, in tests."""

from __future__ import annotations

from support import Place

from sereno.runtime.visits import taking
from sereno.runtime.visits.rules import Seen

PAGES = iter(range(1, 1_000_000))


def look(place: Place, who: str = "7", *, view: str = "", **more: str) -> str:
    seen = Seen(who, view or f"page-{next(PAGES):06}", **more)
    return taking.take(place.shop, seen, database=place.database)
