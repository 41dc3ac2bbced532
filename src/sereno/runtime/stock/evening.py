"""The live `Transfers` port: what should move between a shop's places, proposed once for each day and pair of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

from sereno.commerce.stock import Shelf, even_out
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

LOOKED_AT = timedelta(days=28)
PAGE = 2000
"""Rows of `stock_cover` at a time."""


class LiveTransfers:
    """Of one shop. Within `tx`, where the action runs in one; else by itself."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now
        self._tx = tx

    def propose(self, cover_days: int, keep_days: int, by: str) -> list[int]:
        """By what left each place in the last 28 days. What is proposed already is not proposed again."""
        if self._tx is not None:
            return self._propose(self._tx, cover_days, keep_days, by)
        with self._database.transaction() as tx:
            return self._propose(tx, cover_days, keep_days, by)

    def _propose(self, tx: Transaction, cover_days: int, keep_days: int, by: str) -> list[int]:
        open_ = {
            (origin, destination, str(item))
            for origin, destination, lines in tx.all("open_stock_transfers", {"shop": self._shop_id})
            for item, _ in decode(lines)
        }
        moves: dict[tuple[str, str], dict[str, int]] = {}
        for item, shelves in self._shelves(tx):
            for origin, destination, number in even_out(shelves, cover_days, keep_days):
                if (origin, destination, item) not in open_:
                    moves.setdefault((origin, destination), {})[item] = number
        # Imported here: what staff do is made of the runtime, which is made of its ports.
        from sereno.runtime.stock.moving import put_transfer

        day = from_micros(self._now).date().isoformat()
        found: list[int] = []
        for (origin, destination), lines in sorted(moves.items()):
            uid = f"even|{day}|{origin}|{destination}|{min(lines)}"
            made = put_transfer(
                tx, self._now, self._shop_id, origin, destination, lines, by, uid=uid, reason="even_out"
            )
            if made is not None:
                found.append(made)
        return found

    def _shelves(self, tx: Transaction) -> Iterable[tuple[str, list[Shelf]]]:
        since, after = self._now - to_micros_of(LOOKED_AT), ""
        days = LOOKED_AT.days
        while rows := tx.all("stock_cover", {"shop": self._shop_id, "since": since, "after": after}):
            groups: list[tuple[str, list[tuple[Any, ...]]]] = [
                (item, list(group)) for item, group in groupby(rows, key=lambda row: row[0])
            ]
            # The last item of a full page may go on in the next one.
            if len(rows) == PAGE and len(groups) > 1:
                groups.pop()
            for item, held in groups:
                yield item, [Shelf(row[1], row[2], row[3], float(row[4]) / days) for row in held]
            after = groups[-1][0]


def to_micros_of(length: timedelta) -> int:
    return to_micros(from_micros(0) + length)
