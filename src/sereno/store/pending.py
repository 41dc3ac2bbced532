"""Which migrations are not applied yet, without reading any where all are: a process that stays would carry what they
say for as long as it runs.

Invariant: only when each file of every app is known to the database is nothing pending; else Django is asked.
"""

from __future__ import annotations

from pathlib import Path
from pkgutil import iter_modules

from django.apps import apps
from django.db import connections
from django.db.utils import DatabaseError


def pending_migrations(database: str = "default") -> list[str]:
    """Their names, in their order. Raises Django's errors when the database does not answer."""
    if _written() <= _applied(database):
        return []
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[database])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _written() -> set[tuple[str, str]]:
    """Those there are files of, by app and name, as Django's loader finds them."""
    return {
        (app.label, found.name)
        for app in apps.get_app_configs()
        for found in iter_modules([str(Path(app.path) / "migrations")])
        if found.name[0] not in "_~"
    }


def _applied(database: str) -> set[tuple[str, str]]:
    """Nothing where there is no table of them yet."""
    try:
        with connections[database].cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return {(str(app), str(name)) for app, name in cursor.fetchall()}
    except DatabaseError:
        return set()
