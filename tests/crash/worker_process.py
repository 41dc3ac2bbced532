"""Workers in processes of their own, made to be killed.

This program loads everything once, then forks a worker for each line `URL JOURNAL SECONDS_AHEAD` it reads, and says its
process id. A worker says `ready` when it begins to work, and stops in good order on SIGTERM. Its action `crash.call`
notes in the journal that it began, and that it is through; `slow` takes its time in between. `crash.write` notes when.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import storefront
from installation import ready


class AheadClock:
    """The machine's clock, ahead by a fixed time."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def register() -> None:
    """The parent registers it too, to be able to check flows that use it."""
    from sereno.sdk.config import Config, text
    from sereno.sdk.context import Context
    from sereno.sdk.plugin import Addressed, MessageKind, action, registry
    from sereno.sdk.result import Done, Result

    if registry().actions.get("crash.call") is not None:
        return

    class CallConfig(Config):
        to: str = text("To", template=True)

    def note(line: str) -> None:
        descriptor = os.open(os.environ["CRASH_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    @action("crash.call", label="Call {to}", config=CallConfig, connection=lambda config: "crash")
    def call(config: CallConfig, ctx: Context) -> Result:
        """Call somebody who notes every call."""
        note(f"begin {ctx.effect_key}\n")
        if config.to == "slow" and ctx.attempt == 1:
            time.sleep(60)
        note(f"end {ctx.effect_key}\n")
        return Done({"attempt": ctx.attempt})

    def addressed(config: Any, ctx: Context) -> Addressed:
        return Addressed("email", config["to"], "transactional", lambda consents: None)

    @action(
        "crash.write",
        label="Write to {to}",
        config=CallConfig,
        connection=lambda config: "post",
        message=lambda config: MessageKind("email", "transactional"),
        addressed=addressed,
    )
    def write(config: CallConfig, ctx: Context) -> Result:
        """Write to somebody; when it begins is noted, by the clock that all processes share."""
        note(f"at {time.monotonic_ns()} {ctx.shop.id} {ctx.effect_key}\n")
        time.sleep(0.04)
        return Done({})


def work(url: str, ahead: float) -> None:
    """Work on this database until told to stop."""
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.stores.writing import LiveStores
    from sereno.runtime.worker import Worker, worker_name
    from sereno.sdk.plugin import registry
    from sereno.sdk.stores import Stores
    from sereno.store.database import open_database

    database = open_database(url)

    def ports(kind: type[Any], shop: Any) -> object | None:
        return LiveStores(database, registry(), shop.id, shop_http(shop.settings)) if kind is Stores else None

    stop = threading.Event()
    clock = AheadClock(ahead)
    dead = timedelta(seconds=1.5)
    runtime = Runtime(database, registry(), ports, clock, worker_name(), threads=4, dead_after=dead)
    worker = Worker(runtime, beat=0.4)
    signal.signal(signal.SIGTERM, lambda *_: (stop.set(), worker.notify()))
    print("ready", flush=True)
    worker.run(stop)


def main() -> None:
    ready()
    register()
    storefront.register()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The system buries our dead.
    for line in sys.stdin:
        url, journal, ahead = line.split()
        child = os.fork()
        if child:
            print(child, flush=True)
            continue
        os.environ["CRASH_JOURNAL"] = journal
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            work(url, float(ahead))
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()
