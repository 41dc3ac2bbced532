"""How fast the engine alone is: steps per second of `advance()` on one core, on a flow of the usual kind.

Prints one JSON document: five rounds, of which the median counts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

from sereno.commerce.event import Event
from sereno.commerce.schema import Field, Record, record
from sereno.engine.advance import advance, begin, run_uid
from sereno.engine.catalog import ActionType, EventType
from sereno.engine.context import RunContext
from sereno.engine.flow import compile_flow
from sereno.engine.run import Started

ROUNDS = 5
FLOW = """
flow: bench
trigger: {event: order.created, when: "order.total >= 30"}
steps:
  - if: order.total >= 100 && customer.accepts_email
    then:
      - set: {tier: 'order.total >= 500 ? "gold" : "silver"'}
      - log: {text: "Order {{ order.name }} of {{ customer.name }} is {{ vars.tier }}"}
      - split: {weights: {a: 50, b: 50}, a: [{log: {text: "a {{ order.name }}"}}], b: [{log: {text: b}}]}
    else:
      - stop: too small
"""
CUSTOMER = record("customer", "", [Field("name", "string"), Field("accepts_email", "boolean")])
ORDER = record("order", "", [Field("name", "string"), Field("total", "money"), Field("currency", "string")])


class Catalog:
    """Just what the flow names."""

    def event_type(self, name: str) -> EventType | None:
        return EventType(name, frozenset({"order", "customer"}), ORDER) if name == "order.created" else None

    def event_names(self) -> list[str]:
        return ["order.created"]

    def action(self, name: str) -> ActionType | None:
        if name != "log":
            return None
        return ActionType("log", lambda config: [], frozenset({"text"}), frozenset({"text"}))

    def action_names(self) -> list[str]:
        return ["log"]

    def root(self, name: str) -> Record | None:
        return {"order": ORDER, "customer": CUSTOMER}.get(name)


def main(seconds: float) -> Mapping[str, Any]:
    flow = compile_flow(FLOW, Catalog())
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    shop = {"name": "Shop", "currency": "EUR", "timezone": "Europe/Madrid", "locale": "es"}
    customer = {"name": "Ana", "accepts_email": True, "email": "ana@example.com"}
    states = []
    contexts = []
    for number in range(200):
        data = {"name": f"#{number}", "total": f"{100 + number}.50", "currency": "EUR"}
        event = Event(str(number), "shop", "bench", "order.created", f"order:{number}", now, now, data, {"order": "1"})
        uid = run_uid("shop", "bench", event.subject, event.source, event.id)
        states.append(begin(flow, uid=uid, version=1, event=event, key=event.subject, now=now))
        contexts.append(RunContext({"order": data, "customer": customer}, shop))
    pairs = list(zip(states, contexts, strict=True))
    steps_per_run = sum(
        1
        for entry in advance(flow, states[0], Started(), contexts[0], now).trace
        if entry.code.startswith(("step.", "effect."))
    )
    rates = []
    for _ in range(ROUNDS):
        done = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            for state, context in pairs:
                advance(flow, state, Started(), context, now)
            done += len(pairs)
        rates.append(done * steps_per_run / (time.perf_counter() - start))
    return {
        "name": "engine",
        "steps_per_second": round(median(rates)),
        "runs_per_second": round(median(rates) / steps_per_run),
        "steps_per_run": steps_per_run,
        "rounds": [round(rate) for rate in rates],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of each of the five rounds")
    parser.add_argument("--json", action="store_true", help="the output is JSON in any case")
    print(json.dumps(main(parser.parse_args().seconds)))
