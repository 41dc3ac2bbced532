"""A flow whose message waits for the best moment: replayed as it runs, in time for nothing else, refused where it makes
no sense."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import START, event, plugins
from sereno.engine.catalog import FlowInvalid
from sereno.engine.durations import parse_instant
from sereno.engine.moments import Profile, is_left_alone, spread_of
from sereno.runtime.arbiter.passing import dry_guard
from sereno.runtime.arbiter.timing import Known, Timings
from sereno.runtime.backtest import Collected, in_order, past_of, replay
from sereno.sdk.context import ShopFacts

EVENING = Profile((10,) * 19 + (255, 250, 100, 10, 10), (255,) * 7, 30)
FLOW = """
flow: remind
trigger: {event: cart.updated}
steps:
  - messages.send_email: {subject: Your cart, text: It waits for you., purpose: PURPOSE, best_moment: 24h}
"""
SHOP = ShopFacts(1, "Demo", "EUR", "Europe/Madrid", "en", "https://sereno.example", {})
TREATED = next(str(number) for number in range(50) if not is_left_alone(1, str(number)))
ALONE = next(str(number) for number in range(99) if is_left_alone(1, str(number)))


def went(key: str, purpose: str = "marketing", **customer: Any) -> dict[str, Any]:
    """What became of the one message to this customer, whose hours are known, as a back-test tells it."""
    email = f"{key}@example.com"
    cart = {"id": "c1", "email": email, "customer_id": key, "currency": "EUR", "total": "10.00", "item_count": 1}
    events = [
        event("customer.created", f"customer:{key}", id=key, email=email, accepts_email=True, **customer),
        event("cart.updated", "cart:c1", "1m", **cart),
    ]
    timings = Timings({(1, key): Known(EVENING, is_own=True)})
    found = Collected()
    replay(
        [FLOW.replace("PURPOSE", purpose)],
        in_order(past_of(one) for one in events),
        shop=SHOP,
        plugins=plugins(),
        sink=found,
        guard_of=lambda world: dry_guard(world, lambda wanted: timings),
    )
    (effect,) = [one for one in found.effects if one.action == "messages.send_email"]
    return dict(effect.result or {})


def hours(result: dict[str, Any]) -> float:
    return (parse_instant(result["sent_at"]) - START - spread_of(1, TREATED)).total_seconds() / 3600


def test_it_goes_in_the_evening_of_whoever_reads_then() -> None:
    # Ten in the morning in Madrid; seven in the evening is nine hours on, in Bucharest eight.
    found = went(TREATED)
    assert found["reason"] == "message.best_moment" and hours(found) == pytest.approx(9)
    assert hours(went(TREATED, timezone="Europe/Bucharest")) == pytest.approx(8)


def test_who_is_left_alone_gets_it_at_once() -> None:
    assert "sent_at" not in went(ALONE)


def test_what_is_transactional_cannot_wait() -> None:
    with pytest.raises(FlowInvalid, match="never put off"):
        went(TREATED, "transactional")
