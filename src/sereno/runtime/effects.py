"""Carries out effects that leave the house: claimed with a lease, tried in threads, settled in batches.

Invariant: an effect is settled only by the worker that holds its lease, in the transaction that moves the run that
waits for it. A worker that dies keeps nothing: its leases run out and others try again, with the same key.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

from sereno.runtime import budgets
from sereno.runtime.actions import Prepared, Ready, carry_out, prepare
from sereno.runtime.arbiter.passing import Passing, let_pass
from sereno.runtime.holding import full_state
from sereno.runtime.limiting import limits
from sereno.runtime.limiting.spending import Charges, charge
from sereno.runtime.limiting.switches import Switches
from sereno.runtime.records import Records
from sereno.runtime.settling import Claimed, Outcome, settle
from sereno.runtime.tracing import trace_cancelled
from sereno.runtime.world import World
from sereno.sdk.result import Done, Fail
from sereno.store.database import DatabaseError, DatabaseRefusal, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.runtime")

DEAD_AFTER = timedelta(seconds=15)
LEASES = 4
"""A lease lasts so many times as long as a silent worker is thought alive: what it had begun is begun again only when
it is silent and its lease is over, so neither a busy moment nor a clock that is ahead makes an action happen twice."""
SHARE = 8
"""One in so many effects taken is the longest due of those that are not urgent, so that no queue stands still."""
USABLE_AFTER = timedelta(seconds=60)
"""When an effect is looked at again whose run nobody here can move."""
ROOTS = ("customer", "order", "cart", "product")


class EffectRunner:
    """`threads` effects are tried at once. `on_outcome` is called from those threads whenever one is through. A worker
    not heard of for `dead_after` is taken for dead."""

    def __init__(
        self,
        world: World,
        *,
        threads: int = 16,
        on_outcome: Callable[[], None] = lambda: None,
        dead_after: timedelta = DEAD_AFTER,
    ) -> None:
        self._world = world
        self._dead_after = dead_after
        self._lease = dead_after * LEASES
        self._most = threads * 4
        self._reserve = 0.0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sereno-effect")
        self._on_outcome = on_outcome
        self._switches = Switches(world.database)
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._running: dict[tuple[int, int], Future[None]] = {}
        """By id and number of the try: a try that lost its lease must not be taken for the one that has it."""
        self._jitter = random.Random()  # noqa: S311 - spreads retries, keeps no secret

    def run(self, *, is_due: bool = True, wait_for_all: bool = False) -> int:
        """Settle what is through and start what is due. Gives how many were settled or started."""
        if self._running:
            self._switches.refresh()
        done = self.settle()
        started = self._start(self._most - len(self._running)) if is_due or done else 0
        if wait_for_all and self._running:
            wait(list(self._running.values()))
            done += self.settle()
        return done + started

    def call_when_through(self, on_outcome: Callable[[], None]) -> None:
        """Whom to tell, from any thread, that an effect is through."""
        self._on_outcome = on_outcome

    # --- starting ---------------------------------------------------------------------------

    def _start(self, limit: int) -> int:
        if limit <= 0:
            return 0
        try:
            with self._world.database.transaction() as tx:
                self._world.flows.refresh(tx)
                self._switches.refresh(tx)
                rows, charges = self._claim(tx, limit)
                ready = self._prepare(tx, rows)
                going = {effect.id for effect, action in ready if isinstance(action, Ready)}
                charges.keep(tx, going, self._world.clock.now())
        except Exception as error:
            if not _is_its_fault(error):
                raise
            log.exception("preparing up to %d effects failed; trying them one by one", limit)
            ready, charges = self._start_one_by_one(limit)
        if charges.over:
            limits.pause_over(self._world, charges.over.values())
        for effect, action in ready:
            self._running[effect.claim] = self._pool.submit(self._try, effect, action)
        return len(ready)

    def _start_one_by_one(self, limit: int) -> tuple[list[tuple[Claimed, Ready | Done | Fail]], Charges]:
        """What cannot be prepared fails alone. Those not reached when the database goes away lose their leases."""
        with self._world.database.transaction() as tx:
            self._switches.refresh(tx)
            rows, charges = self._claim(tx, limit)
            charges.keep(tx, {row[0] for row in rows}, self._world.clock.now())
        ready: list[tuple[Claimed, Ready | Done | Fail]] = []
        for row in rows:
            try:
                with self._world.database.transaction() as tx:
                    ready += self._prepare(tx, [row])
            except Exception as error:
                if not _is_its_fault(error):
                    log.exception("effect %s could not be prepared; it is tried again", row[1])
                    break
                log.exception("effect %s cannot be prepared", row[1])
                what = f"It could not be made ready: {type(error).__name__}: {error}"[:1000]
                ready.append((_claimed(row), Fail("effect.broken", what)))
        return ready, charges

    def _claim(self, tx: Transaction, limit: int) -> tuple[list[tuple[Any, ...]], Charges]:
        """Rows of effects that are ours now, those somebody waits for first, and what they take from their flows'
        budgets once they are known to begin."""
        world = self._world
        now = world.clock.now()
        # Whatever is urgent, one place in so many goes to what has waited longest of the rest.
        self._reserve += limit / SHARE
        reserved = int(self._reserve)
        rows = tx.all(
            "claim_effects",
            {
                "worker": world.worker,
                "lease_until": to_micros(now + self._lease),
                "now": to_micros(now),
                "limit": limit,
                "reserved": reserved,
                "mine": self._ids(),
            },
        )
        if not rows:
            self._reserve = 0.0
            return [], Charges()
        self._reserve -= reserved
        rows.sort(key=lambda row: (row[12], row[13], row[0]))
        later = budgets.grant(
            tx,
            [budgets.Wish(row[0], row[2], budgets.name_of(row[11], row[7])) for row in rows if row[11]],
            to_micros(now),
        )
        charges = charge(world, tx, [row for row in rows if row[0] not in later], now)
        later |= dict.fromkeys(charges.later, to_micros(now))
        tx.many("postpone_effects", sorted(later.items()))
        return [row for row in rows if row[0] not in later], charges

    def _prepare(self, tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Claimed, Ready | Done | Fail]]:
        """Read what the actions need, together, as it is now, and leave out what has to wait."""
        if not rows:
            return []
        world = self._world
        runs = {row[0]: row for row in tx.all("effect_runs", {"ids": sorted({row[4] for row in rows})})}
        states = {id_: full_state(row[7], row[8:]) for id_, row in runs.items()}
        records = Records(world.plugins, tx, world.database.dialect)
        for id_, state in states.items():
            records.want(runs[id_][1], state.refs, ROOTS)
        records.fetch()
        now = world.clock.now()
        found: list[tuple[Claimed, Ready | Done | Fail]] = []
        passing: list[Passing] = []
        later: list[tuple[int, int]] = []
        for row in rows:
            effect, config = _claimed(row), decode(row[8])
            state = states.get(effect.run)
            live = world.flows.version(tx, effect.flow_id, state.version) if state is not None else None
            if state is not None and live is None and effect.is_awaited:
                # Only who knows the flow can move the run on: it stays undone until somebody does.
                later.append((effect.id, to_micros(now + USABLE_AFTER)))
                continue
            if state is None or world.plugins.actions.get(effect.action) is None:
                what = f"There is no action {effect.action}; is a plug-in missing?"
                found.append((effect, Fail("action.unknown", what)))
                continue
            shop = world.shops.find(tx, effect.shop_id).facts
            today = {name: records.root(effect.shop_id, state.refs, name) for name in ROOTS}
            name = live.name if live is not None else state.flow
            asked_at, priority = from_micros(row[-1]), live.flow.priority if live is not None else None
            prepared = Prepared(
                effect.key, effect.action, config, effect.attempts, name, state, shop, asked_at, priority
            )
            passing.append(Passing(effect, prepare(world, prepared, today, now), name, row[-1], priority))
        tx.many("postpone_effects", sorted(later))
        return [*found, *let_pass(world, tx, passing, now)]

    def _try(self, effect: Claimed, ready: Ready | Done | Fail) -> None:
        try:
            if not isinstance(ready, Ready):
                outcome = Outcome(effect, ready, None)
            elif self._switches.stops(effect):
                outcome = Outcome(effect, Done({}), None, is_given_back=True)
            else:
                result, writes = carry_out(ready)
                outcome = Outcome(effect, result, writes)
        except BaseException as error:
            # Whatever it was: an effect without an outcome would be ours for ever.
            log.exception("effect %s broke its thread", effect.key)
            outcome = Outcome(effect, Fail("action.crashed", f"{type(error).__name__}: {error}"[:1000]), None)
        self._outcomes.put(outcome)
        self._on_outcome()

    # --- settling ---------------------------------------------------------------------------

    def settle(self) -> int:
        """Commit all outcomes at hand. Gives how many."""
        outcomes: list[Outcome] = []
        while True:
            try:
                outcomes.append(self._outcomes.get_nowait())
            except Empty:
                break
        if not outcomes:
            return 0
        left = {outcome.effect.claim: outcome for outcome in outcomes}
        try:
            for outcome in self._commit(outcomes):
                del left[outcome.effect.claim]
                self._running.pop(outcome.effect.claim, None)
        finally:
            # They happened; forgetting them would make them happen twice, or never be over.
            for outcome in left.values():
                self._outcomes.put(outcome)
        return len(outcomes)

    def _commit(self, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
        """Gives the outcomes once they are committed. Raises at the end when there is one that cannot be."""
        try:
            self._settle(outcomes)
        except Exception as error:
            if not _is_its_fault(error):
                raise
            log.exception("settling %d effects failed; trying them one by one", len(outcomes))
        else:
            yield from outcomes
            return
        broken: Exception | None = None
        for outcome in outcomes:
            try:
                self._commit_alone(outcome)
            except Exception as error:
                if not _is_its_fault(error):
                    raise
                broken = error
            else:
                yield outcome
        if broken is not None:
            raise broken

    def _commit_alone(self, outcome: Outcome) -> None:
        """What was done stays done, also when its run cannot go on or what it wanted written cannot be."""
        try:
            self._settle([outcome])
            return
        except Exception as error:
            if not _is_its_fault(error):
                raise
            log.exception("effect %s could not be settled", outcome.effect.key)
            reason = f"outcome.failed: {error!r}"
        try:
            self._settle([outcome], stranded=reason)
        except Exception as error:
            if not _is_its_fault(error):
                raise
            failed = Outcome(outcome.effect, Fail("outcome.failed", f"{error!r}"), None)
            self._settle([failed], stranded=reason)

    def _settle(self, outcomes: Sequence[Outcome], *, stranded: str | None = None) -> None:
        with self._world.database.transaction() as tx:
            self._world.flows.refresh(tx)
            settle(self._world, tx, outcomes, self._jitter, stranded=stranded)

    # --- leases -----------------------------------------------------------------------------

    def keep_leases(self, tx: Transaction) -> None:
        """To be called with every heartbeat, so that slow actions stay ours; frees those of dead workers."""
        now = self._world.clock.now()
        until = to_micros(now + self._lease)
        tx.run("extend_leases", {"worker": self._world.worker, "lease_until": until, "ids": self._ids()})
        dead = to_micros(now - self._dead_after)
        found = tx.all("reclaim_effects", {"now": to_micros(now), "dead": dead, "worker": self._world.worker})
        self._trace_called_back(tx, found)

    def _trace_called_back(self, tx: Transaction, freed: Sequence[tuple[Any, ...]]) -> None:
        called_back = [(run, step, action) for status, run, step, action in freed if status == "cancelled"]
        trace_cancelled(tx, called_back, self._world.clock.now())

    def _ids(self) -> list[int]:
        """Of the effects under way here. May be called from any thread."""
        return [id_ for id_, _ in tuple(self._running)]

    def stop(self, seconds: float = 20.0) -> None:
        """Give back what has not begun, wait for what has, settle it."""
        try:
            given_back = [claim for claim, future in self._running.items() if future.cancel()]
            for claim in given_back:
                self._running.pop(claim, None)
            if given_back:
                ids = [id_ for id_, _ in given_back]
                with self._world.database.transaction() as tx:
                    self._trace_called_back(tx, tx.all("release_effects", {"worker": self._world.worker, "ids": ids}))
            if self._running:
                wait(list(self._running.values()), timeout=seconds)
            self.settle()
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _is_its_fault(error: Exception) -> bool:
    """Whether trying the same again cannot help: a value the database refuses, or a fault of ours. Anything else the
    database says passes over."""
    return isinstance(error, DatabaseRefusal) or not isinstance(error, DatabaseError)


def _claimed(row: Sequence[Any]) -> Claimed:
    """From a row of `claim_effects`."""
    id_, key, shop_id, flow_id, run, step, action, subject, _config, is_awaited, attempts, connection, *_ = row
    budget = budgets.name_of(connection, subject) if connection else None
    return Claimed(id_, key, shop_id, flow_id, run, step, action, bool(is_awaited), attempts, connection, budget)
