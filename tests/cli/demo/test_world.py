"""The invented year: the same every time, believable, and understood by the real connectors without a remark."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

START = datetime(2025, 11, 22, 9, 0, tzinfo=UTC)


@cache
def year(days: int = 365):
    from sereno.site.demo.history import past
    from sereno.site.demo.world import World

    world = World(7)
    return world, tuple(past(world, START, START + timedelta(days=days)))


def test_the_same_seed_gives_the_same_year() -> None:
    from sereno.site.demo.history import fingerprint, past
    from sereno.site.demo.world import World

    _, first = year(30)
    second = list(past(World(7), START, START + timedelta(days=30)))
    assert fingerprint(list(first)) == fingerprint(second)
    assert fingerprint(second) != fingerprint(list(past(World(8), START, START + timedelta(days=30))))


def test_the_year_is_believable() -> None:
    world, hooks = year()
    assert [hook.at for hook in hooks] == sorted(hook.at for hook in hooks)
    assert 8_000 <= len(hooks) <= 15_000
    orders = [hook for hook in hooks if hook.topic in ("orders/create", "order.created", "order.placed")]
    by_month = Counter(hook.at.month for hook in orders)
    assert by_month[12] > 1.4 * by_month[2], "Christmas"
    assert 0.02 < sum(hook.topic == "orders/cancelled" for hook in hooks) / len(orders) < 0.12
    assert all(count >= 0 for count in world.stock.values())
    languages = Counter(person.locale for person in world.people.values())
    assert set(languages) == {"es", "pt", "en", "ro"}
    domains = {person.email.partition("@")[2] for person in world.people.values()}
    assert domains <= {"example.com", "example.org", "example.net", "nowhere.example"}, "nobody real is written to"


def test_every_webhook_means_something_to_its_connector() -> None:
    from sereno.sdk.connector import Delivery
    from sereno.sdk.plugin import registry
    from sereno.site.demo.signing import request_of
    from sereno.site.plugins import load_plugins

    load_plugins()
    _, hooks = year(120)
    odd: Counter[tuple[str, str, str]] = Counter()
    for hook in hooks:
        connector = registry().connectors.get(hook.channel)
        assert connector is not None
        headers, body = request_of(hook, connector, "secret", {})
        assert connector.verify(["secret"], headers, body, datetime.now(UTC), {}) == "ok"
        topic = connector.topic(headers, body, {})
        mapped = connector.map(Delivery(headers, body, topic, hook.at), {})
        if not mapped.events:
            odd[hook.channel, hook.topic, mapped.reason or ""] += 1
    assert odd == {}


def test_the_state_survives_a_stop() -> None:
    import json

    from sereno.site.demo.world import World

    world, _ = year(30)
    document = json.loads(json.dumps(world.document()))
    restored = World.restore(document, 1)
    assert restored.document() == document
    with pytest.raises(KeyError):
        World.restore({"counter": 1}, 1)


def test_waits_are_short_in_the_demo() -> None:
    from sereno.sdk.templates import shipped_flow
    from sereno.site.demo.setting_up import shortened

    flow = shipped_flow("cart-recovery")
    assert flow is not None
    waits = [line.partition("wait: ")[2] for line in shortened(flow.text).splitlines() if "- wait: " in line]
    assert waits
    assert all(wait.endswith("m") for wait in waits)
