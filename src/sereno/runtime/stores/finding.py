"""The stores of a shop that may be written to, and which of them has a record.

Invariant: a record's namespace is its connection's; a key without one belongs to the shop's first store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime import namespaces
from sereno.sdk.plugin import Plugins
from sereno.sdk.stores import StoreApi
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.secrets import decrypt, encrypt


@dataclass(frozen=True, slots=True)
class Store:
    """A connection with a key to its platform. `namespace` is "" for a shop's first store."""

    connection_id: int
    connection: str
    kind: str
    api: StoreApi
    settings: Mapping[str, Any]
    access: Mapping[str, str]
    namespace: str


def stores_of(tx: Transaction, plugins: Plugins, shop_id: int) -> list[Store]:
    """The shop's open connections whose platform may be written to, the oldest first; other systems (a till, an ERP),
    which have no orders of their own, come after the stores. Raises SecretsUnreadable."""
    found = [one for one in _writable(tx, plugins, shop_id) if one.api.is_platform]
    return sorted(found, key=lambda one: not is_store(plugins, one.kind))


def mail_ways(tx: Transaction, plugins: Plugins, shop_id: int) -> list[Store]:
    """The shop's open connections to mail providers that have a key, the oldest first. Raises SecretsUnreadable."""
    return [one for one in _writable(tx, plugins, shop_id) if one.api.mail is not None]


def tools_of(tx: Transaction, plugins: Plugins, shop_id: int) -> list[Store]:
    """The shop's open connections to outside tools that have a key, the oldest first. Raises SecretsUnreadable."""
    return [one for one in _writable(tx, plugins, shop_id) if one.api.tool is not None]


def _writable(tx: Transaction, plugins: Plugins, shop_id: int) -> list[Store]:
    rows = tx.all("writable_stores", {"shop": shop_id})
    return [one for row in rows if (one := store_of(plugins, row)) is not None]


def is_store(plugins: Plugins, kind: str) -> bool:
    connector = plugins.connectors.get(kind)
    return connector is None or connector.guide is None or connector.guide.is_store


def store_of(plugins: Plugins, row: Sequence[Any]) -> Store | None:
    """From `id, name, kind, settings, access`; None when its platform is only listened to. Raises SecretsUnreadable."""
    id_, name, kind, settings, access = row
    connector = plugins.connectors.get(kind)
    if connector is None or connector.store is None:
        return None
    held: dict[str, Any] = decode(settings) if settings else {}
    return Store(id_, name, kind, connector.store, held, open_access(access), str(held.get("namespace") or ""))


def holding(stores: Sequence[Store], kind: str, key: str) -> Store | None:
    """The store that has the record of this key; for a key of "" (something new) the first one."""
    if not key:
        return next(iter(stores), None)
    namespace = namespaces.of(key)
    return next((one for one in stores if one.namespace == namespace), None)


def seal_access(access: Mapping[str, str]) -> str:
    """Text for the column `access`."""
    return encrypt([json.dumps(dict(access))]) if access else ""


def open_access(text: str) -> dict[str, str]:
    """What `seal_access` closed. Raises SecretsUnreadable."""
    held = decrypt(text)
    return json.loads(held[0]) if held else {}
