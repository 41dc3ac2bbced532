"""Asks a name server for texts (RFC 1035), which is all that checking a sending domain needs.

Invariant: an answer counts only when it is to the question that was asked; no answer is not the same as none there.
"""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

TEXT, ONE_CLASS = 16, 1
TRIES = 2
MOST_BYTES = 65_535
_NO_SUCH_NAME = 3


class NamesUnavailable(Exception):  # noqa: N818
    """No name server answered, or none that could say."""


class Resolver:
    """Asks `server` (host, port); without one, those that the machine itself asks. `timeout` in seconds."""

    def __init__(self, server: tuple[str, int] | None = None, *, timeout: float = 3.0) -> None:
        self._server = server
        self._timeout = timeout

    def texts(self, name: str) -> list[str]:
        """The texts at this name; [] where there are none. Raises NamesUnavailable."""
        trouble: Exception = NamesUnavailable("the machine names no name server")
        for server in [self._server] if self._server is not None else _usual():
            for _ in range(TRIES):
                try:
                    return self._ask(server, name)
                except (OSError, ValueError, struct.error, IndexError) as error:
                    trouble = error
        raise NamesUnavailable(f"no name server could say what is at {name}: {trouble}") from trouble

    def _ask(self, server: tuple[str, int], name: str) -> list[str]:
        number = secrets.randbits(16)
        question = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + _encoded(name) + struct.pack(">HH", TEXT, 1)
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.settimeout(self._timeout)
            line.connect(server)
            line.send(question)
            answer = line.recv(4096)
        if len(answer) > 3 and answer[2] & 0x02:  # Cut short: the whole comes by TCP.
            with socket.create_connection(server, self._timeout) as stream:
                stream.sendall(struct.pack(">H", len(question)) + question)
                answer = _exactly(stream, struct.unpack(">H", _exactly(stream, 2))[0])
        return _read(answer, number, question[12:])


def _exactly(stream: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = stream.recv(size - len(found))
        if not more:
            raise ValueError("the name server hung up")
        found += more
    return found


def _encoded(name: str) -> bytes:
    parts = name.rstrip(".").encode("idna").split(b".")
    if any(not 0 < len(part) < 64 for part in parts):
        raise ValueError(f"{name!r} is no name")
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _read(answer: bytes, number: int, question: bytes) -> list[str]:
    given, flags, asked, count, *_ = struct.unpack(">HHHHHH", answer[:12])
    if given != number or asked != 1 or answer[12 : 12 + len(question)].lower() != question.lower():
        raise ValueError("that was the answer to another question")
    code = flags & 0x0F
    if code == _NO_SUCH_NAME:
        return []
    if code:
        raise ValueError(f"the name server failed with code {code}")
    return list(_records(answer, 12 + len(question), count))


def _records(answer: bytes, at: int, count: int) -> Iterator[str]:
    for _ in range(count):
        at = _past_name(answer, at)
        kind, cls, _ttl, length = struct.unpack(">HHIH", answer[at : at + 10])
        at += 10
        if kind == TEXT and cls == ONE_CLASS:
            yield b"".join(_pieces(answer[at : at + length])).decode("utf-8", "replace")
        at += length


def _pieces(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        yield data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]


def _past_name(answer: bytes, at: int) -> int:
    while True:
        length = answer[at]
        if length >= 0xC0:
            return at + 2
        at += 1 + length
        if not length:
            return at


def _usual() -> list[tuple[str, int]]:
    try:
        lines = Path("/etc/resolv.conf").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [(line[1].partition("%")[0], 53) for line in words if len(line) > 1 and line[0] == "nameserver"][:3]


_chosen: tuple[str, int] | None = None


def configure(server: str) -> None:
    """Called once, by `site`: `host:port` of the name server to ask, "" for the machine's own."""
    global _chosen
    host, _colon, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
    _chosen = (host or server, int(port or 53)) if server else None


def resolver() -> Resolver:
    return Resolver(_chosen)
