"""Ends visits half an hour after their last page, and tells of them; forgets single pages after a day.

Invariant: that a visit is over and the event that says so are one transaction: however many workers look, and wherever
one is killed, it ends once. People are held before their visits, as where a visit begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sereno.runtime.inbox import Incoming, put
from sereno.runtime.ports import SOURCE
from sereno.runtime.visits import telling
from sereno.runtime.visits.rules import REST, VIEWS_KEPT
from sereno.runtime.visits.telling import Visit, Visitor
from sereno.runtime.world import World
from sereno.store.database import DatabaseConflict, Transaction
from sereno.store.fields import from_micros, to_micros

PAGE = 500
FORGOTTEN = 2000
EVERY = timedelta(minutes=5)
"""How often it is seen whether single pages can be forgotten."""


class Ender:
    """For one thread; several workers share what is due."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: datetime | None = None

    def run(self) -> int:
        """One page of what is due. Gives how many visits were looked at, or pages forgotten."""
        now = self._world.clock.now()
        try:
            return self._end(now) + self._forget(now)
        except DatabaseConflict:
            return 1

    def _end(self, now: datetime) -> int:
        asked = {"now": to_micros(now)}
        if not self._world.database.peek("visits_due", asked)[0]:
            return 0
        with self._world.database.transaction() as tx:
            ids = [row[0] for row in tx.all("hold_visits_due", {**asked, "limit": PAGE})]
            end(tx, ids, now)
        return len(ids)

    def _forget(self, now: datetime) -> int:
        if self._next is not None and now < self._next:
            return 0
        with self._world.database.transaction() as tx:
            gone = tx.run("forget_views", {"before": to_micros(now - VIEWS_KEPT), "limit": FORGOTTEN})
        if gone < FORGOTTEN:
            self._next = now + EVERY
        return gone


def end(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Those of these visits that are over; the others are looked at again when they would be. Their people are held."""
    later: list[tuple[int, int]] = []
    left: dict[int, tuple[int, int, int]] = {}
    over: list[int] = []
    events: list[Incoming] = []
    at = to_micros(now)
    for row in tx.all("visits_to_end", {"ids": ids}) if ids else ():
        id_, shop, person, number, started_at, last_at, pages, products, *more = row
        of_one, (visitor, first_at, newest_at, visits, recent, *first) = more[:5], more[5:]
        due = to_micros(from_micros(last_at) + REST)
        if due > at:
            later.append((id_, due))
            continue
        over.append(id_)
        left[visitor] = (visitor, pages, products)
        visit = Visit(id_, person, number, started_at, *of_one)
        known = Visitor(first_at, newest_at, visits, recent, pages, products, *first)
        events.append(Incoming(shop, None, None, SOURCE, at, telling.ended(visit, known, last_at, now)))
    if later:
        tx.many("put_off_visits", later)
    if over:
        tx.run("end_visits", {"ids": over})
        tx.many("leave_visitors", sorted(left.values()))
        put(tx, events)
