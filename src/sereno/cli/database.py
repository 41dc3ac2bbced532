"""Is the database there and up to date? Asked before every command that reads or writes it."""

from __future__ import annotations

from typing import Any

from sereno.cli.output import Failed


def pending_migrations() -> list[str]:
    """Names of the migrations not yet applied. Raises Failed when the database cannot be reached."""
    from django.db.utils import DatabaseError
    from django.db.utils import Error as DriverError

    from sereno.store import pending

    try:
        return pending.pending_migrations()
    except (DatabaseError, DriverError) as error:
        raise Failed(f"the database at {describe()} does not answer: {error}. Check SERENO_DATABASE_URL.") from error


def ready() -> None:
    """Raises Failed, naming the next step, when the database is not set up or behind the code."""
    if not pending_migrations():
        return
    from django.db import connection

    if "shop" in connection.introspection.table_names():
        raise Failed("the database is older than this version of Sereno: run `sereno migrate`")
    raise Failed(f"the database at {describe()} is not set up: run `sereno init`")


def apply_migrations() -> list[str]:
    """Bring the database up to date; gives what was applied."""
    waiting = pending_migrations()
    if waiting:
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        # The flows every shop has may have changed with the version.
        from sereno.runtime.services import install_derived_everywhere

        install_derived_everywhere()
    return waiting


def describe() -> str:
    """Where the database is, without its password."""
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return str(database["NAME"])
    return f"postgresql://{database.get('HOST') or 'localhost'}/{database['NAME']}"
