"""What people do: make a shop, publish a flow, start, end, approve, replay, ask why. One function each, one transaction
each, usable from pages, API and command line alike. A refusal is a ValueError or LookupError that says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sereno.engine.run import Decided, Ended
from sereno.engine.trigger import RUN_REQUESTED
from sereno.runtime import inbox
from sereno.runtime.attending import retry
from sereno.runtime.batch import Batch
from sereno.runtime.explaining.why import explain, why
from sereno.runtime.ports import SOURCE
from sereno.runtime.publishing import FlowRow, flow_row, install_derived, publish, save_draft, set_status
from sereno.runtime.records import Records
from sereno.runtime.staff import Staff, audit, open_staff, tell
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

__all__ = [
    "FlowRow",
    "create_shop",
    "decide_approval",
    "end_run",
    "explain",
    "insert_events",
    "install_derived_everywhere",
    "publish",
    "replay_deliveries",
    "replay_effects",
    "save_draft",
    "set_status",
    "start_by_hand",
    "why",
]


def create_shop(
    *,
    slug: str,
    name: str,
    currency: str,
    timezone: str,
    locale: str,
    settings: Mapping[str, Any] | None = None,
    database: Database | None = None,
) -> int:
    """A new shop with the flows every shop has. Gives its id. Raises ValueError when the slug is taken."""
    staff = open_staff(database)
    ZoneInfo(timezone)
    with staff.database.transaction() as tx:
        if tx.one("shop_by_slug", {"slug": slug}) is not None:
            raise ValueError(f"there is a shop {slug!r} already")
        now = to_micros(staff.world.clock.now())
        row = tx.one(
            "insert_shop",
            {
                "slug": slug,
                "name": name,
                "currency": currency,
                "timezone": timezone,
                "locale": locale,
                "settings": encode(dict(settings or {})),
                "now": now,
            },
        )
        assert row is not None
        shop_id: int = row[0]
        install_derived(tx, staff, shop_id)
        audit(tx, shop_id, now, SOURCE, "shop.created", slug, {})
    return shop_id


def install_derived_everywhere(*, database: Database | None = None) -> None:
    """Bring the flows every shop has up to date, after an upgrade say."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        for (shop_id,) in tx.all("all_shop_ids"):
            install_derived(tx, staff, shop_id)


def insert_events(
    shop_id: int,
    connection_id: int | None,
    source: str,
    events: Sequence[NewEvent],
    *,
    database: Database | None = None,
) -> int:
    """Put canonical events into the inbox. Gives how many had not been there before."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        return _put(tx, staff, shop_id, connection_id, source, events)


def start_by_hand(shop_id: int, flow: str, subject: str, by: str, *, database: Database | None = None) -> str:
    """Start a flow with the trigger `manual` for one subject (`order:1001`). Gives the id of the starting event."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        staff.world.flows.invalidate()
        staff.world.flows.refresh(tx)
        row = flow_row(tx, shop_id, flow)
        live = staff.world.flows.version(tx, row.id, row.version) if row.version is not None else None
        if live is None:
            raise ValueError(f"{flow} has no published version yet; publish it first")
        if RUN_REQUESTED not in live.flow.trigger_types:
            raise ValueError(f"{flow} is not started by hand; its trigger would have to be `manual`")
        if row.status == "paused":
            raise ValueError(f"{flow} is paused; set it live first")
        kind, _, key = subject.partition(":")
        over = live.flow.trigger.over
        if over is not None and (kind != over or not key):
            raise ValueError(f"{flow} runs for one {over}: give a subject such as {over}:17")
        refs = _refs(tx, staff, shop_id, kind, key)
        id_ = uuid4().hex
        now = staff.world.clock.now()
        event = NewEvent(id_, RUN_REQUESTED, subject, now, {"flow": flow, "by": by}, refs)
        _put(tx, staff, shop_id, None, SOURCE, [event])
        audit(tx, shop_id, to_micros(now), by, "run.requested", flow, {"subject": subject})
    return id_


def replay_effects(ids: Iterable[int], by: str, *, database: Database | None = None) -> int:
    """Try failed effects again, with the same key. Gives how many could be."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        rows = retry(tx, sorted(ids), now)
        for id_, shop_id in rows:
            audit(tx, shop_id, now, by, "effect.replayed", str(id_), {})
    return len(rows)


def replay_deliveries(ids: Iterable[int], by: str, *, database: Database | None = None) -> int:
    """Map deliveries anew, and offer those of their events that failed again. Gives how many deliveries."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        wanted = sorted(ids)
        failed = tx.all("failed_events_of", {"deliveries": wanted, "ids": []})
        tx.many("queue_events", sorted(failed))
        tx.run("clear_event_errors", {"ids": [row[0] for row in failed]})
        rows = tx.all("requeue_deliveries", {"ids": wanted})
        for id_, shop_id in rows:
            audit(tx, shop_id, now, by, "delivery.replayed", str(id_), {})
    return len(rows)


def decide_approval(
    id: int,
    approved: bool,
    by: str,
    note: str = "",
    *,
    instead_of: str = "",
    via: str = "",
    database: Database | None = None,
) -> None:
    """Answer a question a run asks. `instead_of`: in whose place; `via`: how the answer came, for the audit. Raises
    LookupError when there is no such question, ValueError when it is answered already."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("open_approval", {"id": id})
        if row is None:
            raise LookupError(f"there is no question {id}")
        run, step, part = row
        now = staff.world.clock.now()
        status = "approved" if approved else "refused"
        # The run first: two who are asked the same may answer at once, and each closes the other's question.
        batch = _hold(staff, tx, run)
        answer = {"id": id, "status": status, "now": to_micros(now), "by": by[:200], "note": note[:500]}
        if not tx.run("decide_approval", answer):
            raise ValueError("that question has been answered already, or its time is over")
        if not batch.held:
            raise ValueError("the run's flow cannot be used here now; is a plug-in missing?")
        for held in batch.held.values():
            batch.give(held, Decided(step, approved, by, note, part, instead_of))
            if not held.is_changed:
                raise ValueError("the run does not wait for that answer any more, or you have given yours already")
            details = {"step": step, "note": note, **({"via": via} if via else {})}
            if instead_of:
                details["instead_of"] = instead_of
            audit(tx, held.shop.id, to_micros(now), by, f"approval.{status}", held.state.id, details)
            told = {"run": held.state.id, "flow": held.live.name, "subject": held.state.subject, "step": step}
            tell(staff, tx, held.shop.id, "approval.decided", {**told, "status": status, "by": by, "note": note})
        batch.write()


def end_run(uid: str, by: str, reason: str = "", *, database: Database | None = None) -> None:
    """End a run that is under way. Raises LookupError when there is none, ValueError when it has ended already."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("run_by_uid", {"uid": uid})
        if row is None:
            raise LookupError(f"there is no run {uid}")
        batch = _hold(staff, tx, row[0])
        for held in batch.held.values():
            if not held.is_live:
                raise ValueError("that run has ended already")
            batch.give(held, Ended(reason or "ended.by_hand", by))
            audit(tx, held.shop.id, to_micros(batch.now), by, "run.ended", uid, {"reason": reason})
        batch.write()


def _hold(staff: Staff, tx: Transaction, run: int) -> Batch:
    staff.world.flows.refresh(tx)
    batch = Batch(staff.world, tx, staff.world.clock.now())
    batch.take(tx.all("claim_runs", {"ids": [run], "uids": []}))
    batch.records.fetch()
    return batch


def _put(
    tx: Transaction, staff: Staff, shop_id: int, connection_id: int | None, source: str, events: Sequence[NewEvent]
) -> int:
    now = to_micros(staff.world.clock.now())
    new = inbox.put(tx, [inbox.Incoming(shop_id, connection_id, None, source, now, event) for event in events])
    if new and staff.database.dialect == "postgresql":
        tx.all("notify")
    return new


def _refs(tx: Transaction, staff: Staff, shop_id: int, kind: str, key: str) -> dict[str, str]:
    """What a subject is about: the record, and the customer it belongs to."""
    if not key:
        return {}
    refs = {kind: key}
    records = Records(staff.plugins, tx, staff.database.dialect)
    records.want(shop_id, refs, [kind])
    records.fetch()
    record = records.root(shop_id, refs, kind) or {}
    customer, email = record.get("customer_id"), record.get("email")
    if customer and kind != "customer":
        refs["customer"] = str(customer)
    if isinstance(email, str) and email:
        refs["email"] = email.lower()
    return refs
