"""What segments need besides the events: gathering what is known of a shop's people when it makes its first segment,
looking at everybody once when one is made or changed, and at those for whom time alone changed something.

Invariant: each turn is one short transaction, so that nobody waits long; cut short anywhere, it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sereno.runtime.segments.compiling import Among, query
from sereno.runtime.segments.counting import recount
from sereno.runtime.segments.keeping import SLOTS, Kept, decide, segments_of
from sereno.runtime.segments.memberships import touch
from sereno.runtime.segments.people import Shop, refresh, shop_of
from sereno.runtime.segments.things import mark_goods
from sereno.runtime.world import World
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

GATHERED = 500
"""Customers whose history is counted in one transaction."""
LOOKED_AT = 20_000
"""People a new segment looks at in one transaction."""
PASSED = 1000
"""People for whom time passes in one transaction."""
BEGINS_AFTER = timedelta(seconds=3)
"""Gathering waits until every transaction has ended that could not know yet that the shop has segments (PostgreSQL)."""
FURTHEST_EAST = timedelta(hours=14)

State = Sequence[Any]


class Segments:
    """One turn at a time, by whichever worker comes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self) -> int:
        """Gives how many people were looked at; 0 when nothing is due."""
        now = self._world.clock.now()
        today = (now + FURTHEST_EAST).date().toordinal()
        has_shops, has_touched, has_new, has_days = self._world.database.peek("any_segments", {"today": today})
        if not (has_touched or (has_shops and (has_new or has_days))):
            return 0
        with self._world.database.read() as tx:
            states = tx.all("segment_states")
        if has_touched:
            self._forget_others()
        return sum(self._turn(state, now) for state in states)

    def _forget_others(self) -> None:
        with self._world.database.transaction() as tx:
            tx.run("drop_touched_elsewhere")

    def _turn(self, state: State, now: datetime) -> int:
        shop_id, stage, cursor, began_at, day, timezone, currency = state
        shop = shop_of(shop_id, timezone, currency, now)
        if stage != "ready":
            is_early = to_micros(now - BEGINS_AFTER) < began_at and self._world.database.dialect == "postgresql"
            if is_early:
                return 0
            return self._gather_goods(shop, cursor) if stage == "goods" else self._gather(shop, cursor)
        return (
            self._look_again(shop, now) or self._count(shop, now) or (self._pass(shop, now) if day < shop.today else 0)
        )

    def _gather_goods(self, shop: Shop, cursor: int) -> int:
        with self._world.database.transaction() as tx:
            tx.all("share_segments", {"shop": shop.id})
            rows = tx.all("products_to_gather", {"shop": shop.id, "after": cursor, "limit": GATHERED})
            mark_goods(tx, shop.id, [row[1:] for row in rows])
            is_over = len(rows) < GATHERED
            stage, after = ("people", 0) if is_over else ("goods", rows[-1][0])
            tx.run("move_segments", {"shop": shop.id, "stage": stage, "cursor": after})
        return len(rows) or 1

    def _gather(self, shop: Shop, cursor: int) -> int:
        with self._world.database.transaction() as tx:
            tx.all("share_segments", {"shop": shop.id})
            rows = tx.all("customers_to_gather", {"shop": shop.id, "after": cursor, "limit": GATHERED})
            recount(tx, shop, (key for _, key in rows))
            stage = "people" if len(rows) == GATHERED else "ready"
            tx.run("move_segments", {"shop": shop.id, "stage": stage, "cursor": rows[-1][0] if rows else cursor})
        return len(rows) or 1

    def _look_again(self, shop: Shop, now: datetime) -> int:
        """People of whom something changed that no event told of."""
        with self._world.database.transaction() as tx:
            keys = [key for (key,) in tx.all("take_touched", {"shop": shop.id, "limit": GATHERED})]
            if keys:
                tx.all("share_segments", {"shop": shop.id})
                decide(tx, shop, recount(tx, shop, keys), now, self._world.database.dialect)
        return len(keys)

    def _count(self, shop: Shop, now: datetime) -> int:
        """Some more people for the first of the segments that are new: those it asks for come before it."""
        with self._world.database.transaction() as tx:
            tx.all("hold_segments", {"shop": shop.id})
            segments = segments_of(tx, shop.id)
            new = [one for one in segments if not one.is_live]
            if not new:
                return 0
            one = new[0]
            first = max(one.cursor, 1)
            end = tx.one("end_of_people", {"shop": shop.id, "first": first, "size": LOOKED_AT})
            last = tx.one("last_of_people")
            assert end is not None and last is not None
            until = end[0] or last[0]
            looked_at = self._look_at(tx, shop, one, {kept.name: kept.id for kept in segments}, (first, until), now)
            if end[0]:
                tx.run("go_on_counting", {"id": one.id, "cursor": until})
            else:
                tx.run("end_counting", {"id": one.id, "version": one.version, "now": to_micros(now)})
        return looked_at or 1

    def _look_at(
        self, tx: Transaction, shop: Shop, one: Kept, ids: dict[str, int], people: tuple[int, int], now: datetime
    ) -> int:
        """Whom the events have decided already stays as they are."""
        dialect, at = self._world.database.dialect, to_micros(now)
        found = query(one.part, dialect, shop.id, shop.today, shop.exponent, ids, Among(None, *people))
        rows = tx.text(
            "INSERT INTO segments_member (segment_id, key, person_id, is_in, due, crossings, since_at) "  # noqa: S608
            f"SELECT {one.id:d}, q.key, q.id, q.is_in, CAST(q.due AS integer), 0, {at:d} FROM ({found.sql}) AS q "
            "WHERE q.is_in = 1 OR q.due IS NOT NULL ON CONFLICT (segment_id, key) DO NOTHING RETURNING is_in, key",
            found.parameters,
        )
        began = sum(row[0] for row in rows)
        if began:
            tx.many("tally_segments", [(one.id, shop.today, one.id % SLOTS, began, 0, 0)])
        if began and one.tag:
            tagged = sorted(key for is_in, key in rows if is_in)
            tx.many("add_tags", [(shop.id, "customer", key, one.tag, at) for key in tagged])
            touch(tx, ((shop.id, key) for key in tagged))
        return people[1] - people[0]

    def _pass(self, shop: Shop, now: datetime) -> int:
        """A page of those for whom a day has come; after the last one the day is over."""
        with self._world.database.transaction() as tx:
            tx.all("share_segments", {"shop": shop.id})
            for one in segments_of(tx, shop.id):
                asked = {"segment": one.id, "today": shop.today, "limit": PASSED}
                keys = [key for (key,) in tx.all("due_members", asked)]
                if keys:
                    ids = refresh(tx, shop, keys)
                    decide(tx, shop, sorted(set(ids.values())), now, self._world.database.dialect)
                    return len(keys)
            tx.run("pass_segment_day", {"shop": shop.id, "day": shop.today})
        return 1
