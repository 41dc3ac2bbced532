"""Noticing that one thing is bought out by one pattern.

Invariant: pure; patterns come as hashes, and what is counted is what was taken within the window, this order included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.commerce.merging import parts
from sereno.modules.risk import marks as marking
from sereno.sdk.risk import Bought

MINUTE = 60_000_000
ORDER = ("card", "device", "ip", "address", "domain", "minute")
"""The surest first."""
NOTHING: dict[str, Any] = {
    "is_buying_out": False, "is_new": False, "item": "", "title": "", "pattern": "", "units": 0, "orders": 0,
    "minutes": 0, "order_ids": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """`value` is the pattern's hash; the orders are newest first."""

    item: str
    pattern: str
    value: str
    units: int
    order_ids: tuple[str, ...]


def wanted(order: Mapping[str, Any]) -> dict[str, int]:
    """How many of each item, by SKU (its variant's id where it has none)."""
    found: dict[str, int] = {}
    for line in parts(order.get("lines"))[:200]:
        item = str(line.get("sku") or line.get("variant_id") or "")
        amount = line.get("quantity")
        count = int(amount) if isinstance(amount, int | float) else 1
        if item and count > 0:
            found[item] = found.get(item, 0) + count
    return found


def patterns(order: Mapping[str, Any], at: int, *, with_minute: bool) -> dict[str, str]:
    """What other orders may share with it. A mail domain that anybody may have is none."""
    own = marking.marks_of(order)
    domain = own.get("domain", "").partition(":")[2]
    found = {kind: own[kind] for kind in ("card", "device", "ip", "address") if kind in own}
    if domain and domain not in marking.FREE_MAIL:
        found["domain"] = own["domain"]
    if with_minute:
        found["minute"] = f"minute:{at // MINUTE}"
    return found


def find(taken: Sequence[Bought], order: str, at: int, units: int, orders: int) -> Found | None:
    """The gravest that this order is part of; None where nothing reaches `units` or `orders`."""
    mine = {(one.item, kind, value) for one in taken if one.order == order for kind, value in one.patterns.items()}
    best: Found | None = None
    for item, kind, value in sorted(mine, key=lambda one: (ORDER.index(one[1]), one)):
        same = [one for one in taken if one.item == item and one.patterns.get(kind) == value and one.at <= at]
        count, keys = sum(one.quantity for one in same), tuple(dict.fromkeys(one.order for one in same))
        # One buyer who takes many of a thing in one order is a good customer, not an attack.
        if len(keys) > 1 and (count >= units or len(keys) >= orders) and (best is None or count > best.units):
            best = Found(item, kind, value, count, keys)
    return best


def title_of(order: Mapping[str, Any], item: str) -> str:
    for line in parts(order.get("lines")):
        if item in (line.get("sku"), line.get("variant_id")):
            return str(line.get("title") or item)
    return item
