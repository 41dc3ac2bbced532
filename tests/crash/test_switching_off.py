"""Switches with real workers under load: what is off does not begin, and nothing of it is lost or doubled."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime

from hosting import Host

from sereno.runtime import services
from sereno.runtime.limiting import switches
from sereno.runtime.limiting.switches import Kind
from sereno.sdk.connector import NewEvent

WITHIN = 2_000_000_000
"""Nanoseconds in which a switch takes hold."""
OFF: dict[str, tuple[Kind, str]] = {
    "whole": ("shop", ""),
    "channel": ("channel", "email"),
    "connection": ("connection", "post"),
    "flow": ("flow", "letters"),
}
"""What is switched in each shop; another, `open`, goes on."""
EACH = 200
FLOW = "flow: letters\ntrigger: {event: custom.begun}\nsteps:\n  - crash.write: {to: '{{ event.data.to }}'}\n"


def test_what_is_off_begins_no_more_and_goes_on_whole(host: Host) -> None:
    shops = {name: _shop(host, name) for name in (*OFF, "open")}
    for first in range(0, EACH, 20):
        for shop in shops.values():
            _send(host, shop, first, 20)
    for _ in range(3):
        host.start()
    host.until(lambda: all(len(_begun(host)[shop]) >= 5 for shop in shops.values()))
    thrown: dict[str, int] = {}
    for name, (kind, what) in OFF.items():
        assert switches.switch_off(shops[name], kind, what, "stop", "ana", database=host.database)
        thrown[name] = time.monotonic_ns()
    until = max(thrown.values()) + WITHIN
    host.until(lambda: time.monotonic_ns() > until)
    _send(host, shops["open"], EACH, EACH)  # What is not off still goes.
    host.until(lambda: sum(at > until for at in _begun(host)[shops["open"]]) >= 20)
    begun = _begun(host)
    for name, at in thrown.items():
        assert max(begun[shops[name]]) <= at + WITHIN
        assert len(begun[shops[name]]) < EACH, "there was more to stop"
    for name, (kind, what) in OFF.items():
        assert switches.switch_on(shops[name], kind, what, "ana", database=host.database) == 0
    wanted = EACH * (len(OFF) + 2)
    host.until(lambda: host.count("effect WHERE status = 'done'") == wanted)
    assert host.count("effect") == host.count("run WHERE status = 'finished'") == wanted
    keys = Counter(line.split()[3] for line in host.journal.read_text().splitlines())
    assert len(keys) == wanted and set(keys.values()) == {1}


def _shop(host: Host, name: str) -> int:
    shop = services.create_shop(
        slug=name, name=name, currency="EUR", timezone="UTC", locale="en", database=host.database
    )
    services.publish(shop, services.save_draft(shop, FLOW, database=host.database).name, "t", database=host.database)
    return shop


def _send(host: Host, shop: int, first: int, count: int) -> None:
    now = datetime.now(UTC)
    events = [
        NewEvent(f"e{number}", "custom.begun", f"thing:{number}", now, {"to": f"p{number}@example.com"}, {})
        for number in range(first, first + count)
    ]
    services.insert_events(shop, None, "tests", events, database=host.database)


def _begun(host: Host) -> dict[int, list[int]]:
    """When effects began, by shop."""
    found: dict[int, list[int]] = defaultdict(list)
    for line in host.journal.read_text().splitlines():
        _, at, shop, _ = line.split()
        found[int(shop)].append(int(at))
    return found
