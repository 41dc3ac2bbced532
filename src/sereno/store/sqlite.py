"""SQLite: write-ahead log, every commit on the disk, writers one after the other in the order they came."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from sereno.store.queries import Dialect, Statement, statements

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-32768",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=4000",
    # What is deleted is overwritten: an erased person must not be read out of the file's unused pages.
    "PRAGMA secure_delete=ON",
)
BUSY_SECONDS = 20.0
TEMPORARY = ""
"""The path of a file without a name, which SQLite deletes when it is closed."""
OWN = (":memory:", TEMPORARY)
"""Paths of databases that one connection has for itself."""
TOGETHER = (64, 8)
"""Rows that go into one INSERT. Each statement gives up Python's lock and waits for it again, up to 5 ms where another
thread computes: row by row, a batch beside a busy thread takes three to seven times as long."""
_VALUES = re.compile(r"\bVALUES (\(\?\d+(?:, \?\d+)*\))")

_gates: dict[str, Gate] = {}
_gates_lock = threading.Lock()


class Gate:
    """A lock that is handed to whoever has waited longest. SQLite's own busy handler is a lottery that a loop of short
    transactions always wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[threading.Lock, int]] = deque()
        self._holder: int | None = None

    def acquire(self) -> None:
        """Raises RuntimeError when this thread holds it already: it would wait for itself."""
        me = threading.get_ident()
        with self._lock:
            if self._holder is None:
                self._holder = me
                return
            if self._holder == me:
                raise RuntimeError("this thread has a write transaction open already")
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append((turn, me))
        turn.acquire()

    def release(self) -> None:
        with self._lock:
            if self._waiting:
                turn, self._holder = self._waiting.popleft()
                turn.release()
            else:
                self._holder = None

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def waiting(self) -> int:
        return len(self._waiting)


def gate_of(path: str) -> Gate:
    """The one gate of this file in this process."""
    with _gates_lock:
        return _gates.setdefault(path, Gate())


class SqliteDatabase:
    """`path` may be `:memory:`, which is for one thread only."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str) -> None:
        self.path = path if path in OWN else str(Path(path).absolute())
        self._gate = Gate() if path in OWN else gate_of(self.path)
        self._local = threading.local()
        self._age = 0
        self._all: list[sqlite3.Connection] = []
        self._statements = statements("sqlite")

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is not None and self._local.age != self._age and not held.in_transaction:
            self.close_mine()
            held = None
        if held is None:
            # Only its own thread uses it, but `close` closes those of all.
            held = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256, check_same_thread=False
            )
            for pragma in PRAGMAS:
                held.execute(pragma)
            self._local.connection, self._local.age = held, self._age
            self._all.append(held)
        return held

    @property
    def waiting(self) -> int:
        return self._gate.waiting

    def data_version(self) -> int:
        """Changes when another connection has written. Cheap."""
        return self.connection().execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        self._gate.acquire()
        try:
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteTransaction(connection, self._statements)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        finally:
            self._gate.release()

    @contextmanager
    def read(self) -> Iterator[SqliteTransaction]:
        connection = self.connection()
        connection.execute("BEGIN")
        try:
            yield SqliteTransaction(connection, self._statements)
        finally:
            connection.execute("ROLLBACK")

    def peek(self, name: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        row = SqliteTransaction(self.connection(), self._statements).one(name, parameters)
        assert row is not None
        return row

    def execute_script(self, sql: str) -> None:
        self.connection().executescript(sql)

    def renew(self) -> None:
        """Each thread opens the file anew when it uses it next; what is under way ends where it began."""
        self._age += 1

    def close_mine(self) -> None:
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is not None:
            self._local.connection = None
            if held in self._all:
                self._all.remove(held)
            held.close()

    def close(self) -> None:
        self._local = threading.local()
        while self._all:
            self._all.pop().close()


class SqliteTransaction:
    """See `database.Transaction`."""

    __slots__ = ("_connection", "_statements")

    def __init__(self, connection: sqlite3.Connection, known: Mapping[str, Statement]) -> None:
        self._connection = connection
        self._statements = known

    def _execute(self, name: str, parameters: Mapping[str, Any] | None) -> sqlite3.Cursor:
        statement = self._statements[name]
        if not statement.parameters:
            return self._connection.execute(statement.text)
        assert parameters is not None
        if statement.lists:
            lists = statement.lists
            values = [
                msgspec.json.encode(list(parameters[key])).decode() if key in lists else parameters[key]
                for key in statement.parameters
            ]
        else:
            values = [parameters[key] for key in statement.parameters]
        return self._connection.execute(statement.text, values)

    def all(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self._execute(name, parameters).fetchall()

    def one(self, name: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...] | None:
        rows = self._execute(name, parameters).fetchall()
        return rows[0] if rows else None

    def run(self, name: str, parameters: Mapping[str, Any] | None = None) -> int:
        return self._execute(name, parameters).rowcount

    def many(self, name: str, rows: Sequence[Sequence[Any]]) -> int:
        return self.text_many(self._statements[name].text, rows)

    def many_returning(self, name: str, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        execute = self._connection.execute
        found: list[tuple[Any, ...]] = []
        for text, values in _together(self._statements[name].text, rows):
            found += execute(text, values).fetchall()
        return found

    def text(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        values = [msgspec.json.encode(item).decode() if isinstance(item, list) else item for item in parameters]
        return self._connection.execute(sql, values).fetchall()

    def text_many(self, sql: str, rows: Sequence[Sequence[Any]], types: Sequence[str] = ()) -> int:
        if len(rows) < TOGETHER[-1] or _several(sql, 2) is None:
            return self._connection.executemany(sql, rows).rowcount if rows else 0
        return sum(self._connection.execute(text, values).rowcount for text, values in _together(sql, rows))

    def next_ids(self, table: str, count: int) -> Sequence[int]:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?1", (table,)).fetchone()
        first = (row[0] if row else 0) + 1
        return range(first, first + count)


def _together(sql: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The statements, each with its values, that do to many rows what `sql` does to one."""
    at = 0
    for count in TOGETHER if len(rows) >= TOGETHER[-1] else ():
        text = _several(sql, count)
        while text is not None and len(rows) - at >= count:
            yield text, tuple(chain.from_iterable(rows[at : at + count]))
            at += count
    for row in rows[at:]:
        yield sql, row


@lru_cache(maxsize=512)
def _several(sql: str, count: int) -> str | None:
    """An INSERT of one row as one of several; None for what is no such thing, or uses a value twice."""
    found = _VALUES.search(sql)
    if found is None or sql.count("?") != found.group(1).count("?"):
        return None
    width = found.group(1).count("?")
    if found.group(1) != "(" + ", ".join(f"?{number}" for number in range(1, width + 1)) + ")":
        return None
    row = "(" + ", ".join("?" * width) + ")"
    return f"{sql[: found.start(1)]}{', '.join([row] * count)}{sql[found.end(1) :]}"
