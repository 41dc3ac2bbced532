"""What holds for a person now, whatever any flow did: what they agreed to, and what keeps messages from them.

Each source is a function of its own; a new guardrail adds one here, so that no page, command or call forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sereno.engine.durations import format_instant
from sereno.runtime.consents import last_words
from sereno.runtime.finding import Meaning
from sereno.runtime.staff import Staff
from sereno.store.database import Transaction
from sereno.store.fields import from_micros

Fact = dict[str, Any]
"""`{"kind", "code", "about", "at", "details"}`."""


def standing_of(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> list[Fact]:
    return [fact for source in SOURCES for fact in source(tx, staff, shop_id, meaning)]


def _fact(kind: str, code: str, about: str, at: int | None = None, **details: Any) -> Fact:
    when = format_instant(from_micros(at)) if at is not None else None
    return {"kind": kind, "code": code, "about": about, "at": when, "details": details}


def _consents(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> Iterable[Fact]:
    """The last word on marketing of every address, and which of them are never written to."""
    addresses = sorted(meaning.addresses)
    if not addresses:
        return
    for _shop, address, channel, granted, at in last_words(tx, [(shop_id, one) for one in addresses]):
        if at is None:
            yield _fact("suppression", "address.suppressed", address, channel=channel)
        else:
            yield _fact("consent", "consent.given" if granted else "consent.refused", address, at, channel=channel)


SOURCES: tuple[Callable[[Transaction, Staff, int, Meaning], Iterable[Fact]], ...] = (_consents,)
