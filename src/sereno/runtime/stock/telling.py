"""Tells by events what changed in the book of stock, so that flows hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sereno.runtime import inbox
from sereno.sdk.connector import NewEvent
from sereno.store.fields import from_micros, instant_text

if TYPE_CHECKING:
    from sereno.runtime.stock.book import At, Book
    from sereno.store.database import Transaction

SOURCE = "sereno"


def tell_changed(book: Book, changed: Mapping[At, tuple[int, int]], reason: str, reference: str) -> None:
    """`stock.available_changed` for each item of which Sereno itself made more or fewer to be had, because of the
    `reference` (an order, a count)."""
    if not changed:
        return
    facts: list[inbox.Incoming] = []
    for at, (before, now) in sorted(changed.items()):
        shop, name = at
        item = book.items.get(at)
        data: dict[str, Any] = {
            "sku": name,
            "title": item.title if item else None,
            "variant_id": item.variant if item else None,
            "product_id": item.product if item else None,
            "available": now,
            "change": now - before,
            "reason": reason,
            "updated_at": instant_text(book.now),
        }
        refs = {"sku": name, "variant": item.variant if item else None, "product": item.product if item else None}
        event = NewEvent(
            f"{reason}|{name}|{book.now}|{now}|{reference}"[:200],
            "stock.available_changed",
            f"sku:{name}",
            from_micros(book.now),
            {key: value for key, value in data.items() if value is not None},
            {kind: key for kind, key in refs.items() if key},
        )
        facts.append(inbox.Incoming(shop, None, None, SOURCE, book.now, event))
    inbox.put(book.tx, facts)


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
