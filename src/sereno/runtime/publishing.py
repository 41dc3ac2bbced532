"""Drafts, versions and statuses of flows: what people do to them, each in a transaction, with a line in the audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sereno.engine.advance import can_move, listens_at
from sereno.engine.flow import Flow
from sereno.engine.run import Ended, TraceEntry
from sereno.runtime import schedules
from sereno.runtime.batch import Batch
from sereno.runtime.flows import LiveFlow, compiled
from sereno.runtime.holding import Held
from sereno.runtime.staff import Staff, audit, open_staff, tell
from sereno.runtime.waking import catch_up
from sereno.runtime.watching.alerting import settle_alert
from sereno.sdk.plugin import DerivedFlow
from sereno.store import scope
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

Inflight = Literal["finish", "move", "end"]
Status = Literal["live", "shadow", "paused"]
PAGE = 500
LIMIT_ALERT = "flow.limit"
"""The kind of the alert of a flow that came to its limit and paused itself."""


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A flow as it stands after the change. `version` is None while it was never published."""

    id: int
    name: str
    title: str
    status: str
    version: int | None
    draft: str
    is_derived: bool

    @property
    def pk(self) -> int:
        return self.id


def save_draft(shop_id: int, text: str, by: str = "sereno", *, database: Database | None = None) -> FlowRow:
    """Keep the text as the draft of the flow it names. Raises FlowInvalid with every problem."""
    staff = open_staff(database)
    with scope.in_shop(shop_id, staff.database):
        flow = compiled(text, staff.plugins)
    with staff.database.transaction() as tx:
        held = tx.one("flow_by_name", {"shop": shop_id, "name": flow.name})
        row = keep_draft(tx, shop_id, text, flow, is_derived=False)
        if held is None or held[5] != text:
            action = "flow.drafted" if held is None else "flow.edited"
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, action, flow.name, {})
        return row


class DraftChanged(ValueError):  # noqa: N818 - reads as a sentence
    """What would be published is not what was looked at."""


def publish(
    shop_id: int,
    name: str,
    by: str,
    note: str = "",
    inflight: Inflight = "finish",
    *,
    expected: str | None = None,
    database: Database | None = None,
) -> int:
    """Make the draft the next version and set it live (a flow in shadow stays there). Runs on older versions finish
    there, are moved where the step they stand at still exists, or are ended. Gives the version's number. Raises
    LookupError when there is no such flow, FlowInvalid when the draft is not right any more, DraftChanged when it is
    not the text `expected`."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = flow_row(tx, shop_id, name)
        # Under the lock of the draft: what is published is what stays the draft, whoever changes it just now.
        locked = tx.one("lock_flow", {"flow": row.id})
        row = row if locked is None else replace(row, draft=locked[1])
        if expected is not None and row.draft != expected:
            raise DraftChanged(f"the draft of {name} has been changed in the meantime; look at it again")
        number = make_live(staff, tx, shop_id, row, by, note)
    if inflight != "finish":
        settle_older(staff, row, number, inflight, by)
    return number


def set_status(
    shop_id: int, name: str, status: Status, by: str, reason: str = "", *, database: Database | None = None
) -> None:
    """`paused`: no new runs, and those under way wait; `live` and `shadow` let them go on. Raises LookupError, or
    ValueError when the flow was never published."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        change_status(staff, tx, shop_id, name, status, by, reason)


def change_status(
    staff: Staff, tx: Transaction, shop_id: int, name: str, status: Status, by: str, reason: str = ""
) -> None:
    """`set_status` within a transaction. What a flow asks about its limits is settled when somebody sets it live."""
    row = flow_row(tx, shop_id, name)
    if row.version is None:
        raise ValueError(f"{name} has no published version yet; publish it first")
    now = next_change(tx, staff)
    parameters = {"id": row.id, "status": status, "reason": reason[:500] or None, "now": now}
    tx.run("set_status", parameters)
    audit(tx, shop_id, now, by, f"flow.{status}", name, {"reason": reason, "before": row.status})
    if (status == "paused") != (row.status == "paused"):
        what = "flow.paused" if status == "paused" else "flow.resumed"
        tell(staff, tx, shop_id, what, {"flow": name, "status": status, "by": by, "reason": reason})
    if status != "paused":
        _release(tx, staff, row)
        tx.run("settle_limit_questions", {"flow": row.id, "now": now, "by": by[:200]})
        settle_alert(tx, shop_id, LIMIT_ALERT, f"flow:{name}", now)


def install_derived(tx: Transaction, staff: Staff, shop_id: int, only: Iterable[DerivedFlow] | None = None) -> None:
    """Publish the flows every shop has, where they are missing or have changed; `only` these of them, if given."""
    for derived in staff.plugins.derived if only is None else only:
        flow = compiled(derived.document, staff.plugins)
        held = tx.one("flow_by_name", {"shop": shop_id, "name": flow.name})
        if held is not None and held[4] is not None:
            document = tx.one("published_document", {"flow": held[0], "version": held[4]})
            if document is not None and document[0] == derived.document:
                continue
        row = keep_draft(tx, shop_id, derived.document, flow, is_derived=True)
        make_live(staff, tx, shop_id, row, "sereno", "comes with Sereno")


def flow_row(tx: Transaction, shop_id: int, name: str) -> FlowRow:
    """Raises LookupError."""
    row = tx.one("flow_by_name", {"shop": shop_id, "name": name})
    if row is None:
        raise LookupError(f"there is no flow {name!r} in this shop")
    return FlowRow(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]))


def keep_draft(tx: Transaction, shop_id: int, text: str, flow: Flow, *, is_derived: bool) -> FlowRow:
    now = to_micros(datetime.now(UTC))
    held = tx.one("flow_by_name", {"shop": shop_id, "name": flow.name})
    values = {"title": flow.title[:200], "draft": text, "now": now}
    if held is None:
        tx.one("insert_flow", {"shop": shop_id, "name": flow.name, "is_derived": is_derived, **values})
    else:
        if held[6] and not is_derived:
            raise ValueError(f"{flow.name} is a flow Sereno brings along; give yours another name")
        tx.run("update_draft", {"id": held[0], **values})
    return flow_row(tx, shop_id, flow.name)


def make_live(staff: Staff, tx: Transaction, shop_id: int, row: FlowRow, by: str, note: str) -> int:
    number, flow = add_version(staff, tx, shop_id, row, by, note)
    set_live(staff, tx, shop_id, row, number, flow, by, note)
    return number


def add_version(staff: Staff, tx: Transaction, shop_id: int, row: FlowRow, by: str, note: str) -> tuple[int, Flow]:
    """Publish the draft as the flow's next version, without starting anything on it."""
    with scope.in_shop(shop_id, staff.database):
        flow = compiled(row.draft, staff.plugins)
    last = tx.one("last_version", {"flow": row.id})
    number = (last[0] if last else 0) + 1
    tx.run(
        "insert_version",
        {
            "flow": row.id,
            "number": number,
            "document": row.draft,
            "listens": encode(sorted(flow.listens)),
            "now": next_change(tx, staff),
            "by": by[:200],
            "note": note[:500],
        },
    )
    return number, flow


def set_live(
    staff: Staff, tx: Transaction, shop_id: int, row: FlowRow, number: int, flow: Flow, by: str, note: str
) -> None:
    """Start runs on this version from now on. A version on its way in is not let in any further."""
    now = next_change(tx, staff)
    status = "shadow" if row.status == "shadow" else "live"
    title = flow.title[:200]
    tx.run(
        "set_version",
        {"id": row.id, "version": number, "status": status, "title": title, "draft": row.draft, "now": now},
    )
    tx.run("replace_stage", {"flow": row.id, "now": to_micros(staff.world.clock.now())})
    _release(tx, staff, row)
    zone = ZoneInfo(staff.world.shops.find(tx, shop_id).facts.timezone)
    schedules.plan(tx, staff.plugins, row.id, number, flow, staff.world.clock.now(), zone)
    audit(tx, shop_id, now, by, "flow.published", row.name, {"version": number, "note": note})
    tell(staff, tx, shop_id, "flow.published", {"flow": row.name, "version": number, "by": by, "note": note})


def next_change(tx: Transaction, staff: Staff) -> int:
    """Now, but later than any change before it: that is how workers notice."""
    seen = tx.one("flows_changed")
    return max(to_micros(staff.world.clock.now()), (seen[1] if seen else 0) + 1)


def settle_older(
    staff: Staff, row: FlowRow, number: int, inflight: Inflight, by: str, *, only: int | None = None
) -> None:
    """Move or end the runs on older versions (or on one, `only`), a page per transaction. Those that ran in shadow
    beside the live version are ended either way: the live version has runs of its own."""
    after = 0
    query = "live_run_ids" if only is None else "live_run_ids_of"
    staff.world.flows.invalidate()
    while True:
        with staff.database.transaction() as tx:
            staff.world.flows.refresh(tx)
            given = {"flow": row.id, "after": after, "limit": PAGE, **({} if only is None else {"version": only})}
            ids = [found[0] for found in tx.all(query, given)]
            if not ids:
                return
            after = ids[-1]
            batch = Batch(staff.world, tx, staff.world.clock.now())
            taken = batch.take(tx.all("claim_runs", {"ids": ids, "uids": []}))
            moved: list[Held] = []
            batch.records.fetch()
            if row.status == "paused" and inflight == "move":
                catch_up(batch, taken)
            newest = staff.world.flows.version(tx, row.id, number)
            beside = _beside(tx, row.id, taken)
            for held in taken:
                if not held.is_live or held.state.version == number:
                    continue
                if inflight == "end" or held.state.id in beside:
                    batch.give(held, Ended("flow.replaced", by))
                elif newest is not None and can_move(newest.flow, held.state, held.live.flow):
                    _move(batch, held, newest, by)
                    moved.append(held)
            batch.write()
            _write_links(tx, moved)


def _beside(tx: Transaction, flow_id: int, taken: Sequence[Held]) -> set[str]:
    """Ids of runs that entered in a lane of their own, in shadow beside the live version."""
    keys = sorted({held.state.key for held in taken if held.is_shadow})
    return {uid for (uid,) in tx.all("runs_beside", {"flow": flow_id, "keys": keys})} if keys else set()


def _move(batch: Batch, held: Held, newest: LiveFlow, by: str) -> None:
    details: dict[str, Any] = {"from": held.state.version, "to": newest.version, "by": by}
    held.state.version = newest.version
    held.state.listens = listens_at(newest.flow, held.state)
    held.live, held.is_changed = newest, True
    # What its new version listens to may be passing by just now, while no event finds it by that.
    held.recheck_at = to_micros(batch.now)
    held.traces.append(TraceEntry(batch.now, held.state.step, "run.moved", details))


def _write_links(tx: Transaction, moved: Sequence[Held]) -> None:
    """By what events find the moved runs: their new version may listen where the older did not."""
    tx.run("delete_run_links", {"runs": [held.row for held in moved]})
    rows = [(held.shop.id, link, held.row, held.live.id) for held in moved for link in held.found_by()]
    tx.many("copy_run_links", rows)


def _release(tx: Transaction, staff: Staff, row: FlowRow) -> None:
    """Have all runs of a flow woken that was paused (`row` says so): they take in what came meanwhile and get their
    timers back. That is noted in the transaction that ends the pause, so that no crash leaves one asleep for ever; the
    workers do it (`waking.Waker.wake_resumed`), a page at a time, for there may be very many."""
    if row.status == "paused":
        tx.run("begin_waking", {"flow": row.id})
        if staff.database.dialect == "postgresql":
            tx.all("notify")
