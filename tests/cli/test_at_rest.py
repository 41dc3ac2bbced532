"""A process at rest has read only what it uses (ADR 54): what `serve` takes along before anybody asks for anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from typing import Any

import pytest

BEGIN = """
import json, sys
from sereno.cli import database
from sereno.cli.host import use
from sereno.site.command import Installation
installation = Installation()
use(installation)
installation.prepare()
applied = database.apply_migrations()
from sereno.site import composition, serve, urls
from sereno.runtime.worker import Worker
from sereno.web.environment import jinja
from pydantic import BaseModel
from sereno.sdk.config import Config
import sereno.api.version1
def below(one):
    for each in one.__subclasses__():
        yield each
        yield from below(each)
ours = [one for one in below(BaseModel) if one.__module__.startswith("sereno.api.") or issubclass(one, Config)]
built = sorted(f"{one.__module__}.{one.__qualname__}" for one in ours if one.__pydantic_complete__)
bad = []
for one in below(BaseModel):
    try:
        one.model_rebuild(raise_errors=True)
    except Exception as error:
        bad.append(f"{one.__module__}.{one.__qualname__}: {error}")
found = {"modules": sorted(set(sys.modules)), "models": len(ours), "built": built, "bad": bad, "applied": applied}
print(json.dumps(found))
"""
UNREAD = {
    "cel_expr_python": "the first expression",
    "liquid": "the first template",
    "psycopg": "a database of PostgreSQL",
    "segno": "the first QR code",
    "typer": "a command that does not stay",
    "unittest": "tests",
    "numpy": "the night's forecasts, in a process of their own",
    "sereno.store.migrations": "a database behind the code",
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a second start reads: the first made the database."""
    folder = tmp_path_factory.mktemp("rest")
    environment = {**os.environ, "SERENO_DATA_DIR": str(folder)}
    environment.pop("SERENO_DATABASE_URL", None)
    begin = partial(subprocess.run, [sys.executable, "-c", BEGIN], env=environment, check=True, capture_output=True)
    answers = [json.loads(begin().stdout) for _ in range(2)]
    assert answers[0]["applied"], "the first start makes the tables"
    return answers[1]


@pytest.mark.parametrize("name", UNREAD)
def test_what_nobody_asked_for_is_not_read(begun: dict[str, Any], name: str) -> None:
    found = [one for one in begun["modules"] if one == name or one.startswith(f"{name}.")]
    assert not found, f"only {UNREAD[name]} may read it"


def test_no_migration_is_read_where_all_are_applied(begun: dict[str, Any]) -> None:
    assert begun["applied"] == []
    migrations = [name for name in begun["modules"] if ".migrations.0" in name]
    assert not migrations


def test_records_of_the_api_are_made_ready_when_the_first_comes(begun: dict[str, Any]) -> None:
    assert begun["models"] > 300
    assert not begun["built"]


def test_and_every_one_of_them_can_be(begun: dict[str, Any]) -> None:
    assert not begun["bad"]
