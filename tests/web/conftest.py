"""Django over a database file of its own; each test begins with empty tables."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

os.environ.setdefault("SERENO_DATA_DIR", tempfile.mkdtemp(prefix="sereno-web-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()


@pytest.fixture(scope="session")
def tables() -> None:
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from sereno.site.plugins import load_plugins

    load_plugins()
    call_command("migrate", verbosity=0)
    setup_test_environment()


@pytest.fixture(autouse=True)
def empty(tables: None) -> Iterator[None]:
    from django.core.cache import cache
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    cache.clear()
    yield
