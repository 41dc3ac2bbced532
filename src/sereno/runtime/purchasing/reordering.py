"""What to order again, decided and drafted in one transaction.

Invariant: never twice. Whoever drafts, or puts goods into the stock, holds the shop's row of `purchasing`, so what
counts as on order and what is added to it belong together; drafts count as on order from the moment they are there. The
same `key` gives the same orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sereno.commerce.purchasing import (
    HOLDING,
    LATEST,
    Demand,
    LeadTime,
    Levels,
    Offer,
    Plan,
    Position,
    Rule,
    Terms,
    Wish,
    chosen_offer,
    flat_demand,
    lead_time,
    levels,
    wish,
    within_budget,
)
from sereno.runtime.purchasing.ordering import Draft, draft_in
from sereno.runtime.purchasing.suppliers import offer_of
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.context import ShopFacts
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import to_micros

NO_DEMAND = flat_demand(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """`key` names what asks: asked again by it, nothing new is made. `budget` is in the shop's currency, and bounds the
    orders in that currency; None: the shop's setting, if it has one. `only`: these suppliers' codes (empty: all)."""

    key: str
    by: str
    budget: Decimal | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reordered:
    """Numbers of the orders drafted, and what was left out for want of money."""

    orders: list[int] = field(default_factory=list[int])
    left_out: list[Wish] = field(default_factory=list[Wish])
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Basis:
    """All that decides but what changes with every sale: read before the lock is taken."""

    offers: Mapping[str, Sequence[Offer]]
    demands: Mapping[str, Demand]
    rules: Mapping[str, Rule]
    suppliers: Mapping[int, tuple[str, str, float]]
    leads: Mapping[int, Sequence[float]]
    terms: Terms
    currency: str

    def lead(self, offer: Offer) -> LeadTime:
        stated = offer.lead_days if offer.lead_days is not None else self.suppliers[offer.supplier][2]
        return lead_time(stated, self.leads.get(offer.supplier, ()))

    def levels(self, sku: str) -> Levels:
        """Raises KeyError for what nobody sells to the shop."""
        demand = self.demands.get(sku, NO_DEMAND)
        return levels(demand, self.lead(chosen_offer(self.offers[sku], demand)), self.rule(sku), self.terms)

    def rule(self, sku: str) -> Rule:
        return self.rules.get(sku, Rule())


def terms_of(shop: ShopFacts, budget: Decimal | None = None) -> Terms:
    """The shop's settings `purchasing_service`, `purchasing_cycle_days`, `purchasing_holding`, `purchasing_budget`."""
    usual = Terms()
    own = shop.settings
    return Terms(
        service=_number(own.get("purchasing_service"), usual.service, 0.5, 0.999),
        cycle=int(_number(own.get("purchasing_cycle_days"), usual.cycle, 1, 365)),
        review=int(_number(own.get("purchasing_review_days"), usual.review, 0, 60)),
        holding=_decimal(own.get("purchasing_holding")) or HOLDING,
        budget=budget if budget is not None else _decimal(own.get("purchasing_budget")),
    )


def read_basis(tx: Transaction, shop: ShopFacts, terms: Terms, skus: Sequence[str] | None = None) -> Basis:
    """Of these SKUs, or of all."""
    asked: dict[str, Any] = {"shop": shop.id}
    some = asked if skus is None else {**asked, "skus": list(skus)}
    prices = tx.all("prices_of_shop" if skus is None else "prices_of_skus", some)
    offers: dict[str, list[Offer]] = {}
    for row in prices:
        offers.setdefault(row[1], []).append(offer_of(row))
    forecasts = tx.all("forecasts_of_shop" if skus is None else "forecasts_of_skus", some)
    leads: dict[int, list[float]] = {}
    for supplier, days in tx.all("lead_days_of", {**asked, "most": LATEST}):
        leads.setdefault(supplier, []).append(float(days))
    return Basis(
        offers,
        {sku: Demand(decode(mean), decode(sums)) for sku, mean, sums in forecasts if sku in offers},
        {row[0]: Rule(bool(row[1]), *row[2:]) for row in tx.all("reorder_rules_of", asked)},
        {row[0]: (row[1], row[3], float(row[4])) for row in tx.all("suppliers_of", asked)},
        leads,
        terms,
        shop.currency,
    )


def positions(tx: Transaction, shop_id: int, skus: Sequence[str] | None = None) -> Callable[[str], Position | None]:
    """What is there and what is coming, by SKU; None where the stock is not known: what is not counted is not
    ordered."""
    coming = {sku: int(count) for sku, count in tx.all("on_order", {"shop": shop_id})}
    if skus is None:
        rows = tx.all("stock_for_purchasing", {"shop": shop_id})
    else:
        rows = tx.all("stock_for_skus", {"shop": shop_id, "skus": list(skus)})
    stock = {sku: float(available) for sku, available in rows}

    def find(sku: str) -> Position | None:
        available = stock.get(sku)
        return None if available is None else Position(available, coming.get(sku, 0))

    return find


def plan_of(
    basis: Basis, position: Callable[[str], Position | None], known: Mapping[str, Levels], only: Sequence[str] = ()
) -> Plan:
    """What is to be ordered now of all that is sold to the shop."""
    wishes: list[Wish] = []
    for sku, all_offers in basis.offers.items():
        offers = [one for one in all_offers if not only or basis.suppliers[one.supplier][0] in only]
        here = position(sku)
        if not offers or here is None:
            continue
        levels_ = known.get(sku) if len(offers) == len(all_offers) else None
        demand = basis.demands.get(sku, NO_DEMAND)
        found = wish(offers, basis.lead, demand, here, basis.rule(sku), basis.terms, levels_)
        if found is not None:
            wishes.append(found)
    own = [one for one in wishes if basis.suppliers[one.offer.supplier][1] == basis.currency]
    foreign = [one for one in wishes if basis.suppliers[one.offer.supplier][1] != basis.currency]
    plan = within_budget(own, basis.terms.budget)
    return Plan(sorted([*plan.taken, *foreign], key=lambda one: (one.urgency, one.offer.sku)), plan.left_out)


def reorder(shop_id: int, asked: Asked, *, database: Database | None = None) -> Reordered:
    """Draft what is to be ordered, one order for each supplier. Asked again with the same key it gives what was made
    then."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        shop = staff.world.shops.find(tx, shop_id).facts
        basis = read_basis(tx, shop, terms_of(shop, asked.budget))
    # What takes time is done before anybody has to wait.
    known = {sku: basis.levels(sku) for sku in basis.offers if basis.rule(sku).is_on}
    keys = {id_: f"{asked.key}:{id_}"[:200] for id_ in basis.suppliers}
    with staff.database.transaction() as tx:
        now = staff.world.clock.now()
        number, _turn = tx.one("lock_purchasing", {"shop": shop_id}) or (0, 0)
        made = tx.all("orders_of_key", {"shop": shop_id, "keys": sorted(keys.values())})
        if made:
            return Reordered([int(row[1]) for row in made], is_repeat=True)
        plan = plan_of(basis, positions(tx, shop_id), known, asked.only)
        by_supplier: dict[int, list[Wish]] = {}
        for one in plan.taken:
            by_supplier.setdefault(one.offer.supplier, []).append(one)
        numbers: list[int] = []
        for supplier, wishes in sorted(by_supplier.items()):
            number += 1
            code, currency, _lead = basis.suppliers[supplier]
            draft = Draft(keys[supplier], supplier, code, currency, "reorder", asked.by, [_line(one) for one in wishes])
            draft_in(tx, shop_id, number, draft, now)
            numbers.append(number)
        if numbers:
            tx.run("set_purchase_number", {"shop": shop_id, "number": number})
            details = {"orders": numbers, "left_out": len(plan.left_out)}
            audit(tx, shop_id, to_micros(now), asked.by, "reorder.drafted", asked.key, details)
            if staff.database.dialect == "postgresql":
                tx.all("notify")
    return Reordered(numbers, plan.left_out)


def _line(one: Wish) -> dict[str, Any]:
    return {
        "sku": one.offer.sku,
        "supplier_sku": one.offer.supplier_sku,
        "title": one.offer.title,
        "quantity": one.quantity,
        "price": str(one.price),
        "why": one.why(),
    }


def _number(value: object, usual: float, least: float, most: float) -> float:
    found = _decimal(value)
    return usual if found is None or not least <= found <= most else float(found)


def _decimal(value: object) -> Decimal | None:
    if value in (None, "") or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None
