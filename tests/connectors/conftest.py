"""Bodies to map: the shared corpus where there is one beside the repository, else the connector's own fixtures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bodies import Body, body_of, map_body

from sereno.sdk.connector import Mapped


@pytest.fixture
def body() -> Callable[[str, str], Body]:
    """`body("shopify", "carts_update")`: the bytes of a file, by its name without `.json`."""
    return body_of


@pytest.fixture
def mapped() -> Callable[..., Mapped]:
    """`mapped("shopify", "carts_update")`: what the connector makes of the file."""
    return map_body


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)
