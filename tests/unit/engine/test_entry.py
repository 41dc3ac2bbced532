from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sereno.engine.context import RunContext
from sereno.engine.entry import Enter, History, Skip, concerns, decide, key_of
from sereno.engine.flow import Flow, compile_flow

from .catalog import CATALOG
from .simulator import SHOP, START, event

CART: Mapping[str, Any] = {"id": "c1", "total": "120.00"}


def flow_of(more: str = "", trigger: str = "{event: checkout.abandoned, when: cart.total >= 30}") -> Flow:
    return compile_flow(f"flow: t\ntrigger: {trigger}\n{more}steps: [{{log: {{text: x}}}}]\n", CATALOG)


def decision(flow: Flow, history: History | None = None, cart: Any = CART, **about: Any) -> Enter | Skip:
    context = RunContext({"cart": cart}, SHOP)
    return decide(flow, event("1", "checkout.abandoned", **about), context, history or History(), START)


def test_the_condition_decides_and_the_values_seen_are_kept() -> None:
    assert decision(flow_of()) == Enter("cart:c1")
    assert decision(flow_of(), cart={"total": "5"}) == Skip(
        "when_false", {"condition": "cart.total >= 30", "values": {"cart.total": 5.0}}
    )
    found = decision(flow_of(), cart=None)
    assert found == Skip(
        "when_error",
        {"condition": "cart.total >= 30", "values": {"cart.total": None}, "error": "cart.total is null"},
    )


@pytest.mark.parametrize(
    ("key", "cart", "expected"),
    [
        ("", CART, "cart:c1"),
        ("key: cart.id\n", CART, "c1"),
        ("key: cart.total\n", CART, "120"),
        ("key: \"cart.id + '/' + event.type\"\n", CART, "c1/checkout.abandoned"),
        ("key: event.data.id\n", CART, Skip("key_missing", {"key": "event.data.id"})),
        ("key: cart.id\n", {"id": "", "total": "50"}, Skip("key_missing", {"key": "cart.id"})),
        (
            "key: cart.id + 'x'\n",
            {"total": "50"},
            Skip("key_missing", {"key": "cart.id + 'x'", "error": "cart.id is null"}),
        ),
    ],
)
def test_the_key(key: str, cart: Any, expected: Any) -> None:
    flow = flow_of(key)
    found = key_of(flow, event("1", "checkout.abandoned"), RunContext({"cart": cart}, SHOP))
    assert found == expected
    whole = decision(flow, cart=cart)
    assert whole == (expected if isinstance(expected, Skip) else Enter(expected))


@pytest.mark.parametrize(
    ("reentry", "history", "expected"),
    [
        ("always", History(last_entered_at=START), None),
        ("once", History(), None),
        ("once", History(last_entered_at=START - timedelta(days=900)), "once"),
        ("{after: 7d}", History(last_entered_at=START - timedelta(days=6, hours=23)), "too_soon"),
        ("{after: 7d}", History(last_entered_at=START - timedelta(days=7)), None),
        ("always", History("r1", START - timedelta(hours=1)), "already_running"),
        ("{after: 7d, while_running: restart}", History("r1", START - timedelta(hours=1)), None),
        ("{while_running: restart}", History("r1", START, live_since=START + timedelta(seconds=1)), "older_than_run"),
        ("{while_running: restart}", History("r1", START, live_since=START), None),
    ],
)
def test_reentry(reentry: str, history: History, expected: str | None) -> None:
    found = decision(flow_of(f"reentry: {reentry}\n"), history)
    if expected is None:
        assert found == Enter("cart:c1", restart=history.live_run is not None)
    else:
        assert isinstance(found, Skip)
        assert found.reason == expected


EXIT = 'exit: [{event: order.created, when: "event.cart_id == cart.id"}]\n'


@pytest.mark.parametrize(
    ("later", "is_entered"),
    [
        (event("9", "order.created", at=START, data={"cart_id": "c1"}), False),
        (event("9", "order.created", at=START + timedelta(hours=1), data={"cart_id": "c1"}), False),
        (event("9", "order.created", at=START - timedelta(seconds=1), data={"cart_id": "c1"}), True),
        (event("9", "order.created", at=START, data={"cart_id": "other"}), True),
        (event("9", "order.created", at=START, data={}), True),
        (event("9", "order.paid", at=START, data={"cart_id": "c1"}), True),
    ],
)
def test_an_exit_that_came_first_keeps_the_run_from_starting(later: Any, is_entered: bool) -> None:
    found = decision(flow_of(EXIT), History(later_events=[later]))
    assert isinstance(found, Enter) is is_entered
    if isinstance(found, Skip):
        assert found.reason == "exit_already_happened"
        assert found.details["event"] == "order.created"


@pytest.mark.parametrize(("key", "reason"), [("c1", "exit_already_happened"), ("c2", None)])
def test_an_exit_may_name_the_run_before_there_is_one(key: str, reason: str | None) -> None:
    flow = flow_of('key: cart.id\nexit: [{event: order.created, when: "event.cart_id == run.key"}]\n')
    later = event("9", "order.created", at=START, data={"cart_id": key})
    found = decision(flow, History(later_events=[later]))
    assert (found.reason if isinstance(found, Skip) else None) == reason


def test_an_absence_is_undone_by_what_happened_since() -> None:
    bought = event("9", "order.created", at=START - timedelta(minutes=30), data={"cart_id": "c1"})
    history = History(later_events=[bought])
    assert isinstance(decision(flow_of(EXIT), history), Enter)
    since = (START - timedelta(hours=1)).isoformat()
    found = decision(flow_of(EXIT), history, data={"since": since})
    assert isinstance(found, Skip)
    assert found.reason == "exit_already_happened"


def test_what_should_stay_away_and_came_first_keeps_the_run_from_starting() -> None:
    flow = flow_of(trigger="{absent: order.created, within: 24h, since: checkout.abandoned}")
    for hours, is_entered in ((1, False), (24, False), (25, True), (-1, True)):
        came = event("9", "order.created", at=START + timedelta(hours=hours))
        assert isinstance(decision(flow, History(later_events=[came])), Enter) is is_entered


def test_firings_are_for_the_flow_they_name() -> None:
    flow = flow_of(trigger="{manual: cart}")
    assert concerns(flow, event("1", "run.requested", data={"flow": "t"}))
    assert not concerns(flow, event("1", "run.requested", data={"flow": "other"}))
    assert not concerns(flow, event("1", "order.created"))
