"""Where a request comes from. `X-Forwarded-For` is believed only as far as proxies we were told to trust wrote it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from django.http import HttpRequest

from sereno.web.wiring import wiring

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """The nearest address that is not a trusted proxy's; "" when there is none."""
    here = request.META.get("REMOTE_ADDR") or ""
    trusted = _networks(wiring().trusted_proxies)
    if not trusted:
        return here
    # Each proxy appends whom it heard from: the list is read from its end, and what a stranger wrote is not reached.
    for claimed in reversed((request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")):
        address = _parsed(here)
        if address is None or not any(address in network for network in trusted):
            break
        if _parsed(claimed.strip()) is None:
            break
        here = claimed.strip()
    return here


def place_of(address: str) -> str:
    """What wrong tries are counted by: the address, for IPv6 its /64, which one household has to itself."""
    parsed = _parsed(address)
    if parsed is None or parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _parsed(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=8)
def _networks(given: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in given)
