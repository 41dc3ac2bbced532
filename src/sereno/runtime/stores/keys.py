"""What is known of a connection's key beside the key itself: what the platform said of it, and whether it refuses it.

Invariant: the alert `store.key_refused` is open as long as the last word of the platform on the key was a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sereno.engine.durations import parse_instant
from sereno.runtime.watching.alerting import raise_alert, settle_alert
from sereno.sdk.stores import Probe
from sereno.store.database import Transaction
from sereno.store.fields import instant_text

FACTS = "store"
"""The setting of a connection that holds what its platform said when the key was last looked at."""
REFUSED = "store.key_refused"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the platform said when the key was last looked at. `checked_at` is None for a key never looked at."""

    shop: str = ""
    currency: str = ""
    version: str = ""
    lacking: tuple[str, ...] = ()
    checked_at: datetime | None = None


def facts_document(probe: Probe, now: int) -> dict[str, Any]:
    """What of a probe is kept with the connection's settings."""
    return {
        "shop": probe.shop[:200],
        "currency": probe.currency[:3],
        "version": probe.version[:64],
        "lacking": [one[:200] for one in probe.lacking][:50],
        "checked_at": instant_text(now),
    }


def facts_of(settings: Mapping[str, Any]) -> Facts:
    found = settings.get(FACTS)
    if not isinstance(found, Mapping):
        return Facts()
    held = cast("Mapping[str, Any]", found)
    at = held.get("checked_at")
    lacking = tuple(str(one) for one in cast("list[Any]", held.get("lacking") or []))
    return Facts(
        str(held.get("shop") or ""),
        str(held.get("currency") or ""),
        str(held.get("version") or ""),
        lacking,
        parse_instant(at) if isinstance(at, str) else None,
    )


def note_refused(tx: Transaction, shop_id: int, connection: str, title: str, said: str, now: int) -> bool:
    """The platform does not take the key. True when that is news. `now` in microseconds."""
    return raise_alert(
        tx,
        shop_id,
        kind=REFUSED,
        about=f"connection:{connection}",
        text_code=REFUSED,
        values={"name": title, "connection": connection, "said": said[:300]},
        now=now,
        severity="critical",
    )


def note_taken(tx: Transaction, shop_id: int, connection: str, now: int) -> bool:
    """The platform takes the key. True when it did not before."""
    return settle_alert(tx, shop_id, REFUSED, f"connection:{connection}", now)
