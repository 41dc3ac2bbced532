"""Databases for tests: `database` is both kinds in turn, empty and migrated; `sqlite` and `postgres` are one of them.

One PostgreSQL server runs per test session (and per xdist worker); `SERENO_TEST_DATABASE_URL` names another to use
instead, whose tables are then emptied. Django's own `default` database is a file in a fresh data folder.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from emptying import PostgresEmptier
from installation import migrate, only_for_tests, postgres_server, ready

# The same examples each time: a change is judged by what it changes. HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def no_loop_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """The browser tests' driver leaves its event loop marked as running in this thread; every later test of the same
    process would be taken for one inside it."""
    loop = asyncio._get_running_loop()
    if loop is None or "browser" in request.path.parts:
        yield
        return
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    ready()
    migrate({"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)})
    return path


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    url = os.environ.get("SERENO_TEST_DATABASE_URL")
    server = None
    if not url:
        server = postgres_server(tmp_path_factory.mktemp("postgres"))
        url = server.get_uri()
        only_for_tests(url)
    from sereno.site.environment import read

    migrate(read({**os.environ, "SERENO_DATABASE_URL": url}).database)
    yield url
    if server is not None:
        server.cleanup()


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Any]:
    from sereno.store.database import open_database

    path = tmp_path / "sereno.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def empty_postgres(postgres_url: str) -> Iterator[PostgresEmptier]:
    emptier = PostgresEmptier(postgres_url)
    yield emptier
    emptier.close()


@pytest.fixture
def postgres(postgres_url: str, empty_postgres: PostgresEmptier) -> Iterator[Any]:
    from sereno.store.database import open_database

    empty_postgres()
    database = open_database(postgres_url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("sqlite" if request.param == "sqlite" else "postgres")
