"""The inbox as the door needs it: find connections, store deliveries in one transaction.

Invariant: when `store` returns, every row given is on the disk (SQLite: `synchronous=FULL`), or had been there before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from sereno.store.database import Database, DatabaseUnavailable
from sereno.store.sqlite import SqliteDatabase, gate_of


class NewDelivery(NamedTuple):
    """A row of `delivery`, in the order of its columns. `headers` is JSON text, `received_at` microseconds UTC."""

    connection_id: int
    dedupe_key: str
    topic: str
    headers: str
    body: bytes
    received_at: int


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A row of `connection` with what the door needs; `secrets` as stored, `settings` JSON text."""

    id: int
    name: str
    kind: str
    secrets: str
    settings: str


class Unwritable(Exception):  # noqa: N818
    """The database cannot be used now (full, locked, gone): nothing was stored, and trying each row alone is idle."""


class Inbox(Protocol):
    """Where deliveries go. The methods block; each thread may call them."""

    def find_connections(self, names: Sequence[str]) -> list[ConnectionRow]:
        """The active connections among `names`. Raises Unwritable when the database cannot be reached."""
        ...

    def store(self, deliveries: Sequence[NewDelivery]) -> int:
        """Commit all of them in one transaction; gives how many were new. Raises Unwritable, or any other error when a
        row itself is refused (nothing is stored then)."""
        ...

    def close(self) -> None:
        """Close what the calling thread had opened."""
        ...


def open_inbox(database: Database) -> Inbox:
    return SqliteInbox(database) if isinstance(database, SqliteDatabase) else DatabaseInbox(database)


class DatabaseInbox:
    """The inbox on any database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_connections(self, names: Sequence[str]) -> list[ConnectionRow]:
        try:
            with self._database.read() as transaction:
                return [ConnectionRow(*row) for row in transaction.all("connections_by_name", {"names": names})]
        except DatabaseUnavailable as error:
            raise Unwritable(str(error)) from error

    def store(self, deliveries: Sequence[NewDelivery]) -> int:
        try:
            with self._database.transaction() as transaction:
                return transaction.many("store_deliveries", deliveries) or 0
        except DatabaseUnavailable as error:
            raise Unwritable(str(error)) from error

    def close(self) -> None:
        self._database.close_mine()


class SqliteInbox(DatabaseInbox):
    """The inbox on SQLite: a batch is one statement, hence one transaction, and the interpreter's lock is let go once
    for all its rows and the disk. Waits at most `patience` seconds for a writer of another process."""

    def __init__(self, database: SqliteDatabase, *, patience: float = 2.0) -> None:
        super().__init__(database)
        self._sqlite = database
        self._patience = patience
        self._gate = gate_of(database.path)
        self._file: tuple[int, int] | None = None

    def store(self, deliveries: Sequence[NewDelivery]) -> int:
        try:
            connection = self._sqlite.connection()
            self._watch_file()
            values = [value for row in deliveries for value in row]
            self._gate.acquire()
            try:
                return connection.execute(_insert(len(deliveries)), values).rowcount
            finally:
                self._gate.release()
        except (*DatabaseUnavailable, OSError) as error:
            raise Unwritable(str(error)) from error

    def _watch_file(self) -> None:
        """A database file that was moved away or replaced would take rows nobody ever sees again. Raises Unwritable."""
        found = Path(self._sqlite.path).stat()
        file = (found.st_dev, found.st_ino)
        if self._file is None:
            self._sqlite.connection().execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")
            self._file = file
        elif self._file != file:
            self._file = None
            self._sqlite.renew()
            raise Unwritable(f"the database file {self._sqlite.path} was replaced")


@lru_cache(maxsize=1024)
def _insert(count: int) -> str:
    marks = ",".join(["(?,?,?,?,?,?,'pending')"] * count)
    return (
        "INSERT INTO delivery (connection_id, dedupe_key, topic, headers, body, received_at, status)"  # noqa: S608
        f" VALUES {marks} ON CONFLICT DO NOTHING"
    )
