"""Every named statement is understood by both databases, and their few rules are kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sereno.store import queries
from sereno.store.queries import statements


def test_sqlite_understands_every_statement(sqlite: Any) -> None:
    connection: sqlite3.Connection = sqlite.connection()
    for statement in statements("sqlite").values():
        marks = [None] * len(statement.parameters)
        try:
            connection.execute(f"EXPLAIN {statement.text}", marks)
        except sqlite3.Error as error:
            pytest.fail(f"{statement.name}: {error}")


def test_postgresql_understands_every_statement(postgres: Any) -> None:
    connection = postgres.connection()
    for number, statement in enumerate(statements("postgresql").values()):
        if statement.is_copy:
            table = statement.text.removeprefix("COPY ").removesuffix(" FROM STDIN")
            name, _, columns = table.partition("(")
            connection.execute(f"SELECT {columns.rstrip(')')} FROM {name} WHERE FALSE")
            continue
        result = connection.pgconn.prepare(f"check_{number}".encode(), statement.text.encode())
        assert result.status == 1, f"{statement.name}: {result.error_message.decode()}"


def test_both_know_the_same_statements_but_for_locks_notices_and_the_time() -> None:
    only = set(statements("postgresql")) ^ set(statements("sqlite"))
    locks = {"lock_connections", "lock_connection_of_delivery", "lock_lanes", "lock_lanes_of_events", "lock_recipients"}
    assert only == {*locks, "notify", "database_time", "commit_without_waiting"}


def test_no_statement_is_left_unused() -> None:
    import sereno

    folders = (Path(sereno.__file__).parent, Path(__file__).parent)
    code = "\n".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))
    unused = [name for name in statements("postgresql") if f'"{name}"' not in code]
    assert unused == []


def test_a_statement_may_be_another_but_for_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = "-- name: one\n-- rows: day int, n int\nINSERT INTO tally (day, n) {rows}\n"
    (tmp_path / "a.sql").write_text(f"{text}\n-- name: two\n-- as: one, tally = monthly, day = month\n")
    monkeypatch.setattr(queries, "_FOLDER", tmp_path)
    two = queries.statements.__wrapped__("sqlite")["two"]
    assert two.text == "INSERT INTO monthly (month, n) VALUES (?1, ?2)"
    assert two.columns == ("month", "n")
    (tmp_path / "a.sql").write_text(f"{text}\n-- name: two\n-- as: one, yearly = monthly\n")
    with pytest.raises(ValueError, match="one has no word yearly"):
        queries.statements.__wrapped__("sqlite")
