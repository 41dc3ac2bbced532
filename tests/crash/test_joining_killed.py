"""Killed before any statement while two records become one: either they are two with a run each, or one with one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from dying import Dying, dying
from hosting import Host

from sereno.runtime import services
from sereno.runtime.ports import no_ports
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry

FLOW = """flow: greeted
trigger: {event: custom.hello}
reentry: once
exit: [{event: order.created}]
steps:
  - log: {text: "{{ customer.id }}"}
  - wait: 30d
  - log: {text: "{{ customer.id }}"}
"""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Dying]:
    with dying() as made:
        yield made


@pytest.mark.parametrize("way", ["join", "match"])
def test_killed_before_any_statement_both_go_on_or_one_does(host: Host, mortal: Dying, way: str) -> None:
    host.flow(FLOW)
    runtime = Runtime(host.database, registry(), no_ports)
    _send(host, "customer.created", ("1", "ana@example.com"), ("2", "ana@work.example"))
    runtime.drain()
    _send(host, "custom.hello", ("1", "ana@example.com"), ("2", "ana@work.example"))
    runtime.drain()
    if way == "match":
        _send(host, "customer.updated", ("2", "ana@example.com"))
        runtime.round_of("dispatch")
    given = ("1", "2") if way == "join" else ()
    at, states = 1, set[tuple[Any, ...]]()
    while mortal.kill(host, way, at, *given):
        states.add(_state(host))
        at += 1
    assert at > 10, "it was killed before each of its statements"
    before, after = (2, 0, 0, 0, 2), (1, 1, 1, int(way == "join"), 1)
    assert states - {after} == {before} and _state(host) == after
    runtime.drain()
    _send(host, "custom.hello", ("1", "again@example.com"), ("2", "again@example.com"))
    runtime.drain()
    assert _state(host) == after, "nobody enters anew"
    assert host.count("effect WHERE action = 'log'") == 2


def _state(host: Host) -> tuple[Any, ...]:
    """Runs under way, runs ended by the joining, pairs, lines of the audit, live entries."""
    return (
        host.count("run WHERE status = 'waiting'"),
        host.count("run WHERE reason = 'joined'"),
        host.count("customers_join WHERE status = 'joined'"),
        host.count("audit WHERE action = 'customer.joined'"),
        host.count("flow_entry WHERE is_live"),
    )


def _send(host: Host, type: str, *people: tuple[str, str]) -> None:
    now = datetime.now(UTC)
    events = [
        NewEvent(
            f"{type}|{key}|{mail}",
            type,
            f"customer:{key}",
            now,
            {"id": key, "email": mail, "updated_at": now.isoformat()},
            {"customer": key, "email": mail},
        )
        for key, mail in people
    ]
    services.insert_events(host.shop, None, "tests", events, database=host.database)
