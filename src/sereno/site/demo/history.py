"""Gives the demo shop its past: a year of webhooks mapped by the real connectors and run through the real runtime on a
virtual clock, with ports that record instead of sending.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from sereno.runtime import inbox
from sereno.runtime.clock import VirtualClock
from sereno.runtime.namespaces import told_apart
from sereno.runtime.ports import PortFactory
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import Delivery, Unmappable
from sereno.sdk.context import ShopFacts
from sereno.sdk.ports import Http, HttpAnswer, HttpRequest, Mail, Mailer
from sereno.sdk.result import Done, Result
from sereno.site.demo import season
from sereno.site.demo.shapes.hooks import Hook
from sereno.site.demo.signing import NAMES, request_of
from sereno.site.demo.world import World
from sereno.store.fields import to_micros

DAYS = 365
STRIDE = timedelta(minutes=10)
"""Events closer than this come in together, and timers may ring that late: nobody who looks at a year sees it."""


class Recorder:
    """A mailer and a HTTP client that say `done` and do nothing."""

    def send(self, message: Any) -> Any:
        if isinstance(message, Mail):
            return self._mail(message)
        return self._request(message)

    def _mail(self, mail: Mail) -> Result:
        return Done({"message_id": mail.message_id, "to": mail.to, "subject": mail.subject})

    def _request(self, request: HttpRequest) -> HttpAnswer:
        return HttpAnswer(200, {}, b"")


def recording(live: PortFactory) -> PortFactory:
    """The live ports, but for those that lead outside."""
    recorder = Recorder()

    def find(kind: type[Any], shop: ShopFacts) -> object | None:
        return recorder if kind in (Mailer, Http) else live(kind, shop)

    return find


def past(world: World, start: datetime, end: datetime) -> Iterator[Hook]:
    """The webhooks of the store's life from `start` to `end`, in order of time."""
    world.open(start)
    day = start.astimezone(season.ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end:
        growth = 0.85 + 0.3 * ((day - start) / (end - start))
        world.open_day(max(day, start).astimezone(UTC), growth)
        day += timedelta(days=1)
        while (due := world.due()) is not None and due < min(day, end):
            yield from world.advance()


class History:
    """Brings the past in. `connections` is platform -> (row id, connector, settings)."""

    def __init__(
        self,
        database: Any,
        plugins: Any,
        ports: PortFactory,
        shop_id: int,
        connections: dict[str, tuple[int, Any, dict[str, Any]]],
        start: datetime,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._clock = VirtualClock(start)
        self._runtime = Runtime(database, plugins, recording(ports), self._clock, "demo-history", threads=2)
        self._shop_id = shop_id
        self._connections = connections
        self.events = 0

    def bring(self, hooks: Iterator[Hook], tell: Any) -> None:
        """Map, store and run them, moving the clock along."""
        window: list[Hook] = []
        for hook in hooks:
            if window and hook.at - window[0].at > STRIDE:
                self._take(window)
                tell(window[-1].at)
                window = []
            window.append(hook)
        if window:
            self._take(window)

    def finish(self, end: datetime) -> None:
        """Let the timers ring that are due before the present, and stop."""
        self._ring_until(end)
        self._clock.move_to(end)
        self._runtime.drain()
        while self._runtime.outcomes.run():
            pass  # while it is still known what was sent when
        self._runtime.stop()

    def _take(self, window: list[Hook]) -> None:
        self._ring_until(window[0].at)
        self._clock.move_to(window[-1].at)
        incoming = [item for hook in window for item in self._map(hook)]
        if incoming:
            with self._database.transaction() as tx:
                self.events += inbox.put(tx, incoming)
        self._runtime.drain()

    def _ring_until(self, instant: datetime) -> None:
        while (due := self._runtime.next_due()) is not None and due < instant:
            self._clock.move_to(min(instant, due + STRIDE))
            if not self._runtime.drain():
                return

    def _map(self, hook: Hook) -> list[inbox.Incoming]:
        row, connector, settings = self._connections[hook.channel]
        headers, body = request_of(hook, connector, "history", settings)
        delivery = Delivery(headers, body, connector.topic(headers, body, settings), hook.at)
        try:
            mapped = connector.map(delivery, settings)
        except Unmappable as error:
            raise RuntimeError(f"the demo's {hook.channel} {hook.topic} cannot be mapped: {error}") from error
        received = to_micros(hook.at)
        events = told_apart(self._plugins, mapped.events, settings)
        return [inbox.Incoming(self._shop_id, row, None, NAMES[hook.channel], received, event) for event in events]


def fingerprint(hooks: list[Hook]) -> str:
    """The same for the same year; for tests."""
    made = blake2b(digest_size=16)
    for hook in hooks:
        made.update(msgspec.json.encode((hook.channel, hook.topic, hook.id, hook.body)))
    return made.hexdigest()
