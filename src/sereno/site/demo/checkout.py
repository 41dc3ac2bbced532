"""What the demo shop's checkout offers: rules, and two checkouts side by side with some weeks behind them."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

OPTIONS = [
    {"id": "card", "kind": "payment", "name": "Tarjeta"},
    {"id": "bizum", "kind": "payment", "name": "Bizum"},
    {"id": "cod", "kind": "payment", "name": "Contra reembolso"},
    {"id": "courier", "kind": "delivery", "name": "Mensajería 24 h"},
    {"id": "post", "kind": "delivery", "name": "Correos"},
    {"id": "pickup", "kind": "delivery", "name": "Recoger en Madrid"},
]
RULES = [
    {"name": "No cash above 150 euro", "when": "cart.total > 150", "do": "hide", "options": ["cod"]},
    {
        "name": "No cash for whom parcels came back from",
        "when": "history.undelivered_count > 0 || history.cancelled_count > 2",
        "do": "hide",
        "options": ["cod"],
    },
    {"name": "Bizum only in Spain", "when": 'address.country != "ES"', "do": "hide", "options": ["bizum"]},
    {"name": "Pick up in Madrid", "when": '!address.postal_code.startsWith("28")', "do": "hide", "options": ["pickup"]},
    {"name": "Bizum first on telephones", "when": 'visitor.device == "mobile"', "do": "first", "options": ["bizum"]},
]
ARMS = {"three-pages": (50, 0.041), "one-page": (50, 0.055)}
"""Weight, and how many of a hundred visitors order."""
DAYS, A_DAY = 35, 130
VARIANTS = {
    "id": "checkout",
    "name": "One page or three",
    "arms": [{"name": name, "weight": weight, "values": {"template": name}} for name, (weight, _) in ARMS.items()],
    "metric": "orders",
    "then": "tell",
}


def document() -> dict[str, Any]:
    rules = [{"id": f"rule-{number}", **rule} for number, rule in enumerate(RULES, 1)]
    return {"options": OPTIONS, "rules": rules, "variants": [VARIANTS]}


def open_checkout(shop_id: int, database: Any, by: str, end: datetime) -> None:
    """Publish it, and tell of the visitors there were."""
    from sereno.engine.control import CHECKOUT
    from sereno.runtime.decisions import asking, keeping
    from sereno.store import storefronts
    from sereno.store.fields import to_micros

    keeping.keep_draft(shop_id, document(), by, database=database)
    keeping.publish(shop_id, by, note="first", database=database)
    storefronts.issue(shop_id, "casa-azahar.example", ["https://casa-azahar.example"], by)
    (live,) = asking.live_plan(shop_id, database=database).variants
    dice = random.Random(7)  # noqa: S311 - an invented past, the same each time
    today = to_micros(end) // asking.DAY
    sums: dict[tuple[str, str, int], list[float]] = {}

    def add(arm: str, metric: str, day: int, value: float) -> None:
        for at in (0, day):
            held = sums.setdefault((arm, metric, at), [0, 0.0, 0])
            held[0], held[1], held[2] = held[0] + value, held[1] + value**2, held[2] + 1

    counts: dict[tuple[int, str], list[int]] = {}
    for day in range(today - DAYS, today):
        for arm, (_weight, rate) in ARMS.items():
            for _visitor in range(dice.randint(A_DAY // 2 - 12, A_DAY // 2 + 12)):
                add(arm, "exposed", day, 1)
                if day + 7 > today:
                    continue
                add(arm, "units", day + 7, 1)
                if dice.random() < rate:
                    add(arm, "orders", day + 7, 1)
                    add(arm, "EUR", day + 7, round(dice.lognormvariate(4.0, 0.5) * 100))
        for rule, share in (("", 1.0), *zip((one["id"] for one in document()["rules"]), SHARES, strict=True)):
            asked = dice.randint(A_DAY - 20, A_DAY + 20)
            held = round(asked * share)
            counts[day, rule] = [asked, 0, 0] if not rule else [held, asked - held, 0]
    with database.transaction() as tx:
        which = (shop_id, CHECKOUT, live.experiment.name, live.design)
        tx.many("add_sums", sorted((*which, *key[:2], key[2], *value) for key, value in sums.items()))
        tx.many("count_decisions", sorted((shop_id, day, rule, *found) for (day, rule), found in counts.items()))


SHARES = (0.11, 0.02, 0.17, 0.72, 0.64)
"""How often each rule held."""
