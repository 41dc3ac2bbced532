"""What a watchdog asks: does the process live, can it do its work, and how much of it is there.

`/healthz` answers for the process alone, so that a database that is down does not get the process killed; `/readyz`
says which of database, migrations and worker is missing; `/metrics` is for Prometheus.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from time import monotonic, time_ns
from typing import Any

import msgspec

from sereno.ingest.counts import SECONDS
from sereno.ingest.door import Door, Receive, Scope, Send
from sereno.store.database import Database

WORKER_SECONDS = 15.0
PATIENCE = 2.0
KEPT = 1.0

_TEXT = b"text/plain; charset=utf-8"
_JSON = b"application/json"


class Health:
    """ASGI application for the three addresses. The database is asked at most once a second, however often it is
    called, and from `executor`; one that does not answer within two seconds counts as gone."""

    def __init__(self, database: Database, door: Door, is_migrated: Callable[[], bool], executor: Executor) -> None:
        self._database = database
        self._door = door
        self._is_migrated = is_migrated
        self._was_migrated = False
        self._executor = executor
        self._is_up = False
        self._worker_seen: int | None = None
        self._read_at = -KEPT
        self._reading: asyncio.Future[None] | None = None
        self._making: dict[bool, asyncio.Future[bytes]] = {}
        self._asking = asyncio.Lock()
        self._state: tuple[Any, ...] | None = None
        self._state_at = -KEPT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await _answer(send, 200, _TEXT, b"ok\n")
        elif path == "/readyz":
            await self._refresh()
            checks = self.checks()
            status = 200 if all(found == "ok" for found in checks.values()) else 503
            body = {"status": "ready" if status == 200 else "not ready", "checks": checks}
            await _answer(send, status, _JSON, msgspec.json.encode(body) + b"\n")
        else:
            shows_names = is_local(scope) or await self._is_key(bearer_of(scope))
            making = self._making.get(shows_names)
            if making is None or making.done():
                # One at a time, so that there is always a thread left for `/readyz`.
                making = asyncio.get_running_loop().run_in_executor(self._executor, self._metrics, shows_names)
                self._making[shows_names] = making
            body = await asyncio.shield(making)
            await _answer(send, 200, b"text/plain; version=0.0.4; charset=utf-8", body)

    def checks(self) -> dict[str, str]:
        """`ok`, or what is wrong, for each part."""
        if not self._is_up:
            return {"database": "does not answer", "migrations": "unknown", "worker": "unknown"}
        age = seconds_since(self._worker_seen)
        if age is None:
            worker = "none has been seen: start `sereno serve` or `sereno work`"
        else:
            worker = "ok" if age < WORKER_SECONDS else f"last seen {age:.0f} s ago"
        migrated = "ok" if self._was_migrated else "not all applied: run `sereno migrate`"
        return {"database": "ok", "migrations": migrated, "worker": worker}

    async def _refresh(self) -> None:
        if monotonic() - self._read_at < KEPT:
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().run_in_executor(self._executor, self._read)
        try:
            await asyncio.wait_for(asyncio.shield(self._reading), PATIENCE)
        except TimeoutError:
            self._is_up = False

    def _read(self) -> None:
        try:
            self._was_migrated = self._was_migrated or self._is_migrated()
            if self._was_migrated:
                with self._database.read() as transaction:
                    row = transaction.one("worker_seen")
                self._worker_seen = row[0] if row else None
            self._is_up = True
        except Exception:  # whatever it is, the answer is that the database cannot be used
            self._is_up = False
        self._read_at = monotonic()

    def _counts(self) -> tuple[Any, ...] | None:
        if monotonic() - self._state_at >= KEPT:
            try:
                with self._database.read() as transaction:
                    self._state = transaction.one("door_state")
            except Exception:
                self._state = None
            self._state_at = monotonic()
        return self._state

    async def _is_key(self, token: str) -> bool:
        """Whether it is a live API key. One is looked up at a time, however many are tried."""
        if not token:
            return False
        async with self._asking:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._find_key, token)

    def _find_key(self, token: str) -> bool:
        try:
            with self._database.read() as transaction:
                digest = hashlib.sha256(token.encode()).hexdigest()
                return transaction.one("live_key", {"digest": digest, "now": time_ns() // 1000}) is not None
        except Exception:
            return False

    def _metrics(self, shows_names: bool) -> bytes:
        """Connections are named to who asks from this machine, or with an API key."""
        # Imported when first asked for: a tenth of a second of start-up and some memory that most installs never need.
        from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Metrics(self._door, self._counts(), shows_names))
        return generate_latest(registry)


class _Metrics:
    def __init__(self, door: Door, state: tuple[Any, ...] | None, shows_names: bool) -> None:
        self._door = door
        self._shows_names = shows_names
        self._state = state

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        counts = self._door.counts
        answers = CounterMetricFamily(
            "sereno_door_answers", "Deliveries by connection and answer.", labels=("connection", "status")
        )
        by_label: dict[tuple[str, str], int] = {("", str(status)): number for status, number in counts.unknown.items()}
        for connection in self._door.connections:
            name = connection.name if self._shows_names else ""
            for status, number in list(connection.answers.items()):
                at = (name, str(status))
                by_label[at] = by_label.get(at, 0) + number
        for at, number in by_label.items():
            answers.add_metric(at, number)
        yield answers
        refusals = CounterMetricFamily(
            "sereno_door_refusals", "Deliveries refused for their signature.", labels=("connection",)
        )
        for connection in self._door.connections:
            if self._shows_names:
                refusals.add_metric((connection.name,), connection.refusals.total)
        if not self._shows_names:
            refusals.add_metric(("",), sum(connection.refusals.total for connection in self._door.connections))
        yield refusals
        total = 0
        buckets: list[tuple[str, int]] = []
        for bound, number in zip((*map(str, SECONDS), "+Inf"), list(counts.buckets), strict=True):
            total += number
            buckets.append((bound, total))
        latency = HistogramMetricFamily("sereno_door_seconds", "From the whole head of a request to its answer.")
        latency.add_metric((), buckets, counts.seconds)
        yield latency
        commits = self._door.commits
        if commits is not None:
            yield CounterMetricFamily("sereno_door_stored", "Deliveries stored.", commits.stored)
            yield CounterMetricFamily("sereno_door_duplicates", "Deliveries that had been stored.", commits.duplicates)
            yield CounterMetricFamily("sereno_door_batches", "Commits made for them.", commits.batches)
            yield GaugeMetricFamily("sereno_door_waiting", "Deliveries waiting for their commit.", commits.waiting)
        yield CounterMetricFamily("sereno_door_slow", "Senders cut off for taking too long.", counts.slow)
        yield GaugeMetricFamily("sereno_database_up", "Whether the database answers.", int(self._state is not None))
        if self._state is not None:
            yield from _gauges(self._state)


def _gauges(state: tuple[Any, ...]) -> Iterator[Any]:
    from prometheus_client.core import GaugeMetricFamily

    deliveries, events, pending, running, failed, live, seen, oldest, critical, alerts = state
    inbox = GaugeMetricFamily("sereno_inbox_pending", "What came in and is not dealt with.", labels=("kind",))
    inbox.add_metric(("delivery",), deliveries)
    inbox.add_metric(("event",), events)
    yield inbox
    yield GaugeMetricFamily("sereno_runs_live", "Runs that are running, waiting or parked.", live)
    effects = GaugeMetricFamily("sereno_effects", "Effects not done.", labels=("status",))
    for status, number in (("pending", pending), ("running", running), ("failed", failed)):
        effects.add_metric((status,), number)
    yield effects
    amiss = GaugeMetricFamily("sereno_alerts", "Alerts that are not settled.", labels=("severity",))
    amiss.add_metric(("critical",), critical)
    amiss.add_metric(("other",), alerts)
    yield amiss
    lag = seconds_since(oldest) or 0.0
    yield GaugeMetricFamily("sereno_worker_lag_seconds", "Age of the oldest delivery not yet mapped.", lag)
    age = seconds_since(seen)
    if age is not None:
        yield GaugeMetricFamily("sereno_worker_seen_seconds", "Since a worker was last seen.", age)


def is_local(scope: Scope) -> bool:
    """Whether the question comes from this machine itself, not through a proxy on it."""
    if any(name in (b"x-forwarded-for", b"forwarded", b"x-real-ip") for name, _ in scope.get("headers", ())):
        return False
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def bearer_of(scope: Scope) -> str:
    """The API key that comes with the question, or nothing."""
    for name, value in scope.get("headers", ()):
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].strip().decode("latin-1")
    return ""


def seconds_since(micros: int | None) -> float | None:
    return None if micros is None else max(0.0, time_ns() / 1e9 - micros / 1e6)


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
