"""Databases with all tables and nothing in them, gone when they are closed: for trials and back-tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sereno.store.database import Database
from sereno.store.sqlite import TEMPORARY, SqliteDatabase


def open_scratch() -> Database:
    """In memory, for one thread."""
    database = SqliteDatabase(":memory:")
    database.execute_script(schema())
    return database


def open_scratch_file() -> SqliteDatabase:
    """In a file nobody else sees, for one thread and for more than the memory should hold. A crash may lose it."""
    database = SqliteDatabase(TEMPORARY)
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-24576"):
        database.connection().execute(f"PRAGMA {pragma}")
    database.execute_script(schema())
    return database


@contextmanager
def open_scratch_table(create: str) -> Iterator[sqlite3.Connection]:
    """One table in a file of its own that nobody else sees, gone at the end: to sort what memory should not hold."""
    connection = sqlite3.connect(TEMPORARY, isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16384", "temp_store=FILE"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(create)
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()


@lru_cache(maxsize=1)
def schema() -> str:
    """The tables of Sereno's models and of its plugins' as SQLite statements, made without any database at hand."""
    from django.apps import apps
    from django.db.utils import ConnectionHandler

    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    connection = ConnectionHandler({"default": settings})["default"]
    models = [
        model
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy and not model.__module__.startswith("django.contrib")
    ]
    try:
        with connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
            return ";\n".join(row[0] for row in cursor.fetchall())
    finally:
        connection.close()
