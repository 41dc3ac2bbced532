"""Records that were held back of a file: mended and taken, or dropped. What is mended goes the way of the file itself.

Invariant: a record is settled once, in the transaction that keeps what it tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sereno.runtime.feeds import sources
from sereno.runtime.feeds.working import take_entries
from sereno.runtime.reading.taking import NotYet, Source
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros


def mend(
    shop_id: int, id: int, values: Mapping[tuple[int, str], str], by: str, *, database: Database | None = None
) -> int:
    """Put other values in (by row and column), and take the record when nothing is wrong with it any more. Gives how
    many faults are left, 0 when it was taken. Raises LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        found = tx.one("feed_held", {"id": id, "shop": shop_id})
        if found is None:
            raise LookupError(f"there is no record {id} that was held back")
        _, held, status, columns, name, record = found
        if status != "waiting":
            raise ValueError("somebody dealt with it already")
        named: Sequence[str] = decode(columns)
        rows = [[*row, *[""] * (len(named) - len(row))] for row in decode(held)]
        for (number, column), value in values.items():
            if number >= len(rows) or (column and column not in named):
                raise ValueError(f"the record has no row {number} with a column {column}")
            if column:
                rows[number][named.index(column)] = value.strip()[:1000]
            else:
                rows[number] = rows[number][: len(named)]
        source = sources._find(tx, shop_id, name)  # pyright: ignore[reportPrivateUsage]
    layout = sources.with_shop(staff, shop_id, source.layout)
    sheet = sources.reader_of(staff.plugins, source.kind).again(named, rows, layout)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        if sheet.held or not sheet.entries:
            faults = [asdict(fault) for one in sheet.held for fault in one.faults]
            tx.one("change_feed_held", {"id": id, "rows": encode(rows), "faults": encode(faults)})
            audit(tx, shop_id, now, by, "feed.record_mended", record, {"held": id, "left": len(faults)})
            return max(len(faults), 1)
        settled = tx.one("settle_feed_held", {"id": id, "status": "taken", "now": now})
        if settled is None:
            raise ValueError("somebody dealt with it already")
        place = Source(source.connection_id, shop_id, source.name, source.begin_at)
        try:
            new = take_entries(staff.world, tx, place, source.kind, source.settings, sheet.entries, now)
        except NotYet:
            raise ValueError("what came in before is still being worked on: try again in a moment") from None
        tx.run("count_feed_held", {"id": settled[0], "taken": len(sheet.entries), "new": new})
        audit(tx, shop_id, now, by, "feed.record_mended", record, {"held": id})
    return 0


def drop_all(shop_id: int, file: int, by: str, *, database: Database | None = None) -> int:
    """None of what waits of a file is wanted; gives how many records that were. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("feed_file", {"id": file, "shop": shop_id})
        if row is None:
            raise LookupError(f"there is no file {file}")
        now = to_micros(staff.world.clock.now())
        dropped = len(tx.all("drop_feed_held", {"file": file, "shop": shop_id, "now": now}))
        if dropped:
            tx.run("uncount_feed_held", {"id": file, "dropped": dropped})
            audit(tx, shop_id, now, by, "feed.records_dropped", row[2], {"file": file, "dropped": dropped})
        return dropped


def drop(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It is not wanted. Raises LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        found = tx.one("feed_held", {"id": id, "shop": shop_id})
        if found is None:
            raise LookupError(f"there is no record {id} that was held back")
        now = to_micros(staff.world.clock.now())
        settled = tx.one("settle_feed_held", {"id": id, "status": "dropped", "now": now})
        if settled is None:
            raise ValueError("somebody dealt with it already")
        tx.run("count_feed_held", {"id": settled[0], "taken": 0, "new": 0})
        details: dict[str, Any] = {"held": id}
        audit(tx, shop_id, now, by, "feed.record_dropped", found[5], details)
