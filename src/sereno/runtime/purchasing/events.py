"""The shop's own calendar of what people buy for: kept, changed, taken away. One transaction each, with a line in the
audit. A refusal is a ValueError or LookupError that says why. The next forecast goes by it."""

from __future__ import annotations

from datetime import date, timedelta

from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.fields import storable, to_micros

MOST_EVENTS = 500
MOST_DAYS = 92
LEAST_LIFT, MOST_LIFT = -0.9, 10.0


def put_event(
    shop_id: int,
    name: str,
    first: date,
    last: date,
    by: str,
    *,
    lift: float | None = None,
    database: Database | None = None,
) -> int:
    """Keep one time of an event, or change the one of this name that begins on this day. Gives its number."""
    name = " ".join(storable(name).split())[:80]
    if not name:
        raise ValueError("an event has a name")
    if last < first:
        raise ValueError("an event does not end before it begins")
    if last - first >= timedelta(days=MOST_DAYS):
        raise ValueError(f"an event lasts {MOST_DAYS} days at the most; what lasts longer is a season")
    if not 2000 <= first.year <= 2100:
        raise ValueError("an event is between the years 2000 and 2100")
    if lift is not None and not LEAST_LIFT <= lift <= MOST_LIFT:
        raise ValueError("what is expected is between -90 and +1000 percent")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        at = to_micros(staff.world.clock.now())
        kept = tx.all("demand_events_of", {"shop": shop_id})
        if len(kept) >= MOST_EVENTS:
            raise ValueError(f"a calendar holds {MOST_EVENTS} events at the most")
        days = {"first_day": first, "last_day": last}
        row = tx.one("put_demand_event", {"shop": shop_id, "name": name, **days, "lift": lift, "now": at})
        assert row is not None
        said = {"first": first.isoformat(), "last": last.isoformat(), "lift": lift}
        audit(tx, shop_id, at, by, "demand_event.put", name, said)
    return int(row[0])


def drop_event(shop_id: int, id: int, by: str, *, database: Database | None = None) -> str:
    """Gives its name."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("drop_demand_event", {"shop": shop_id, "id": id})
        if row is None:
            raise LookupError(f"there is no event {id}")
        at = to_micros(staff.world.clock.now())
        audit(tx, shop_id, at, by, "demand_event.dropped", str(row[0]), {"first": str(row[1])})
    return str(row[0])
