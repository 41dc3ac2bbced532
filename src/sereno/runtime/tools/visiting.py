"""A list over there in a worker's hands for a slice of time: claimed, worked on step by step, handed back.

Invariant: one worker has a list, under a lease that every step renews in its own transaction. However a visit ends -
nothing left to do, the slice over, the tool away, the lease lost - the list is free for whoever comes next; killed, it
is free when the lease runs out. A step that met another transaction is taken again.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

from sereno.runtime.stores.turns import Turns
from sereno.runtime.tools.reaching import Tool, reach
from sereno.runtime.world import World
from sereno.sdk.audience import AudienceApi
from sereno.sdk.stores import StoreBusy, StoreLimited, StoreRefused
from sereno.store.database import DatabaseConflict
from sereno.store.fields import to_micros
from sereno.store.jobs import LeaseLost
from sereno.store.secrets import SecretsUnreadable

log = logging.getLogger("sereno.reading")

LEASE = timedelta(seconds=120)
"""Longer than a batch or a page may take."""
SLICE = 20.0
"""Seconds after which the next list in turn is looked at."""
PAGE = 500
MICROS = timedelta(microseconds=1)


@dataclass(slots=True)
class Visited:
    """A list in our hands."""

    id: int
    shop_id: int
    connection_id: int
    list: str
    title: str
    failures: int
    """In a row, before what is being done now."""


Work = TypeVar("Work", bound=Visited)
Said = TypeVar("Said")


class Visitor(ABC, Generic[Work]):
    """One per worker, in the thread that waits for networks. `wait(seconds)` sleeps, and gives whether to stop. `due`
    and `claim` name the statements that find and take lists."""

    due: ClassVar[str]
    claim: ClassVar[str]

    def __init__(self, world: World, wait: Callable[[float], bool] = lambda seconds: False) -> None:
        self._world = world
        self._database = world.database
        self._wait = wait
        self._turns = Turns(wait)

    def run(self) -> int:
        """Do what is due, each list for a slice of time; gives how many steps were taken."""
        with self._database.read() as tx:
            due = [row[0] for row in tx.all(self.due, {"now": self._now()})]
        return sum(self._visit(one) for one in due)

    def _visit(self, id_: int) -> int:
        held = {"id": id_, "worker": self._world.worker, "now": self._now(), "until": self._until()}
        with self._database.transaction() as tx:
            row = tx.one(self.claim, held)
        if row is None:
            return 0
        work, steps = self._work(row), 0
        try:
            end = monotonic() + SLICE
            while monotonic() < end and not self._wait(0):
                try:
                    if not self._step(work):
                        return steps
                except DatabaseConflict:
                    continue
                steps += 1
                work.failures = 0
            self._release(work)
        except LeaseLost:
            # Where somebody ended it meanwhile, whoever is next need not wait.
            self._release(work)
        except (StoreLimited, StoreBusy, StoreRefused, SecretsUnreadable) as error:
            self._failed(work, error)
        return steps

    @abstractmethod
    def _work(self, row: Any) -> Work:
        """What `claim` found."""

    @abstractmethod
    def _step(self, work: Work) -> bool:
        """Whether there may be more to do; if not, the list has been handed back. Raises LeaseLost, StoreError."""

    @abstractmethod
    def _release(self, work: Work) -> None:
        """Hand it back, to be gone on with by whoever comes first."""

    @abstractmethod
    def _failed(self, work: Work, error: Exception) -> None:
        """Hand it back until later."""

    # --- what they stand on -----------------------------------------------------------------------

    def _reach(self, work: Work, can: Callable[[AudienceApi], bool]) -> Tool:
        return reach(self._world, work.shop_id, work.connection_id, can)

    def _ask(self, tool: Tool, what: str, ask: Callable[[], Said]) -> Said:
        """Raises LeaseLost when there is no time to wait for the tool, StoreError."""
        if not self._turns.take(tool.store):
            raise LeaseLost
        try:
            return ask()
        except (StoreLimited, StoreBusy, StoreRefused):
            raise
        except Exception as error:
            log.exception("%s does not %s", tool.store.connection, what)
            raise StoreBusy(f"{type(error).__name__}: {error}") from error

    def _mine(self, work: Work) -> dict[str, Any]:
        return {"id": work.id, "worker": self._world.worker}

    def _until(self) -> int:
        return self._now() + LEASE // MICROS

    def _now(self) -> int:
        return to_micros(self._world.clock.now())
