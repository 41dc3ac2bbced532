"""Control groups and splits from the event to the sums, counted again by hand: on both databases."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from support import START, TRIED, Place, fact

from sereno.engine.control import Control, is_held_out, is_in_holdout
from sereno.runtime import services
from sereno.runtime.experiments.outcomes import Outcomes
from sereno.sdk.connector import NewEvent
from sereno.store.documents import decode
from sereno.store.fields import to_micros

FLOW = """\
flow: greet
trigger: {event: custom.hello}
reentry: always
control: {share: 25, window: 7d}
steps:
  - tests.call: {to: "{{ event.data.email }}"}
  - split: {weights: {a: 50, b: 50}, a: [{log: {text: one}}], b: [{log: {text: two}}]}
"""
PEOPLE = [f"p{number}@example.com" for number in range(60)]


def hello(email: str, number: int = 0, at: Any = START) -> NewEvent:
    return fact(f"hello-{email}-{number}", "custom.hello", f"customer:{email}", {"email": email}, at, email=email)


def ordered(key: str, email: str, at: Any, total: str = "10.00", type: str = "order.created", **more: Any) -> NewEvent:
    placed = more.pop("placed_at", at.isoformat())
    data = {"id": key, "currency": "EUR", "total": total, "email": email, "placed_at": placed}
    data |= {"updated_at": at.isoformat(), **more}
    return NewEvent(f"{type}|{key}|{at}", type, f"order:{key}", at, data, {"order": key, "email": email})


def sums(place: Place, day: str = "day = 0") -> dict[tuple[str, str, str], tuple[int, float, int]]:
    """By experiment, arm and metric; only what is not nothing."""
    rows = place.rows(
        f"SELECT experiment, arm, metric, sum(total), sum(squares), sum(events) FROM experiment_sum WHERE {day} "
        "GROUP BY experiment, arm, metric"
    )
    return {row[:3]: (int(row[3]), float(row[4]), int(row[5])) for row in rows if any(row[3:])}


def count(place: Place) -> None:
    while place.runtime.outcomes.run():
        pass


def arms(place: Place, experiment: str = "control") -> dict[str, str]:
    rows = place.rows(f"SELECT unit, arm FROM exposure WHERE experiment = '{experiment}'")
    return {unit.removeprefix("email:"): arm for unit, arm in rows}


def test_who_is_held_out_gets_nothing_and_the_split_is_stable(place: Place) -> None:
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    place.send(*[hello(one, 1) for one in PEOPLE])
    place.drain()
    found = arms(place)
    held = {one for one, arm in found.items() if arm == "control"}
    assert set(found) == set(PEOPLE)
    assert 5 < len(held) < 30
    # Both times, and nobody else twice less.
    assert len(TRIED) == 2 * (len(PEOPLE) - len(held))
    runs = place.rows("SELECT subject, is_shadow, state FROM run ORDER BY id")
    for subject, is_shadow, state in runs:
        assert bool(is_shadow) is (subject.removeprefix("customer:") in held) is decode(state)["is_held_out"]
    effects = place.rows("SELECT subject, status, result FROM effect WHERE action = 'tests.call'")
    for subject, status, result in effects:
        is_held = subject.removeprefix("customer:") in held
        assert status == ("shadow" if is_held else "done")
        assert not is_held or decode(result) == {"sent": False, "reason": "control.held_out"}
    # Somebody held out comes to the split, but is not treated there: they are in no arm of it.
    assert set(arms(place, "1")) == set(PEOPLE) - held


def test_the_trace_says_so_after_what_started_the_run(place: Place) -> None:
    place.flow(FLOW.replace("share: 25", "share: 50"))
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    rows = place.rows("SELECT run.is_shadow, run_trace.entries FROM run JOIN run_trace ON run_trace.run_id = run.id")
    for is_shadow, entries in rows:
        codes = [entry["code"] for entry in decode(entries)]
        assert codes[0] == "run.started"
        assert (codes[1] == "control.held_out") is bool(is_shadow)


def test_the_sums_are_those_counted_by_hand(place: Place) -> None:
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    found, splits = arms(place), arms(place, "1")
    later = START + timedelta(days=2)
    events: list[NewEvent] = []
    expected: dict[str, Counter[str]] = {"control": Counter(), "treated": Counter(), "a": Counter(), "b": Counter()}
    squares: Counter[tuple[str, str]] = Counter()
    for number, one in enumerate(PEOPLE):
        mine = [arm for arm in (found[one], splits.get(one)) if arm]
        orders = number % 3
        for order in range(orders):
            events.append(ordered(f"{number}-{order}", one, later + timedelta(hours=order), total=f"{number}.5"))
        for arm in mine:
            expected[arm]["exposed"] += 1
            expected[arm]["units"] += 1
            expected[arm]["orders"] += orders
            expected[arm]["EUR"] += orders * (number * 100 + 50)
            squares[arm, "orders"] += orders**2
            squares[arm, "EUR"] += (orders * (number * 100 + 50)) ** 2
        # None of these counts: before, too late, cancelled, given back in full, a test, somebody else's money.
        if number == 5:
            events += [
                ordered("old", one, START - timedelta(days=1)),
                ordered("told", one, later, type="order.updated", placed_at=(START - timedelta(hours=1)).isoformat()),
                ordered("late", one, START + timedelta(days=7, hours=1)),
                ordered("gone", one, later),
                ordered("gone", one, later + timedelta(hours=1), type="order.cancelled", status="cancelled"),
                ordered("back", one, later, payment_status="refunded"),
                ordered("test", one, later, is_test=True),
            ]
    place.send(*events)
    place.drain()
    count(place)
    assert {key[2] for key in sums(place)} == {"exposed"}
    place.after(days=6, hours=23)
    count(place)
    assert {key[2] for key in sums(place)} == {"exposed"}
    place.after(hours=2)
    count(place)
    for where in ("day = 0", "day > 0"):
        got = sums(place, where)
        for arm, metrics in expected.items():
            experiment = "control" if arm in ("control", "treated") else "1"
            for metric, total in metrics.items():
                have = got[experiment, arm, metric]
                assert have[0] == total, (arm, metric)
                if metric in ("orders", "EUR"):
                    assert have[1] == squares[arm, metric]


def test_refunds_that_come_later_are_taken_off_and_other_money_is_kept_apart(place: Place) -> None:
    place.flow(FLOW.replace("share: 25", "share: 0"))
    email, day = PEOPLE[0], START + timedelta(days=1)
    place.send(hello(email))
    place.drain()
    (arm,) = arms(place, "1").values()
    place.send(ordered("1", email, day, "30.00"), ordered("2", email, day, "1000", currency="JPY"))
    place.after(days=8)
    count(place)
    found = sums(place)
    assert found["1", arm, "orders"] == (2, 4.0, 1)
    assert found["1", arm, "EUR"] == (3000, 9e6, 1)
    assert found["1", arm, "JPY"] == (1000, 1e6, 1)
    at = day + timedelta(days=9)
    refund = {"id": "r", "order_id": "1", "amount": "12.34", "currency": "EUR", "status": "completed"}
    place.send(NewEvent("r", "refund.created", "order:1", at, refund, {"order": "1", "refund": "r"}))
    place.after(days=8)
    count(place)
    assert sums(place)["1", arm, "EUR"] == (1766, 1766.0**2, 1)
    cancelled = ordered("2", email, at, "1000", "order.cancelled", currency="JPY", status="cancelled")
    place.send(cancelled)
    place.after(days=40)
    count(place)
    found = sums(place)
    assert found["1", arm, "orders"] == (1, 1.0, 1)
    assert ("1", arm, "JPY") not in found
    assert sums(place, "day > 0") == found
    # After the last look nothing is due any more.
    assert place.rows("SELECT due_at FROM exposure") == [(None,)]


def test_a_look_that_is_undone_counts_nothing_and_the_next_counts_once(place: Place, monkeypatch: Any) -> None:
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE], *[ordered(one, one, START + timedelta(hours=1)) for one in PEOPLE])
    place.drain()
    place.after(days=8)
    world = place.runtime.world
    outcomes = Outcomes(world)
    original = type(place.database).transaction

    class Died(Exception):  # noqa: N818
        pass

    def dying(self: Any) -> Any:
        @contextmanager
        def block() -> Any:
            with original(self) as tx:
                yield tx
                raise Died

        return block()

    with monkeypatch.context() as patch:
        patch.setattr(type(place.database), "transaction", dying)
        with pytest.raises(Died):
            outcomes.run()
    assert sums(place) == {}
    count(place)
    once = sums(place)
    assert once["control", "treated", "units"][0] + once["control", "control", "units"][0] == len(PEOPLE)
    count(place)
    assert sums(place) == once


def test_a_shadow_flow_a_dry_run_and_a_start_by_hand_count_nobody(place: Place) -> None:
    name = place.flow(FLOW)
    services.set_status(place.shop, name, "shadow", "tester", database=place.database)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    assert place.rows("SELECT unit FROM exposure") == []
    # Nobody is held out of what leaves for nobody.
    assert not any(decode(row[0])["is_held_out"] for row in place.rows("SELECT state FROM run"))


def test_another_share_begins_anew_and_the_first_goes_on_when_it_is_taken_back(place: Place) -> None:
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    place.flow(FLOW.replace("share: 25", "share: 40"))
    place.send(*[hello(one, 1) for one in PEOPLE])
    place.drain()
    rows = place.rows("SELECT design, arm, count(*) FROM exposure WHERE experiment = 'control' GROUP BY design, arm")
    by_design: dict[str, dict[str, int]] = {}
    for design, arm, number in rows:
        by_design.setdefault(design, {})[arm] = number
    assert set(by_design) == {"2500/1w", "4000/1w"}
    assert by_design["4000/1w"]["control"] > by_design["2500/1w"]["control"]
    place.flow(FLOW)
    place.send(*[hello(one, 2) for one in [*PEOPLE, "new@example.com"]])
    place.drain()
    rows = place.rows("SELECT design, count(*) FROM exposure WHERE experiment = 'control' GROUP BY design")
    assert dict(rows) == {"2500/1w": len(PEOPLE) + 1, "4000/1w": len(PEOPLE)}


def test_who_the_whole_shop_holds_out_is_in_no_arm(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.text("""UPDATE shop SET settings = '{"holdout_share": 20}'""")
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    left_out = {one for one in PEOPLE if is_in_holdout(2000, f"email:{one}")}
    assert left_out
    assert set(arms(place)) == set(PEOPLE) - left_out


def test_a_guest_who_makes_an_account_is_the_same_person(place: Place) -> None:
    place.flow(FLOW)
    guest = fact("1", "custom.hello", "cart:1", {"email": "ana@example.com"}, email="ana@example.com")
    place.send(guest)
    place.drain()
    known = {"id": "17", "email": "ana@example.com", "updated_at": START.isoformat()}
    place.send(fact("2", "customer.created", "customer:17", known, customer="17", email="ana@example.com"))
    place.send(fact("3", "custom.hello", "cart:2", {"email": ""}, customer="17"))
    place.drain()
    rows = place.rows("SELECT unit FROM exposure WHERE experiment = 'control'")
    assert rows == [("email:ana@example.com",)]


def test_with_nobody_known_what_the_event_is_about_counts_with_the_orders_linked_to_it(place: Place) -> None:
    place.flow(FLOW)
    place.send(fact("1", "custom.hello", "cart:9", {"email": ""}))
    place.drain()
    assert place.rows("SELECT unit, customer FROM exposure WHERE experiment = 'control'") == [("cart:9", None)]
    at = START + timedelta(hours=3)
    data = {"id": "77", "currency": "EUR", "total": "5.00", "placed_at": at.isoformat(), "cart_id": "9"}
    place.send(NewEvent("o", "order.created", "order:77", at, data, {"order": "77", "cart": "9"}))
    place.after(days=8)
    count(place)
    assert [found[0] for key, found in sums(place).items() if key[2] == "orders"] == [1, 1]


def test_credit_goes_to_the_flow_that_wrote_last(place: Place) -> None:
    flow = FLOW.replace("share: 25", "share: 1")
    place.flow(flow)
    one, two = PEOPLE[0], PEOPLE[1]
    place.send(hello(one), hello(two))
    place.drain()
    assert set(arms(place).values()) == {"treated"}
    (mine,) = place.rows("SELECT id FROM flow WHERE name = 'greet'")[0]
    _wrote(place, "k1", mine, one, START + timedelta(hours=1))
    _wrote(place, "k2", mine, two, START + timedelta(hours=1))
    _wrote(place, "k3", mine + 1, two, START + timedelta(hours=2))
    at = START + timedelta(hours=3)
    place.send(ordered("1", one, at, "20.00"), ordered("2", two, at, "40.00"))
    place.after(days=8)
    count(place)
    found = sums(place)
    assert found["control", "treated", "credited"][0] == 1
    assert found["control", "treated", "credited:EUR"][0] == 2000
    assert found["control", "treated", "EUR"][0] == 6000
    with place.database.transaction() as tx:
        tx.text("DELETE FROM message_slot")
    # What was sent is forgotten after a while; what was credited stays.
    place.after(days=40)
    count(place)
    assert sums(place) == found


def _wrote(place: Place, key: str, flow: int, address: str, at: Any) -> None:
    with place.database.transaction() as tx:
        tx.text(
            "INSERT INTO message_slot (key, shop_id, flow_id, run_id, channel, purpose, person, address, status, at, "
            f"wanted_at, priority) VALUES ('{key}', {place.shop}, {flow}, 1, 'email', 'marketing', '{address}', "
            f"'{address}', 'sent', {to_micros(at)}, {to_micros(at)}, 5)"
        )


def test_the_heartbeat_counts(place: Place) -> None:
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    place.runtime.beat()
    assert sums(place)["control", "treated", "exposed"][0] == sum(arm == "treated" for arm in arms(place).values())


def test_the_same_people_are_held_out_that_the_hash_says(place: Place) -> None:
    place.flow(FLOW)
    place.send(*[hello(one) for one in PEOPLE])
    place.drain()
    control = Control(2500, timedelta(days=7))
    said = {one for one in PEOPLE if is_held_out(control, "greet", f"email:{one}")}
    assert {one for one, arm in arms(place).items() if arm == "control"} == said
