"""The whole ASGI application: the door and the watchdogs' addresses raw, everything else the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sereno.ingest.door import PREFIX, RETRY_AFTER, Door, Message, Receive, Scope, Send
from sereno.ingest.health import Health

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PAGE_BODY = 6 * 1024 * 1024
"""Largest body for a page or the API, a little over what the pages themselves accept."""
PAGE_BODIES = 64 * 1024 * 1024
PAGE_SECONDS = 30.0
_HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})


class _Gone(Exception):  # noqa: N818
    """The sender hung up before the body was complete: there is nobody to answer."""


class Front:
    """`pages` gets what is neither the door's nor a watchdog's, and only once its body is here: a page is answered by
    one of a few threads, and somebody who sends a byte a minute must not keep one waiting. The door is started and
    closed with the server's lifespan; without one (another server), with the first request."""

    def __init__(self, door: Door, health: Health, pages: Application) -> None:
        self.door = door
        self.health = health
        self.pages = pages
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            path = scope["path"]
            if path.startswith(PREFIX):
                self.door.start()
                await self.door(scope, receive, send)
            elif path in _HEALTH:
                await self.health(scope, receive, send)
            elif _has_body(scope):
                await self._page_with_body(scope, receive, send)
            else:
                await self.pages(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _page_with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        chunks: list[bytes] = []
        try:
            try:
                async with asyncio.timeout(PAGE_SECONDS):
                    refusal = await self._read(receive, chunks)
            except TimeoutError:
                refusal = 408
            if refusal:
                await _refuse(send, refusal)
                return
            whole: Message | None = {"type": "http.request", "body": b"".join(chunks), "more_body": False}

            async def receive_whole() -> Message:
                nonlocal whole
                message, whole = whole, None
                return message if message is not None else await receive()

            await self.pages(scope, receive_whole, send)
        except _Gone:
            pass
        finally:
            self._held -= sum(map(len, chunks))

    async def _read(self, receive: Receive, chunks: list[bytes]) -> int:
        """Fill `chunks` with the body: 0, or the status that refuses it. Raises _Gone."""
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise _Gone
            chunk = message.get("body", b"")
            chunks.append(chunk)
            size += len(chunk)
            self._held += len(chunk)
            if size > PAGE_BODY:
                return 413
            if self._held > PAGE_BODIES:
                return 503
            if not message.get("more_body", False):
                return 0

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.door.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await asyncio.shield(self.door.close())
                await send({"type": "lifespan.shutdown.complete"})
                return


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    if status == 503:
        headers.append((b"retry-after", RETRY_AFTER))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
