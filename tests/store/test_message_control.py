"""One message kept from a share of people: who does without, who counts, what came of it; counted by hand, on both
databases."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from arbiting import WENT, set_rules
from newsletting import Shop as News
from support import START, Place, fact

from sereno.engine.message_control import Kept
from sereno.modules.insights.results import results
from sereno.runtime import services
from sereno.runtime.arbiter.passing import dry_guard
from sereno.runtime.backtest import replay
from sereno.runtime.experiments.measuring import measured_everywhere, measured_messages
from sereno.runtime.replays.replayed import Collected
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.store.documents import decode
from sereno.store.fields import to_micros

FLOW = """\
flow: greet
trigger: {event: custom.hello}
reentry: always
steps:
  - tests.letter: {to: "{{ event.data.to }}", text: one}
    hold_out: {share: 30, window: 7d}
    as: letter
  - log: {text: "{{ vars.letter.sent }}"}
  - tests.letter: {to: "{{ event.data.to }}", text: two, merge: two}
"""
PEOPLE = [f"p{number}@example.com" for number in range(80)]
CONTROL = "control.message_holdout"


def hello(email: str, number: int = 0, at: Any = START) -> NewEvent:
    return fact(f"hello-{email}-{number}", "custom.hello", f"customer:{email}", {"to": email}, at, email=email)


def ordered(key: str, email: str, at: Any, total: str) -> NewEvent:
    data = {"id": key, "currency": "EUR", "total": total, "email": email, "placed_at": at.isoformat()}
    refs = {"order": key, "email": email}
    return NewEvent(f"o|{key}", "order.created", f"order:{key}", at, data | {"updated_at": at.isoformat()}, refs)


def arms(place: Place, flow_id: str = "flow_id > 0") -> dict[str, str]:
    rows = place.rows(f"SELECT unit, arm FROM exposure WHERE experiment LIKE 'message:%' AND {flow_id}")
    return {unit.removeprefix("email:"): arm for unit, arm in rows}


def count(place: Place) -> None:
    while place.runtime.outcomes.run():
        pass


def kept_of(place: Place) -> Kept:
    ((experiment, design),) = place.rows("SELECT DISTINCT experiment, design FROM exposure")
    return Kept(experiment, design)


def test_some_do_without_this_one_message_and_go_on(shop: Place) -> None:
    set_rules(shop)
    shop.flow(FLOW)
    shop.send(*[hello(one) for one in PEOPLE])
    shop.drain()
    found = arms(shop)
    without = {one for one, arm in found.items() if arm == "control"}
    assert set(found) == set(PEOPLE) and 10 < len(without) < 40
    kept = kept_of(shop)
    assert without == {one for one in PEOPLE if kept.keeps_out("greet", f"email:{one}")}
    keys = dict(shop.rows("SELECT key, step FROM effect"))
    went = {(keys[key], to) for _, key, to in WENT}
    assert {to for step, to in went if step == "0"} == set(PEOPLE) - without
    assert {to for step, to in went if step == "2"} == set(PEOPLE), "the next message reaches all of them"
    assert [run[1] for run in shop.runs()] == ["finished"] * len(PEOPLE)
    refused = [decode(row[0]) for row in shop.rows("SELECT result FROM effect WHERE step = '0'")]
    assert sum(one.get("reason") == CONTROL for one in refused) == len(without)
    one = min(without)
    told = services.explain(shop.shop, one, database=shop.database)
    assert ("message.held_out", "0") in {(row["code"], row["details"].get("message")) for row in told["standing"]}
    traces = shop.rows(
        "SELECT run_trace.entries FROM run_trace JOIN run ON run.id = run_trace.run_id "
        f"WHERE run.subject = 'customer:{one}'"
    )
    (withheld,) = [entry for (text,) in traces for entry in decode(text) if entry["code"] == "effect.withheld"]
    assert (withheld["step"], withheld["details"]["reason"], withheld["details"]["share"]) == ("0", CONTROL, 30)
    # Again: the same people, and nobody counts twice.
    shop.send(*[hello(one, 1) for one in PEOPLE])
    shop.drain()
    assert arms(shop) == found and len(shop.rows("SELECT id FROM exposure")) == len(PEOPLE)


def test_whoever_would_not_have_got_it_is_in_neither_group(shop: Place) -> None:
    shop.flow(FLOW)
    with shop.database.transaction() as tx:
        tx.many("suppress", [(shop.shop, one, "email", "complaint", 0) for one in sorted(PEOPLE[:20])])
    shop.send(*[hello(one) for one in PEOPLE])
    shop.drain()
    assert set(arms(shop)) == set(PEOPLE[20:])


def test_what_waits_counts_from_when_it_would_have_gone(shop: Place) -> None:
    set_rules(shop, quiet=[{"channel": "email", "from": "08:00", "until": "12:00"}])
    shop.flow(FLOW)
    shop.send(*[hello(one) for one in PEOPLE])
    shop.drain()
    assert arms(shop) == {} and WENT == []
    shop.after(hours=6)
    assert set(arms(shop)) == set(PEOPLE)
    began = {at for (at,) in shop.rows("SELECT DISTINCT at FROM exposure")}
    assert all(at >= to_micros(START + timedelta(hours=2)) for at in began), "both groups at the end of the quiet hours"


def test_the_lift_is_the_one_counted_by_hand(shop: Place) -> None:
    shop.flow(FLOW)
    shop.send(*[hello(one) for one in PEOPLE])
    shop.drain()
    found = arms(shop)
    later, orders = START + timedelta(days=2), list[NewEvent]()
    by_hand: dict[str, list[int]] = {"control": [], "treated": []}
    for number, one in enumerate(PEOPLE):
        amount = (number % 7) * 100 if number % 3 else 0
        if amount:
            orders.append(ordered(str(number), one, later, f"{amount // 100}.00"))
        by_hand[found[one]].append(amount)
    orders.append(ordered("late", PEOPLE[0], START + timedelta(days=8), "500.00"))
    shop.send(*orders)
    shop.drain()
    shop.after(days=9)
    count(shop)
    measured = measured_messages(shop.shop, flow="greet", step="0", database=shop.database)
    (result,) = results(measured.experiments, measured.sums, "EUR", 0)
    assert result.is_of_message and result.is_control and result.is_current
    control, treated = result.arms
    assert (control.units, treated.units) == (len(by_hand["control"]), len(by_hand["treated"]))
    means = {arm: sum(amounts) / len(amounts) for arm, amounts in by_hand.items()}
    (comparison,) = result.comparisons
    assert comparison.revenue.each.estimate == pytest.approx(means["treated"] - means["control"])
    assert comparison.revenue.each.verdict == "too_early", "eighty people say nothing"
    assert measured_messages(shop.shop, flow="greet", step="2", database=shop.database).experiments == {}


def test_shadow_and_a_back_test_say_who_would_do_without(shop: Place) -> None:
    shop.flow(FLOW)
    services.set_status(shop.shop, "greet", "shadow", "tester", database=shop.database)
    shop.send(*[hello(one) for one in PEOPLE])
    shop.drain()
    assert shop.rows("SELECT id FROM exposure") == [] and WENT == []
    rows = shop.rows("SELECT subject, result FROM effect WHERE step = '0'")
    foreseen = {about.removeprefix("customer:") for about, text in rows if json.loads(text).get("reason") == CONTROL}
    services.set_status(shop.shop, "greet", "live", "tester", database=shop.database)
    shop.send(*[hello(one, 1) for one in PEOPLE])
    shop.drain()
    assert foreseen == {one for one, arm in arms(shop).items() if arm == "control"} != set()
    events = [
        {
            "id": f"b{one}", "type": "custom.hello", "subject": f"customer:{one}",
            "occurred_at": "2026-03-02T10:00:00Z", "data": {"to": one}, "refs": {"email": one},
        }
        for one in PEOPLE
    ]  # fmt: skip
    facts = ShopFacts(0, "demo", "EUR", "UTC", "en", "Demo")
    found = Collected()
    replay([FLOW], events, sink=found, shop=facts, plugins=registry(), guard_of=dry_guard)
    said = [one for one in found.effects if (one.result or {}).get("reason") == CONTROL]
    assert len(said) == len(foreseen)


def test_whoever_gets_no_marketing_at_all_is_in_neither_group(shop: Place) -> None:
    with shop.database.transaction() as tx:
        tx.text("""UPDATE shop SET settings = '{"holdout_share": 40}'""")
    shop.flow(FLOW)
    shop.send(*[hello(one) for one in PEOPLE])
    shop.drain()
    nothing = {
        unit.removeprefix("email:")
        for (unit,) in shop.rows("SELECT unit FROM exposure WHERE experiment = 'holdout' AND arm = 'control'")
    }
    assert len(nothing) > 15 and set(arms(shop)) == set(PEOPLE) - nothing


def test_a_newsletter_is_kept_from_a_share(place: Place, tmp_path: Path) -> None:
    news = News(place, tmp_path / "journals")
    news.people(60)
    id_ = news.send(audience={"hold_out": {"share": "25", "window": "7d"}})
    found = arms(place, "flow_id = -2")
    without = {one for one, arm in found.items() if arm == "control"}
    assert len(found) == 60 and 5 < len(without) < 30
    assert set(news.server.took) == set(found) - without
    assert {
        address for address, status, reason in news.pieces(id_) if reason == CONTROL and status == "skipped"
    } == without
    assert news.counts(id_)[f"skipped:{CONTROL}"] == len(without)
    later = START + timedelta(days=1)
    place.send(*[ordered(one, one, later, "10.00") for one in sorted(found)[::2]])
    place.drain()
    place.after(days=8)
    count(place)
    one = measured_messages(place.shop, newsletter=id_, database=place.database)
    (result,) = results(one.experiments, one.sums, "EUR", 0)
    assert result.name == f"message:newsletter-{id_}" and sum(arm.units for arm in result.arms) == 60
    assert sum(arm.orders.events for arm in result.arms) == 30
    _, (listed,) = measured_everywhere(place.shop, database=place.database)
    assert (listed.name, listed.title) == (str(id_), "Autumn") and listed.experiments == one.experiments
    with pytest.raises(LookupError):
        measured_messages(place.shop, newsletter=999, database=place.database)
