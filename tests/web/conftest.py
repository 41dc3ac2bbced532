"""Django over a database file of its own; each test begins with empty tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from emptying import SqliteEmptier
from installation import ready

ready()

if TYPE_CHECKING:
    from django.test import Client
    from seeding import Seeded

    from sereno.store.models import Shop

_WRITTEN_BY_MIGRATE = ("django_migrations", "django_content_type", "auth_permission")


@pytest.fixture(scope="session")
def empty_tables() -> Iterator[SqliteEmptier]:
    """Django's own database, migrated; call it to empty the tables."""
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    call_command("migrate", verbosity=0)
    setup_test_environment()
    # Sealing a password is made to take a fifth of a second; here it is the same way without the wait.
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 64, 1
    emptier = SqliteEmptier(connection.settings_dict["NAME"], kept=_WRITTEN_BY_MIGRATE)
    yield emptier
    emptier.close()


@pytest.fixture(autouse=True)
def empty(empty_tables: SqliteEmptier) -> Iterator[None]:
    from django.conf import settings
    from django.core.cache import cache

    from sereno.runtime import staff

    empty_tables()
    cache.clear()
    # What it knows of flows holds for half a second, in which another test may have others under the same ids.
    staff._staff.cache_clear()
    yield
    # The pages have a demo's inbox as long as there is its folder.
    shutil.rmtree(settings.ENVIRONMENT.data_dir / "demo", ignore_errors=True)


@pytest.fixture
def shop() -> Shop:
    """A shop with nothing in it."""
    from seeding import make_shop

    return make_shop()


@pytest.fixture
def seeded() -> Seeded:
    """A shop with a little of everything, and its owner."""
    from seeding import seed

    return seed()


@pytest.fixture
def boss(seeded: Seeded) -> Client:
    """The owner of the seeded shop, signed in."""
    from django.test import Client

    client = Client()
    client.force_login(seeded.owner)
    return client
