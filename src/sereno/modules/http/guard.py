"""Which addresses an action may dial. The decision is made on the address actually dialled, after name resolution, so
a name that points home, a number in disguise and a changed DNS answer are all seen for what they are.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from ssl import SSLContext
from typing import Any

import httpcore2

from sereno.sdk.ports import HttpBlocked

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def hosts_of(settings: Mapping[str, Any] | None) -> Sequence[str]:
    """The shop's setting `allowed_hosts`: a list, or hosts separated by commas or spaces."""
    held = (settings or {}).get("allowed_hosts") or ()
    if isinstance(held, str):
        return held.replace(",", " ").split()
    return [str(entry) for entry in held]


def is_public(text: str) -> bool:
    """Whether the address belongs to the public Internet, looking through the ways of writing IPv4 inside IPv6."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            address = inner
        elif address in _NAT64_LOCAL or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in (_NAT64, _TRANSLATED, _COMPATIBLE)):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class GuardedBackend(httpcore2.NetworkBackend):
    """Dials only public addresses, and those the shop allows (`host` or `host:port`, as written in the address); every
    wait ends at `deadline` (on the monotonic clock)."""

    def __init__(self, allowed: Collection[str], deadline: float) -> None:
        self._allowed = frozenset(entry.strip().lower() for entry in allowed)
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host} has no address") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            # All of them must do: with one bad address among good ones the name is not to be trusted.
            if not (self._is_allowed(host, port) or self._is_allowed(address, port) or is_public(address)):
                raise HttpBlocked(host if host == address else f"{host} ({address})")
        error: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(address, port, self._left(timeout), local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                error = failed
                continue
            return DeadlineStream(stream, self._deadline)
        raise error

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        raise HttpBlocked(path)

    def _is_allowed(self, host: str, port: int) -> bool:
        name = host.lower().strip("[]")
        return not self._allowed.isdisjoint((name, f"{name}:{port}", f"[{name}]:{port}"))

    def _left(self, timeout: float | None) -> float:
        return time_left(self._deadline, timeout)


class DeadlineStream(httpcore2.NetworkStream):
    """A stream whose reads and writes all end at one deadline: a server that drips a byte a second gains nothing."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, time_left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, time_left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = time_left(self._deadline, timeout)
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def time_left(deadline: float, timeout: float | None) -> float:
    """Seconds that may still be spent on one operation. Raises ReadTimeout when the time is up."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time for the whole exchange is up")
    return left if timeout is None else min(left, timeout)
