"""Files through the door's path: the same rows, the same deduplication, the same transaction, without the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

from sereno.ingest.door import fit_key, fit_topic, stored_headers
from sereno.ingest.files import Recorded, UnknownFormat, Unreadable, count_lines, read_deliveries
from sereno.ingest.inbox import ConnectionRow, Inbox, NewDelivery
from sereno.sdk.connector import Connector
from sereno.store.documents import decode

Progress = Callable[[int, int | None], None]

BATCH = 500
MOST_ERRORS = 100


class UnknownConnection(LookupError):  # noqa: N818
    """There is no active connection of that name."""


def ingest_deliveries(
    inbox: Inbox,
    connection: str,
    paths: Sequence[Path],
    find_connector: Callable[[str], Connector],
    *,
    topic: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Store what the files hold, in their order. Gives `files`, `deliveries`, `new`, `duplicates`, `unreadable`, and
    the first hundred `errors` with file, line and message. Raises UnknownConnection; `inbox.Unwritable` when the
    database cannot be written, which leaves whole batches stored: do it again, and only the rest is new."""
    rows = inbox.find_connections([connection])
    if not rows:
        raise UnknownConnection(connection)
    bringing = _Bringing(inbox, rows[0], find_connector(rows[0].kind), topic)
    total = sum(count_lines(path) for path in paths)
    told = 0.0
    for path in paths:
        try:
            for item in read_deliveries(path, bringing.connector, bringing.settings, topic):
                bringing.take(item)
                if progress is not None and monotonic() - told > 0.1:
                    told = monotonic()
                    progress(bringing.seen, max(total, bringing.seen))
        except (UnknownFormat, OSError) as error:
            bringing.take(Unreadable(str(path), 0, str(error)))
    bringing.flush()
    if progress is not None:
        progress(bringing.seen, bringing.seen)
    return {
        "files": len(paths),
        "deliveries": bringing.deliveries,
        "new": bringing.new,
        "duplicates": bringing.deliveries - bringing.new,
        "unreadable": bringing.unreadable,
        "errors": [{"file": item.file, "line": item.line, "message": item.message} for item in bringing.errors],
    }


class _Bringing:
    def __init__(self, inbox: Inbox, row: ConnectionRow, connector: Connector, topic: str | None) -> None:
        self.connector = connector
        self.settings = decode(row.settings or "{}")
        self.errors: list[Unreadable] = []
        self.deliveries = self.new = self.unreadable = 0
        self._inbox = inbox
        self._connection_id = row.id
        self._batch: list[NewDelivery] = []

    @property
    def seen(self) -> int:
        return self.deliveries + self.unreadable

    def take(self, item: Recorded | Unreadable) -> None:
        if isinstance(item, Unreadable):
            self.unreadable += 1
            if len(self.errors) < MOST_ERRORS:
                self.errors.append(item)
            return
        self.deliveries += 1
        headers = stored_headers(item.headers, is_ours=True)
        row = NewDelivery(
            self._connection_id, fit_key(item.key), fit_topic(item.topic), headers, item.body, time_ns() // 1000
        )
        self._batch.append(row)
        if len(self._batch) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self._batch:
            self.new += self._inbox.store(self._batch)
            self._batch = []
