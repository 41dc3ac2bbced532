"""A migrated database to copy, and a server on a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Server, Store, copy_of

from sereno.store import secrets


@pytest.fixture(autouse=True)
def _secret_key() -> Iterator[None]:
    before = secrets._keys
    secrets.configure("the key of these tests")
    yield
    if before:
        secrets.configure(*before)


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Store:
    found = copy_of(sqlite_template, tmp_path)
    found.connect("shop")
    return found


@pytest.fixture(params=["quick", "asgi"])
def server(store: Store, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The same server twice: with the short way for whole requests, and with plain ASGI."""
    with Server(store.path, quick=request.param == "quick") as found:
        yield found
