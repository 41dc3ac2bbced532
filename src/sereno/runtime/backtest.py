"""What flows would have done: past events replayed on a virtual clock in a scratch database, by the code that runs
live.

Invariant: nothing leaves, and the same events, flows and seed give the same answer byte for byte.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sereno.runtime.arbiter.verdicts import Guard
from sereno.runtime.replays.history import Entered, PastEvent, in_order, past_of
from sereno.runtime.replays.opening import open_stream
from sereno.runtime.replays.people import PastPeople
from sereno.runtime.replays.replayed import Collected, OnProgress, ShouldStop, Sink, Summary
from sereno.runtime.replays.stream import Stream
from sereno.runtime.replays.worth import Worth
from sereno.runtime.world import Rehearse, World
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.store.scratch import open_scratch_file

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""When a replay begins of which nobody says when it does."""
PAGE = 500
"""Events between two looks at whether somebody called it off."""


Line = Mapping[str, Any] | PastEvent
"""A canonical line, read or half read."""


def backtest(
    documents: Sequence[str],
    events: Iterable[Line],
    *,
    shop: ShopFacts,
    start: datetime | None = None,
    until: datetime | None = None,
    seed: int = 0,
    plugins: Plugins,
    beside: Sequence[str] = (),
    on_progress: OnProgress | None = None,
    is_sorted: bool = False,
) -> dict[str, Any]:
    """Replay `events` (in any order, unless they are said to be sorted) through the flows in `documents`.

    Gives `{"events", "runs", "effects", "skipped", "failed", "seconds"}`. `seconds` is the length of time the replay
    covered, so that the answer depends on nothing but the input. Effects are all `shadow`, or `failed` where the action
    refused its config. `seed` goes into the ids of runs. Raises FlowInvalid.
    """
    found = Collected()
    if not is_sorted:
        events = in_order(event if isinstance(event, PastEvent) else past_of(event) for event in events)
    summary = replay(
        documents,
        events,
        shop=shop,
        plugins=plugins,
        sink=found,
        seed=seed,
        start=start,
        until=until,
        beside=beside,
        on_progress=on_progress,
    )
    return {"events": summary.events, **found.document(), "seconds": summary.seconds}


def replay(
    documents: Sequence[str],
    events: Iterable[Line],
    *,
    shop: ShopFacts,
    plugins: Plugins,
    sink: Sink,
    seed: int = 0,
    start: datetime | None = None,
    until: datetime | None = None,
    beside: Sequence[str] = (),
    entered: Iterable[Entered] = (),
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
    rehearse: Rehearse | None = None,
    guard_of: Callable[[World], Guard] | None = None,
    people: PastPeople | None = None,
) -> Summary:
    """Replay `events` through the flows in `documents`; rows go to the `sink` as they become final.

    The events come in order of time, each once (`replays.history` gives them so; ValueError otherwise). Those before
    `start` only build what is known of records and consents. After the last event the clock runs on to `until`, or
    until nothing is left to wait for. Flows `beside` run along and nothing is told of them, so that what they share
    with the others (records, tags, caps) is as it would be; `entered` are those let in before. `rehearse` is asked what
    would come of what would leave the house; before it what `guard_of` gives for the replay's world, what would be put
    off or stopped (see `World`). `people`: what the shop's staff decided on who is one person, beside the rules that
    join records here as they do live. Raises FlowInvalid."""
    past = (event if isinstance(event, PastEvent) else past_of(event) for event in events)
    first = next(past, None)
    earliest = first.at if first is not None else (start or until or EPOCH)
    worth = Worth([*documents, *beside], plugins, everything=rehearse is not None or guard_of is not None)
    file = open_scratch_file()
    try:
        with _quiet_garbage():
            play = open_stream(file, plugins, worth, shop, min(earliest, start or earliest), sink, seed, people)
            play.world.rehearse = rehearse
            play.world.guard = guard_of(play.world) if guard_of is not None else None
            watch = _Watch(play, start, on_progress, should_stop)
            play.run(documents, watch.over(chain([first] if first is not None else [], past)), start, beside, entered)
            end = play.clock.now() if watch.is_stopped else play.finish(until)
            counts = play.told.counts
            return Summary(watch.events, *counts, begin=start or earliest, end=end, is_stopped=watch.is_stopped)
    finally:
        file.close()


@contextmanager
def _quiet_garbage() -> Generator[None]:
    """Cycles are looked for seldom, as in a worker (see there)."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Watch:
    """Counts the events of the period on their way through, tells how far it is, and asks whether to go on."""

    def __init__(
        self, play: Stream, start: datetime | None, on_progress: OnProgress | None, should_stop: ShouldStop | None
    ) -> None:
        self._play = play
        self._start = start
        self._on_progress = on_progress
        self._should_stop = should_stop
        self.events = 0
        self.is_stopped = False

    def over(self, events: Iterable[PastEvent]) -> Iterator[PastEvent]:
        start = self._start
        last: datetime | None = None
        for seen, event in enumerate(events, start=1):
            if last is not None and event.at < last:
                raise ValueError(f"the event {event.id} of {event.at} comes after one of {last}: put them in order")
            last = event.at
            if seen % PAGE == 1 and self._should_stop is not None and self._should_stop():
                self.is_stopped = True
                return
            if start is None or last >= start:
                self.events += 1
            yield event
            if self._on_progress is not None and seen % PAGE == 0:
                self._on_progress(self.events, self._play.clock.now())
        if self._on_progress is not None:
            self._on_progress(self.events, self._play.clock.now())
