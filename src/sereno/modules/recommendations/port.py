"""The live `Recommendations` port: what a message shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.modules.recommendations.asking import recommend
from sereno.modules.recommendations.services import asked_of, named, told
from sereno.store.database import Database

PLACE = "message"
"""Rules may speak of messages alone."""


class LiveRecommendations:
    def __init__(self, database: Database, shop_id: int) -> None:
        self._database, self._shop_id = database, shop_id

    def products(self, way: str, items: Sequence[str], person: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """See the port. Raises ValueError for a way that is none."""
        most = max(1, min(limit, 48))
        # More than asked for, as what has no name is left out.
        values = {"way": way, "items": list(items)[:100], "limit": min(2 * most, 48), "place": PLACE}
        return told(named(recommend(self._database, self._shop_id, asked_of(values, person))))[:most]
