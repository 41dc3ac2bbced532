"""Who may carry out an effect, and settle it: one worker at a time, also when one is slow, ahead of time, or breaks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support import ANSWERS, TRIED, Place, fact

from sereno.runtime.clock import VirtualClock
from sereno.runtime.runtime import Runtime
from sereno.runtime.worker import Worker
from sereno.sdk.plugin import registry
from sereno.sdk.result import Done, Fail, Result

SLOW = """
flow: slow
trigger: {event: custom.begun}
steps:
  - tests.call: {to: slow}
    as: answer
    on_error: stop
  - log: {text: on}
"""


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def begin(place: Place) -> None:
    place.flow(SLOW)
    place.send(fact("1", "custom.begun"))
    place.runtime.world.flows.invalidate()
    place.runtime.beat()
    place.runtime.round()
    until(lambda: TRIED)


@pytest.mark.parametrize("ahead", [16, 50])
def test_a_living_workers_effect_is_not_begun_again(place: Place, ahead: int) -> None:
    gate = threading.Event()
    ANSWERS["slow"] = lambda config, ctx: (gate.wait(120), Done({}))[1]
    begin(place)
    clock = VirtualClock(place.clock.now() + timedelta(seconds=ahead))
    other = Runtime(place.database, registry(), clock=clock, worker_name="ahead", threads=1)
    other.beat()
    other.round(wait_for_effects=True)
    gate.set()
    place.drain()
    other.stop()
    assert len(TRIED) == 1
    assert place.runs()[0][1] == "finished"


def test_a_try_that_lost_its_lease_cannot_settle_the_one_that_has_it(place: Place) -> None:
    gates = [threading.Event(), threading.Event()]

    def slow(config: Any, ctx: Any) -> Result:
        number = len(TRIED) - 1
        gates[number].wait(120)
        return Done({}) if number else Fail("old", "the first try")

    ANSWERS["slow"] = slow
    begin(place)
    other = Runtime(place.database, registry(), clock=place.clock, worker_name="other", threads=1)
    place.clock.move_to(place.clock.now() + timedelta(seconds=61))
    other.beat()
    other.round()
    until(lambda: len(TRIED) == 2)
    gates[0].set()
    place.runtime.round(wait_for_effects=True)
    assert place.effects()[0][1] == "running"
    gates[1].set()
    other.round(wait_for_effects=True)
    place.drain()
    other.stop()
    assert place.runs()[0][1] == "finished"


def test_an_older_claim_of_the_same_worker_settles_nothing(place: Place) -> None:
    gate = threading.Event()
    ANSWERS["slow"] = lambda config, ctx: (gate.wait(120), Done({}))[1]
    begin(place)
    with place.database.transaction() as tx:
        tx.text("UPDATE effect SET attempts = 2 WHERE status = 'running'")
    gate.set()
    place.runtime.round(wait_for_effects=True)
    assert place.effects()[0][:3] == ("tests.call", "running", 2)
    assert place.runs()[0][1] == "parked"


def test_a_worker_that_fails_in_a_round_goes_on_beats_and_says_good_bye(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    place.flow(SLOW)
    place.send(fact("1", "custom.begun"))
    worker = Worker(place.runtime, beat=0.05)
    beats: list[int] = []
    rounds: list[int] = []
    beat, go = place.runtime.beat, place.runtime.round

    def counted() -> None:
        beats.append(1)
        beat()

    def failing(**options: Any) -> int:
        rounds.append(1)
        if len(rounds) == 2:
            until(lambda: len(beats) > 3)
            raise RuntimeError("a fault in a round")
        return go(**options)

    monkeypatch.setattr(place.runtime, "beat", counted)
    monkeypatch.setattr(place.runtime, "round", failing)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        until(lambda: place.runs() and place.runs()[0][1] == "finished")
    finally:
        stop.set()
        worker.notify()
        thread.join(15)
    assert len(TRIED) == 1
    assert place.rows("SELECT name FROM worker") == []
    assert [one.name for one in threading.enumerate() if one.name.startswith("sereno-beat")] == []
