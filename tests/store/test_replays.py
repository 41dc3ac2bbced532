"""Back-tests stream: the same answers as by the long way, whatever was written down meanwhile, and in little memory."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import support
from slowly import backtest_slowly

from installation import ready
from sereno.engine.durations import format_instant
from sereno.runtime.backtest import backtest, replay
from sereno.runtime.history import in_order, past_of
from sereno.runtime.replayed import Collected
from sereno.runtime.replays import entries, log, records, runs, stream
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry

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
trigger: {event: stock.changed, when: "product.available < 3.0 && (event.before == null || event.before.available >= 3.0)"}
reentry: once
steps: [{log: {text: "{{ product.sku }} is at"}}]
"""
MORNINGS = """
flow: mornings
trigger: {schedule: "0 * * * *", over: customer, when: "customer.accepts_email == true"}
reentry: {after: 2h}
steps: [{wait: 30m}, {customers.add_tag: {tag: vip}}]
"""
FLOWS = [CARTS, ORDERS, STOCK, MORNINGS]
KINDS = ("cart.updated", "cart.updated", "order.created", "order.paid", "order.delivered", "order.cancelled")


@pytest.fixture(autouse=True)
def _plugins() -> None:
    ready()
    support.register_actions()


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
    kind = chance.choice((*KINDS, "stock.changed", "customer.updated", "consent.changed"))
    who, thing = chance.randint(1, 5), chance.randint(1, 6)
    at = format_instant(support.START + timedelta(minutes=minutes))
    changed = format_instant(support.START + timedelta(minutes=minutes - chance.choice((0, 0, 0, 60))))
    data: dict[str, Any] = {"updated_at": changed, "currency": "EUR"}
    email = f"c{who}@example.com"
    noun = kind.partition(".")[0]
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


def plain(report: Mapping[str, Any]) -> str:
    return json.dumps({name: report[name] for name in report if name != "traces"})


@pytest.mark.parametrize("seed", range(12))
def test_what_streams_is_what_the_long_way_gives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = stream_of(seed, 120)
    flows = FLOWS if seed % 3 == 0 else [FLOWS[seed % 4], FLOWS[(seed + 1) % 4]]
    until = support.START + timedelta(days=9) if seed % 2 else None
    expected = backtest_slowly(flows, lines, SHOP, until=until)
    assert expected["effects"], "a stream in which nothing happens says nothing"
    assert plain(backtest(flows, lines, shop=SHOP, plugins=registry(), until=until)) == plain(expected)
    small(monkeypatch)
    found = Collected()
    sorted_ = in_order(past_of(line) for line in lines)
    replay(flows, sorted_, shop=SHOP, plugins=registry(), sink=found, until=until)
    document = found.document()
    assert all(document[name] == expected[name] for name in document)
    assert {run.id: list(run.trace) for run in found.runs} == expected["traces"]
