"""The life of a newsletter from its hour to its end, as the process that has its lease carries it out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sereno.runtime.newsletters.claiming import Claims
from sereno.runtime.newsletters.journal import Journal, JournalBusy
from sereno.runtime.newsletters.preparing import PREPARING, begin, prepare
from sereno.runtime.newsletters.sending import CONNECTIONS, Sender
from sereno.runtime.newsletters.settling import take_over
from sereno.runtime.newsletters.trials import Arm, judge
from sereno.runtime.newsletters.working import Desk, Row, Work, give_back
from sereno.runtime.world import World
from sereno.sdk.newsletters import Unwritable
from sereno.sdk.ports import Mailer
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from sereno.store.jobs import LeaseLost

log = logging.getLogger("sereno.newsletters")

BUSY = timedelta(seconds=5)
"""When to look again where the process before is still alive."""


def carry_out(world: World, id: int, worker: str, folder: Path, connections: int = CONNECTIONS) -> str:
    """`done`: nothing is left to do; `later`: not before its `due_at`; `failed`: a person has to see to it; `lost`: it
    is paused, cancelled, or another's."""
    work = Work(world, id, worker, folder)
    try:
        return _carry_out(work, connections)
    except LeaseLost:
        return "lost"
    except JournalBusy:
        give_back(work, work.now() + BUSY)
        return "later"
    except (LookupError, ValueError, Unwritable) as error:
        log.warning("newsletter %s cannot be sent: %s", id, error)
        _fail(work, str(error.args[0]) if error.args else str(error))
        return "failed"


def _carry_out(work: Work, connections: int) -> str:
    row = work.read()
    desk = Desk(work, row)
    if row.status == "scheduled":
        begin(work, row)
        row = work.read()
    if row.status == PREPARING:
        prepare(work, row, desk)
        row = work.read()
    take_over(work, row)
    mailer = work.world.ports(Mailer, desk.shop)
    if mailer is None:
        raise LookupError("no mail server is set: set SERENO_SMTP_URL, then resume")
    journal = Journal(work.folder)
    try:
        return _send(work, row, desk, journal, mailer, connections)
    finally:
        with work.world.database.read() as tx:
            journal.close(is_settled=not tx.all("pieces_of_claim", {"id": row.id, "claim": journal.claim}))


def _send(work: Work, row: Row, desk: Desk, journal: Journal, mailer: Any, connections: int) -> str:
    sender = Sender(work, row, desk, journal, mailer, Claims(work, row, desk, journal.claim), connections)
    winner = row.winner
    ends = _trial_ends(row)
    while True:
        if winner is None and ends is not None and ends <= work.now():
            winner = decide(work, row)
        is_decided = ends is None or winner is not None
        later = sender.run(may_all=is_decided, variant=winner or "a")
        if not is_decided and ends is not None:
            later = ends if later is None else min(later, ends)
        if later is None:
            return _end(work)
        if later > work.now():
            give_back(work, later)
            return "later"


def decide(work: Work, row: Row) -> str:
    """Which subject the rest gets: the better where it can be told, else the message's own. Raises LeaseLost."""
    with work.world.database.transaction() as tx:
        work.keep(tx, row.status)
        counts = {(variant, name): number for variant, name, number in tx.all("newsletter_counts", {"id": row.id})}
        # Of a broken connection nobody knows whether the mail went; who opened it has got it.
        hits = {arm: counts.get((arm, row.trial.metric), 0) for arm in "ab"}
        a, b = (Arm(max(counts.get((arm, "sent"), 0), hits[arm]), hits[arm]) for arm in "ab")
        verdict = judge(a, b)
        winner = verdict.winner or "a"
        said = encode(verdict.document(row.trial.metric))
        tx.run("newsletter_verdict", {"id": row.id, "worker": work.worker, "winner": winner, "verdict": said})
    return winner


def _trial_ends(row: Row) -> datetime | None:
    return row.trial_ends if row.started_at is not None else None


def _end(work: Work) -> str:
    with work.world.database.transaction() as tx:
        tx.one("end_newsletter", {"id": work.id, "worker": work.worker, "now": to_micros(work.now())})
    return "done"


def _fail(work: Work, error: str) -> None:
    with work.world.database.transaction() as tx:
        tx.run("fail_newsletter", {"id": work.id, "worker": work.worker, "error": error[:1000]})
