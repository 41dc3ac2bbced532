"""A checkout asks: the live document, the facts about who asks, the answer, and what is noted of it.

Invariant: the customer's record and history are read only when it is proven who the customer is; what a page says about
itself is good enough for rules, and for nothing that is known of people.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from time import monotonic
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.engine.control import CHECKOUT
from sereno.engine.decisions.deciding import Answer, Asked, decide
from sereno.engine.decisions.document import DecisionsInvalid, Plan, read_plan
from sereno.engine.durations import format_instant
from sereno.runtime.decisions.recording import recorder
from sereno.runtime.records import Records
from sereno.runtime.staff import Staff, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

FRESH = 1.0
"""Seconds a document is taken for the live one."""
DAY = 86_400_000_000
HELD, MISSED, UNKNOWN = 0, 1, 2
_OUTCOME = {True: HELD, False: MISSED, None: UNKNOWN}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of who asks. `customer` (the platform's id) and `email` are given only when they are proven.
    `available`: what the storefront has to offer just now, by kind."""

    cart: Mapping[str, Any] = field(default_factory=dict[str, Any])
    address: Mapping[str, Any] = field(default_factory=dict[str, Any])
    visitor: Mapping[str, Any] = field(default_factory=dict[str, Any])
    customer: str = ""
    email: str = ""
    available: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])

    @property
    def key(self) -> str:
        return customer_key(self.customer or None, self.email or None) or ""

    @property
    def unit(self) -> str:
        """By what a visitor is known again: the browser, else the person, else the cart."""
        if visitor := self.visitor.get("id"):
            return f"visitor:{visitor}"[:110]
        if self.email:
            return f"email:{self.email.strip().lower()}"
        if self.key:
            return f"customer:{self.key}"
        return f"cart:{self.cart['id']}"[:210] if self.cart.get("id") else ""

    @property
    def links(self) -> list[str]:
        """What a visitor's orders are found by."""
        email = f"email:{self.email.strip().lower()}" if self.email else ""
        customer = f"customer:{self.key}" if self.key else ""
        cart = f"cart:{self.cart['id']}" if self.cart.get("id") else ""
        return [link[:270] for link in (email, customer, cart) if link]


@dataclass(frozen=True, slots=True)
class Live:
    """`version` is 0 for a shop that has published nothing. `winners`: arms by design."""

    version: int
    plan: Plan
    winners: Mapping[str, str]
    currency: str


class Standing:
    """Live documents by shop, looked at again when they are a moment old."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._held: dict[int, tuple[float, int, Live]] = {}
        self._lock = threading.Lock()

    def of(self, tx: Transaction, shop_id: int) -> Live:
        """Raises LookupError for a shop that is not there."""
        now = monotonic()
        held = self._held.get(shop_id)
        if held is not None and held[0] > now:
            return held[2]
        known = held[2] if held is not None else None
        row = tx.one("live_decisions", {"shop": shop_id, "known": known.version if known else 0})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        currency, version, document, ended = row
        plan = known.plan if known is not None and document is None else self._plan(document)
        live = known
        if live is None or live.version != (version or 0) or held is None or held[1] != ended:
            live = Live(version or 0, plan, self._winners(tx, shop_id, plan), currency)
        with self._lock:
            self._held[shop_id] = (now + FRESH, ended, live)
        return live

    def _winners(self, tx: Transaction, shop_id: int, plan: Plan) -> dict[str, str]:
        """Of those comparisons whose winner everybody is to have."""
        found = {design: arm for _name, design, arm, _at in tx.all("decision_winners", {"shop": shop_id})}
        return {one.design: found[one.design] for one in plan.variants if one.then == "use" and found.get(one.design)}

    def _plan(self, document: str | None) -> Plan:
        if document is None:
            return Plan()
        try:
            return read_plan(decode(document), self._staff.plugins)
        except DecisionsInvalid:
            return Plan()  # a field that a plug-in brought is gone: everything is shown, which sells


@dataclass(frozen=True, slots=True)
class Given:
    """An answer and the version that gave it; 0 where nothing is published."""

    version: int
    answer: Answer


def ask(shop_id: int, facts: Facts, *, database: Database | None = None) -> Given:
    """The live document's answer; what it leaves behind is noted. Raises LookupError for a shop that is not there."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        live = _standing(staff.database).of(tx, shop_id)
        scope = _scope(staff, tx, shop_id, facts, live.plan, live.currency, now)
    unit = facts.unit
    answer = decide(live.plan, Asked(scope, facts.available, unit), live.winners)
    _note(staff, shop_id, facts, unit, live, answer, to_micros(now))
    return Given(live.version, answer)


def live_plan(shop_id: int, *, database: Database | None = None) -> Plan:
    """The document that decides now; an empty one for a shop that has published nothing."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return _standing(staff.database).of(tx, shop_id).plan


def rehearse(shop_id: int, plan: Plan, facts: Facts, *, database: Database | None = None) -> Answer:
    """What this plan would answer now; nothing is noted."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        live = _standing(staff.database).of(tx, shop_id)
        scope = _scope(staff, tx, shop_id, facts, plan, live.currency, now)
    return decide(plan, Asked(scope, facts.available, facts.unit), live.winners)


@lru_cache(maxsize=8)
def _standing(database: Database) -> Standing:
    return Standing(open_staff(database))


def _scope(
    staff: Staff, tx: Transaction, shop_id: int, facts: Facts, plan: Plan, currency: str, now: datetime
) -> dict[str, Any]:
    """Only what the plan's conditions read is looked up."""
    visitor = {**facts.visitor, "is_signed_in": bool(facts.key)}
    scope: dict[str, Any] = {"cart": facts.cart, "address": facts.address, "visitor": visitor}
    scope["now"] = format_instant(now)
    if "store" in plan.roots:
        scope["store"] = staff.world.shops.find(tx, shop_id).variables
    if "customer" in plan.roots and facts.key:
        refs = {"customer": facts.key, **({"email": facts.email.strip().lower()} if facts.email else {})}
        records = Records(staff.plugins, tx, staff.database.dialect)
        records.want(shop_id, refs, ["customer"])
        records.fetch()
        scope["customer"] = records.root(shop_id, refs, "customer")
    if "history" in plan.roots and facts.key:
        scope["history"] = _history(tx, shop_id, facts, currency)
    return scope


def _history(tx: Transaction, shop_id: int, facts: Facts, currency: str) -> dict[str, Any]:
    rows = tx.all(
        "history_of_person", {"shop": shop_id, "customer": facts.key, "email": facts.email.strip().lower() or None}
    )
    placed = sorted(at for *_, at, _undelivered in rows if at is not None)
    stands = [row for row in rows if row[0] not in ("cancelled", "deleted") and row[1] not in ("refunded", "voided")]
    return {
        "order_count": len(rows),
        "paid_count": sum(row[1] in ("paid", "partially_paid", "partially_refunded", "refunded") for row in rows),
        "cancelled_count": sum(row[0] == "cancelled" for row in rows),
        "refunded_count": sum(row[1] in ("refunded", "partially_refunded") for row in rows),
        "undelivered_count": sum(row[5] for row in rows),
        "total_spent": str(sum((_decimal(row[3]) for row in stands if row[2] == currency), Decimal(0))),
        "first_order_at": format_instant(from_micros(placed[0])) if placed else None,
        "last_order_at": format_instant(from_micros(placed[-1])) if placed else None,
    }


def _decimal(text: str | None) -> Decimal:
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)


def _note(staff: Staff, shop_id: int, facts: Facts, unit: str, live: Live, answer: Answer, now: int) -> None:
    if not live.version:
        return
    exposures = [
        _exposed(shop_id, live, one.variants, one.arm or "", unit, facts.key or None, now)
        for one in answer.assigned
        if one.is_measured
    ]
    links = [(shop_id, unit, link, now) for link in facts.links] if unit.startswith("visitor:") else []
    day = now // DAY
    counts = [(shop_id, day, reason.rule, _OUTCOME[reason.held]) for reason in answer.reasons]
    recorder(staff.database).note(exposures, links if exposures else [], [(shop_id, day, "", HELD), *counts])


def _exposed(
    shop_id: int, live: Live, variants: str, arm: str, unit: str, customer: str | None, now: int
) -> tuple[Any, ...]:
    experiment = next(one for one in live.plan.variants if one.id == variants).experiment
    until = now + int(experiment.window.total_seconds() * 1_000_000)
    which = (shop_id, CHECKOUT, experiment.name, experiment.design, unit)
    return (*which, live.version, arm, customer, now, until, now)
