"""What a change of a thing is worth telling, how many may be told at once, and after how long a thing is bought again.
Pure.

Invariant: a thing is told to be back once each time it was gone, to be cheaper only below the price last told, and to
run low once each time it gets there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from math import floor
from typing import Any, Literal

WAITING, WISH, CART, VIEW = 0, 1, 2, 3
KINDS = ("waiting", "wish", "cart", "view")
Change = Literal["restock", "price", "low"]
WHO: Mapping[str, tuple[int, int]] = {"restock": (WAITING, CART), "price": (WISH, VIEW), "low": (WISH, CART)}
"""Of each telling the strongest and the weakest interest that is told."""
FRESH = timedelta(days=60)
"""Carts and looks older than this count no more."""
FEWEST_GAPS = 5
"""Reorders of a thing before its interval is believed."""
WIDEST = 0.75
"""Half of a thing's reorders must lie within so much of its interval, for it to be one."""
DUE_SHARE = 0.9
"""Of the interval: a reminder that comes when the thing is gone comes too late."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a shop says of tellings. `wave`: how long those who were told have before the next are; `per_unit`: how many
    are told for each piece; `drop`: from how many percent on a price dropped; `few`: how many pieces are few; `rest`:
    after how long without a look a visit is over."""

    wave: timedelta = timedelta(hours=24)
    per_unit: int = 1
    drop: int = 10
    few: int = 3
    rest: timedelta = timedelta(hours=2)


LIMITS: Mapping[str, tuple[int, int, int]] = {
    "restock_wave_hours": (24, 1, 720),
    "restock_people_per_unit": (1, 1, 50),
    "price_drop_percent": (10, 1, 90),
    "few_left": (3, 1, 1000),
    "browse_rest_hours": (2, 1, 72),
}
"""The shop's settings: what holds without a word, the least and the most."""


def number_in(settings: Mapping[str, Any], name: str) -> int:
    """The setting, within its limits; what is no number is as if it were not there."""
    usual, least, most = LIMITS[name]
    try:
        return min(max(int(str(settings.get(name))), least), most)
    except ValueError:
        return usual


def settings_of(settings: Mapping[str, Any]) -> Settings:
    wave, per_unit, drop, few, rest = (number_in(settings, name) for name in LIMITS)
    return Settings(timedelta(hours=wave), per_unit, drop, few, timedelta(hours=rest))


@dataclass(frozen=True, slots=True)
class Item:
    """A variant as last known; see the table. `available` counts only while `is_counted`."""

    key: str
    product: str
    sku: str = ""
    level: str = ""
    title: str = ""
    price: Decimal | None = None
    anchor: Decimal | None = None
    currency: str = ""
    available: float | None = None
    is_counted: bool = True
    is_low: bool = False
    shelf: str = ""

    @property
    def room(self) -> int | None:
        """How many can be sold; None where that is not counted."""
        return None if not self.is_counted or self.available is None else max(0, floor(self.available))


def settled(before: Item | None, now: Item, said: Settings) -> tuple[Item, list[Change]]:
    """The item to keep, with its `anchor` and `is_low`, and what of the change is worth telling. What is seen for the
    first time is no change."""
    changes: list[Change] = []
    anchor = now.price
    if before is not None and now.price is not None and before.currency == now.currency:
        anchor = max(before.anchor or now.price, now.price)
        if 0 < now.price <= anchor * (100 - said.drop) / 100 and now.price != before.price:
            changes.append("price")
            anchor = now.price
    room = now.room
    is_low = room is not None and room <= said.few
    if before is not None:
        if before.room == 0 and room != 0:
            changes.append("restock")
        elif is_low and room and not before.is_low:
            changes.append("low")
    return replace(now, anchor=anchor, is_low=is_low), changes


def percent_off(old: Decimal, new: Decimal) -> int:
    """Rounded down, so that no more is promised than there is."""
    return int(((old - new) * 100 / old).to_integral_value(ROUND_FLOOR)) if old > 0 else 0


def places(room: int | None, said: Settings) -> int | None:
    """How many people may be told of so many pieces."""
    return None if room is None else room * said.per_unit


@dataclass(frozen=True, slots=True)
class Interval:
    """After how many days one piece is bought again: the median, with the middle half of all."""

    days: float
    low: float
    high: float
    count: int

    @property
    def is_regular(self) -> bool:
        return self.count >= FEWEST_GAPS and self.days >= 3 and (self.high - self.low) <= WIDEST * self.days


def interval(gaps: Sequence[float]) -> Interval:
    """Of at least one gap, in days."""
    found = sorted(gaps)
    return Interval(_at(found, 0.5), _at(found, 0.25), _at(found, 0.75), len(found))


def _at(values: Sequence[float], share: float) -> float:
    place = share * (len(values) - 1)
    low = floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def decimal_of(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**12 else None
