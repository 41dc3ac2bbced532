"""Group commit: one thread stores batches for everybody who waits at the door.

Invariant: a row's `reply` hears 200 only after the transaction that holds the row was committed; 503 otherwise, also
when the commit takes longer than senders wait (it may still succeed: their repeat is then a duplicate).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

from sereno.ingest.inbox import Inbox, NewDelivery, Unwritable

log = logging.getLogger("sereno.door")

Reply = Callable[[int], None]

PATIENCE = 4.0
"""Seconds after which senders are told to come back; Shopify hangs up after five."""


class Waiting:
    """A row on its way, and who is told of it (None once told)."""

    __slots__ = ("reply", "row", "since")

    def __init__(self, row: NewDelivery, reply: Reply, since: float) -> None:
        self.row = row
        self.reply: Reply | None = reply
        self.since = since


class GroupCommit:
    """While the thread commits what it found in the queue, the loop fills it again; so the harder the door is hit, the
    larger the batches. The queue is the only thing both touch: the loop appends, the thread takes from the other end.
    Everything else belongs to the loop. `waiting` counts rows not yet settled, `stored` those that were new."""

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
        self._queue: deque[Waiting] = deque()
        self._unsettled: deque[Waiting] = deque()
        self._is_asleep = False
        self._is_closing = False
        self._wake = threading.Semaphore(0)
        self._watch: asyncio.TimerHandle | None = None
        self.waiting = 0
        self.stored = 0
        self.duplicates = 0
        self.batches = 0
        self._thread = threading.Thread(target=self._work, name="sereno-door-writer", daemon=True)
        self._thread.start()

    def add(self, row: NewDelivery, reply: Reply) -> None:
        """Queue a row; `reply` is called in the loop's thread with 200 or 503."""
        item = Waiting(row, reply, monotonic())
        self.waiting += 1
        self._unsettled.append(item)
        self._queue.append(item)
        if self._is_asleep:
            self._is_asleep = False
            # At the end of this turn of the loop, so that all requests read in this turn share the commit.
            self._loop.call_soon(self._wake.release)
        if self._watch is None:
            self._watch = self._loop.call_later(self._patience / 4, self._look_for_late)

    async def close(self) -> None:
        """Commit what waits, then end the thread."""
        self._is_closing = True
        self._wake.release()
        await self._loop.run_in_executor(None, self._thread.join)
        await asyncio.sleep(0)  # what the thread reported last
        if self._watch is not None:
            self._watch.cancel()

    # --- the loop's side

    def _settle(self, items: Sequence[Waiting], statuses: Sequence[int], new: int) -> None:
        self.batches += 1
        self.stored += new
        self.waiting -= len(items)
        for item, status in zip(items, statuses, strict=True):
            reply, item.reply = item.reply, None
            if reply is not None:
                reply(status)
            if status == 200:
                self.duplicates += 1
        self.duplicates -= new
        unsettled = self._unsettled
        while unsettled and unsettled[0].reply is None:
            unsettled.popleft()

    def _look_for_late(self) -> None:
        """Tell those who have waited too long. They stay in the queue: their rows may yet be stored."""
        late = monotonic() - self._patience
        for item in self._unsettled:
            if item.since > late:
                break
            reply, item.reply = item.reply, None
            if reply is not None:
                reply(503)
        again = self._unsettled and not self._is_closing
        self._watch = self._loop.call_later(self._patience / 4, self._look_for_late) if again else None

    # --- the thread's side

    def _work(self) -> None:
        queue = self._queue
        while True:
            if not queue:
                self._is_asleep = True
                # Looked at again after the flag was raised: what came before it has nobody to wake this thread.
                if not queue:
                    if self._is_closing:
                        break
                    self._wake.acquire()
                self._is_asleep = False
                continue
            items = [queue.popleft() for _ in range(min(len(queue), self._most))]
            statuses, new = self._store([item.row for item in items])
            self._loop.call_soon_threadsafe(self._settle, items, statuses, new)
            if new and self._on_stored is not None:
                self._on_stored()
        self._inbox.close()

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
