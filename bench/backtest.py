"""A year of a shop's events through a flow of six steps: how long a back-test takes, and in how much memory.

Prints one JSON document. `python bench/backtest.py [EVENTS]`: measures a quarter, a half and all of so many events
(orders, carts, stock, customers), each in a process of its own, for a flow that orders start and for one that
abandoned carts start. The events are read from a file; making it is not measured.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import setting

START = datetime(2025, 11, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
ORDERS = """
flow: ask-for-a-review
trigger: {event: order.paid, when: "order.total >= 30"}
exit: [{event: [order.cancelled, order.refunded]}]
steps:
  - wait: 2d
  - wait: {until: {event: order.delivered}, timeout: 12d}
    as: arrival
  - if: customer.accepts_email == true && order.total >= 60
    then:
      - messages.send_email: {subject: "How was order {{ order.number }}?", text: "Dear {{ customer.first_name }}"}
      - customers.add_tag: {tag: asked}
    else:
      - stop: nobody to ask
"""
CARTS = """
flow: cart-recovery
trigger: {event: checkout.abandoned, when: "cart.total >= 30"}
key: cart.id
reentry: {after: 7d}
exit: [{event: order.created, when: "event.cart_id == cart.id"}]
steps:
  - wait: 4h
  - if: cart.item_count > 0
    then:
      - messages.send_email: {subject: "Your cart", text: "{{ cart.total | money }}", purpose: marketing}
  - wait: {until: {event: order.created}, timeout: 20h}
  - if: customer.accepts_email == true
    then:
      - customers.add_tag: {tag: left-a-cart}
"""
FLOWS = {"orders": ORDERS, "carts": CARTS}


def main() -> None:
    numbers, _ = setting.arguments()
    count = numbers[0] if numbers else 1_000_000
    names = [word for word in sys.argv[1:] if word in FLOWS] or list(FLOWS)
    with tempfile.TemporaryDirectory(prefix="sereno-bench-") as folder:
        path = Path(folder) / "events.jsonl"
        write(path, count)
        found: dict[str, Any] = {"events": count, "megabytes_of_events": path.stat().st_size >> 20}
        for name in names:
            found[name] = [measure(name, path, part) for part in (count // 4, count // 2, count)]
    setting.emit(found)


def measure(flow: str, path: Path, count: int) -> dict[str, Any]:
    """In a process of its own, for the memory."""
    command = [sys.executable, __file__, "--replay", flow, str(path), str(count)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()[-1])


def replay(flow: str, path: Path, count: int) -> dict[str, Any]:
    from sereno.runtime import backtest
    from sereno.runtime.replays.history import lines_of
    from sereno.runtime.replays.replayed import Counted
    from sereno.sdk.context import ShopFacts
    from sereno.sdk.plugin import registry

    shop = ShopFacts(1, "Bench", "EUR", "Europe/Madrid", "es", "http://localhost", {})
    parts = Parts()
    parts.watch()
    before = resource.getrusage(resource.RUSAGE_SELF)
    begin = time.perf_counter()
    lines = parts.reading(lines_of(path, limit=count))
    summary = backtest.replay([FLOWS[flow]], lines, shop=shop, plugins=registry(), sink=Counted())
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "events": summary.events,
        "runs": summary.runs,
        "effects": summary.effects,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "share_of_time": parts.shares(seconds),
        "events_per_second": round(summary.events / seconds),
        "peak_megabytes": after.ru_maxrss >> 10,
        "megabytes_before": before.ru_maxrss >> 10,
        "failed": summary.failed,
    }


class Parts:
    """How much of the time goes where. What is left is the runtime around it, a batch at a time."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def watch(self) -> None:
        from sereno.runtime import dispatcher
        from sereno.runtime.replays.log import EventLog
        from sereno.runtime.replays.stream import Stream
        from sereno.runtime.waking import Waker

        for owner, name, part in (
            (EventLog, "arrive", "decoding"),
            (dispatcher, "project", "projecting"),
            (dispatcher.Dispatcher, "_play", "starting and telling runs"),
            (Waker, "run", "timers"),
            (Stream, "_settle_stores", "writing down"),
        ):
            setattr(owner, name, self._timed(part, getattr(owner, name)))

    def _timed(self, part: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        self._seconds[part] = 0.0

        def call(*given: Any, **named: Any) -> Any:
            begin = time.perf_counter()
            try:
                return inner(*given, **named)
            finally:
                self._seconds[part] += time.perf_counter() - begin

        return call

    def reading(self, events: Iterator[Any]) -> Iterator[Any]:
        read = self._timed("reading", lambda: next(events, None))
        while (event := read()) is not None:
            yield event

    def shares(self, seconds: float) -> dict[str, float]:
        return {part: round(spent / seconds, 2) for part, spent in self._seconds.items()}


# --- the year --------------------------------------------------------------------------------------


def write(path: Path, count: int) -> None:
    """So many events in order of time, as canonical lines."""
    with path.open("w") as file:
        for number, (at, type_, subject, data) in enumerate(year(count)):
            instant = f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
            line = {"id": f"e{number}", "source": "bench", "type": type_, "subject": subject, "occurred_at": instant}
            file.write(json.dumps({**line, "data": {**data, "updated_at": instant}}, separators=(",", ":")) + "\n")


def year(count: int) -> Iterator[tuple[datetime, str, str, dict[str, Any]]]:
    """Visits, each of about 8 events spread over days: a cart that is filled, often an order that goes its way, stock
    that falls with it and is filled up."""
    chance = random.Random(7)
    later: list[tuple[datetime, int, str, str, dict[str, Any]]] = []
    told = made = 0
    visits = max(1, round(count / 7.6))
    at = START
    while told < count:
        at += YEAR / visits * chance.uniform(0.2, 1.8)
        for event in visit(chance, at, made):
            made += 1
            heappush(later, (event[0], made, *event[1:]))
        while later and later[0][0] <= at and told < count:
            when, _, *rest = heappop(later)
            yield when, rest[0], rest[1], rest[2]  # type: ignore[misc]
            told += 1


def visit(chance: random.Random, at: datetime, made: int) -> Iterator[tuple[datetime, str, str, dict[str, Any]]]:
    who, cart = str(int(40_000 * chance.random() ** 2)), f"k{made}"
    person = {
        "id": who,
        "email": f"c{who}@example.com",
        "first_name": "Ana",
        "last_name": "Pérez García",
        "accepts_email": int(who) % 3 > 0,
        "locale": "es",
    }
    lines = [line(chance, f"{cart}-{place}") for place in range(chance.randint(1, 4))]
    total = f"{sum(float(item['total']) for item in lines):.2f}"
    basket = {"id": cart, "currency": "EUR", "customer_id": who, "email": person["email"], "customer": person}
    if chance.random() < 0.25:
        yield at, "customer.updated", f"customer:{who}", {**person, "order_count": 2, "total_spent": "120.00"}
    for number in range(1, len(lines) + 1):
        some = lines[:number]
        amount = f"{sum(float(item['total']) for item in some):.2f}"
        when = at + timedelta(minutes=3 * number)
        yield when, "cart.updated", f"cart:{cart}", {**basket, "lines": some, "total": amount}
    if chance.random() < 0.5:
        return
    placed = at + timedelta(minutes=chance.randint(15, 90))
    order = {
        **basket,
        "id": f"o{made}",
        "number": f"#{made}",
        "cart_id": cart,
        "lines": lines,
        "total": total,
        "subtotal": total,
        "status": "open",
        "placed_at": f"{placed:%Y-%m-%dT%H:%M:%S.%f}Z",
        "billing_address": setting.ADDRESS,
        "shipping_address": setting.ADDRESS,
    }
    yield placed, "order.created", f"order:o{made}", order
    yield placed + timedelta(seconds=40), "order.paid", f"order:o{made}", {**order, "payment_status": "paid"}
    for item in lines:
        for place in ("store", "depot"):
            level = {"sku": item["sku"], "variant_id": item["variant_id"], "product_id": item["product_id"]}
            stock = {**level, "inventory_item_id": f"i{item['variant_id']}", "available": chance.randint(0, 90)}
            when = placed + timedelta(seconds=41 if place == "store" else 90_000)
            yield when, "stock.changed", f"stock_level:i{item['variant_id']}", {**stock, "location_id": place}
    if chance.random() < 0.05:
        yield placed + timedelta(hours=5), "order.cancelled", f"order:o{made}", {**order, "status": "cancelled"}
        return
    sent = placed + timedelta(hours=chance.randint(10, 60))
    yield sent, "order.fulfilled", f"order:o{made}", {**order, "fulfillment_status": "fulfilled"}
    arrived = sent + timedelta(hours=chance.randint(20, 120))
    yield arrived, "order.delivered", f"order:o{made}", {**order, "delivery_status": "delivered"}


def line(chance: random.Random, id_: str) -> dict[str, Any]:
    thing = chance.randint(1, 800)
    price = 4 + thing % 40
    quantity = chance.randint(1, 3)
    return {
        "id": id_,
        "product_id": str(1000 + thing),
        "variant_id": str(5000 + thing),
        "sku": f"SKU-{thing}",
        "title": "Aceite de oliva virgen extra, cosecha temprana",
        "quantity": quantity,
        "price": f"{price}.00",
        "total": f"{price * quantity}.00",
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--replay"]:
        setting.ready()
        print(json.dumps(replay(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
