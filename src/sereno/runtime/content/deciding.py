"""What people see of what campaigns and flows have written into stores' sites, and what they decide where somebody else
changed it. Invariant: a decision is about what was there when it was shown; the next look writes over nothing newer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sereno.runtime.content.writing import wanted_of
from sereno.runtime.staff import audit
from sereno.runtime.stores.finding import stores_of
from sereno.sdk import site
from sereno.sdk.plugin import registry
from sereno.sdk.site import Target
from sereno.store.database import Database, default_database
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.secrets import SecretsUnreadable

Keep = Literal["theirs", "ours"]
MOST = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing. `edited` are what somebody else wrote there, by field, beside what we had written."""

    id: int
    target: Target
    state: str
    url: str
    changed_at: datetime
    ours: Mapping[str, Any]
    before: Mapping[str, Any]
    edited: Mapping[str, Any]


def standing(shop_id: int, *, database: Database | None = None) -> list[Standing]:
    """What somebody has to decide first, then the newest."""
    with (database or default_database()).read() as tx:
        asked = {"shop": shop_id, "most": MOST}
        edited, newest = tx.all("written_edited_things", asked), tx.all("written_things", asked)
    rows = {row[0]: row for row in (*edited, *newest)}
    return [_standing(*row) for row in rows.values()]


def _standing(id_: int, kind: Any, key: str, store: str, state: str, url: str, document: str, at: int) -> Standing:
    held = site.read_held(decode(document)) or site.Held()
    ours = {name: one.ours for name, one in held.fields.items()}
    before = {name: one.before for name, one in held.fields.items()}
    return Standing(id_, Target(kind, key, store), state, url, from_micros(at), ours, before, held.edited)


def stores(shop_id: int, *, database: Database | None = None) -> list[tuple[str, frozenset[str]]]:
    """The connections that may be written to, each with the kinds of things it has."""
    try:
        with (database or default_database()).read() as tx:
            found = stores_of(tx, registry(), shop_id)
    except SecretsUnreadable:
        return []
    return [(one.connection, frozenset(one.api.looks)) for one in found]


def decide(shop_id: int, id: int, keep: Keep, by: str, *, database: Database | None = None) -> None:
    """`theirs`: what somebody wrote there stays, whatever ends. `ours`: it is as campaigns want it, or as it was
    before. Raises LookupError where nothing is to be decided (any more)."""
    now = datetime.now(UTC)
    with (database or default_database()).transaction() as tx:
        row = tx.one("lock_written", {"shop": shop_id, "id": id, "now": to_micros(now)})
        held = site.read_held(decode(row[3])) if row is not None else None
        if row is None or held is None or not held.edited:
            raise LookupError("There is nothing to decide here any more: look at the page again.")
        target = Target(row[0], row[1], row[2])
        if keep == "theirs":
            held = site.leave_theirs(held, wanted_of(tx, shop_id, target, now))
        else:
            held = site.take_ours(held)
        tx.run("decide_written", {"id": id, "document": encode({**site.write_held(held), "told": ""})})
        tx.run("add_content_due", {"shop": shop_id, "at": 0})
        audit(tx, shop_id, to_micros(now), by, f"content.kept_{keep}", f"{target.kind} {target.key}".strip(), {})
