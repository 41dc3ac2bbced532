"""The way to the pages: a body must be here, whole and not too large, before it costs a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import pytest

from sereno.ingest import front as module
from sereno.ingest.door import Door
from sereno.ingest.front import Front
from sereno.ingest.health import Health


class Pages:
    """Keeps the bodies that reached it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        assert not message.get("more_body")
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(pages: Pages, messages: Iterable[dict[str, Any]], *, hangs: bool = False) -> tuple[int | None, Front]:
    """The status of a POST whose body comes as these messages; then silence when it `hangs`."""
    front = Front(cast(Any, None), cast(Any, None), pages)
    left = list(messages)
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        if not left and hangs:
            await asyncio.sleep(60)
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/sign-in", "method": "POST", "headers": [(b"transfer-encoding", b"chunked")]}
    asyncio.run(front(scope, receive, send))
    return (sent[0]["status"] if sent else None), front


def part(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_reaches_the_pages_in_one_piece() -> None:
    pages = Pages()
    status, front = ask(pages, [part(b"a="), part(b"1"), part(b"", more=False)])
    assert (status, pages.bodies) == (200, [b"a=1"])
    assert front._held == 0


def test_a_sender_who_takes_too_long_keeps_no_page_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_SECONDS", 0.05)
    pages = Pages()
    status, front = ask(pages, [part(b"a=")], hangs=True)
    assert (status, pages.bodies) == (408, [])
    assert front._held == 0


def test_too_large_a_body_and_too_many_bodies_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_BODY", 10)
    pages = Pages()
    assert ask(pages, [part(b"12345678"), part(b"12345678")])[0] == 413
    monkeypatch.setattr(module, "PAGE_BODIES", 5)
    status, front = ask(pages, [part(b"12345678")])
    assert (status, pages.bodies) == (503, [])
    assert front._held == 0


def test_a_sender_who_hangs_up_costs_nothing() -> None:
    pages = Pages()
    status, front = ask(pages, [part(b"a=")])
    assert (status, pages.bodies) == (None, [])
    assert front._held == 0


def test_a_flood_of_questions_for_metrics_asks_the_database_once() -> None:
    asked: list[str] = []

    class Slow:
        @contextmanager
        def read(self) -> Iterator[Slow]:
            yield self

        def one(self, name: str) -> None:
            asked.append(name)
            time.sleep(0.05)

    async def flood() -> None:
        loop = asyncio.get_running_loop()
        executor = ThreadPoolExecutor(2)
        door = Door(cast(Any, None), cast(Any, None), cast(Any, None))
        health = Health(cast(Any, Slow()), door, lambda: True, executor)

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200

        await asyncio.gather(*(health({"path": "/metrics"}, cast(Any, None), send) for _ in range(50)))
        await health({"path": "/metrics"}, cast(Any, None), send)
        await loop.run_in_executor(None, executor.shutdown)

    asyncio.run(flood())
    assert asked == ["door_state"]
