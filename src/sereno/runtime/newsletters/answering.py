"""What comes back for a newsletter's mails, noted with each and counted in the batch that hears of it: it arrived, was
opened, clicked or refused, and something was ordered after.

Invariant: each answer counts once for a person, however often it comes. What a machine opens or clicks is not a
person's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sereno.runtime.arbiter.messages import MICROSECOND
from sereno.runtime.facts import Fact
from sereno.runtime.newsletters.working import piece_of
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

ORDERED = "order.created"
ORDER_WITHIN = timedelta(days=5) // MICROSECOND
"""An order so soon after the mail counts as one that came of it."""
_FIELDS = {
    "message.delivered": "delivered",
    "message.opened": "opened",
    "message.clicked": "clicked",
    "message.bounced": "bounced",
    "message.complained": "complained",
    "message.unsubscribed": "unsubscribed",
}
_INSTANTS = ("delivered", "opened", "machine_opened", "clicked")

Counts = Counter[tuple[int, str, str]]
"""By newsletter, variant and name."""


@dataclass(slots=True)
class _Answers:
    """Of one piece in this batch: the first instant of each kind, and what trouble there was last."""

    shop_id: int
    at: dict[str, int]
    trouble: str | None = None


def heed(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Of a batch, what is an answer to a newsletter, or an order of somebody who got one."""
    heard: dict[int, _Answers] = {}
    orders: dict[int, dict[str, tuple[str, int]]] = {}
    for fact in facts:
        what = _FIELDS.get(fact.event.type)
        if what is not None:
            _take(heard, fact, what)
        elif fact.event.type == ORDERED and (person := fact.event.refs.get("customer")):
            key = fact.event.refs.get("order")
            if key:
                orders.setdefault(fact.shop_id, {}).setdefault(person, (key, to_micros(fact.event.occurred_at)))
    counts: Counts = Counter()
    if heard:
        _note_answers(tx, heard, counts)
    for shop_id, people in sorted(orders.items()):
        _note_orders(tx, shop_id, people, counts)
    if counts:
        tx.many("count_newsletter", sorted((*key, number) for key, number in counts.items() if number))


def _take(heard: dict[int, _Answers], fact: Fact, what: str) -> None:
    data = fact.event.data
    effect = data.get("effect")
    piece = piece_of(effect) if isinstance(effect, str) else None
    if piece is None:
        return
    if data.get("is_machine") is True:
        if what != "opened":
            return
        what = "machine_opened"
    one = heard.setdefault(piece, _Answers(fact.shop_id, {}))
    at = to_micros(fact.event.occurred_at)
    if what in _INSTANTS:
        one.at[what] = min(at, one.at.get(what, at))
        if what == "clicked":
            # Who clicks has read it, whether or not pictures were loaded.
            one.at["opened"] = min(at, one.at.get("opened", at))
    elif what != "bounced" or data.get("is_permanent") is True:
        one.trouble = what


def _note_answers(tx: Transaction, heard: dict[int, _Answers], counts: Counts) -> None:
    rows: list[tuple[Any, ...]] = []
    for id_, shop_id, newsletter, variant, *instants, trouble in tx.all("answered_pieces", {"ids": sorted(heard)}):
        one = heard[id_]
        if one.shop_id != shop_id:
            continue
        before = dict(zip(_INSTANTS, instants, strict=True))
        for name in _INSTANTS:
            if name in one.at and before[name] is None:
                counts[newsletter, variant, name] += 1
        if one.trouble is not None and one.trouble != trouble:
            counts[newsletter, variant, one.trouble] += 1
        rows.append((id_, shop_id, *(one.at.get(name) for name in _INSTANTS), one.trouble))
    tx.many("answer_pieces", rows)


def _note_orders(tx: Transaction, shop_id: int, people: dict[str, tuple[str, int]], counts: Counts) -> None:
    """An order belongs to the last newsletter its customer got before it."""
    since = min(at for _key, at in people.values()) - ORDER_WITHIN
    newest: dict[str, tuple[Any, ...]] = {}
    asked = {"shop": shop_id, "people": sorted(people), "since": since}
    for person, id_, newsletter, variant, sent_at in tx.all("ordered_pieces", asked):
        _key, at = people[person]
        if at - ORDER_WITHIN <= sent_at <= at:
            newest[person] = (id_, newsletter, variant)
    for _id, newsletter, variant in newest.values():
        counts[newsletter, variant, "ordered"] += 1
    tx.many("order_pieces", sorted((one[0], people[person][0]) for person, one in newest.items()))
