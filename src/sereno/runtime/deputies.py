"""Who answers in whose place, and when. One deputy for each person and shop; naming another takes the first's place."""

from __future__ import annotations

from datetime import datetime

from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.fields import to_micros


def name_deputy(
    shop_id: int,
    person: str,
    deputy: str,
    since: datetime,
    until: datetime,
    *,
    by: str,
    database: Database | None = None,
) -> None:
    """Raises ValueError for a person who would stand in for themselves, or a time that ends before it begins."""
    person, deputy = person.strip().lower(), deputy.strip().lower()
    if person == deputy:
        raise ValueError("nobody answers in their own place")
    if until <= since:
        raise ValueError("the time ends before it begins")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        times = {"since": to_micros(since), "until": to_micros(until)}
        tx.run("put_deputy", {"shop": shop_id, "person": person, "deputy": deputy, **times})
        now = to_micros(staff.world.clock.now())
        details = {"deputy": deputy, "since": since.isoformat(), "until": until.isoformat()}
        audit(tx, shop_id, now, by, "deputy.named", person, details)


def end_deputy(shop_id: int, person: str, *, by: str, database: Database | None = None) -> bool:
    """Whether there was one."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("remove_deputy", {"shop": shop_id, "person": person.strip().lower()})
        if row is not None:
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "deputy.ended", person, {"deputy": row[0]})
    return row is not None
