"""An empty database filled at once is the one that all migrations make, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations import executor

from installation import ready
from sereno.store.management.commands.migrate import Command
from sereno.store.pending import pending_migrations


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """Two empty databases."""
    ready()
    names = ("step-by-step", "at-once")
    if request.param == "sqlite":
        made = [{"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / name)} for name in names]
    else:
        from sereno.site.environment import read

        url = request.getfixturevalue("postgres_url")
        settings = read({"SERENO_DATABASE_URL": url, "SERENO_DATA_DIR": str(tmp_path)}).database
        connections.databases["first"] = {**connections.databases["default"], "OPTIONS": {}, **settings}
        for name in names:
            with connections["first"].cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
                cursor.execute(f'CREATE DATABASE "{name}"')
        made = [{**settings, "NAME": name} for name in names]
    for name, settings in zip(names, made, strict=True):
        connections.databases[name] = {**connections.databases["default"], "OPTIONS": {}, **settings}
    yield connections[names[0]], connections[names[1]]
    for name in (*names, "first"):
        if name in connections.databases:
            connections[name].close()
            del connections.databases[name]
            del connections[name]


def test_both_ways_make_the_same_tables(pair: tuple[Any, Any]) -> None:
    by_steps, at_once = pair
    given = {"interactive": False, "verbosity": 0, "skip_checks": True}
    from django.core.management import call_command

    call_command(migrate.Command(), database=by_steps.alias, **given)
    call_command(Command(), database=at_once.alias, **given)
    assert set(described(by_steps)) == set(described(at_once)), "tables"
    for table, one in described(by_steps).items():
        assert described(at_once)[table] == one, table
    with by_steps.cursor() as cursor, at_once.cursor() as other:
        for each in (cursor, other):
            each.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
        assert cursor.fetchall() == other.fetchall()


def test_what_is_pending_is_told_without_reading_migrations_where_all_are_applied(
    pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, made = pair
    from django.core.management import call_command

    assert len(pending_migrations(made.alias)) > 20, "an empty database knows of none"
    call_command(Command(), database=made.alias, interactive=False, verbosity=0, skip_checks=True)
    with monkeypatch.context() as patch:
        patch.setattr(executor, "MigrationExecutor", None)
        assert pending_migrations(made.alias) == []
    with made.cursor() as cursor:
        cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'store'")
        (last,) = cursor.fetchone()
        cursor.execute("DELETE FROM django_migrations WHERE app = 'store' AND name = %s", [last])
    assert pending_migrations(made.alias) == [f"store.{last}"]


def described(connection: Any) -> dict[str, Any]:
    """Of each table what stands in it, in an order that does not matter."""
    return _of_sqlite(connection) if connection.vendor == "sqlite" else _of_postgres(connection)


def _of_sqlite(connection: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        for table, kind, name, sql in cursor.fetchall():
            if kind == "table":
                cursor.execute(f'PRAGMA table_xinfo("{table}")')
                columns = {row[1:] for row in cursor.fetchall()}
                rest = set(re.findall(r"REFERENCES [^,]*|CHECK [^,]*|UNIQUE [^,]*|WITHOUT ROWID|AUTOINCREMENT", sql))
                found.setdefault(table, {}).update(columns=columns, rest={one.rstrip(" )") for one in rest})
            else:
                found.setdefault(table, {})[sql.replace(name, "") if sql else name] = kind
    return found


def _of_postgres(connection: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    asked = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, identity_generation, "
        "character_maximum_length, numeric_precision FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT tablename, regexp_replace(indexdef, 'INDEX \\S+', 'INDEX') FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace",
        "SELECT relname, array_to_string(reloptions, ',') FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    )
    with connection.cursor() as cursor:
        for number, sql in enumerate(asked):
            cursor.execute(sql)
            for table, *rest in cursor.fetchall():
                found.setdefault(table, []).append((number, *(str(one) for one in rest)))
    return {table: sorted(rows) for table, rows in found.items()}
