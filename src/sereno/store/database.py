"""The thin way to the database for hot loops, beside the ORM and on the same tables: named SQL, plain tuples.

Invariant: every change is made inside `transaction()`; in SQLite these pass one after the other through a fair gate, so
the door is never starved by the worker. A `Database` may be used by any thread; each has a connection of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from sereno.store.failures import PostgresConflict, PostgresFailed, PostgresRefused, PostgresTaken, PostgresUnavailable
from sereno.store.queries import Dialect

Row = tuple[Any, ...]

DatabaseError = (sqlite3.Error, PostgresFailed)
"""What either database raises."""

DatabaseUnavailable = (sqlite3.OperationalError, PostgresUnavailable)
"""What either raises when it cannot be reached, is locked or full: nothing was written, another try may work."""

DatabaseRefusal = (
    *(sqlite3.DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.NotSupportedError),
    PostgresRefused,
)
"""What either raises for values it will not keep: the same again would be refused again."""

DatabaseTaken = (sqlite3.IntegrityError, PostgresTaken)
"""What either raises for a row that only one may be, and another is. (SQLite also for other broken rules.)"""

DatabaseConflict = (PostgresConflict,)
"""Two workers got into each other's way and one was undone; it should simply try again."""


class Transaction(Protocol):
    """Statements of `store/sql` by name. `parameters` by name; instants are microseconds, documents JSON text."""

    def all(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]: ...

    def one(self, name: str, parameters: Mapping[str, Any] | None = None) -> Row | None: ...

    def run(self, name: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Gives the number of rows changed."""
        ...

    def many(self, name: str, rows: Sequence[Sequence[Any]]) -> int:
        """A statement of many rows (`-- rows:` or `-- copy:`); values in the order of its columns. Gives the number of
        rows changed."""
        ...

    def many_returning(self, name: str, rows: Sequence[Sequence[Any]]) -> list[Row]: ...

    def text(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """SQL made at run time, for tables named by plugins. Placeholders are `?1` or `$1`, see `mark`."""
        ...

    def text_many(self, sql: str, rows: Sequence[Sequence[Any]], types: Sequence[str]) -> int:
        """As `text`, for many rows; gives how many were written. In PostgreSQL placeholders are arrays of `types`."""
        ...

    def next_ids(self, table: str, count: int) -> Sequence[int]:
        """Ids nobody else will use, for rows about to be inserted."""
        ...


class Database(Protocol):
    dialect: Dialect

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A write transaction: committed at the end, rolled back when an exception leaves the block."""
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view for reading; waits for nobody."""
        ...

    def peek(self, name: str, parameters: Mapping[str, Any]) -> Row:
        """The one row of a statement by itself: the cheapest way to look whether there is anything to do."""
        ...

    @property
    def waiting(self) -> int:
        """How many threads of this process wait to write: a reason to keep the next transaction short."""
        ...

    def execute_script(self, sql: str) -> None:
        """Run statements as they are, for schemas of scratch databases."""
        ...

    def close_mine(self) -> None:
        """Close the connection of this thread alone, which must not be in a transaction; it may open a new one."""
        ...

    def close(self) -> None:
        """Close the connections of all threads, even those in a transaction: for the end. The database may be used
        again after; it opens new ones."""
        ...


def open_database(source: str | Mapping[str, Any]) -> Database:
    """`sqlite:///path`, `sqlite://` (in memory), `postgresql://...`, or a Django database dict."""
    if not isinstance(source, str):
        return _open_settings(source)
    parts = urlsplit(source)
    if parts.scheme == "sqlite":
        return _open_sqlite(unquote(parts.path[1:]) if parts.path else ":memory:")
    if parts.scheme in ("postgresql", "postgres"):
        query = parse_qs(parts.query)
        host = (query.get("host") or [parts.hostname or ""])[0]
        port = str(parts.port or (query.get("port") or [""])[0])
        return _open_postgres(
            unquote(parts.path.lstrip("/")), unquote(parts.username or ""), unquote(parts.password or ""), host, port
        )
    raise ValueError(f"{parts.scheme or source!r} is neither sqlite nor postgresql")


def _open_settings(settings: Mapping[str, Any]) -> Database:
    if str(settings["ENGINE"]).endswith("sqlite3"):
        return _open_sqlite(str(settings["NAME"]))
    values = [str(settings.get(name) or "") for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")]
    return _open_postgres(*values)


def _open_sqlite(path: str) -> Database:
    from sereno.store.sqlite import SqliteDatabase

    return SqliteDatabase(path)


def _open_postgres(name: str, user: str, password: str, host: str, port: str) -> Database:
    from sereno.store.postgres import PostgresDatabase

    given = {"dbname": name, "user": user, "password": password, "host": host, "port": port}
    return PostgresDatabase({key: value for key, value in given.items() if value})


def default_database() -> Database:
    """The database Django's settings name; one object per process and database."""
    from django.db import connections

    settings = connections.databases["default"]
    keys = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
    return _default(tuple((key, str(settings.get(key) or "")) for key in keys))


@lru_cache(maxsize=8)
def _default(settings: tuple[tuple[str, str], ...]) -> Database:
    return open_database(dict(settings))


def mark(dialect: Dialect, number: int) -> str:
    """The placeholder of the parameter with this number (from 1)."""
    return f"?{number}" if dialect == "sqlite" else f"${number}"


def chunked(rows: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """Parts of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
