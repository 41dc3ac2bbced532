"""A new version let out step by step: in shadow beside the live one, to a share of the keys, to all.

Invariant: a flow has one stage at most that has not ended; every change of it is made under the lock of the flow, with
a line in the stage's history and one in the audit. Which version an event starts is decided in `flows` and `entering`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sereno.engine.chance import SHARES
from sereno.engine.flow import Flow
from sereno.runtime.flows import compiled
from sereno.runtime.publishing import (
    DraftChanged,
    FlowRow,
    Inflight,
    add_version,
    flow_row,
    next_change,
    set_live,
    settle_older,
)
from sereno.runtime.staff import Staff, audit, open_staff, tell
from sereno.runtime.staging import limits as stage_limits
from sereno.store import scope
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

Mode = Literal["shadow", "share"]
INFLIGHTS: tuple[Inflight, ...] = ("finish", "move", "end")


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage as it stands. Shares in basis points, instants in microseconds; see `store.models.FlowStage`."""

    id: int
    shop_id: int
    flow_id: int
    flow: str
    version: int
    live_version: int
    mode: Mode
    share: int
    step: int
    ladder: tuple[int, ...]
    limits: Mapping[str, float | None]
    advance: Mapping[str, float]
    inflight: Inflight
    settle: Inflight | None
    started_at: int
    step_at: int
    ended_at: int | None
    outcome: str | None
    reason: Mapping[str, Any]
    by: str

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def next_share(self) -> int:
        """The next step of the ladder."""
        return next((share for share in self.ladder if share > self.share), SHARES)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a stage is to go. What is None is as usual: 5, 50 and 100 %, the usual limits, up by hand, and runs moved to
    the live version when it returns by itself."""

    ladder: Iterable[float] | None = None
    limits: Mapping[str, float | None] | None = None
    advance: Mapping[str, float] | None = None
    inflight: Inflight | None = None


def start(
    shop_id: int,
    name: str,
    by: str,
    *,
    share: float | None = None,
    version: int | None = None,
    note: str = "",
    terms: Terms | None = None,
    expected: str | None = None,
    database: Database | None = None,
) -> StageRow:
    """Publish the draft (or take an earlier `version`) as a candidate: in shadow beside the live version, or for
    `share` per cent of the keys. Raises LookupError, FlowInvalid, DraftChanged when the draft is not the text
    `expected`, and ValueError that says what stands in the way."""
    staff, terms = open_staff(database), terms or Terms()
    share_points = stage_limits.read_ladder([share])[0] if share is not None else 0
    if share_points == SHARES:
        raise ValueError("a version for all is published at once")
    with staff.database.transaction() as tx:
        row = flow_row(tx, shop_id, name)
        locked = tx.one("lock_flow", {"flow": row.id})
        row = row if locked is None else replace(row, draft=locked[1])
        if expected is not None and row.draft != expected:
            raise DraftChanged(f"the draft of {name} has been changed in the meantime; look at it again")
        live = _live(staff, tx, shop_id, row)
        if tx.one("lock_stage", {"flow": row.id}) is not None:
            raise ValueError(f"{name} has a version on its way in already; take it back or all the way first")
        if version is None:
            number, flow = add_version(staff, tx, shop_id, row, by, note)
        else:
            if version == row.version:
                raise ValueError(f"version {version} is the one that is live")
            number, flow = version, _version(staff, tx, shop_id, row, version)
        if flow.schedule != live.schedule:
            raise ValueError(
                "the two versions have different schedules, and one flow has one: publish this one at once instead"
            )
        now = to_micros(staff.world.clock.now())
        found = tx.one(
            "insert_stage",
            {
                "shop": shop_id,
                "flow": row.id,
                "version": number,
                "live": row.version,
                "mode": "share" if share_points else "shadow",
                "share": share_points,
                "step": 1 if share_points else 0,
                "ladder": encode(stage_limits.read_ladder(terms.ladder)),
                "limits": encode(stage_limits.read_limits(terms.limits)),
                "advance": encode(stage_limits.read_advance(terms.advance)),
                "inflight": _inflight(terms.inflight or "move"),
                "now": now,
                "by": by[:200],
            },
        )
        assert found is not None
        stage = _by_id(tx, found[0])
        _note(tx, staff, stage, "started", by, now, {"version": number, "note": note})
        return stage


def step_up(
    shop_id: int,
    name: str,
    by: str,
    *,
    share: float | None = None,
    inflight: Inflight = "finish",
    expected: int | None = None,
    database: Database | None = None,
) -> StageRow:
    """To the next step of the ladder, or to `share` per cent; at 100 the candidate is the live version, and `inflight`
    says what becomes of the runs on the older ones. `expected` is the step it was thought to be at. Raises LookupError
    when there is no stage, ValueError."""
    staff = open_staff(database)
    wanted = None if share is None else stage_limits.read_ladder([share])[0]
    with staff.database.transaction() as tx:
        row, stage = _locked(tx, shop_id, name)
        if expected is not None and expected != stage.step:
            raise ValueError(f"the roll-out of {name} has been changed in the meantime; look at it again")
        new = raise_stage(staff, tx, row, stage, wanted or stage.next_share, by)
    if not new.is_open and inflight != "finish":
        settle_older(staff, row, new.version, inflight, by)
    return new


def raise_stage(staff: Staff, tx: Transaction, row: FlowRow, stage: StageRow, share: int, by: str) -> StageRow:
    """Under the locks of flow and stage. Who was served goes on being served."""
    if share <= stage.share:
        raise ValueError(f"it serves {stage.share / 100:g} % already: go higher, or take it back")
    now = to_micros(staff.world.clock.now())
    if share < SHARES:
        tx.run("step_stage", {"id": stage.id, "share": share, "now": now})
        new = _by_id(tx, stage.id)
        _note(tx, staff, new, "stepped", by, now, {"from": stage.share})
        return new
    if row.status == "paused":
        raise ValueError(f"{row.name} is paused; set it live first")
    flow = _version(staff, tx, stage.shop_id, row, stage.version)
    tx.run("end_stage", {"id": stage.id, "now": now, "outcome": "live", "reason": "{}", "settle": None})
    new = _by_id(tx, stage.id)
    _note(tx, staff, new, "live", by, now, {"version": stage.version})
    set_live(staff, tx, stage.shop_id, row, stage.version, flow, by, "")
    return new


def set_terms(shop_id: int, name: str, by: str, terms: Terms, *, database: Database | None = None) -> StageRow:
    """Change how the stage is to go on; what is None stays. Raises LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        _, stage = _locked(tx, shop_id, name)
        ladder = list(stage.ladder) if terms.ladder is None else stage_limits.read_ladder(terms.ladder)
        limits = stage.limits if terms.limits is None else stage_limits.read_limits(terms.limits)
        advance = stage.advance if terms.advance is None else stage_limits.read_advance(terms.advance)
        new = {"ladder": ladder, "limits": dict(limits), "advance": dict(advance)}
        kept = {name: encode(value) for name, value in new.items()}
        tx.run("set_stage_terms", {"id": stage.id, **kept, "inflight": _inflight(terms.inflight or stage.inflight)})
        changed = _by_id(tx, stage.id)
        if changed != stage:
            now = to_micros(staff.world.clock.now())
            _note(tx, staff, changed, "changed", by, now, new)
        return changed


def go_back(
    shop_id: int,
    name: str,
    by: str,
    inflight: Inflight = "finish",
    reason: str = "",
    *,
    database: Database | None = None,
) -> StageRow:
    """The live version serves all keys again; the candidate's runs finish, are moved to the live version where their
    step is there, or are ended. Raises LookupError when there is no stage."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row, stage = _locked(tx, shop_id, name)
        new = end(staff, tx, stage, "stopped", by, {"reason": reason[:500]} if reason else {}, _inflight(inflight))
    if inflight != "finish":
        settle_older(staff, row, stage.live_version, inflight, by, only=stage.version)
    return new


def end(
    staff: Staff,
    tx: Transaction,
    stage: StageRow,
    outcome: Literal["stopped", "returned"],
    by: str,
    reason: Mapping[str, Any],
    inflight: Inflight,
) -> StageRow:
    """Under the locks of flow and stage: take the candidate back. Workers see to its runs, also to those that one of
    them began before it heard of this."""
    now = to_micros(staff.world.clock.now())
    settle = None if inflight == "finish" else inflight
    tx.run(
        "end_stage", {"id": stage.id, "now": now, "outcome": outcome, "reason": encode(dict(reason)), "settle": settle}
    )
    new = _by_id(tx, stage.id)
    _note(tx, staff, new, outcome, by, now, reason)
    return new


# --- reading ----------------------------------------------------------------------------------------


def stage_of(shop_id: int, name: str, *, database: Database | None = None) -> StageRow | None:
    """The stage under way, else the newest that has ended; None where there never was one. Raises LookupError when
    there is no such flow."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return newest(tx, flow_row(tx, shop_id, name).id)


def newest(tx: Transaction, flow_id: int) -> StageRow | None:
    row = tx.one("newest_stage", {"flow": flow_id})
    return None if row is None else read_row(row)


def counts_of(tx: Transaction, stage: StageRow) -> tuple[stage_limits.Arm, stage_limits.Arm]:
    """What the live version and the candidate did."""
    rows = tx.all("stage_counts", {"stages": [stage.id]})
    return stage_limits.arms([row[1:] for row in rows], stage.step)


def read_row(row: tuple[Any, ...]) -> StageRow:
    """From a row of `open_stages` and its like."""
    values = list(row)
    values[9], values[10], values[11] = tuple(decode(row[9])), decode(row[10]), decode(row[11])
    values[18] = decode(row[18])
    return StageRow(*values)


# --- within -----------------------------------------------------------------------------------------


def _locked(tx: Transaction, shop_id: int, name: str) -> tuple[FlowRow, StageRow]:
    row = flow_row(tx, shop_id, name)
    found = lock(tx, row.id)
    if found is None:
        raise LookupError(f"{name} has no version on its way in")
    return flow_row(tx, shop_id, name), found


def lock(tx: Transaction, flow_id: int) -> StageRow | None:
    """The open stage of a flow, held until the transaction ends."""
    tx.one("lock_flow", {"flow": flow_id})
    found = tx.one("lock_stage", {"flow": flow_id})
    return None if found is None else _by_id(tx, found[0])


def _by_id(tx: Transaction, id_: int) -> StageRow:
    row = tx.one("stage_by_id", {"id": id_})
    assert row is not None
    return read_row(row)


def _live(staff: Staff, tx: Transaction, shop_id: int, row: FlowRow) -> Flow:
    if row.is_derived:
        raise ValueError(f"{row.name} comes with Sereno and is not changed here")
    if row.version is None:
        raise ValueError(f"{row.name} has no live version yet to be compared with; publish it first")
    if row.status == "paused":
        raise ValueError(f"{row.name} is paused; set it live first")
    return _version(staff, tx, shop_id, row, row.version)


def _version(staff: Staff, tx: Transaction, shop_id: int, row: FlowRow, number: int) -> Flow:
    found = tx.one("published_document", {"flow": row.id, "version": number})
    if found is None:
        raise LookupError(f"{row.name} has no version {number}")
    with scope.in_shop(shop_id, staff.database):
        return compiled(found[0], staff.plugins)


def _inflight(value: str) -> Inflight:
    for known in INFLIGHTS:
        if value == known:
            return known
    raise ValueError(f"runs under way finish, move or end, not {value!r}")


def _note(
    tx: Transaction, staff: Staff, stage: StageRow, what: str, by: str, now: int, details: Mapping[str, Any]
) -> None:
    """Let the workers see it, keep it, and put it on record."""
    tx.run("touch_flow", {"flow": stage.flow_id, "now": next_change(tx, staff)})
    line = {"stage": stage.id, "now": now, "by": by[:200], "what": what, "mode": stage.mode, "share": stage.share}
    tx.run("add_stage_step", {**line, "details": encode(dict(details))})
    said = {"version": stage.version, "share": stage.share / 100, "mode": stage.mode, **details}
    audit(tx, stage.shop_id, now, by, f"flow.stage_{what}", stage.flow, said)
    if what == "returned":
        url = f"{staff.world.shops.find(tx, stage.shop_id).facts.base_url}/flows/{stage.flow}/roll-out"
        tell(staff, tx, stage.shop_id, "flow.stage_returned", {"flow": stage.flow, **said, "url": url})
