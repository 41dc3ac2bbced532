"""The server's HTTP protocol, with a short way to the door and a limit to how long a request's head may take.

A webhook that arrives whole in one read skips the ASGI machinery (a task, a scope and three awaits per request cost
more than verifying it). Everything else - large, slow, chunked, pipelined - goes on to the application as ever.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from sereno.ingest.door import PREFIX, RETRY_AFTER, Door

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
_PREFIX = PREFIX.encode()


class _NoEvent:
    def set(self) -> None:
        """Nobody waits."""


_NO_EVENT = _NoEvent()


class QuickCycle:
    """Stands where the server keeps the request being answered, until the door replies."""

    __slots__ = ("disconnected", "keep_alive", "message_event", "protocol", "response_complete")

    def __init__(self, protocol: DoorProtocol, keep_alive: bool) -> None:
        self.protocol = protocol
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False
        self.message_event = _NO_EVENT

    def reply(self, status: int) -> None:
        self.response_complete = True
        protocol = self.protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        protocol.transport.write(protocol.answer(status, self.keep_alive))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class DoorProtocol(HttpToolsProtocol):
    """One connection. `head_began` is when the request's head began to arrive (or the connection was made), None while
    no head is being awaited: see `close_idle_heads`."""

    def __init__(self, *arguments: Any, door: Door, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.door = door
        self.held: list[bytes] | None = None
        self.head_began: float | None = None
        self.head_bytes = 0
        self._answers: dict[tuple[int, bool], bytes] = {}
        self._answers_for: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.head_began = self.loop.time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.held is not None:
            # The body is not all here: from now on it is the application's, which watches time and memory.
            chunks, self.held = self.held, None
            if not self.transport.is_closing():
                self._go_on(chunks)
        elif self.head_began is not None:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self.head_began = self.loop.time()

    def on_headers_complete(self) -> None:
        self.head_began = None
        self.head_bytes = 0
        parser = self.parser
        assert parser is not None
        if (
            self.url.startswith(_PREFIX)
            and b"?" not in self.url
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            and parser.get_method() == b"POST"
            and not parser.should_upgrade()
        ):
            self.held = []
        else:
            self._begin_scope()

    def on_body(self, body: bytes) -> None:
        if self.held is not None:
            self.held.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        held = self.held
        if held is None:
            super().on_message_complete()
            return
        self.held = None
        parser = self.parser
        assert parser is not None
        keep_alive = parser.should_keep_alive() and parser.get_http_version() != "1.0"
        cycle = QuickCycle(self, keep_alive)
        before, self.cycle = self.cycle, cycle  # type: ignore[assignment]
        body = held[0] if len(held) == 1 else b"".join(held)
        if not self.door.offer(_name(self.url), self.headers, body, cycle.reply):
            self.cycle = before
            self._go_on(held)
            super().on_message_complete()

    def answer(self, status: int, keep_alive: bool) -> bytes:
        """The whole answer; the server renews its headers (the date) every second."""
        headers = self.server_state.default_headers
        if headers is not self._answers_for:
            self._answers_for = headers
            self._answers.clear()
        found = self._answers.get((status, keep_alive))
        if found is None:
            found = self._answers[status, keep_alive] = _answer(status, keep_alive, headers)
        return found

    def _begin_scope(self) -> None:
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expect
        self.headers += headers
        super().on_headers_complete()

    def _go_on(self, chunks: list[bytes]) -> None:
        self._begin_scope()
        for chunk in chunks:
            super().on_body(chunk)


def close_idle_heads(connections: set[Any], now: float) -> int:
    """Hang up on those that take too long over a request's head, or never begin one; gives how many."""
    late = [
        protocol
        for protocol in list(connections)
        if isinstance(protocol, DoorProtocol)
        and protocol.head_began is not None
        and now - protocol.head_began > HEAD_SECONDS
    ]
    for protocol in late:
        protocol.transport.close()
    return len(late)


def _name(url: bytes) -> str:
    path = url[len(_PREFIX) :].partition(b"?")[0].decode("latin-1")
    return unquote(path) if "%" in path else path


def _answer(status: int, keep_alive: bool, headers: list[tuple[bytes, bytes]]) -> bytes:
    lines = [name + b": " + value + b"\r\n" for name, value in headers]
    if status == 503:
        lines.append(b"retry-after: " + RETRY_AFTER + b"\r\n")
    if not keep_alive:
        lines.append(b"connection: close\r\n")
    return STATUS_LINE[status] + b"".join(lines) + b"content-length: 0\r\n\r\n"
