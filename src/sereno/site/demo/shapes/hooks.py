"""A webhook before it is signed, and the small things all platforms' bodies need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sereno.site.demo.catalogue import Channel


@dataclass(frozen=True, slots=True)
class Hook:
    """`id` is the platform's name of the delivery: the same when it is sent again."""

    channel: Channel
    topic: str
    body: Any
    at: datetime
    id: str


def euros(cents: int) -> str:
    """`1250` as `12.50`."""
    return f"{cents // 100}.{cents % 100:02}"


def tax_inside(cents: int) -> int:
    """The 21 % VAT contained in a price, in cents."""
    return round(cents * 21 / 121)


def zulu(at: datetime) -> str:
    """To the second, with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def bare(at: datetime | str) -> str:
    """UTC to the second, without saying so, as WooCommerce's `_gmt` fields."""
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
