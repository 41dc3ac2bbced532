"""A new sender's mails to each mailbox provider stay under the day's ceiling; what is over waits, and goes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from arbiting import flow, sent, slots, told, wish
from support import START, Place

from sereno.runtime.arbiter.rules import SETTING
from sereno.runtime.arbiter.warmup import Plan, plan_of
from sereno.store.documents import encode


def warm_up(place: Place, **plan: object) -> None:
    rules = {"caps": [], "quiet": [], "expires": {}, "priorities": {}}
    settings = {SETTING: rules, "warmup": {"since": START.date().isoformat(), **plan}}
    with place.database.transaction() as tx:
        mark = "?1" if place.database.dialect == "sqlite" else "$1"
        tx.text(f"UPDATE shop SET settings = {mark}", [encode(settings)])


def test_what_is_over_the_ceiling_waits_for_the_next_day(shop: Place) -> None:
    warm_up(shop, first=2, growth=50, until=1000)
    shop.flow(flow("news"))
    shop.send(*[wish(f"g{number}", "news", f"g{number}@gmail.com") for number in range(5)])
    shop.send(wish("h", "news", "h@hotmail.es"))
    shop.drain()
    assert sorted(who for _, who in sent(shop)) == ["g0", "g1", "h"]
    code, details = told(shop, "g2")[0]
    assert (code, details["reason"], details["most"], details["provider"]) == (
        "effect.deferred",
        "message.warming_up",
        2,
        "google",
    )
    assert {reason for *_, reason in slots(shop)} == {None, "message.warming_up"}
    shop.after(hours=24)
    # Half as many again: three a day.
    assert sorted(who for _, who in sent(shop)) == ["g0", "g1", "g2", "g3", "g4", "h"]


def test_receipts_are_not_held(shop: Place) -> None:
    warm_up(shop, first=1, growth=50, until=1000)
    shop.flow(flow("receipt", "to: '{{ event.data.to }}', purpose: transactional"))
    shop.send(*[wish(f"r{number}", "receipt", f"r{number}@gmail.com") for number in range(3)])
    shop.drain()
    assert len(sent(shop)) == 3


def test_a_plan_ends() -> None:
    plan = Plan(date(2026, 11, 22), 50, 40, 20_000)
    ceilings = [plan.ceiling(plan.since + timedelta(days=number)) for number in range(-1, 20)]
    assert ceilings[:4] == [50, 50, 70, 98]
    assert ceilings[plan.days + 1] is None and ceilings[plan.days] is not None


@pytest.mark.parametrize(
    "document",
    [None, 3, {}, {"since": "soon"}, {"since": "2026-11-22", "first": 0}, {"since": "2026-11-22", "growth": 1}],
)
def test_a_plan_that_is_none(document: object) -> None:
    assert plan_of({"warmup": document}) is None
