"""A shop in a scratch database on a virtual clock, fed with past events by the code that runs live. Nothing leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sereno.runtime import inbox
from sereno.runtime.clock import VirtualClock
from sereno.runtime.flows import compiled
from sereno.runtime.ports import PortFactory, no_ports
from sereno.runtime.publishing import install_derived, keep_draft, make_live
from sereno.runtime.replays.worth import tells_of_people
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import Staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import from_micros, to_micros

LONGEST = timedelta(days=400)
"""How far the clock runs on after the last event when nobody says."""
TOGETHER = 500
"""Events that start nothing and end nothing go in together, so many at most."""


def insert_scratch_shop(tx: Transaction, shop: ShopFacts, begin: datetime, seed: int) -> int:
    """The shop of a replay; gives its id there."""
    row = tx.one(
        "insert_shop",
        {
            "slug": f"backtest-{seed}",
            "name": shop.name,
            "currency": shop.currency,
            "timezone": shop.timezone,
            "locale": shop.locale,
            "settings": encode(dict(shop.settings)),
            "now": to_micros(begin),
        },
    )
    assert row is not None
    return row[0]


class Replay:
    """The scratch shop and the clock. `is_bare`: no flow runs in it but those published, and no schedule fires by
    itself; the shop keeps its id."""

    def __init__(
        self,
        database: Database,
        plugins: Plugins,
        shop: ShopFacts,
        begin: datetime,
        seed: int = 0,
        ports: PortFactory = no_ports,
        *,
        is_bare: bool = False,
    ) -> None:
        self._database = database
        self._is_bare = is_bare
        self.clock = VirtualClock(begin)
        self.runtime = Runtime(
            database, plugins, ports, self.clock, "backtest", base_url=shop.base_url, is_dry=True, threads=1
        )
        self._staff = Staff(database, plugins, self.runtime.world)
        with database.transaction() as tx:
            self.shop = insert_scratch_shop(tx, shop, begin, seed)
            if is_bare:
                tx.text("UPDATE shop SET id = ?1 WHERE id = ?2", [shop.id, self.shop])
                self.shop = shop.id
            else:
                install_derived(tx, self._staff, self.shop)

    def publish(self, documents: Sequence[str]) -> None:
        """Set flows live in it, as of now on its clock. Raises FlowInvalid."""
        staff = self._staff
        with self._database.transaction() as tx:
            for text in documents:
                draft = keep_draft(tx, self.shop, text, compiled(text, staff.plugins), is_derived=False)
                make_live(staff, tx, self.shop, draft, "backtest", "")
            staff.world.flows.invalidate()
            staff.world.flows.refresh(tx)

    def feed(self, events: Sequence[NewEvent]) -> None:
        """Each event at its time, after the timers that rang before it."""
        start = 0
        while start < len(events):
            self.ring_before(events[start].occurred_at)
            end = self._together(events, start)
            self.clock.move_to(events[end - 1].occurred_at)
            with self._database.transaction() as tx:
                inbox.put(tx, [self._incoming(event) for event in events[start:end]])
            self.settle()
            start = end

    def finish(self, until: datetime | None) -> datetime:
        """Let the clock run on. Gives where it stopped."""
        last = self.clock.now()
        if until is not None:
            self.ring_before(until + timedelta(microseconds=1))
            self.clock.move_to(until)
            return until
        # Without an end only what already waits is waited for: schedules would go on for ever.
        while (due := self._next_due(schedules=False)) is not None and due <= last + LONGEST:
            self.clock.move_to(due)
            self.settle(schedules=False)
        return self.clock.now()

    def _together(self, events: Sequence[NewEvent], start: int) -> int:
        """The end of a stretch in which only the last event may start or end anything and no timer rings."""
        flows = self.runtime.world.flows
        due = self._next_due()
        for number in range(start, min(start + TOGETHER, len(events))):
            event = events[number]
            if due is not None and event.occurred_at > due and number > start:
                return number
            if flows.triggered(self.shop, event.type) or flows.listening(self.shop, event.type):
                return number + 1
            if tells_of_people(event.type, self.runtime.world.plugins):
                # Who it is one person with is known before the next is looked at.
                return number + 1
        return min(start + TOGETHER, len(events))

    def _incoming(self, event: NewEvent) -> inbox.Incoming:
        source, _, id_ = event.id.partition("\x1f")
        plain = NewEvent(id_, event.type, event.subject, event.occurred_at, event.data, event.refs)
        return inbox.Incoming(self.shop, None, None, source, to_micros(event.occurred_at), plain)

    def ring_before(self, instant: datetime) -> None:
        while (due := self._next_due()) is not None and due < instant:
            self.clock.move_to(due)
            self.settle()

    def _next_due(self, *, schedules: bool = True) -> datetime | None:
        names = ("next_due_run", "next_due_schedule") if schedules and not self._is_bare else ("next_due_run",)
        with self._database.read() as tx:
            found = [row[0] for name in names if (row := tx.one(name)) is not None and row[0] is not None]
        return from_micros(min(found)) if found else None

    def settle(self, *, schedules: bool = True) -> None:
        """Do all that is due now."""
        runtime = self.runtime
        while True:
            done = runtime.dispatcher.run(TOGETHER)
            if done:
                runtime.matcher.look()
                while runtime.matcher.run():
                    pass
            done += runtime.waker.run(TOGETHER)
            if schedules and not self._is_bare:
                done += runtime.scheduler.run()
            if not done:
                return
