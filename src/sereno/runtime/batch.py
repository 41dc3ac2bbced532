"""One batch of inputs to runs, in one transaction: load, advance, carry out what is local, write everything together.

Invariant: a run's new state, its effects, its trace and what its local actions changed are committed together or not
at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from typing import Any

from sereno.engine import tallies
from sereno.engine.advance import advance
from sereno.engine.context import RunContext
from sereno.engine.durations import format_instant
from sereno.engine.run import EffectFinished, Input, NewEffect, TraceEntry
from sereno.engine.trigger import RUN_REQUESTED
from sereno.runtime import asking, ports
from sereno.runtime.actions import Prepared, carry_out, outcome_row, prepare, with_value
from sereno.runtime.arbiter import booking
from sereno.runtime.arbiter.saying import WITHHELD
from sereno.runtime.arbiter.shadowing import foresee
from sereno.runtime.arbiter.verdicts import Go, Later, Never
from sereno.runtime.experiments import exposing
from sereno.runtime.flows import LiveFlow
from sereno.runtime.holding import Held, changed_row, due_micros, full_state, run_row
from sereno.runtime.hooks import RUN_ENDS, Told, failure, run_data
from sereno.runtime.persons import CUSTOMER
from sereno.runtime.records import Records
from sereno.runtime.staging import counting
from sereno.runtime.stores.carrying_over import carry_over
from sereno.runtime.tracing import cancelled_entry
from sereno.runtime.watching import noting
from sereno.runtime.world import World
from sereno.sdk.plugin import ORDINARY, URGENT, ActionDefinition
from sereno.sdk.result import Done, Fail
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

DECIDED = frozenset({"approval.given", "approval.refused"})
MOST_INPUTS = 1000
"""How many local outcomes one run may take in within one batch; more means a loop."""
HELD_OUT = {"sent": False, "reason": "control.held_out"}
"""The outcome of whatever a run of the control group would do."""
HAD = {"sent": False, "reason": "joined.had"}
"""The outcome of a message that the person has had by a run of another of their records."""


class Batch:
    """Runs held by one transaction. `records` are shared by all of them. Not `is_alone`: another worker may be offering
    events to the flows at this moment, which runs begun here cannot hear of and which cannot see those runs."""

    def __init__(self, world: World, tx: Transaction, now: datetime, records: Records | None = None) -> None:
        self.world = world
        self.tx = tx
        self.now = now
        self.records = records or Records(world.plugins, tx, world.database.dialect)
        self.held: dict[str, Held] = {}
        self.skips: list[tuple[Any, ...]] = []
        self.is_alone = True
        self._unseen: list[tuple[Held, int, NewEffect, datetime]] = []
        """Messages in shadow that the guardrails are still to be asked about: run, place among its effects."""

    # --- loading ----------------------------------------------------------------------------

    def take(self, rows: Iterable[Sequence[Any]]) -> list[Held]:
        """Hold the runs of these rows (of `claim_runs` and its like). Runs whose flow cannot be used are left alone."""
        taken: list[Held] = []
        for row in rows:
            live = self.world.flows.version(self.tx, row[2], row[3])
            if live is None:
                continue
            state = full_state(row[7], row[8:])
            held = Held(
                row=row[0],
                shop=self.world.shops.find(self.tx, row[1]),
                live=live,
                state=state,
                event_row=row[5],
                is_shadow=bool(row[4]),
                was_live=True,
            )
            held.recheck_at = row[6] if row[6] != due_micros(state) else None
            held.was_live = held.is_live
            self.held[state.id] = held
            self.want(held)
            taken.append(held)
        return taken

    def hold(self, held: Held) -> None:
        self.held[held.state.id] = held

    def want(self, held: Held) -> None:
        self.records.want(held.shop.id, held.state.refs, held.live.flow.needs)
        if isinstance(held.state.had, dict):
            self.records.want(held.shop.id, held.state.refs, [CUSTOMER])

    # --- advancing --------------------------------------------------------------------------

    def context(self, held: Held) -> RunContext:
        return self.context_of(held.shop.id, held.state.refs, held.live)

    def context_of(self, shop_id: int, refs: Any, live: LiveFlow) -> RunContext:
        records = {name: self.records.root(shop_id, refs, name) for name in live.flow.needs}
        customer = records.get("customer")
        zone = customer.get("timezone") if customer else None
        return RunContext(
            records=records,
            shop=self.world.shops.find(self.tx, shop_id).variables,
            recipient_timezone=zone if isinstance(zone, str) else None,
        )

    def give(self, held: Held, first: Input, now: datetime | None = None) -> None:
        """Give the run an input, and all outcomes of local actions that follow from it."""
        at = now or self.now
        inputs: deque[Input] = deque([first])
        given = 0
        while inputs:
            given += 1
            if given > MOST_INPUTS:
                raise RuntimeError(f"run {held.state.id} does not come to rest")
            context = self.context(held)
            done = advance(held.live.flow, held.state, inputs.popleft(), context, at)
            if done.state is held.state and not done.trace:
                continue
            held.state = done.state
            held.is_changed = True
            held.traces += done.trace
            held.approvals += done.approvals
            if done.trace and held.live.flow.experiments and not self.world.is_dry:
                held.exposures += exposing.exposures(held, done.trace, context.records.get("customer"))
            for effect in done.effects:
                outcome = self._place(held, effect, context, at)
                if outcome is not None and effect.awaited:
                    inputs.append(outcome)

    def _place(self, held: Held, effect: NewEffect, context: RunContext, at: datetime) -> EffectFinished | None:
        """Record the effect; carry it out at once when it is local. Gives the outcome when there is one already."""
        definition = self.world.plugins.actions.get(effect.action)
        now = to_micros(at)
        connection: str | None = None
        result: Done | Fail | None = None
        status = "shadow" if held.is_shadow else "pending"
        if isinstance(held.state.had, dict) and _writes(definition, effect) and self._has_had(held, effect):
            result = Done(HAD)
            details = {"action": effect.action, "effect": effect.key, "reason": HAD["reason"]}
            held.traces.append(TraceEntry(at, effect.step, WITHHELD, details))
        elif held.is_shadow:
            if definition is not None and definition.decides and not held.state.is_held_out:
                result = self._decided(held, effect, context, at)
            elif held.state.is_held_out or self.world.is_dry or not _writes(definition, effect):
                result = Done(HELD_OUT if held.state.is_held_out else {})
            else:
                self._unseen.append((held, len(held.effects), effect, at))
        elif definition is None:
            result = Fail("action.unknown", f"There is no action {effect.action}; is a plug-in missing?")
        elif definition.connection is not None:
            try:
                connection = definition.connection(effect.config)
            except Exception as error:
                result = Fail("action.crashed", f"{error!r}")
            if self.world.is_dry and result is None:
                status, result = "shadow", self._rehearsed(held, effect, at)
        else:
            prepared = Prepared(
                effect.key, effect.action, effect.config, 1, held.live.name, held.state, held.shop.facts
            )
            tried, writes = carry_out(prepare(self.world, prepared, context.records, at, self.tx))
            if isinstance(tried, Done | Fail):
                result = tried
                if isinstance(tried, Done) and not writes.is_empty():
                    self._keep(held, writes)
        held.effects.append(
            outcome_row(
                effect,
                status,
                connection,
                now,
                result,
                held.state.subject,
                held.shop.id,
                held.live.id,
                _priority(definition, effect, held),
            )
        )
        if result is None:
            return None
        if isinstance(result, Done):
            return EffectFinished(effect.key, ok=True, value=result.value)
        return EffectFinished(effect.key, ok=False, reason=storable(result.reason))

    def _has_had(self, held: Held, effect: NewEffect) -> bool:
        """Whether the person has had what this step says by a run that was joined with this one. Whoever is somebody
        else again, or never got it after all, has not."""
        had = held.state.had
        said = had.get(effect.key.partition("/")[2]) if isinstance(had, dict) else None
        if said is None or said[0] != effect.action:
            return False
        _action, key, subject = said
        whom = self.records.whom(held.shop.id, held.state.refs)
        kind, _, record = subject.partition(":")
        if kind == CUSTOMER and whom and record not in self.records.person(held.shop.id, whom):
            return False
        row = self.tx.one("states_of_effects", {"keys": [key]})
        if row is None:
            return True
        value: dict[str, Any] = decode(row[2]) if row[2] else {}
        return row[1] not in ("failed", "cancelled") and value.get("sent") is not False

    def _decided(self, held: Held, effect: NewEffect, context: RunContext, at: datetime) -> Done:
        """What comes of an action that only decides, in shadow: what it wants written is dropped."""
        prepared = Prepared(
            effect.key, effect.action, effect.config, 1, held.live.name, held.state, held.shop.facts, is_shadow=True
        )
        tried, _ = carry_out(prepare(self.world, prepared, context.records, at, self.tx))
        return tried if isinstance(tried, Done) else Done({})

    def _rehearsed(self, held: Held, effect: NewEffect, at: datetime) -> Done | Fail:
        """What a dry run takes for the outcome of what would leave: nothing in particular, unless somebody looks. What
        the guard puts off counts as done at once, for the run goes on."""
        world = self.world
        if world.rehearse is None and world.guard is None:
            return Done({})
        roots = world.plugins.roots.names()
        self.records.want(held.shop.id, held.state.refs, roots)
        self.records.fetch()
        records = {name: self.records.root(held.shop.id, held.state.refs, name) for name in roots}
        live, shop = held.live, held.shop.facts
        prepared = Prepared(
            effect.key, effect.action, effect.config, 1, live.name, held.state, shop, at, live.flow.priority
        )
        verdict = world.guard(prepared, records, at, self.tx) if world.guard is not None else Go()
        if isinstance(verdict, Never):
            return Done({**verdict.details, "sent": False, "reason": verdict.reason})
        found = world.rehearse(prepared, records, at, self.tx) if world.rehearse is not None else Done({})
        if isinstance(verdict, Later) and isinstance(found, Done):
            return Done({**found.value, "sent_at": format_instant(verdict.at), "reason": verdict.reason})
        return found

    def _keep(self, held: Held, writes: ports.LocalWrites) -> None:
        held.writes.append(writes)
        for add, kind, key, tag in writes.tags:
            self.records.change_tag(held.shop.id, kind, key, tag, add=add)

    # --- in shadow --------------------------------------------------------------------------

    def foresee(self) -> None:
        """Say of the messages in shadow what the guardrails would have done, all together, and move on the runs that
        wait for it. To be called before it matters which runs are over."""
        while self._unseen:
            asked, self._unseen = self._unseen, []
            wishes = [(held, effect) for held, _, effect, _ in asked]
            found = foresee(self.world, self.tx, self.records, wishes, self.now)
            for held, place, effect, at in asked:
                value = found.get(effect.key, {})
                held.effects[place] = with_value(held.effects[place], value)
                if effect.awaited and held.is_live:
                    self.give(held, EffectFinished(effect.key, ok=True, value=value), at)
                    if not held.live.flow.exit_types.issuperset(held.state.listens):
                        # Events of this batch may have been for a run that had come further.
                        held.recheck_at = to_micros(self.now)

    # --- writing ----------------------------------------------------------------------------

    def write(self) -> None:
        """Write all that changed, in one order of tables for everybody."""
        self.foresee()
        tx, now = self.tx, to_micros(self.now)
        changed = [held for held in self.held.values() if held.is_changed]
        over = {held.state.id for held in changed if not held.is_live and (held.was_live or held.row is None)}
        begun = {held.state.id for held in changed if held.row is None}
        self._keep_runs(changed, now)
        tx.many(
            "copy_effects",
            [(key, shop, flow, held.row, *rest) for held in changed for key, shop, flow, *rest in held.effects],
        )
        self._cancel(changed, now)
        self._keep_traces([held for held in changed if held.traces])
        asks = self._write_approvals(changed, now)
        exposing.expose(tx, [row for held in changed for row in held.exposures])
        tx.many("copy_skips", self.skips)
        self._count(changed)
        counting.count_runs(self.world, tx, changed, begun, over)
        noting.note(self.world, tx, _failures(changed, over))
        self._tell(changed, over)
        writes = [item for held in changed for item in held.writes]
        if writes:
            ports.flush(tx, writes)
            if not self.world.is_dry:
                carry_over(tx, self.world.plugins, writes)
        if (
            asks or any(held.effects or held.writes for held in changed)
        ) and self.world.database.dialect == "postgresql":
            tx.all("notify")

    def _keep_runs(self, changed: Sequence[Held], now: int) -> None:
        """Write the runs themselves, and by what events find them; new ones get their row's id."""
        tx = self.tx
        old = [held for held in changed if held.row is not None]
        new = [held for held in changed if held.row is None]
        decided = [held.row for held in old if any(entry.code in DECIDED for entry in held.traces)]
        if decided:
            # Others were asked the same; what is asked next is written after this.
            tx.run("close_other_approvals", {"runs": decided, "now": now})
        if old:
            tx.many("update_runs", sorted(changed_row(held, now) for held in old))
            ended = [held for held in old if held.was_live and not held.is_live]
            if ended:
                rows = [held.row for held in ended]
                tx.run("delete_run_links", {"runs": rows})
                tx.run("close_approvals", {"runs": rows, "now": now})
                tx.many("end_entries", sorted((held.live.id, held.state.key, held.state.id) for held in ended))
        if new:
            ids = tx.next_ids("run", len(new))
            if not self.is_alone:
                for held in new:
                    held.recheck_at = now if held.live.flow.listens else None
            tx.many("copy_runs", [run_row(held, row, now) for held, row in zip(new, ids, strict=True)])
            for held, row in zip(new, ids, strict=True):
                held.row = row
            tx.many(
                "copy_run_links",
                [
                    (held.shop.id, link, held.row, held.live.id)
                    for held in new
                    if held.is_live
                    for link in held.found_by()
                ],
            )

    def _keep_traces(self, changed: Sequence[Held]) -> None:
        self.tx.many("copy_traces", [(held.row, encode(held.traces)) for held in changed])

    def _tell(self, changed: Sequence[Held], over: Set[str]) -> None:
        """What other systems asked to hear of: runs that came to an end, local actions that failed, questions."""
        hooks = self.world.hooks
        if self.world.is_dry or not hooks.has_any():
            return
        told: list[Told] = []
        for held in changed:
            if held.live.is_derived:
                continue
            base = held.shop.facts.base_url
            about = run_data(held.state, held.live.name, is_shadow=held.is_shadow, base_url=base)
            if held.state.id in over:
                told.append(Told(held.shop.id, RUN_ENDS[held.state.status], about))
            for row in held.effects:
                key, _shop, _flow, step, action, _subject, _config, status, *_rest, error, message = row
                if status == "failed":
                    told.append(failure(held.shop.id, key, step, action, about["flow"], about["run"], error, message))
            for asked in held.approvals:
                question = {"step": asked.step, "asks": asked.by, "text": asked.text}
                if not asked.reminder:
                    told.append(Told(held.shop.id, "approval.requested", {**about, **question}))
        hooks.tell(self.tx, told, self.now)

    def _count(self, changed: Sequence[Held]) -> None:
        counts: dict[tallies.Key, int] = {}
        for held in changed:
            if held.traces:
                tallies.add_trace(counts, held.live.id, held.state.version, held.traces)
        tallies.add_skips(counts, self.skips)
        self.tx.many("count_steps", tallies.rows_of(counts, self.world.worker, self.now))

    def _cancel(self, changed: Sequence[Held], now: int) -> None:
        """Take back what a run that was cut short had asked for: what nobody has begun is cancelled, what is under way
        is not tried a second time. What a run asked for that came to its own end is still done."""
        cut = {held.row or 0: held for held in changed if not held.is_live and _was_cut(held)}
        if not cut:
            return
        taken_back: set[int] = set()
        for status, row, step, action in sorted(self.tx.all("cancel_effects", {"runs": sorted(cut), "now": now})):
            if status == "cancelled":
                cut[row].traces.append(cancelled_entry(self.now, step, action))
                taken_back.add(row)
        if taken_back:
            booking.give_back_cancelled(self.tx, sorted(taken_back), now)

    def _write_approvals(self, changed: Sequence[Held], now: int) -> bool:
        """Gives whether somebody is to be told of them."""
        rows = [
            (
                asked.key,
                held.shop.id,
                held.row,
                asked.step,
                asked.by,
                asked.text,
                "open",
                now,
                to_micros(asked.expires_at) if asked.expires_at is not None else None,
                "",
                asked.part,
                asked.not_by,
            )
            for held in changed
            for asked in held.approvals
            if not asked.reminder
        ]
        self.tx.many("copy_approvals", rows)
        if self.world.is_dry or not any(held.approvals for held in changed):
            return False
        asked = [(held, one) for held in changed for one in held.approvals]
        return asking.tell(self.tx, asked, now) > 0


def _priority(definition: ActionDefinition | None, effect: NewEffect, held: Held) -> int:
    """What a person started by hand they wait for; the rest by what the action says of itself."""
    if definition is None or definition.connection is None:
        return ORDINARY
    if held.state.event.get("type") == RUN_REQUESTED:
        return URGENT
    try:
        return definition.priority(effect.config)
    except Exception:
        return ORDINARY  # A config that is wrong is said so when the effect is tried.


def _writes(definition: ActionDefinition | None, effect: NewEffect) -> bool:
    """Whether the action may write to a person."""
    try:
        return definition is not None and definition.message(effect.config) is not None
    except Exception:
        return False  # A config that is wrong is said so when the effect is tried.


def _failures(changed: Sequence[Held], over: Set[str]) -> Iterator[noting.Note]:
    """Local actions that failed, and runs that did."""
    for held in changed:
        shop, flow, state = held.shop.id, held.live.id, held.state
        for row in held.effects:
            if row[7] == "failed":
                yield from noting.of_effect(shop, flow, row[3], row[4], row[-2])
        if state.status == "failed" and state.id in over:
            yield noting.of_run(shop, flow, state.step, state.reason)


def _was_cut(held: Held) -> bool:
    return held.state.status == "exited" or any(entry.code == "run.ended" for entry in held.traces)
