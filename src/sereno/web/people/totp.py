"""Time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, 6 digits), as every authenticator app makes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DRIFT = 1
"""Steps a clock may be wrong by, either way."""


def new_secret() -> str:
    """160 random bits, in base32 as people type it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int, digits: int = 6) -> str:
    """The code of a time step (RFC 4226, 5.3)."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(seconds: float) -> int:
    return int(seconds // STEP_SECONDS)


def matching_step(secret: str, code: str, seconds: float, after: int = 0) -> int | None:
    """The time step the code belongs to, if it is a step later than `after` and no more than DRIFT away from now. Every
    candidate is compared, so that how long it takes says nothing."""
    found: int | None = None
    middle = step_of(seconds)
    for step in range(middle - DRIFT, middle + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > after and found is None:
            found = step
    return found


def uri(secret: str, account: str, issuer: str = "Sereno") -> str:
    """What the QR code says to the app."""
    query = urlencode({"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": 6, "period": STEP_SECONDS})
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
