"""Seals what an address carries for a person without a sign-in: nobody can read it from a log, or make one.

Invariant: each purpose has a key of its own, so that a token is good for nothing else sealed with the same secret.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec

from sereno.store.secrets import former_of


class TokenInvalid(ValueError):  # noqa: N818
    """The token was not made here, was changed on the way, or is too old."""


def seal(secret: str, purpose: str, value: Any) -> str:
    """`value` is JSON. The token fits into an address as it is, and names only the second it was made in."""
    return _sealer(secret, purpose).encrypt(msgspec.json.encode(value)).decode().rstrip("=")


def unseal(secret: str, purpose: str, token: str, *, lasts: timedelta | None = None) -> Any:
    """Also what was sealed with a former secret key, where `secret` is the present one. Raises TokenInvalid."""
    from cryptography.fernet import InvalidToken

    seconds = None if lasts is None else int(lasts.total_seconds())
    reason: Exception | None = None
    for one in (secret, *former_of(secret)):
        try:
            held = (token + "=" * (-len(token) % 4)).encode("ascii")
            return msgspec.json.decode(_sealer(one, purpose).decrypt(held, ttl=seconds))
        except (InvalidToken, UnicodeEncodeError, msgspec.DecodeError) as error:
            reason = error
    raise TokenInvalid("this link is not one of ours, is too old, or part of it is missing") from reason


@lru_cache(maxsize=64)
def _sealer(secret: str, purpose: str) -> Any:
    # Imported here: `cryptography` is a tenth of the start-up time.
    from cryptography.fernet import Fernet

    key = hashlib.sha256(secret.encode()).digest()
    derived = hashlib.blake2b(f"sereno.{purpose}".encode(), key=key, digest_size=32).digest()
    return Fernet(base64.urlsafe_b64encode(derived))
