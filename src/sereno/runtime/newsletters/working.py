"""What the process that works on one newsletter stands on: the world, its row, and the lease it keeps.

Invariant: who lost the lease, or whose newsletter was paused or cancelled meanwhile, writes nothing more of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from sereno.runtime.newsletters.plan import (
    Audience,
    Pace,
    Schedule,
    Trial,
    read_audience,
    read_pace,
    read_schedule,
    read_trial,
)
from sereno.runtime.world import World
from sereno.sdk.context import Context
from sereno.sdk.newsletters import Press, Presses, Unwritable
from sereno.sdk.ports import Products
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros
from sereno.store.jobs import LeaseLost

LEASE = timedelta(seconds=60)
MARGIN = 15.0
"""Seconds before the lease ends from which on nothing more is handed over."""
FRESH = 60.0
"""Seconds for which products that a mail shows are taken as read."""


@dataclass(frozen=True, slots=True)
class Row:
    """The newsletter as its process found it."""

    id: int
    shop_id: int
    status: str
    document: Mapping[str, Any]
    audience: Audience
    schedule: Schedule
    trial: Trial
    pace: Pace
    cursor: Mapping[str, Any]
    winner: str | None
    due_at: datetime
    started_at: datetime | None
    name: str

    @property
    def trial_ends(self) -> datetime | None:
        """When the subjects of a trial are judged: once the last reader they were tried on has had `wait`."""
        last = self.cursor.get("last") or (to_micros(self.started_at) if self.started_at is not None else 0)
        return from_micros(int(last)) + self.trial.wait if self.trial.is_on and last else None


@dataclass(slots=True)
class Work:
    """One newsletter in the hands of `worker`. `folder` holds journals."""

    world: World
    id: int
    worker: str
    folder: Path
    lease_ends: float = 0.0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def now(self) -> datetime:
        return self.world.clock.now()

    def read(self) -> Row:
        """Raises LeaseLost."""
        with self.world.database.read() as tx:
            row = tx.one("newsletter_at_work", {"id": self.id, "worker": self.worker})
        if row is None:
            raise LeaseLost
        shop, status, document, audience, schedule, trial, pace, cursor, winner, due, started, name = row
        self.lease_ends = monotonic() + LEASE.total_seconds()
        return Row(
            self.id,
            shop,
            status,
            decode(document or "{}"),
            read_audience(decode(audience)),
            read_schedule(decode(schedule)),
            read_trial(decode(trial)),
            read_pace(decode(pace)),
            decode(cursor),
            winner,
            from_micros(due),
            None if started is None else from_micros(started),
            name,
        )

    def keep(self, tx: Transaction, status: str) -> None:
        """Renew the lease in this transaction. Raises LeaseLost, also where it is not in this status any more; then
        nothing more is handed over."""
        until = to_micros(self.now() + LEASE)
        if tx.one("keep_newsletter", {"id": self.id, "worker": self.worker, "until": until, "status": status}) is None:
            self.lease_ends = 0.0
            raise LeaseLost
        self.lease_ends = monotonic() + LEASE.total_seconds()

    @property
    def is_mine(self) -> bool:
        """Whether the lease lasts long enough to hand a mail over."""
        return monotonic() < self.lease_ends - MARGIN

    def write_counts(self, tx: Transaction) -> None:
        """Add what was counted in this transaction."""
        rows = [(self.id, variant, name, number) for (variant, name), number in self.counts.items() if number]
        tx.many("count_newsletter", sorted(rows))
        self.counts.clear()


class Desk:
    """What one newsletter's mails are made with: the shop, the press, and ports that do not read a thing twice."""

    def __init__(self, work: Work, row: Row) -> None:
        self._world = work.world
        with work.world.database.read() as tx:
            self.shop = work.world.shops.find(tx, row.shop_id).facts
        self._id, self._name = row.id, row.name
        self._products: _Products | None = None
        self.press = self._press(row)

    def _press(self, row: Row) -> Press:
        presses = self._world.ports(Presses, self.shop)
        if presses is None:
            raise Unwritable("newsletter.no_press", "this installation cannot write newsletters")
        assert isinstance(presses, object)
        return presses.press(row.document, row.trial.subjects)  # type: ignore[attr-defined]

    def context(self, piece: int, person: str, record: Mapping[str, Any] | None, now: datetime) -> Context:
        """What a piece is written from."""
        return Context(
            effect_key=key_of(self._id, piece),
            attempt=1,
            flow=self._name,
            run="",
            subject=f"customer:{person}",
            shop=self.shop,
            refs={"customer": person},
            records={"customer": record},
            event={},
            vars={},
            now=now,
            find_port=self.port,
        )

    def port(self, kind: type[Any]) -> Any:
        found = self._world.ports(kind, self.shop)
        if found is None:
            raise LookupError(f"the shop has no {kind.__name__}")
        if kind is Products:
            self._products = self._products or _Products(found)  # type: ignore[arg-type]
            return self._products
        return found


class _Products:
    """`Products` that remembers for a minute: a shelf that thousands see is read once."""

    def __init__(self, live: Products) -> None:
        self._live = live
        self._held: dict[tuple[str, ...], tuple[float, Mapping[str, Mapping[str, Any]]]] = {}

    def today(self, variants: Any) -> Mapping[str, Mapping[str, Any]]:
        asked = tuple(variants)
        held = self._held.get(asked)
        if held is None or held[0] < monotonic():
            if len(self._held) > 500:
                self._held.clear()
            held = self._held[asked] = (monotonic() + FRESH, self._live.today(asked))
        return held[1]


def key_of(newsletter: int, piece: int) -> str:
    """A piece's name in headers, links, slots and events."""
    return f"news-{newsletter}/{piece}"


def piece_of(key: str) -> int | None:
    """The piece that a key names; None for the key of anything else."""
    head, _slash, number = key.partition("/")
    is_ours = head.startswith("news-") and head[5:].isdecimal() and number.isdecimal() and len(number) < 19
    return int(number) if is_ours else None


def give_back(work: Work, due_at: datetime) -> None:
    """Nothing is to be done before `due_at`, or by this process."""
    with suppress(LeaseLost), work.world.database.transaction() as tx:
        tx.run("leave_newsletter", {"id": work.id, "worker": work.worker, "due_at": to_micros(due_at)})
