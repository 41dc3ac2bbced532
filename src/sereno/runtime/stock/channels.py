"""Channels: the connections by which a shop sells. Of which one an order is, and what a place that is not for all of
them keeps from one.

Invariant: an order is of one channel for as long as it lives, by the namespace of its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.runtime import namespaces
from sereno.runtime.stores.finding import is_store
from sereno.sdk.plugin import registry
from sereno.store.database import Transaction
from sereno.store.documents import decode

MOST_PLACES = 1000


def by_namespace(rows: Sequence[Sequence[Any]]) -> dict[str, str]:
    """Names by the namespace of their ids, of rows (name, settings, kind); other systems give way to stores."""
    found: dict[str, str] = {}
    for name, settings, _kind in sorted(rows, key=lambda row: not is_store(registry(), row[2])):
        held: Mapping[str, Any] = decode(settings) if settings else {}
        found.setdefault(str(held.get("namespace") or ""), name)
    return found


def channel_of(tx: Transaction, shop_id: int, order: str) -> str | None:
    """The connection an order came by: a name without a namespace is the first store's. None for what is of no
    connection, such as a till's sale."""
    return by_namespace(tx.all("connections_by_namespace", {"shop": shop_id})).get(namespaces.of(order))


def not_for(tx: Transaction, shop_id: int, channel: str, *, counted: bool = False) -> list[str]:
    """The places that sell, and not by this channel. `counted`: of those where a store counts alone."""
    rows = tx.all("stock_locations", {"shop": shop_id, "most": MOST_PLACES})
    return [
        str(key)
        for key, _name, sells, _rank, is_own, channels in rows
        if sells and channels != "[]" and channel not in decode(channels) and not (counted and is_own)
    ]


def elsewhere(
    tx: Transaction, shop_id: int, channel: str, items: Sequence[str], *, counted: bool = False
) -> dict[str, int]:
    """How many of each item are at places that do not serve the channel."""
    places = not_for(tx, shop_id, channel, counted=counted)
    if not places or not items:
        return {}
    given = {"shop": shop_id, "items": sorted(set(items)), "locations": places}
    return {str(item): int(number) for item, number in tx.all("stock_at_places", given)}
