"""A place whose actions answer as each test says, and forget it after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import arbiting
import pytest
from support import ANSWERS, TRIED, Place

from sereno.store import secrets


@pytest.fixture
def secret_key() -> Iterator[None]:
    """What connections' secrets are sealed with."""
    before = secrets._keys
    secrets.configure("a key for tests")
    yield
    if before:
        secrets.configure(*before)


@pytest.fixture
def place(database: Any) -> Iterator[Place]:
    place = Place(database)
    TRIED.clear()
    ANSWERS.clear()
    yield place
    ANSWERS.clear()
    place.runtime.stop()


@pytest.fixture
def shop(database: Any) -> Iterator[Place]:
    """A place whose action writes to people, and notes when each message went."""
    arbiting.register()
    place = Place(database)
    arbiting.WENT.clear()
    arbiting.OUTCOMES.clear()
    yield place
    arbiting.OUTCOMES.clear()
    place.runtime.stop()
