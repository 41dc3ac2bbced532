"""Without the gate a page that writes would have to win SQLite's lottery of retries against a worker that never rests.

Invariant: the gate is held exactly as long as a transaction that may write is open, or a single writing statement runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from sereno.store.sqlite import Gate, gate_of

_READS = ("SELECT", "PRAGMA", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


class _Cursor(base.SQLiteCursorWrapper):
    """Takes the gate for a statement that writes by itself, outside of any transaction."""

    gate: Gate

    def execute(self, query: str, params: Any = None) -> Any:
        if self.connection.in_transaction or query.lstrip()[:9].upper().startswith((*_READS, "BEGIN")):
            return super().execute(query, params)
        with self.gate:
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.connection.in_transaction:
            return super().executemany(query, param_list)
        with self.gate:
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """`BEGIN IMMEDIATE` waits at the gate; commit, rollback and close leave it."""

    _is_inside = False

    def _gate(self) -> Gate:
        return gate_of(str(Path(str(self.settings_dict["NAME"])).absolute()))

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=_Cursor)
        cursor.gate = self._gate()
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        self._gate().acquire()
        self._is_inside = True
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        if self._is_inside:
            self._is_inside = False
            self._gate().release()

    def _commit(self) -> None:
        super()._commit()
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave()
