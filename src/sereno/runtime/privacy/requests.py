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
from sereno.runtime.privacy.erasing import CannotYet, Eraser, Work
from sereno.runtime.privacy.exporting import FILE_KEPT, export
from sereno.runtime.privacy.redaction import CODE
from sereno.runtime.privacy.stores import StoreEraser
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, DatabaseUnavailable, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.pseudonyms import pseudonym
from sereno.store.secrets import decrypt, encrypt

log = logging.getLogger("sereno.privacy")

LAW = timedelta(days=30)
"""Within which a person is to be answered (GDPR Art. 12(3): one month)."""
STORE_DELAY = timedelta(hours=48)
"""After which a store that took the app away is forgotten, as Shopify asks."""
LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=2)
LOOK = 1.0
"""Seconds between two looks for something to do."""
SLICE = 0.2
"""Seconds of work in one round of a worker, so that the rest of its work goes on."""
EXPORT, ERASE, ERASE_STORE = "export", "erase", "erase_store"
ENDED = ("done", "failed", "cancelled")


class LeaseLost(RuntimeError):  # noqa: N818
    """Somebody else is at it, or it was cancelled."""


def ask(
    shop_id: int,
    kind: str,
    terms: Sequence[str],
    by: str,
    *,
    source: str = "staff",
    delay: timedelta = timedelta(),
    needs_yes: bool = False,
    uid: str | None = None,
    database: Database | None = None,
) -> int | None:
    """A new request about the person of these names (or, for `erase_store`, about the connection of this name). It
    begins after `delay`, or once staff say yes. Gives its id; None when `uid` was asked before."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = staff.world.clock.now()
        return put(tx, shop_id, kind, terms, by, now, source=source, delay=delay, needs_yes=needs_yes, uid=uid)


def put(
    tx: Transaction,
    shop_id: int,
    kind: str,
    terms: Sequence[str],
    by: str,
    now: datetime,
    *,
    source: str = "staff",
    delay: timedelta = timedelta(),
    needs_yes: bool = False,
    uid: str | None = None,
) -> int | None:
    """As `ask`, within a transaction."""
    clean = [term.strip() for term in terms if term.strip()]
    if not clean:
        raise ValueError("whose data? Give an e-mail address, a telephone number or a customer's id")
    row = tx.one(
        "insert_privacy_request",
        {
            "shop": shop_id,
            "uid": (uid or uuid4().hex)[:64],
            "kind": kind,
            "status": "asked" if needs_yes else "planned",
            "source": source[:64],
            "by": by[:200],
            "digest": digest_of(clean[0]),
            "about": encrypt(clean),
            "now": to_micros(now),
            "start_at": None if needs_yes else to_micros(now + delay),
            "due_at": to_micros(now + LAW),
            "report": "{}",
        },
    )
    if row is None:
        return None
    audit(tx, shop_id, to_micros(now), by, f"privacy.{kind}_asked", str(row[0]), {"source": source})
    return int(row[0])


def digest_of(term: str) -> str:
    """By which the proof of an erasure is found again."""
    return pseudonym(term.strip().lower())


def agree(shop_id: int, id_: int, by: str, *, database: Database | None = None) -> None:
    """Staff say yes, or now rather than later, or try a failed one again. Raises LookupError."""
    _set(shop_id, id_, by, "planned", "privacy.agreed", ("asked", "planned", "failed"), database)


def cancel(shop_id: int, id_: int, by: str, *, database: Database | None = None) -> None:
    """Nothing is done, as long as nothing has begun. Raises LookupError."""
    _set(shop_id, id_, by, "cancelled", "privacy.cancelled", ("asked", "planned"), database)


def _set(
    shop_id: int, id_: int, by: str, status: str, action: str, since: tuple[str, ...], database: Database | None
) -> None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        is_over = status == "cancelled"
        wanted = {"id": id_, "shop": shop_id, "status": status, "from": list(since)}
        times = {"start_at": None if is_over else now, "finished_at": now if is_over else None}
        if tx.one("set_privacy_request", {**wanted, **times}) is None:
            raise LookupError(f"there is no request {id_} that this could be done to")
        audit(tx, shop_id, now, by, action, str(id_), {})


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


__all__ = ["CODE", "Runner", "agree", "ask", "cancel", "carry_out", "digest_of", "put"]
