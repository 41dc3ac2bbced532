"""What people decide about risk: an order goes on or is refused, who is blocked or allowed, and by which rules a shop
judges.

Invariant: a decision, what is asked of the store for it and its line in the audit are one transaction; deciding the
same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sereno.engine.durations import format_instant
from sereno.runtime.notices import Host, host_run
from sereno.runtime.orders import doing
from sereno.runtime.risk.port import put_entries
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.plugin import URGENT
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

RELEASED, REFUSED, REOPENED = "released", "refused", ""
HOST = Host("risk-by-hand", "What staff asked about risk")
REASON = "risk.review"
CANCEL = {"reason": "fraud", "refund": True, "restock": True, "notify": True}
GRACE = timedelta(seconds=60)
"""So long a refusal waits before the store is asked, and can be taken back."""
MOST_ENTRIES = 5000


def decide(
    shop_id: int, orders: Sequence[str], decision: str, by: str, *, note: str = "", database: Database | None = None
) -> list[str]:
    """Let these orders go on (`released`), or cancel them and give their money back (`refused`: they are held at once,
    and the store is asked after GRACE). Gives the keys of those that were not decided so before. Raises ValueError and
    LookupError."""
    if decision not in (RELEASED, REFUSED):
        raise ValueError("a decision is `released` or `refused`")

    def deed(one: doing.Known, now: datetime) -> doing.Deed | None:
        if one.standing.get("risk_decision") == decision:
            return None
        is_held = bool(one.standing.get("is_held"))
        uid = f"risk-{shop_id}-{uuid4().hex}" if decision == REFUSED else ""
        facts = [_reviewed(now, by, decision, note, uid)]
        details = {"note": note}
        if decision == RELEASED:
            freed = [doing.released(one, now, by)] if is_held else []
            return doing.Deed("risk.released", [*facts, *freed], details, doing.RELEASE if is_held else None, details)
        if not is_held:
            facts.append(doing.held(now, by, [REASON], note))
        return doing.Deed("risk.refused", facts, details, "orders.cancel", {**CANCEL, "note": note}, uid, GRACE)

    return doing.change(shop_id, orders, by, deed, database)


def reopen(shop_id: int, orders: Sequence[str], by: str, *, database: Database | None = None) -> list[str]:
    """Take back what was decided of these orders: they wait again, and are held. Gives the keys of those it is so for:
    what the store was asked to cancel already is not."""
    asked: set[str] = set()

    def recall(tx: Transaction, now: int) -> None:
        given = {"shop": shop_id, "orders": [storable(one) for one in orders]}
        keys = {f"{uid}/0": key for key, uid in _effects(tx.all("risk_decided", given))}
        found = {"shop": shop_id, "keys": list(keys)}
        tx.run("recall_refusals", {**found, "now": now})
        asked.update(keys[str(key)] for (key,) in tx.all("refusals_asked", found))

    def deed(one: doing.Known, now: datetime) -> doing.Deed | None:
        if not one.standing.get("risk_decision") or one.key in asked:
            return None
        facts = [_reviewed(now, by, REOPENED, "")]
        if one.standing.get("is_held"):
            return doing.Deed("risk.reopened", facts, {})
        facts.append(doing.held(now, by, [REASON]))
        return doing.Deed("risk.reopened", facts, {}, doing.HOLD, {"reason": REASON, "note": ""})

    return doing.change(shop_id, orders, by, deed, database, recall)


def _effects(rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, str]]:
    """Order and the run by which the store is asked to cancel it, of those that were refused."""
    told = [(str(key), decode(data).get("decision_effect")) for key, data in rows]
    return [(key, uid) for key, uid in told if uid]


def _reviewed(now: datetime, by: str, decision: str, note: str, uid: str = "") -> tuple[str, dict[str, Any]]:
    said = {"risk_decision": decision, "decided_by": by[:200], "decision_note": storable(note)[:500]}
    return "risk.reviewed", {**said, "decided_at": format_instant(now), "decision_effect": uid}


def assess(shop_id: int, order: str, refs: Mapping[str, str], by: str, *, database: Database | None = None) -> str:
    """Have the order judged now, by the action flows use. Gives the effect's key."""
    return _ask(shop_id, "risk.assess", f"order:{order}", {"order": order, **refs}, (by, "risk.asked", order), database)


def learn(shop_id: int, by: str, *, database: Database | None = None) -> str:
    """Have the shop's past learned from now. Gives the effect's key."""
    return _ask(shop_id, "risk.learn", f"shop:{shop_id}", {}, (by, "risk.learning_asked", ""), database)


def _ask(
    shop_id: int,
    action: str,
    subject: str,
    refs: Mapping[str, str],
    line: tuple[str, str, str],
    database: Database | None,
) -> str:
    """`line` is what the audit trail says: by whom, what, and of what."""
    staff = open_staff(database)
    uid, now = f"risk-{shop_id}-{uuid4().hex}", staff.world.clock.now()
    at = to_micros(now)
    with staff.database.transaction() as tx:
        flow, run = host_run(tx, shop_id, HOST, uid, subject, now, refs=refs)
        place = (f"{uid}/0", shop_id, flow, run, "0", action, subject, encode({}))
        tx.many("copy_effects", [(*place, "pending", False, 0, URGENT, at, None, at, None, None, None, None)])
        audit(tx, shop_id, at, *line, {"effect": f"{uid}/0"})
    return f"{uid}/0"


def put_on_list(
    shop_id: int,
    list_: str,
    marks: Sequence[str],
    by: str,
    *,
    reason: str = "",
    until: datetime | None = None,
    database: Database | None = None,
) -> int:
    """Block or allow these marks (`email:ana@shop.example`), until an instant or for good; a mark that is on the other
    list changes sides. Gives how many."""
    if list_ not in ("block", "allow"):
        raise ValueError("a list is `block` or `allow`")
    if not 0 < len(marks) <= MOST_ENTRIES:
        raise ValueError(f"name at least one entry, and at most {MOST_ENTRIES} at once")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        at = to_micros(staff.world.clock.now())
        put_entries(tx, shop_id, list_, marks, reason, by, at, None if until is None else to_micros(until))
        kinds = ", ".join(sorted({one.partition(":")[0] for one in marks}))
        # The entries themselves name people; the audit is kept longer than they may be.
        audit(
            tx, shop_id, at, by, f"risk.{list_}ed", kinds, {"count": len(set(marks)), "reason": storable(reason)[:200]}
        )
    return len(set(marks))


def take_off_list(shop_id: int, ids: Sequence[int], by: str, *, database: Database | None = None) -> int:
    """Gives how many there were."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        count = tx.run("drop_risk_entries", {"shop": shop_id, "ids": list(ids)})
        if count:
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "risk.unlisted", str(count), {})
    return count


def put_policy(shop_id: int, document: Mapping[str, Any], by: str, *, database: Database | None = None) -> None:
    """Judge by this from now on; orders that were judged stay as they are. The document is one that was checked."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.run("put_risk_policy", {"shop": shop_id, "document": encode(document)})
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "risk.rules_changed", "", dict(document))
