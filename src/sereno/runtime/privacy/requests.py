"""Requests about a person's data from the first word to the proof: asked for, planned, carried out by a worker a stage
at a time, ended.

Invariant: one worker at a time is at a request, by a lease; what it did and how far it got are committed together, so a
worker that dies is followed by another at the same place. At the end nothing in the request tells who it was.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import msgspec

from sereno.engine.durations import format_instant
from sereno.runtime.privacy.asking import ERASE_STORE, EXPORT
from sereno.runtime.privacy.erasing import CannotYet, Eraser, Work
from sereno.runtime.privacy.exporting import FILE_KEPT, export
from sereno.runtime.privacy.stores import StoreEraser
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, DatabaseUnavailable, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.secrets import decrypt, encrypt

log = logging.getLogger("sereno.privacy")

LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=2)
LOOK = 1.0
"""Seconds between two looks for something to do."""
SLICE = 0.2
"""Seconds of work in one round of a worker, so that the rest of its work goes on."""


class LeaseLost(RuntimeError):  # noqa: N818
    """Somebody else is at it, or it was cancelled."""


class Runner:
    """Carries requests out. Not for several threads at once."""

    def __init__(self, staff: Staff, worker: str) -> None:
        self._staff = staff
        self._worker = worker
        self._looked = 0.0

    def run(self) -> int:
        """What fits into a slice of time; gives how many steps. Looks for work once a second at most."""
        if monotonic() < self._looked:
            return 0
        now = to_micros(self._staff.world.clock.now())
        has_request, has_file = self._staff.database.peek("privacy_due", {"now": now, "worker": self._worker})
        if has_file:
            with self._staff.database.transaction() as tx:
                tx.run("drop_privacy_files", {"now": now})
        done = self.carry_out(None, SLICE) if has_request else 0
        if not done:
            self._looked = monotonic() + LOOK
        return done

    def carry_out(self, only: int | None = None, seconds: float | None = None) -> int:
        """Work on the request that is due longest, or on this one; to its end, or as long as that. Gives how many
        steps were done."""
        end = monotonic() + seconds if seconds is not None else None
        steps = 0
        while end is None or monotonic() < end:
            row = self._claim(only)
            if row is None:
                break
            steps += 1
            if not self._guarded(row, end):
                break
        return steps

    def _claim(self, only: int | None) -> tuple[Any, ...] | None:
        now = self._staff.world.clock.now()
        asked = {"worker": self._worker, "now": to_micros(now), "until": to_micros(now + LEASE), "only": only}
        with self._staff.database.transaction() as tx:
            return tx.one("claim_privacy_request", asked)

    def _guarded(self, row: tuple[Any, ...], end: float | None) -> bool:
        """Whether it is worth going on at once."""
        id_ = row[0]
        try:
            self._work(row, end)
        except (*DatabaseUnavailable, LeaseLost):
            return False
        except CannotYet as error:
            at = to_micros(self._staff.world.clock.now() + AGAIN)
            with self._staff.database.transaction() as tx:
                values = {"id": id_, "worker": self._worker, "start_at": at, "problem": str(error)[:500]}
                tx.run("postpone_privacy_request", values)
            return False
        except Exception as error:
            # Its own words may quote whom it was about.
            log.exception("privacy request %d failed", id_)
            with self._staff.database.transaction() as tx:
                what = f"{type(error).__name__}; the log has more. Try again, or report it."
                tx.run("fail_privacy_request", {"id": id_, "worker": self._worker, "problem": what})
            return False
        return True

    def _work(self, row: tuple[Any, ...], end: float | None) -> None:
        id_, shop_id, kind, source, by, about, work, _stage, created_at, report = row
        terms = decrypt(about)
        if kind == EXPORT:
            self._export(id_, shop_id, terms, decode(report), by)
            return
        state = Work(terms, started_at=to_micros(self._staff.world.clock.now()))
        if work:
            state = msgspec.json.decode(decrypt(work)[0], type=Work)
        make = StoreEraser if kind == ERASE_STORE else Eraser
        eraser = make(self._staff, shop_id, state)
        while state.stage:
            with self._staff.database.transaction() as tx:
                eraser.step(tx)
                self._keep(tx, id_, state)
            if end is not None and monotonic() >= end:
                break
        if not state.stage:
            asked = {"source": source, "by": by, "asked_at": format_instant(from_micros(created_at))}
            self._end(id_, shop_id, kind, {**state.report, **asked}, state)

    def _keep(self, tx: Transaction, id_: int, state: Work) -> None:
        until = to_micros(self._staff.world.clock.now() + LEASE)
        values = {"id": id_, "worker": self._worker, "stage": state.stage, "until": until}
        kept = {"work": encrypt([encode(asdict(state))]), "report": encode(state.report)}
        if tx.one("keep_privacy_work", {**values, **kept}) is None:
            raise LeaseLost(f"request {id_} is somebody else's now")

    def _end(self, id_: int, shop_id: int, kind: str, report: dict[str, Any], state: Work) -> None:
        now = self._staff.world.clock.now()
        report["seconds"] = round((to_micros(now) - state.started_at) / 1_000_000, 2)
        with self._staff.database.transaction() as tx:
            self._settle(tx, id_, report, now, None)
            counts = report.get("places", {})
            rows = sum(place.get("before") or 0 for place in counts.values())
            audit(tx, shop_id, to_micros(now), "sereno", f"privacy.{kind}_done", str(id_), {"count": rows})
        self._forget_log()

    def _settle(self, tx: Transaction, id_: int, report: dict[str, Any], now: datetime, file: bytes | None) -> None:
        until = to_micros(now + FILE_KEPT) if file is not None else None
        values = {"id": id_, "worker": self._worker, "status": "done", "now": to_micros(now)}
        made = {"report": encode(report), "file": file, "file_until": until, "problem": None}
        if tx.one("end_privacy_request", {**values, **made}) is None:
            raise LeaseLost(f"request {id_} is somebody else's now")

    def _export(self, id_: int, shop_id: int, terms: Sequence[str], report: dict[str, Any], by: str) -> None:
        now = self._staff.world.clock.now()
        with self._staff.database.read() as tx:
            file, counts = export(self._staff, tx, shop_id, terms, now)
        with self._staff.database.transaction() as tx:
            report["places"] = {place: {"before": count, "after": None} for place, count in sorted(counts.items())}
            self._settle(tx, id_, report, now, file)
            audit(tx, shop_id, to_micros(now), "sereno", "privacy.export_done", str(id_), {"by": by})

    def _forget_log(self) -> None:
        """SQLite keeps what was written lately in a file beside the database, the old pages too."""
        if self._staff.database.dialect == "sqlite":
            try:
                self._staff.database.execute_script("PRAGMA wal_checkpoint(TRUNCATE)")
            except Exception as error:
                log.info("the write-ahead log is shortened later: %s", error)


def carry_out(id_: int, *, database: Database | None = None) -> None:
    """Do it here and now, to its end; for the command line. Raises RuntimeError when it could not be ended."""
    staff = open_staff(database)
    runner = Runner(staff, f"here:{uuid4().hex[:12]}")
    runner.carry_out(id_)
