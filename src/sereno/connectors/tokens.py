"""Access tokens that live for a while: asked for once in their life by each process, for platforms count how often one
asks.

Invariant: a token is given out only for the very key it was made of, and never in its last two minutes; nothing of it
is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock
from time import monotonic

Taken = tuple[str, float]
"""The token, and for how many seconds it lives."""

SPARE = 120.0
"""Seconds before its end from which on a token is asked for anew: a request may be long on its way."""

_kept: dict[bytes, tuple[str, float]] = {}
_lock = Lock()


def token(key: Sequence[str], take: Callable[[], Taken]) -> str:
    """The token of this key: what is kept, else what `take` gives."""
    name, now = _name(key), monotonic()
    with _lock:
        held = _kept.get(name)
    if held is not None and held[1] > now:
        return held[0]
    taken, lives = take()
    with _lock:
        for old in [one for one, (_token, until) in _kept.items() if until <= now]:
            del _kept[old]
        _kept[name] = (taken, now + max(lives - SPARE, 0.0))
    return taken


def forget(key: Sequence[str]) -> None:
    """It was refused."""
    with _lock:
        _kept.pop(_name(key), None)


def forget_all() -> None:
    with _lock:
        _kept.clear()


def _name(key: Sequence[str]) -> bytes:
    digest = blake2b(digest_size=16)
    for part in key:
        digest.update(len(part.encode()).to_bytes(4, "big") + part.encode())
    return digest.digest()
