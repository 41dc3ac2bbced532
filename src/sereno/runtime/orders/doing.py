"""Holding and releasing orders by hand, and asking the shop's store for a change of one.

Invariant: what a person decides counts from the moment it is committed: the fact, the record that pages and flows read,
what is asked of the store and the line in the audit are one transaction. The store is asked by the action that flows
use, so that it is leased, tried again and idempotent as theirs are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
RELEASE = "orders.release"
HOST = Host("orders-by-hand", "What staff did to orders")
"""What the effects hang on that people ask for."""
BY_HAND = ("orders.cancel", "orders.refund", "orders.capture", "orders.note", "orders.fulfill")
"""Actions that people may ask for with one order at hand; `hold` and `release` have functions of their own."""
MOST = 1000
TRIES = 3


@dataclass(frozen=True, slots=True)
class Known:
    """An order as it stands: whose it is, and what Sereno knows of it."""

    key: str
    refs: Mapping[str, str]
    standing: Mapping[str, Any]
    number: str | None


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person decides of one order: `what` for the audit with `details`, the facts it makes (type, fields), and
    the `action` that is asked of the store, where one can: under the effect key `uid`/0, after `wait`."""

    what: str
    facts: Sequence[tuple[str, Mapping[str, Any]]]
    details: Mapping[str, Any]
    action: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    uid: str = ""
    wait: timedelta = timedelta(0)


Decide = Callable[[Known, datetime], Deed | None]
"""None: there is nothing to do."""


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

    config = {"reason": ", ".join(reasons), "note": note}

    def decide(one: Known, now: datetime) -> Deed | None:
        if one.standing.get("is_held"):
            return None
        return Deed("order.held", [held(now, by, reasons, note)], config, HOLD, config)

    return change(shop_id, orders, by, decide, database)


def release(
    shop_id: int, orders: Sequence[str], by: str, *, note: str = "", database: Database | None = None
) -> list[str]:
    """Let these orders go on. Gives the keys of those that were held. Raises LookupError when the shop has none of
    them."""

    config = {"note": note}

    def decide(one: Known, now: datetime) -> Deed | None:
        if not one.standing.get("is_held"):
            return None
        return Deed("order.released", [released(one, now, by)], config, RELEASE, config)

    return change(shop_id, orders, by, decide, database)


def held(now: datetime, by: str, reasons: Sequence[str], note: str = "") -> tuple[str, dict[str, Any]]:
    """The fact that an order is held."""
    said = {"is_held": True, "hold_reasons": list(reasons), "hold_note": storable(note)[:500], "held_by": by[:200]}
    return "order.held", {**said, "held_at": format_instant(now)}


def released(one: Known, now: datetime, by: str) -> tuple[str, dict[str, Any]]:
    """The fact that it may go on."""
    said = {"is_held": False, "released_by": by[:200], "released_at": format_instant(now)}
    return "order.released", {**said, "hold_reasons": one.standing.get("hold_reasons")}


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


def change(
    shop_id: int,
    orders: Sequence[str],
    by: str,
    decide: Decide,
    database: Database | None = None,
    first: Callable[[Transaction, int], None] = lambda tx, now: None,
) -> list[str]:
    """Do what `decide` says of each of these orders, all in one transaction, which begins with `first`. Gives the keys
    of those there was something to do about. Raises LookupError when the shop has none of them."""
    staff = open_staff(database)
    for last in range(TRIES):
        try:
            with staff.database.transaction() as tx:
                first(tx, to_micros(staff.world.clock.now()))
                return _changed(staff, tx, shop_id, orders, by, decide)
        except Overtaken:
            if last == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _changed(staff: Staff, tx: Transaction, shop_id: int, orders: Sequence[str], by: str, decide: Decide) -> list[str]:
    now = staff.world.clock.now()
    known = _read(tx, shop_id, list(dict.fromkeys(orders))[:MOST])
    if not known:
        raise LookupError("the shop has none of these orders")
    done = [(one, deed) for one in known if (deed := decide(one, now)) is not None]
    if not done:
        return []
    events = [
        NewEvent(uuid4().hex, type_, f"order:{one.key}", now, {"id": one.key, "number": one.number, **said}, one.refs)
        for one, deed in done
        for type_, said in deed.facts
    ]
    at = to_micros(now)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event) for event in events])
    facts = [_fact(shop_id, event, now) for event in events]
    project(tx, facts, Records(staff.plugins, tx, staff.database.dialect), staff.plugins, at, staff.database.dialect)
    kinds = kinds_of(tx, shop_id)
    for one, deed in done:
        if deed.action is not None and lack_of(staff.plugins, kinds, deed.action) is None:
            uid = deed.uid or f"hand-{shop_id}-{uuid4().hex}"
            _ask(tx, shop_id, one, deed.action, deed.config, now, uid, deed.wait)
        audit(tx, shop_id, at, by, deed.what, one.key, {name: said for name, said in deed.details.items() if said})
    return [one.key for one, _ in done]


def _read(tx: Transaction, shop_id: int, keys: Sequence[str]) -> list[Known]:
    """In the order asked for; what the shop does not have is left out. The rows stay ours until we commit."""
    given = {"shop": shop_id, "keys": [storable(key) for key in keys]}
    standings = {key: decode(data) for key, data in tx.all("order_standings", given)}
    found: dict[str, Known] = {}
    for key, number, email, customer in tx.all("orders_by_key", given):
        refs = {"order": key, "customer": customer, "email": (email or "").lower()}
        held = {kind: value for kind, value in refs.items() if value}
        found[key] = Known(key, held, standings.get(key, {}), number)
    return [found[key] for key in keys if key in found]


def _fact(shop_id: int, event: NewEvent, now: datetime) -> Fact:
    said = Event(event.id, str(shop_id), SOURCE, event.type, event.subject, now, now, event.data, event.refs)
    return Fact(0, shop_id, said, links(event.subject, event.refs))


def _ask(
    tx: Transaction,
    shop_id: int,
    one: Known,
    action: str,
    config: Mapping[str, Any],
    now: datetime,
    uid: str,
    wait: timedelta = timedelta(0),
) -> None:
    subject, at, due = f"order:{one.key}", to_micros(now), to_micros(now + wait)
    flow, run = host_run(tx, shop_id, HOST, uid, subject, now, refs=one.refs)
    document = encode({name: storable(value) if isinstance(value, str) else value for name, value in config.items()})
    place = (f"{uid}/0", shop_id, flow, run, "0", action, subject, document)
    tx.many("copy_effects", [(*place, "pending", False, 0, URGENT, due, "store", at, None, None, None, None)])
