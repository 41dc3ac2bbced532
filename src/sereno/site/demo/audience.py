"""What the demo's customers have with the shop besides orders: points, answers to surveys, what they wait for and wish,
and codes. Invented like they are; the same shop, the same words."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sereno.engine.durations import format_instant
from sereno.sdk.connector import NewEvent
from sereno.store.fields import to_micros

PROGRAM = {
    "is_on": True,
    "per_unit": "1",
    "pending_days": 14,
    "expires_days": 365,
    "warn_days": 30,
    "tiers": [
        {"name": "Barro", "points": 100},
        {"name": "Esmalte", "points": 250, "factor": "1.25"},
        {"name": "Oro", "points": 500, "factor": "1.5"},
    ],
    "rewards": [
        {"code": "envio", "name": "Envío gratis", "points": 80, "kind": "free_shipping"},
        {"code": "cinco", "name": "5 € de regalo", "points": 150, "kind": "amount", "value": "5", "minimum": "30"},
        {"code": "diez", "name": "10 % en tu próximo pedido", "points": 250, "kind": "percent", "value": "10"},
    ],
}
PROGRAM_RUNS = timedelta(days=150)
ANSWERED, WAITING, LOOKED = 110, 18, 40
COMMENTS = {
    "es": ("Todo perfecto, volveré.", "La jarra es preciosa.", "El envío tardó un poco.", "Muy bien envuelto."),
    "pt": ("Chegou tudo impecável.", "As taças são lindas.", "A entrega demorou.", "Muito bem embalado."),
    "en": (
        "Lovely work, thank you.",
        "The jug is even nicer in life.",
        "Delivery took a while.",
        "Beautifully packed.",
    ),
    "ro": ("Totul perfect.", "Bolurile sunt minunate.", "Livrarea a durat puțin.", "Foarte bine ambalat."),
}
POOL = ("feria-otono", "percent", "15")
GIVEN, MINIMUM = 46, Decimal(40)


def open_program(shop_id: int, by: str, end: datetime) -> None:
    """Points have been given for some months when the year ends."""
    from sereno.modules.loyalty.models import LoyaltyProgram
    from sereno.runtime.loyalty.programs import put_program

    put_program(shop_id, PROGRAM, by)
    LoyaltyProgram.objects.filter(shop_id=shop_id).update(started_at=end - PROGRAM_RUNS)


def speak(shop_id: int, database: Any, by: str, end: datetime) -> None:
    """What they said and looked at, and a pool of codes."""
    from sereno.runtime import services
    from sereno.runtime.pricing.pools import Pool, put_pool

    lot = random.Random(11)  # noqa: S311 - believable, not secret
    events = [*_answers(shop_id, end, lot), *_wants(shop_id, end, lot)]
    services.insert_events(shop_id, None, "demo", events, database=database)
    name, kind, value = POOL
    codes = [f"FERIA-{number:03}{chr(65 + number * 7 % 26)}{chr(65 + number * 11 % 26)}" for number in range(1, 201)]
    pool = Pool(name, kind, value, minimum=str(MINIMUM), expires_at=end + timedelta(days=45))
    put_pool(shop_id, pool, codes, by, database=database)
    _give(shop_id, end, lot)


def _give(shop_id: int, end: datetime, lot: random.Random) -> None:
    """The best customers were thanked with codes of the pool, and some have used theirs."""
    from sereno.modules.orders.models import Order
    from sereno.modules.pricing.models import Code, CodeUse

    orders = Order.objects.filter(shop_id=shop_id, customer_key__isnull=False).exclude(status="cancelled")
    told = list(orders.order_by("-placed_at", "id").values_list("key", "customer_key", "total", "placed_at")[:160])
    codes = list(Code.objects.filter(shop_id=shop_id, pool=POOL[0]).order_by("id")[:GIVEN])
    sums: dict[str, list[int]] = {}
    for code, (key, customer, total, placed_at) in zip(codes, told[::3], strict=False):
        code.status, code.customer, code.flow = "issued", customer, "vip-thanks"
        code.issued_at, code.expires_at = placed_at - timedelta(days=lot.randint(2, 9)), end + timedelta(days=45)
        month = sums.setdefault(code.issued_at.strftime("%Y-%m"), [0, 0, 0, 0])
        month[0] += 1
        amount = Decimal(total or 0)
        if amount >= MINIMUM and lot.random() < 0.6:
            cost = (amount * 15 / 85).quantize(Decimal("0.01"))
            code.status, code.redeemed_at, code.order_key = "redeemed", placed_at, key
            code.cost, code.revenue, code.currency_used = str(cost), str(amount), "EUR"
            month[1], month[2], month[3] = month[1] + 1, month[2] + int(cost * 100), month[3] + int(amount * 100)
    changed = ("status", "customer", "flow", "issued_at", "expires_at", "redeemed_at", "order_key", "cost", "revenue")
    Code.objects.bulk_update(codes, [*changed, "currency_used"])
    for month, (issued, redeemed, cost, revenue) in sums.items():
        figures = {"issued": issued, "redeemed": redeemed, "cost": cost, "revenue": revenue}
        of = {"shop_id": shop_id, "flow": "vip-thanks", "month": month, "currency": "EUR"}
        CodeUse.objects.update_or_create(**of, defaults=figures)


def _answers(shop_id: int, end: datetime, lot: random.Random) -> list[NewEvent]:
    """Of the people whose parcels came in the last months, some answered; most are content."""
    from sereno.modules.customers.models import Customer
    from sereno.modules.orders.models import Order
    from sereno.modules.surveys.models import SurveyAnswer

    orders = list(
        Order.objects.filter(shop_id=shop_id, fulfillment_status="fulfilled", email__isnull=False)
        .exclude(customer_key=None)
        .order_by("-placed_at", "id")
        .values_list("key", "email", "customer_key", "placed_at")[: ANSWERED * 2]
    )
    locales = dict(
        Customer.objects.filter(shop_id=shop_id, key__in=[row[2] for row in orders]).values_list("key", "locale")
    )
    rows: dict[tuple[str, str, str], SurveyAnswer] = {}
    events: list[NewEvent] = []
    for key, email, customer, placed_at in lot.sample(orders, min(ANSWERED, len(orders))):
        at = min(placed_at + timedelta(days=lot.uniform(6, 13)), end - timedelta(minutes=lot.randint(5, 600)))
        locale = (locales[customer] or "es")[:2] if customer in locales else "es"
        name, about = ("after-purchase", key) if lot.random() < 0.6 else ("recommend", "")
        answers, satisfaction, nps = _said(name, locale, lot)
        comment = str(answers.get("comment") or answers.get("why") or "")
        if (name, email, about) in rows:
            continue
        rows[name, email, about] = SurveyAnswer(
            shop_id=shop_id, survey=name, email=email, about=about, customer=customer, effect="", locale=locale,
            answers=answers, satisfaction=satisfaction, nps=nps, is_whole=True, first_at=at, at=at,
        )  # fmt: skip
        measures = {"satisfaction": satisfaction, "nps": nps}
        what = {"survey": name, "order": about or None}
        data = {
            "id": customer, "email": email, **what, "is_first": True, "is_whole": True, "answers": answers, **measures,
            "comment": comment, "opinion": {**what, **measures, "said_at": format_instant(at)}, "effect": "",
        }  # fmt: skip
        refs = {"customer": customer, "email": email, **({"order": key} if about else {})}
        uid = f"survey|demo|{name}|{to_micros(at)}|{customer}"[:200]
        events.append(NewEvent(uid, "survey.answered", f"customer:{customer}", at, data, refs))
    SurveyAnswer.objects.bulk_create(rows.values())
    return events


def _said(survey: str, locale: str, lot: random.Random) -> tuple[dict[str, Any], int | None, int | None]:
    """Answers by question, and what they come to."""
    is_glad = lot.random() < 0.86
    words = COMMENTS.get(locale, COMMENTS["es"])
    comment = {True: words[lot.choice((0, 1, 3))], False: words[2]}[is_glad] if lot.random() < 0.35 else ""
    if survey == "recommend":
        nps = lot.choices((10, 9, 8, 7), (45, 28, 18, 9))[0] if is_glad else lot.randint(2, 6)
        return {"recommend": nps, **({"why": comment} if comment else {})}, None, nps
    overall = lot.choices((5, 4), (68, 32))[0] if is_glad else lot.randint(1, 3)
    more = {one: min(5, max(1, overall + lot.choice((-1, 0, 0, 1)))) for one in ("ease", "product", "shipping")}
    return {"overall": overall, **more, **({"comment": comment} if comment else {})}, overall, None


def _wants(shop_id: int, end: datetime, lot: random.Random) -> list[NewEvent]:
    """Who waits for what is sold out, who wishes what, and who looked at what this week."""
    from sereno.modules.catalog.models import Product
    from sereno.modules.customers.models import Customer

    known = Customer.objects.filter(shop_id=shop_id, email__isnull=False).order_by("-id")
    people = list(known.values_list("key", "email", "locale")[:400])
    goods = list(Product.objects.filter(shop_id=shop_id).order_by("available", "id").values_list("key", flat=True))
    if not people or not goods:
        return []
    scarce = goods[: max(3, len(goods) // 8)]
    asked = [("waiting.joined", scarce, 20)] * WAITING + [("wish.added", goods, 40)] * WAITING
    asked += [("product.viewed", goods, 6)] * LOOKED
    events: list[NewEvent] = []
    for number, (type_, shelf, days) in enumerate(asked):
        key, email, locale = lot.choice(people)
        product, at = lot.choice(shelf), end - timedelta(days=lot.uniform(0.05, days))
        about = {"id": product} if type_ == "product.viewed" else {"product_id": product, "locale": locale or "es"}
        data = {"customer_id": key, "email": email, "source": "storefront", **about}
        refs = {"customer": key, "product": product, "email": email}
        events.append(NewEvent(f"want|{number}", type_, f"customer:{key}", at, data, refs))
    return events
