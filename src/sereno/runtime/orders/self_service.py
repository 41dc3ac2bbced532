"""Changes of an order that its customer asks for: what is open to them, taking the wish, and the shop's rules for it.

Invariant: whether an order may still be changed is decided once. Who takes the wish holds the order's lock alone; who
makes a ticket of the order shares it (`ports._Holds`), so either the ticket is known here or the change there. From the
wish on until the store has answered, the order counts as held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

from sereno.commerce.merging import micros
from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.self_service import (
    CHANGED,
    REFUSED,
    REQUESTED,
    SETTING,
    WATCHED,
    Change,
    ChangeRefused,
    Rules,
    Window,
    before,
    judge,
    pay_address,
    prepay_state,
    read_rules,
    rules_of,
)
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.notices import Host, host_run
from sereno.runtime.ports import SOURCE, is_being_changed, word_on_change
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.finding import holding, stores_of
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import URGENT
from sereno.sdk.writes import CancelOrder, ChangeAddress, ChangeItems, Write
from sereno.store.database import Database, DatabaseConflict, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

HOST = Host("customers-changes", "What customers changed of their orders")
APPLY = "orders.apply_change"
WRITES: Mapping[str, type[Write]] = {"address": ChangeAddress, "items": ChangeItems, "cancel": CancelOrder}
TRIES = 5
T = TypeVar("T")


class SettingsChanged(ValueError):  # noqa: N818
    """Somebody else has changed the rules meanwhile."""


@dataclass(frozen=True, slots=True)
class Look:
    """An order as its customer may see it. `window.kinds` are those the store can carry out too. `under_way` says that
    a change is being carried out, or that what became of it is not in `standing` yet; `done` is the kind of the last
    one, once the store has made it."""

    order: Mapping[str, Any]
    standing: Mapping[str, Any]
    rules: Rules
    window: Window
    under_way: bool
    done: str
    now: datetime


# --- looking and asking -----------------------------------------------------------------------------


def look(shop_id: int, order: str, *, database: Database | None = None) -> Look | None:
    """None when the shop has no such order (any more)."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return _look(staff, tx, shop_id, order, staff.world.clock.now())


def request_change(
    shop_id: int,
    order: str,
    uid: str,
    make: Callable[[Look], Change],
    *,
    by: str = "customer",
    database: Database | None = None,
) -> str:
    """Take a customer's wish: `make` reads it with the order at hand, and may refuse. The store is asked by an effect,
    whose key is given back; the same `uid` again asks for nothing more. Raises ChangeRefused, which stands in the
    order's story too where the order no longer takes changes, and LookupError."""
    key = f"self-{shop_id}-{storable(uid)[:80]}"
    staff = open_staff(database)

    def once(tx: Transaction) -> str | ChangeRefused:
        now = staff.world.clock.now()
        tx.all("lock_order", {"shop": shop_id, "order": storable(order)})
        if tx.one("effect_by_key", {"shop": shop_id, "key": f"{key}/0"}) is not None:
            return f"{key}/0"
        held = _look(staff, tx, shop_id, order, now)
        if held is None:
            raise LookupError(f"there is no order {order!r}")
        if is_being_changed(tx, shop_id, order):
            raise ChangeRefused("change.under_way")
        if held.window.why:
            refused = {"change_reason": held.window.why, "change_at": format_instant(now), "change_by": by[:200]}
            _tell(tx, shop_id, held, REFUSED, key, refused, now)
            return ChangeRefused(held.window.why)
        change = make(held)
        if change.kind not in held.window.kinds:
            raise ChangeRefused("change.not_offered")
        _ask(tx, shop_id, held, change, key, by, now)
        return f"{key}/0"

    found = _again(staff, once)
    if isinstance(found, ChangeRefused):
        raise found
    return found


def _look(staff: Staff, tx: Transaction, shop_id: int, order: str, now: datetime) -> Look | None:
    row = tx.one("order_to_change", {"shop": shop_id, "order": storable(order)})
    if row is None:
        return None
    held: list[dict[str, Any]] = [decode(one) if one else {} for one in row]
    data, standing, settings = held
    rules, link = rules_of(settings), storable(f"order:{order}")
    passed = {name for (name,) in tx.all("order_passed", {"shop": shop_id, "link": link, "types": sorted(WATCHED)})}
    is_changing = is_being_changed(tx, shop_id, order)
    is_told = (micros(standing.get("change_at")) or 0) >= (micros(standing.get("change_asked_at")) or 1)
    is_made = is_told and standing.get("change_reason") in (None, "", "change.cancelled")
    done = str(standing.get("change_kind") or "") if is_made else ""
    if done == "cancel":
        passed.add("order.cancelled")  # the store has said yes; its own word may come much later
    window = judge(rules, data, passed, now, is_changing=is_changing)
    if window.kinds:
        store = holding(stores_of(tx, staff.plugins, shop_id), "order", order)
        able = () if store is None else tuple(one for one in window.kinds if WRITES[one] in store.api.writes)
        window = Window(able, window.until, "" if able else "change.no_store")
    under_way = is_changing or (not is_told and word_on_change(tx, shop_id, order)[0] in (CHANGED, REFUSED))
    return Look({"id": order, **data}, standing, rules, window, under_way, done, now)


def _ask(tx: Transaction, shop_id: int, held: Look, change: Change, key: str, by: str, now: datetime) -> None:
    at, order = to_micros(now), str(held.order["id"])
    passed = {"shop": shop_id, "link": f"order:{order}", "types": ["pick_ticket.created"]}
    facts = {
        **before(held.order),
        "change_id": key,
        "change_kind": change.kind,
        "change_by": by[:200],
        "change_asked_at": format_instant(now),
        "change_had_ticket": bool(tx.all("order_passed", passed)),
    }
    _tell(tx, shop_id, held, REQUESTED, key, facts, now)
    config: dict[str, Any] = {"kind": change.kind, "facts": facts}
    if change.address is not None:
        config["address"] = dict(change.address)
    if change.lines:
        config["lines"] = [{"line": line, "quantity": quantity} for line, quantity in change.lines]
    subject = f"order:{order}"
    flow, run = host_run(tx, shop_id, HOST, key, subject, now, refs=_refs(held.order))
    place = (f"{key}/0", shop_id, flow, run, "0", APPLY, subject, encode(config))
    tx.many("copy_effects", [(*place, "pending", False, 0, URGENT, at, "store", at, None, None, None, None)])


def _tell(
    tx: Transaction, shop_id: int, held: Look, type_: str, key: str, facts: Mapping[str, Any], now: datetime
) -> None:
    order = str(held.order["id"])
    data = {"id": order, "number": held.order.get("number"), **facts}
    uid = key if type_ == REQUESTED else f"{key}:{type_}"
    event = NewEvent(uid, type_, f"order:{order}", now, data, _refs(held.order))
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])


def _refs(order: Mapping[str, Any]) -> dict[str, str]:
    found = {"order": order.get("id"), "customer": order.get("customer_id"), "email": order.get("email")}
    return {kind: storable(str(value)) for kind, value in found.items() if value}


def _again(staff: Staff, what: Callable[[Transaction], T]) -> T:
    for last in range(TRIES):
        try:
            with staff.database.transaction() as tx:
                return what(tx)
        except DatabaseConflict:
            if last == TRIES - 1:
                raise
    raise AssertionError("unreachable")


# --- paying before ----------------------------------------------------------------------------------


def where_to_pay(held: Look) -> tuple[str | None, str]:
    """(The address where what was offered, or is still due, is paid; why there is none, as a code)."""
    amount, why = prepay_state(held.order, held.standing, held.now)
    if amount is None:
        return None, why
    try:
        money = Money.parse(amount, str(held.order.get("currency") or ""))
    except AmountInvalid:
        return None, "pay.unknown"
    kept = held.standing.get("prepay_url")
    url = kept if isinstance(kept, str) and kept and why == "prepay" else None
    url = url or pay_address(held.rules, held.order, money, f"{held.order['id']}-{why}")
    return url, "" if url else "pay.nowhere"


# --- the shop's rules -------------------------------------------------------------------------------


def tag_of(rules: Rules) -> str:
    """Changes with the rules."""
    return blake2b(encode(rules.document()).encode(), digest_size=8).hexdigest()


def change_rules(
    shop_id: int, document: Any, by: str, *, expected: str | None = None, database: Database | None = None
) -> Rules:
    """Have these rules from now on. Raises RulesInvalid; SettingsChanged when the rules of the tag `expected` are not
    those that hold."""
    rules, staff = read_rules(document), open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("settings_of_shop", {"shop": shop_id})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        settings: dict[str, Any] = decode(row[0]) if row[0] else {}
        was = rules_of(settings)
        if expected is not None and expected != tag_of(was):
            raise SettingsChanged("Somebody else has changed the rules meanwhile: look at them, and change them again.")
        if rules != was or SETTING not in settings:
            tx.run("keep_settings", {"shop": shop_id, "settings": encode({**settings, SETTING: rules.document()})})
            details = {"before": was.document(), "after": rules.document()}
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "self_service.changed", row[1], details)
    return rules
