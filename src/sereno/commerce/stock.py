"""How stock is named and counted: what an order's lines want of it, and which places give it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from math import ceil
from typing import Any

from sereno.commerce.identity import text, variant_key


def item_key(data: Mapping[str, Any]) -> str | None:
    """What is counted is known by its SKU in every store; by its variant's key where it has none."""
    return text(data.get("sku")) or variant_key(data)


def wanted(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many of each item the lines want. Parts of a bundle count, what is given by its lines alone (a gift card, a
    line typed in by hand without SKU or variant, nothing or less) does not. A part of one is one."""
    found: dict[str, int] = {}
    for line in lines:
        item = item_key({**line, "product_id": None})
        if item is None or line.get("is_gift_card") is True or line.get("requires_shipping") is False:
            continue
        if quantity := whole(line.get("quantity", 1)):
            found[item] = found.get(item, 0) + quantity
    return found


def whole(value: object) -> int:
    """At least so many, whole; 0 for what is no quantity, nothing or less."""
    try:
        found = Decimal(str(1 if value is None else value))
    except InvalidOperation:
        return 0
    if not found.is_finite() or not 0 < found < 10**12:
        return 0
    return int(found.to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Room:
    """What a place could give. `rank`: the smallest is taken from first."""

    location: str
    available: int
    rank: int = 100


def allocate(rooms: Sequence[Room], quantity: int, *, can_oversell: bool = False) -> list[tuple[str, int]]:
    """Which places give how many: one that has all before several, each by rank; empty when there are fewer in all.
    What may be oversold comes from the first place when there are not enough."""
    ordered = sorted(rooms, key=lambda room: (room.rank, room.location))
    for room in ordered:
        if room.available >= quantity:
            return [(room.location, quantity)]
    if sum(max(room.available, 0) for room in ordered) >= quantity:
        found: list[tuple[str, int]] = []
        for room in sorted(ordered, key=lambda room: (room.rank, -room.available, room.location)):
            if quantity and room.available > 0:
                found.append((room.location, min(room.available, quantity)))
                quantity -= found[-1][1]
        return found
    return [(ordered[0].location, quantity)] if can_oversell and ordered else []


def offered(available: int, kept_back: int) -> int:
    """What a channel is told: never below zero."""
    return max(available - kept_back, 0)


@dataclass(frozen=True, slots=True)
class Shelf:
    """An item at one place: how many can be sold there, how many are on their way to it, and how many left a day."""

    location: str
    available: int
    incoming: int
    per_day: float


def even_out(shelves: Sequence[Shelf], cover_days: float, keep_days: float) -> list[tuple[str, str, int]]:
    """Moves (from, to, how many) so that each place has stock for `cover_days` of what it sells, from those that keep
    enough for `keep_days` themselves. Who has the least time left is served first, by who has the most to spare; a
    place that sells nothing asks for nothing. Never more than there is, never to and fro."""
    needs = sorted(
        ((one.available + one.incoming) / one.per_day, one.location, ceil(one.per_day * cover_days))
        for one in shelves
        if one.per_day > 0 and one.available + one.incoming < one.per_day * cover_days
    )
    there = {one.location: one.available + one.incoming for one in shelves}
    takers = {location for _, location, _ in needs}
    spare = {
        one.location: min(one.available, one.available - ceil(one.per_day * keep_days))
        for one in shelves
        if one.location not in takers
    }
    found: list[tuple[str, str, int]] = []
    for _, location, target in needs:
        wanted = target - max(there[location], 0)
        for giver in sorted(spare, key=lambda name: (-spare[name], name)):
            number = min(wanted, spare[giver])
            if number > 0:
                found.append((giver, location, number))
                spare[giver] -= number
                wanted -= number
    return found
