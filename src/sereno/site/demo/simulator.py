"""Keeps the invented store selling: sends its webhooks, signed, through the real door, a little faster than life.

Now and then one is sent twice, or after a later one, or late, as real platforms do.
"""

from __future__ import annotations

import http.client
import json
import logging
import math
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.site.demo.backoffice import BackOffice, serve
from sereno.site.demo.shapes.hooks import Hook
from sereno.site.demo.signing import NAMES, request_of
from sereno.site.demo.world import World

log = logging.getLogger("sereno.demo")

TWICE, HELD_BACK = 0.04, 0.04
VISIT_EVERY = 9.0
"""Seconds between two visits, on average."""

FIRST_VISITS = 6
"""At once, so that nobody looks at an empty page."""

Secrets = dict[str, tuple[str, dict[str, Any]]]
"""Platform -> (secret, settings of the connection)."""


def hasten(delay: timedelta) -> timedelta:
    """How long a delay of the store's life lasts in the demo: five minutes become 21 s, a day 70 s."""
    return timedelta(seconds=6 * math.log2(1 + max(0.0, delay.total_seconds()) / 30))


def _broken(at: datetime) -> Hook:
    """What a plugin of the store once in a while sends: nobody can make an order of it, and a person should look."""
    return Hook("shopify", "orders/create", ["not", "an", "order"], at, f"broken-{int(at.timestamp())}")


class Simulator:
    """Drives the world by the real clock. `keep` is given the world's state now and then, and at the end."""

    def __init__(
        self,
        world: World,
        connectors: dict[str, Any],
        secrets: Secrets,
        port: int,
        keep: Callable[[dict[str, Any]], None],
    ) -> None:
        self._world = world
        self._connectors = connectors
        self._secrets = secrets
        self._port = port
        self._keep = keep
        self._chance = random.Random()  # noqa: S311 - believable, not secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-store", daemon=True)
        self._queue: list[tuple[float, Hook]] = []
        self._lock = threading.RLock()
        self._store = BackOffice(world, self._lock, self._enqueue_all)
        self._office = serve(self._store)
        self.sent = 0

    @property
    def office_port(self) -> int:
        """Where the store's own interface answers, on this machine."""
        return self._office.server_address[1]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._office.shutdown()
        self._office.server_close()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        now = datetime.now(UTC)
        for step in self._world.steps:
            step.due = now + hasten(step.due - now)
        self._world.steps.sort()
        plan = self._world.plan
        # From here on every delay of the store's life is a short one.
        self._world.plan = lambda due, what, *args: plan(  # type: ignore[method-assign]
            datetime.now(UTC) + hasten(due - datetime.now(UTC)), what, *args
        )
        next_visit = next_keep = time.monotonic()
        for _ in range(FIRST_VISITS):
            plan(datetime.now(UTC), "visit")
        self._queue.append((next_visit + 20, _broken(now)))
        while not self._stop.wait(0.25):
            with self._lock:
                if time.monotonic() >= next_visit:
                    plan(datetime.now(UTC), "visit")
                    next_visit = time.monotonic() + self._chance.expovariate(1 / VISIT_EVERY)
                self._take_steps()
            self._send_due()
            if time.monotonic() >= next_keep:
                self._keep_now()
                next_keep = time.monotonic() + 20
        self._keep_now()

    def _keep_now(self) -> None:
        with self._lock:
            document = json.loads(json.dumps(self._world.document()))
        self._keep(document)

    def _take_steps(self) -> None:
        now = datetime.now(UTC)
        while (due := self._world.due()) is not None and due <= now:
            try:
                hooks = self._world.advance(datetime.now(UTC))
            except KeyError:
                # The state kept at the last stop was older than what had been sent: that story is over.
                continue
            for hook in hooks:
                self._enqueue(hook)

    def _enqueue(self, hook: Hook) -> None:
        self._store.heard(hook)
        roll = self._chance.random()
        when = time.monotonic()
        if roll < HELD_BACK:
            when += self._chance.uniform(4, 15)
        self._queue.append((when, hook))
        if roll > 1 - TWICE:
            self._queue.append((when + self._chance.uniform(0.1, 6), hook))

    def _enqueue_all(self, hooks: list[Hook]) -> None:
        for hook in hooks:
            self._enqueue(hook)

    def _send_due(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = [item for item in self._queue if item[0] <= now]
            self._queue = [item for item in self._queue if item[0] > now]
        for index, (_, hook) in enumerate(due):
            if self._stop.is_set() or not self._send(hook):
                # The door does not answer: a platform tries again later.
                with self._lock:
                    self._queue += [(now + 3, left) for _, left in due[index:]]
                return

    def _send(self, hook: Hook) -> bool:
        secret, settings = self._secrets[hook.channel]
        headers, body = request_of(hook, self._connectors[hook.channel], secret, settings)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", f"/hooks/{NAMES[hook.channel]}", body, headers)
            status = connection.getresponse().status
        except OSError:
            return False
        finally:
            connection.close()
        if status != 200:
            log.warning("the door answered %s to %s", status, hook.topic)
        self.sent += 1
        return status < 500
