"""PostgreSQL: many rows travel as arrays or by COPY, so that a batch is a handful of round trips."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import pq

from sereno.store import arrays
from sereno.store.failures import PostgresConflict, PostgresFailed, PostgresRefused, PostgresTaken, PostgresUnavailable
from sereno.store.queries import Dialect, Statement, statements

FEW = 64
"""Rows up to which one INSERT of arrays is quicker than a COPY, which takes two round trips."""
Insert = tuple[str, tuple[str, ...]]


def failed(error: psycopg.Error) -> PostgresFailed:
    """The driver's error as one of ours."""
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return PostgresConflict(str(error))
    if isinstance(error, psycopg.OperationalError):
        return PostgresUnavailable(str(error))
    if isinstance(error, psycopg.errors.UniqueViolation):
        return PostgresTaken(str(error))
    refusals = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError, psycopg.NotSupportedError)
    return (PostgresRefused if isinstance(error, refusals) else PostgresFailed)(str(error))


class Cursor(psycopg.RawCursor[tuple[Any, ...]]):
    """Raises our errors."""

    def execute(self, *given: Any, **options: Any) -> Any:
        try:
            return super().execute(*given, **options)
        except psycopg.Error as error:
            raise failed(error) from error


class PostgresDatabase:
    """One connection per thread; a broken one is replaced at the next transaction."""

    dialect: Dialect = "postgresql"

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.parameters = dict(parameters)
        self._local = threading.local()
        self._all: list[psycopg.Connection[tuple[Any, ...]]] = []
        self._statements = statements("postgresql")
        self._inserts: dict[str, Insert] = {}

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A new connection, for the caller alone."""
        try:
            connection = psycopg.connect(**self.parameters, autocommit=True, connect_timeout=5, cursor_factory=Cursor)  # pyright: ignore[reportCallIssue]
        except psycopg.Error as error:
            raise failed(error) from error
        # Documents are longer than a row may be: lz4 packs them in a third of the time. Not every server has it.
        with suppress(PostgresRefused):
            connection.execute("SET default_toast_compression = 'lz4'")
        arrays.register(connection)
        connection.prepare_threshold = 1
        connection.prepared_max = 300
        return connection

    def connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        """This thread's connection."""
        held: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._local, "connection", None)
        if held is None or held.closed or held.broken:
            held = self.connect()
            self._local.connection = held
            self._all = [one for one in self._all if not one.closed]
            self._all.append(held)
        return held

    @property
    def waiting(self) -> int:
        return 0

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresTransaction]:
        cursor = self._begin(begin)
        connection = cursor.connection
        try:
            yield PostgresTransaction(cursor, self._statements, self._inserts)
            cursor.execute("COMMIT")
        except BaseException:
            self._undo(connection)
            raise

    def _begin(self, begin: str) -> psycopg.Cursor[tuple[Any, ...]]:
        """A connection may have died since it was used last (the server was restarted, say); nothing has happened in
        this transaction yet, so another one is as good."""
        connection = self.connection()
        try:
            return connection.execute(begin)
        except PostgresUnavailable:
            connection.close()
            return self.connection().execute(begin)

    def _undo(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """Never hides the error that led here: a connection that cannot roll back is thrown away."""
        try:
            connection.execute("ROLLBACK")
        except PostgresFailed:
            connection.close()
            self._local.connection = None

    def transaction(self) -> Any:
        return self._transaction("BEGIN")

    def read(self) -> Any:
        return self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def peek(self, name: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        row = PostgresTransaction(self.connection().cursor(), self._statements, self._inserts).one(name, parameters)
        assert row is not None
        return row

    def execute_script(self, sql: str) -> None:
        connection = self.connection()
        # Several statements in one go need the simple protocol, that is, no parameters and no preparing.
        result = connection.pgconn.exec_(sql.encode())
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise PostgresRefused(result.error_message.decode("utf-8", "replace"))

    def listen(self, stop: threading.Event, told: Callable[[], None]) -> None:
        """Call `told` at every notice of the database, on a connection of its own, until `stop` or the first error."""
        with suppress(psycopg.Error, PostgresFailed), self.connect() as connection:
            connection.execute("LISTEN sereno")
            told()
            while not stop.is_set():
                for _ in connection.notifies(timeout=1.0, stop_after=1):
                    told()

    def close_mine(self) -> None:
        held: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._local, "connection", None)
        if held is not None:
            self._local.connection = None
            held.close()

    def close(self) -> None:
        self._local = threading.local()
        while self._all:
            self._all.pop().close()


class PostgresTransaction:
    """See `database.Transaction`."""

    __slots__ = ("_cursor", "_inserts", "_statements")

    def __init__(
        self, cursor: psycopg.Cursor[tuple[Any, ...]], known: Mapping[str, Statement], inserts: dict[str, Insert]
    ) -> None:
        self._cursor = cursor
        self._statements = known
        self._inserts = inserts

    def _execute(self, name: str, parameters: Mapping[str, Any] | None) -> psycopg.Cursor[tuple[Any, ...]]:
        statement = self._statements[name]
        if not statement.parameters:
            return self._cursor.execute(statement.text)
        assert parameters is not None
        types = statement.arrays
        values = [
            arrays.listed(types[key], list(parameters[key])) if key in types else parameters[key]
            for key in statement.parameters
        ]
        return self._cursor.execute(statement.text, values)

    def all(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self._execute(name, parameters).fetchall()

    def one(self, name: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...] | None:
        cursor = self._execute(name, parameters)
        return cursor.fetchone() if cursor.description is not None else None

    def run(self, name: str, parameters: Mapping[str, Any] | None = None) -> int:
        return self._execute(name, parameters).rowcount

    def many(self, name: str, rows: Sequence[Sequence[Any]]) -> int:
        if not rows:
            return 0
        statement = self._statements[name]
        if statement.is_copy:
            if len(rows) <= FEW:
                sql, types = self._inserts.get(name) or self._make_insert(statement)
                return self._cursor.execute(sql, _columns(types, rows)).rowcount
            try:
                with self._cursor.copy(statement.text) as copy:
                    for row in rows:
                        copy.write_row(row)
            except psycopg.Error as error:
                raise failed(error) from error
            return len(rows)
        return self._cursor.execute(statement.text, _columns(statement.types, rows)).rowcount

    def _make_insert(self, statement: Statement) -> Insert:
        """An INSERT of arrays in the place of a COPY. The types come from the table, once."""
        target = statement.text.removeprefix("COPY ").removesuffix(" FROM STDIN")
        found = dict(
            self._cursor.execute(
                "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
                "WHERE attrelid = $1::regclass AND attnum > 0",
                [target.partition(" (")[0]],
            ).fetchall()
        )
        types = tuple(found[name] for name in statement.columns)
        values = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, 1))
        made = (f"INSERT INTO {target} SELECT * FROM unnest({values})", types)  # noqa: S608
        self._inserts[statement.name] = made
        return made

    def many_returning(self, name: str, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        if not rows:
            return []
        statement = self._statements[name]
        return self._cursor.execute(statement.text, _columns(statement.types, rows)).fetchall()

    def text(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._cursor.execute(sql, list(parameters))
        return cursor.fetchall() if cursor.description is not None else []

    def text_many(self, sql: str, rows: Sequence[Sequence[Any]], types: Sequence[str]) -> int:
        return self._cursor.execute(sql, _columns(types, rows)).rowcount if rows else 0

    def next_ids(self, table: str, count: int) -> Sequence[int]:
        rows = self._cursor.execute(
            # The sequence is looked up once: by name for each id it took five times as long.
            "SELECT nextval(named.sequence) "
            "FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS sequence OFFSET 0) AS named, "
            "generate_series(1, $2)",
            (table, count),
        ).fetchall()
        return [row[0] for row in rows]


def _columns(types: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [arrays.column(type_, values) for type_, values in zip(types, zip(*rows, strict=True), strict=True)]
