"""What staff do with lists over there that are read back: begin, stop, read at once, look at all.

Invariant: being on a list is a fact about somebody, and no word of theirs: it never says what they allow. Every act
leaves a line in the audit; when what is read is for `reading_back`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.staff import audit, open_staff
from sereno.runtime.tools.filling import place_of
from sereno.runtime.tools.taking import audience_of
from sereno.sdk.ports import Http
from sereno.store.database import Database
from sereno.store.documents import decode
from sereno.store.fields import to_micros

State = Literal["read", "reading", "failing", "leaving"]
CHOSEN = 200


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A list that is read back. Instants are microseconds. `name`: what segments ask for it by; `people`: how many the
    last whole reading saw; `seen`: how many the one under way saw so far."""

    id: int
    connection: str
    kind: str
    title_of_connection: str
    list: str
    title: str
    by: str
    made_at: int
    state: State
    round: int
    seen: int
    people: int
    read_at: int | None
    next_at: int
    failures: int
    error: str | None
    message: str | None
    failed_at: int | None

    @property
    def name(self) -> str:
        return name_of(self.connection, self.list)


def name_of(connection: str, list_: str) -> str:
    """What a list is called among a customer's `lists`."""
    return f"{connection}/{list_}"


def mirror(name: str, list_: str, *, by: str, shop_id: int, http: Http, database: Database | None = None) -> int:
    """From now on it is read who is on the list; the first reading is done in the background, and starts no flow. Gives
    its number. Raises LookupError, ConnectionRefused."""
    staff = open_staff(database)
    store, api = audience_of(staff, name, shop_id)
    if api.read is None:
        raise ConnectionRefused("list.not_read", f"{store.kind} gives its lists to nobody: nothing to read back")
    title, _there = place_of(store, api, list_, http)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        given = {"shop": shop_id, "connection": store.connection_id, "list": list_, "title": title[:200]}
        row = tx.one("put_mirror", {**given, "by": by[:200], "now": now})
        if row is None:
            raise ConnectionRefused("list.mirrored", f"{title} is read back already")
        audit(tx, shop_id, now, by, "audience.mirrored", title, {"connection": name, "list": list_})
    return int(row[0])


def unmirror(id_: int, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """It is read no more; nobody counts as being on it from then on. Raises LookupError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("end_mirror", {"id": id_, "shop": shop_id, "now": now})
        if row is None:
            raise LookupError(f"there is no list {id_} that is read back, or it is being dropped already")
        audit(tx, shop_id, now, by, "audience.unmirrored", row[1], {"list": row[0]})


def read_now(id_: int, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """Read it at once, also after a failure. Raises LookupError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("hurry_mirror", {"id": id_, "shop": shop_id, "now": now})
        if row is None:
            raise LookupError(f"there is no list {id_} that is read back")
        audit(tx, shop_id, now, by, "audience.read", row[1], {"list": row[0]})


def mirrored(shop_id: int, *, database: Database | None = None) -> list[Mirrored]:
    """All of a shop, the oldest first, as they stand."""
    found: list[Mirrored] = []
    with open_staff(database).database.read() as tx:
        for row in tx.all("mirrors_of_shop", {"shop": shop_id}):
            (id_, connection, kind, settings, list_, title, by, made_at, phase, *counts, failed_at) = row
            round_, seen, people, read_at, next_at, failures, error, message = counts
            state: State = "failing" if error else "read" if phase == "rest" and read_at else "reading"
            found.append(
                Mirrored(
                    *(id_, connection, kind, str(decode(settings).get("title") or connection), list_, title, by),
                    *(made_at, "leaving" if phase == "drop" else state, round_, seen, people, read_at, next_at),
                    *(failures, error, message, failed_at),
                )
            )
    return found


def choices(shop_id: int, *, database: Database | None = None) -> dict[str, str]:
    """The lists that segments may ask for, by name -> what people call them."""
    with open_staff(database).database.read() as tx:
        rows = tx.all("mirrored_lists", {"shop": shop_id, "limit": CHOSEN})
    return {name_of(connection, list_): f"{title} ({connection})" for connection, list_, title in rows}
