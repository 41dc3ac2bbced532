"""Django over a database file of its own; each test begins with empty tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from installation import ready

ready()


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
