"""Writes down whom a newsletter goes to, a row for each: page by page, going on after a kill where it was.

Invariant: a page, its numbers and how far it got are committed together, so that nobody is left out or counted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sereno.engine.durations import format_instant
from sereno.runtime.arbiter.zones import zone_of
from sereno.runtime.newsletters.audience import EXCLUDED, PAGE, TWICE, Person, keys_after, people_of, sources
from sereno.runtime.newsletters.moments import Moments
from sereno.runtime.newsletters.trials import variant_of
from sereno.runtime.newsletters.working import Desk, Row, Work
from sereno.sdk.mailboxes import mailbox_provider
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

PREPARING, SENDING = "preparing", "sending"
WAITS = "message.best_moment"


def begin(work: Work, row: Row) -> None:
    """From now on it is being prepared. Raises LeaseLost."""
    with work.world.database.transaction() as tx:
        work.keep(tx, row.status)
        _stage(tx, work, PREPARING, row.due_at, {}, work.now())


def prepare(work: Work, row: Row, desk: Desk) -> None:
    """Write its pieces down; then it is being sent. Raises LeaseLost, and LookupError for a segment that is gone."""
    started = row.started_at or work.now()
    names = [*sources(row.audience), *row.audience.outside]
    at, after = int(row.cursor.get("source") or 0), str(row.cursor.get("after") or "")
    last = max(int(row.cursor.get("last") or 0), to_micros(started))
    while at < len(names):
        is_in = at < len(names) - len(row.audience.outside)
        with work.world.database.transaction() as tx:
            work.keep(tx, PREPARING)
            keys = keys_after(tx, row.shop_id, names[at], after)
            if is_in:
                last = max(last, _add(tx, work, row, desk, keys, started))
            else:
                _take_out(tx, work, keys)
            at, after = (at, keys[-1]) if len(keys) == PAGE else (at + 1, "")
            work.write_counts(tx)
            cursor = {"source": at, "after": after, "last": last}
            tx.run("newsletter_cursor", {"id": work.id, "worker": work.worker, "cursor": encode(cursor)})
    with work.world.database.transaction() as tx:
        work.keep(tx, PREPARING)
        _stage(tx, work, SENDING, started, {"last": last}, started)


def _stage(tx: Transaction, work: Work, status: str, due: datetime, cursor: Any, started: datetime) -> None:
    given = {"id": work.id, "worker": work.worker, "status": status, "due_at": to_micros(due)}
    tx.run("newsletter_stage", {**given, "cursor": encode(cursor), "started_at": to_micros(started)})


def _add(tx: Transaction, work: Work, row: Row, desk: Desk, keys: Sequence[str], started: datetime) -> int:
    """Gives when the last of those is due on whom the subjects are tried; 0 where there is none."""
    world = work.world
    scope = {"now": format_instant(work.now())}
    found = people_of(
        tx, world.plugins, world.database.dialect, row.shop_id, keys, row.audience, desk.press.refusal, scope
    )
    moments = Moments(tx, row, desk, keys)
    rows: list[tuple[Any, ...]] = []
    for person in found:
        if person.reason is not None:
            work.counts["", f"left:{person.reason}"] += 1
            continue
        rows.append(_piece(row, desk, person, started, moments))
    # Two of one address, and who is in two segments, get one.
    written = tx.many_returning("put_pieces", rows)
    moments.note(tx, written)
    work.counts.update(Counter((variant, "pieces") for _id, _person, variant in written))
    work.counts["", f"left:{TWICE}"] += 0 if len(row.audience.inside) > 1 else len(rows) - len(written)
    return max((int(due) for *_piece, variant, _status, due, _tries, _reason in rows if variant), default=0)


def _piece(row: Row, desk: Desk, person: Person, started: datetime, moments: Moments) -> tuple[Any, ...]:
    zone = zone_of({"customer": person.record}, desk.shop)
    due = row.schedule.due(started, zone)
    variant = ""
    if row.trial.is_on:
        variant = variant_of(row.id, person.key, row.trial.share)
        # Whose language has no second subject is no reader to try two on.
        if variant and not desk.press.is_tried(desk.context(0, person.key, person.record, started)):
            variant = ""
        if row.schedule.kind == "local":
            due += timedelta() if variant else row.trial.wait
        else:
            due = started if variant else max(due, started + row.trial.wait)
    # The two subjects of a trial go together, or the hours would be tried and not the subjects.
    best = moments.of(person.key[:200], due, zone) if not variant else None
    provider = mailbox_provider(person.address)[:100]
    return (
        row.id,
        row.shop_id,
        person.key[:200],
        person.address,
        provider,
        variant,
        "waiting",
        to_micros(best or due),
        0,
        None if best is None else WAITS,
    )


def _take_out(tx: Transaction, work: Work, keys: Sequence[str]) -> None:
    gone = tx.all("drop_pieces_of", {"id": work.id, "people": sorted(keys)})
    for (variant,) in gone:
        work.counts[variant, "pieces"] -= 1
        work.counts["", f"left:{EXCLUDED}"] += 1
