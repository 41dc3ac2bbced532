"""OAuth 1.0a signatures (RFC 5849), which WooCommerce takes in the address and Magento and X in a header.

Invariant: pure. A nonce must be new on every request; time and nonce are given.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

_PORTS = {"http": 80, "https": 443}


def parameters(
    method: str,
    url: str,
    *,
    consumer: tuple[str, str],
    token: tuple[str, str] = ("", ""),
    now: datetime,
    nonce: str,
    digest: str = "sha256",
) -> dict[str, str]:
    """The `oauth_*` parameters of a request with a JSON body, the signature among them. `consumer` and `token` are key
    and secret; a token of ("", "") is none, as WooCommerce has it. `digest`: X wants `sha1`."""
    named = {
        "oauth_consumer_key": consumer[0],
        "oauth_nonce": nonce,
        "oauth_signature_method": f"HMAC-{digest.upper()}",
        "oauth_timestamp": str(int(now.timestamp())),
        "oauth_version": "1.0",
    }
    if token[0]:
        named["oauth_token"] = token[0]
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    base = base_string(method, url, [*query, *named.items()])
    key = f"{_escaped(consumer[1])}&{_escaped(token[1])}"
    signature = hmac.digest(key.encode(), base.encode(), digest)
    return {**named, "oauth_signature": base64.b64encode(signature).decode()}


def base_string(method: str, url: str, pairs: Sequence[tuple[str, str]]) -> str:
    """What is signed (RFC 5849, 3.4.1): method, address without its query, and all parameters sorted."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    is_usual = parts.port is None or parts.port == _PORTS.get(parts.scheme)
    place = urlunsplit((parts.scheme.lower(), host if is_usual else f"{host}:{parts.port}", parts.path or "/", "", ""))
    written = "&".join(f"{name}={value}" for name, value in sorted((_escaped(n), _escaped(v)) for n, v in pairs))
    return f"{method.upper()}&{_escaped(place)}&{_escaped(written)}"


def header(named: Mapping[str, str]) -> str:
    """The value of an `Authorization` header."""
    return "OAuth " + ", ".join(f'{_escaped(name)}="{_escaped(value)}"' for name, value in sorted(named.items()))


def in_address(url: str, named: Mapping[str, str]) -> str:
    """The address with the parameters added to its query."""
    written = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(named.items()))
    return f"{url}{'&' if '?' in url else '?'}{written}"


def _escaped(text: str) -> str:
    """RFC 3986: all but letters, digits, `-._~`."""
    return quote(text, safe="-._~")
