"""Ways of looking at the list of customers that a shop's people keep under a name."""

from __future__ import annotations

from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.fields import to_micros


def save(shop_id: int, name: str, query: str, by: str, *, database: Database | None = None) -> None:
    """A view of the same name is replaced."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.run("put_customers_view", {"shop": shop_id, "name": name[:60], "query": query[:300], "by": by[:200]})
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "customer.view_saved", name, {})


def drop(shop_id: int, id: int, name: str, by: str, *, database: Database | None = None) -> None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.run("drop_customers_view", {"shop": shop_id, "id": id})
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "customer.view_dropped", name, {})
