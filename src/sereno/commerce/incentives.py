"""What codes are worth and cost, and how they are written: pure.

Invariant: a code is compared as it is kept, in capitals without spaces; what it took off an order is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from sereno.commerce.money import exponent_of, finite

Kind = Literal["percent", "amount", "free_shipping", "gift"]
KINDS: tuple[Kind, ...] = ("percent", "amount", "free_shipping", "gift")
ALPHABET = "CDFGHJKLMNPQRTVWXY34679"
"""Without vowels, which make words, and without what is read as something else (0 O, 1 I, 2 Z, 5 S, 8 B)."""
LENGTH = 9
LONGEST = 64
_ODD = re.compile(r"[^A-Z0-9_-]+")


def plain_code(text: str) -> str:
    """As it is kept and compared: customers type it in any case."""
    return "".join(text.split()).upper()[:LONGEST]


def plain_prefix(text: str) -> str:
    """What a shop puts before its codes: capitals, digits, `-` and `_`, at most 20."""
    return _ODD.sub("", text.strip().upper())[:20].strip("-_")


def new_code(prefix: str, choose: Callable[[Sequence[str]], str]) -> str:
    """A code nobody guesses (10^12 of them for each prefix). `choose` picks one of the letters."""
    tail = "".join(choose(ALPHABET) for _ in range(LENGTH))
    start = plain_prefix(prefix)
    return f"{start}-{tail}" if start else tail


def cost_of(kind: str, value: str, currency: str, order: Mapping[str, Any]) -> Decimal | None:
    """What the code took off the order, in the order's currency; None where the order does not tell it from other
    discounts. The only code of an order took off all of it; of several, one of an amount took that at most, one of a
    percentage its share of the goods."""
    off = finite(order.get("total_discount"))
    codes: Sequence[Any] = order.get("discount_codes") or ()
    if off is None or off < 0:
        return None
    if len(codes) == 1:
        return off
    worth = finite(value)
    if worth is None:
        return None
    if kind in ("amount", "gift") and currency == order.get("currency"):
        return min(worth, off)
    goods = finite(order.get("subtotal"))
    if kind == "percent" and goods is not None:
        step = Decimal(1).scaleb(-exponent_of(str(order.get("currency") or "")))
        return min(((goods + off) * worth / 100).quantize(step, ROUND_HALF_UP), off)
    return None
