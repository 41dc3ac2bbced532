"""Runs the command line in this process, each test over a database file of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def cli(sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """`cli("flow", "list", "--json")` gives status, standard output and standard error."""
    from django.db import connections

    from sereno.cli.host import use
    from sereno.cli.main import run
    from sereno.site.command import Installation

    path = tmp_path / "cli.sqlite3"
    shutil.copyfile(sqlite_template, path)
    settings = connections.databases["default"]
    before = settings["NAME"]
    connections["default"].close()
    settings["NAME"] = str(path)
    use(Installation())

    def call(*argv: object) -> Outcome:
        capsys.readouterr()
        status = run([str(word) for word in argv])
        shown = capsys.readouterr()
        return Outcome(status, shown.out, shown.err)

    yield call
    connections["default"].close()
    from sereno.store.database import default_database

    default_database().close()
    settings["NAME"] = before


@pytest.fixture
def shop(cli: Command) -> Command:
    """The command line of an installation with one shop."""
    made = cli("shop", "add", "Casa Azahar", "--currency", "EUR", "--timezone", "Europe/Madrid", "--locale", "es")
    assert made.status == 0, made.err
    return cli


RECOVERY = """\
flow: cart-recovery
name: Cart recovery
trigger: {event: checkout.abandoned, when: "cart.total >= 30"}
key: cart.id
exit: [{event: order.created}]
steps:
  - wait: 4h
  - log: {text: "A reminder for {{ cart.id }}"}
"""
BIG = """\
flow: big-orders
name: Big orders
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - orders.add_tag: {tag: big}
"""


@pytest.fixture
def flow_file(tmp_path: Path) -> Path:
    path = tmp_path / "big-orders.yaml"
    path.write_text(BIG)
    return path


@pytest.fixture
def busy(shop: Command, flow_file: Path) -> Command:
    """A shop with a live flow, three orders of which two were paid, and what came of them."""
    from sereno.runtime import services
    from sereno.runtime.runtime import Runtime
    from sereno.sdk.plugin import registry
    from sereno.store.database import default_database
    from sereno.store.models import Shop

    assert shop("flow", "apply", flow_file).status == 0
    number = Shop.objects.get().pk
    events = [*paid("1001", "250.00"), *paid("1002", "20.00"), placed("1003", "9.00")]
    services.insert_events(number, None, "test", events)
    Runtime(default_database(), registry(), worker_name="test").drain()
    return shop


def placed(number: str, total: str) -> Any:
    return _event(number, total, "order.created", None)


def paid(number: str, total: str) -> list[Any]:
    return [placed(number, total), _event(number, total, "order.paid", "2026-11-20T10:05:00Z")]


def _event(number: str, total: str, type_: str, paid_at: str | None) -> Any:
    from datetime import UTC, datetime

    from sereno.commerce.identity import refs_of
    from sereno.sdk.connector import NewEvent

    minute = 5 if paid_at else 0
    at = datetime(2026, 11, 20, 10, minute, tzinfo=UTC)
    data = {
        "id": number,
        "number": f"#{number}",
        "currency": "EUR",
        "total": total,
        "email": f"ana{number}@example.com",
        "customer_id": f"c{number}",
        "placed_at": "2026-11-20T10:00:00Z",
        "paid_at": paid_at,
        "updated_at": at.isoformat().replace("+00:00", "Z"),
        "lines": [],
    }
    subject = f"order:{number}"
    return NewEvent(f"{type_}:{number}", type_, subject, at, data, refs_of(type_, subject, data))
