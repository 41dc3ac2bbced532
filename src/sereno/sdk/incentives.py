"""The ports by which actions give codes and points. Every call is safe to repeat with the same `key`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sereno.commerce.incentives import Kind
from sereno.commerce.money import Money


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """`value` in percent or in `currency`; `pool`: the name of the pool it is taken from, whose worth counts instead.
    `most_per_month` and `budget` bound what the flow gives away in a month of the shop's clock; `worth` is what one
    code counts for in the budget, in `budget_currency`."""

    customer: str
    flow: str
    run: str
    kind: Kind | None = None
    value: Decimal | None = None
    currency: str = ""
    minimum: Decimal | None = None
    gift: str = ""
    expires_at: datetime | None = None
    prefix: str = ""
    pool: str = ""
    most_per_month: int | None = None
    budget: Decimal | None = None
    worth: Decimal = Decimal(0)
    budget_currency: str = ""


@dataclass(frozen=True, slots=True)
class CodeTaken:
    """A code that is this effect's. `is_issued`: it may be given to the customer; else the store makes it first."""

    code: str
    kind: Kind
    value: Decimal
    currency: str
    minimum: Decimal | None
    gift: str
    expires_at: datetime | None
    taken_at: datetime
    is_issued: bool


class CodesRefused(Exception):  # noqa: N818
    """No code: `codes.pool_unknown`, `codes.pool_empty` or `codes.budget_spent`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Codes(Protocol):
    """Codes of one shop, each of one effect. All of it is durable at once."""

    def take(self, key: str, wanted: CodeWanted) -> CodeTaken:
        """The effect's code: the one it has, else a new one. Raises CodesRefused."""
        ...

    def other(self, key: str, prefix: str) -> CodeTaken:
        """Another text for the effect's code, for the store has that one already."""
        ...

    def issued(self, key: str) -> None:
        """The store has made it: it is the customer's from now on."""
        ...

    def give_up(self, key: str, wanted: CodeWanted) -> None:
        """No store will make it: it is no code, and takes nothing of the flow's budget."""
        ...


class PointsRefused(Exception):  # noqa: N818
    """Nothing was moved: `loyalty.off`, `loyalty.not_enough`, `loyalty.no_reward`, `loyalty.no_amount`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Loyalty(Protocol):
    """Points and credit of one shop's customers."""

    def give_points(self, customer: str, points: int, key: str, by: str, note: str) -> bool:
        """They count at once, also for the tier; below zero they are taken. False where that was done before. Raises
        PointsRefused."""
        ...

    def give_credit(self, customer: str, amount: Money, key: str, by: str, note: str) -> bool:
        """Below zero it is taken. False where that was done before. Raises PointsRefused."""
        ...

    def settle(self, purchase: int, code: str) -> bool:
        """The code of what was bought; without one, what it cost is given back. False where it was settled before."""
        ...
