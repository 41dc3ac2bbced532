"""What the live version did beside what the candidate in shadow would have done, event by event.

Both begin on one event in one transaction, so a pair is found by its event and stands together in the order of time.
Invariant: what a version may still do is never counted as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from sereno.engine.run import LIVE
from sereno.runtime.staff import open_staff
from sereno.runtime.staging.stages import StageRow
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode

PAGE = 40
SCAN = 400
"""Runs looked at for one page at most; where few differ, the page after goes on from there."""
SAME_TIME = timedelta(minutes=1) // timedelta(microseconds=1)

Kind = Literal["only_live", "only_candidate", "missing", "added", "changed", "moved", "fate", "ended"]


@dataclass(frozen=True, slots=True)
class Act:
    """An effect. `after` is how long after the run began it was asked for (microseconds). `result` is what came of it,
    or what the guardrails would have made of it; `error` why it waits or failed."""

    id: int
    step: str
    action: str
    config: Mapping[str, Any]
    status: str
    after: int
    result: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: str | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether it was not sent, or would not have been."""
        return self.result.get("sent") is False


@dataclass(frozen=True, slots=True)
class Side:
    """What a version made of the event: a run (`uid`), or none, for the `reason` of a skip where there is one."""

    uid: str | None = None
    status: str = ""
    reason: str | None = None
    acts: tuple[Act, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Difference:
    """`live` and `candidate` are what is set against each other; `keys` of the config differ where it was `changed`;
    `fate`: of two alike one was, or would have been, sent and the other not."""

    kind: Kind
    live: Act | None = None
    candidate: Act | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    event: int
    subject: str
    key: str
    at: int
    live: Side
    candidate: Side
    differences: tuple[Difference, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.live.is_open or self.candidate.is_open


@dataclass(frozen=True, slots=True)
class Pairs:
    """A page of pairs, newest first. `looked_at`, `differing` and `open` count all that were looked at for it; `older`
    goes into `until` for the next."""

    rows: tuple[Pair, ...]
    looked_at: int
    differing: int
    open: int
    older: int | None


def side_by_side(
    shop_id: int,
    stage: StageRow,
    *,
    until: int | None = None,
    only_different: bool = False,
    database: Database | None = None,
) -> Pairs:
    """The events of the stage's time in shadow, from `until` back."""
    with open_staff(database).database.read() as tx:
        end = _end_of_shadow(tx, stage)
        if end is not None and end <= stage.started_at:
            return Pairs((), 0, 0, 0, None)
        last = min(one for one in (until, end, 2**62) if one is not None)
        given = {"flow": stage.flow_id, "since": stage.started_at, "until": last, "limit": SCAN + 1}
        runs = tx.all("runs_side_by_side", given)
        runs, older = _whole(runs)
        found = [_judged(pair) for pair in _paired(tx, shop_id, stage, runs)]
    wanted = [pair for pair in found if pair.differences] if only_different else found
    rows = wanted[:PAGE]
    if len(wanted) > PAGE:
        older = wanted[PAGE].at
        rows = [pair for pair in rows if pair.at > older] or rows
    return Pairs(
        tuple(rows),
        len(found),
        sum(1 for pair in found if pair.differences),
        sum(1 for pair in found if pair.is_open),
        older,
    )


def compare(live: Sequence[Act], candidate: Sequence[Act], *, may_follow: tuple[bool, bool]) -> list[Difference]:
    """What differs between two lists of effects. Equal ones are set off first, then those of one action in their order;
    what is left on one side is missing or added, unless the other (`may_follow`) is still under way."""
    left, right = list(live), list(candidate)
    found: list[Difference] = []
    for act in live:
        twin = next((one for one in right if one.action == act.action and one.config == act.config), None)
        if twin is not None:
            left.remove(act)
            right.remove(twin)
            if abs(twin.after - act.after) > SAME_TIME:
                found.append(Difference("moved", act, twin))
            if act.status == "done" and twin.status == "shadow" and act.is_withheld != twin.is_withheld:
                found.append(Difference("fate", act, twin))
    for act in list(left):
        twin = next((one for one in right if one.action == act.action), None)
        if twin is not None:
            left.remove(act)
            right.remove(twin)
            keys = sorted({*act.config, *twin.config})
            found.append(
                Difference(
                    "changed", act, twin, tuple(key for key in keys if act.config.get(key) != twin.config.get(key))
                )
            )
    if not may_follow[1]:
        found += [Difference("missing", act) for act in left]
    if not may_follow[0]:
        found += [Difference("added", None, act) for act in right]
    return found


# --- within -----------------------------------------------------------------------------------------


def _judged(pair: Pair) -> Pair:
    live, candidate = pair.live, pair.candidate
    if live.uid is None or candidate.uid is None:
        kind: Kind = "only_candidate" if live.uid is None else "only_live"
        return replace(pair, differences=(Difference(kind),))
    found = compare(live.acts, candidate.acts, may_follow=(live.is_open, candidate.is_open))
    ends = (live.status, live.reason), (candidate.status, candidate.reason)
    if not pair.is_open and not found and ends[0] != ends[1]:
        found.append(Difference("ended"))
    return replace(pair, differences=tuple(found))


def _whole(runs: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], int | None]:
    """Without those of the last instant, whose other halves may not have been read; and where to go on."""
    if len(runs) <= SCAN:
        return runs, None
    last = runs[-1][9]
    kept = [run for run in runs if run[9] > last]
    return (kept, last) if kept else (runs, last - 1)


def _paired(tx: Transaction, shop_id: int, stage: StageRow, runs: Sequence[tuple[Any, ...]]) -> list[Pair]:
    acts = _acts(tx, runs)
    sides: dict[int, dict[bool, tuple[tuple[Any, ...], Side]]] = {}
    for run in runs:
        id_, uid, event, version, is_shadow, status, reason, *_ = run
        is_candidate = version == stage.version and bool(is_shadow)
        if event is None or (not is_candidate and version != stage.live_version):
            continue
        sides.setdefault(event, {})[is_candidate] = run, Side(uid, status, reason, acts.get(id_, ()))
    reasons = _reasons(tx, shop_id, stage, {event: found for event, found in sides.items() if len(found) < 2})
    pairs: list[Pair] = []
    for event, found in sides.items():
        run, _side = next(iter(found.values()))
        live, candidate = (
            found[is_candidate][1] if is_candidate in found else Side(reason=reasons.get((event, version)))
            for is_candidate, version in ((False, stage.live_version), (True, stage.version))
        )
        pairs.append(Pair(event, run[8], run[7], run[9], live, candidate))
    return pairs


def _acts(tx: Transaction, runs: Sequence[tuple[Any, ...]]) -> dict[int, tuple[Act, ...]]:
    began = {run[0]: run[9] for run in runs}
    found: dict[int, list[Act]] = {}
    if began:
        for run, id_, step, action, config, status, at, *rest in tx.all(
            "effects_side_by_side", {"runs": sorted(began)}
        ):
            result: dict[str, Any] = decode(rest[0]) if rest[0] else {}
            act = Act(id_, step, action, decode(config), status, at - began[run], result, rest[1])
            found.setdefault(run, []).append(act)
    return {run: tuple(acts) for run, acts in found.items()}


def _reasons(
    tx: Transaction, shop_id: int, stage: StageRow, alone: Mapping[int, Mapping[bool, tuple[tuple[Any, ...], Side]]]
) -> dict[tuple[int, int], str]:
    """Why the other version did not begin, by event and version."""
    if not alone:
        return {}
    subjects = {run[8] for found in alone.values() for run, _ in found.values()}
    given = {"shop": shop_id, "flow": stage.flow_id, "subjects": sorted(subjects), "events": sorted(alone)}
    return {(event, version): reason for event, version, reason in tx.all("skips_side_by_side", given)}


def _end_of_shadow(tx: Transaction, stage: StageRow) -> int | None:
    """When the candidate left the shadow; None while it is there."""
    history = tx.all("stage_history", {"stage": stage.id})
    shares = [at for at, _by, _what, mode, *_ in history if mode == "share"]
    return min(shares) if shares else stage.ended_at
