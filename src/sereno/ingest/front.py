"""The whole ASGI application: the door and the watchdogs' addresses raw, everything else the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sereno.ingest.door import PREFIX, Door, Receive, Scope, Send
from sereno.ingest.health import Health

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})


class Front:
    """`pages` gets what is neither the door's nor a watchdog's. The door is started and closed with the server's
    lifespan; without one (another server), with the first request."""

    def __init__(self, door: Door, health: Health, pages: Application) -> None:
        self.door = door
        self.health = health
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            path = scope["path"]
            if path.startswith(PREFIX):
                self.door.start()
                await self.door(scope, receive, send)
            elif path in _HEALTH:
                await self.health(scope, receive, send)
            else:
                await self.pages(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})

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
