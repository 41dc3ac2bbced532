"""Empties a database between two tests: by taking the few rows out, not by cutting off two hundred tables of which most
are empty anyway. That took longer than most tests, which is why it has a file of its own.

Invariant: afterwards no table has a row but those that Django keeps for itself, and ids begin at 1 again.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_OURS = (
    r"FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'django\_%' AND tablename NOT LIKE 'auth\_%'"
)
_SIZE = f"SELECT sum(pg_relation_size(tablename::regclass)) {_OURS}"
_MUCH = 2_000_000
"""Bytes. Rows that are taken out leave their room behind: when a test wrote this much, tables are cut off instead."""


class SqliteEmptier:
    """A connection of its own, kept: it knows its statements, and references hold up no row that it takes out."""

    def __init__(self, path: str | Path, kept: tuple[str, ...]) -> None:
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, cached_statements=2000)
        self._connection.execute("PRAGMA synchronous = OFF")
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        names = [name for (name,) in self._connection.execute(tables).fetchall()]
        self._statements = [f'DELETE FROM "{name}"' for name in names if name not in kept]
        self._statements.append("DELETE FROM sqlite_sequence")

    def __call__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for statement in self._statements:
            self._connection.execute(statement)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class PostgresEmptier:
    """As above. Where the account is no superuser, references cannot be told to keep still, and tables are cut off."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True)
        self._may_take_out = bool(self._first("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
        names = self._connection.execute(f"SELECT tablename {_OURS}")
        self._tables = [sql.Identifier(name) for (name,) in names]

    def __call__(self) -> None:
        try:
            self._empty()
        except psycopg.OperationalError:
            # A test ended all connections, as a server does that is restarted.
            self._connection.close()
            self._connection = psycopg.connect(self._url, autocommit=True)
            self._empty()

    def _empty(self) -> None:
        if not self._may_take_out or self._first(_SIZE) > _MUCH:
            everything = sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(self._tables))
            self._connection.execute(everything)
            return
        steps = [sql.SQL("SET LOCAL session_replication_role = replica")]
        steps += [sql.SQL("DELETE FROM {}").format(table) for table in self._tables]
        steps.append(
            sql.SQL(
                "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences"
                " WHERE schemaname = 'public' AND last_value IS NOT NULL"
                r" AND sequencename NOT LIKE 'django\_%' AND sequencename NOT LIKE 'auth\_%'"
            )
        )
        # Several statements in one go are one transaction.
        self._connection.execute(sql.SQL("; ").join(steps))

    def _first(self, statement: str) -> Any:
        row = self._connection.execute(statement).fetchone()
        return row and row[0]

    def close(self) -> None:
        self._connection.close()
