"""Which segments people are in, as conditions see it (`customer.segments`); and a word that they changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sereno.store.database import Transaction


def members_in(tx: Transaction, keys: Mapping[int, Sequence[str]]) -> dict[tuple[int, str], list[str]]:
    """Names of the segments that these customers (by shop) are in, in the order of names. One query."""
    asked = {"shops": sorted(keys), "keys": sorted({key for some in keys.values() for key in some})}
    found: dict[tuple[int, str], list[str]] = {}
    for shop_id, key, name in tx.all("segments_of_people", asked):
        found.setdefault((shop_id, key), []).append(name)
    return found


def touch(tx: Transaction, people: Iterable[tuple[int, str]]) -> None:
    """Have these (shop, key) looked at next, where their shop has segments: something of them changed that no event
    tells of, such as a tag, or who is one person with whom."""
    asked = sorted(set(people))
    shops = {row[0] for row in tx.all("segment_shops", {"shops": sorted({shop for shop, _ in asked})})} if asked else ()
    tx.many("touch_segment_people", [at for at in asked if at[0] in shops])
