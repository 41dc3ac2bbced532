"""The live `Cover` port: what will be sold out before new goods could come, told once each time it gets there."""

from __future__ import annotations

from sereno.runtime import inbox
from sereno.sdk.connector import NewEvent
from sereno.sdk.cover import LowCover
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros

SLACK = 1.1
"""What was low is enough again when it lasts this much longer than asked: a forecast that moves by a piece from one day
to the next alarms nobody."""

Row = tuple[str, str | None, str | None, str | None, int, float, str | None]


class LiveCover:
    """Of one shop. Within `tx`, where the action runs in one; else by itself."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now
        self._tx = tx

    def low(self, days: int, *, remember: bool = True) -> list[LowCover]:
        if self._tx is not None:
            return self._low(self._tx, days, remember)
        with self._database.transaction() as tx:
            return self._low(tx, days, remember)

    def _low(self, tx: Transaction, days: int, remember: bool) -> list[LowCover]:
        found: list[LowCover] = []
        fresh: list[inbox.Incoming] = []
        enough: list[str] = []
        row: Row
        for row in tx.all("stock_lasting", {"shop": self._shop_id, "days": days}):
            item, title, _, _, available, weekly, known = row
            lasts = max(0.0, available * 7 / weekly)
            if lasts < days:
                found.append(LowCover(item, title or item, available, weekly, lasts, known is None))
                if known is None:
                    fresh.append(self._told(row, lasts))
            elif lasts >= days * SLACK:
                enough.append(item)
        if fresh and remember:
            tx.many("put_low_covers", [(self._shop_id, one.event.data["sku"], self._now) for one in fresh])
            inbox.put(tx, fresh)
        if enough and remember:
            tx.run("drop_low_covers", {"shop": self._shop_id, "items": enough})
        return sorted(found, key=lambda one: (one.days, one.item))

    def _told(self, row: Row, lasts: float) -> inbox.Incoming:
        item, title, variant, product, available, weekly, _ = row
        data = {
            "sku": item,
            "title": title or item,
            "available": available,
            "weekly_demand": round(weekly, 2),
            "days": round(lasts, 1),
        }
        refs = {kind: key for kind, key in (("sku", item), ("variant", variant), ("product", product)) if key}
        event = NewEvent(
            f"cover|{item}|{self._now}"[:200], "stock.cover_low", f"sku:{item}", from_micros(self._now), data, refs
        )
        return inbox.Incoming(self._shop_id, None, None, "sereno", self._now, event)
