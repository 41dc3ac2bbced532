"""The live `Risks` port: one look for all that is known of an order's marks, and short writes.

Invariant: a mark is looked for and kept by its keyed hash alone, and every look is bounded, however busy a mark is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from statistics import median
from typing import Any, cast

from sereno.sdk.risk import Bought, Known, Listed, Outbreak, Seen
from sereno.store import secrets
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable

YEAR = 365 * 86_400_000_000
KINDS = ("email", "phone", "ip", "card", "device", "address")
ENOUGH = 20
"""From so many orders on a shop has a usual one."""


def digest(text: str) -> str:
    """What a mark is kept as."""
    if secrets.is_configured():
        return secrets.keyed_hashes(text)[0]
    return blake2b(text.encode(), digest_size=16).hexdigest()


class LiveRisks:
    """Of one shop; in the transaction the action runs in, if it runs in one."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now
        self._tx = tx

    def look(self, marks: Mapping[str, str], person: str, currency: str) -> Known:
        me = digest(person) if person else ""
        hashed = {digest(text): text for text in marks.values()}
        wanted: dict[str, Any] = {kind: digest(marks[kind]) if kind in marks else "" for kind in KINDS}
        with self._opened(self._database.read) as tx:
            row = tx.one("risk_policy", {"shop": self._shop_id})
            rows = tx.all("risk_seen", {"shop": self._shop_id, "since": self._now - YEAR, **wanted})
            given = {"shop": self._shop_id, "digests": list(hashed), "now": self._now}
            listed = tx.all("risk_listed", given) if hashed else []
            totals = tx.all("risk_usual", {"shop": self._shop_id, "currency": currency})
        seen = [
            Seen(kind, key, who, int(at), bool(is_bad), bool(who) and who == me) for kind, key, who, at, is_bad in rows
        ]
        known = [Listed(kind, hashed[mark], list_, reason) for kind, mark, list_, reason in listed]
        policy: Mapping[str, Any] = decode(row[0]) if row else {}
        learned: Mapping[str, Any] | None = decode(row[2]) if row and row[2] else None
        return Known(policy, int(row[1]) if row else 0, learned, seen, known, _usual(totals))

    def trace(self, order: str, marks: Mapping[str, str], person: str, at: int) -> None:
        me = digest(person) if person else ""
        key = storable(order)
        rows = [
            (self._shop_id, key, kind, digest(marks[kind]), me, at, False) for kind in sorted(KINDS) if kind in marks
        ]
        with self._opened(self._database.transaction) as tx:
            tx.many("put_risk_traces", rows)

    def spoil(self, order: str, is_bad: bool) -> None:
        with self._opened(self._database.transaction) as tx:
            tx.run("spoil_risk_traces", {"shop": self._shop_id, "order": storable(order), "bad": is_bad})

    def buy(
        self, order: str, items: Mapping[str, int], patterns: Mapping[str, str], at: int, since: int
    ) -> Sequence[Bought]:
        held = encode({kind: digest(text) for kind, text in sorted(patterns.items())})
        rows = [
            (self._shop_id, storable(order), storable(item)[:200], min(count, 1_000_000), at, held)
            for item, count in sorted(items.items())
        ]
        with self._opened(self._database.transaction) as tx:
            tx.many("put_risk_bought", rows)
            given = {"shop": self._shop_id, "items": [row[2] for row in rows], "since": since}
            found = tx.all("risk_bought", given)
        return [Bought(key, item, count, int(when), decode(kept)) for key, item, count, when, kept in found]

    def break_out(self, item: str, pattern: str, value: str, units: int, orders: int, since: int, at: int) -> Outbreak:
        what = {"shop": self._shop_id, "item": item, "pattern": pattern, "mark": value}
        with self._opened(self._database.transaction) as tx:
            row = tx.one("risk_outbreak", {**what, "since": since})
            if row is not None:
                tx.run("go_on_risk_outbreak", {"id": row[0], "units": units, "orders": orders, "now": at})
                return Outbreak(int(row[0]), is_new=False)
            made = tx.one("begin_risk_outbreak", {**what, "units": units, "orders": orders, "now": at})
        assert made is not None
        return Outbreak(int(made[0]), is_new=True)

    def put(self, list: str, marks: Sequence[str], reason: str, by: str, until: int | None) -> None:
        with self._opened(self._database.transaction) as tx:
            put_entries(tx, self._shop_id, list, marks, reason, by, self._now, until)

    def examples(self, limit: int) -> Sequence[Mapping[str, Any]]:
        with self._opened(self._database.read) as tx:
            rows = tx.all("risk_examples", {"shop": self._shop_id, "limit": limit})
        return [
            {
                "facts": decode(data).get("facts") or {},
                "score": int(score or 0),
                "decision": decision or "",
                "at": int(at or 0),
                "is_bad": bool(is_bad),
            }
            for data, score, decision, at, is_bad in rows
        ]

    def learned(self, document: Mapping[str, Any]) -> None:
        with self._opened(self._database.transaction) as tx:
            put_learned(tx, self._shop_id, document, self._now)

    def _opened(self, begin: Callable[[], AbstractContextManager[Transaction]]) -> AbstractContextManager[Transaction]:
        return nullcontext(self._tx) if self._tx is not None else begin()


def put_entries(
    tx: Transaction, shop_id: int, list_: str, marks: Sequence[str], reason: str, by: str, now: int, until: int | None
) -> None:
    """`marks` say their kinds: `email:ana@shop.example`."""
    rows = [
        (shop_id, list_, kind, digest(text), storable(value)[:200], storable(reason)[:500], by[:200], now, until)
        for text in sorted(set(marks))
        for kind, _colon, value in (text.partition(":"),)
    ]
    tx.many("put_risk_entries", rows)


def put_learned(tx: Transaction, shop_id: int, document: Mapping[str, Any], now: int) -> None:
    tx.run("put_risk_learned", {"shop": shop_id, "learned": encode(document), "now": now})


def _usual(totals: Sequence[tuple[Any, ...]]) -> Decimal | None:
    """The median; None for a shop with few orders."""
    amounts: list[Decimal] = []
    for (text,) in totals:
        try:
            amounts.append(Decimal(cast(str, text)))
        except (InvalidOperation, TypeError):
            continue
    found = median(amounts) if len(amounts) >= ENOUGH else Decimal(0)
    return found if found > 0 else None
