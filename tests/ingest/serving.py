"""A real server with a real database for the tests of the door: sockets, not mock scopes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn

from sereno.connectors.generic.webhooks import GENERIC
from sereno.connectors.signatures import sign
from sereno.ingest.door import Door, Limits
from sereno.ingest.front import Front
from sereno.ingest.health import Health
from sereno.ingest.inbox import open_inbox
from sereno.ingest.protocol import DoorProtocol
from sereno.store import secrets
from sereno.store.database import open_database

SECRET = "shop secret"
SETTINGS = {"signature_header": "X-Sig", "topic_header": "X-Topic", "delivery_header": "X-Delivery"}
MICROS = 1_000_000


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Store:
    """The database file of one test, seen from outside the server."""

    path: Path
    shop: int = field(init=False)

    def __post_init__(self) -> None:
        self.execute(
            "INSERT INTO shop (slug, name, currency, timezone, locale, settings, created_at)"
            " VALUES ('s', 'S', 'EUR', 'UTC', 'en', '{}', 0)"
        )
        (self.shop,) = self.rows("SELECT id FROM shop")[0]

    def execute(self, sql: str, *values) -> None:
        with contextlib.closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as connection:
            connection.execute(sql, values)

    def rows(self, sql: str, *values) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as connection:
            return connection.execute(sql, values).fetchall()

    def connect(self, name: str, kind: str = "generic", secret_list=(SECRET,), settings=None) -> None:
        self.execute(
            "INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at)"
            " VALUES (?, ?, ?, ?, ?, 1, 0)",
            self.shop,
            name,
            kind,
            secrets.encrypt(list(secret_list)),
            json.dumps(SETTINGS if settings is None else settings),
        )

    def deliveries(self) -> list[tuple]:
        """(dedupe key, topic, body, status) in order of arrival."""
        return self.rows("SELECT dedupe_key, topic, body, status FROM delivery ORDER BY id")


class Server:
    """uvicorn in a thread, with our protocol, on a port of its own."""

    def __init__(
        self, path: Path | None, *, limits: Limits | None = None, quick: bool = True, url: str | None = None
    ) -> None:
        self.database = open_database(url or f"sqlite:///{path}")
        self.stored = 0
        self.door = Door(
            open_inbox(self.database),
            lambda kind: GENERIC,
            secrets.decrypt,
            limits=limits or Limits(),
            on_stored=self._count,
        )
        self.is_migrated = True
        self.executor = ThreadPoolExecutor(2)
        health = Health(self.database, self.door, lambda: self.is_migrated, self.executor)
        self.port = free_port()
        config = uvicorn.Config(
            Front(self.door, health, _pages),
            port=self.port,
            loop="uvloop",
            http=partial(DoorProtocol, door=self.door) if quick else "httptools",  # type: ignore[arg-type]
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_keep_alive=30,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _count(self) -> None:
        self.stored += 1

    def _run(self) -> None:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.server.serve())

    def __enter__(self) -> Server:
        self.thread.start()
        self.until(lambda: self.server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()
        self.executor.submit(self.database.close)
        self.executor.shutdown()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until this is so of the door, which works in a thread of its own."""
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.01)

    def send(self, data: bytes, timeout: float = 60) -> Answer:
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as line:
            line.sendall(data)
            return read_answer(line)

    def post(self, name: str, body: bytes, headers: dict[str, str] | None = None, method: str = "POST") -> Answer:
        return self.send(request(f"/hooks/{name}", body, headers or {}, method))

    def deliver(
        self, name: str, body: bytes = b'{"id":1}', *, id: str = "d1", secret: str = SECRET, **headers
    ) -> Answer:
        return self.post(name, body, signed(body, id=id, secret=secret) | headers)


async def _pages(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"page"})


def signed(body: bytes, *, id: str = "d1", secret: str = SECRET) -> dict[str, str]:
    return {"X-Sig": sign(secret, body), "X-Topic": "order.created", "X-Delivery": id}


def request(path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read_answer(line: socket.socket) -> Answer:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = line.recv(65536)
        assert chunk, f"hung up after {data!r}"
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (part.partition(": ") for part in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65536)
    return Answer(int(first.split()[1]), headers, body)


def copy_of(template: Path, folder: Path) -> Store:
    path = folder / "sereno.sqlite3"
    shutil.copy(template, path)
    return Store(path)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def now() -> datetime:
    return datetime.now(UTC)
