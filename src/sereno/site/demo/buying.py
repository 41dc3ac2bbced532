"""What the demo shop buys: its suppliers and their price lists, half a year of receipts, orders in every state, and
forecasts, so that no page of buying is empty.

Invariant: what came in long ago is only told of, for the store's own notices have filled the shelves already; what is
under way goes through the real use cases, on a clock that is set back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sereno.commerce.purchasing import Offer
from sereno.site.demo.catalogue import ITEMS, Item

BY = "sereno"
HALF_A_YEAR = 26
"""Weeks."""


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody the shop buys from. `keeps` is how long goods take of what was promised, at least and at most."""

    code: str
    name: str
    contact: str
    kinds: tuple[str, ...]
    days: int
    keeps: tuple[float, float]
    every: int
    pack: int
    minimum: str = ""
    locale: str = "es"
    send_by: str = "email"


SOURCES = (
    Source("alfareria-triana", "Alfarería Triana", "Rocío", ("Cerámica",), 12, (0.9, 1.5), 4, 6, "250"),
    Source("sierra-magina", "Cooperativa Sierra Mágina", "Antonio", ("Despensa",), 6, (0.8, 1.2), 3, 12, "150"),
    Source("telares-grazalema", "Telares de Grazalema", "", ("Textil",), 21, (0.9, 1.3), 7, 3, send_by="hand"),
    Source("oficina-alentejo", "Oficina do Alentejo", "Inês", ("Casa", "Cocina"), 14, (1.0, 1.4), 5, 4, locale="pt"),
)


def buy(shop_id: int, database: Any, now: datetime) -> None:
    """Everything, up to now."""
    from sereno.runtime.purchasing import suppliers
    from sereno.runtime.purchasing.suppliers import Supplier

    chance = random.Random(4)  # noqa: S311 - believable, not secret
    for source in SOURCES:
        supplier = Supplier(
            code=source.code,
            name=source.name,
            currency="EUR",
            email=f"pedidos@{source.code}.example",
            contact=source.contact,
            locale=source.locale,
            lead_days=source.days,
            minimum=source.minimum,
            send_by=source.send_by,
        )
        suppliers.put_supplier(shop_id, supplier, BY, database=database)
        suppliers.put_prices(shop_id, source.code, [_offer(source, item) for item in _goods(source)], BY)
    # Sells some of it too, a little dearer: who is asked second.
    dearer = [Offer(0, item.sku, _cost(item, "0.52"), rank=1, title=_title(item)) for item in _goods(SOURCES[0])[:6]]
    suppliers.put_prices(shop_id, SOURCES[3].code, dearer, BY)
    number = _long_ago(shop_id, chance, now)
    _under_way(shop_id, number, now)
    _forecast(shop_id, database, now)
    _by_hand(shop_id)
    _again(shop_id)


def _goods(source: Source) -> list[Item]:
    return [item for item in ITEMS if item.kind in source.kinds and item.channel == "shopify"]


def _cost(item: Item, share: str) -> Decimal:
    return (Decimal(item.price) / 100 * Decimal(share)).quantize(Decimal("0.01"))


def _title(item: Item) -> str:
    return f"{item.title} · {item.variant}" if item.variant else item.title


def _offer(source: Source, item: Item) -> Offer:
    price, many = _cost(item, "0.45"), source.pack * 8
    return Offer(
        supplier=0,
        sku=item.sku,
        price=price,
        breaks=((many, (price * Decimal("0.93")).quantize(Decimal("0.01"))),),
        minimum=source.pack,
        multiple=source.pack,
        supplier_sku=f"{source.code[:2].upper()}{item.number}",
        title=_title(item),
    )


# --- what has been ----------------------------------------------------------------------------------


def _long_ago(shop_id: int, chance: random.Random, now: datetime) -> int:
    """Orders that came in whole. Gives the last number."""
    begun = [
        (now - timedelta(weeks=week, hours=chance.randint(1, 90)), source)
        for source in SOURCES
        for week in range(source.every + 4, HALF_A_YEAR, source.every)
    ]
    number = 0
    for number, (at, source) in enumerate(sorted(begun, key=lambda one: one[0]), 1):
        _received(shop_id, number, source, chance, at)
    return number


def _received(shop_id: int, number: int, source: Source, chance: random.Random, at: datetime) -> None:
    from sereno.modules.purchasing.models import PurchaseLine, PurchaseOrder, Receipt, ReceiptLine, Supplier

    supplier = Supplier.objects.get(shop_id=shop_id, code=source.code)
    items = chance.sample(_goods(source), min(4, len(_goods(source))))
    counts = {item: source.pack * chance.randint(1, 4) for item in items}
    took = timedelta(days=source.days * chance.uniform(*source.keeps))
    total = sum((_offer(source, item).price_of(count) * count for item, count in counts.items()), Decimal(0))
    order = PurchaseOrder.objects.create(
        shop_id=shop_id,
        number=number,
        key=f"demo:{number}",
        supplier=supplier,
        status="received",
        currency="EUR",
        total=str(total),
        origin="reorder",
        by="flow:reorder",
        reference=f"{source.code[:2].upper()}-{4000 + number * 7}",
        created_at=at,
        approved_at=at,
        approved_by=BY,
        sent_at=at,
        confirmed_at=at + timedelta(days=1),
        expected_at=at + timedelta(days=source.days * 1.1),
        closed_at=at + took,
        changes=5,
    )
    receipt = Receipt.objects.create(
        shop_id=shop_id,
        order=order,
        supplier=supplier,
        key=f"demo:{number}",
        by=BY,
        at=at + took,
        days=took / timedelta(days=1),
    )
    for item, count in counts.items():
        offer = _offer(source, item)
        PurchaseLine.objects.create(
            shop_id=shop_id,
            order=order,
            sku=item.sku,
            supplier_sku=offer.supplier_sku,
            title=offer.title,
            quantity=count,
            received=count,
            price=str(offer.price_of(count)),
            is_open=False,
        )
        ReceiptLine.objects.create(shop_id=shop_id, receipt=receipt, sku=item.sku, quantity=count)


# --- what is under way ------------------------------------------------------------------------------


@contextmanager
def set_back(at: datetime) -> Iterator[None]:
    """Whatever is done within is done then."""
    from sereno.runtime.clock import VirtualClock
    from sereno.runtime.staff import open_staff

    world = open_staff().world
    clock, world.clock = world.clock, VirtualClock(at)
    try:
        yield
    finally:
        world.clock = clock


def _under_way(shop_id: int, number: int, now: datetime) -> None:
    """One in part, one late, one confirmed, one without an answer, one declined."""
    from sereno.modules.purchasing.models import Purchasing
    from sereno.runtime.purchasing import answering, ordering

    Purchasing.objects.update_or_create(shop_id=shop_id, defaults={"number": number})
    pottery, larder, looms, workshop = SOURCES

    def order(source: Source, days: float, picks: Sequence[int]) -> int:
        at = now - timedelta(days=days)
        goods = _goods(source)
        counts = {goods[pick].sku: source.pack * 4 for pick in picks}
        with set_back(at):
            made = ordering.draft_order(shop_id, source.code, counts, BY, key=f"demo:{source.code}:{days}")
            ordering.approve(shop_id, made, BY, send=False)
            ordering.mark_sent(shop_id, made, BY)
        return made

    def confirm(source: Source, made: int, days: float, due: float) -> None:
        with set_back(now - timedelta(days=days)):
            expected = now + timedelta(days=due)
            reference = f"{source.code[:2].upper()}-{4800 + made * 7}"
            answering.confirm(shop_id, made, f"supplier:{source.code}", expected_at=expected, reference=reference)

    late = order(looms, 26, (0, 2))
    confirm(looms, late, 24, -2)
    part = order(pottery, 15, (1, 4, 6))
    confirm(pottery, part, 14, 1)
    with set_back(now - timedelta(days=2)):
        ordering.receive(shop_id, part, {_goods(pottery)[1].sku: pottery.pack}, BY, key="demo:van")
    declined = order(workshop, 9, (0, 5))
    with set_back(now - timedelta(days=8)):
        reason = "Fechados até ao fim do mês."
        answering.decline(shop_id, declined, f"supplier:{workshop.code}", reason=reason)
    sure = order(larder, 4, (0, 5, 8))
    confirm(larder, sure, 3, 4)
    order(workshop, 2.5, (2, 3))


def _forecast(shop_id: int, database: Any, now: datetime) -> None:
    """As a worker does it each night."""
    from sereno.modules.purchasing.forecasting import carry_out
    from sereno.runtime.purchasing.port import ask_forecast
    from sereno.store.fields import to_micros
    from sereno.store.jobs import LEASE

    ask_forecast(shop_id, BY, slot=f"day:{now.astimezone(UTC).date().isoformat()}", database=database)
    with database.transaction() as tx:
        lease = {"worker": "demo", "now": to_micros(now), "until": to_micros(now + LEASE)}
        row = tx.one("claim_forecast", lease)
    if row is not None:
        carry_out(int(row[0]), "demo", database, now)


def _by_hand(shop_id: int) -> None:
    """A shelf less than half full looks poor: what the shop would rather have said than forecast."""
    from sereno.modules.stock.models import StockItem
    from sereno.runtime.purchasing import suppliers

    there = dict(StockItem.objects.filter(shop_id=shop_id).values_list("item", "available"))
    for source in SOURCES[:2]:
        low = [item for item in _goods(source) if (there.get(item.sku) or 0) < item.stock / 2]
        for item in low[:4]:
            suppliers.put_rule(shop_id, item.sku, BY, least=item.stock // 2, most=item.stock)


def _again(shop_id: int) -> None:
    """What runs low by now is drafted; the first of the drafts goes out, and its supplier can be played by the link in
    the mail."""
    from sereno.modules.purchasing.models import PurchaseOrder
    from sereno.runtime.purchasing import ordering, reordering
    from sereno.runtime.purchasing.reordering import Asked

    reordering.reorder(shop_id, Asked("demo:today", "flow:reorder"))
    drafts = PurchaseOrder.objects.filter(shop_id=shop_id, status="draft", supplier__send_by="email")
    first = drafts.order_by("number").values_list("number", flat=True).first()
    if first is not None:
        ordering.approve(shop_id, first, BY)
