"""Runs of people who turn out to be one: of those that are in one flow for the same reason one goes on, nothing is said
twice, and a back-test finds the same."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from arbiting import WENT, set_rules
from arbiting import register as register_letter
from support import ANSWERS, START, Place, fact

from sereno.engine.control import is_held_out
from sereno.runtime import services
from sereno.runtime.backtest import replay
from sereno.runtime.flows import compiled
from sereno.runtime.persons import keys_of
from sereno.runtime.persons.joining import join, split
from sereno.runtime.replays.history import past_events
from sereno.runtime.replays.people import past_people
from sereno.runtime.replays.replayed import Collected
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.result import Done
from sereno.store.queries import statements
from sereno.web.words import run_reason

LETTERS = """
flow: letters
trigger: {event: customer.created}
reentry: %s
exit: [{event: order.created}]
steps:
  - wait: %s
  - tests.letter: {to: "{{ customer.email }}", text: first, purpose: transactional}
  - wait: 2d
  - tests.letter: {to: "{{ customer.email }}", text: second, purpose: transactional}
"""


def letters(reentry: str = "once", wait: str = "1d") -> str:
    return LETTERS % (reentry, wait)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    register_letter()
    WENT.clear()
    yield
    ANSWERS.clear()


def customer(place: Place, id: str, type: str = "customer.created", **data: Any) -> None:
    now = place.clock.now()
    told = {"id": id, "email": f"{id}@example.com", "updated_at": now.isoformat(), **data}
    place.send(fact(f"{type}-{id}-{now}", type, f"customer:{id}", told, now, email=told["email"]))
    place.drain()


def happened(place: Place, type: str, subject: str, whose: str, **data: Any) -> None:
    now = place.clock.now()
    kind, _, key = subject.partition(":")
    told = {"id": key, "customer_id": whose, "email": f"{whose}@example.com", "updated_at": now.isoformat(), **data}
    refs = {"customer": whose, "email": f"{whose}@example.com"}
    place.send(NewEvent(f"{type}-{key}-{whose}-{now}", type, subject, now, told, {kind: key, **refs}))
    place.drain()


def days(place: Place, count: int) -> None:
    for _ in range(count):
        place.after(days=1)


def joined(place: Place, one: str, other: str) -> None:
    assert join(place.shop, one, other, "eva", database=place.database)
    place.drain()


def runs(place: Place, flow: str = "letters") -> list[tuple[str, str, str | None]]:
    return [
        tuple(row)
        for row in place.rows(
            "SELECT run.subject, run.status, run.reason FROM run JOIN flow ON flow.id = run.flow_id "
            f"WHERE flow.name = '{flow}' ORDER BY run.id"
        )
    ]


def traces(place: Place, subject: str) -> list[tuple[str, dict[str, Any]]]:
    rows = place.rows(
        "SELECT entries FROM run_trace JOIN run ON run.id = run_trace.run_id "
        f"WHERE run.subject = '{subject}' ORDER BY run_trace.id"
    )
    return [(entry["code"], entry.get("details") or {}) for (text,) in rows for entry in json.loads(text)]


def went(place: Place) -> list[tuple[str, str]]:
    """(to, which letter), in order."""
    said = {key: json.loads(config)["text"] for key, config in place.rows("SELECT key, config FROM effect")}
    return [(to.partition("@")[0], said[key]) for _, key, to in WENT]


# --- by the flow's key ---------------------------------------------------------------------------


@pytest.mark.parametrize("reentry", ["once", "always", "{after: 30d}"])
def test_of_two_who_wait_in_one_flow_the_older_goes_on(place: Place, reentry: str) -> None:
    place.flow(letters(reentry))
    customer(place, "1")
    place.after(hours=3)
    customer(place, "2")
    joined(place, "1", "2")
    assert runs(place) == [("customer:1", "waiting", None), ("customer:2", "stopped", "joined")]
    (ended,) = [details for code, details in traces(place, "customer:2") if code == "run.ended"]
    (older,) = place.rows("SELECT uid FROM run WHERE subject = 'customer:1'")[0]
    assert ended == {"reason": "joined", "run": older}
    assert "run.joined" in [code for code, _ in traces(place, "customer:1")]
    answer = services.why(place.shop, "letters", "customer:2", database=place.database)
    said = next(run for run in answer["runs"] if run["subject"] == "customer:2")
    assert run_reason(said["reason"]) == "joined: the same person is in this flow already"
    assert place.rows("SELECT count(*) FROM flow_entry WHERE is_live AND key LIKE 'customer:%'") == [(1,)]
    (details,) = place.rows("SELECT details FROM audit WHERE action = 'customer.joined'")[0]
    assert json.loads(details)["runs_ended"] == 1
    days(place, 5)
    assert went(place) == [("1", "first"), ("1", "second")]


def test_the_rules_join_runs_as_staff_do(place: Place) -> None:
    place.flow(letters())
    customer(place, "1", email="ana@example.com")
    place.after(hours=3)
    customer(place, "2", email="ana@other.example")
    customer(place, "2", "customer.updated", email="ANA@example.com")
    assert [row[1:] for row in runs(place)] == [("waiting", None), ("stopped", "joined")]


def test_who_comes_later_takes_the_place_where_the_flow_says_so(place: Place) -> None:
    place.flow(letters("{while_running: restart}"))
    customer(place, "1")
    place.after(hours=3)
    customer(place, "2")
    joined(place, "1", "2")
    assert runs(place) == [("customer:1", "stopped", "joined"), ("customer:2", "waiting", None)]


def test_what_is_about_two_carts_or_orders_goes_on_twice(place: Place) -> None:
    for noun in ("cart", "order"):
        place.flow(
            f"flow: about-{noun}\ntrigger: {{event: {noun}.created}}\nkey: {noun}.id\nreentry: once\n"
            "steps: [{wait: 1d}, {log: {text: on}}]"
        )
        for who in "12":
            happened(place, f"{noun}.created", f"{noun}:{noun}-{who}", who, currency="EUR", lines=[])
    joined(place, "1", "2")
    assert [[row[1] for row in runs(place, f"about-{noun}")] for noun in ("cart", "order")] == [["waiting"] * 2] * 2


@pytest.mark.parametrize(
    "key", ["customer.id", "customer.email", "event.email", "event.customer_id + ' ' + event.product_id"]
)
def test_a_key_that_names_the_person_is_the_persons(place: Place, key: str) -> None:
    """Also with no exit, where no event would find the run: by the key it is found."""
    place.flow(
        f"flow: looked\ntrigger: {{event: custom.looked}}\nkey: {key}\nreentry: once\n"
        "steps: [{wait: 1d}, {log: {text: on}}]"
    )
    customer(place, "1")
    customer(place, "2")
    for who, product in (("1", "tea"), ("2", "tea"), ("2", "cup")):
        happened(place, "custom.looked", f"look:{who}-{product}", who, product_id=product)
    both = "product" in key
    before = [row[1] for row in runs(place, "looked")]
    assert before == ["waiting"] * (3 if both else 2)
    joined(place, "1", "2")
    assert [row[1:] for row in runs(place, "looked")] == [
        ("waiting", None),
        ("stopped", "joined"),
        *([("waiting", None)] if both else []),
    ]
    # What comes for either is refused, under whichever name it entered.
    for who in "12":
        happened(place, "custom.looked", f"look:again-{who}", who, product_id="tea")
    assert place.skips()[-2:] == ["already_running"] * 2
    place.after(days=2)
    for who in "12":
        happened(place, "custom.looked", f"look:late-{who}", who, product_id="tea")
    assert place.skips()[-2:] == ["once"] * 2


def test_who_was_in_it_before_by_the_other_record_does_not_enter_again(place: Place) -> None:
    place.flow(
        "flow: letters\ntrigger: {event: custom.hello}\nreentry: {after: 30d}\nsteps: [{wait: 1d}, {log: {text: on}}]"
    )
    customer(place, "1")
    customer(place, "2")
    happened(place, "custom.hello", "customer:2", "2")
    place.after(days=3)
    joined(place, "1", "2")
    happened(place, "custom.hello", "customer:1", "1")
    happened(place, "custom.hello", "customer:2", "2")
    assert place.skips() == ["too_soon", "too_soon"]
    place.after(days=31)
    happened(place, "custom.hello", "customer:2", "2")
    assert [row[:2] for row in runs(place)] == [("customer:2", "finished"), ("customer:1", "waiting")]


@pytest.mark.parametrize(
    ("reentry", "left"), [("once", False), ("{after: 9d}", False), ("{after: 2d}", True), ("always", True)]
)
def test_who_had_been_through_it_is_not_led_through_again(place: Place, reentry: str, left: bool) -> None:
    place.flow(letters(reentry))
    customer(place, "1")
    days(place, 4)
    customer(place, "2")
    joined(place, "1", "2")
    assert runs(place)[1] == ("customer:2", *(("waiting", None) if left else ("stopped", "joined")))


# --- what had happened ---------------------------------------------------------------------------


def test_what_the_other_record_had_bought_ends_the_run_that_goes_on(place: Place) -> None:
    place.flow(letters())
    customer(place, "1")
    place.after(hours=1)
    happened(place, "order.created", "order:o1", "2", currency="EUR", lines=[])
    assert [row[1] for row in runs(place)] == ["waiting"]
    joined(place, "1", "2")
    assert runs(place) == [("customer:1", "exited", "order.created")]


def test_an_event_of_the_other_record_that_waits_in_the_queue_ends_it(place: Place) -> None:
    """A run that is woken looks for what it missed under all names of its person."""
    place.flow(letters(wait="1d"))
    customer(place, "1")
    customer(place, "2", "customer.updated")
    joined(place, "1", "2")
    place.clock.move_to(START + timedelta(hours=25))
    now = place.clock.now()
    data = {"id": "o1", "customer_id": "2", "currency": "EUR", "lines": [], "updated_at": now.isoformat()}
    place.send(NewEvent("o1", "order.created", "order:o1", now, data, {"order": "o1", "customer": "2"}))
    place.runtime.world.flows.invalidate()
    place.runtime.waker.run(10)
    assert runs(place) == [("customer:1", "exited", "order.created")] and WENT == []


def test_what_is_under_way_comes_to_its_end_and_what_is_not_is_taken_back(place: Place) -> None:
    """The records are joined while a call of the younger is being made; its other effect has not begun."""
    place.flow(
        "flow: letters\ntrigger: {event: customer.created}\nreentry: once\nsteps:\n"
        "  - tests.call: {to: '{{ customer.id }}'}\n    as: called\n  - wait: 1d\n"
    )
    customer(place, "1")
    place.after(hours=1)
    ANSWERS["2"] = lambda config, ctx: (join(place.shop, "1", "2", "eva", database=place.database), Done({"to": "2"}))[
        1
    ]
    customer(place, "2")
    place.drain()
    assert runs(place) == [("customer:1", "waiting", None), ("customer:2", "stopped", "joined")]
    assert place.rows("SELECT status FROM effect WHERE subject = 'customer:2'") == [("done",)]


def test_what_the_younger_has_said_already_the_older_does_not_say_again(place: Place) -> None:
    """The one that goes on is behind the other: it waits for a date, and the other's came first."""
    place.flow(
        "flow: letters\ntrigger: {event: customer.created}\nreentry: once\nsteps:\n"
        "  - if: customer.id == '1'\n    then: [{wait: 5d}]\n"
        "  - tests.letter: {to: '{{ customer.email }}', text: first, purpose: transactional}\n"
        "  - wait: 5d\n"
        "  - tests.letter: {to: '{{ customer.email }}', text: second, purpose: transactional}\n"
    )
    customer(place, "1")
    place.after(hours=1)
    customer(place, "2")
    assert went(place) == [("2", "first")]
    joined(place, "1", "2")
    days(place, 6)
    assert went(place) == [("2", "first")]
    (details,) = [details for code, details in traces(place, "customer:1") if code == "effect.withheld"]
    assert details["reason"] == "joined.had"
    assert place.rows("SELECT status, result FROM effect WHERE subject = 'customer:1'") == [
        ("done", '{"sent":false,"reason":"joined.had"}')
    ]
    days(place, 6)
    assert went(place) == [("2", "first"), ("1", "second")]


def test_taken_apart_again_the_ended_run_stays_ended_and_says_so(place: Place) -> None:
    place.flow(letters())
    customer(place, "1")
    place.after(hours=1)
    customer(place, "2")
    joined(place, "1", "2")
    split(place.shop, "2", "eva", database=place.database)
    place.drain()
    assert runs(place)[1] == ("customer:2", "stopped", "joined")
    assert [code for code, _ in traces(place, "customer:2")][-1] == "run.stays_ended"
    (details,) = place.rows("SELECT details FROM audit WHERE action = 'customer.split'")[0]
    assert json.loads(details)["runs_stay_ended"] == 1
    # Joined once more nothing changes: the older is not taken for one that has been through it.
    joined(place, "1", "2")
    assert [row[1] for row in runs(place)] == ["waiting", "stopped"]
    days(place, 5)
    assert went(place) == [("1", "first"), ("1", "second")]


def test_who_goes_on_stays_in_the_group_it_was_drawn_for(place: Place) -> None:
    text = letters().replace("exit:", "control: {share: 50}\nexit:").replace("transactional", "marketing")
    group = compiled(text, registry()).control
    assert group is not None
    arms = {is_held_out(group, "letters", f"email:{n}@example.com"): str(n) for n in range(40)}
    out, treated = arms[True], arms[False]
    place.flow(text)
    customer(place, out)
    place.after(hours=1)
    customer(place, treated)
    joined(place, out, treated)
    assert runs(place) == [(f"customer:{out}", "waiting", None), (f"customer:{treated}", "stopped", "joined")]
    days(place, 5)
    assert went(place) == [], "the person is in the control group still"


def test_a_cap_counts_what_either_record_was_sent(place: Place) -> None:
    set_rules(place, caps=[{"channel": "email", "most": 1, "period": "7d", "counts": "all"}])
    place.flow(letters(wait="1h").replace("transactional", "marketing"))
    customer(place, "1", "customer.updated")
    customer(place, "2")
    place.after(hours=2)
    assert went(place) == [("2", "first")]
    joined(place, "1", "2")
    place.flow(
        "flow: other\ntrigger: {event: custom.other}\n"
        "steps: [{tests.letter: {to: '{{ customer.email }}', text: other, purpose: marketing}}]"
    )
    happened(place, "custom.other", "customer:1", "1")
    assert went(place) == [("2", "first")]
    days(place, 8)
    assert went(place)[-1] == ("1", "other")


# --- any order -----------------------------------------------------------------------------------


PEOPLE = "123"


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_nobody_hears_the_same_twice(place: Place, seed: int) -> None:
    """Random enter, wait, buy, join and undo. Whenever a letter goes, no record of the same person had it before; and
    each person has one live run at most."""
    flow = letters(("once", "{after: 40d}")[seed % 2])
    place.flow(flow)
    chance = random.Random(seed)
    had: set[tuple[str, str]] = set()
    seen = 0
    for _ in range(30):
        place.clock.move_to(place.clock.now() + timedelta(hours=chance.randrange(1, 20)))
        one, other = chance.sample(PEOPLE, 2)
        doing = chance.choice(("enter", "enter", "wait", "join", "split"))
        place.drain()
        seen = _hear(place, had, seen)
        if doing == "enter":
            customer(place, one)
        elif doing == "join" and all(_known(place, key) for key in (one, other)):
            join(place.shop, one, other, "eva", database=place.database)
        elif doing == "split" and _known(place, one):
            split(place.shop, one, "eva", database=place.database)
        place.drain()
        seen = _hear(place, had, seen)
        live = [row[0].removeprefix("customer:") for row in runs(place) if row[1] == "waiting"]
        for key in PEOPLE:
            assert len([one for one in live if one in _person(place, key)]) <= 1, (seed, doing)


def _known(place: Place, key: str) -> bool:
    return bool(place.rows(f"SELECT 1 FROM customers_customer WHERE key = '{key}'"))


def _person(place: Place, key: str) -> set[str]:
    with place.database.read() as tx:
        return set(keys_of(tx, place.shop, key))


def _hear(place: Place, had: set[tuple[str, str]], seen: int) -> int:
    """Take in the letters that went since; each is the first of its kind to that person as they are now."""
    for to, which in went(place)[seen:]:
        person = _person(place, to)
        assert not {(key, which) for key in person} & had, (to, which, person, had)
        had.add((to, which))
    return len(WENT)


@pytest.mark.parametrize("reentry", ["once", "always", "{after: 3d}", "{while_running: restart}"])
def test_a_back_test_joins_runs_as_they_are_live(place: Place, reentry: str) -> None:
    flow = letters(reentry)
    place.flow(flow)
    chance = random.Random(reentry)
    for number in range(24):
        place.after(hours=chance.randrange(2, 14))
        who = str(chance.randrange(6))
        if chance.random() < 0.15:
            happened(place, "order.created", f"order:o{number}", who, currency="EUR", lines=[])
        else:
            kind = chance.choice(("customer.created", "customer.created", "customer.updated"))
            customer(place, who, kind, email=f"p{chance.randrange(4)}@example.com")
    days(place, 8)
    found = Collected()
    facts = ShopFacts(place.shop, "Demo", "EUR", "Europe/Madrid", "es", "")
    events = past_events(place.shop, database=place.database)
    people = past_people(place.shop, database=place.database)
    replay([flow], events, shop=facts, plugins=registry(), sink=found, until=place.clock.now(), people=people)
    assert sorted((run.subject, run.status, run.reason) for run in found.runs) == sorted(runs(place))
    assert any(run.reason == "joined" for run in found.runs)
    (sent,) = place.rows(
        "SELECT count(*) FROM effect WHERE action = 'tests.letter' AND result NOT LIKE '%joined.had%'"
    )[0]
    replayed = [one for one in found.effects if one.action == "tests.letter"]
    assert len([one for one in replayed if (one.result or {}).get("reason") != "joined.had"]) == sent


def test_who_is_let_in_while_they_are_joined_has_one_run(postgres: Any) -> None:
    """Workers let both records in while they are being joined: in the end one of each person's runs is left."""
    place = Place(postgres)
    place.flow(letters())
    pairs = [(f"a{number}", f"b{number}") for number in range(20)]
    for one, other in pairs:
        customer(place, one, "customer.updated")
        customer(place, other, "customer.updated")
    broken: list[BaseException] = []
    start = threading.Barrier(2)

    def join_all() -> None:
        try:
            start.wait()
            for one, other in pairs:
                join(place.shop, one, other, "eva", database=postgres)
        except BaseException as error:
            broken.append(error)
        finally:
            postgres.close_mine()

    thread = threading.Thread(target=join_all)
    thread.start()
    start.wait()
    for one, other in pairs:
        now = place.clock.now()
        for key in (one, other):
            told = {"id": key, "email": f"{key}@example.com", "updated_at": now.isoformat()}
            place.send(fact(f"created-{key}", "customer.created", f"customer:{key}", told, now))
        place.runtime.round()
    thread.join()
    place.drain()
    assert broken == []
    live = place.rows("SELECT subject FROM run WHERE status = 'waiting'")
    assert len(live) == len(pairs) and len({key[0].removeprefix("customer:")[1:] for key in live}) == len(pairs)


def test_joining_reads_by_indexes(sqlite: Any) -> None:
    """However many runs a shop has, those of two people are found without walking through the others'."""
    place = Place(sqlite)
    found: dict[str, Sequence[str]] = {}
    names = ("live_runs_of_people", "ends_of_runs", "effects_of_ended", "runs_ended_joined", "states_of_effects")
    with place.database.transaction() as tx:
        for name in names:
            sql = statements("sqlite")[name]
            marks = [None] * len(sql.parameters)
            found[name] = [str(row[3]) for row in tx.text(f"EXPLAIN QUERY PLAN {sql.text}", marks)]
    scans = [
        (name, step) for name, plan in found.items() for step in plan if step.startswith(("SCAN run", "SCAN effect"))
    ]
    assert scans == [], found
