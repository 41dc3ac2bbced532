"""Tags that staff put on customers, many at once, and take back.

Invariant: what changes and its line in the audit are one transaction; doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sereno.runtime.persons import CUSTOMER, people_of
from sereno.runtime.segments.memberships import touch
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.fields import storable, to_micros

MOST = 1000
LONGEST = 64


def tag(
    shop_id: int, keys: Sequence[str], name: str, by: str, *, add: bool = True, database: Database | None = None
) -> list[str]:
    """Put a tag on these customers, or take it off all their records. Gives the keys of those it is new for. Raises
    ValueError for no tag, LookupError where a customer is not there."""
    text = " ".join(storable(name).split())[:LONGEST]
    if not text:
        raise ValueError("a tag needs at least one character")
    asked = sorted({storable(key) for key in keys})[:MOST]
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        known = {row[1] for row in tx.all("customers_by_keys", {"shop": shop_id, "keys": asked})}
        if missing := next((key for key in asked if key not in known), None):
            raise LookupError(f"there is no customer {missing}")
        people = people_of(tx, ((shop_id, key) for key in asked))
        all_of = {key: people.get((shop_id, key), [key]) for key in asked}
        every = sorted({one for held in all_of.values() for one in held})
        found = {"shops": [shop_id], "kinds": [CUSTOMER], "keys": every}
        bearing = {row[2] for row in tx.all("tags_of", found) if row[3] == text}
        changed = [key for key, held in all_of.items() if (not bearing.intersection(held)) == add]
        now = to_micros(staff.world.clock.now())
        if add:
            tx.many("add_tags", [(shop_id, CUSTOMER, key, text, now) for key in changed])
        else:
            tx.many("remove_tags", [(shop_id, CUSTOMER, key, text) for key in sorted(bearing)])
        if changed:
            touch(tx, ((shop_id, key) for key in changed))
            target = f"{CUSTOMER}:{changed[0]}" if len(changed) == 1 else str(len(changed))
            audit(tx, shop_id, now, by, "customer.tagged" if add else "customer.untagged", target, {"tag": text})
    return changed
