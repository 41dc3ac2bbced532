"""What flows would have done: past events replayed on a virtual clock in a scratch database, by the code that runs
live.

Invariant: nothing leaves, and the same events, flows and seed give the same answer byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.commerce.identity import refs_of
from sereno.engine.durations import format_instant, parse_instant
from sereno.runtime import inbox
from sereno.runtime.clock import VirtualClock
from sereno.runtime.flows import compiled
from sereno.runtime.ports import PortFactory, no_ports
from sereno.runtime.publishing import install_derived, keep_draft, make_live
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import Staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.scratch import open_scratch

LONGEST = timedelta(days=400)
"""How far the clock runs on after the last event when nobody says."""
TOGETHER = 500
"""Events that start nothing and end nothing go in together, so many at most."""


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
    incoming = sorted((read_line(line) for line in events), key=lambda event: event.occurred_at)
    begin = incoming[0].occurred_at if incoming else (until or datetime(2000, 1, 1, tzinfo=UTC))
    database = open_scratch()
    try:
        replay = Replay(database, plugins, shop, begin, seed)
        replay.publish(documents)
        replay.feed(incoming)
        end = replay.finish(until)
        return {"events": len(incoming), **_report(database), "seconds": (end - begin).total_seconds()}
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


class Replay:
    """The scratch shop and the clock. `is_bare`: no flow runs in it but those published, and no schedule fires by
    itself; the shop keeps its id."""

    def __init__(
        self,
        database: Database,
        plugins: Plugins,
        shop: ShopFacts,
        begin: datetime,
        seed: int = 0,
        ports: PortFactory = no_ports,
        *,
        is_bare: bool = False,
    ) -> None:
        self._database = database
        self._is_bare = is_bare
        self.clock = VirtualClock(begin)
        self.runtime = Runtime(
            database, plugins, ports, self.clock, "backtest", base_url=shop.base_url, is_dry=True, threads=1
        )
        self._staff = Staff(database, plugins, self.runtime.world)
        with database.transaction() as tx:
            row = tx.one(
                "insert_shop",
                {
                    "slug": f"backtest-{seed}",
                    "name": shop.name,
                    "currency": shop.currency,
                    "timezone": shop.timezone,
                    "locale": shop.locale,
                    "settings": encode(dict(shop.settings)),
                    "now": to_micros(begin),
                },
            )
            assert row is not None
            self.shop: int = row[0]
            if is_bare:
                tx.text("UPDATE shop SET id = ?1 WHERE id = ?2", [shop.id, self.shop])
                self.shop = shop.id
            else:
                install_derived(tx, self._staff, self.shop)

    def publish(self, documents: Sequence[str]) -> None:
        """Set flows live in it, as of now on its clock. Raises FlowInvalid."""
        staff = self._staff
        with self._database.transaction() as tx:
            for text in documents:
                draft = keep_draft(tx, self.shop, text, compiled(text, staff.plugins), is_derived=False)
                make_live(staff, tx, self.shop, draft, "backtest", "")
            staff.world.flows.invalidate()
            staff.world.flows.refresh(tx)

    def feed(self, events: Sequence[NewEvent]) -> None:
        """Each event at its time, after the timers that rang before it."""
        start = 0
        while start < len(events):
            self._ring_before(events[start].occurred_at)
            end = self._together(events, start)
            self.clock.move_to(events[end - 1].occurred_at)
            with self._database.transaction() as tx:
                inbox.put(tx, [self._incoming(event) for event in events[start:end]])
            self.settle()
            start = end

    def finish(self, until: datetime | None) -> datetime:
        """Let the clock run on. Gives where it stopped."""
        last = self.clock.now()
        if until is not None:
            self._ring_before(until + timedelta(microseconds=1))
            self.clock.move_to(until)
            return until
        # Without an end only what already waits is waited for: schedules would go on for ever.
        while (due := self._next_due(schedules=False)) is not None and due <= last + LONGEST:
            self.clock.move_to(due)
            self.settle(schedules=False)
        return self.clock.now()

    def _together(self, events: Sequence[NewEvent], start: int) -> int:
        """The end of a stretch in which only the last event may start or end anything and no timer rings."""
        flows = self.runtime.world.flows
        due = self._next_due()
        for number in range(start, min(start + TOGETHER, len(events))):
            event = events[number]
            if due is not None and event.occurred_at > due and number > start:
                return number
            if flows.triggered(self.shop, event.type) or flows.listening(self.shop, event.type):
                return number + 1
        return min(start + TOGETHER, len(events))

    def _incoming(self, event: NewEvent) -> inbox.Incoming:
        source, _, id_ = event.id.partition("\x1f")
        plain = NewEvent(id_, event.type, event.subject, event.occurred_at, event.data, event.refs)
        return inbox.Incoming(self.shop, None, None, source, to_micros(event.occurred_at), plain)

    def _ring_before(self, instant: datetime) -> None:
        while (due := self._next_due()) is not None and due < instant:
            self.clock.move_to(due)
            self.settle()

    def _next_due(self, *, schedules: bool = True) -> datetime | None:
        names = ("next_due_run", "next_due_schedule") if schedules and not self._is_bare else ("next_due_run",)
        with self._database.read() as tx:
            found = [row[0] for name in names if (row := tx.one(name)) is not None and row[0] is not None]
        return from_micros(min(found)) if found else None

    def settle(self, *, schedules: bool = True) -> None:
        """Do all that is due now."""
        runtime = self.runtime
        while True:
            done = runtime.dispatcher.run(TOGETHER) + runtime.waker.run(TOGETHER)
            if schedules and not self._is_bare:
                done += runtime.scheduler.run()
            if not done:
                return


def _report(database: Database) -> dict[str, Any]:
    with database.read() as tx:
        runs = [
            {
                "id": uid,
                "flow": flow,
                "version": version,
                "subject": subject,
                "key": key,
                "status": status,
                "step": step,
                "reason": reason,
                "started_at": _instant(started_at),
                "due_at": _instant(due_at),
            }
            for uid, flow, version, subject, key, status, step, reason, started_at, due_at in tx.all("backtest_runs")
        ]
        effects = [
            {
                "flow": flow,
                "run": run,
                "step": step,
                "action": action,
                "at": _instant(at),
                "subject": subject,
                "config": decode(config),
                "status": "failed" if status == "failed" else "shadow",
                **({"error": error, "message": message} if status == "failed" else {}),
            }
            for flow, run, step, action, at, subject, config, status, error, message in tx.all("backtest_effects")
        ]
        skipped = [
            {"flow": flow, "subject": subject, "at": _instant(at), "reason": reason, "details": decode(details)}
            for flow, subject, at, reason, details in tx.all("backtest_skips")
        ]
        failed = [
            {"source": source, "id": uid, "type": type_, "error": error}
            for source, uid, type_, error in tx.all("backtest_failed_events")
        ]
    return {"runs": runs, "effects": effects, "skipped": skipped, "failed": failed}


def _instant(micros: int | None) -> str | None:
    return format_instant(from_micros(micros)) if micros is not None else None
