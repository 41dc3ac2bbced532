"""What comes back for messages: complaints and bounces, told by events of the mail provider.

Invariant: who complained, and an address that is dead, is not written to again, whatever flows make of the event; and
the version that wrote is counted for it (see `counting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.runtime.facts import Fact
from sereno.runtime.staging import counting
from sereno.store.database import Transaction
from sereno.store.fields import storable

COMPLAINED, BOUNCED = "message.complained", "message.bounced"
COUNTED = {COMPLAINED: "complained", BOUNCED: "bounced"}
REASONS = {COMPLAINED: "complaint", BOUNCED: "bounce.permanent"}


def heed(tx: Transaction, facts: Sequence[Fact], worker: str, now: int) -> None:
    """Of a batch, those events that are answers. An event that was stored is dispatched once, so it is counted once."""
    rows: list[tuple[Any, ...]] = []
    told: dict[int, list[tuple[str, str]]] = {}
    for fact in facts:
        what = COUNTED.get(fact.event.type)
        if what is None:
            continue
        data = fact.event.data
        if what == "bounced" and data.get("is_permanent") is not True:
            continue
        effect = data.get("effect")
        told.setdefault(fact.shop_id, []).append((effect if isinstance(effect, str) else "", what))
        channel = data.get("channel") if isinstance(data.get("channel"), str) else "email"
        address = data.get("email" if channel == "email" else "phone")
        if isinstance(address, str) and address.strip():
            reason = REASONS[fact.event.type]
            rows.append((fact.shop_id, storable(address.strip().lower())[:254], channel, reason, now))
    if not told:
        return
    tx.many("suppress", sorted(set(rows)))
    for shop_id, answers in sorted(told.items()):
        counting.count_answers(tx, shop_id, answers, worker)
