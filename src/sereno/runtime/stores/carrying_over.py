"""Tags that flows put on Sereno's own records are carried over to the store that has the record, if it takes tags.

Invariant: the effect that carries a tag over is written in the transaction that writes the tag; the run does not wait
for it, and nothing takes it back but the tag itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sereno.runtime import namespaces
from sereno.runtime.ports import LocalWrites
from sereno.sdk.plugin import Plugins
from sereno.sdk.writes import TagCustomer, TagOrder, Write
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

ABILITIES: Mapping[str, type[Write]] = {"order": TagOrder, "customer": TagCustomer}
GUEST = "email:"
"""How the keys of customers begin whom the store does not know."""


def carry_over(tx: Transaction, plugins: Plugins, all_writes: Iterable[LocalWrites]) -> None:
    """To be called after the tags and the effects that changed them are written."""
    tagging = [writes for writes in all_writes if writes.tags]
    if not tagging:
        return
    kinds = _kinds(tx, {writes.shop_id for writes in tagging})
    if not kinds:
        return
    rows: list[tuple[Any, ...]] = []
    for writes in tagging:
        for number, (kind, key, tag) in enumerate(dict.fromkeys(one[1:] for one in writes.tags)):
            connector = plugins.connectors.get(kinds.get((writes.shop_id, namespaces.of(key)), ""))
            ability = ABILITIES.get(kind)
            if connector is None or connector.store is None or ability is None or key.startswith(GUEST):
                continue
            if ability not in connector.store.writes:
                continue
            config = encode({"kind": kind, "key": storable(key), "tag": storable(tag)})
            rows.append((writes.effect_key, f"{writes.effect_key}/store{number}", config, to_micros(writes.now)))
    tx.many("carry_over", sorted(rows))


def _kinds(tx: Transaction, shops: set[int]) -> dict[tuple[int, str], str]:
    """The kind of the store, by shop and namespace, of those that may be written to."""
    found: dict[tuple[int, str], str] = {}
    for shop_id, kind, settings in tx.all("writable_by_shop", {"shops": sorted(shops)}):
        held: dict[str, Any] = decode(settings) if settings else {}
        found.setdefault((shop_id, str(held.get("namespace") or "")), kind)
    return found
