"""What each store of a shop is to be told of an item, so that all sell from one stock.

Invariant: a store is told only what it does not say already; what is being told is written down first, so that its own
echo, a lost answer or a second try changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.commerce.stock import offered
from sereno.runtime import namespaces
from sereno.runtime.stock.book import Book
from sereno.runtime.stock.channels import by_namespace
from sereno.runtime.stock.telling import tell_changed
from sereno.sdk.ports import Offer
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode


class LiveAvailability:
    """`Availability` of one shop."""

    def __init__(self, database: Database, shop_id: int, now: int) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now

    def offers(self, item: str) -> Sequence[Offer]:
        """What is to be said now; what the counting store is told is noted with its balance."""
        with self._database.transaction() as tx:
            at = (self._shop_id, item)
            book = Book(tx, self._now)
            book.open([at])
            if at not in book.items or book.items[at].is_tracked is False:
                return []
            channels = by_namespace(tx.all("stock_channels", {"shop": self._shop_id}))
            found: list[Offer] = []
            for variant, product, level, said, data in tx.all("stock_variants", {"shop": self._shop_id, "item": item}):
                channel = channels.get(namespaces.of(variant))
                if channel is None:
                    continue
                kept = _kept_back(tx, self._shop_id, channel, item)
                record: Mapping[str, Any] = decode(data) if data else {}
                counted_as = str(record.get("inventory_item_id") or "")
                base = Offer(item, variant, product or "", counted_as, "", 0)
                if namespaces.of(variant):
                    number = offered(book.available(at, channel), kept)
                    if level is None or said is None or int(said) != number:
                        found.append(_of(base, "", number))
                else:
                    found += _to_counting(book, at, base, kept, channel)
            book.write()
        return found

    def said(self, offer: Offer) -> None:
        """The store took it."""
        if namespaces.of(offer.variant):
            return
        with self._database.transaction() as tx:
            at = (self._shop_id, offer.item)
            book = Book(tx, self._now)
            book.open([at])
            balance = book.balances.get(at, {}).get(offer.location)
            if balance is not None and balance.offered == offer.available:
                book.settle_offer(at, balance)
                tell_changed(book, book.write(), "said", offer.variant)


def _to_counting(book: Book, at: tuple[int, str], base: Offer, kept: int, channel: str) -> list[Offer]:
    """Each of its own places is told what is to be had there, none where it is not served from there; what is kept
    back, at the last of them."""
    found: list[Offer] = []
    places = sorted(
        (one for one in book.balances[at].values() if one.figure is not None), key=lambda one: (-one.rank, one.location)
    )
    for one in places:
        has = one.available if one.is_for(channel) else 0
        less = min(kept, max(has, 0))
        kept -= less
        number = offered(has, less)
        if number == one.figure:
            continue
        one.offered, one.offered_from = number, one.figure
        book.touch(at, one)
        found.append(_of(base, one.location, number, one.figure))
    return found


def _of(base: Offer, location: str, number: int, expected: int | None = None) -> Offer:
    return Offer(base.item, base.variant, base.product, base.inventory_item, location, number, expected)


def _kept_back(tx: Transaction, shop_id: int, channel: str, item: str) -> int:
    """The closest rule: of this item in this channel, of the item, of the channel, of the shop."""
    rules = {(of, name): number for of, name, number in tx.all("stock_safety", {"shop": shop_id, "item": item})}
    for asked in ((channel, item), ("", item), (channel, ""), ("", "")):
        if asked in rules:
            return rules[asked]
    return 0
