"""What a replay remembers of runs for when two of their people turn out to be one: whom they are about, and which steps
they have done.

Invariant: it is asked in the words the database is, and says the same; of runs that are over only the newest are
remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.runtime.holding import Held
from sereno.runtime.persons.enrolling import JOINED
from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.store.database import Row
from sereno.store.documents import decode

MOST = 30_000
"""Runs that are over."""
_NOUNS = ("customer:", "email:")
Parameters = Mapping[str, Any]


class PastRuns:
    """`keep` each run as a batch leaves it."""

    def __init__(self, tx: ReplayTransaction) -> None:
        self._tx = tx
        self._live: dict[str, dict[int, None]] = {}
        """Rows of live runs by whom they are about."""
        self._links: dict[int, tuple[str, ...]] = {}
        self._done: dict[str, list[tuple[str, str]]] = {}
        """By run: key and action of what it did."""
        self._over: dict[str, tuple[str | None, int, str]] = {}
        """Of those that are over: why, when, and their subject."""
        tx.reads["live_runs_of_people"] = self._live_runs
        tx.reads["ends_of_runs"] = self._ends
        tx.reads["effects_of_ended"] = self._effects
        tx.reads["states_of_effects"] = lambda parameters: [(key, "shadow", None) for key in parameters["keys"]]

    def keep(self, id_: int, held: Held, now: int) -> None:
        uid = held.state.id
        done = [(row[0], row[4]) for row in held.effects if not _is_withheld(row)]
        if done:
            before = self._done.get(uid, [])
            self._done[uid] = [*before, *done]
            self._tx.undo.append(lambda: self._put_back(uid, before))
        if held.is_live and id_ not in self._links:
            self._enter(id_, held)
            self._tx.undo.append(lambda: self._leave(id_))
        elif not held.is_live:
            if id_ in self._links:
                self._leave(id_)
                self._tx.undo.append(lambda: self._enter(id_, held))
            self._end(uid, held, now)

    def _put_back(self, uid: str, before: list[tuple[str, str]]) -> None:
        self._done[uid] = before

    def _enter(self, id_: int, held: Held) -> None:
        names = self._links[id_] = tuple(link for link in held.links() if link.startswith(_NOUNS))
        for link in names:
            self._live.setdefault(link, {})[id_] = None

    def _leave(self, id_: int) -> None:
        for link in self._links.pop(id_, ()):
            runs = self._live[link]
            del runs[id_]
            if not runs:
                del self._live[link]

    def _end(self, uid: str, held: Held, now: int) -> None:
        if held.live.flow.reentry.mode == "always" and held.state.reason != JOINED:
            before = self._done.pop(uid, None)
            if before is not None:
                self._tx.undo.append(lambda: self._put_back(uid, before))
            return
        self._over[uid] = (held.state.reason, now, held.state.subject)
        self._tx.undo.append(lambda: self._forget(uid))
        while len(self._over) > MOST:
            oldest = next(iter(self._over))
            del self._over[oldest]
            self._done.pop(oldest, None)

    def _forget(self, uid: str) -> None:
        self._over.pop(uid, None)

    # --- statements -------------------------------------------------------------------------

    def _live_runs(self, parameters: Parameters) -> list[Row]:
        links = (*parameters["subjects"], *parameters["links"])
        return [(id_,) for id_ in sorted({id_ for link in links for id_ in self._live.get(link, ())})]

    def _ends(self, parameters: Parameters) -> list[Row]:
        return [(uid, *self._over[uid][:2]) for uid in parameters["uids"] if uid in self._over]

    def _effects(self, parameters: Parameters) -> list[Row]:
        return [
            (uid, key, action, self._over[uid][2])
            for uid in parameters["uids"]
            if uid in self._over
            for key, action in self._done.get(uid, ())
        ]


def _is_withheld(row: tuple[Any, ...]) -> bool:
    """Whether a row of `outcome_row` tells of something that failed, or of a message that was not sent."""
    if row[7] == "failed":
        return True
    return row[-3] is not None and '"sent"' in row[-3] and decode(row[-3]).get("sent") is False
