"""What to order again, decided and drafted in one transaction.

Invariant: never twice. Whoever drafts, or puts goods into the stock, holds the shop's row of `purchasing`, so what
counts as on order and what is added to it belong together; drafts count as on order from the moment they are there. The
same `key` gives the same orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sereno.commerce.order_minimum import topped_up
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
    """Numbers of the orders drafted, and what was left out: for want of money, or because its supplier accepts no order
    so small."""

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
    minimums: Mapping[int, Decimal] = field(default_factory=dict[int, Decimal])

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


def read_basis(
    tx: Transaction, shop: ShopFacts, terms: Terms, skus: Sequence[str] | None = None, *, now: datetime | None = None
) -> Basis:
    """Of these SKUs, or of all. With `now`, without what a supplier could not deliver lately."""
    asked: dict[str, Any] = {"shop": shop.id}
    some = asked if skus is None else {**asked, "skus": list(skus)}
    prices = tx.all("prices_of_shop" if skus is None else "prices_of_skus", some)
    offers: dict[str, list[Offer]] = {}
    refused: set[tuple[int, str]] = set()
    if now is not None:
        refused.update((row[0], row[1]) for row in tx.all("refused_of", {**asked, "now": to_micros(now)}))
    for row in prices:
        if (row[0], row[1]) in refused:
            continue
        offers.setdefault(row[1], []).append(offer_of(row))
    forecasts = tx.all("forecasts_of_shop" if skus is None else "forecasts_of_skus", some)
    leads: dict[int, list[float]] = {}
    for supplier, days in tx.all("lead_days_of", {**asked, "most": LATEST}):
        leads.setdefault(supplier, []).append(float(days))
    suppliers = tx.all("suppliers_of", asked)
    return Basis(
        offers,
        {sku: Demand(decode(mean), decode(sums)) for sku, mean, sums in forecasts if sku in offers},
        {row[0]: Rule(bool(row[1]), *row[2:]) for row in tx.all("reorder_rules_of", asked)},
        {row[0]: (row[1], row[3], float(row[4])) for row in suppliers},
        leads,
        terms,
        shop.currency,
        {row[0]: Decimal(row[6]) for row in suppliers if row[6]},
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
    plan = _within_budget(basis, wishes)
    return _above_minimums(basis, position, known, plan)


def _within_budget(basis: Basis, wishes: Sequence[Wish]) -> Plan:
    own = [one for one in wishes if basis.suppliers[one.offer.supplier][1] == basis.currency]
    foreign = [one for one in wishes if basis.suppliers[one.offer.supplier][1] != basis.currency]
    plan = within_budget(own, basis.terms.budget)
    return Plan(sorted([*plan.taken, *foreign], key=lambda one: (one.urgency, one.offer.sku)), plan.left_out)


def _above_minimums(
    basis: Basis, position: Callable[[str], Position | None], known: Mapping[str, Levels], plan: Plan
) -> Plan:
    """Orders below what their supplier accepts are brought up to it, or left out where that takes too much of anything
    or goes beyond the budget."""
    by_supplier: dict[int, list[Wish]] = {}
    for one in plan.taken:
        by_supplier.setdefault(one.offer.supplier, []).append(one)
    own = {supplier for supplier in by_supplier if basis.suppliers[supplier][1] == basis.currency}
    spent = sum((one.cost for supplier in own for one in by_supplier[supplier]), Decimal(0))
    taken, left_out = plan.taken, list(plan.left_out)
    for supplier, minimum in sorted(basis.minimums.items()):
        wishes = by_supplier.get(supplier, [])
        cost = sum((one.cost for one in wishes), Decimal(0))
        if not wishes or cost >= minimum:
            continue
        gone = {one.offer.sku for one in [*wishes, *left_out]}
        others = [one for sku in basis.offers if sku not in gone and (one := _next(basis, position, known, sku))]
        candidates = [*wishes, *(one for one in others if one.offer.supplier == supplier)]
        found = topped_up([(one, basis.rule(one.offer.sku).most) for one in candidates], minimum)
        more = sum((one.cost for one in found or ()), Decimal(0)) - cost
        is_bounded = supplier in own and basis.terms.budget is not None
        taken = [one for one in taken if one.offer.supplier != supplier]
        if found is None or (is_bounded and basis.terms.budget is not None and spent + more > basis.terms.budget):
            left_out += wishes
            spent -= cost if supplier in own else 0
        else:
            taken += found
            spent += more if supplier in own else 0
    return Plan(sorted(taken, key=lambda one: (one.urgency, one.offer.sku)), left_out)


def _next(
    basis: Basis, position: Callable[[str], Position | None], known: Mapping[str, Levels], sku: str
) -> Wish | None:
    """What does not run low, but would be ordered some day; None of it yet."""
    here, levels_ = position(sku), known.get(sku)
    if here is None or levels_ is None:
        return None
    demand = basis.demands.get(sku, NO_DEMAND)
    offer = chosen_offer(basis.offers[sku], demand)
    per_day = demand.expected(28) / 28
    left = max(0.0, here.total) / per_day if per_day > 0 else 9999.0
    return Wish(offer, 0, levels_, here, per_day, left, basis.lead(offer).mean)


def reorder(shop_id: int, asked: Asked, *, database: Database | None = None) -> Reordered:
    """Draft what is to be ordered, one order for each supplier. Asked again with the same key it gives what was made
    then."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        shop = staff.world.shops.find(tx, shop_id).facts
        basis = read_basis(tx, shop, terms_of(shop, asked.budget), now=staff.world.clock.now())
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
