"""Tells by events what changed in the book of stock, so that flows hear of it; and of all items anew, a page at a time,
when a rule of what channels get changed.

Invariant: what is told and how far the telling has come are one transaction: killed between any two statements, no item
is left out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sereno.runtime import inbox
from sereno.sdk.connector import NewEvent
from sereno.store.fields import from_micros, instant_text, to_micros

if TYPE_CHECKING:
    from sereno.runtime.stock.book import At, Book
    from sereno.runtime.world import World
    from sereno.store.database import Transaction

SOURCE = "sereno"
PAGE, PAGES = 500, 20
"""Items told of in one transaction, and such in one look: the heartbeat must not wait."""
log = logging.getLogger("sereno.runtime")


def tell_changed(book: Book, changed: Mapping[At, tuple[int, int]], reason: str, reference: str) -> None:
    """`stock.available_changed` for each item of which Sereno itself made more or fewer to be had, because of the
    `reference` (an order, a count)."""
    if not changed:
        return
    facts: list[inbox.Incoming] = []
    for at, (before, now) in sorted(changed.items()):
        item = book.items.get(at)
        known = (item.title, item.variant, item.product) if item else (None, None, None)
        facts.append(_changed(at, known, (before, now), (reason, reference), book.now))
    inbox.put(book.tx, facts)


def _changed(
    at: At, known: Sequence[str | None], numbers: tuple[int, int], why: tuple[str, str], at_time: int
) -> inbox.Incoming:
    """`known`: title, variant and product; `numbers`: how many before, and now; `why`: the reason and its reference."""
    (shop, name), (title, variant, product), (before, now), (reason, reference) = at, known, numbers, why
    data: dict[str, Any] = {
        "sku": name,
        "title": title,
        "variant_id": variant,
        "product_id": product,
        "available": now,
        "change": now - before,
        "reason": reason,
        "updated_at": instant_text(at_time),
    }
    refs = {"sku": name, "variant": variant, "product": product}
    event = NewEvent(
        f"{reason}|{name}|{at_time}|{now}|{reference}"[:200],
        "stock.available_changed",
        f"sku:{name}",
        from_micros(at_time),
        {key: value for key, value in data.items() if value is not None},
        {kind: key for kind, key in refs.items() if key},
    )
    return inbox.Incoming(shop, None, None, SOURCE, at_time, event)


def retell(tx: Transaction, shop: int, rows: Sequence[Sequence[Any]], now: int, reference: str) -> None:
    """Of these rows of `stock_item_told`: nothing moved, yet what its channels are to be told may be another number."""
    facts = [
        _changed((shop, item), known, (available, available), ("rule", reference), now)
        for item, *known, available in rows
        if available is not None
    ]
    if facts:
        inbox.put(tx, facts)


class Reteller:
    """Tells of all items of a shop anew where `retell_stock` asked for it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def turn(self) -> None:
        """Never raises: what it could not do it does at the next look."""
        try:
            for _ in range(PAGES):
                (shop,) = self._world.database.peek("stock_to_retell", {})
                if shop is None:
                    return
                with self._world.database.transaction() as tx:
                    retell_page(tx, shop, to_micros(self._world.clock.now()))
        except Exception:
            log.exception("stores could not be told anew what they may sell; it is tried again")


def retell_page(tx: Transaction, shop: int, now: int, limit: int = PAGE) -> int:
    """The next items. Gives how many; 0 where another worker is at it."""
    row = tx.one("retelling_of_shop", {"shop": shop})
    if row is None:
        return 0
    items = tx.all("next_stock_items", {"shop": shop, "after": row[0], "limit": limit})
    retell(tx, shop, items, now, "all")
    if len(items) < limit:
        tx.run("drop_retelling", {"shop": shop})
    else:
        tx.run("retell_after", {"shop": shop, "after": items[-1][0]})
    return len(items)


def tell_transfer(
    tx: Transaction,
    shop: int,
    id: int,
    status: str,
    origin: str,
    destination: str,
    lines: Mapping[str, int],
    now: int,
) -> None:
    """`stock.transfer_proposed`, `_sent`, `_received` or `_cancelled`."""
    data = {
        "id": str(id),
        "status": status,
        "origin": origin,
        "destination": destination,
        "lines": [{"sku": item, "quantity": number} for item, number in sorted(lines.items())],
        "units": sum(lines.values()),
        "updated_at": instant_text(now),
    }
    name = f"transfer:{id}"
    event = NewEvent(
        f"{name}|{status}", f"stock.transfer_{status}", name, from_micros(now), data, {"transfer": str(id)}
    )
    inbox.put(tx, [inbox.Incoming(shop, None, None, SOURCE, now, event)])
