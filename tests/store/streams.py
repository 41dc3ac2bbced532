"""Streams of events for back-tests: a few people who buy, leave carts and change their minds, and flows about it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
import support

from sereno.engine.durations import format_instant
from sereno.runtime.replays import entries, log, records, runs, stream
from sereno.sdk.context import ShopFacts

SHOP = ShopFacts(1, "Demo", "EUR", "Europe/Madrid", "es", "http://localhost", {"abandoned_after": "40m"})
CARTS = """
flow: carts
trigger: {event: checkout.abandoned, when: "cart.total >= 20"}
key: cart.id
reentry: {after: 3h}
exit: [{event: order.created, when: "event.cart_id == cart.id"}]
steps:
  - wait: 50m
  - if: customer.accepts_email == true
    then: [{tests.call: {to: "{{ customer.email }} {{ cart.total }}"}}]
    else: [{customers.add_tag: {tag: silent}}]
  - wait: {until: {event: order.created}, timeout: 5h}
    as: bought
  - split: {weights: {a: 50, b: 50}, a: [{log: {text: "a {{ cart.item_count }}"}}], b: [{stop: enough}]}
"""
ORDERS = """
flow: orders
trigger: {event: [order.paid, order.created], when: "order.total >= 10"}
key: order.customer_id
reentry: {while_running: restart}
exit: [{event: order.cancelled}]
steps:
  - set: {twice: "order.total * 2.0", when: "event.occurred_at"}
  - customers.add_tag: {tag: "spent-{{ vars.twice | floor }}"}
  - for_each: {items: order.lines, as: line, limit: 5, steps: [{orders.add_tag: {tag: "{{ vars.line.title }}"}}]}
  - wait: {until: {event: order.delivered}, timeout: 90m}
    as: arrival
  - if: vars.arrival.happened && "vip" in customer.tags
    then: [{tests.call: {to: "{{ order.id }} {{ order.payment_status }}"}}]
    else: [{tests.crash: {to: x}, on_error: continue}, {orders.add_tag: {tag: late}}]
"""
STOCK = """
flow: stock
trigger:
  event: stock.changed
  when: "product.available < 3.0 && (event.before == null || event.before.available >= 3.0)"
reentry: once
steps: [{log: {text: "{{ product.sku }} is at {{ product.available }}"}}]
"""
MORNINGS = """
flow: mornings
trigger: {schedule: "0 * * * *", over: customer, when: "customer.accepts_email == true"}
reentry: {after: 2h}
steps: [{wait: 30m}, {customers.add_tag: {tag: vip}}]
"""
PINGS = """
flow: pings
trigger: {event: custom.ping}
exit: [{event: order.created}]
steps:
  - log: {text: "{{ customer.id }} {{ customer.accepts_email }}"}
  - wait: 50m
  - log: {text: "{{ customer.id }} {{ customer.tags | join: ' ' }}"}
"""
FLOWS = [CARTS, ORDERS, STOCK, MORNINGS, PINGS]
KINDS = ("cart.updated", "cart.updated", "order.created", "order.paid", "order.delivered", "order.cancelled")


def stream_of(seed: int, count: int) -> list[dict[str, Any]]:
    """Events of a few people within some days, some of them late, some at the same instant."""
    chance = random.Random(seed)
    found: list[dict[str, Any]] = []
    minutes = 0.0
    for number in range(count):
        minutes += chance.choice((0, 0, 1, 7, 20, 45, 180))
        found.append(one(chance, number, minutes))
    return found


def one(chance: random.Random, number: int, minutes: float) -> dict[str, Any]:
    kind = chance.choice((*KINDS, "stock.changed", "customer.updated", "consent.changed", "custom.ping"))
    who, thing = chance.randint(1, 5), chance.randint(1, 6)
    at = format_instant(support.START + timedelta(minutes=minutes))
    changed = format_instant(support.START + timedelta(minutes=minutes - chance.choice((0, 0, 0, 60))))
    data: dict[str, Any] = {"updated_at": changed, "currency": "EUR"}
    email = f"c{who}@example.com"
    noun = kind.partition(".")[0]
    if noun == "custom":
        # About somebody known by their address alone, and holding for a good while.
        since = format_instant(support.START + timedelta(minutes=minutes - chance.choice((0, 300, 3000))))
        return {
            "id": f"e{number}",
            "source": "shop",
            "type": kind,
            "subject": f"ping:{number}",
            "occurred_at": at,
            "data": {"since": since},
            "refs": {"email": email},
        }
    if noun in ("cart", "order"):
        lines = [{"id": str(n), "title": f"T{n}", "quantity": n} for n in range(chance.randint(0, 3))]
        data |= {"id": f"{noun}{thing}", "total": f"{chance.randint(1, 60)}.00", "lines": lines}
        if chance.random() < 0.8:
            data |= {"email": email} if chance.random() < 0.3 else {"customer_id": str(who), "email": email}
        if noun == "order":
            data["cart_id"] = f"cart{chance.randint(1, 6)}"
        subject = f"{noun}:{data['id']}"
    elif noun == "stock":
        data |= {"sku": f"S{thing}", "variant_id": str(thing), "available": chance.randint(0, 6)}
        subject = f"stock_level:{thing}"
    elif noun == "customer":
        data |= {"id": str(who), "email": email, "accepts_email": chance.random() < 0.6, "tags": ["vip"][: thing % 2]}
        subject = f"customer:{who}"
    else:
        data = {"customer_id": str(who), "email": email, "channel": "email", "granted": chance.random() < 0.5}
        subject = f"customer:{who}"
    return {"id": f"e{number}", "source": "shop", "type": kind, "subject": subject, "occurred_at": at, "data": data}


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold almost nothing in memory."""
    for module, name, most in ((records, "MOST", 6), (log, "MOST", 8), (runs, "MOST", 2), (entries, "MOST", 4)):
        monkeypatch.setattr(module, name, most)
    monkeypatch.setattr(stream, "TELL_AFTER", 3)
