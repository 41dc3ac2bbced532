"""Which connections there are, known without asking the database for every request.

Invariant: what is answered from memory is at most `FRESH` seconds old, so a new secret works and a removed one stops
within it; however many unknown names are tried, the database is asked for them at most once per `MISS_SPACING`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from time import monotonic
from typing import Any

import msgspec

from sereno.ingest.inbox import ConnectionRow, Inbox, Unwritable
from sereno.ingest.refusals import Refusals
from sereno.sdk.connector import Connector

log = logging.getLogger("sereno.door")

FRESH = 1.0
MISS_SPACING = 0.25
MOST_NAMES = 500
MOST_KNOWN = 10_000
_NAME = re.compile(r"[-\w]{1,64}", re.ASCII)


@dataclass(slots=True)
class Known:
    """A connection as the door uses it. `secrets` is None when they cannot be decrypted: our own trouble. `answers`
    counts what its senders were told, by status; `refusals` are those whose signature was wrong."""

    id: int
    name: str
    connector: Connector
    secrets: Sequence[str] | None
    settings: Mapping[str, Any]
    read_at: float
    answers: dict[int, int]
    refusals: Refusals


class Connections:
    """Look-up by name. All methods belong to the loop's thread; reading is done by `executor`."""

    def __init__(
        self,
        inbox: Inbox,
        executor: Executor,
        find_connector: Callable[[str], Connector],
        decrypt: Callable[[str], Sequence[str]],
    ) -> None:
        self._inbox = inbox
        self._executor = executor
        self._find_connector = find_connector
        self._decrypt = decrypt
        self._known: dict[str, Known] = {}
        self._refresh = _Reader(self._read, spacing=0.0)
        self._misses = _Reader(self._read, spacing=MISS_SPACING)

    def __iter__(self):
        return iter(list(self._known.values()))

    def known(self, name: str) -> Known | None:
        """As last read, if it was. May be called from any thread."""
        return self._known.get(name)

    def fresh(self, name: str, now: float) -> Known | None:
        """The connection when it is known and was read not long ago."""
        found = self._known.get(name)
        return found if found is not None and now - found.read_at < FRESH else None

    async def find(self, name: str) -> Known | None:
        """The connection as the database has it now; None when there is no active one of that name. When the database
        does not answer: as last known. Raises Unwritable when it was not known either."""
        if not _NAME.fullmatch(name):
            return None
        reader = self._refresh if name in self._known else self._misses
        try:
            # A read begun before may bring the name; if it does not, only a later one proves that there is none.
            await reader.join(name)
            found = self.fresh(name, monotonic())
            if found is None:
                await reader.read(name)
        except Unwritable:
            if name in self._known:
                return self._known[name]
            raise
        return self._known.get(name)

    async def _read(self, names: Sequence[str]) -> None:
        loop = asyncio.get_running_loop()
        at = monotonic()
        rows = {
            row.name: row for row in await loop.run_in_executor(self._executor, self._inbox.find_connections, names)
        }
        for name in names:
            row = rows.get(name)
            if row is None:
                self._known.pop(name, None)
            else:
                self._known[name] = self._take(row, at)
        while len(self._known) > MOST_KNOWN:
            self._known.pop(next(iter(self._known)))

    def _take(self, row: ConnectionRow, at: float) -> Known:
        before = self._known.get(row.name)
        secrets: Sequence[str] | None
        try:
            secrets = self._decrypt(row.secrets)
        except Exception as error:
            log.error("connection %s: %s", row.name, error)
            secrets = None
        same = before is not None and before.id == row.id
        return Known(
            id=row.id,
            name=row.name,
            connector=self._find_connector(row.kind),
            secrets=secrets,
            settings=msgspec.json.decode(row.settings or "{}"),
            read_at=at,
            answers=before.answers if same and before else {},
            refusals=before.refusals if same and before else Refusals(),
        )


class _Reader:
    """Gathers names and reads them together, one read at a time and with `spacing` seconds between two."""

    def __init__(self, read: Callable[[Sequence[str]], Any], spacing: float) -> None:
        self._read = read
        self._spacing = spacing
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._in_flight: dict[str, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._last = 0.0

    async def join(self, name: str) -> None:
        """Wait for the read of `name` that is under way, if there is one."""
        future = self._in_flight.get(name)
        if future is not None:
            await asyncio.shield(future)

    async def read(self, name: str) -> None:
        """Returns once `name` was read after this call began. Raises what the read raised."""
        future = self._wanted.get(name)
        if future is None:
            future = self._wanted[name] = asyncio.get_running_loop().create_future()
            if self._task is None:
                self._task = asyncio.ensure_future(self._run())
        await asyncio.shield(future)

    async def _run(self) -> None:
        while self._wanted:
            pause = self._last + self._spacing - monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            names = list(self._wanted)[:MOST_NAMES]
            futures = [self._wanted.pop(name) for name in names]
            self._in_flight = dict(zip(names, futures, strict=True))
            try:
                await self._read(names)
            except Exception as error:
                for future in futures:
                    future.set_exception(error)
                    future.exception()  # seen: nobody may be waiting any more
            else:
                for future in futures:
                    future.set_result(None)
            self._in_flight = {}
            self._last = monotonic()
        self._task = None
