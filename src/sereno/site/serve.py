"""One process: door, pages and a worker, started and stopped in order.

Invariant: on SIGTERM or Ctrl-C no new request is taken, those under way are answered, what the door took is committed,
and the worker finishes the transaction and the actions it has begun. A second signal does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from sereno.ingest.protocol import DoorProtocol, close_idle_heads
from sereno.sdk.discretion import Discreet

if TYPE_CHECKING:
    from sereno.ingest.door import Door
    from sereno.ingest.front import Application
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import Worker

log = logging.getLogger("sereno.serve")

STOP_SECONDS = 25
"""How long requests under way, and then the worker, may take to finish."""
SWITCH_INTERVAL = 0.001
"""Seconds a thread may hold the interpreter while others want it (Python's own is 0.005): the door's loop shares it
with the worker, and a webhook must not wait for five milliseconds at every turn."""


def serve(
    bind: tuple[str, int] | None = None, *, with_worker: bool = True, on_ready: Callable[[], None] | None = None
) -> int:
    """Serve until stopped; 0, or 1 when the address cannot be listened on. Django is set up, plugins are loaded and
    migrations applied before. `on_ready` is called, in a thread of its own, once requests are taken."""
    from django.conf import settings

    from sereno.runtime.worker import quiet_garbage
    from sereno.site.composition import build_door, build_front, build_minders, build_runtime
    from sereno.store.database import default_database

    environment = settings.ENVIRONMENT
    listening = _listen(bind or environment.bind)
    if listening is None:
        return 1
    _start_logging()
    sys.setswitchinterval(SWITCH_INTERVAL)
    database = default_database()
    crew = Crew(partial(build_runtime, environment, database=database)) if with_worker else None
    door = build_door(on_stored=crew.notify if crew else None, database=database)
    executor = ThreadPoolExecutor(2, "sereno-health")
    server = make_server(build_front(door, executor, database), door, on_ready)
    minders = build_minders(environment, database) if with_worker else []
    if crew:
        crew.start()
    else:
        quiet_garbage()  # as a worker does: looking through all that is loaded took 150 ms of some requests
    for minder in minders:
        minder.start()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve(sockets=[listening]))
    finally:
        for minder in reversed(minders):
            minder.stop()
        if crew:
            crew.stop(STOP_SECONDS)
        executor.shutdown(wait=False, cancel_futures=True)
    return 0


def make_server(application: Application, door: Door, on_ready: Callable[[], None] | None = None) -> uvicorn.Server:
    """The HTTP server, not yet running; `serve(sockets=[...])` is its coroutine."""
    config = uvicorn.Config(
        application,  # pyright: ignore[reportArgumentType]
        http=partial(DoorProtocol, door=door),  # pyright: ignore[reportArgumentType]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return _Server(config, on_ready)


def work() -> int:
    """One worker until stopped."""
    from django.conf import settings

    from sereno.site.composition import build_minders, build_runtime
    from sereno.store.database import default_database

    _start_logging()
    crew = Crew(partial(build_runtime, settings.ENVIRONMENT))
    minders = build_minders(settings.ENVIRONMENT, default_database())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    crew.start()
    for minder in minders:
        minder.start()
    while not stop.wait(1.0):
        pass
    for minder in reversed(minders):
        minder.stop()
    crew.stop(STOP_SECONDS)
    return 0


class Crew:
    """The worker of this process, in a thread. One that cannot begin, or falls over, is replaced after a second: its
    faults are logged, and it has settled or given back what it had begun."""

    def __init__(self, build: Callable[[], Runtime]) -> None:
        self._build = build
        self._stop = threading.Event()
        self._worker: Worker | None = None
        self._thread = threading.Thread(target=self._run, name="sereno-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """There is something to do. May be called from any thread."""
        worker = self._worker
        if worker is not None:
            worker.notify()

    def stop(self, seconds: float) -> bool:
        """Whether the worker had finished within `seconds`."""
        self._stop.set()
        self.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        # Imported here: serving begins while the engine is still being loaded.
        from sereno.runtime.worker import Worker

        while not self._stop.is_set():
            try:
                self._worker = Worker(self._build())
                self._worker.run(self._stop)
            except Exception:
                log.exception("the worker fell over; another takes its place")
                self._stop.wait(1.0)


class _Server(uvicorn.Server):
    """uvicorn, but the signals are ours: it would end the process before the worker has stopped."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_ready is not None and not self.should_exit:
            threading.Thread(target=self._on_ready, name="sereno-ready", daemon=True).start()

    async def on_tick(self, counter: int) -> bool:
        if counter % 20 == 0:
            close_idle_heads(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def _listen(bind: tuple[str, int]) -> socket.socket | None:
    host, port = bind[0].strip("[]"), bind[1]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        sys.stderr.write(f"sereno: cannot listen on {host}:{port}: {reason}. Set SERENO_BIND to another.\n")
        return None
    return listening


def _start_logging() -> None:
    """Warnings and worse to standard error, a line each, where nobody has set logging up."""
    root: Any = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        for handler in root.handlers:
            handler.addFilter(Discreet())
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        logging.getLogger("httpx2").setLevel(logging.WARNING)
