"""What every use case of `services` stands on: the database, the plugins, and a line in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sereno.runtime.clock import SystemClock
from sereno.runtime.hooks import Told
from sereno.runtime.ports import no_ports
from sereno.runtime.records import Records
from sereno.runtime.world import World, make_world
from sereno.sdk.plugin import Plugins, registry
from sereno.store.database import Database, Transaction, default_database
from sereno.store.documents import encode


@dataclass(frozen=True, slots=True)
class Staff:
    """`world` moves runs on behalf of a person; it has no ports, for staff's doings send nothing themselves."""

    database: Database
    plugins: Plugins
    world: World


def open_staff(database: Database | None = None) -> Staff:
    """With no database given: the one Django's settings name."""
    return _staff(database or default_database())


@lru_cache(maxsize=8)
def _staff(database: Database) -> Staff:
    plugins = registry()
    return Staff(database, plugins, make_world(database, plugins, no_ports, SystemClock(), "staff"))


def audit(tx: Transaction, shop_id: int, at: int, by: str, action: str, target: str, details: Any) -> None:
    tx.many("add_audit", [(shop_id, at, by[:200], action, target[:200], encode(details))])


def tell(staff: Staff, tx: Transaction, shop_id: int, type_: str, data: Mapping[str, Any]) -> None:
    """Let other systems know, those that asked to (see `hooks`)."""
    staff.world.hooks.refresh(tx)
    staff.world.hooks.tell(tx, [Told(shop_id, type_, data)], staff.world.clock.now())


def customer_at(staff: Staff, tx: Transaction, shop_id: int, email: str) -> str | None:
    """The id of the customer whose address this is, as flows find them; None for nobody known."""
    records, refs = Records(staff.plugins, tx, staff.database.dialect), {"email": email}
    records.want(shop_id, refs, ["customer"])
    records.fetch()
    found = (records.root(shop_id, refs, "customer") or {}).get("id")
    return str(found) if found else None
