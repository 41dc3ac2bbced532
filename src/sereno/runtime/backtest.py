"""What flows would have done: past events replayed on a virtual clock in a scratch database, by the code that runs
live.

Invariant: nothing leaves, and the same events, flows and seed give the same answer byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.commerce.identity import refs_of
from sereno.engine.durations import parse_instant
from sereno.runtime.replayed import (
    Collected,
    EffectRow,
    FailedEvent,
    OnProgress,
    RunRow,
    ShouldStop,
    Sink,
    SkipRow,
    Summary,
)
from sereno.runtime.replaying import Replay
from sereno.runtime.world import Rehearse
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros
from sereno.store.scratch import open_scratch

PAGE = 500
"""Events between two looks at whether somebody called it off."""


def backtest(
    documents: Sequence[str],
    events: Iterable[Mapping[str, Any]],
    *,
    shop: ShopFacts,
    until: datetime | None = None,
    seed: int = 0,
    plugins: Plugins,
) -> dict[str, Any]:
    """Replay `events` (canonical lines, any order) through the flows in `documents`.

    Gives `{"events", "runs", "effects", "skipped", "failed", "seconds"}`. `seconds` is the length of time the replay
    covered, so that the answer depends on nothing but the input. Effects are all `shadow`, or `failed` where the action
    refused its config. `seed` goes into the ids of runs. Raises FlowInvalid.
    """
    found = Collected()
    summary = replay(documents, events, shop=shop, plugins=plugins, sink=found, seed=seed, until=until)
    return {"events": summary.events, **found.document(), "seconds": summary.seconds}


def replay(
    documents: Sequence[str],
    events: Iterable[Mapping[str, Any]],
    *,
    shop: ShopFacts,
    plugins: Plugins,
    sink: Sink,
    seed: int = 0,
    start: datetime | None = None,
    until: datetime | None = None,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
    rehearse: Rehearse | None = None,
) -> Summary:
    """Replay `events` (canonical lines) through the flows in `documents`; rows go to the `sink` as they become final.

    Events before `start` only build what is known of records and consents. After the last event the clock runs on to
    `until`, or until nothing is left to wait for. `rehearse` is asked what would come of what would leave the house (see
    `World`). Raises FlowInvalid."""
    incoming = sorted((read_line(line) for line in events), key=lambda event: event.occurred_at)
    earlier = [event for event in incoming if start is not None and event.occurred_at < start]
    incoming = incoming[len(earlier) :]
    first = incoming[0].occurred_at if incoming else (until or datetime(2000, 1, 1, tzinfo=UTC))
    begin = start or first
    database = open_scratch()
    try:
        play = Replay(database, plugins, shop, earlier[0].occurred_at if earlier else begin, seed)
        play.feed(earlier)
        play.clock.move_to(begin)
        play.runtime.world.rehearse = rehearse
        play.publish(documents)
        is_stopped = False
        for number in range(0, len(incoming), PAGE):
            if should_stop is not None and should_stop():
                is_stopped = True
                break
            play.feed(incoming[number : number + PAGE])
            if on_progress is not None:
                on_progress(min(number + PAGE, len(incoming)), play.clock.now())
        end = play.clock.now() if is_stopped else play.finish(until)
        counts = _tell(database, sink)
        return Summary(len(incoming), *counts, begin=begin, end=end, is_stopped=is_stopped)
    finally:
        database.close()


def read_line(line: Mapping[str, Any]) -> NewEvent:
    """A canonical line as the event it stands for, with its source in its id."""
    type_, subject = str(line["type"]), str(line["subject"])
    data: dict[str, Any] = line.get("data") or {}
    refs = line.get("refs") or refs_of(type_, subject, data)
    at = parse_instant(str(line["occurred_at"]))
    # The source goes along in the id, for one replay may hold events of many.
    return NewEvent(f"{line['source']}\x1f{line['id']}", type_, subject, at, data, refs)


def _tell(database: Database, sink: Sink) -> tuple[int, int, int, int]:
    with database.read() as tx:
        runs, effects, skips, failed = _runs(tx), _effects(tx), _skips(tx), _failed(tx)
    sink.take(runs, effects, skips, failed)
    return len(runs), len(effects), len(skips), len(failed)


def _runs(tx: Transaction) -> list[RunRow]:
    traces: dict[int, list[Mapping[str, Any]]] = {}
    for run, entries in tx.all("backtest_traces"):
        traces.setdefault(run, []).extend(decode(entries))
    return [
        RunRow(
            number=id_,
            id=uid,
            flow=flow,
            version=version,
            subject=subject,
            key=key,
            status=status,
            step=step,
            reason=reason,
            started_at=from_micros(started_at),
            due_at=from_micros(due_at) if due_at is not None else None,
            event=(source or "", event or ""),
            trace=traces.get(id_, ()),
            event_type=type_ or "",
            refs=decode(refs) if refs else {},
        )
        for (
            (id_, uid, flow, version, subject, key, status, step, reason, started_at, due_at),
            (source, event, type_, refs),
        ) in ((row[:11], row[11:]) for row in tx.all("backtest_runs"))
    ]


def _effects(tx: Transaction) -> list[EffectRow]:
    return [
        EffectRow(
            number=id_,
            key=key,
            flow=flow,
            run=run,
            step=step,
            action=action,
            at=from_micros(at),
            subject=subject,
            config=decode(config),
            status="failed" if status == "failed" else "shadow",
            result=decode(result) if result is not None else None,
            error=error,
            message=message,
        )
        for id_, key, flow, run, step, action, at, subject, config, status, result, error, message in tx.all(
            "backtest_effects"
        )
    ]


def _skips(tx: Transaction) -> list[SkipRow]:
    return [
        SkipRow(
            *(id_, flow, subject, from_micros(at), reason, decode(details), (source or "", uid or "")),
            event_type=type_ or "",
            refs=decode(refs) if refs else {},
        )
        for id_, flow, subject, at, reason, details, source, uid, type_, refs in tx.all("backtest_skips")
    ]


def _failed(tx: Transaction) -> list[FailedEvent]:
    return [FailedEvent(*row) for row in tx.all("backtest_failed_events")]
