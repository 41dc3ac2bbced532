"""What becomes of an effect once it was tried: done, tried again later, or left to a person.

- transient: again after 5, 10, 20 ... seconds with jitter, at most `MOST_ATTEMPTS` times;
- limited: again when the remote said, and everything else through the same connection waits too; costs no attempt;
- permanent: `failed`, on the attention list.

What its run has called back meanwhile is not tried again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sereno.engine.run import EffectFinished, TraceEntry, decode_state
from sereno.runtime import hooks, ports
from sereno.runtime.arbiter import booking
from sereno.runtime.arbiter.messages import Message
from sereno.runtime.arbiter.saying import WITHHELD
from sereno.runtime.batch import Batch
from sereno.runtime.ports import LocalWrites
from sereno.runtime.results.noting import Ended, note_ended
from sereno.runtime.staging import counting
from sereno.runtime.stores.carrying_over import carry_over
from sereno.runtime.tracing import trace_cancelled
from sereno.runtime.waking import catch_up, fail_run
from sereno.runtime.watching import noting
from sereno.runtime.world import World
from sereno.sdk.result import Done, Fail, Result
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros

MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=5)
LIMITED_PAUSE = timedelta(seconds=10)
"""When the remote limits us and does not say for how long."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An effect this worker holds the lease of."""

    id: int
    key: str
    shop_id: int
    flow_id: int
    run: int
    step: str
    action: str
    is_awaited: bool
    attempts: int
    connection: str | None
    budget: str | None = None
    """What it draws on (`budgets.name_of`)."""
    is_booked: bool = False
    """It is a message, and takes up room that the arbiter keeps for it."""
    message: Message | None = None
    """What the arbiter knew of it, where it is one."""
    wording: str = ""

    @property
    def claim(self) -> tuple[int, int]:
        """Which try of which effect: every claim has a number of its own."""
        return self.id, self.attempts


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_given_back`: it was not begun, for it was switched off meanwhile; it waits as if it had not been claimed."""

    effect: Claimed
    result: Result
    writes: LocalWrites | None
    is_given_back: bool = False


def settle(
    world: World, tx: Transaction, outcomes: Sequence[Outcome], jitter: random.Random, *, stranded: str | None = None
) -> None:
    """Write the outcomes of effects whose lease we still hold, and give them to the runs that wait for them; with
    `stranded`, end those runs for this reason instead, because they cannot go on."""
    now = world.clock.now()
    rows: list[tuple[Any, ...]] = []
    final: dict[int, Done | Fail] = {}
    pauses: dict[tuple[int, str], int] = {}
    for outcome in outcomes:
        verdict = _verdict(outcome, now, jitter)
        if isinstance(verdict, _Again):
            rows.append(_again_row(world, outcome, verdict))
            if verdict.holds_connection and outcome.effect.budget is not None:
                at = (outcome.effect.shop_id, outcome.effect.budget)
                pauses[at] = max(pauses.get(at, 0), to_micros(verdict.at))
        else:
            final[outcome.effect.id] = verdict
            rows.append(_final_row(world, outcome.effect, verdict, now))
    statuses: dict[int, str] = dict(tx.many_returning("settle_effects", sorted(rows)))  # pyright: ignore[reportArgumentType]
    if "cancelled" in statuses.values():
        cancelled = [outcome.effect for outcome in outcomes if statuses.get(outcome.effect.id) == "cancelled"]
        trace_cancelled(tx, [(effect.run, effect.step, effect.action) for effect in cancelled], now)
    tx.many("pause_connections", sorted((*at, 0.0, to_micros(now), until) for at, until in pauses.items()))
    ours = [outcome for outcome in outcomes if outcome.effect.id in statuses and outcome.effect.id in final]
    # An address is known to be dead from the first try on, also where a next one goes another way.
    writes = [
        made
        for outcome in outcomes
        if outcome.effect.id in statuses
        and outcome.writes is not None
        and (made := outcome.writes if _is_done(outcome, final) else outcome.writes.of_failure())
        and not made.is_empty()
    ]
    if writes:
        ports.flush(tx, writes)
        carry_over(tx, world.plugins, writes)
    _settle_messages(tx, outcomes, statuses, final, now)
    ended = [
        Ended(one.key, one.shop_id, one.flow_id, one.step, one.message, one.wording, final[one.id])
        for one in (outcome.effect for outcome in ours)
        if one.message is not None
    ]
    if ended and not world.is_dry:
        note_ended(tx, ended, world.worker, to_micros(now))
    counting.count_outcomes(world, tx, ours, final)
    told = [outcome for outcome in outcomes if outcome.effect.id in statuses and not outcome.is_given_back]
    _tell(world, tx, told, final, now)
    awaited = [outcome for outcome in ours if outcome.effect.is_awaited]
    if stranded is None:
        _move_runs(world, tx, awaited, final, now)
    else:
        _fail_runs(world, tx, awaited, stranded, now)


def _is_done(outcome: Outcome, final: Mapping[int, Done | Fail]) -> bool:
    return outcome.effect.id in final and isinstance(outcome.result, Done)


def _settle_messages(
    tx: Transaction,
    outcomes: Sequence[Outcome],
    statuses: Mapping[int, str],
    final: Mapping[int, Done | Fail],
    now: datetime,
) -> None:
    """Which of them were sent, and which take up no room any more; the run's trace says what was found out when they
    were about to be sent."""
    traces: list[tuple[int, str]] = []
    sent: list[str] = []
    not_sent: list[str] = []
    for outcome in outcomes:
        effect, end = outcome.effect, final.get(outcome.effect.id)
        if effect.id not in statuses:
            continue
        if outcome.writes is not None and isinstance(end, Done) and end.value.get("sent") is False:
            details = {"action": effect.action, "effect": effect.key, "reason": end.value.get("reason")}
            traces.append((effect.run, encode([TraceEntry(now, effect.step, WITHHELD, details)])))
        if not effect.is_booked:
            continue
        if isinstance(end, Done) and end.value.get("sent") is not False:
            sent.append(effect.key)
        elif end is not None or outcome.is_given_back or statuses[effect.id] == "cancelled":
            not_sent.append(effect.key)
    if sent or not_sent:
        booking.settle(tx, sent, not_sent, to_micros(now))
    tx.many("copy_traces", sorted(traces))


def _tell(
    world: World, tx: Transaction, outcomes: Sequence[Outcome], final: Mapping[int, Done | Fail], now: datetime
) -> None:
    """Other systems hear of what failed for good; and how telling them went is remembered."""
    delivered = [
        (outcome.effect.run, isinstance(outcome.result, Done), outcome.result.reason == hooks.GONE)
        if not isinstance(outcome.result, Done)
        else (outcome.effect.run, True, False)
        for outcome in outcomes
        if outcome.effect.action == hooks.DELIVER
    ]
    if delivered:
        hooks.note_outcomes(tx, delivered, now)
    failed = [
        (outcome.effect, verdict)
        for outcome in outcomes
        if isinstance(verdict := final.get(outcome.effect.id), Fail) and outcome.effect.action != hooks.DELIVER
    ]
    if not failed:
        return
    noting.note(
        world,
        tx,
        (
            made
            for effect, verdict in failed
            for made in noting.of_effect(effect.shop_id, effect.flow_id, effect.step, effect.action, verdict.reason)
        ),
    )
    if not world.hooks.has_any():
        return
    rows = tx.all("flows_of_runs", {"runs": sorted({effect.run for effect, _ in failed})})
    about: dict[int, tuple[str, str]] = {run: (flow, uid) for run, flow, uid in rows}
    told = [
        hooks.failure(
            effect.shop_id,
            effect.key,
            effect.step,
            effect.action,
            *about.get(effect.run, ("", None)),
            verdict.reason,
            verdict.message,
        )
        for effect, verdict in failed
    ]
    world.hooks.tell(tx, told, now)


def _move_runs(
    world: World, tx: Transaction, outcomes: Sequence[Outcome], final: dict[int, Done | Fail], now: datetime
) -> None:
    if not outcomes:
        return
    batch = Batch(world, tx, now)
    taken = batch.take(tx.all("claim_runs", {"ids": sorted({o.effect.run for o in outcomes}), "uids": []}))
    batch.records.fetch()
    # Exits win over what an outcome leads to, those too that still wait in the queue.
    catch_up(batch, [held for held in taken if held.live.flow.exit_types])
    by_row = {held.row: held for held in taken}
    for outcome in outcomes:
        held = by_row.get(outcome.effect.run)
        if held is None or not held.is_live:
            continue
        result = final[outcome.effect.id]
        key = outcome.effect.key
        if isinstance(result, Done):
            batch.give(held, EffectFinished(key, ok=True, value=result.value))
        else:
            batch.give(held, EffectFinished(key, ok=False, reason=result.reason))
    batch.write()


def _fail_runs(world: World, tx: Transaction, outcomes: Sequence[Outcome], reason: str, now: datetime) -> None:
    keys = {outcome.effect.key for outcome in outcomes}
    rows = tx.all("claim_runs", {"ids": sorted({outcome.effect.run for outcome in outcomes}), "uids": []})
    for row in rows:
        try:
            state = decode_state(row[7])
            waits = state.status == "parked" and state.effect_key in keys
        except (msgspec.MsgspecError, ValueError):
            waits = True  # What cannot be read cannot go on.
        if waits:
            fail_run(world, tx, row[0], storable(reason), now)


@dataclass(frozen=True, slots=True)
class _Again:
    at: datetime
    attempts: int
    reason: str
    message: str
    holds_connection: bool


def _verdict(outcome: Outcome, now: datetime, jitter: random.Random) -> Done | Fail | _Again:
    result, effect = outcome.result, outcome.effect
    if outcome.is_given_back:
        return _Again(now, effect.attempts - 1, "", "", holds_connection=False)
    if isinstance(result, Done):
        return result
    # What a remote said is quoted here, and may hold what no database keeps.
    reason, message = storable(result.reason), storable(result.message)
    if isinstance(result, Fail):
        return Fail(reason, message)
    if result.kind == "limited":
        pause = result.after or LIMITED_PAUSE
        return _Again(now + pause, effect.attempts - 1, reason, message, holds_connection=True)
    if effect.attempts >= MOST_ATTEMPTS:
        return Fail(reason, f"{message} (tried {effect.attempts} times)".strip())
    pause = FIRST_PAUSE * 2 ** (effect.attempts - 1) * jitter.uniform(0.75, 1.25)
    pause = max(pause, result.after or pause)
    return _Again(now + pause, effect.attempts, reason, message, holds_connection=False)


def _again_row(world: World, outcome: Outcome, again: _Again) -> tuple[Any, ...]:
    """A row of `settle_effects`."""
    claim = outcome.effect.claim
    reason, message = again.reason[:64] or None, again.message[:1000] or None
    return (*claim, world.worker, "pending", to_micros(again.at), again.attempts, None, None, reason, message)


def _final_row(world: World, effect: Claimed, result: Done | Fail, now: datetime) -> tuple[Any, ...]:
    at = to_micros(now)
    if isinstance(result, Done):
        return (*effect.claim, world.worker, "done", at, effect.attempts, at, encode(result.value), None, None)
    reason, message = result.reason[:64], result.message[:1000] or None
    return (*effect.claim, world.worker, "failed", at, effect.attempts, at, None, reason, message)
