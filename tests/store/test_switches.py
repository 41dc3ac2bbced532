"""Kill switches: what is off does not leave, what was claimed is given back, and what waited goes on after."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta
from typing import Any

import pytest
from support import ANSWERS, START, TRIED, Place, fact, order

from sereno.runtime import services
from sereno.runtime.limiting import switches
from sereno.runtime.settling import Claimed
from sereno.sdk.result import Done

FLOW = "flow: {name}\ntrigger: {{event: custom.begun}}\nsteps:\n  - tests.call: {{to: x}}\n    on_error: {on_error}\n"


def begin(place: Place, name: str = "caller", on_error: str = "stop", count: int = 3) -> None:
    place.flow(FLOW.format(name=name, on_error=on_error))
    place.send(*(fact(f"{name}{number}", "custom.begun", f"thing:{number}") for number in range(count)))


@pytest.mark.parametrize(("kind", "name"), [("shop", ""), ("connection", "tests"), ("flow", "caller")])
def test_what_is_off_waits_and_goes_on_after(place: Place, kind: Any, name: str) -> None:
    begin(place, count=0)
    assert switches.switch_off(place.shop, kind, name, "too many", "ana", database=place.database)
    assert not switches.switch_off(place.shop, kind, name, "again", "ana", database=place.database)
    place.send(fact("b", "custom.begun"))
    place.drain()
    assert TRIED == []
    if kind != "flow":  # A flow that is off lets nobody in; what is held further out still decides.
        assert [row[1] for row in place.runs()] == ["parked"]
        assert place.effects() == [("tests.call", "pending", 0, None)]
    (off,) = listed(place)
    assert (off.kind, off.name, off.reason, off.by) == (kind, name, "too many", "ana")
    switches.switch_on(place.shop, kind, name, "ana", database=place.database)
    if kind == "flow":
        place.send(fact("c", "custom.begun"))
    place.drain()
    assert len(TRIED) == 1 and listed(place) == []
    assert [row[0] for row in place.rows("SELECT action FROM audit WHERE action LIKE 'switch%' ORDER BY id")] == (
        [] if kind == "flow" else ["switch.off", "switch.on"]
    )


def listed(place: Place) -> list[switches.Off]:
    with place.database.read() as tx:
        return switches.switched_off(tx, place.shop)


def test_another_connection_and_another_shop_go_on(place: Place) -> None:
    begin(place)
    switches.switch_off(place.shop, "connection", "http:elsewhere", "down", "ana", database=place.database)
    place.drain()
    assert len(TRIED) == 3


def test_a_channel_stops_its_messages_alone(place: Place) -> None:
    with pytest.raises(ValueError, match="there is no channel 'pigeon'"):
        switches.switch_off(place.shop, "channel", "pigeon", "x", "ana", database=place.database)
    begin(place, count=0)
    place.flow(
        "flow: writer\ntrigger: {event: order.created}\nsteps:\n"
        "  - messages.send_email: {subject: Hi, text: There, purpose: transactional}\n  - tests.call: {to: x}\n"
    )
    switches.switch_off(place.shop, "channel", "email", "wrong text", "ana", database=place.database)
    place.send(order("1"))
    place.drain()
    assert place.effects() == [("messages.send_email", "pending", 0, None), ("tests.call", "done", 1, None)]


def test_a_switch_wants_a_reason(place: Place) -> None:
    with pytest.raises(ValueError, match="say why"):
        switches.switch_off(place.shop, "shop", "", "  ", "ana", database=place.database)
    with pytest.raises(LookupError, match="shop is not off"):
        switches.switch_on(place.shop, "shop", "", "ana", database=place.database)


def test_what_was_claimed_and_not_begun_is_given_back(place: Place) -> None:
    """Four threads: four begin, the others are claimed and wait; the switch comes while the four are at work."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def slow(config: Any, ctx: Any) -> Done:
        begun.release()
        go_on.wait(120)
        return Done({})

    ANSWERS["x"] = slow
    begin(place, count=12)
    runtime = place.runtime
    while not TRIED:
        runtime.round()
    for _ in range(4):
        begun.acquire(timeout=120)
    assert place.rows("SELECT count(*) FROM effect WHERE status = 'running'") == [(12,)]
    switches.switch_off(place.shop, "shop", "", "stop it", "ana", database=place.database)
    runtime.effects._switches._read_at -= 10  # A second later.
    go_on.set()
    for _ in range(1000):
        runtime.round(wait_for_effects=True)
        if place.rows("SELECT count(*) FROM effect WHERE status = 'running'") == [(0,)]:
            break
    assert len(TRIED) == 4
    assert place.rows("SELECT status, attempts, count(*) FROM effect GROUP BY 1, 2 ORDER BY 1") == [
        ("done", 1, 4),
        ("pending", 0, 8),
    ]
    switches.switch_on(place.shop, "shop", "", "ana", database=place.database)
    place.drain()
    assert len(TRIED) == len(set(TRIED)) == 12


def test_what_waited_too_long_is_cancelled_when_it_goes_on(place: Place) -> None:
    begin(place, on_error="stop")
    begin(place, "freely", on_error="continue")
    switches.switch_off(place.shop, "shop", "", "stop it", "ana", database=place.database)
    place.drain()
    place.after(hours=5)
    place.send(fact("new", "custom.begun", "thing:99"))
    place.drain()
    with place.database.read() as tx:
        found = switches.waiting(tx, place.shop)("shop", "")
    assert (found.count, found.since) == (11, START)
    cancelled = switches.switch_on(
        place.shop, "shop", "", "ana", older_than=timedelta(hours=1), database=place.database
    )
    place.drain()
    assert cancelled == 9 and len(TRIED) == 2
    failed = [row for row in place.runs() if row[1] == "failed"]
    assert len(failed) == 3 and failed[0][3] == "switch.too_old"
    assert place.rows("SELECT status, error, count(*) FROM effect GROUP BY 1, 2 ORDER BY 1") == [
        ("cancelled", "switch.too_old", 9),
        ("done", None, 2),
    ]


def test_a_flow_goes_back_to_shadow(place: Place) -> None:
    begin(place, count=0)
    services.set_status(place.shop, "caller", "shadow", "ana", database=place.database)
    switches.switch_off(place.shop, "flow", "caller", "x", "ana", database=place.database)
    switches.switch_on(place.shop, "flow", "caller", "ana", database=place.database)
    assert place.rows("SELECT status FROM flow WHERE name = 'caller'") == [("shadow",)]


def test_a_look_that_fails_begins_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:

    known = switches.Switches(place.database)
    effect = Claimed(1, "k", place.shop, 1, 1, "0", "tests.call", False, 1, "tests")
    assert not known.stops(effect)

    def gone() -> None:
        raise sqlite3.OperationalError("gone")

    known._read_at -= 10
    monkeypatch.setattr(known, "_database", type("Gone", (), {"read": staticmethod(gone)})())
    assert known.stops(effect)
