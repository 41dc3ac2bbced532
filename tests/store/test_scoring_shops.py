"""A shop's scores on both databases: read from its orders, kept by customer, told as events that conditions see, asked
for once a day whoever asks, and gone with whoever is erased."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from support import Place, order

from sereno.modules.scores.carrying import carry_out
from sereno.runtime.nightly import Nightly
from sereno.runtime.scoring import ask_scores, scores_by, tell
from sereno.sdk.connector import NewEvent
from sereno.store.documents import decode
from sereno.store.jobs import LEASE

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def sold(customer: str, day: date, total: str = "40.00", **changes: Any) -> NewEvent:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    id_ = f"{customer}-{day.isoformat()}"
    data = {"id": id_, "currency": "EUR", "total": total, "customer_id": customer, "placed_at": at.isoformat()}
    refs = {"order": id_, "customer": customer}
    return NewEvent(f"e{id_}", "order.created", f"order:{id_}", at, {**data, **changes}, refs)


def sell(place: Place) -> None:
    """A customer of every month, one of long ago, one who bought in dollars, one whose order was cancelled."""
    today = NOW.date()
    place.send(
        *[sold("17", today - timedelta(days=30 * n + 5)) for n in range(8)],
        sold("lost", today - timedelta(days=300)),
        sold("dollars", today - timedelta(days=3), currency="USD", total="900.00"),
        sold("none", today - timedelta(days=2), status="cancelled"),
    )
    place.drain()


def score(place: Place, now: datetime = NOW, *, status: str = "done") -> dict[str, Any]:
    assert ask_scores(place.shop, "ana", database=place.database)
    assert not ask_scores(place.shop, "ana", database=place.database)
    with place.database.transaction() as tx:
        row = tx.one("claim_score", {"worker": "w", "now": 10**17, "until": 2 * 10**17})
    assert row is not None
    assert carry_out(row[0], "w", place.database, tell, now) == status
    place.drain()
    names = "key, order_days, spent, rfm_group, risk, next_on, due_on, told"
    return {row[0]: row[1:] for row in place.rows(f"SELECT {names} FROM scores_customer ORDER BY key")}


def told(place: Place, type_: str) -> list[str]:
    return [row[0] for row in place.rows(f"SELECT subject FROM event WHERE type = '{type_}' ORDER BY id")]


def test_orders_become_scores_that_conditions_see(place: Place) -> None:
    sell(place)
    found = score(place)
    assert sorted(found) == ["17", "dollars", "lost"], "a cancelled order makes nobody a customer"
    assert found["17"][:2] == (8, 320.0)
    assert found["dollars"][:2] == (1, 0.0), "what was paid in another currency has no sum here"
    assert found["17"][3] < found["lost"][3], "who buys every month is the safer one"
    assert str(found["17"][4]) > NOW.date().isoformat() and found["lost"][4] is None
    assert sorted(told(place, "customer.scored")) == ["customer:17", "customer:dollars", "customer:lost"]
    ((state, quality),) = place.rows("SELECT groups, quality FROM scores_state")
    assert sum(decode(state).values()) == 3
    assert set(decode(quality)["used"].values()) == {False}, "three customers teach nothing"
    place.flow(
        "flow: hello\n"
        'trigger: {event: order.paid, when: "customer.score.risk < 0.9 && customer.score.order_days == 8"}\n'
        'steps: [{tests.call: {to: "{{ customer.score.group }}"}}]'
    )
    place.send(order("o9", "order.paid"))
    place.drain()
    ((config,),) = place.rows("SELECT config FROM effect")
    assert decode(config)["to"] == found["17"][2]


def test_a_platforms_word_does_not_wipe_a_score(place: Place) -> None:
    sell(place)
    score(place)
    at = NOW + timedelta(hours=1)
    data = {"id": "17", "email": "ana@example.com", "first_name": "Ana", "updated_at": at.isoformat()}
    place.send(NewEvent("u", "customer.updated", "customer:17", at, data, {"customer": "17"}))
    place.drain()
    ((text,),) = place.rows("SELECT data FROM customers_customer WHERE key = '17'")
    assert decode(text)["first_name"] == "Ana"
    assert decode(text)["score"]["order_days"] == 8


def test_nothing_new_is_nothing_told_and_each_silence_is_told_once(place: Place) -> None:
    sell(place)
    first = score(place)
    due = date.fromisoformat(str(first["17"][5]))
    score(place, NOW + timedelta(hours=2))
    assert len(told(place, "customer.scored")) == 3
    assert told(place, "customer.due") == []
    for days in range(1, 200, 7):
        found = score(place, NOW + timedelta(days=days))
        assert date.fromisoformat(str(found["17"][5])) == due, "it does not run away from who is silent"
        expected = ["customer:17"] if NOW.date() + timedelta(days=days) >= due else []
        assert told(place, "customer.due") == expected
    assert told(place, "customer.lapsing") == ["customer:dollars", "customer:17"], (
        "and not who had been gone when scores began"
    )
    place.send(sold("17", NOW.date() + timedelta(days=201)))
    place.drain()
    found = score(place, NOW + timedelta(days=202))
    assert found["17"][0] == 9 and str(found["17"][5]) > due.isoformat()


def test_a_large_shop_is_learned(place: Place) -> None:
    dice = random.Random(2)
    events: list[NewEvent] = []
    for at in range(700):
        day, rate = NOW.date() - timedelta(days=dice.randrange(1, 400)), dice.gammavariate(1.5, 1 / 50)
        while day <= NOW.date():
            events.append(sold(f"c{at}", day, f"{dice.lognormvariate(3, 0.4):.2f}"))
            if dice.random() < 0.25:
                break
            day += timedelta(days=1 + int(dice.expovariate(rate)))
    place.send(*events)
    place.drain()
    found = score(place)
    assert len(found) == 700
    ((quality, facts),) = place.rows("SELECT scores_state.quality, facts FROM scores_state, scores_job")
    assert decode(quality)["used"]["orders"], decode(quality)
    assert decode(facts)["customers"] == 700


def test_who_lost_the_lease_writes_nothing(place: Place) -> None:
    sell(place)
    ask_scores(place.shop, "ana", database=place.database)
    with place.database.transaction() as tx:
        row = tx.one("claim_score", {"worker": "w", "now": 1, "until": 2})
        again = tx.one("claim_score", {"worker": "v", "now": 3, "until": 4})
    assert row is not None and again is not None and row[0] == again[0]
    assert carry_out(row[0], "w", place.database, tell, NOW) == "lost"
    assert place.rows("SELECT count(*) FROM scores_customer") == [(0,)]
    assert carry_out(row[0], "v", place.database, lambda *_: 1 / 0, NOW) == "failed"
    assert place.rows("SELECT count(*) FROM scores_customer") == [(0,)]


def test_the_days_scores_are_one_job_whoever_looks(place: Place) -> None:
    begun: list[int] = []

    def command(id: int, worker: str) -> list[str]:
        begun.append(id)
        return ["true"]

    lookers = [Nightly(place.database, [scores_by(command)], f"w{n}", LEASE) for n in range(2)]
    assert not lookers[0].look(NOW), "nobody has ordered"
    sell(place)
    lookers = [Nightly(place.database, [scores_by(command)], f"w{n}", LEASE) for n in range(2)]
    assert [one.look(NOW) for one in lookers] == [True, False]
    assert len(begun) == 1
    for one in lookers:
        one.stop()


def act(type_: str, person: str, days: int, **data: Any) -> NewEvent:
    at = NOW - timedelta(days=days)
    id_ = f"{type_}-{person}-{days}"
    return NewEvent(id_, type_, f"customer:{person}", at, {"id": id_, **data}, {"customer": person})


def known(person: str, days: int) -> NewEvent:
    at = NOW - timedelta(days=days)
    data = {"id": person, "email": f"{person}@example.com", "created_at": at.isoformat()}
    return NewEvent(f"c-{person}", "customer.created", f"customer:{person}", at, data, {"customer": person})


def leads(place: Place) -> dict[str, Any]:
    found = place.rows("SELECT key, chance, signals, told FROM scores_lead ORDER BY key")
    return {row[0]: (row[1], decode(row[2]), row[3]) for row in found}


def test_who_has_not_bought_is_scored_until_they_do(place: Place) -> None:
    sell(place)
    place.send(
        *[known(name, 20) for name in ("keen", "quiet", "robot", "other")],
        act("checkout.created", "keen", 2),
        act("product.viewed", "keen", 2),
        act("product.viewed", "keen", 9),
        act("message.opened", "robot", 1, is_machine=True),
        act("consent.changed", "quiet", 1, granted=False, channel="email"),
        act("wish.added", "other", 1),
    )
    place.drain()
    with place.database.transaction() as tx:
        tx.many("place_in_person", [(place.shop, "other", "keen", False), (place.shop, "keen", "", True)])
    score(place)
    found = leads(place)
    assert sorted(found) == ["keen", "quiet", "robot"], "who ordered is none, and a person is one lead"
    assert found["keen"][1] == {"till": 1, "wish": 1, "look": 2}
    assert found["quiet"][1] == found["robot"][1] == {}
    assert found["keen"][0] > found["quiet"][0] == found["robot"][0]
    assert sorted(told(place, "lead.scored")) == ["customer:keen", "customer:quiet", "customer:robot"]
    ((text,),) = place.rows("SELECT data FROM customers_customer WHERE key = 'keen'")
    assert decode(text)["lead_score"] == found["keen"][2] > 1
    assert decode(text)["prospect"]["is_learned"] is False
    score(place, NOW + timedelta(hours=2))
    assert len(told(place, "lead.scored")) == 3, "nothing new is nothing told"
    place.send(sold("other", NOW.date()))
    place.drain()
    score(place, NOW + timedelta(hours=3))
    assert sorted(leads(place)) == ["quiet", "robot"], "any of their records may have ordered"
    assert told(place, "lead.scored")[3:] == ["customer:keen"]
    ((text,),) = place.rows("SELECT data FROM customers_customer WHERE key = 'keen'")
    assert decode(text)["lead_score"] is None
    assert [row[0] for row in place.rows("SELECT key FROM scores_customer WHERE key IN ('keen', 'other')")] == ["keen"]


def test_a_shop_where_nobody_ordered_has_leads(place: Place) -> None:
    place.send(known("keen", 20))
    place.drain()
    with place.database.transaction() as tx:
        tx.run("ask_days_scores", {"slot": "day:2026-03-02", "now": 1})
        row = tx.one("claim_score", {"worker": "w", "now": 10**17, "until": 2 * 10**17})
    assert row is not None
    assert carry_out(row[0], "w", place.database, tell, NOW) == "done"
    assert list(leads(place)) == ["keen"]
