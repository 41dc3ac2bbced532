"""When each reader of a newsletter gets it, where it goes at everybody's best moment: a page of people at a time.

Invariant: one person in ten gets it at the hour as scheduled, and stands noted beside those who waited, in the
transaction that writes their pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.engine.control import CONTROL, TREATED
from sereno.engine.moments import is_left_alone
from sereno.runtime.arbiter.rules import rules_of
from sereno.runtime.arbiter.timing import Timings, read_timings
from sereno.runtime.newsletters.working import Desk, Row, key_of
from sereno.store.database import Transaction
from sereno.store.fields import to_micros


class Moments:
    """The hours of these people, read in two queries; of nobody's where the newsletter does not ask for them."""

    def __init__(self, tx: Transaction, row: Row, desk: Desk, keys: Sequence[str]) -> None:
        self._row = row
        self._within = row.schedule.within if row.schedule.kind == "best" else None
        wanted = [(row.shop_id, key[:200]) for key in keys] if self._within is not None else []
        self._timings = read_timings(tx, wanted) if wanted else Timings()
        self._quiet = rules_of(desk.shop.settings).quiet_for("email", "marketing")
        self._arms: dict[str, tuple[str, int, int]] = {}

    def of(self, person: str, start: datetime, zone: ZoneInfo) -> datetime | None:
        """When this one gets it; None: at the start, as the others would without all this."""
        shop = self._row.shop_id
        until = start + (self._within or timedelta())
        at = self._timings.moment(shop, person, start, until, zone, self._quiet)
        if at is None:
            return None
        is_alone = is_left_alone(shop, person)
        self._arms[person] = (CONTROL if is_alone else TREATED, to_micros(start), to_micros(at))
        return None if is_alone else at

    def note(self, tx: Transaction, written: Sequence[tuple[Any, ...]]) -> None:
        """Of the pieces (id, person, variant) that were written, who waits and who was left alone."""
        rows: list[tuple[Any, ...]] = []
        for id_, person, _variant in written:
            if person in self._arms:
                arm, wanted, best = self._arms[person]
                rows.append((key_of(self._row.id, id_), self._row.shop_id, person, arm, wanted, best))
        tx.many("note_moments", sorted(rows))
