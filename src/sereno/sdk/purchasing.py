"""The port by which actions buy. Every call is a transaction of its own and safe to repeat with the same `key`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """An order as its supplier is to read it. `send_by` is `email`, `api` or `hand`; `secret` signs what goes to `url`.
    `lines` have `sku, supplier_sku, title, quantity, price`, decimal text in `currency`; `left` is how many have not
    come yet."""

    number: int
    status: str
    supplier: str
    name: str
    contact: str
    email: str
    locale: str
    send_by: str
    url: str
    secret: str
    currency: str
    total: str
    note: str
    sent_at: datetime | None
    expected_at: datetime | None
    lines: Sequence[Mapping[str, Any]]
    answer_url: str = ""
    """Where the supplier answers without an account; empty where no address is known."""


class Purchasing(Protocol):
    """What the shop buys."""

    def reorder(self, key: str, by: str, budget: Decimal | None) -> Mapping[str, Any]:
        """Draft what is to be ordered. Gives `orders` (numbers), and `left_out` (SKUs) for want of money or size."""
        ...

    def approve(self, number: int, by: str) -> str:
        """Let it go out; gives its status. Raises LookupError, ValueError."""
        ...

    def chase(self, number: int, by: str) -> bool:
        """Remind the supplier. False when there is nothing to remind of. Raises LookupError."""
        ...

    def letter(self, number: int) -> Letter | None: ...

    def sent(self, number: int) -> None:
        """The supplier has it."""
        ...

    def forecast(self, by: str) -> bool:
        """Have forecasts made anew. False when that is under way already."""
        ...
