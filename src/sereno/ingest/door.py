"""The door: `POST /hooks/{connection}`, raw ASGI, nothing slow before the answer.

Invariant: 200 is said only after the delivery is durable. 401 bad or too old signature, 404 unknown connection, 405 not
a POST, 413 too large; every trouble of our own is 503 with Retry-After, because senders take other codes as final.
The body is never parsed here, and memory is bounded: by body, by all bodies at once, by how many wait for the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from threading import Thread
from time import monotonic, time_ns
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sereno.ingest.commits import GroupCommit, Reply
from sereno.ingest.connections import Connections, Known
from sereno.ingest.counts import Counts
from sereno.ingest.inbox import Inbox, NewDelivery, Unwritable
from sereno.ingest.refusals import Refusals
from sereno.sdk.connector import Connector

log = logging.getLogger("sereno.door")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = Iterable[tuple[bytes, bytes]]

PREFIX = "/hooks/"
RETRY_AFTER = b"5"
LEARNS_EVERY = 2.0
"""Seconds between two looks for a key."""
LONGEST_KEY = 200
BY_ADDRESS = "x-sereno-token"
DROPPED_HEADERS = frozenset(
    {"authorization", "cookie", "proxy-authorization", "x-sereno-as", "x-sereno-read", BY_ADDRESS}
)
"""What might let somebody in elsewhere; the mark of canonical events, which only `sereno ingest` may set, and that of
what Sereno read itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`body`: largest delivery. `in_flight`: bytes of all bodies being read or waiting for the commit; when it is half
    used up, only bodies up to `small` are taken. `waiting`: most deliveries in the queue. `seconds`: a whole body must
    arrive within. All sizes in bytes."""

    body: int = 5 * 1024 * 1024
    in_flight: int = 64 * 1024 * 1024
    small: int = 256 * 1024
    waiting: int = 20_000
    seconds: float = 10.0


class _Refused(Exception):  # noqa: N818
    """The request ends here, with this status."""

    def __init__(self, status: int) -> None:
        self.status = status


class _Gone(Exception):  # noqa: N818
    """The sender hung up before its body was complete: there is nobody to answer."""


def _start(status: int, *headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *headers]}


_CLOSE = (b"connection", b"close")
_EXTRA = {405: ((b"allow", b"POST"),), 503: ((b"retry-after", RETRY_AFTER),)}
_STARTS = {status: _start(status, *_EXTRA.get(status, ())) for status in (200, 401, 404, 405, 413, 503)}
_CLOSING = {status: _start(status, *_EXTRA.get(status, ()), _CLOSE) for status in (401, 404, 405, 413, 503)}
_OK = _STARTS[200]
_PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class Door:
    """The application. `start` and `close` belong to the loop that serves it. `on_stored` is called, from another
    thread, after each commit that brought something new. `fetch` gives what stands at a public address."""

    def __init__(
        self,
        inbox: Inbox,
        find_connector: Callable[[str], Connector],
        decrypt: Callable[[str], Any],
        *,
        limits: Limits = Limits(),
        on_stored: Callable[[], None] | None = None,
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._fetch = fetch
        self._learns_after = 0.0
        self.limits = limits
        self.counts = Counts()
        self._inbox = inbox
        self._on_stored = on_stored
        self._executor = ThreadPoolExecutor(1, "sereno-door-reader")
        self.connections = Connections(inbox, self._executor, find_connector, decrypt)
        self.commits: GroupCommit | None = None
        self._held = 0
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._slow: set[asyncio.Task[Any]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def refusals_of(self, name: str) -> Refusals | None:
        """What was refused at a connection's address for its signature since this process began; None while nobody
        came. May be called from any thread."""
        found = self.connections.known(name)
        return found.refusals if found is not None else None

    def start(self) -> None:
        if self.commits is None:
            self.commits = GroupCommit(self._inbox, on_stored=self._on_stored)
            self._sweeper = asyncio.ensure_future(self._sweep())

    async def close(self) -> None:
        """Commit what waits. The door must have stopped taking requests."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self.commits is not None:
            await self.commits.close()
        self._executor.submit(self._inbox.close)
        self._executor.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = monotonic()
        name = scope["path"][len(PREFIX) :]
        connection: Known | None = None
        is_read = False
        try:
            connection = self.connections.fresh(name, began) or await self.connections.find(name)
            if connection is None:
                raise _Refused(404)
            if scope["method"] != "POST":
                if (answer := _greeting(connection, scope)) is not None:
                    await send({"type": "http.response.start", "status": 200, "headers": _PLAIN})
                    await send({"type": "http.response.body", "body": answer.encode(), "more_body": False})
                    return
                raise _Refused(405)
            headers = decoded(scope["headers"])
            if query := scope.get("query_string"):
                headers |= _token(query)
            body, held = await self._body(headers, receive)
            is_read = True
            try:
                await self._take(connection, headers, body)
            finally:
                self._held -= held
        except _Refused as refused:
            status = refused.status
        except _Gone:
            self.counts.gone += 1
            return
        except Unwritable as error:
            log.warning("the door cannot read its connections: %s", error)
            status = 503
        except Exception:
            log.exception("the door failed for connection %s", name[:64])
            status = 503
        else:
            await send(_OK)
            await send(_END)
            self.counts.answered(connection, 200, monotonic() - began)
            return
        self.counts.answered(connection, status, monotonic() - began)
        await self._refuse(status, is_read, scope, receive, send)

    def offer(self, name: str, raw_headers: RawHeaders, body: bytes, reply: Reply) -> bool:
        """The quick way, for a server that already has the whole of a small request. True: it is taken, and `reply`
        hears the status, at once or later. False: nothing was done, let the application have it."""
        began = monotonic()
        size = len(body)
        connection = self.connections.fresh(name, began)
        if connection is None or size > self.limits.small or self._held + size > self.limits.in_flight // 2:
            return False
        self._held += size

        def answer(status: int) -> None:
            self._held -= size
            self.counts.answered(connection, status, monotonic() - began)
            reply(status)

        try:
            status = self._accept(connection, decoded(raw_headers), body, answer)
        except Exception:
            log.exception("the door failed for connection %s", name)
            status = 503
        if status:
            answer(status)
        return True

    async def _take(self, connection: Known, headers: Mapping[str, str], body: bytes) -> None:
        """Store one delivery; returns once it is durable. Raises _Refused."""
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def reply(status: int) -> None:
            if not answered.done():
                answered.set_result(status)

        status = self._accept(connection, headers, body, reply) or await answered
        if status != 200:
            raise _Refused(status)

    def _accept(self, connection: Known, headers: Mapping[str, str], body: bytes, reply: Reply) -> int:
        """Verify and name a delivery and queue it for the commit: 0, and `reply` will hear of it. Or the status that
        refuses it at once."""
        commits = self.commits
        if commits is None or commits.waiting >= self.limits.waiting or connection.secrets is None:
            return 503
        connector = connection.connector
        received = time_ns() // 1000
        settings = connection.settings
        now = datetime.fromtimestamp(received / 1_000_000, UTC)
        verdict = connector.verify(connection.secrets, headers, body, now, settings)
        if verdict == "key_unknown":
            self._learn(connection, body)
            return 503
        if verdict != "ok":
            connection.refusals.note(connector, connection.secrets, headers, body, received, verdict, settings)
            return 401
        topic, key = name_delivery(connector, headers, body, settings)
        commits.add(NewDelivery(connection.id, key, topic, stored_headers(headers), body, received), reply)
        return 0

    def _learn(self, connection: Known, body: bytes) -> None:
        """Have the key found that this is signed with, beside the door's own work; one at a time, and seldom."""
        learn, fetch = connection.connector.learn, self._fetch
        if learn is None or fetch is None or monotonic() < self._learns_after:
            return
        self._learns_after = monotonic() + LEARNS_EVERY
        settings = connection.settings

        def find() -> None:
            try:
                learn(body, settings, fetch)
            except Exception as error:
                log.warning("the key of %s cannot be found: %s", connection.name, error)

        Thread(target=find, name="sereno-door-key", daemon=True).start()

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> tuple[bytes, int]:
        """The whole body, and how many bytes of the common budget it holds. Raises _Refused and _Gone."""
        limits = self.limits
        length = headers.get("content-length")
        if length is not None and (len(length) > 12 or int(length) > limits.body):
            raise _Refused(413)
        task = asyncio.current_task()
        assert task is not None
        self._reading[task] = monotonic()
        held = 0
        chunks: list[bytes] = []
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise _Gone
                chunk = message["body"]
                held += len(chunk)
                self._held += len(chunk)
                if held > limits.body:
                    raise _Refused(413)
                if self._held > limits.in_flight or (held > limits.small and self._held > limits.in_flight // 2):
                    raise _Refused(503)
                if not message["more_body"]:
                    return (b"".join((*chunks, chunk)) if chunks else chunk), held
                chunks.append(chunk)
        except BaseException as error:
            self._held -= held
            if isinstance(error, asyncio.CancelledError) and task in self._slow:
                task.uncancel()
                raise _Refused(503) from None
            raise
        finally:
            del self._reading[task]
            self._slow.discard(task)

    async def _refuse(self, status: int, is_read: bool, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. When the body was not read to its end, the answer goes out first, then a bounded part of the rest is
        thrown away, so that the sender reads the answer instead of a broken pipe; then the line is closed."""
        if is_read or _is_short(scope):
            await send(_STARTS[status])
            await send(_END)
            return
        await send(_CLOSING[status])
        left = 3 * self.limits.body
        try:
            async with asyncio.timeout(2):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            pass
        await send(_END)

    async def _sweep(self) -> None:
        """Cut off senders that take too long over their body; one timer for all is cheaper than one each."""
        while True:
            await asyncio.sleep(min(1.0, self.limits.seconds / 4))
            late = monotonic() - self.limits.seconds
            for task, began in list(self._reading.items()):
                if began < late and task not in self._slow:
                    self._slow.add(task)
                    self.counts.slow += 1
                    task.cancel()


def _token(query: bytes) -> dict[str, str]:
    """The secret an address carries for a sender that signs nothing, as the header it is never kept under."""
    found = dict(parse_qsl(query.decode("latin-1"))).get("secret")
    return {BY_ADDRESS: found} if found else {}


def _greeting(connection: Known, scope: Scope) -> str | None:
    """What a platform that asks by GET or HEAD whether this is its door is answered."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
    return connection.connector.greet(query, connection.settings)


def decoded(headers: RawHeaders) -> dict[str, str]:
    return {str(name, "latin-1"): str(value, "latin-1") for name, value in headers}


def name_delivery(
    connector: Connector, headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]
) -> tuple[str, str]:
    """Topic and dedupe key, fit for the database. A connector that stumbles over a strange body does not lose it: the
    topic is then `unknown`, the key the hash of the body."""
    try:
        topic = connector.topic(headers, body, settings)
    except Exception:
        topic = "unknown"
    try:
        key = connector.dedupe_key(headers, body, settings)
    except Exception:
        key = "body:" + blake2b(body, digest_size=16).hexdigest()
    return fit_topic(topic), fit_key(key)


def fit_topic(topic: str) -> str:
    """The topic as the column takes it."""
    if topic.isascii() and topic.isprintable() and len(topic) <= LONGEST_KEY:
        return topic
    return topic.encode("ascii", "replace").decode().translate(_VISIBLE)[:LONGEST_KEY]


def fit_key(key: str) -> str:
    """The key as the column takes it: one that is too long or odd gives way to its hash."""
    if key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY:
        return key
    return "key:" + blake2b(key.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()


def stored_headers(headers: Mapping[str, str], *, is_ours: bool = False) -> str:
    """The headers as kept beside the body: JSON, without DROPPED_HEADERS (`is_ours`: as they are)."""
    if not is_ours and not DROPPED_HEADERS.isdisjoint(headers):
        headers = {name: value for name, value in headers.items() if name not in DROPPED_HEADERS}
    return _encode(headers).decode()


_encode = msgspec.json.Encoder().encode
_VISIBLE = dict.fromkeys((*range(32), 127), "?")


def _is_short(scope: Scope) -> bool:
    """Whether what is left of the request is small enough for the server to swallow by itself."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return len(value) <= 5
        if name == b"transfer-encoding":
            return False
    return True
