"""The database of a replay: statements that are asked for with every event are answered from memory, all others by a
scratch file. Invariant: what a failed transaction changed in either is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sereno.store.database import Row
from sereno.store.queries import Dialect, statements
from sereno.store.sqlite import SqliteDatabase, SqliteTransaction

Parameters = Mapping[str, Any]
Rows = Sequence[Sequence[Any]]
COMMIT_AFTER = 2000
"""Transactions with statements for the file that are committed there together."""


def _nothing() -> None:
    """For who has nothing to say."""


class ReplayTransaction:
    """See `database.Transaction`. `reads` and `writes` answer statements by name before the file is asked; `undo` is
    called, last first, when the transaction fails."""

    def __init__(self, file: SqliteDatabase) -> None:
        self._file = file
        self._open: SqliteTransaction | None = None
        self._since = 0
        self.reads: dict[str, Callable[[Parameters], list[Row]]] = {}
        self.writes: dict[str, Callable[[Rows], int]] = {}
        self.makers: dict[str, Callable[[Rows], list[Row]]] = {}
        self.numbers: dict[str, Callable[[int], Sequence[int]]] = {}
        self.before_text: Callable[[], None] = _nothing
        self.undo: list[Callable[[], None]] = []
        connection = file.connection()
        self.sql = SqliteTransaction(connection, statements("sqlite"))
        self._connection = connection
        connection.execute("BEGIN")

    # --- the file ---------------------------------------------------------------------------

    def plain(self) -> SqliteTransaction:
        if self._open is None:
            self._connection.execute("SAVEPOINT one")
            self._open = self.sql
        return self._open

    def commit(self) -> None:
        self.undo.clear()
        if self._open is not None:
            self._connection.execute("RELEASE one")
            self._open = None
            self._since += 1
            if self._since >= COMMIT_AFTER:
                self._since = 0
                self._connection.execute("COMMIT")
                self._connection.execute("BEGIN")

    def rollback(self) -> None:
        for take_back in reversed(self.undo):
            take_back()
        self.undo.clear()
        if self._open is not None:
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            self._open = None

    # --- statements -------------------------------------------------------------------------

    def all(self, name: str, parameters: Parameters | None = None) -> list[Row]:
        read = self.reads.get(name)
        return read(parameters or {}) if read is not None else self.plain().all(name, parameters)

    def one(self, name: str, parameters: Parameters | None = None) -> Row | None:
        rows = self.all(name, parameters)
        return rows[0] if rows else None

    def run(self, name: str, parameters: Parameters | None = None) -> int:
        read = self.reads.get(name)
        return len(read(parameters or {})) if read is not None else self.plain().run(name, parameters)

    def many(self, name: str, rows: Rows) -> int:
        if not rows:
            return 0
        write = self.writes.get(name)
        return write(rows) if write is not None else self.plain().many(name, rows)

    def many_returning(self, name: str, rows: Rows) -> list[Row]:
        make = self.makers.get(name)
        return make(rows) if make is not None else self.plain().many_returning(name, rows)

    def text(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self.before_text()
        return self.plain().text(sql, parameters)

    def text_many(self, sql: str, rows: Rows, types: Sequence[str]) -> int:
        self.before_text()
        return self.plain().text_many(sql, rows, types)

    def next_ids(self, table: str, count: int) -> Sequence[int]:
        number = self.numbers.get(table)
        return number(count) if number is not None else self.plain().next_ids(table, count)


class _Open:
    """A transaction as a block. One is enough: they are not inside each other."""

    __slots__ = ("_is_open", "_tx")

    def __init__(self, tx: ReplayTransaction) -> None:
        self._tx = tx
        self._is_open = False

    def __enter__(self) -> ReplayTransaction:
        if self._is_open:
            raise RuntimeError("this thread has a write transaction open already")
        self._is_open = True
        return self._tx

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._is_open = False
        if kind is None:
            self._tx.commit()
        else:
            self._tx.rollback()


class ReplayDatabase:
    """See `database.Database`. For one thread."""

    dialect: Dialect = "sqlite"
    waiting = 0

    def __init__(self, file: SqliteDatabase) -> None:
        self._file = file
        self.tx = ReplayTransaction(file)
        self._open = _Open(self.tx)

    def transaction(self) -> _Open:
        return self._open

    @contextmanager
    def read(self) -> Generator[ReplayTransaction]:
        yield self.tx

    def peek(self, name: str, parameters: Parameters) -> Row:
        row = self.tx.one(name, parameters)
        assert row is not None
        return row

    def execute_script(self, sql: str) -> None:
        self._file.execute_script(sql)

    def close_mine(self) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
