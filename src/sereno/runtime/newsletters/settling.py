"""What became of pieces that were handed over, or that a process left behind when it died.

Invariant: an outcome is written once, by its status `sending`; what cannot be known is `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sereno.runtime import inbox
from sereno.runtime.arbiter import booking
from sereno.runtime.newsletters.claiming import CHANNEL
from sereno.runtime.newsletters.journal import AGAIN, BEGUN, FAILED, SENT, UNSURE, drop_journal, read_journal
from sereno.runtime.newsletters.working import Row, Work, key_of
from sereno.runtime.ports import SOURCE
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

MOST_ATTEMPTS = 5
INTERRUPTED = "newsletter.interrupted"
EVENT = "message.sent"
_STATUS = {SENT: "sent", FAILED: "failed", UNSURE: "unknown"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`what` as in the journal; `pause` is how long a piece that goes again waits, `tries` whether that used one up."""

    id: int
    variant: str
    what: str
    reason: str = ""
    pause: timedelta = timedelta()
    tries: int = 0
    person: str = ""
    address: str = ""


def settle(tx: Transaction, work: Work, row: Row, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Of pieces this process had claimed."""
    at = to_micros(now)
    final = {one.id: one for one in outcomes if one.what in _STATUS}
    rows = [
        (one.id, _STATUS[one.what], one.reason[:64] or None, at if one.what == SENT else None) for one in final.values()
    ]
    settled = [final[id_] for (id_,) in tx.many_returning("settle_pieces", sorted(rows, key=lambda one: one[0]))]
    for one in settled:
        work.counts[one.variant, _STATUS[one.what]] += 1
        if one.what == FAILED:
            work.counts["", f"failed:{one.reason}"[:80]] += 1
    again = [one for one in outcomes if one.what not in _STATUS]
    later = sorted((one.id, to_micros(now + one.pause), at, one.reason[:64] or None, one.tries) for one in again)
    tx.many("put_off_pieces", later)
    went = [one for one in settled if one.what != FAILED]
    left = [*again, *(one for one in settled if one.what == FAILED)]
    booking.settle(tx, _keys(row, went), _keys(row, left), at)
    dead = {(row.shop_id, one.address[:254], CHANNEL, "bounce.permanent", at) for one in settled if _is_dead(one)}
    tx.many("suppress", sorted(dead))
    _tell(tx, work, row, [one for one in settled if one.what == SENT and one.address], now)
    work.write_counts(tx)


def take_over(work: Work, row: Row) -> None:
    """Settle what a process that is no more left in hand: by its journal, and as unknown where that says nothing.
    Raises JournalBusy while that process lives."""
    with work.world.database.read() as tx:
        rows = tx.all("pieces_in_hand", {"id": row.id})
    claims = sorted({str(claim) for _id, claim, *_ in rows})
    journals = {claim: read_journal(work.folder, claim) for claim in claims}
    outcomes: list[Outcome] = []
    for id_, claim, variant, person, address in rows:
        journal = journals[str(claim)]
        what, reason = (UNSURE, INTERRUPTED) if journal is None else journal.get(id_, (AGAIN, ""))
        if what == BEGUN:
            what, reason = UNSURE, INTERRUPTED
        outcomes.append(Outcome(id_, variant, what, reason, person=person, address=address))
    if outcomes:
        with work.world.database.transaction() as tx:
            work.keep(tx, row.status)
            settle(tx, work, row, outcomes, work.now())
    for claim in claims:
        drop_journal(work.folder, claim)


def _keys(row: Row, outcomes: Iterable[Outcome]) -> list[str]:
    return [key_of(row.id, one.id) for one in outcomes]


def _is_dead(one: Outcome) -> bool:
    return one.what == FAILED and one.reason == "recipient.unknown" and bool(one.address)


def _tell(tx: Transaction, work: Work, row: Row, sent: Iterable[Outcome], now: datetime) -> None:
    """`message.sent`, as any other message tells it."""
    if work.world.plugins.events.get(EVENT) is None:
        return
    events: list[inbox.Incoming] = []
    for one in sent:
        key = key_of(row.id, one.id)
        data: dict[str, Any] = {
            "customer_id": one.person,
            "email": one.address,
            "channel": CHANNEL,
            "effect": key,
            "message": row.name,
        }
        refs = {"customer": one.person, "email": one.address}
        event = NewEvent(f"sent|{key}", EVENT, f"customer:{one.person}", now, data, refs)
        events.append(inbox.Incoming(row.shop_id, None, None, SOURCE, to_micros(now), event))
    inbox.put(tx, events)
