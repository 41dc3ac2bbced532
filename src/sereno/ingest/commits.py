"""Group commit: one thread stores batches for everybody who waits at the door.

Invariant: a row's `reply` hears 200 only after the transaction that holds the row was committed; 503 otherwise, also
when the commit takes longer than senders wait (it may still succeed: their repeat is then a duplicate).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from sereno.ingest.inbox import Inbox, NewDelivery, Unwritable

log = logging.getLogger("sereno.door")

Reply = Callable[[int], None]

PATIENCE = 4.0
"""Seconds after which senders are told to come back; Shopify hangs up after five."""


class Batch:
    """Rows that are committed together, and who is told about each. `is_late`: they have been told 503 already."""

    __slots__ = ("bytes", "is_late", "replies", "rows", "timer")

    def __init__(self) -> None:
        self.rows: list[NewDelivery] = []
        self.replies: list[Reply] = []
        self.is_late = False
        self.timer: asyncio.TimerHandle | None = None


class GroupCommit:
    """While the thread commits one batch the loop gathers the next; so the harder the door is hit, the larger the
    batches. Everything but the thread itself belongs to the loop that made it. `waiting` counts rows not yet answered,
    `stored` those that were new, `duplicates` those that had been there."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        on_stored: Callable[[], None] | None = None,
        most: int = 128,
        patience: float = PATIENCE,
    ) -> None:
        self._inbox = inbox
        self._on_stored = on_stored
        self._most = most
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._batches: list[Batch] = []
        self._is_busy = False
        self._handed: Batch | None = None
        self._wake = threading.Semaphore(0)
        self._idle = asyncio.Event()
        self._idle.set()
        self.waiting = 0
        self.stored = 0
        self.duplicates = 0
        self.batches = 0
        self._thread = threading.Thread(target=self._work, name="sereno-door-writer", daemon=True)
        self._thread.start()

    def add(self, row: NewDelivery, reply: Reply) -> None:
        """Queue a row; `reply` is called in the loop's thread with 200 or 503."""
        batches = self._batches
        if not batches or len(batches[-1].rows) >= self._most:
            self._begin_batch()
        batch = batches[-1]
        batch.rows.append(row)
        batch.replies.append(reply)
        self.waiting += 1

    async def close(self) -> None:
        """Commit what waits, then end the thread."""
        await self._idle.wait()
        self._handed = None
        self._wake.release()
        await self._loop.run_in_executor(None, self._thread.join)

    def _begin_batch(self) -> None:
        batch = Batch()
        batch.timer = self._loop.call_later(self._patience, self._give_up, batch)
        self._batches.append(batch)
        if not self._is_busy:
            # At the end of this turn of the loop, so that all requests read in this turn share the commit.
            self._is_busy = True
            self._idle.clear()
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._handed = self._batches.pop(0)
        self._wake.release()

    def _give_up(self, batch: Batch) -> None:
        batch.is_late = True
        self._tell(batch, [503] * len(batch.rows))

    def _tell(self, batch: Batch, statuses: Sequence[int]) -> None:
        self.waiting -= len(batch.replies)
        for reply, status in zip(batch.replies, statuses, strict=True):
            reply(status)
        batch.replies = []

    def _finished(self, batch: Batch, statuses: Sequence[int], new: int) -> None:
        if self._batches:
            self._hand_over()
        else:
            self._is_busy = False
            self._idle.set()
        self.batches += 1
        self.stored += new
        self.duplicates += sum(status == 200 for status in statuses) - new
        if batch.timer is not None:
            batch.timer.cancel()
        if not batch.is_late:
            self._tell(batch, statuses)

    def _work(self) -> None:
        while True:
            self._wake.acquire()
            batch = self._handed
            if batch is None:
                self._inbox.close()
                return
            statuses, new = self._store(batch.rows)
            if new and self._on_stored is not None:
                self._on_stored()
            self._loop.call_soon_threadsafe(self._finished, batch, statuses, new)

    def _store(self, rows: Sequence[NewDelivery]) -> tuple[Sequence[int], int]:
        try:
            return [200] * len(rows), self._inbox.store(rows)
        except Unwritable as error:
            log.warning("the door cannot write: %s", error)
            return [503] * len(rows), 0
        except Exception:
            # One row the database will not take must not refuse its neighbours.
            log.exception("a batch of %d deliveries was refused; storing them one by one", len(rows))
            return self._store_one_by_one(rows)

    def _store_one_by_one(self, rows: Sequence[NewDelivery]) -> tuple[Sequence[int], int]:
        statuses: list[int] = []
        new = 0
        for row in rows:
            try:
                new += self._inbox.store([row])
                statuses.append(200)
            except Exception as error:
                log.warning("a delivery for connection %d was refused: %s", row.connection_id, error)
                statuses.append(503)
        return statuses, new
