"""Has forecasts made beside the live work: one at a time, each in a process of its own, once a day for every shop that
buys by price lists, and whenever somebody asks.

Invariant: pages and flows never wait for it. However many look after it on however many hosts, a shop's day is one job.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sereno.runtime.children import Child
from sereno.store.database import Database, DatabaseConflict, DatabaseError, DatabaseRefusal
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.forecasts")

LOOK = 2.0
DAILY_FROM = 3
"""The hour, UTC, from which the day's forecast is due."""
Command = Callable[[int, str], Sequence[str]]


class Forecaster:
    """In a thread of its own. `name` is the worker's; a job is its process's for `lease`, which the process renews."""

    def __init__(self, database: Database, command: Command, name: str, lease: timedelta) -> None:
        self._database, self._command, self._name, self._lease = database, command, name, lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sereno-forecasts", daemon=True)
        self._child = Child()
        self._asked_for = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """The one under way is begun again by whoever is next."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        else:
            self._child.end()

    def look(self, now: datetime | None = None) -> bool:
        """One look: ask for the day's, begin, or see whether it is through. Gives whether there was anything."""
        now = now or datetime.now(UTC)
        if self._child.is_there:
            if self._child.status() is None:
                return True
            self._child.end()
        slot = f"day:{now.date().isoformat()}"
        if slot == self._asked_for or now.hour < DAILY_FROM:
            with self._database.read() as tx:
                if tx.one("any_open_forecast") is None:
                    return False
        row = None
        with suppress(*DatabaseRefusal, *DatabaseConflict), self._database.transaction() as tx:
            at = to_micros(now)
            if now.hour >= DAILY_FROM and slot != self._asked_for:
                tx.run("ask_days_forecasts", {"slot": slot, "now": at})
                self._asked_for = slot
            tx.run("give_up_forecasts", {"now": at})
            row = tx.one("claim_forecast", {"worker": self._name, "now": at, "until": to_micros(now + self._lease)})
        if row is None:
            return False
        self._child.begin(self._command(int(row[0]), self._name))
        return True

    def _run(self) -> None:
        while not self._stop.wait(LOOK):
            try:
                self.look()
            except DatabaseError as error:
                log.warning("forecasts are not looked after: %s", str(error).strip().splitlines()[:1])
            except Exception:
                log.exception("forecasts are not looked after; trying again")
        self._child.end()
        self._database.close_mine()
