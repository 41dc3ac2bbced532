"""Workers killed between what a store did and their own commit: every write is there once in the end."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from hosting import Host, is_alive, kill

import storefront
from sereno.runtime import connecting, services
from sereno.runtime.stores import permitting
from sereno.sdk.connector import NewEvent
from sereno.sdk.ports import HttpRequest
from sereno.store import secrets
from sereno.store.documents import encode
from storefront import URL, Platform

ORDERS = 5
KILLS = 5
AHEAD = 70.0
"""Seconds by which each worker's clock is ahead of the one before: a dead one's lease is over."""
FLOW = """flow: all-three
trigger: {event: order.paid}
steps:
  - tests.tag: {tag: big}
  - tests.note: {tag: seen}
  - tests.refund: {tag: x}
"""


@pytest.fixture(autouse=True)
def _one_key() -> Iterator[None]:
    """Other tests of this process may have set a key that the worker's process does not know."""
    held = secrets._keys
    secrets.configure(settings.ENVIRONMENT.secret_key)
    yield
    if held:
        secrets.configure(*held)


class Killing:
    """The platform on loopback. Of the writes it does, some (`chance`) are the last its worker asks for: each request
    says whose it is. A worker has several under way, and what a dead one sent never arrives: so each write that may
    kill does, and the number of deaths is that of the writes."""

    def __init__(self, platform: Platform, chance: float = 0.6) -> None:
        self.killed = 0
        lock, rng = threading.Lock(), random.Random(5)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.title(): value for name, value in self.headers.items()}
                request = HttpRequest(self.command, URL + self.path, headers, body)
                worker = int(headers["Worker"])
                with lock:
                    if not is_alive(worker):
                        return
                    said = platform.send(request)
                    if self.command == "POST" and outer.killed < KILLS and rng.random() < chance:
                        outer.killed += 1
                        kill(worker)
                        return
                self.send_response(said.status)
                self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

            do_GET = do_POST = answer  # noqa: N815

            def handle(self) -> None:
                with suppress(OSError):  # Nobody is left to be answered.
                    super().handle()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_killed_at_any_write_nothing_is_done_twice_and_nothing_is_left_out(host: Host) -> None:
    storefront.register()
    platform = Platform(now=datetime.now(UTC))
    store = Killing(platform)
    try:
        _set_up(host, platform, store)
        for number in range(KILLS + 1):
            worker = host.start(ahead=AHEAD * number)
            host.until(lambda worker=worker: not is_alive(worker) or _written(host) == ORDERS * 3, 60)
        assert store.killed == KILLS
        assert _written(host) == ORDERS * 3
        assert len(platform.refunds) == ORDERS
        for order in platform.orders.values():
            assert (order["tags"], order["note"].count("seen")) == (["big"], 1), order
    finally:
        store.close()


def _written(host: Host) -> int:
    return host.count("effect WHERE status = 'done' AND connection = 'store'")


def _set_up(host: Host, platform: Platform, store: Killing) -> None:
    with host.database.transaction() as tx:
        mark = ("?1", "?2") if host.database.dialect == "sqlite" else ("$1", "$2")
        allowed = encode({"allowed_hosts": [f"127.0.0.1:{store.port}"]})
        tx.text(f"UPDATE shop SET settings = {mark[0]} WHERE id = {mark[1]}", [allowed, host.shop])
    connecting.connect(host.shop, storefront.KIND, "front", by="ana", secrets=["a secret"], database=host.database)
    values = {"url": f"http://127.0.0.1:{store.port}", "token": platform.token}
    permitting.give_access(
        "front", values, by="ana", shop_id=host.shop, http=platform, is_asked=False, database=host.database
    )
    host.flow(FLOW)
    now = datetime.now(UTC)
    events: list[NewEvent] = []
    for number in range(1, ORDERS + 1):
        id_ = str(number)
        platform.add_order(id_)
        data = json.loads(json.dumps(platform.orders[id_]))
        events.append(NewEvent(f"paid|{id_}", "order.paid", f"order:{id_}", now, data, {"order": id_}))
    services.insert_events(host.shop, None, "front", events, database=host.database)
