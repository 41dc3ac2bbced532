"""Chance without a dice: what falls to whom is read from a hash, so it is the same for ever, on every worker and in
every back-test.

Invariant: the same parts give the same number in every process and version of Sereno. Changing the hash would move
people between branches, roll-outs and control groups.
"""

from __future__ import annotations

from hashlib import blake2b

SHARES = 10_000
"""Shares are counted in basis points: hundredths of one per cent."""


def fraction_of(*parts: str) -> float:
    """A number in [0, 1) made from the parts, evenly spread. One differing part makes an independent number."""
    return _number(parts) / 2**64


def share_of(*parts: str) -> int:
    """The same in whole basis points, 0 to 9999. Begin with a word of your own ("stage", "control"), so that who is in
    one group says nothing about who is in another."""
    return _number(parts) * SHARES >> 64


def _number(parts: tuple[str, ...]) -> int:
    text = "\x1f".join(parts)
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
