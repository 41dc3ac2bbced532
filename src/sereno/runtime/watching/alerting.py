"""What is amiss is raised, counted and settled here, once for each (shop, kind, about); the people hear of it from
`telling`, at the next beat of any worker.

Invariant: an alert that is not settled is there once, however many workers raise it. Words for a `text_code` live in
`modules/alerts/wording.py`; `facts` fill them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable

Severity = Literal["info", "warning", "critical"]
REOPENED_WITHIN = timedelta(hours=24)
"""What comes back so soon is the same again, and goes on where it stopped: so what flickers does not flood."""


def raise_alert(
    tx: Transaction,
    shop_id: int,
    *,
    kind: str,
    about: str,
    text_code: str,
    values: Mapping[str, Any],
    now: int,
    severity: Severity = "warning",
    count: int = 1,
) -> bool:
    """Say that something is amiss; `about` names what (`flow:cart-recovery`, `connection:shop`). True when it is new:
    then its people are told within seconds. The same again is counted, and told of in a digest at growing intervals.
    `now` in microseconds. To be called in the transaction that makes it true."""
    held: dict[str, Any] = {"shop": shop_id, "kind": kind[:64], "about": storable(about)[:300]}
    said = {"severity": severity, "text_code": text_code[:64], "facts": encode(dict(values))}
    given = {**held, **said, "now": now, "count": count}
    if tx.one("see_alert", given) is not None:
        return False
    since = now - REOPENED_WITHIN // timedelta(microseconds=1)
    if tx.one("reopen_alert", {**given, "since": since}) is not None:
        return False
    if tx.one("insert_alert", given) is not None:
        return True
    tx.one("see_alert", given)  # Another worker was first.
    return False


def settle_alert(tx: Transaction, shop_id: int, kind: str, about: str, now: int) -> bool:
    """Say that it is over: who was told of it hears so, once. True when there was such an alert."""
    held = {"shop": shop_id, "kind": kind[:64], "about": storable(about)[:300], "now": now}
    return tx.one("settle_alert", held) is not None
