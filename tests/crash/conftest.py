"""Workers in processes of their own, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hosting import Host, Nursery


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def host(database: Any, request: pytest.FixtureRequest, tmp_path: Path, nursery: Nursery) -> Iterator[Host]:
    url = f"sqlite:///{database.path}" if database.dialect == "sqlite" else request.getfixturevalue("postgres_url")
    host = Host(url, tmp_path, nursery)
    yield host
    host.close()
