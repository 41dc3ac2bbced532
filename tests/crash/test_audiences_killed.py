"""Workers that fill a list are killed around its batches: the next goes on there, and nobody is told twice for
nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hosting import Host
from worker_process import AheadClock

from sereno.connectors.advertising import hashed
from sereno.runtime import connecting, services
from sereno.runtime.ports import no_ports
from sereno.runtime.runtime import Runtime
from sereno.runtime.segments import services as segments
from sereno.runtime.stores import permitting
from sereno.runtime.tools import attaching
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.sdk.ports import HttpAnswer, HttpRequest

PEOPLE = 12
LEASE = 130.0
"""Seconds by which each worker's clock is ahead of the one before: a dead one's lease is over."""


class Meta:
    def send(self, request: HttpRequest) -> HttpAnswer:
        return HttpAnswer(200, {}, json.dumps({"data": [{"id": "5", "name": "VIP"}], "account_status": 1}).encode())


def follow(host: Host, turn: int, dies: str) -> int:
    script = str(Path(__file__).parent / "following_process.py")
    asked = [sys.executable, script, host.url, str(host.journal), str(LEASE * turn), dies]
    return subprocess.run(asked, timeout=300, check=False).returncode


def test_a_filling_goes_on_at_the_batch_it_was_killed_at(host: Host) -> None:
    given: dict[str, Any] = {"by": "tests", "database": host.database}
    connecting.connect(host.shop, "metaads", "ads", secrets=["s"], base_url="https://sereno.example/", **given)
    permitting.give_access("ads", {"token": "t", "account": "42"}, shop_id=host.shop, http=Meta(), **given)
    services.insert_events(host.shop, None, "tests", people(), database=host.database)
    segments.create(host.shop, "vip", {"field": "tags", "is": "has", "value": "vip"}, **given)
    # PostgreSQL gathers a moment later.
    Runtime(host.database, registry(), no_ports, AheadClock(30), "settles").drain()
    assert host.count("segments_member WHERE is_in = 1") == PEOPLE
    attaching.attach("ads", "5", "vip", shop_id=host.shop, http=Meta(), **given)
    for turn, dies in enumerate(("before", "after", "before", "after"), 1):
        assert follow(host, turn, dies) == -signal.SIGKILL
    assert follow(host, 5, "never") == 0
    told = [json.loads(line) for line in host.journal.read_text().splitlines()]
    assert {method for method, _ in told} == {"POST"}
    assert {key for _, keys in told for key in keys} == {hashed(str(number)) for number in range(PEOPLE)}
    # Killed before it was told a batch is told once; killed after that, the same one is told again, and no other.
    assert [len(keys) for _, keys in told] == [4, 4, 4, 4, 4]
    assert told[0] == told[1] == told[2] and len({str(keys) for _, keys in told}) == 3
    (one,) = attaching.attached(host.shop, database=host.database)
    assert (one.state, one.on, one.put, one.putting) == ("in_step", PEOPLE, PEOPLE, 0)


def people() -> list[NewEvent]:
    now = datetime.now(UTC)
    return [
        NewEvent(
            f"c{number}", "customer.created", f"customer:{number}", now,
            {"id": str(number), "email": f"p{number}@example.com", "tags": ["vip"], "accepts_email": True,
             "updated_at": now.isoformat()},
            {"customer": str(number), "email": f"p{number}@example.com"},
        )
        for number in range(PEOPLE)
    ]  # fmt: skip
