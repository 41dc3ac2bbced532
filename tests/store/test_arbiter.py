"""Messages of all flows to one person: capped, quiet at night, the important first, replaced, nothing too late."""

from __future__ import annotations

import threading
from typing import Any

from arbiting import OUTCOMES, WENT, flow, register, sent, set_rules, slots, told, wish
from support import START, Place, fact, order

from sereno.runtime.limiting import switches
from sereno.sdk.result import Done, Fail, Retry

EMAIL_DAILY = {"channel": "email", "most": 1, "period": "1d"}

EACH = "to: '{{ event.data.to }}', text: '{{ event.data.text }}', merge: '{{ event.data.text }}'"
"""No letter takes the place of another."""


def test_a_cap_holds_over_flows_and_says_why(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    for name in ("cart", "news"):
        shop.flow(flow(name))
    shop.send(wish("a", "cart"), wish("b", "news"), wish("c", "news", "bob@example.com"))
    shop.drain()
    assert sorted(sent(shop)) == [(0, "a"), (0, "c")]
    [(code, details)] = told(shop, "b")
    assert code == "effect.deferred"
    assert details["reason"] == "message.capped"
    assert (details["most"], details["period"], details["counted"]) == (1, "1d", 1)
    assert details["until"] == "2026-03-03T09:00:00Z"
    [(_, status, attempts, error), *_] = [row for row in shop.effects() if row[3]]
    assert (status, attempts, error) == ("pending", 0, "message.capped")
    assert shop.runs()[1][1] == "parked"
    shop.after(hours=23, minutes=59)
    assert len(WENT) == 2
    shop.after(minutes=1)
    assert sent(shop)[2:] == [(24, "b")]
    assert shop.runs()[1][1] == "finished"
    assert len(told(shop, "b")) == 1


def test_several_caps_and_channels(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY, {"channel": "any", "most": 3, "period": "7d"}])
    shop.flow(flow("cart", EACH))
    shop.flow(flow("text", "to: ana@example.com, channel: sms"))
    shop.send(wish("a", "cart"), wish("s", "text"), wish("b", "cart"), wish("c", "cart"))
    shop.drain()
    for _ in range(9):
        shop.after(days=1)
    assert sent(shop) == [(0, "a"), (0, "s"), (24, "b"), (168, "c")]


def test_transactional_is_never_held_back_and_counts_where_the_shop_says(shop: Place) -> None:
    set_rules(
        shop, caps=[{**EMAIL_DAILY, "counts": "all"}], quiet=[{"channel": "email", "from": "09:00", "until": "12:00"}]
    )
    shop.flow(flow("news"))
    shop.flow(flow("receipt", "to: '{{ event.data.to }}', purpose: transactional"))
    shop.send(wish("r", "receipt"), wish("q", "receipt"), wish("n", "news"))
    shop.drain()
    assert [who for _, who in sent(shop)] == ["r", "q"]
    shop.after(hours=24)
    # The receipts of yesterday count no more, but it is quiet until twelve in Madrid.
    assert len(WENT) == 2
    shop.after(hours=2)
    assert sent(shop)[2:] == [(26, "n")]


def test_quiet_hours_are_the_readers_own(shop: Place) -> None:
    set_rules(shop, quiet=[{"channel": "sms", "from": "21:00", "until": "12:00"}])
    shop.flow(flow("text", "to: '{{ event.data.to }}', channel: sms"))
    shop.send(
        fact(
            "k",
            "customer.updated",
            "customer:7",
            {"id": "7", "phone": "+40700", "default_address": {"country": "RO"}, "updated_at": START.isoformat()},
        )
    )
    shop.send(wish("es", "text", "+34600"), wish("ro", "text", "+40700", customer="7"))
    shop.drain()
    assert WENT == []
    assert told(shop, "ro")[0][1]["zone"] == "Europe/Bucharest"
    shop.after(hours=1)
    assert sent(shop) == [(1, "ro")]
    shop.after(hours=1)
    assert sent(shop)[1:] == [(2, "es")]


def test_one_person_with_two_addresses(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("news", EACH))
    shop.send(order("1"))
    shop.send(order("2", email="home@example.com", customer={"id": "17", "email": "ana@example.com"}))
    shop.drain()
    shop.send(
        wish("a", "news", "ANA@example.com", customer="17", order="1"),
        wish("b", "news", "home@example.com", customer="17", order="2"),
        wish("friend", "news", "carla@example.com", customer="17", order="2"),
    )
    shop.drain()
    assert [who for _, who in sent(shop)] == ["a", "friend"]
    assert {(person, address) for person, address, *_ in slots(shop)} == {
        ("17", "ana@example.com"),
        ("17", "home@example.com"),
        ("email:carla@example.com", "carla@example.com"),
    }


def test_the_more_important_goes_first(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    for name, extra in (("news", ""), ("cart", "priority: 2\n"), ("late", "priority: 9\n")):
        shop.flow(flow(name, extra=extra))
    shop.send(wish("first", "news"))
    shop.drain()
    shop.send(wish("late", "late"), wish("news", "news"))
    shop.after(hours=1)
    shop.send(wish("cart", "cart"))
    shop.after(hours=1)
    for _ in range(4):
        shop.after(hours=24)
    assert [who for _, who in sent(shop)] == ["first", "cart", "news", "late"]


def test_the_shops_own_order_of_flows_wins(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY], priorities={"news": 1})
    shop.flow(flow("news"))
    shop.flow(flow("cart", extra="priority: 2\n"))
    shop.send(wish("cart", "cart"), wish("news", "news"))
    shop.drain()
    assert [who for _, who in sent(shop)] == ["news"]


def test_one_whose_turn_it_is_is_waited_for_but_not_for_ever(shop: Place) -> None:
    """The important one is in a flow that is paused just then; the other gives way, for a while."""
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("news", EACH))
    shop.flow(flow("cart", extra="priority: 1\n"))
    shop.send(wish("first", "news"))
    shop.drain()
    shop.send(wish("cart", "cart"), wish("news", "news"))
    shop.drain()
    with shop.database.transaction() as tx:
        tx.text("UPDATE flow SET status = 'paused' WHERE name = 'cart'")
    shop.after(hours=24)
    assert [who for _, who in sent(shop)] == ["first"]
    assert told(shop, "news")[-1][1]["reason"] == "message.gave_way"
    with shop.database.transaction() as tx:
        tx.text("UPDATE flow SET status = 'live' WHERE name = 'cart'")
    shop.after(minutes=1)
    assert [who for _, who in sent(shop)] == ["first", "cart"]


def test_what_comes_too_late_is_not_sent(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY], expires={"marketing": "30h"})
    shop.flow(flow("cart", "to: '{{ event.data.to }}', expires: 2h"))
    shop.flow(flow("news"))
    shop.send(wish("first", "news"))
    shop.drain()
    shop.send(wish("cart", "cart"), wish("b", "news"))
    shop.drain()
    shop.after(hours=2)
    (_, deferred), (code, details) = told(shop, "cart")
    assert code == "effect.withheld"
    assert (details["reason"], details["waited_for"]) == ("message.expired", "message.capped")
    assert deferred["until"] == "2026-03-03T09:00:00Z"
    assert shop.rows("SELECT result FROM effect WHERE status = 'done' AND result LIKE '%expired%'") == [
        ('{"sent":false,"reason":"message.expired","to":"ana@example.com","purpose":"marketing"}',)
    ]
    assert shop.runs()[1][1] == "finished"
    shop.after(hours=22)
    assert [who for _, who in sent(shop)] == ["first", "b"]


def test_a_later_one_takes_the_place_of_one_that_waits(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("cart"))
    shop.flow(flow("back", "to: '{{ event.data.to }}', merge: stock"))
    shop.flow(flow("price", "to: '{{ event.data.to }}', merge: stock"))
    shop.send(wish("a", "cart"))
    shop.drain()
    for id_, name in (("b", "cart"), ("c", "cart"), ("d", "back"), ("e", "price")):
        shop.send(wish(id_, name))
        shop.after(minutes=1)
    assert told(shop, "b")[-1][1]["reason"] == "message.merged"
    assert told(shop, "c")[0][0] == "effect.replaced"
    assert told(shop, "d")[-1][1]["reason"] == "message.merged"
    for _ in range(3):
        shop.after(hours=24)
    assert [who for _, who in sent(shop)] == ["a", "c", "e"]
    assert [run[1] for run in shop.runs()] == ["finished"] * 5


def test_room_is_given_back_by_what_was_not_sent(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("news", EACH))
    OUTCOMES["no"] = lambda: Done({"sent": False, "reason": "cart.completed"})
    OUTCOMES["broken"] = lambda: Fail("mail.refused")
    shop.send(wish("no", "news"), wish("broken", "news"), wish("yes", "news"))
    shop.drain()
    assert sent(shop) == [(0, "yes")]
    assert told(shop, "no")[-1][1]["reason"] == "cart.completed"
    assert [row[2] for row in slots(shop)] == ["sent"]


def test_a_retry_keeps_its_own_room_and_nobody_elses(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("news", EACH))
    answers = iter([Retry("mail.busy"), Done({})])
    OUTCOMES["a"] = lambda: next(answers)
    shop.send(wish("a", "news"))
    shop.drain()
    shop.send(wish("b", "news"))
    shop.drain()
    assert WENT == []
    assert [row[2] for row in slots(shop)] == ["booked", "waiting"]
    shop.after(minutes=1)
    assert [who for _, who in sent(shop)] == ["a"]
    shop.after(hours=24)
    assert [who for _, who in sent(shop)] == ["a", "b"]


def test_who_said_no_meanwhile_is_not_written_to(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("news"))
    shop.send(wish("a", "news"))
    shop.drain()
    shop.send(wish("b", "news"))
    shop.drain()
    shop.send(
        fact(
            "no",
            "consent.changed",
            "customer:1",
            {"channel": "email", "purpose": "marketing", "granted": False, "email": "ana@example.com"},
        )
    )
    shop.after(hours=24)
    assert [who for _, who in sent(shop)] == ["a"]
    assert told(shop, "b")[-1][1]["reason"] == "consent.refused"


def test_a_run_that_ends_meanwhile_makes_room(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("cart", extra="priority: 1\nexit: [custom.bought]\n"))
    shop.flow(flow("news"))
    shop.send(wish("first", "news"))
    shop.drain()
    shop.send(wish("cart", "cart"), wish("news", "news"))
    shop.drain()
    shop.send(fact("x", "custom.bought", "thing:cart"))
    shop.drain()
    assert shop.runs()[1][1] == "exited"
    shop.after(hours=24)
    assert [who for _, who in sent(shop)] == ["first", "news"]


def test_old_slots_are_forgotten(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("news"))
    shop.send(wish("a", "news"))
    shop.drain()
    shop.after(days=31)
    shop.runtime.beat()
    assert len(slots(shop)) == 1
    shop.after(days=2)
    shop.runtime.beat()
    assert slots(shop) == []


def test_a_dry_world_is_told_the_same(sqlite: Any) -> None:
    """Put off, refused with a reason, and counted by when it would have gone."""
    from datetime import timedelta

    from sereno.engine.run import RunState
    from sereno.runtime.actions import Prepared
    from sereno.runtime.arbiter.passing import dry_guard
    from sereno.runtime.arbiter.verdicts import Go, Later, Never

    register()
    place = Place(sqlite)
    set_rules(place, caps=[EMAIL_DAILY], expires={"marketing": "30h"})
    guard = dry_guard(place.runtime.world)
    with place.database.transaction() as tx:
        facts = place.runtime.world.shops.find(tx, place.shop).facts

        def ask(key: str, hours: float, to: str = "ana@example.com", action: str = "tests.letter") -> Any:
            state = RunState(id=key, flow="f", version=1, subject="thing:1", key=key, event={}, started_at=START)
            effect = Prepared(f"{key}/0", action, {"to": to}, 1, "f", state, facts, START, None)
            return guard(effect, {}, START + timedelta(hours=hours), tx)

        assert ask("x", 0, action="tests.call") == Go()
        assert ask("a", 0) == Go()
        later = ask("b", 1)
        assert isinstance(later, Later) and later.at == START + timedelta(hours=24)
        third = ask("c", 2)
        assert isinstance(third, Never) and third.reason == "message.expired"
        fourth = ask("d", 30)
        assert isinstance(fourth, Later) and fourth.at == START + timedelta(hours=48)
        tx.many("suppress", [(place.shop, "no@example.com", "email", "complaint", 0)])
        assert ask("e", 3, "no@example.com") == Never(
            "address.suppressed", {"to": "no@example.com", "purpose": "marketing"}
        )
    place.runtime.stop()


def test_room_of_a_letter_given_back_by_a_switch_is_free(shop: Place) -> None:
    """Four threads are busy when e-mail is switched off: the others are given back, and their people may get another
    letter. Nobody gets two when it is on again."""
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("cart", EACH))
    begun, go_on = threading.Semaphore(0), threading.Event()

    def slow() -> Done:
        begun.release()
        go_on.wait(120)
        return Done({})

    people = [f"p{number}@example.com" for number in range(12)]
    OUTCOMES.update({f"c{number}": slow for number in range(12)})
    shop.send(*(wish(f"c{number}", "cart", person) for number, person in enumerate(people)))
    while shop.rows("SELECT count(*) FROM message_slot WHERE status = 'booked'") != [(12,)]:
        shop.runtime.round()
    for _ in range(4):
        begun.acquire(timeout=120)
    switches.switch_off(shop.shop, "channel", "email", "stop it", "ana", database=shop.database)
    shop.runtime.effects._switches._read_at -= 10  # A second later.
    go_on.set()
    while shop.rows("SELECT count(*) FROM effect WHERE status = 'running'") != [(0,)]:
        shop.runtime.round(wait_for_effects=True)
    went = {to for _, _, to in WENT}
    assert len(WENT) == len(went) == 4
    assert {(address, status) for _, address, status, _ in slots(shop)} == {(to, "sent") for to in went}
    OUTCOMES.clear()
    shop.send(*(wish(f"d{number}", "cart", person) for number, person in enumerate(people)))
    switches.switch_on(shop.shop, "channel", "email", "ana", database=shop.database)
    shop.drain()
    assert sorted(to for _, _, to in WENT) == sorted(people)
    shop.after(days=1)
    assert sorted(to for _, _, to in WENT) == sorted([*people, *people])
    assert shop.rows("SELECT count(*) FROM message_slot WHERE status <> 'sent'") == [(0,)]
