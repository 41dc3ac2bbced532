"""Back-tests stream: the same answers as by the long way, whatever was written down meanwhile, and in little memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import support
from slowly import backtest_slowly
from streams import CARTS, FLOWS, SHOP, small, stream_of

from installation import ready
from sereno.engine.durations import format_instant
from sereno.runtime.arbiter.verdicts import Go, Later, Never
from sereno.runtime.backtest import backtest, replay
from sereno.runtime.batch import Batch
from sereno.runtime.rehearsing import Rehearsal
from sereno.runtime.replays.history import in_order, past_of
from sereno.runtime.replays.replayed import Collected
from sereno.runtime.world import World
from sereno.sdk.plugin import registry


@pytest.fixture(autouse=True)
def _plugins() -> None:
    ready()
    support.register_actions()


def plain(report: Mapping[str, Any]) -> str:
    return json.dumps({name: report[name] for name in report if name != "traces"})


@pytest.mark.parametrize("seed", range(12))
def test_what_streams_is_what_the_long_way_gives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = stream_of(seed, 120)
    flows = FLOWS if seed % 3 == 0 else [FLOWS[seed % 5], FLOWS[(seed + 1) % 5]]
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


# --- as of then ------------------------------------------------------------------------------------


def line(number: int, type: str, subject: str, hours: float, **data: Any) -> dict[str, Any]:
    at = format_instant(support.START + timedelta(hours=hours))
    data = {"updated_at": at, "currency": "EUR", **data}
    return {"id": f"e{number}", "source": "shop", "type": type, "subject": subject, "occurred_at": at, "data": data}


def texts(report: Mapping[str, Any]) -> list[str]:
    return [effect["config"]["text"] for effect in report["effects"] if effect["action"] == "log"]


def test_conditions_see_what_was_known_at_that_moment() -> None:
    flow = """
flow: seen
trigger: {event: custom.asked}
steps:
  - log: {text: "{{ product.available }} {{ customer.accepts_email }} {{ customer.first_name }}"}
  - wait: 2h
  - log: {text: "{{ product.available }} {{ customer.accepts_email }} {{ customer.first_name }}"}
"""
    refs = {"stock_level": "7", "customer": "1"}
    asked = [{**line(n, "custom.asked", f"thing:{n}", n), "refs": refs} for n in (1, 11)]
    lines = [
        line(20, "stock.changed", "stock_level:7", 0, variant_id="7", available=5),
        line(
            21, "customer.updated", "customer:1", 0, id="1", email="a@example.com", accepts_email=True, first_name="Ana"
        ),
        asked[0],
        line(22, "stock.changed", "stock_level:7", 2, variant_id="7", available=0),
        line(
            23,
            "customer.updated",
            "customer:1",
            2.5,
            id="1",
            email="a@example.com",
            accepts_email=True,
            first_name="Eva",
        ),
        line(
            24,
            "consent.changed",
            "customer:1",
            10,
            customer_id="1",
            email="a@example.com",
            channel="email",
            granted=False,
        ),
        asked[1],
        line(25, "stock.changed", "stock_level:7", 30, variant_id="7", available=99),
    ]
    report = backtest([flow], lines, shop=SHOP, plugins=registry())
    assert texts(report) == ["5 true Ana", "0 true Eva", "0 false Eva", "0 false Eva"]


def test_events_before_the_start_only_tell_what_was_known() -> None:
    flow = """
flow: thanks
trigger: {event: order.paid}
key: customer.id
reentry: once
steps: [{log: {text: "{{ order.id }} {{ customer.first_name }}"}}]
"""
    person = {"id": "1", "email": "a@example.com", "first_name": "Ana"}
    lines = [
        line(1, "customer.updated", "customer:1", 0, **person),
        line(2, "order.paid", "order:1", 1, id="1", customer_id="1"),
        line(3, "order.paid", "order:2", 5, id="2", customer_id="1"),
        line(4, "order.paid", "order:3", 6, id="3", customer_id="2"),
    ]
    start = support.START + timedelta(hours=4)
    report = backtest([flow], lines, shop=SHOP, plugins=registry(), start=start)
    assert texts(report) == ["2 Ana", "3 "]
    assert report["events"] == 2
    assert report["seconds"] == 2 * 3600
    assert plain(report) == plain(backtest_slowly([flow], lines, SHOP, start=start))
    found = Collected()
    entered = [("thanks", "1", support.START + timedelta(hours=1))]
    past = [past_of(one) for one in lines]
    replay([flow], past, shop=SHOP, plugins=registry(), sink=found, start=start, entered=entered)
    assert [effect.config["text"] for effect in found.effects] == ["3 "]
    assert [skip.reason for skip in found.skips] == ["once"]


def test_a_cart_left_just_before_the_start_is_noticed_after_it() -> None:
    lines = [
        line(1, "cart.updated", "cart:a", 0.9, id="a", total="50.00", lines=[{"title": "Tea", "quantity": 1}]),
        line(2, "stock.changed", "stock_level:7", 3, variant_id="7", available=5),
    ]
    start = support.START + timedelta(hours=1)
    report = backtest([CARTS], lines, shop=SHOP, plugins=registry(), start=start)
    assert [run["key"] for run in report["runs"]] == ["a"]


def test_a_mail_about_a_cart_knows_what_had_sold_out_by_then() -> None:
    flow = """
flow: remind
trigger: {event: checkout.abandoned}
steps: [{messages.send_email: {template: cart-reminder}}, {wait: 5h}, {messages.send_email: {template: cart-reminder}}]
"""
    item = {"id": "1", "title": "Tea", "quantity": 1, "variant_id": "7", "price": "5.00"}
    basket = {"id": "a", "email": "a@example.com", "accepts_marketing": True, "total": "5.00", "lines": [item]}
    lines = [
        line(
            1,
            "product.updated",
            "product:3",
            0,
            id="3",
            title="Tea",
            status="active",
            variants=[{"id": "7", "variant_id": "7", "sku": "T"}],
        ),
        line(2, "stock.changed", "stock_level:7", 0, variant_id="7", available=5, is_tracked=True),
        line(3, "cart.updated", "cart:a", 1, **basket),
        line(4, "stock.changed", "stock_level:7", 4, variant_id="7", available=0, is_tracked=True),
        line(5, "stock.changed", "stock_level:7", 40, variant_id="7", available=80, is_tracked=True),
    ]
    worlds: list[World] = []

    def guard_of(world: World) -> Any:
        worlds.append(world)
        return lambda effect, records, now, tx: Go()

    def rehearse(effect: Any, rows: Any, now: Any, tx: Any) -> Any:
        rehearsal = Rehearsal(registry(), worlds[0].database, ["en"], worlds[0].ports)
        rehearsal.world = worlds[0]
        return rehearsal(effect, rows, now, tx)

    found = Collected()
    past = [past_of(one) for one in lines]
    replay([flow], past, shop=SHOP, plugins=registry(), sink=found, rehearse=rehearse, guard_of=guard_of)
    assert [(effect.result or {}).get("reason") for effect in found.effects] == [None, "cart.sold_out"]


# --- guards, failures, progress --------------------------------------------------------------------


def test_what_a_guard_stops_and_puts_off_is_told() -> None:
    flow = """
flow: calls
trigger: {event: custom.asked}
steps:
  - tests.call: {to: "{{ event.data.who }}"}
    as: call
  - log: {text: "{{ vars.call.reason }}"}
"""
    lines = [line(n, "custom.asked", f"thing:{n}", n, who=who) for n, who in enumerate(("go", "later", "never"))]

    def guard(effect: Any, rows: Any, now: Any, tx: Any) -> Any:
        who = effect.config["to"]
        later = Later(now + timedelta(hours=8), "cap.reached")
        return {"go": Go(), "later": later, "never": Never("consent.missing")}[who]

    found = Collected()
    past = [past_of(one) for one in lines]
    replay([flow], past, shop=SHOP, plugins=registry(), sink=found, guard_of=lambda world: guard)
    calls = [effect.result for effect in found.effects if effect.action == "tests.call"]
    later = format_instant(support.START + timedelta(hours=9))
    never = {"sent": False, "reason": "consent.missing"}
    assert calls == [{}, {"sent_at": later, "reason": "cap.reached"}, never]
    assert {effect.status for effect in found.effects} == {"shadow"}
    assert [effect.config["text"] for effect in found.effects if effect.action == "log"] == [
        "",
        "cap.reached",
        never["reason"],
    ]


def test_a_run_that_breaks_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = """
flow: waits
trigger: {event: custom.asked}
steps: [{log: {text: "{{ event.data.who }}"}}, {wait: 1h}, {log: {text: after}}]
"""
    lines = [line(n, "custom.asked", f"thing:{n}", n, who=str(n)) for n in range(4)]
    give = Batch.give

    def broken(self: Any, held: Any, first: Any, now: Any = None) -> None:
        if (held.state.key, type(first).__name__) in (("thing:1", "Started"), ("thing:2", "TimerDue")):
            raise RuntimeError("no luck")
        give(self, held, first, now)

    monkeypatch.setattr(Batch, "give", broken)
    report = backtest([flow], lines, shop=SHOP, plugins=registry())
    assert [(run["key"], run["status"]) for run in report["runs"]] == [
        ("thing:0", "finished"),
        ("thing:2", "failed"),
        ("thing:3", "finished"),
    ]
    assert report["runs"][1]["reason"] == "RuntimeError: no luck"
    assert [(event["id"], event["error"]) for event in report["failed"]] == [("e1", "RuntimeError: no luck")]
    assert texts(report) == ["0", "after", "2", "3", "after"]


def test_flows_beside_share_what_they_do_and_are_not_told_of() -> None:
    beside = """
flow: tagger
trigger: {event: order.created}
steps: [{customers.add_tag: {tag: early}}]
"""
    flow = """
flow: looks
trigger: {event: order.paid}
steps: [{log: {text: "{{ customer.tags | join: ',' }}"}}]
"""
    lines = [
        line(1, "order.created", "order:1", 0, id="1", customer_id="1", email="a@example.com"),
        line(2, "order.paid", "order:1", 1, id="1", customer_id="1", email="a@example.com"),
    ]
    found = Collected()
    past = [past_of(one) for one in lines]
    summary = replay([flow], past, shop=SHOP, plugins=registry(), sink=found, beside=[beside])
    assert [effect.config["text"] for effect in found.effects] == ["early"]
    assert (summary.runs, summary.effects) == (1, 1)


def test_it_tells_how_far_it_is_and_can_be_called_off() -> None:
    lines = stream_of(1, 1200)
    seen: list[int] = []
    past = list(in_order(past_of(one) for one in lines))
    summary = replay(
        FLOWS[:1], past, shop=SHOP, plugins=registry(), sink=Collected(), on_progress=lambda n, at: seen.append(n)
    )
    assert seen == [500, 1000, 1200]
    assert not summary.is_stopped
    found = Collected()
    stopped = replay(
        FLOWS[:1], past, shop=SHOP, plugins=registry(), sink=found, should_stop=lambda: len(found.runs) >= 0
    )
    assert stopped.is_stopped
    assert stopped.events == 0


def test_events_out_of_order_are_refused() -> None:
    past = [past_of(line(1, "custom.a", "thing:1", 2)), past_of(line(2, "custom.a", "thing:1", 1))]
    with pytest.raises(ValueError, match="put them in order"):
        replay(FLOWS[:1], past, shop=SHOP, plugins=registry(), sink=Collected())
