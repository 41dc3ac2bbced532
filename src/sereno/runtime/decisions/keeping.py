"""The document of a shop's decisions: drafted, published, rolled back; and the end of a comparison of variants.

Invariant: a draft is always sound, and a published version never changes. A comparison in one design ends once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.engine.decisions.document import read_plan
from sereno.runtime import inbox
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

SOURCE = "sereno"
EMPTY: Mapping[str, Any] = {"options": [], "rules": [], "variants": []}


class DraftMoved(ValueError):  # noqa: N818
    """Somebody else has changed the draft since it was read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`version` is the live one, None before the first. `revision` 0: nothing has been drafted yet."""

    draft: Mapping[str, Any]
    before: Mapping[str, Any] | None
    revision: int
    version: int | None


def kept(tx: Transaction, shop_id: int) -> Kept:
    """The draft as it stands, locked for whoever changes it."""
    row = tx.one("lock_decisions", {"shop": shop_id})
    if row is None:
        return Kept(EMPTY, None, 0, None)
    return Kept(decode(row[0]), decode(row[1]) if row[1] else None, row[2], row[3])


def read_kept(shop_id: int, *, database: Database | None = None) -> Kept:
    with open_staff(database).database.transaction() as tx:
        return kept(tx, shop_id)


def keep_draft(
    shop_id: int, document: Mapping[str, Any], by: str, *, expected: int | None = None, database: Database | None = None
) -> Kept:
    """Raises DecisionsInvalid for a document with flaws, DraftMoved when `expected` is not its revision any more."""
    staff = open_staff(database)
    read_plan(document, staff.plugins)
    with staff.database.transaction() as tx:
        held = _opened(tx, staff, shop_id, by, expected)
        _write(tx, staff, shop_id, document, held.draft, by)
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "decisions.drafted", "", {})
        return kept(tx, shop_id)


def undo_draft(shop_id: int, by: str, *, database: Database | None = None) -> Kept:
    """The draft as it was before its last change; asked again, as it was after. Raises LookupError for none."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = kept(tx, shop_id)
        if held.before is None:
            raise LookupError("nothing was changed")
        _write(tx, staff, shop_id, held.before, held.draft, by)
        return kept(tx, shop_id)


def publish(
    shop_id: int, by: str, *, note: str = "", expected: int | None = None, database: Database | None = None
) -> int:
    """Let the draft decide from now on. Gives the number of the version, the live one's when nothing was changed.
    Raises DraftMoved, and DecisionsInvalid when what the draft names is gone meanwhile."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _opened(tx, staff, shop_id, by, expected)
        if held.version is not None:
            row = tx.one("decisions_version", {"shop": shop_id, "number": held.version})
            if row is not None and decode(row[0]) == held.draft:
                return held.version
        return _publish(tx, staff, shop_id, held.draft, note, by, "decisions.published")


def roll_back(shop_id: int, number: int, by: str, *, database: Database | None = None) -> int:
    """Publish an earlier version once more, and draft on from it. Gives the new number. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = kept(tx, shop_id)
        row = tx.one("decisions_version", {"shop": shop_id, "number": number})
        if row is None:
            raise LookupError(f"there is no version {number}")
        document = decode(row[0])
        read_plan(document, staff.plugins)
        _write(tx, staff, shop_id, document, held.draft, by)
        return _publish(tx, staff, shop_id, document, f"= {number}", by, "decisions.rolled_back")


def declare(
    shop_id: int, variants: Mapping[str, Any], evidence: Mapping[str, Any], *, database: Database | None = None
) -> bool:
    """A comparison is over: `variants` has `id, name, experiment, design, arm` (empty: nobody won in time) and `then`.
    True for who says so first; the fact goes into the inbox with it."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.transaction() as tx:
        values = {name: variants[name] for name in ("experiment", "design", "arm")}
        made = tx.one(
            "declare_winner", {"shop": shop_id, **values, "now": to_micros(now), "evidence": encode(dict(evidence))}
        )
        if made is None:
            return False
        audit(tx, shop_id, to_micros(now), SOURCE, "decisions.decided", str(variants["name"]), {"arm": values["arm"]})
        _tell(tx, shop_id, variants, evidence, now)
    return True


def _tell(
    tx: Transaction, shop_id: int, variants: Mapping[str, Any], evidence: Mapping[str, Any], now: datetime
) -> None:
    subject = f"experiment:{variants['id']}"
    uid = f"{subject}:{variants['design']}"
    data = {"id": variants["id"], "name": variants["name"], "arm": variants["arm"] or None, "then": variants["then"]}
    event = NewEvent(uid, "experiment.decided", subject, now, {**data, **evidence}, {"experiment": variants["id"]})
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])


def _opened(tx: Transaction, staff: Staff, shop_id: int, by: str, expected: int | None) -> Kept:
    now = to_micros(staff.world.clock.now())
    held = kept(tx, shop_id)
    if expected is not None and expected != held.revision:
        raise DraftMoved("somebody else has changed the draft in the meantime; look at it again")
    if not held.revision:
        tx.run("begin_decisions", {"shop": shop_id, "draft": encode(dict(EMPTY)), "by": by[:200], "now": now})
        held = kept(tx, shop_id)
    return held


def _write(
    tx: Transaction, staff: Staff, shop_id: int, document: Mapping[str, Any], before: Mapping[str, Any], by: str
) -> None:
    values = {"draft": encode(document), "before": encode(before), "by": by[:200]}
    tx.run("keep_decisions_draft", {"shop": shop_id, **values, "now": to_micros(staff.world.clock.now())})


def _publish(
    tx: Transaction, staff: Staff, shop_id: int, document: Mapping[str, Any], note: str, by: str, what: str
) -> int:
    read_plan(document, staff.plugins)
    now = to_micros(staff.world.clock.now())
    values = {"document": encode(document), "note": note[:200], "by": by[:200], "now": now}
    row = tx.one("add_decisions_version", {"shop": shop_id, **values})
    assert row is not None
    number: int = row[0]
    tx.run("set_decisions_version", {"shop": shop_id, "number": number})
    audit(tx, shop_id, now, by, what, str(number), {"note": note[:200]})
    return number
