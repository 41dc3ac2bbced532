"""The port by which actions ask what a shop knows of an order's marks, and keep what they learn.

Invariant: traces are kept as keyed hashes: who shares a card is known, not who somebody is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Seen:
    """An earlier order that shares a mark of this `kind`. `person` is a hash; `at` in microseconds; `is_bad`: its money
    was asked back, or staff refused it."""

    kind: str
    order: str
    person: str
    at: int
    is_bad: bool = False
    is_same_person: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A mark on one of the shop's lists, `block` or `allow`."""

    kind: str
    mark: str
    list: str
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a shop knows. `policy` and `learned` are documents; `usual` is what an order comes to, in its currency."""

    policy: Mapping[str, Any]
    version: int
    learned: Mapping[str, Any] | None
    seen: Sequence[Seen]
    listed: Sequence[Listed]
    usual: Decimal | None


@dataclass(frozen=True, slots=True)
class Bought:
    """What one order takes of an item; `patterns` are hashes by kind."""

    order: str
    item: str
    quantity: int
    at: int
    patterns: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Outbreak:
    """Somebody buys an item out. `number` is Sereno's; `is_new`: not one that was known already."""

    number: int
    is_new: bool


class Risks(Protocol):
    """What a shop knows of who buys."""

    def look(self, marks: Mapping[str, str], person: str, currency: str) -> Known: ...

    def trace(self, order: str, marks: Mapping[str, str], person: str, at: int) -> None:
        """Remember that the order has these marks; again it changes nothing."""
        ...

    def spoil(self, order: str, is_bad: bool) -> None:
        """What became of the order, for all that share a mark with it."""
        ...

    def buy(
        self, order: str, items: Mapping[str, int], patterns: Mapping[str, str], at: int, since: int
    ) -> Sequence[Bought]:
        """Remember what the order takes, and give what was taken of these items since, newest first, this included."""
        ...

    def break_out(self, item: str, pattern: str, value: str, units: int, orders: int, since: int, at: int) -> Outbreak:
        """Note that an item is bought out by one pattern; one that goes on is no second one."""
        ...

    def put(self, list: str, marks: Sequence[str], reason: str, by: str, until: int | None) -> None:
        """Put these marks on a list, until an instant or for good. A mark is on one list at most."""
        ...

    def examples(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest judged orders: `facts`, `score`, `at` (microseconds), `is_bad`, and `decision`."""
        ...

    def learned(self, document: Mapping[str, Any]) -> None:
        """Keep what was learned, in place of what was."""
        ...
