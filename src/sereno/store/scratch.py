"""A database in memory with all tables and nothing in them: for back-tests."""

from __future__ import annotations

from functools import lru_cache

from sereno.store.database import Database
from sereno.store.sqlite import SqliteDatabase


def open_scratch() -> Database:
    """For one thread; gone when it is closed."""
    database = SqliteDatabase(":memory:")
    database.execute_script(schema())
    return database


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
