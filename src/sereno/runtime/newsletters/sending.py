"""Hands the pieces of one newsletter over, several at a time, while the next are claimed already.

Invariant: a piece is handed over only by the process whose claim is on it, after its line in the journal; one that was
in flight when its process died is `unknown`, and is never sent again unless a person says so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import sleep

from sereno.runtime.newsletters.claiming import STATUS, Claims, Piece, Ready
from sereno.runtime.newsletters.journal import AGAIN, BEGUN, FAILED, SENT, UNSURE, Journal
from sereno.runtime.newsletters.settling import MOST_ATTEMPTS, Outcome, settle
from sereno.runtime.newsletters.working import Desk, Row, Work
from sereno.sdk.newsletters import Unwritable
from sereno.sdk.ports import Mailer
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.store.fields import from_micros
from sereno.store.jobs import LeaseLost

log = logging.getLogger("sereno.newsletters")

CONNECTIONS = 4
"""Mails handed over at one moment, each over a connection of its own."""
SOON = timedelta(seconds=5)
"""What comes due within this time is waited for; for anything later the process ends."""
AGAIN_AFTER = timedelta(minutes=1)
HEARS = 1.0
"""Seconds after which a pause is heard of, however slow the server."""
UNSURE_REASON = ".unsure"
"""How a reason ends that says: it was handed over, and no answer came."""


@dataclass(slots=True)
class Sender:
    """For as long as there is something due."""

    work: Work
    row: Row
    desk: Desk
    journal: Journal
    mailer: Mailer
    claims: Claims
    connections: int = CONNECTIONS
    held_back_until: datetime | None = None

    def run(self, *, may_all: bool, variant: str) -> datetime | None:
        """Send what is due. Gives when more will be; None when nothing is left. Raises LeaseLost, after what was in
        hand is settled."""
        with ThreadPoolExecutor(self.connections, "sereno-hand-over") as hands:
            under_way: list[Future[Outcome]] = []
            try:
                while True:
                    looked = 0
                    begun: list[Future[Outcome]] = []
                    if not self._is_held_back():
                        claimed = self.claims.next(self.work.now(), may_all=may_all, variant=variant)
                        looked = claimed.looked
                        begun = [hands.submit(self._hand_over, one, variant) for one in claimed.ready]
                    self._settle(under_way)
                    under_way = begun
                    if looked:
                        continue
                    self._settle(under_way)
                    under_way = []
                    later = self._next_due(may_all=may_all)
                    if later is None or later - self.work.now() > SOON:
                        return later
                    self._wait(later)
            finally:
                self._settle(under_way)

    def _is_held_back(self) -> bool:
        if self.held_back_until is not None and self.held_back_until <= self.work.now():
            self.held_back_until = None
        return self.held_back_until is not None

    def _next_due(self, *, may_all: bool) -> datetime | None:
        with self.work.world.database.read() as tx:
            row = tx.one("next_piece", {"id": self.row.id, "all": may_all})
        if row is None or row[0] is None:
            return None
        due = max(from_micros(row[0]), self.held_back_until or from_micros(row[0]))
        return max(due, from_micros(self.claims.pacer.next_room())) if self.row.pace.per_minute else due

    def _wait(self, until: datetime) -> None:
        """Keeps the lease, and hears of a pause."""
        while True:
            with self.work.world.database.transaction() as tx:
                self.work.keep(tx, STATUS)
            left = (until - self.work.now()) / timedelta(seconds=1)
            if left <= 0:
                return
            sleep(min(left, 1.0))

    def _hand_over(self, ready: Ready, variant: str) -> Outcome:
        """In a thread of its own. Raises nothing: whatever happens is an outcome."""
        piece = ready.piece
        if not self.work.is_mine or self.held_back_until is not None:
            return _outcome(piece, AGAIN)
        ctx = self.desk.context(piece.id, piece.person, ready.record, self.work.now())
        try:
            mail = self.desk.press.write(ctx, piece.address, piece.variant or variant)
        except Unwritable as error:
            return _outcome(piece, FAILED, error.reason)
        except Exception:
            log.exception("piece %s of newsletter %s cannot be written", piece.id, self.row.id)
            return _outcome(piece, FAILED, "template.failed")
        self.journal.note(piece.id, BEGUN)
        try:
            found = self._judge(piece, self.mailer.send(mail))
        except Exception:
            log.exception("piece %s of newsletter %s: the mailer broke", piece.id, self.row.id)
            found = _outcome(piece, UNSURE, "newsletter.broke_off")
        self.journal.note(piece.id, found.what, found.reason)
        return found

    def _judge(self, piece: Piece, result: Result) -> Outcome:
        match result:
            case Done():
                return _outcome(piece, SENT)
            case Fail(reason, _message):
                return _outcome(piece, FAILED, reason)
            case Retry(reason, _message, kind, after):
                if reason.endswith(UNSURE_REASON):
                    return _outcome(piece, UNSURE, reason)
                pause = after or AGAIN_AFTER * 2**piece.attempts
                if kind == "limited":
                    # It is the server that is busy: everything waits, and nobody's attempts are used up.
                    self.held_back_until = self.work.now() + pause
                    return replace(_outcome(piece, AGAIN, reason), pause=pause)
                if piece.attempts + 1 >= MOST_ATTEMPTS:
                    return _outcome(piece, FAILED, reason)
                return replace(_outcome(piece, AGAIN, reason), pause=pause, tries=1)

    def _watch(self, under_way: Sequence[Future[Outcome]]) -> None:
        """While a slow server takes what was claimed: keeps the lease, and hears of a pause, after which what is not in
        flight stays here."""
        while wait(under_way, HEARS).not_done and self.work.is_mine:
            with suppress(LeaseLost), self.work.world.database.transaction() as tx:
                self.work.keep(tx, STATUS)

    def _settle(self, under_way: Sequence[Future[Outcome]]) -> None:
        self._watch(under_way)
        outcomes = [one.result() for one in under_way]
        if outcomes:
            with self.work.world.database.transaction() as tx:
                settle(tx, self.work, self.row, outcomes, self.work.now())


def _outcome(piece: Piece, what: str, reason: str = "") -> Outcome:
    return Outcome(piece.id, piece.variant, what, reason, person=piece.person, address=piece.address)
