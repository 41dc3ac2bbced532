"""What comes back for messages: that they went and arrived, were opened and clicked; complaints and bounces.

Invariant: who complained, and an address that is dead, is not written to again, whatever flows make of the event; nor
one that could not be reached `MOST_SOFT` times in a row. Each answer is counted once: for the version that wrote (see
`counting`), and by day and mailbox provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from sereno.engine.tallies import SHARDS
from sereno.runtime.facts import Fact
from sereno.runtime.staging import counting
from sereno.sdk.mailboxes import mailbox_provider
from sereno.store.database import Transaction
from sereno.store.fields import storable

COMPLAINED, BOUNCED = "message.complained", "message.bounced"
WHAT = {
    "message.sent": "sent",
    "message.delivered": "delivered",
    "message.opened": "opened",
    "message.clicked": "clicked",
    "message.unsubscribed": "unsubscribed",
    COMPLAINED: "complained",
    BOUNCED: "bounced",
}
COUNTED = {COMPLAINED: "complained", BOUNCED: "bounced"}
REASONS = {COMPLAINED: "complaint", BOUNCED: "bounce.permanent"}
ARRIVED = frozenset({"delivered", "opened", "clicked", "unsubscribed", "complained"})
MOST_SOFT = 5
"""So many times in a row, each within 30 days of the one before, an address may be full, away or busy."""


def heed(tx: Transaction, facts: Sequence[Fact], worker: str, now: int) -> None:
    """Of a batch, those events that are answers. An event that was stored is dispatched once, so it is counted once."""
    heard = _Heard(now)
    for fact in facts:
        what = WHAT.get(fact.event.type)
        if what is not None:
            heard.take(fact, what)
    if not heard.tallies and not heard.told and not heard.rows:
        return
    tx.many("suppress", sorted(set(heard.rows)))
    for shop_id, answers in sorted(heard.told.items()):
        counting.count_answers(tx, shop_id, answers, worker)
    shard = crc32(worker.encode()) % SHARDS
    tx.many("count_mail", sorted((*key, shard, count) for key, count in heard.tallies.items()))
    heard.settle_trouble(tx)


class _Heard:
    """The answers of one batch, summed up."""

    def __init__(self, now: int) -> None:
        self._now = now
        self.rows: list[tuple[Any, ...]] = []
        self.told: dict[int, list[tuple[str, str]]] = {}
        self.tallies: dict[tuple[int, str, str, str], int] = {}
        self._arrived: set[tuple[int, str]] = set()
        self._soft: dict[tuple[int, str], int] = {}

    def take(self, fact: Fact, what: str) -> None:
        data, type_ = fact.event.data, fact.event.type
        said = data.get("channel")
        channel = said if isinstance(said, str) else "email"
        found = data.get("email" if channel == "email" else "phone")
        address = storable(found.strip().lower())[:254] if isinstance(found, str) else ""
        is_hard = type_ != BOUNCED or data.get("is_permanent") is True
        if type_ in COUNTED and is_hard:
            effect = data.get("effect")
            self.told.setdefault(fact.shop_id, []).append((effect if isinstance(effect, str) else "", what))
            if address:
                self.rows.append((fact.shop_id, address, channel, REASONS[type_], self._now))
        if channel == "email" and address:
            self._count(fact, what, address, is_hard=is_hard)

    def _count(self, fact: Fact, what: str, address: str, *, is_hard: bool) -> None:
        kind = what if is_hard else "bounced_soft"
        if fact.event.data.get("is_machine") is True:
            kind = f"{what}_machine"
        day = fact.event.occurred_at.strftime("%Y-%m-%d")
        key = (fact.shop_id, day, mailbox_provider(address), kind)
        self.tallies[key] = self.tallies.get(key, 0) + 1
        if kind == "bounced_soft":
            self._soft[fact.shop_id, address] = self._soft.get((fact.shop_id, address), 0) + 1
        elif kind in ARRIVED:
            self._arrived.add((fact.shop_id, address))

    def settle_trouble(self, tx: Transaction) -> None:
        """What arrived ends an address's trouble; what did not adds to it, and too much of it ends the writing."""
        tx.many("forget_soft_bounces", sorted(self._arrived))
        if not self._soft:
            return
        tx.many("add_soft_bounces", sorted((*key, count, self._now) for key, count in self._soft.items()))
        tx.many("suppress_repeated", sorted((*key, MOST_SOFT, self._now) for key in self._soft))
