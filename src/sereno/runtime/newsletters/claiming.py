"""Which pieces may go now: claimed together, and the arbiter asked about all of them at once, in one transaction.

Invariant: caps, consent and suppression are read where the claim is made, for every piece, however long ago the
newsletter was prepared; a few queries for a hundred people, never one for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sereno.engine.control import as_share
from sereno.engine.message_control import kept_newsletter
from sereno.engine.precedence import USUAL
from sereno.runtime.arbiter import booking
from sereno.runtime.arbiter.messages import MICROSECOND, Asked, Message
from sereno.runtime.arbiter.rules import rules_of
from sereno.runtime.arbiter.verdicts import Go, Later, Never
from sereno.runtime.arbiter.zones import zone_of
from sereno.runtime.experiments.exposing import person_of
from sereno.runtime.newsletters.audience import address_of, records_of
from sereno.runtime.newsletters.pacing import Pacer
from sereno.runtime.newsletters.working import Desk, Row, Work, key_of
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

CHANNEL, PURPOSE, STATUS = "email", "marketing", "sending"
CHUNK = 100
PACED, GONE, MOVED, TRIED = "newsletter.paced", "customer.gone", "address.changed", "newsletter.tried"
LATE = timedelta(minutes=1) // MICROSECOND
"""So long after its place with a provider a piece may still take it; after a pause it asks for another."""
EXPIRES = timedelta(days=3)
"""How long a piece that waits for room stays worth sending, where the shop's rules say nothing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A row that is due. Instants are microseconds."""

    id: int
    person: str
    address: str
    provider: str
    variant: str
    due_at: int
    wanted_at: int | None
    attempts: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A piece that may go, with its reader's record as it is now."""

    piece: Piece
    record: Mapping[str, Any]


@dataclass(slots=True)
class Claimed:
    """`looked` is how many were due."""

    looked: int = 0
    ready: list[Ready] = field(default_factory=list[Ready])


class Claims:
    """Claims pieces of one newsletter for the process named in `claim`."""

    def __init__(self, work: Work, row: Row, desk: Desk, claim: str) -> None:
        self._work, self._row, self._desk, self._claim = work, row, desk, claim
        with work.world.database.read() as tx:
            taken = {str(name): int(at) for name, at in tx.all("paced_until", {"id": row.id})}
        self.pacer = Pacer(row.pace, taken)
        self._rules = rules_of(desk.shop.settings)
        self._holdout = as_share(desk.shop.settings.get("holdout_share"))
        self._kept = kept_newsletter(row.id, row.audience.hold_out)

    def next(self, now: datetime, *, may_all: bool, variant: str) -> Claimed:
        """Raises LeaseLost. `may_all`: no trial goes on; `variant` is then what the rest gets."""
        at = to_micros(now)
        room = self.pacer.room(at, CHUNK)
        found = Claimed()
        with self._work.world.database.transaction() as tx:
            self._work.keep(tx, STATUS)
            asked = {"id": self._row.id, "now": at, "all": may_all, "limit": room}
            due = [Piece(*row) for row in tx.all("due_pieces", asked)] if room > 0 else []
            found.looked = len(due)
            here = self._placed(tx, due, at)
            self._weigh(tx, here, now, found)
            tx.many("claim_pieces", [(one.piece.id, self._claim) for one in found.ready])
            self._work.write_counts(tx)
        self.pacer.spend(len(found.ready), at)
        return found

    def _placed(self, tx: Transaction, due: Sequence[Piece], at: int) -> list[Piece]:
        """Those whose provider takes them now; the others come back when it is their turn."""
        here: list[Piece] = []
        later: list[tuple[Any, ...]] = []
        for piece in due:
            has_place = piece.reason == PACED and at - piece.due_at < LATE
            place = at if has_place else self.pacer.place(piece.provider, at)
            if place <= at:
                here.append(piece)
            else:
                later.append((piece.id, place, piece.wanted_at, PACED, 0))
        tx.many("put_off_pieces", later)
        return here

    def _weigh(self, tx: Transaction, pieces: Sequence[Piece], now: datetime, found: Claimed) -> None:
        if not pieces:
            return
        world, shop = self._work.world, self._row.shop_id
        records = records_of(tx, world.plugins, world.database.dialect, shop, [one.person for one in pieces])
        held = {one.id: records.root(shop, {"customer": one.person}, "customer") for one in pieces}
        asked: list[tuple[Piece, Mapping[str, Any], Message]] = []
        over: list[tuple[Any, ...]] = []
        later: list[tuple[Any, ...]] = []
        for piece in pieces:
            record = held[piece.id]
            reason = GONE if record is None else MOVED if address_of(record) != piece.address else None
            if record is None or reason is not None:
                over.append(self._skipped(piece, str(reason)))
            elif self._lost_its_hour(piece):
                again = self._row.schedule.again(now, zone_of({"customer": record}, self._desk.shop))
                later.append((piece.id, to_micros(again), piece.wanted_at, TRIED, 0))
            else:
                asked.append((piece, record, self._message(piece, record, now)))
        verdicts = booking.decide(
            tx, world.database.dialect, [message for *_, message in asked], now, books="booked"
        ).verdicts
        for piece, record, message in asked:
            match verdicts[message.key]:
                case Go():
                    found.ready.append(Ready(piece, record))
                case Later(until, reason, _details):
                    due = min(to_micros(until), message.expires_at or to_micros(until))
                    later.append((piece.id, due, message.asked.wanted_at, reason[:64], 0))
                case Never(reason, _details):
                    over.append(self._skipped(piece, reason))
        tx.many("put_off_pieces", later)
        tx.many_returning("settle_pieces", over)

    def _lost_its_hour(self, piece: Piece) -> bool:
        """Whether the subjects were still being tried when this reader's turn came: it goes at that hour later."""
        ends = self._row.trial_ends if self._row.schedule.kind == "local" and not piece.variant else None
        return ends is not None and piece.reason is None and piece.due_at < to_micros(ends)

    def _skipped(self, piece: Piece, reason: str) -> tuple[Any, ...]:
        self._work.counts[piece.variant, "skipped"] += 1
        self._work.counts["", f"skipped:{reason}"[:80]] += 1
        return piece.id, "skipped", reason[:64], None

    def _message(self, piece: Piece, record: Mapping[str, Any], now: datetime) -> Message:
        wanted = piece.wanted_at or to_micros(now)
        counted = person_of({}, record, f"{CHANNEL}:{piece.address}")
        expires = self._rules.expires.get(PURPOSE, EXPIRES)
        return Message(
            asked=Asked(key_of(self._row.id, piece.id), 0, "", 0, "", wanted, None, piece.id, self._kept),
            shop_id=self._row.shop_id,
            channel=CHANNEL,
            purpose=PURPOSE,
            person=piece.person,
            address=piece.address,
            zone=zone_of({"customer": record}, self._desk.shop),
            priority=USUAL,
            expires_at=None if expires is None else wanted + expires // MICROSECOND,
            merge=None,
            rules=self._rules,
            refusal=partial(
                self._desk.press.refusal, address=piece.address, customer=record, topic=self._row.audience.topic or None
            ),
            unit=counted.unit,
            customer=counted.customer,
            holdout=self._holdout,
        )
