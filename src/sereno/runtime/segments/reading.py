"""Who is in a segment, for whoever writes to them or shows them."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.runtime.staff import open_staff
from sereno.store.database import Database, Transaction


def members(tx: Transaction, shop_id: int, segment: int | str, after_key: str, limit: int) -> list[str]:
    """Up to `limit` keys of customers who are in the segment (its id or its name) now, in the order of keys, after
    `after_key` ("" at first). Empty for a segment that is not there."""
    found = segment_id(tx, shop_id, segment)
    if found is None:
        return []
    asked = {"segment": found, "after": after_key, "limit": limit}
    return [key for (key,) in tx.all("members_after", asked)]


def size(tx: Transaction, shop_id: int, segment: int | str) -> int:
    """How many are in it now; while it is counted for the first time, so far."""
    found = segment_id(tx, shop_id, segment)
    return sizes(tx, [found]).get(found, 0) if found is not None else 0


def sizes(tx: Transaction, segments: list[int]) -> dict[int, int]:
    """By the segment's id."""
    return {one: int(count) for one, count in tx.all("sizes_of_segments", {"segments": segments})}


def holds(tx: Transaction, shop_id: int, segment: int | str, key: str) -> bool:
    """Whether the customer is in it now."""
    found = segment_id(tx, shop_id, segment)
    return found is not None and tx.one("is_member", {"segment": found, "key": key}) is not None


def segment_id(tx: Transaction, shop_id: int, segment: int | str) -> int | None:
    by_name = isinstance(segment, str)
    asked = {"shop": shop_id, "name" if by_name else "id": segment}
    row = tx.one("segment_by_name" if by_name else "segment_by_id", asked)
    return row[0] if row is not None else None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two snapshots: how many are in the second alone, in the first alone, in both, and the first few of the former
    two."""

    added_count: int
    removed_count: int
    both_count: int
    added: list[str]
    removed: list[str]


def compared(first: int, second: int, limit: int, *, database: Database | None = None) -> Compared:
    """`first` and `second` are snapshots' numbers; whose they are is for the caller to have looked at."""
    with open_staff(database).database.read() as tx:
        row = tx.one("snapshot_sides", {"one": first, "two": second})
        assert row is not None
        sides = [
            [key for (key,) in tx.all("only_in_snapshot", {"one": one, "two": two, "limit": limit})]
            for one, two in ((second, first), (first, second))
        ]
    return Compared(row[1], row[0], row[2], *sides)
