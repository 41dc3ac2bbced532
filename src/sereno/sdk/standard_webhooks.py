"""Signatures of the Standard Webhooks scheme, for what comes in at the door and for what actions send out.

Invariant: pure, and never an exception for an odd secret: what cannot be read as `whsec_<base64>` is taken as written.
"""

from __future__ import annotations

import binascii
import hmac
from datetime import datetime
from functools import lru_cache

PREFIX = "whsec_"
_SHORTEST_BARE = 24
"""Bytes. Shorter base64 without the prefix is taken for a plain text that happens to look like it."""


def signed_headers(secret: str, body: bytes, message_id: str, now: datetime) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature`. Raises ValueError for an empty secret."""
    keys = signing_keys(secret)
    if not keys:
        raise ValueError("an empty secret signs nothing")
    timestamp = str(int(now.timestamp()))
    digest = hmac.digest(keys[0], signed_content(message_id, timestamp, body), "sha256")
    signature = binascii.b2a_base64(digest, newline=False).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def signed_content(message_id: str, timestamp: str, body: bytes) -> bytes:
    """What is signed. Header values are bytes that may be no text; they are signed as they came."""
    return f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body


@lru_cache(maxsize=1024)
def signing_keys(secret: str) -> tuple[bytes, ...]:
    """The keys a secret may mean, the one to sign with first; none for an empty secret."""
    if secret.startswith(PREFIX):
        decoded = _decoded(secret[len(PREFIX) :])
        return (decoded,) if decoded else (secret.encode(),)
    if not secret:
        return ()
    decoded = _decoded(secret)
    return (secret.encode(), decoded) if decoded and len(decoded) >= _SHORTEST_BARE else (secret.encode(),)


def _decoded(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
