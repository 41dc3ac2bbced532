"""Going back to an earlier version, and what a new version means for the runs that are under way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sereno.engine.advance import can_move
from sereno.engine.flow import Flow
from sereno.engine.run import RunState
from sereno.engine.tallies import bare
from sereno.runtime.flows import LiveFlow, compiled
from sereno.runtime.publishing import Inflight, flow_row, make_live, settle_older
from sereno.runtime.staff import audit, open_staff
from sereno.store import scope
from sereno.store.database import Database
from sereno.store.fields import to_micros


@dataclass(frozen=True, slots=True)
class AtStep:
    """Runs under way that stand at one step of one version. `can_move`: they could go on in the new one."""

    version: int
    step: str
    count: int
    can_move: bool


@dataclass(frozen=True, slots=True)
class InFlight:
    """All runs under way, by version and step."""

    steps: tuple[AtStep, ...]

    @property
    def total(self) -> int:
        return sum(at.count for at in self.steps)

    @property
    def movable(self) -> int:
        return sum(at.count for at in self.steps if at.can_move)


@dataclass(frozen=True, slots=True)
class RolledBack:
    """`number` is the new version, made from `to`; `back` the one that was live until then, for undoing."""

    number: int
    to: int
    back: int | None


def in_flight(shop_id: int, name: str, text: str | None = None, *, database: Database | None = None) -> InFlight:
    """Where the flow's runs stand, and which could move to `text` (the draft when None) if it were published. Counted
    from an index, whatever their number. Raises LookupError, FlowInvalid."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = flow_row(tx, shop_id, name)
        standing = tx.all("standing", {"flow": row.id})
        staff.world.flows.refresh(tx)
        older = {version: staff.world.flows.version(tx, row.id, version) for version in {at[0] for at in standing}}
    with scope.in_shop(shop_id, staff.database):
        flow = compiled(row.draft if text is None else text, staff.plugins)
    counts: dict[tuple[int, str, bool], int] = {}
    for version, step, status, count in standing:
        if status != "failed":
            key = (version, bare(step), _could_move(flow, older[version], step, status))
            counts[key] = counts.get(key, 0) + count
    return InFlight(tuple(AtStep(version, step, count, can) for (version, step, can), count in sorted(counts.items())))


def roll_back(
    shop_id: int,
    name: str,
    number: int,
    by: str,
    note: str = "",
    inflight: Inflight = "finish",
    *,
    database: Database | None = None,
) -> RolledBack:
    """Make a new version from the document of an earlier one. A draft that was being worked on stays as it is, and a
    paused flow stays paused. Raises LookupError when there is no such flow or version, ValueError when it is the one
    that is live, FlowInvalid when it cannot be used any more."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = flow_row(tx, shop_id, name)
        if row.is_derived:
            raise ValueError(f"{name} comes with Sereno and is not changed here")
        if row.version == number:
            raise ValueError(f"version {number} is the one that is live")
        found = tx.one("published_document", {"flow": row.id, "version": number})
        if found is None:
            raise LookupError(f"{name} has no version {number}")
        live = tx.one("published_document", {"flow": row.id, "version": row.version})
        new = make_live(staff, tx, shop_id, replace(row, draft=found[0]), by, note)
        if live is not None and row.draft.strip() and row.draft.strip() != live[0].strip():
            tx.run("keep_draft_text", {"id": row.id, "draft": row.draft})
        now = to_micros(staff.world.clock.now())
        if row.status == "paused":
            seen = tx.one("flows_changed")
            at = max(now, (seen[1] if seen else 0) + 1)
            tx.run("set_status", {"id": row.id, "status": "paused", "reason": None, "now": at})
        audit(tx, shop_id, now, by, "flow.rolled_back", name, {"version": new, "to": number, "from": row.version})
    if inflight != "finish":
        settle_older(staff, row, new, inflight, by)
    return RolledBack(new, number, row.version)


def _could_move(flow: Flow, older: LiveFlow | None, step: str, status: str) -> bool:
    state = RunState(id="", flow=flow.name, version=0, subject="", key="", started_at=datetime.now(UTC))
    state.step = step
    state.status = status  # pyright: ignore[reportAttributeAccessIssue]
    return older is not None and can_move(flow, state, older.flow)
