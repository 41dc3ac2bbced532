"""Has what is reckoned once a day made beside the live work: one shop at a time, each in a process of its own, and
whenever somebody asks.

Invariant: pages and flows never wait for it. However many look after it on however many hosts, a shop's day is one job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sereno.runtime.children import Minder
from sereno.store.database import Database, DatabaseConflict, DatabaseRefusal
from sereno.store.fields import to_micros

DAILY_FROM = 3
"""The hour, UTC, from which the day's is due."""
Command = Callable[[int, str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is reckoned: by which command, and the names of the statements: whether any is open, to ask for the day's,
    to give up what broke thrice, to claim the next."""

    command: Command
    any_open: str
    ask: str
    give_up: str
    claim: str


class Nightly(Minder):
    """`name` is the worker's; a job is its process's for `lease`, which the process renews. Of several kinds one job is
    made after the other."""

    NAME = "nightly jobs"

    def __init__(self, database: Database, kinds: Sequence[Kind], name: str, lease: timedelta) -> None:
        super().__init__(database)
        self._kinds, self._name, self._lease = kinds, name, lease
        self._asked_for: dict[str, str] = {}

    def look(self, now: datetime | None = None) -> bool:
        """One look: ask for the day's, begin, or see whether it is through. Gives whether there was anything."""
        now = now or datetime.now(UTC)
        return self._is_busy() or any(self._look(kind, now) for kind in self._kinds)

    def _look(self, kind: Kind, now: datetime) -> bool:
        slot = f"day:{now.date().isoformat()}"
        is_asked = slot == self._asked_for.get(kind.ask) or now.hour < DAILY_FROM
        if is_asked:
            with self._database.read() as tx:
                if tx.one(kind.any_open) is None:
                    return False
        row = None
        with suppress(*DatabaseRefusal, *DatabaseConflict), self._database.transaction() as tx:
            at = to_micros(now)
            if not is_asked:
                tx.run(kind.ask, {"slot": slot, "now": at})
                self._asked_for[kind.ask] = slot
            tx.run(kind.give_up, {"now": at})
            row = tx.one(kind.claim, {"worker": self._name, "now": at, "until": to_micros(now + self._lease)})
        if row is None:
            return False
        self._child.begin(kind.command(int(row[0]), self._name))
        return True
