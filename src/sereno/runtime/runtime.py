"""One pass of everything a worker does, in the order of the way of the data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

from sereno.engine.tallies import HOURS_KEPT, hour_of
from sereno.runtime.arbiter.rules import LONGEST
from sereno.runtime.channels.settling import CardMinder
from sereno.runtime.clock import Clock, SystemClock
from sereno.runtime.content import due
from sereno.runtime.dispatcher import Dispatcher
from sereno.runtime.effects import DEAD_AFTER, EffectRunner
from sereno.runtime.experiments.outcomes import Outcomes
from sereno.runtime.interests.telling import Teller
from sereno.runtime.loyalty.upkeep import Upkeep
from sereno.runtime.mapping import Mapper
from sereno.runtime.persons.matching import Matcher
from sereno.runtime.ports import PortFactory, no_ports
from sereno.runtime.privacy.requests import Runner
from sereno.runtime.privacy.retention import Keeper
from sereno.runtime.schedules import Scheduler
from sereno.runtime.segments.working import Segments
from sereno.runtime.staff import Staff
from sereno.runtime.staging.watch import StageWatch
from sereno.runtime.stock.telling import Reteller
from sereno.runtime.syncing.comparing import Comparer
from sereno.runtime.visits.ending import Ender
from sereno.runtime.waking import Waker
from sereno.runtime.watching.looking import Watch
from sereno.runtime.world import make_world
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, DatabaseConflict
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.runtime")

SMALLEST, LARGEST = 20, 1000
GONE_AFTER = timedelta(days=1)
"""After which a dead worker's row goes."""
FORGET_MESSAGES_AFTER = timedelta(days=400)
"""Past it the sums alone say what became of messages."""
FORGET_SLOTS_AFTER = LONGEST + timedelta(days=1)
"""Past the longest window a cap may have, nobody asks when a message was sent."""
USES_KEPT = timedelta(days=40)
"""What flows had used of their budgets; only this hour's and this day's counts."""
SELDOM = 20
"""Rounds after which what can wait is done even while there is other work."""
SHORT, LONG = 0.03, 0.2
"""Seconds a transaction should take when somebody waits for it, and when nobody does."""


class Pace:
    """How many items the next transaction takes: as many as fit the time it may."""

    def __init__(self, size: int = 100) -> None:
        self.size = size

    def learn(self, done: int, seconds: float, *, hurry: bool) -> None:
        if done < self.size // 2 or not done:
            return
        fitting = int(done * (SHORT if hurry else LONG) / max(seconds, 1e-6))
        self.size = max(SMALLEST, min(LARGEST, fitting, self.size * 2))


class Runtime:
    """Drives the parts. Not for several threads at once, but for `beat`, which any thread may call."""

    def __init__(
        self,
        database: Database,
        plugins: Plugins,
        ports: PortFactory = no_ports,
        clock: Clock | None = None,
        worker_name: str = "worker",
        *,
        base_url: str = "",
        is_dry: bool = False,
        threads: int = 16,
        dead_after: timedelta = DEAD_AFTER,
    ) -> None:
        self.world = make_world(
            database, plugins, ports, clock or SystemClock(), worker_name, base_url=base_url, is_dry=is_dry
        )
        self.mapper = Mapper(self.world)
        self.dispatcher = Dispatcher(self.world)
        self.waker = Waker(self.world)
        self.scheduler = Scheduler(self.world)
        self.teller = Teller(self.world)
        self.visits = Ender(self.world)
        self.cards = CardMinder(self.world)
        self._rounds = 0
        self.segments = Segments(self.world)
        self.stages = StageWatch(self.world, base_url)
        self.effects = EffectRunner(self.world, threads=threads, dead_after=dead_after)
        self.outcomes = Outcomes(self.world)
        self.upkeep = Upkeep(self.world)
        self.reteller = Reteller(self.world)
        self.matcher = Matcher(self.world)
        self.comparer = Comparer(self.world)
        self.watch = Watch(self.world)
        staff = Staff(database, plugins, self.world)
        self.privacy, self.keeper = Runner(staff, worker_name), Keeper(staff)
        self._dead_after = dead_after
        self._started_at = to_micros(self.world.clock.now())
        self._parts: dict[str, tuple[Callable[[int], int], Pace]] = {
            "map": (self.mapper.run, Pace()),
            "dispatch": (self.dispatcher.run, Pace()),
            "wake": (self.waker.run, Pace()),
        }

    def round(self, *, wait_for_effects: bool = False) -> int:
        """One pass: map, dispatch, wake, schedules, effects, as far as there is anything to do. Gives how much there
        was; 0 means all is quiet."""
        now = to_micros(self.world.clock.now())
        looked = self.world.database.peek("look", {"now": now})
        has_deliveries, has_events, has_timers, has_schedules, has_effects, has_sleepers = looked
        done = self.round_of("map") if has_deliveries else 0
        if has_events or done:
            done += self.round_of("dispatch")
            self.matcher.look()
            self.comparer.look()
        if has_sleepers:
            done += self.waker.wake_resumed()
            has_timers = True
        if has_timers:
            done += self.round_of("wake")
        if has_schedules:
            done += self.scheduler.run()
        if not self.world.is_dry:
            done += self.segments.run()
            done += self.matcher.run() + self.privacy.run() + self.keeper.run()
            done += self.comparer.run(is_idle=not done)
        self._rounds += 1
        if not self.world.is_dry and (not done or self._rounds % SELDOM == 0):
            done += self.teller.run() + self.visits.run() + self.cards.run()
        return done + self.effects.run(is_due=bool(has_effects or done), wait_for_all=wait_for_effects)

    def drain(self, most_rounds: int = 100_000) -> int:
        """Go on until nothing is due now. Gives how much was done. Raises RuntimeError when it does not end."""
        total = 0
        for _ in range(most_rounds):
            done = self.round(wait_for_effects=True)
            if not done:
                return total
            total += done
        raise RuntimeError(f"there is still work after {most_rounds} rounds")

    def round_of(self, name: str) -> int:
        """One transaction of `map`, `dispatch` or `wake`, of a size that fits the time."""
        work, pace = self._parts[name]
        start = perf_counter()
        try:
            done = work(pace.size)
        except DatabaseConflict:
            return 1
        pace.learn(done, perf_counter() - start, hurry=self.world.database.waiting > 0)
        return done

    def beat(self) -> None:
        """Say that this worker lives, keep its leases, free those of the dead, and share the lanes fairly; then go on
        counting what came of experiments."""
        self._set_clock()
        now = self.world.clock.now()
        with self.world.database.transaction() as tx:
            tx.many("beat", [(self.world.worker, to_micros(now), self._started_at)])
            tx.run("bury_workers", {"before": to_micros(now - GONE_AFTER)})
            tx.run("forget_uses", {"before": to_micros(now - USES_KEPT)})
            tx.run("forget_tallies", {"before": hour_of(now) - HOURS_KEPT})
            tx.run("forget_slots", {"before": to_micros(now - FORGET_SLOTS_AFTER)})
            tx.run("forget_shadow_slots", {"before": to_micros(now - FORGET_SLOTS_AFTER)})
            tx.run("forget_messages", {"before": to_micros(now - FORGET_MESSAGES_AFTER)})
            self.effects.keep_leases(tx)
            row = tx.one("living_workers", {"dead": to_micros(now - self._dead_after)})
        self.matcher.look()
        self.comparer.check()
        self.stages.check()
        living = max(1, row[0] if row else 1)
        self.dispatcher.lanes = max(1, -(-16 // living))
        self._look_round()

    def _look_round(self) -> None:
        """The watch must never cost the heartbeat."""
        if self.world.is_dry:
            return
        try:
            self.watch.look()
        except Exception:
            log.exception("the watch could not look; it does again at the next beat")
        self.outcomes.turn()
        self.upkeep.turn()
        self.reteller.turn()
        due.look(self.world)

    def _set_clock(self) -> None:
        """On PostgreSQL workers may be on several hosts: leases, heartbeats and timers go by the database's clock. All
        that use one SQLite file are on one machine."""
        clock = self.world.clock
        if isinstance(clock, SystemClock) and self.world.database.dialect == "postgresql":
            clock.set_by(lambda: from_micros(self.world.database.peek("database_time", {})[0]))

    def next_due(self) -> datetime | None:
        """When the next timer, effect or schedule is due."""
        times: list[int] = [at for at in self.world.database.peek("next_due", {}) if at is not None]
        return from_micros(min(times)) if times else None

    def stop(self) -> None:
        """Finish what has begun, and give the rest back."""
        self.finish()
        self.leave()

    def finish(self) -> None:
        """Wait for the effects under way, settle them, and give back those that have not begun."""
        self.effects.stop()

    def leave(self) -> None:
        """This worker is no more. Nothing may `beat` for it after."""
        with self.world.database.transaction() as tx:
            tx.run("forget_worker", {"name": self.world.worker})
