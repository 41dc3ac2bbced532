"""The tables of an empty database, made as they stand after the last migration: the same as by all migrations one
after the other, in a tenth of the time, for those draw every model anew at each of their steps.

Invariant: `tests/store/test_at_once.py` holds both ways against each other, on both databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def make_at_once(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database was empty; then it has all tables, and every migration counts as applied. Another process
    that is doing the same is waited for."""
    if connection.introspection.table_names():
        return False
    loader = MigrationLoader(connection)
    steps = [loader.graph.nodes[key] for key in _order(loader)]
    last = loader.project_state().apps
    with connection.schema_editor() as editor:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sereno: tables'))")
            if connection.introspection.table_names():
                return False
        for model in last.get_models():
            if model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
        # Indexes and references wait for the end, but what follows may make a table anew.
        for statement in editor.deferred_sql:
            editor.execute(statement)
        editor.deferred_sql.clear()
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        for step in steps:
            for operation in step.operations:
                _run(operation, step.app_label, editor, last)
            recorder.record_applied(step.app_label, step.name)
        _add_lost_indexes(editor, last)
    return True


def _order(loader: MigrationLoader) -> list[tuple[str, str]]:
    """Every migration after those it needs."""
    found: dict[tuple[str, str], None] = {}
    for leaf in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(leaf):
            found.setdefault(key)
    return list(found)


def _run(operation: Any, app: str, editor: Any, last: Any) -> None:
    """What a migration says in its own words; what only changes rows (`elidable`) has none to change here."""
    if operation.elidable:
        return
    if isinstance(operation, RunPython):
        operation.code(last, editor)
    elif isinstance(operation, RunSQL):
        nothing = ProjectState()
        operation.database_forwards(app, editor, nothing, nothing)


def _add_lost_indexes(editor: Any, last: Any) -> None:
    """A table that a migration makes anew in its own words lost here what later ones add."""
    known = _index_names(editor.connection)
    for model in last.get_models():
        if model._meta.managed:
            for index in model._meta.indexes:
                if index.name not in known:
                    editor.add_index(model, index)


def _index_names(connection: BaseDatabaseWrapper) -> set[str]:
    """Asked of the catalogue at once: Django would take the words of every table apart."""
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = ANY(current_schemas(FALSE))",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor])
        return {str(name) for (name,) in cursor.fetchall()}
