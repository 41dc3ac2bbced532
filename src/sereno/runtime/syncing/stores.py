"""The connections of a shop whose products can be told apart, and what may be written to each.

Invariant: a record's namespace says whose it is, so of connections that share one only the first takes part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sereno.runtime.stores.finding import is_store
from sereno.sdk.plugin import Plugins
from sereno.store.database import Transaction
from sereno.store.documents import decode


@dataclass(frozen=True, slots=True)
class Side:
    """A connection with products of its own. `abilities` are what may be written there; none without a key."""

    name: str
    kind: str
    title: str
    namespace: str
    abilities: frozenset[str]


def sides_of(tx: Transaction, plugins: Plugins, shop_id: int) -> list[Side]:
    """The oldest first, and stores before other systems: what has no namespace of its own stands behind them."""
    found: dict[str, Side] = {}
    rows = tx.all("sync_connections", {"shop": shop_id})
    for _id, name, kind, settings, has_access in sorted(rows, key=lambda row: not is_store(plugins, row[2])):
        connector = plugins.connectors.get(kind)
        if connector is None or (connector.store is not None and not connector.store.is_platform):
            continue
        held: Mapping[str, Any] = decode(settings) if settings else {}
        namespace = str(held.get("namespace") or "")
        abilities = connector.store.abilities if connector.store is not None and has_access else frozenset[str]()
        found.setdefault(namespace, Side(name, kind, str(held.get("title") or ""), namespace, abilities))
    return list(found.values())


def with_products(tx: Transaction, shop_id: int, sides: Sequence[Side]) -> list[Side]:
    return [
        one
        for one in sides
        if tx.one("has_variant_of", {"shop": shop_id, "prefix": f"{one.namespace}~" if one.namespace else ""})
    ]


def ways(sides: Sequence[Side]) -> str:
    """The same as long as the same can be written to the same connections."""
    said = "\n".join(f"{one.name} {one.namespace} {' '.join(sorted(one.abilities))}" for one in sides)
    return blake2b(said.encode(), digest_size=16).hexdigest()
