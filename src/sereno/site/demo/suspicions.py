"""Orders of the last day that are not what they seem, so that the demo's queue of risk has something to decide: stolen
cards, one device with many names, a bot that buys a thing out, and a blocked buyer who comes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sereno.engine.durations import format_instant
from sereno.sdk.connector import NewEvent
from sereno.site.demo.catalogue import ITEMS

MADRID = {"line1": "Calle de Toledo 41", "city": "Madrid", "postal_code": "28005", "country": "ES"}
PORTO = {"line1": "Rua das Flores 88", "city": "Porto", "postal_code": "4050-262", "country": "PT"}
BUCHAREST = {"line1": "Strada Lipscani 12", "city": "București", "postal_code": "030031", "country": "RO"}
WRONG = {"avs_result": "no_match", "cvv_result": "no_match"}
BLOCKED = "rafa.montes@casa-lejana.example"
BOT, ABROAD = "45.227.254.10", "200.147.3.157"
TABLE: tuple[tuple[float, str, str, dict[str, Any], dict[str, Any], int], ...] = (
    # hours ago, name, mail, address, what else the order says, pieces
    (20.0, "Marta Gil", "marta.gil@example.com", MADRID, {"card": "fp-81", "ip_address": "81.40.12.9"}, 1),
    (9.5, "J. Smith", "jsmith8841@mailinator.com", MADRID, {"card": "fp-81", "ip_address": ABROAD, **WRONG}, 2),
    (7.2, "Ilie Radu", "ilie.radu@example.com", BUCHAREST, {"device_id": "dev-5c", "ip_address": "86.120.4.20"}, 1),
    (6.9, "Paul Ene", "paul.ene@example.com", BUCHAREST, {"device_id": "dev-5c", "ip_address": "86.120.4.20"}, 1),
    (6.4, "Dan Pop", "dan.pop@mailinator.com", BUCHAREST, {"device_id": "dev-5c", "cvv_result": "no_match"}, 3),
    (4.0, "Rafa Montes", BLOCKED, PORTO, {"ip_address": "94.60.3.2"}, 1),
    *((0.6 - n / 60, f"Buyer {n}", f"b{n}@drop{n}.example", {**PORTO, "line1": f"Rua Nova {n}"}, {"ip_address": BOT}, 4)
      for n in range(1, 7)),
)  # fmt: skip


def come(shop_id: int, database: Any, end: datetime) -> None:
    """Let them come in; the flows of risk judge them like any other."""
    from sereno.runtime import services
    from sereno.runtime.risk import reviewing

    reviewing.put_on_list(
        shop_id, "block", [f"email:{BLOCKED}"], "demo", reason="Chargeback in March", database=database
    )
    services.insert_events(shop_id, None, "demo", [_order(number, row, end) for number, row in enumerate(TABLE, 1)])


def _order(number: int, row: tuple[float, str, str, dict[str, Any], dict[str, Any], int], end: datetime) -> NewEvent:
    hours, name, email, address, said, pieces = row
    item, at = ITEMS[0 if said.get("ip_address") == BOT else number % len(ITEMS)], end - timedelta(hours=hours)
    key, more = f"suspicious-{number}", dict(said)
    payment = {
        "id": f"{key}-payment", "order_id": key, "status": "captured", "card_fingerprint": more.pop("card", None),
        **{one: more.pop(one) for one in WRONG if one in more},
    }  # fmt: skip
    price = Decimal(item.price) / 100
    total = f"{price * pieces:.2f}"
    line = {
        "id": "1",
        "sku": item.sku,
        "title": item.title,
        "quantity": pieces,
        "price": f"{price:.2f}",
        "total": total,
    }
    data = {
        "id": key, "number": f"#S{number:03}", "status": "open", "payment_status": "paid", "currency": "EUR",
        "total": total, "email": email, "customer_id": f"email:{email}", "lines": [line], "payments": [payment],
        "shipping_address": {**address, "name": name}, "billing_address": {**address, "name": name},
        "placed_at": format_instant(at), "updated_at": format_instant(at), "channel": "web", **more,
        "phone": f"+34 612 34{number:02} 07",
    }  # fmt: skip
    refs = {"order": key, "customer": f"email:{email}", "email": email}
    return NewEvent(key, "order.created", f"order:{key}", at, data, refs)
