"""Django over a database file of its own; each test begins with empty tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from installation import ready

ready()

if TYPE_CHECKING:
    from django.test import Client
    from seeding import Seeded

    from sereno.store.models import Shop


@pytest.fixture(scope="session")
def tables() -> None:
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    call_command("migrate", verbosity=0)
    setup_test_environment()


@pytest.fixture(autouse=True)
def empty(tables: None) -> Iterator[None]:
    from django.conf import settings
    from django.core.cache import cache
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    cache.clear()
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
