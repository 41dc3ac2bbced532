"""Carries out one back-test that was claimed for this process: both versions replayed, rows kept, the result written.

Invariant: whatever happens, the row says what became of it, unless the process is killed or the lease is lost; then
somebody else begins it again from the start. Nothing is written for a lease that is not ours.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sereno.engine.catalog import FlowInvalid
from sereno.engine.durations import format_instant
from sereno.runtime.actions import Prepared
from sereno.runtime.arbiter.passing import dry_guard
from sereno.runtime.arbiter.timing import timings_from
from sereno.runtime.arbiter.verdicts import Guard, Verdict
from sereno.runtime.backtest import replay
from sereno.runtime.rehearsals.collecting import Keeper, Shelf, Witness
from sereno.runtime.rehearsals.measuring import Meter, Side, prices
from sereno.runtime.rehearsals.requests import forget_old
from sereno.runtime.rehearsing import Records
from sereno.runtime.replays.history import Entered, PastEvent, lines_in, past_entries, past_events
from sereno.runtime.replays.people import past_people
from sereno.runtime.replays.replayed import Summary
from sereno.runtime.staff import Staff, open_staff
from sereno.runtime.world import World
from sereno.sdk.context import ShopFacts
from sereno.store import scope
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.jobs import LeaseLost

log = logging.getLogger("sereno.rehearsals")

LEASE = timedelta(seconds=30)
TELL = 0.5
"""Seconds between two words of progress, and so between two looks at whether it was cancelled."""
DELETED = 2000


class Cancelled(Exception):  # noqa: N818
    """Somebody does not want it any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row of `backtest`, as far as carrying it out needs it."""

    id: int
    shop_id: int
    flow: str
    text: str
    version: int | None
    base: int | None
    origin: str
    begin: datetime | None
    until: datetime | None
    seed: int
    total: int


def carry_out(id: int, worker: str, *, base_url: str = "", database: Database | None = None) -> str:
    """Do it. Gives how it ended: `done`, `failed`, `cancelled`, or `lost`."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = tx.one("job_of_backtest", {"id": id, "worker": worker})
    if row is None:
        return "lost"
    return _Work(staff, worker, _job(row), base_url).run()


def delete_forgotten(database: Database) -> int:
    """Delete the rows of one back-test that was forgotten, a little per transaction. Gives how many statements it
    took; 0 when there is none."""
    with database.read() as tx:
        gone = [row[0] for row in tx.all("open_backtests") if row[1] == "forgotten"]
    if not gone:
        return 0
    rounds = delete_results(database.transaction, gone[0])
    with database.transaction() as tx:
        tx.run("forget_backtest_uploads", {"ids": gone[:1]})
        tx.run("delete_backtest", {"id": gone[0]})
    return rounds + 1


def delete_results(transaction: Callable[[], Any], backtest: int) -> int:
    """Delete what a back-test found, a little per transaction. Gives how many transactions."""
    rounds = 0
    while True:
        rounds += 1
        with transaction() as tx:
            ids = [row[0] for row in tx.all("some_backtest_runs", {"backtest": backtest, "limit": DELETED})]
            if ids:
                tx.run("delete_backtest_effects", {"ids": ids})
                tx.run("delete_backtest_runs", {"ids": ids})
            skips = tx.run("delete_backtest_skips", {"backtest": backtest, "limit": DELETED})
        if not ids and not skips:
            return rounds


class _Work:
    """One back-test under way."""

    def __init__(self, staff: Staff, worker: str, job: Job, base_url: str) -> None:
        self._staff = staff
        self._database = staff.database
        self._worker = worker
        self._job = job
        self._base_url = base_url
        self._total = job.total
        self._done = 0
        self._at: datetime | None = None
        self._told_at = 0.0
        self._is_cancelled = False

    def run(self) -> str:
        """Never raises but for what ends the process."""
        error = message = None
        summary: Mapping[str, Any] | None = None
        facts: Mapping[str, Any] = {}
        status = "done"
        try:
            self._clear()
            with scope.in_shop(self._job.shop_id, self._database, is_given=True):
                summary, facts = self._result()
        except LeaseLost:
            return "lost"
        except Cancelled:
            status = "cancelled"
        except FlowInvalid as invalid:
            first = invalid.problems[0] if invalid.problems else None
            status, error, message = "failed", "flow.invalid", first.message if first is not None else ""
        except (MemoryError, ValueError) as refusal:
            status = "failed"
            error = "backtest.memory" if isinstance(refusal, MemoryError) else "backtest.refused"
            message = str(refusal)
        except Exception as fault:
            log.exception("back-test %s failed", self._job.id)
            status, error, message = "failed", "backtest.broken", f"{type(fault).__name__}: {fault}"
        try:
            if status != "done":
                delete_results(self._database.transaction, self._job.id)
            return self._end(status, error, message, summary, facts)
        except LeaseLost:
            return "lost"

    # --- the work -------------------------------------------------------------------------------

    def _result(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        job, plugins = self._job, self._staff.plugins
        with self._database.read() as tx:
            facts = self._staff.world.shops.find(tx, job.shop_id).facts
            base = self._base_text(tx)
            budgets = tx.all("budgets_of_shop", {"shop": job.shop_id})
        facts = ShopFacts(
            facts.id, facts.name, facts.currency, facts.timezone, facts.locale, self._base_url, facts.settings
        )
        meter, witness = Meter(plugins, facts.timezone), Witness(plugins)
        shelf = Shelf() if base is not None else None
        try:
            own = self._side(job.text, facts, meter, witness, shelf, is_live=False)
            live = self._side(base, facts, meter, witness, shelf, is_live=True) if base is not None else None
        finally:
            if shelf is not None:
                shelf.close()
        keeper, summary = own
        channels = sorted({channel for what in meter.whats.all if (channel := meter.channel(what)[0])})
        found = {
            "events": summary.events,
            "begin": format_instant(summary.begin),
            "end": format_instant(summary.end),
            "own": keeper.side.document(),
            "live": live[0].side.document() if live is not None else None,
            "difference": live[0].comparison.document() if live is not None else None,
            **meter.document(),
            "kept": dict(keeper.kept),
            "failed": {"count": keeper.failures, "first": keeper.failed},
            "budgets": {name: {"per_second": per_second, "burst": burst} for name, per_second, burst in budgets},
        }
        told = {
            "name": facts.name,
            "currency": facts.currency,
            "timezone": facts.timezone,
            "locale": facts.locale,
            "base_url": facts.base_url,
            "prices": prices(facts.settings, channels),
        }
        return found, told

    def _side(
        self, text: str, facts: ShopFacts, meter: Meter, witness: Witness, shelf: Shelf | None, *, is_live: bool
    ) -> tuple[Keeper, Summary]:
        job = self._job
        side = Side(meter, text)
        keeper = Keeper(
            job.id, job.shop_id, job.flow, side, meter, self._write, witness, shelf, is_live_version=is_live
        )

        def guard_of(world: World) -> Guard:
            guard = dry_guard(world, timings_from(self._database))

            def watched(effect: Prepared, records: Records, now: datetime, tx: Transaction) -> Verdict:
                witness.see(effect, records)
                return guard(effect, records, now, tx)

            return watched

        summary = replay(
            [text],
            self._events(),
            shop=facts,
            plugins=self._staff.plugins,
            sink=keeper,
            seed=job.seed,
            start=job.begin,
            until=job.until,
            entered=self._entered(),
            on_progress=self._progress,
            should_stop=self._is_off,
            guard_of=guard_of,
            people=None if job.origin else past_people(job.shop_id, database=self._database),
        )
        if summary.is_stopped or self._is_off():
            raise Cancelled
        keeper.finish()
        return keeper, summary

    def _base_text(self, tx: Transaction) -> str | None:
        if self._job.base is None:
            return None
        flow = tx.one("flow_by_name", {"shop": self._job.shop_id, "name": self._job.flow})
        asked = {"flow": flow[0] if flow is not None else 0, "version": self._job.base}
        row = tx.one("published_document", asked)
        return str(row[0]) if row is not None else None

    def _events(self) -> Iterator[PastEvent]:
        """Past events, counted on their way."""
        for event in self._past():
            self._done += 1
            yield event

    def _entered(self) -> Iterable[Entered]:
        """Who had entered the live flow before the period, as far as that is known."""
        job = self._job
        if job.begin is None or job.origin:
            return ()
        return past_entries(job.shop_id, [job.flow], job.begin, database=self._database)

    def _past(self) -> Iterator[PastEvent]:
        job = self._job
        if not job.origin:
            return past_events(job.shop_id, before=job.until, database=self._database)
        with self._database.read() as tx:
            row = tx.one("backtest_upload", {"backtest": job.id})
        if row is None:
            raise ValueError("the file of events is gone; upload it again")
        return lines_in(zlib.decompress(bytes(row[0])), job.origin)

    # --- the row --------------------------------------------------------------------------------

    def _progress(self, done: int, at: datetime) -> None:
        self._total = max(self._total, self._done)
        self._at = at
        self._tell()

    def _is_off(self) -> bool:
        self._tell()
        return self._is_cancelled

    def _tell(self) -> None:
        now = monotonic()
        if now - self._told_at >= TELL:
            with self._database.transaction() as tx:
                self._keep(tx)

    def _keep(self, tx: Transaction) -> None:
        """Say how far it is, and stay the one who does it. Raises LeaseLost."""
        self._told_at = monotonic()
        kept = {
            "id": self._job.id,
            "worker": self._worker,
            "until": to_micros(self._staff.world.clock.now() + LEASE),
            "done": self._done,
            "total": self._total,
            "at": to_micros(self._at) if self._at is not None else None,
        }
        rows = tx.all("keep_backtest", kept)
        if not rows:
            raise LeaseLost
        self._is_cancelled = rows[0][0] is not None

    def _write(self, put: Callable[[Transaction], None]) -> None:
        with self._database.transaction() as tx:
            self._keep(tx)
            put(tx)
        if self._is_cancelled:
            raise Cancelled

    def _clear(self) -> None:
        """What an earlier attempt had written goes."""
        delete_results(self._database.transaction, self._job.id)
        with self._database.transaction() as tx:
            self._keep(tx)

    def _end(
        self,
        status: str,
        error: str | None,
        message: str | None,
        summary: Mapping[str, Any] | None,
        facts: Mapping[str, Any],
    ) -> str:
        done = self._total if status == "done" else self._done
        with self._database.transaction() as tx:
            ended = tx.run(
                "end_backtest",
                {
                    "id": self._job.id,
                    "worker": self._worker,
                    "status": status,
                    "error": error,
                    "message": (message or "")[:1000] or None,
                    "summary": encode(summary) if summary is not None else None,
                    "facts": encode(facts),
                    "now": to_micros(self._staff.world.clock.now()),
                    "done": done,
                    "total": self._total,
                },
            )
            if not ended:
                raise LeaseLost
            tx.run("forget_backtest_uploads", {"ids": [self._job.id]})
            forget_old(tx, self._job.shop_id, self._job.flow)
        return status


def _job(row: tuple[Any, ...]) -> Job:
    id_, shop, flow, text, version, base, origin, begin, until, seed, total = row
    return Job(id_, shop, flow, text, version, base, origin, _instant(begin), _instant(until), seed, total)


def _instant(micros: int | None) -> datetime | None:
    return from_micros(micros) if micros is not None else None
