"""Takes a page that a known customer looks at: into the visit under way, or it begins one.

Invariant: the page, the visit it counts for and the event of its beginning are one transaction, and a page that is told
again changes nothing: whoever is killed, a visit begins once and a page counts once. A page within a visit costs two
small statements and no event.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal

from sereno.commerce.identity import customer_key
from sereno.commerce.records.visits import RECENT
from sereno.runtime import inbox
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import Staff, customer_at, open_staff
from sereno.runtime.visits import telling
from sereno.runtime.visits.ending import end
from sereno.runtime.visits.rules import REST, Seen
from sereno.runtime.visits.telling import Visit, Visitor
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros

Taken = Literal["started", "kept"]
MICRO = timedelta(microseconds=1)


def take(shop_id: int, seen: Seen, *, database: Database | None = None) -> Taken:
    """`started` when this page began a visit; `kept` for every other, and for one that is told again."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    at = to_micros(now)
    with staff.database.transaction() as tx:
        person = _person(staff, tx, shop_id, seen.who)
        view = {"shop": shop_id, "person": person, "product": seen.product, "now": at}
        row = tx.one("put_view", {**view, "mark": _mark(seen.view)})
        if row is None:
            return "kept"
        if _goes_on(tx, view, row[0]) or not _begin(tx, staff, shop_id, person, seen, view, row[0], now):
            return "kept"
    return "started"


def _person(staff: Staff, tx: Transaction, shop_id: int, who: str) -> str:
    if "@" not in who:
        return who
    address = who.strip().lower().removeprefix("email:")
    return customer_at(staff, tx, shop_id, address) or customer_key(None, address) or who


def _mark(view: str) -> int:
    return int.from_bytes(blake2b(view.encode(), digest_size=8).digest(), signed=True)


def _goes_on(tx: Transaction, view: dict[str, Any], row: int) -> bool:
    """Count it for the visit under way, if there is one."""
    asked = {"shop": view["shop"], "person": view["person"], "now": view["now"]}
    found = tx.one("go_on_visit", {**asked, "rest": view["now"] - REST // MICRO})
    if found is not None and view["product"]:
        # The visit is ours by now: what others looked at in it is seen.
        of_it = {"shop": view["shop"], "person": view["person"], "product": view["product"]}
        tx.run("count_product", {**of_it, "visit": found[0], "since": found[1], "view": row})
    return found is not None


def _begin(
    tx: Transaction, staff: Staff, shop_id: int, person: str, seen: Seen, view: dict[str, Any], row: int, now: datetime
) -> bool:
    """False when another tab was first, and the page counts for the visit that it began."""
    at, whose = to_micros(now), {"shop": shop_id, "person": person}
    said = {"source": seen.source, "medium": seen.medium, "campaign": seen.campaign}
    tx.run("put_visitor", {**whose, "now": at, **said})
    held = tx.one("hold_visitor", whose)
    assert held is not None
    if _goes_on(tx, view, row):
        return False
    old = tx.one("open_visit_of", whose)
    if old is not None:
        end(tx, [old[0]], now)
        held = tx.one("hold_visitor", whose)
        assert held is not None
    id_, first_at, last_at, visits, pages, products, *first = held
    number = visits + 1
    told = {**said, "device": seen.device, "language": seen.language}
    begun = {**whose, **told, "number": number, "now": at, "due": to_micros(now + REST)}
    made = tx.one("begin_visit", {**begun, "products": int(bool(seen.product))})
    assert made is not None
    recent = tx.one("visits_between", {**whose, "after": to_micros(now - RECENT), "until": at})
    count = recent[0] if recent is not None else 1
    tx.run("set_visitor", {"id": id_, "now": at, "visits": number, "recent": count, **told})
    visit = Visit(made[0], person, number, at, **told)
    visitor = Visitor(first_at, at, number, count, pages, products, *first)
    event = telling.started(visit, visitor, last_at if visits else None)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event)])
    if staff.database.dialect == "postgresql":
        tx.all("notify")
    return True
