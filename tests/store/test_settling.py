"""What becomes of outcomes when something breaks on the way: they are kept, and never leave a run parked."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from support import ANSWERS, START, TRIED, Place, fact

from sereno.engine.catalog import FlowInvalid
from sereno.runtime import effects, flows, services, settling, waking
from sereno.runtime.runtime import Runtime
from sereno.sdk.plugin import registry
from sereno.sdk.result import Fail, Retry

AWAITED = """
flow: awaited
trigger: {event: custom.begun}
steps:
  - tests.call: {to: label}
    as: label
  - log: {text: on}
"""
CUT = """
flow: cut
trigger: {event: custom.begun}
exit: [custom.ended]
steps:
  - tests.call: {to: mail}
  - wait: 10d
"""
TWO = """
flow: two
trigger: {event: custom.begun}
steps:
  - tests.call: {to: first}
    as: first
  - tests.call: {to: second}
  - log: {text: on}
"""


def begin(place: Place, flow: str) -> None:
    """Start a run, and carry out its first effect without settling it."""
    place.flow(flow)
    place.send(fact("1", "custom.begun"))
    place.runtime.world.flows.invalidate()
    place.runtime.round()
    for _ in range(200):
        if TRIED:
            return
        time.sleep(0.01)


def test_outcomes_outlive_an_error_of_the_database(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(place, AWAITED)
    with monkeypatch.context() as patch:

        def broken(*_: Any, **__: Any) -> None:
            raise sqlite3.DatabaseError("malformed for a moment")

        patch.setattr(effects, "settle", broken)
        with pytest.raises(sqlite3.DatabaseError):
            place.runtime.round(wait_for_effects=True)
    place.drain()
    assert place.runs()[0][1] == "finished"
    assert len(TRIED) == 1


def test_an_effect_that_breaks_its_thread_has_an_outcome(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(ready: Any) -> Any:
        raise MemoryError("outside the action")

    monkeypatch.setattr(effects, "carry_out", broken)
    place.flow(AWAITED)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert ("tests.call", "failed", 1, "action.crashed") in place.effects()
    assert "parked" not in str(place.runs())


@pytest.mark.parametrize("answer", [Fail("http.500", "\0gzip\ud800?"), Retry("busy", "503 \0")])
def test_what_a_remote_says_may_hold_zero_bytes(place: Place, answer: Fail | Retry) -> None:
    ANSWERS["label"] = lambda config, ctx: answer
    place.flow(AWAITED)
    place.send(fact("1", "custom.begun"))
    place.drain()
    for _ in range(9):
        place.after(hours=1)
    assert place.effects()[0][1] == "failed"
    assert place.effects()[0][3] in ("http.500", "busy")
    assert "parked" not in str(place.runs())


def test_a_tag_with_a_zero_byte_does_not_fail_its_event(place: Place) -> None:
    place.flow(
        "flow: t\ntrigger: {event: custom.begun}\nsteps:\n  - customers.add_tag: {tag: '{{ event.data.tag }}'}\n"
    )
    place.send(fact("1", "custom.begun", "customer:17", data={"tag": "a\0b"}))
    place.drain()
    assert place.rows("SELECT error FROM event WHERE error IS NOT NULL") == []
    assert place.rows("SELECT tag FROM tag") == [("ab",)]


def test_a_run_that_cannot_go_on_fails_and_its_effect_stays_done(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(place, AWAITED)
    with monkeypatch.context() as patch:

        def broken(*_: Any) -> None:
            raise ValueError("a fault of ours")

        patch.setattr(settling, "_move_runs", broken)
        place.runtime.round(wait_for_effects=True)
    place.after(days=30)
    (run,) = place.runs()
    assert run[1] == "failed" and "a fault of ours" in run[3]
    assert place.effects() == [("tests.call", "done", 1, None)]
    assert len(TRIED) == 1


def test_an_effect_waits_for_a_worker_that_knows_the_flow(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.flow(AWAITED)
    place.send(fact("1", "custom.begun"))
    place.runtime.world.flows.invalidate()
    place.runtime.round_of("dispatch")
    with monkeypatch.context() as patch:

        def unknown(*_: Any) -> Any:
            raise FlowInvalid([])

        patch.setattr(flows, "compiled", unknown)
        old = Runtime(place.database, registry(), clock=place.clock, worker_name="old", threads=1)
        old.drain()
        old.stop()
    assert TRIED == []
    assert place.effects() == [("tests.call", "pending", 0, None)]
    place.after(minutes=2)
    assert place.runs()[0][1] == "finished"


def test_pausing_holds_effects_and_resuming_lets_them_go(place: Place) -> None:
    place.flow(TWO)
    place.send(fact("1", "custom.begun"))
    place.runtime.world.flows.invalidate()
    place.runtime.round_of("dispatch")
    services.set_status(place.shop, "two", "paused", "tester", database=place.database)
    place.after(minutes=5)
    assert TRIED == [] and place.runs()[0][1] == "parked"
    assert place.runtime.next_due() is None
    services.set_status(place.shop, "two", "live", "tester", database=place.database)
    place.drain()
    assert len(TRIED) == 2 and place.runs()[0][1] == "finished"


def test_what_an_exited_run_had_not_begun_is_taken_back(place: Place) -> None:
    ANSWERS["mail"] = lambda config, ctx: Retry("mail.busy")
    place.flow(CUT)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert len(TRIED) == 1
    place.send(fact("2", "custom.ended", at=START + timedelta(seconds=2)))
    place.drain()
    place.after(hours=1)
    assert place.runs()[0][1] == "exited"
    assert [row[1] for row in place.effects()] == ["cancelled"]
    assert len(TRIED) == 1
    assert any("effect.cancelled" in row[0] for row in place.rows("SELECT entries FROM run_trace"))


def test_what_a_run_ended_by_hand_had_not_begun_is_taken_back(place: Place) -> None:
    ANSWERS["mail"] = lambda config, ctx: Retry("mail.busy")
    place.flow(CUT)
    place.send(fact("1", "custom.begun"))
    place.drain()
    uid = place.rows(
        "SELECT uid FROM run WHERE status = 'waiting' AND flow_id IN (SELECT id FROM flow WHERE name = 'cut')"
    )
    services.end_run(uid[0][0], "tester", database=place.database)
    place.after(hours=1)
    assert [row[1] for row in place.effects()] == ["cancelled"]


def test_what_a_failed_run_had_not_begun_is_taken_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that breaks when its timer rings ends, and its mail that still waited for its server is not sent."""
    ANSWERS["mail"] = lambda config, ctx: Retry("mail.busy", kind="limited", after=timedelta(days=20))
    place.flow(CUT)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert len(TRIED) == 1
    with monkeypatch.context() as patch:

        def broken(*_: Any, **__: Any) -> None:
            raise ValueError("a fault of ours")

        patch.setattr(waking.Batch, "give", broken)
        place.after(days=11)
    place.after(days=20)
    (run,) = place.runs()
    assert run[1] == "failed" and "a fault of ours" in run[3]
    assert [row[1] for row in place.effects()] == ["cancelled"]
    assert len(TRIED) == 1
    traced = str(place.rows("SELECT entries FROM run_trace"))
    assert "run.failed" in traced and "effect.cancelled" in traced


def test_a_failed_run_is_not_moved_on_by_an_outcome(place: Place) -> None:
    begin(place, AWAITED)
    with place.database.transaction() as tx:
        (row,) = tx.text("SELECT id FROM run WHERE status = 'parked'")
        waking.fail_run(place.runtime.world, tx, row[0], "a fault of ours", place.clock.now())
    place.drain()
    assert place.runs()[0][1] == "failed"
    assert place.effects() == [("tests.call", "done", 1, None)]


@pytest.mark.parametrize("how", ["exited", "ended", "failed"])
@pytest.mark.parametrize("then", ["answers", "dies", "stops"])
def test_what_was_under_way_when_its_run_was_cut_is_not_tried_again(place: Place, how: str, then: str) -> None:
    gate = threading.Event()
    ANSWERS["mail"] = lambda config, ctx: (gate.wait(120), Retry("mail.busy"))[1]
    begin(place, CUT)
    ((run, uid),) = place.rows("SELECT id, uid FROM run WHERE status = 'waiting' AND subject = 'thing:1'")
    if how == "exited":
        place.send(fact("2", "custom.ended", at=START + timedelta(seconds=2)))
        place.runtime.round_of("dispatch")
    elif how == "ended":
        services.end_run(uid, "tester", database=place.database)
    else:
        with place.database.transaction() as tx:
            waking.fail_run(place.runtime.world, tx, run, "a fault of ours", place.clock.now())
    if then == "dies":
        other = Runtime(place.database, registry(), clock=place.clock, worker_name="other", threads=1)
        place.clock.move_to(place.clock.now() + timedelta(minutes=5))
        other.beat()
        other.drain()
        other.stop()
    elif then == "stops":
        with place.database.transaction() as tx:
            ids = [row[0] for row in tx.text("SELECT id FROM effect")]
            freed = tx.all("release_effects", {"worker": "worker", "ids": ids})
            place.runtime.effects._trace_called_back(tx, freed)
    gate.set()
    place.runtime.round(wait_for_effects=True)
    place.after(hours=1)
    assert [row[1] for row in place.effects()] == ["cancelled"]
    assert len(TRIED) == 1
    assert "effect.cancelled" in str(place.rows("SELECT entries FROM run_trace"))
    assert services.replay_effects([1], "tester", database=place.database) == 1
    ANSWERS.clear()
    place.drain()
    assert [row[1] for row in place.effects()] == ["done"]


def test_an_effect_that_cannot_be_prepared_fails_alone(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    place.flow(CUT)
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}") for number in range(3)))
    place.runtime.world.flows.invalidate()
    place.runtime.round_of("dispatch")
    with place.database.transaction() as tx:
        tx.text("UPDATE effect SET config = '{' WHERE subject = 'thing:1'")
    place.drain()
    assert sorted(row[1] for row in place.effects()) == ["done", "done", "failed"]
    assert len(TRIED) == 2


def test_an_effect_whose_run_cannot_be_read_fails_with_it(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    place.flow(AWAITED)
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}") for number in range(3)))
    place.runtime.world.flows.invalidate()
    place.runtime.round_of("dispatch")
    with place.database.transaction() as tx:
        tx.text("UPDATE run SET state = '{' WHERE subject = 'thing:1'")
    place.drain()
    assert sorted(row[1] for row in place.runs()) == ["failed", "finished", "finished"]
    assert [row[1] for row in place.effects() if row[0] == "tests.call"].count("failed") == 1
