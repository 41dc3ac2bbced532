"""Holding and releasing orders by hand, and asking the shop's store for a change of one.

Invariant: what a person decides counts from the moment it is committed: the fact, the record that pages and flows read,
what is asked of the store and the line in the audit are one transaction. The store is asked by the action that flows
use, so that it is leased, tried again and idempotent as theirs are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sereno.commerce.event import Event, links
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.facts import Fact
from sereno.runtime.notices import Host, host_run
from sereno.runtime.ports import SOURCE
from sereno.runtime.projecting import project
from sereno.runtime.records import Overtaken, Records
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.abilities import kinds_of, lack_of
from sereno.sdk.config import problems
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import URGENT
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

HOLD = "orders.hold"
HOST = Host("orders-by-hand", "What staff did to orders")
"""What the effects hang on that people ask for."""
BY_HAND = ("orders.cancel", "orders.refund", "orders.capture", "orders.note", "orders.fulfill")
"""Actions that people may ask for with one order at hand; `hold` and `release` have functions of their own."""
MOST = 1000
TRIES = 3


@dataclass(frozen=True, slots=True)
class _Known:
    """An order as it stands: whose it is, and what Sereno knows of it."""

    key: str
    refs: Mapping[str, str]
    standing: Mapping[str, Any]
    number: str | None


def hold(
    shop_id: int,
    orders: Sequence[str],
    by: str,
    *,
    reasons: Sequence[str] = ("by.hand",),
    note: str = "",
    database: Database | None = None,
) -> list[str]:
    """Hold these orders. Gives the keys of those that were not held before. Raises LookupError when the shop has none
    of them."""

    def change(one: _Known, now: datetime) -> tuple[str, dict[str, Any]] | None:
        if one.standing.get("is_held"):
            return None
        at = format_instant(now)
        return "order.held", {
            "is_held": True, "hold_reasons": list(reasons), "hold_note": storable(note)[:500], "held_by": by[:200],
            "held_at": at,
        }  # fmt: skip

    return _change(shop_id, orders, by, HOLD, {"reason": ", ".join(reasons), "note": note}, change, database)


def release(
    shop_id: int, orders: Sequence[str], by: str, *, note: str = "", database: Database | None = None
) -> list[str]:
    """Let these orders go on. Gives the keys of those that were held. Raises LookupError when the shop has none of
    them."""

    def change(one: _Known, now: datetime) -> tuple[str, dict[str, Any]] | None:
        if not one.standing.get("is_held"):
            return None
        changes = {"is_held": False, "released_by": by[:200], "released_at": format_instant(now)}
        return "order.released", {**changes, "hold_reasons": one.standing.get("hold_reasons")}

    return _change(shop_id, orders, by, "orders.release", {"note": note}, change, database)


def ask(
    shop_id: int,
    order: str,
    action: str,
    config: Mapping[str, Any],
    by: str,
    *,
    key: str | None = None,
    database: Database | None = None,
) -> str:
    """Ask the store for one of BY_HAND. Gives the effect's key; the same `key` again asks for nothing more. Raises
    ValueError for a config that is wrong or a shop whose stores cannot, LookupError for an order the shop does not
    have."""
    staff = open_staff(database)
    if action not in BY_HAND:
        raise ValueError(f"{action} is not asked for by hand")
    definition = staff.plugins.actions.get(action)
    assert definition is not None
    wrong = problems(definition.config, config)
    if wrong:
        raise ValueError(f"{wrong[0].key}: {wrong[0].message}")
    now = staff.world.clock.now()
    uid = f"hand-{shop_id}-{storable(key)[:100] if key else uuid4().hex}"
    with staff.database.transaction() as tx:
        known = _read(tx, shop_id, [order])
        if not known:
            raise LookupError(f"there is no order {order!r}")
        if tx.one("effect_by_key", {"shop": shop_id, "key": f"{uid}/0"}) is not None:
            return f"{uid}/0"
        if lack_of(staff.plugins, kinds_of(tx, shop_id), action) is not None:
            raise ValueError("no store of this shop can do this: see what each can do under Connections")
        _ask(tx, shop_id, known[0], action, config, now, uid)
        audit(tx, shop_id, to_micros(now), by, f"order.{action.partition('.')[2]}", order, dict(config))
    return f"{uid}/0"


def _change(
    shop_id: int,
    orders: Sequence[str],
    by: str,
    action: str,
    config: Mapping[str, Any],
    change: Any,
    database: Database | None,
) -> list[str]:
    staff = open_staff(database)
    for last in range(TRIES):
        try:
            with staff.database.transaction() as tx:
                return _changed(staff, tx, shop_id, orders, by, action, config, change)
        except Overtaken:
            if last == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _changed(
    staff: Staff,
    tx: Transaction,
    shop_id: int,
    orders: Sequence[str],
    by: str,
    action: str,
    config: Mapping[str, Any],
    change: Any,
) -> list[str]:
    now = staff.world.clock.now()
    known = _read(tx, shop_id, list(dict.fromkeys(orders))[:MOST])
    if not known:
        raise LookupError("the shop has none of these orders")
    events: list[NewEvent] = []
    done: list[_Known] = []
    for one in known:
        found = change(one, now)
        if found is not None:
            type_, changes = found
            data = {"id": one.key, "number": one.number, **changes}
            events.append(NewEvent(uuid4().hex, type_, f"order:{one.key}", now, data, one.refs))
            done.append(one)
    if not done:
        return []
    at = to_micros(now)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event) for event in events])
    facts = [_fact(shop_id, event, now) for event in events]
    project(tx, facts, Records(staff.plugins, tx, staff.database.dialect), staff.plugins, at, staff.database.dialect)
    if lack_of(staff.plugins, kinds_of(tx, shop_id), action) is None:
        for one in done:
            _ask(tx, shop_id, one, action, config, now, f"hand-{shop_id}-{uuid4().hex}")
    said = {name: value for name, value in config.items() if value}
    what = "order.held" if action == HOLD else "order.released"
    for one in done:
        audit(tx, shop_id, at, by, what, one.key, said)
    return [one.key for one in done]


def _read(tx: Transaction, shop_id: int, keys: Sequence[str]) -> list[_Known]:
    """In the order asked for; what the shop does not have is left out. The rows stay ours until we commit."""
    given = {"shop": shop_id, "keys": [storable(key) for key in keys]}
    standings = {key: decode(data) for key, data in tx.all("order_standings", given)}
    found: dict[str, _Known] = {}
    for key, number, email, customer in tx.all("orders_by_key", given):
        refs = {"order": key, "customer": customer, "email": (email or "").lower()}
        held = {kind: value for kind, value in refs.items() if value}
        found[key] = _Known(key, held, standings.get(key, {}), number)
    return [found[key] for key in keys if key in found]


def _fact(shop_id: int, event: NewEvent, now: datetime) -> Fact:
    said = Event(event.id, str(shop_id), SOURCE, event.type, event.subject, now, now, event.data, event.refs)
    return Fact(0, shop_id, said, links(event.subject, event.refs))


def _ask(
    tx: Transaction, shop_id: int, one: _Known, action: str, config: Mapping[str, Any], now: datetime, uid: str
) -> None:
    subject, at = f"order:{one.key}", to_micros(now)
    flow, run = host_run(tx, shop_id, HOST, uid, subject, now, refs=one.refs)
    document = encode({name: storable(value) if isinstance(value, str) else value for name, value in config.items()})
    place = (f"{uid}/0", shop_id, flow, run, "0", action, subject, document)
    tx.many("copy_effects", [(*place, "pending", False, 0, URGENT, at, "store", at, None, None, None, None)])
