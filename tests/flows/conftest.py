"""Django is set up before the flows' rooms are imported."""

from __future__ import annotations

import django
import pytest
from django.apps import apps


@pytest.fixture(scope="session", autouse=True)
def _django() -> None:
    if not apps.ready:
        django.setup()
