"""Values that stores hold of one thing are made one: who is right, who is told, what is put aside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sereno.commerce.syncing import (
    BOTH,
    CANNOT,
    CURRENCY,
    FAR,
    FIELDS,
    HELD,
    KEEPS,
    LEEWAY,
    LEFT,
    LOW,
    MISSING,
    MOST_TOLD,
    OPEN,
    SECOND,
    SHAPE,
    TWICE,
    WAITING,
    ZERO,
    Before,
    Said,
    Taken,
    Terms,
    Value,
    Verdict,
    joined,
    judge,
    may_be_written,
    value_of,
)

LEADER = Terms("price", "pim", "leader", 0)
NEWEST = Terms("price", "pim", "newest", 0)
ASK = Terms("price", "pim", "ask", 0)
HOUR = 3600 * SECOND


def price(amount: object, at: int = HOUR, currency: str = "EUR", **more: Any) -> Value:
    found = value_of("price", {"price": amount, "currency": currency}, at, "EUR")
    assert found is not None
    return replace(found, **more)


def agreed_on(amount: object) -> str:
    return price(amount).digest


def short(verdict: Verdict) -> dict[str, tuple[str, str, str]]:
    return {name: (one.source, one.state, one.reason) for name, one in verdict.findings.items()}


# --- what is the same -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("price", {"price": "10"}, {"price": "10.00", "currency": "EUR"}),
        ("price", {"price": 10.5}, {"price": "10.50"}),
        ("compare_at_price", {"compare_at_price": None}, {"compare_at_price": "0.00"}),
        ("title", {"title": " Taza "}, {"title": "Taza"}),
        ("description", {"description": "<p>A &amp; B</p>\n"}, {"description": "<div>A  &#38; <b>B</b></div>"}),
        ("status", {"status": "draft"}, {"status": "archived"}),
        ("status", {"status": "draft"}, {"status": "active", "published_at": None}),
        ("status", {"status": "active"}, {"published_at": "2026-01-01T00:00:00Z"}),
    ],
)
def test_what_people_read_alike_is_the_same(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = value_of(name, one, 1, "EUR"), value_of(name, other, 2, "EUR")
    assert first is not None
    assert second is not None
    assert first.digest == second.digest


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("price", {"price": "10"}, {"price": "10.01"}),
        ("price", {"price": "10"}, {"price": "10", "currency": "USD"}),
        ("title", {"title": "Taza azul"}, {"title": "Taza  azul"}),
        ("description", {"description": "<p>A</p>"}, {"description": "<p>B</p>"}),
        ("status", {"status": "active"}, {"status": "draft"}),
    ],
)
def test_what_they_read_otherwise_is_not(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = value_of(name, one, 1, "EUR"), value_of(name, other, 2, "EUR")
    assert first is not None
    assert second is not None
    assert first.digest != second.digest


@pytest.mark.parametrize("name", FIELDS)
def test_a_record_that_does_not_speak_of_it_takes_no_part(name: str) -> None:
    assert value_of(name, {"sku": "MUG"}, 1, "EUR") is None


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("price", {"price": None}),
        ("price", {"price": "-1"}),
        ("price", {"price": "free"}),
        ("price", {"price": "NaN"}),
        ("title", {"title": "  "}),
        ("title", {"title": None}),
        ("description", {"description": "<p> </p>"}),
    ],
)
def test_what_is_empty_is_missing(name: str, record: dict[str, Any]) -> None:
    found = value_of(name, record, 1, "EUR")
    assert found is not None
    assert found.is_missing


@given(some.text(max_size=300), some.sampled_from(FIELDS))
def test_any_text_can_be_compared(text: str, name: str) -> None:
    record = {name: text, "currency": text}
    assert value_of(name, record, 1, "EUR") == value_of(name, dict(record), 1, "EUR")


# --- who is right ---------------------------------------------------------------------------


def test_the_leaders_word_is_put_back_everywhere() -> None:
    values = {"pim": price(10), "web": price(12, HOUR * 5), "till": price(10)}
    found = judge(LEADER, values, agreed_on(10), Said(), {})
    assert short(found) == {"web": ("pim", OPEN, "")}
    assert found.findings["web"].target == price(10).digest
    assert found.findings["web"].percent == 16.67


def test_without_the_leader_nothing_is_said() -> None:
    assert short(judge(LEADER, {"web": price(10), "till": price(12)}, None, Said(), {})) == {}


def test_one_store_alone_differs_from_nobody() -> None:
    assert short(judge(NEWEST, {"web": price(10)}, agreed_on(12), Said(), {})) == {}


def test_the_newest_change_goes_both_ways() -> None:
    values = {"pim": price(10), "web": price(12, HOUR * 2), "till": price(10)}
    found = judge(NEWEST, values, agreed_on(10), Said(), {})
    assert short(found) == {"pim": ("web", OPEN, ""), "till": ("web", OPEN, "")}
    later = {**values, "till": price(13, HOUR * 3)}
    assert short(judge(NEWEST, later, found.agreed, found.said, {})) == {
        "pim": ("till", OPEN, ""),
        "web": ("till", OPEN, ""),
    }


def test_a_change_back_is_a_change_too() -> None:
    first = judge(NEWEST, {"pim": price(10), "web": price(12, HOUR * 2)}, agreed_on(10), Said(), {})
    values = {"pim": price(11, HOUR * 3), "web": price(12, HOUR * 2)}
    second = judge(NEWEST, values, first.agreed, first.said, {})
    assert short(second) == {"web": ("pim", OPEN, "")}
    values = {"pim": price(10, HOUR * 4), "web": price(12, HOUR * 2)}
    third = judge(NEWEST, values, second.agreed, second.said, {})
    assert short(third) == {"web": ("pim", OPEN, "")}
    assert third.findings["web"].target == price(10).digest


def test_before_all_agreed_once_the_leader_is_right() -> None:
    values = {"pim": price(10), "web": price(12, HOUR * 9)}
    first = judge(NEWEST, values, None, Said(), {})
    assert short(first) == {"web": ("pim", OPEN, "")}
    changed = {"pim": price(10), "web": price(13, HOUR * 10)}
    assert short(judge(NEWEST, changed, None, first.said, {})) == {"pim": ("web", OPEN, "")}


def test_a_record_touched_for_another_reason_is_no_newer_change() -> None:
    first = judge(NEWEST, {"pim": price(11, HOUR), "web": price(12, HOUR * 2)}, agreed_on(10), Said(), {})
    sold = {"pim": price(11, HOUR * 8), "web": price(12, HOUR * 2)}
    assert short(judge(NEWEST, sold, first.agreed, first.said, {})) == {"pim": ("web", OPEN, "")}


def test_changes_at_one_moment_are_asked_about() -> None:
    values = {"pim": price(10), "web": price(12, HOUR), "till": price(13, HOUR + SECOND // 2)}
    found = judge(NEWEST, values, agreed_on(10), Said(), {})
    assert {one.reason for one in found.findings.values()} == {BOTH}
    alike = {"pim": price(10), "web": price(12, HOUR), "till": price(12, HOUR + SECOND // 2)}
    assert short(judge(NEWEST, alike, agreed_on(10), Said(), {})) == {"pim": ("till", OPEN, "")}


def test_by_ask_a_person_decides_each() -> None:
    found = judge(ASK, {"pim": price(10), "web": price(12, HOUR * 2)}, agreed_on(10), Said(), {})
    assert short(found) == {"pim": ("web", HELD, BOTH)}


def test_where_nobody_is_right_both_are_put_aside() -> None:
    found = judge(NEWEST, {"web": price(10), "till": price(12)}, None, Said(), {})
    assert short(found) == {"web": ("", HELD, BOTH), "till": ("", HELD, BOTH)}


def test_what_a_person_took_holds_until_the_leader_says_something_new() -> None:
    values = {"pim": price(10), "web": price(12, HOUR), "till": price(10)}
    taken = Taken("web", price(12).digest, price(10).digest, HOUR * 2, "ana")
    found = judge(replace(LEADER, most_change=5), values, agreed_on(10), Said({}, taken), {})
    assert short(found) == {"pim": ("web", OPEN, ""), "till": ("web", OPEN, "")}
    assert {one.by for one in found.findings.values()} == {"ana"}
    half = judge(LEADER, {**values, "pim": price(12, HOUR * 3)}, found.agreed, found.said, {})
    assert short(half) == {"till": ("web", OPEN, "")}
    new = judge(LEADER, {**values, "pim": price(14, HOUR * 3)}, found.agreed, found.said, {})
    assert short(new) == {"web": ("pim", OPEN, ""), "till": ("pim", OPEN, "")}
    assert new.said.taken is None


def test_what_a_person_took_gives_way_to_a_newer_change() -> None:
    values = {"pim": price(11, HOUR), "web": price(12, HOUR)}
    taken = Taken("web", price(12).digest, price(11).digest, HOUR * 2, "ana")
    found = judge(ASK, values, agreed_on(10), Said({}, taken), {})
    assert short(found) == {"pim": ("web", OPEN, "")}
    newer = judge(ASK, {**values, "pim": price(13, HOUR * 3)}, found.agreed, found.said, {})
    assert short(newer) == {"web": ("pim", HELD, BOTH)}


def test_what_is_left_stays_and_is_heard_no_more() -> None:
    before = {"web": Before(LEFT)}
    values = {"pim": price(10), "web": price(99, HOUR * 9), "till": price(10)}
    found = judge(NEWEST, values, agreed_on(10), Said(), before)
    assert short(found) == {"web": ("pim", LEFT, "")} or short(found) == {"web": ("till", LEFT, "")}
    assert found.agreed == agreed_on(10)
    assert short(judge(NEWEST, {**values, "web": price(10)}, agreed_on(10), Said(), before)) == {}
    two = {"pim": price(10), "web": price(99)}
    assert short(judge(LEADER, two, None, Said(), {"pim": Before(LEFT), "web": Before(LEFT)})) == {
        "pim": ("", LEFT, ""),
        "web": ("", LEFT, ""),
    }


# --- what is put aside ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "leader", "own", "reason"),
    [
        (LEADER, price(10), price(12, is_writable=False), CANNOT),
        (LEADER, price(10), price(12, is_twice=True), TWICE),
        (LEADER, price(10, is_twice=True, is_mixed=True), price(12), TWICE),
        (LEADER, price(None), price(12), MISSING),
        (LEADER, price(10), price(12, currency="USD"), CURRENCY),
        (LEADER, price(0), price(12), ZERO),
        (replace(LEADER, most_change=30), price(13), price(10), ""),
        (replace(LEADER, most_change=30), price("13.01"), price(10), FAR),
        (replace(LEADER, most_change=30), price("6.99"), price(10), FAR),
        (replace(LEADER, most_change=0), price(1000), price(10), ""),
        (LEADER, price(10), price(None), ""),
    ],
)
def test_what_is_amiss_is_put_aside(terms: Terms, leader: Value, own: Value, reason: str) -> None:
    found = judge(terms, {"pim": leader, "web": own}, None, Said(), {})
    assert short(found) == {"web": ("pim", HELD if reason else OPEN, reason)}
    target = found.findings["web"].target
    let = judge(terms, {"pim": leader, "web": own}, None, Said(), {"web": Before(HELD, reason, (own.digest, target))})
    is_let = not reason or may_be_written("price", reason)
    assert let.findings["web"].state == (OPEN if is_let else HELD)
    other = judge(terms, {"pim": leader, "web": own}, None, Said(), {"web": Before(HELD, reason, ("x", target))})
    assert other.findings["web"].reason == reason


def test_a_price_struck_through_may_go() -> None:
    terms = Terms("compare_at_price", "pim", "leader")
    none = value_of("compare_at_price", {"compare_at_price": None, "currency": "USD"}, 1, "EUR")
    some_ = value_of("compare_at_price", {"compare_at_price": "9", "currency": "EUR"}, 1, "EUR")
    assert none is not None
    assert some_ is not None
    assert short(judge(terms, {"pim": none, "web": some_}, None, Said(), {})) == {"web": ("pim", OPEN, "")}


def test_a_price_struck_through_waits_for_the_price() -> None:
    terms = Terms("compare_at_price", "pim", "leader")

    def struck(price: str, before: str | None) -> Value:
        found = value_of("compare_at_price", {"price": price, "compare_at_price": before}, HOUR, "EUR")
        assert found is not None
        return found

    wanted = struck("10.00", "12.00")
    low = judge(terms, {"pim": wanted, "web": struck("12.00", None)}, None, Said(), {})
    assert short(low) == {"web": ("pim", HELD, LOW)}
    held = {"web": Before(HELD, LOW)}
    assert short(judge(terms, {"pim": wanted, "web": struck("10.00", None)}, None, low.said, held)) == {
        "web": ("pim", OPEN, "")
    }


def test_a_product_for_each_variant_is_not_called_as_the_product_of_all() -> None:
    def title(text: str, **record: Any) -> Value:
        found = value_of("title", {"title": text, **record}, HOUR, "EUR")
        assert found is not None
        return found

    terms = Terms("title", "pim", "leader")
    shirts = title("Shirt", variants=[{"sku": "S"}, {"sku": "M"}])
    one = title("Shirt S", variant_count=1)
    assert short(judge(terms, {"pim": shirts, "web": one}, None, Said(), {})) == {"web": ("pim", HELD, SHAPE)}
    many = title("Shirts", variant_count=2)
    assert short(judge(terms, {"pim": shirts, "web": many}, None, Said(), {})) == {"web": ("pim", OPEN, "")}


def test_a_thing_that_is_there_twice_is_put_aside_where_it_says_two_things() -> None:
    both = joined([price(10), price(12)])
    assert (both.is_twice, both.is_mixed) == (True, True)
    alike = joined([price(10), price(10)])
    assert (alike.is_twice, alike.is_mixed) == (True, False)
    assert short(judge(LEADER, {"pim": price(10), "web": both}, None, Said(), {})) == {"web": ("pim", HELD, TWICE)}
    assert short(judge(LEADER, {"pim": both, "web": price(10)}, None, Said(), {})) == {"pim": ("pim", HELD, TWICE)}
    assert short(judge(LEADER, {"pim": price(10), "web": alike}, None, Said(), {})) == {}


# --- what a store makes of what it is told ----------------------------------------------------


def test_a_store_is_told_once_and_waited_for() -> None:
    values = {"pim": price(10), "web": price(12)}
    told = Before(WAITING, "", ("", ""), price(10).digest, price(12).digest, HOUR, HOUR, 1)
    assert short(judge(LEADER, values, None, Said(), {"web": told})) == {"web": ("pim", WAITING, "")}
    still = {"pim": price(10), "web": price(12, HOUR * 2)}
    assert short(judge(LEADER, still, None, Said(), {"web": told})) == {"web": ("pim", HELD, KEEPS)}
    kept = replace(told, state=HELD, reason=KEEPS)
    assert short(judge(LEADER, still, None, Said(), {"web": kept})) == {"web": ("pim", HELD, KEEPS)}
    # What was begun and not done is still to be done.
    begun = replace(told, state=OPEN)
    assert short(judge(LEADER, values, None, Said(), {"web": begun})) == {"web": ("pim", OPEN, "")}


def test_a_store_that_rounds_is_told_a_few_times_by_the_leader_and_never_by_the_newest() -> None:
    answer = {"pim": price(10), "web": price("9.95", HOUR + SECOND)}
    told = Before(WAITING, "", ("", ""), price(10).digest, price(12).digest, HOUR, HOUR, 1)
    assert short(judge(LEADER, answer, None, Said(), {"web": told})) == {"web": ("pim", OPEN, "")}
    last = replace(told, told_times=MOST_TOLD)
    assert short(judge(LEADER, answer, None, Said(), {"web": last})) == {"web": ("pim", HELD, KEEPS)}
    first = judge(NEWEST, {"pim": price(10), "web": price(12, 1)}, agreed_on(12), Said(), {})
    assert short(judge(NEWEST, answer, first.agreed, first.said, {"web": told})) == {"web": ("pim", HELD, KEEPS)}


def test_an_own_echo_is_no_change_that_wins() -> None:
    """Told 11, and before it says so the other says 12: the echo is later than that, and not newer."""
    first = judge(NEWEST, {"pim": price(11, HOUR), "web": price(10)}, agreed_on(10), Said(), {})
    told = Before(WAITING, "", ("", ""), price(11).digest, price(10).digest, HOUR * 2, HOUR, 1)
    values = {"pim": price(12, HOUR * 2 - 5 * SECOND), "web": price(11, HOUR * 2 + SECOND)}
    found = judge(NEWEST, values, first.agreed, first.said, {"web": told})
    assert short(found) == {"web": ("pim", OPEN, "")}
    assert found.findings["web"].target == price(12).digest


# --- whatever happens -----------------------------------------------------------------------

SIDES = ("pim", "web", "till")


@dataclass
class World:
    """Three stores that are changed, tell of it when they like, and are written to."""

    terms: Terms
    now: int = HOUR
    next: int = 100
    real: dict[str, Value] = field(default_factory=lambda: dict.fromkeys(SIDES, price(100, HOUR)))
    known: dict[str, Value] = field(default_factory=lambda: dict.fromkeys(SIDES, price(100, HOUR)))
    agreed: str | None = None
    said: Said = field(default_factory=Said)
    rows: dict[str, Before] = field(default_factory=dict[str, Before])
    last: tuple[int, str, Value] | None = None
    told: int = 0

    def look(self) -> Verdict:
        found = judge(self.terms, self.known, self.agreed, self.said, self.rows)
        self.agreed, self.said = found.agreed, found.said
        empty = Before(OPEN)
        self.rows = {
            name: replace(self.rows.get(name, empty), state=one.state, reason=one.reason)
            for name, one in found.findings.items()
        }
        self.targets = {name: (one.target, one.source) for name, one in found.findings.items()}
        return found

    def change(self, name: str) -> None:
        self.next += 1
        self.real[name] = price(self.next, self.now)
        self.last = (self.now, name, self.real[name])

    def hear(self, name: str) -> None:
        self.known[name] = self.real[name]
        self.look()

    def write(self, name: str) -> None:
        """Not where the store has changed meanwhile: that is between it and whoever changes it."""
        row = self.rows.get(name)
        if row is None or row.state != OPEN or self.real[name].digest != self.known[name].digest:
            return
        target, source = self.targets[name]
        times = row.told_times + 1 if row.told_target == target else 1
        known = self.known[name]
        told = replace(row, state=WAITING, told_target=target, told_own=known.digest, told_times=times)
        self.rows[name] = replace(told, told_at=self.now, told_seen=known.at)
        self.real[name] = replace(self.known[source], at=self.now + SECOND)
        self.told += 1

    def settle(self) -> None:
        for _ in range(20):
            for name in SIDES:
                self.now += LEEWAY
                self.hear(name)
                self.write(name)


STEPS = some.lists(
    some.tuples(
        some.sampled_from(["change", "hear", "write"]),
        some.sampled_from(SIDES),
        some.integers(2, 600).map(SECOND.__mul__),
    ),
    max_size=25,
)


def played(terms: Terms, steps: list[tuple[str, str, int]]) -> World:
    world = World(terms)
    world.look()
    for what, name, later in steps:
        world.now += later
        getattr(world, what)(name)
    world.settle()
    return world


@given(STEPS)
def test_by_the_leader_all_become_equal(steps: list[tuple[str, str, int]]) -> None:
    world = played(LEADER, steps)
    assert {one.digest for one in world.real.values()} == {world.real["pim"].digest}
    assert world.rows == {}
    before, told = world.agreed, world.told
    assert world.look().findings == {}
    assert (world.agreed, world.told) == (before, told)


@given(STEPS)
def test_the_newest_change_is_never_lost(steps: list[tuple[str, str, int]]) -> None:
    world = played(NEWEST, steps)
    if any(row.state == HELD for row in world.rows.values()):
        assert world.last is not None
        assert world.real[world.last[1]].digest == world.last[2].digest
        return
    assert world.rows == {}
    wanted = price(100) if world.last is None else world.last[2]
    assert {one.digest for one in world.real.values()} == {wanted.digest}
    assert world.look().findings == {}


@given(STEPS)
def test_by_ask_nothing_is_written(steps: list[tuple[str, str, int]]) -> None:
    world = played(ASK, steps)
    assert world.told == 0
    assert all(row.state == HELD for row in world.rows.values())


@given(some.lists(some.tuples(some.integers(1, 5), some.integers(0, 10**7)), min_size=3, max_size=3))
def test_in_which_order_stores_tell_does_not_matter(changes: list[tuple[int, int]]) -> None:
    found: set[Any] = set()
    for order in permutations(range(3)):
        world = World(NEWEST)
        world.look()
        for place in order:
            amount, at = changes[place]
            world.real[SIDES[place]] = price(100 + amount, 2 * HOUR + at)
        for place in order:
            world.hear(SIDES[place])
        verdict = world.look()
        found.add(tuple(sorted((name, one.target, one.state, one.reason) for name, one in verdict.findings.items())))
    assert len(found) == 1
