"""Messages that wait for their reader's best moment: within their bound, once, with the reason told, on both databases;
what is learned of people's hours at night; and a newsletter by everybody's own hour."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arbiting import WENT, flow, sent, set_rules, slots, told, wish
from newsletting import Shop
from support import START, Place, fact

from sereno.engine.moments import Profile, is_left_alone, spread_of
from sereno.modules.scores.carrying import carry_out
from sereno.runtime import services
from sereno.runtime.scoring import ask_scores, tell
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

HOUR = timedelta(hours=1)
WITHIN = "to: '{{ event.data.to }}', text: '{{ event.data.text }}', best_moment: 24h"
EVENING = Profile((10,) * 19 + (255, 250, 100, 10, 10), (255,) * 7, 30)
"""The shop is in Madrid, and it is ten there."""


def know(place: Place, *people: str, own: bool = True, whole: bool = False, profile: Profile = EVENING) -> None:
    hours, days = profile.texts()
    state = {"shop": place.shop, "takes_own": own, "takes_shop": whole, "hours": hours, "days": days}
    with place.database.transaction() as tx:
        tx.run("put_moment_state", {**state, "facts": "{}", "now": 0})
        tx.many("put_moments", [(place.shop, one, hours, days, profile.acts, 1, 0) for one in people])


def arms(place: Place) -> list[tuple[Any, ...]]:
    rows = place.rows("SELECT person, arm, wanted_at, best_at FROM scores_moment_send ORDER BY id")
    return [(person, arm, (best - wanted) / 3.6e9) for person, arm, wanted, best in rows]


def treated(place: Place, count: int = 1) -> list[str]:
    """Addresses of people who are not left alone."""
    names = (f"p{number}@example.com" for number in range(100))
    return [one for one in names if not is_left_alone(place.shop, f"email:{one}")][:count]


def alone(place: Place) -> str:
    return next(one for n in range(200) if is_left_alone(place.shop, f"email:{(one := f'p{n}@example.com')}"))


def waits(place: Place, address: str) -> float:
    """Hours from the start to seven in the evening in Madrid, and to this person's turn in that hour."""
    return 9 + spread_of(place.shop, f"email:{address}") / HOUR


def test_it_waits_for_the_readers_hours_and_says_so(shop: Place) -> None:
    set_rules(shop)
    [ana] = treated(shop)
    know(shop, f"email:{ana}")
    shop.flow(flow("cart", WITHIN))
    shop.send(wish("a", "cart", ana))
    shop.drain()
    assert WENT == []
    [(code, details)] = told(shop, "a")
    assert code == "effect.deferred" and details["reason"] == "message.best_moment"
    assert (details["from"], details["to"], details["zone"], details["acts"]) == ("19:00", "22:00", "Europe/Madrid", 30)
    shop.after(hours=8, minutes=59)
    assert WENT == []
    shop.after(hours=1)
    [(at, who)] = sent(shop)
    assert who == "a" and waits(shop, ana) <= at <= 10
    assert len(told(shop, "a")) == 1
    [(person, arm, hours)] = arms(shop)
    assert (person, arm) == (f"email:{ana}", "treated") and hours == pytest.approx(waits(shop, ana), abs=0.01)


def test_who_is_left_alone_gets_it_at_once_and_is_noted(shop: Place) -> None:
    set_rules(shop)
    bob = alone(shop)
    know(shop, f"email:{bob}")
    shop.flow(flow("cart", WITHIN))
    shop.send(wish("b", "cart", bob))
    shop.drain()
    assert sent(shop) == [(0, "b")] and told(shop, "b") == []
    [(_, arm, hours)] = arms(shop)
    assert arm == "control" and hours == pytest.approx(waits(shop, bob), abs=0.01)


def test_transactional_unknown_or_unsure_goes_at_once(shop: Place) -> None:
    set_rules(shop)
    [ana] = treated(shop)
    shop.flow(flow("receipt", f"{WITHIN}, purpose: transactional"))
    shop.flow(flow("cart", f"{WITHIN}, merge: '{{{{ event.data.text }}}}'"))
    shop.send(wish("nothing learned", "cart", ana))
    shop.drain()
    know(shop, f"email:{ana}", own=False)
    shop.send(wish("not sure", "cart", ana))
    shop.drain()
    know(shop, f"email:{ana}")
    shop.send(wish("receipt", "receipt", ana), wish("stranger", "cart", "stranger@example.com"))
    shop.drain()
    assert sorted(who for _, who in sent(shop)) == ["not sure", "nothing learned", "receipt", "stranger"]
    assert arms(shop) == []


def test_the_shops_hour_for_whom_nothing_is_known_of(shop: Place) -> None:
    set_rules(shop)
    [ana] = treated(shop)
    know(shop, own=False, whole=True)
    shop.flow(flow("cart", WITHIN))
    shop.send(wish("a", "cart", ana))
    shop.drain()
    [(_, details)] = told(shop, "a")
    assert details["reason"] == "message.best_hour" and "acts" not in details


@pytest.mark.parametrize(("bound", "expires"), [("6h", ""), ("24h", ", expires: 9h")])
def test_never_past_its_bound_or_its_expiry(shop: Place, bound: str, expires: str) -> None:
    set_rules(shop)
    [ana] = treated(shop)
    know(shop, f"email:{ana}")
    shop.flow(flow("cart", WITHIN.replace("24h", bound) + expires))
    shop.send(wish("a", "cart", ana))
    shop.drain()
    assert sent(shop) == [(0, "a")], "the good hours are out of reach"


def test_quiet_hours_and_caps_come_first_and_what_missed_its_moment_takes_the_next(shop: Place) -> None:
    night = {"channel": "email", "from": "18:30", "until": "20:00"}
    set_rules(shop, caps=[{"channel": "email", "most": 1, "period": "16h"}], quiet=[night])
    [ana] = treated(shop)
    know(shop, f"email:{ana}")
    for name in ("cart", "offer"):
        shop.flow(flow(name, WITHIN))
    shop.flow(flow("plain"))
    shop.send(wish("a", "cart", ana))
    shop.drain()
    [(_, details)] = told(shop, "a")
    assert details["from"] == "20:00", "seven is quiet"
    shop.send(wish("other", "plain", ana))
    shop.after(hours=1)
    assert [who for _, who in sent(shop)] == ["other"]
    shop.after(hours=10)
    # At its moment, eight in the evening, the cap holds it until two at night; until ten, where the bound ends, all
    # hours are alike, so it goes then.
    _code, details = told(shop, "a")[-1]
    assert (details["reason"], details["until"]) == ("message.capped", "2026-03-03T02:00:00Z")
    shop.after(hours=6)
    assert [who for _, who in sent(shop)] == ["other", "a"]


def test_an_event_that_ends_the_run_takes_it_back(shop: Place) -> None:
    set_rules(shop)
    [ana] = treated(shop)
    know(shop, f"email:{ana}")
    shop.flow(flow("cart", WITHIN, extra="exit: [{event: custom.bought}]\n"))
    shop.send(wish("a", "cart", ana))
    shop.drain()
    shop.send(fact("bought", "custom.bought", "thing:a", {}))
    shop.after(hours=12)
    assert WENT == [] and slots(shop) == []


def test_a_worker_that_dies_at_any_time_loses_nothing_and_sends_nothing_twice(shop: Place) -> None:
    """What was claimed by one that is gone is taken up by another, and waits for the same moment."""
    set_rules(shop)
    people = treated(shop, 6)
    know(shop, *(f"email:{one}" for one in people))
    shop.flow(flow("cart", WITHIN))
    shop.send(*(wish(f"w{number}", "cart", one) for number, one in enumerate(people)))
    real, left = type(shop.database).transaction, [3]

    class Killed(BaseException):
        """As if the process were gone: nothing after it is done."""

    def until_killed(self: Any) -> Any:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return real(self)

    for number in range(3, 12):
        left[0] = number
        type(shop.database).transaction = until_killed  # type: ignore[method-assign]
        try:
            shop.runtime.round()
        except Killed:
            pass
        finally:
            type(shop.database).transaction = real  # type: ignore[method-assign]
    shop.drain()
    assert WENT == []
    assert {len(told(shop, f"w{number}")) for number in range(6)} == {1}
    shop.after(hours=11)
    assert sorted(who for _, who in sent(shop)) == [f"w{number}" for number in range(6)]
    assert len(arms(shop)) == 6


def test_shadow_and_back_test_say_the_same(shop: Place) -> None:
    from sereno.engine.run import RunState
    from sereno.runtime.actions import Prepared
    from sereno.runtime.arbiter.passing import dry_guard
    from sereno.runtime.arbiter.timing import timings_from
    from sereno.runtime.arbiter.verdicts import Later

    set_rules(shop)
    [ana] = treated(shop)
    know(shop, f"email:{ana}")
    shop.flow(flow("dark", WITHIN))
    services.set_status(shop.shop, "dark", "shadow", "tester", database=shop.database)
    shop.send(wish("a", "dark", ana))
    shop.drain()
    [(text,)] = shop.rows("SELECT result FROM effect WHERE status = 'shadow' AND action = 'tests.letter'")
    expected = START + timedelta(hours=9) + spread_of(shop.shop, f"email:{ana}")
    assert decode(text) == {"sent_at": expected.strftime("%Y-%m-%dT%H:%M:%SZ"), "reason": "message.best_moment"}
    assert arms(shop) == []
    timings = timings_from(shop.database)
    timings([(shop.shop, f"email:{ana}")])  # Once for each person; a back-test's own database is another.
    guard = dry_guard(shop.runtime.world, timings)
    with shop.database.transaction() as tx:
        facts = shop.runtime.world.shops.find(tx, shop.shop).facts
    state = RunState(id="k", flow="f", version=1, subject="thing:1", key="k", event={}, started_at=START)
    config = {"to": ana, "best_moment": "24h"}
    effect = Prepared("k/0", "tests.letter", config, 1, "f", state, facts, START, None)
    with shop.database.transaction() as tx:
        verdict = guard(effect, {}, START, tx)
    assert isinstance(verdict, Later) and verdict.at == expected and verdict.reason == "message.best_moment"


# --- what is learned at night ---------------------------------------------------------------------


def history(place: Place, people: int, favourites: list[int], now: datetime) -> None:
    """Half a year of marketing mail at hours of chance, answered more near each person's own hour (UTC)."""
    dice, rows = random.Random(1), list[tuple[Any, ...]]()
    midnight = now.replace(hour=0)
    for person in range(people):
        favourite = favourites[person % len(favourites)]
        for day in range(3, 170, 3):
            hour = dice.randrange(7, 22)
            at = midnight - timedelta(days=day) + timedelta(hours=hour, minutes=dice.randrange(60))
            lag = None
            if dice.random() < (0.75 if abs(hour - favourite) <= 1 else 0.1):
                lag = timedelta(minutes=dice.randrange(1, 90))
            elif dice.random() < 0.3:
                lag = timedelta(hours=(favourite - hour) % 24)
            opened = None if lag is None else to_micros(at + lag)
            where = (
                place.shop,
                "newsletter",
                dice.randrange(3),
                "",
                "",
                "email",
                "en",
                to_micros(at) // 86_400_000_000,
            )
            who = ("marketing", f"c{person}", f"c{person}@example.com", 1, to_micros(at))
            rows.append((f"k{person}/{day}", *where, *who, opened))
    with place.database.transaction() as tx:
        for first in range(0, len(rows), 2000):
            part = rows[first : first + 2000]
            tx.many("note_sent_messages", sorted(row[:-1] for row in part))
            tx.many("answer_messages", sorted((row[0], None, row[-1], None, None, None) for row in part if row[-1]))


def learn(place: Place, now: datetime) -> dict[str, Any]:
    assert ask_scores(place.shop, "ana", database=place.database)
    with place.database.transaction() as tx:
        row = tx.one("claim_score", {"worker": "w", "now": 10**17, "until": 2 * 10**17})
    assert row is not None
    assert carry_out(row[0], "w", place.database, tell, now) == "done"
    [(own, whole, facts)] = place.rows("SELECT takes_own, takes_shop, facts FROM scores_moment_state")
    return {"own": bool(own), "shop": bool(whole), **decode(facts)}


def test_hours_are_learned_from_what_people_answered_and_tried_on_the_last_weeks(place: Place) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    place.send(fact("o", "order.created", "order:1", {"id": "1", "customer_id": "c0", "placed_at": now.isoformat()}))
    place.drain()
    history(place, 120, [8, 19], now)
    found = learn(place, now)
    assert found["own"], found["tried"]
    assert found["tried"]["own"]["low"] > 0 and found["tried"]["over"]["low"] > 0
    assert found["people"] == 120 and found["tried"]["messages"] > 500
    rows = {key: bytes.fromhex(hours) for key, hours in place.rows("SELECT key, hours FROM scores_moment")}
    # In Madrid it is an hour later.
    morning = sum(rows[f"c{number}"].index(255) in (7, 8, 9, 10) for number in range(0, 120, 2))
    evening = sum(rows[f"c{number}"].index(255) in (17, 18, 19, 20, 21) for number in range(1, 120, 2))
    assert morning > 50 and evening > 50
    assert found["measured"]["opened"] is None, "nobody has waited yet"


def test_nothing_to_learn_from_is_nothing_used(place: Place) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    place.send(fact("o", "order.created", "order:1", {"id": "1", "customer_id": "c0", "placed_at": now.isoformat()}))
    place.drain()
    found = learn(place, now)
    assert (found["own"], found["shop"], found["people"]) == (False, False, 0)
    assert place.rows("SELECT count(*) FROM scores_moment") == [(0,)]


def test_those_left_alone_are_what_the_others_are_measured_by(place: Place) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    place.send(fact("o", "order.created", "order:1", {"id": "1", "customer_id": "c0", "placed_at": now.isoformat()}))
    place.drain()
    at = to_micros(now - timedelta(days=20))
    old = to_micros(now - timedelta(days=120))
    with place.database.transaction() as tx:
        for arm, people, opened in (("treated", 300, 150), ("control", 100, 20)):
            names = [f"{arm}{number}" for number in range(people)]
            tx.many("note_moments", sorted((one, place.shop, one, arm, at, at + 10**9) for one in names))
            where = (place.shop, "flow", 1, "0", "", "email", "en", at // 86_400_000_000, "marketing")
            tx.many(
                "note_sent_messages", sorted((one, *where, one, f"{one}@example.com", 1, at + 10**9) for one in names)
            )
            answered = sorted((one, None, at + 2 * 10**9, None, None, None) for one in names[:opened])
            tx.many("answer_messages", answered)
        tx.many("note_moments", [("old", place.shop, "old", "treated", old, old)])
    found = learn(place, now)["measured"]
    assert found["arms"]["treated"]["messages"] == 300 and found["arms"]["control"]["opened"] == 20
    assert (
        found["opened"]["value"] == pytest.approx(0.3)
        and 0.19 < found["opened"]["low"] < found["opened"]["high"] < 0.41
    )
    assert found["clicked"]["value"] == 0 and found["soon"]["value"] == pytest.approx(0.3)
    assert place.rows("SELECT count(*) FROM scores_moment_send WHERE key = 'old'") == [(0,)]


# --- newsletters ----------------------------------------------------------------------------------


def test_a_newsletter_by_everybodys_own_hour(place: Place, tmp_path: Path) -> None:
    news = Shop(place, tmp_path)
    news.people(12)
    keys = [row[0] for row in place.rows("SELECT key FROM customers_customer ORDER BY key")]
    known, strangers = keys[:9], keys[9:]
    know(place, *known)
    id_ = news.draft(schedule={"kind": "best", "within": "24h"})
    news.schedule(id_)
    assert news.work(id_) == "later"
    went = set(news.server.took)
    due = dict(place.rows(f"SELECT person, due_at FROM newsletters_piece WHERE newsletter_id = {id_}"))
    noted = {person: arm for person, arm, _ in arms(place)}
    assert set(noted) == set(known)
    for key in keys:
        is_now = key in strangers or is_left_alone(place.shop, key)
        expected = START if is_now else START + timedelta(hours=9) + spread_of(place.shop, key)
        assert from_micros(due[key]) == expected
        assert noted.get(key) == (None if key in strangers else "control" if is_now else "treated")
    assert len(went) == len(strangers) + sum(is_left_alone(place.shop, key) for key in known)
    reasons = {row[2] for row in news.pieces(id_) if row[1] == "waiting"}
    assert reasons == {"message.best_moment"}
    place.after(hours=10)
    assert news.work(id_) == "done"
    assert len(news.server.mails) == 12 and len(set(news.server.took)) == 12


def test_a_trial_goes_together_and_the_rest_by_their_hours(place: Place, tmp_path: Path) -> None:
    news = Shop(place, tmp_path)
    news.people(30)
    keys = [row[0] for row in place.rows("SELECT key FROM customers_customer")]
    know(place, *keys)
    trial = {"share": 40, "wait": "1h", "metric": "opened", "subjects": {"en": "Other"}}
    id_ = news.draft(schedule={"kind": "best"}, trial=trial)
    news.schedule(id_)
    assert news.work(id_) == "later"
    rows = place.rows(f"SELECT person, variant, due_at FROM newsletters_piece WHERE newsletter_id = {id_}")
    assert {from_micros(due) for _, variant, due in rows if variant} == {START}
    for person, variant, due in rows:
        if not variant and not is_left_alone(place.shop, person):
            assert from_micros(due) == START + timedelta(hours=9) + spread_of(place.shop, person)


def test_a_step_says_its_bound_well(place: Place) -> None:
    from sereno.modules.messages.actions import EmailConfig

    given: dict[str, Any] = {"subject": "s", "text": "t", "purpose": "marketing"}
    assert EmailConfig(**given, best_moment="24h").best_moment == "24h"
    for wrong, said in (
        ({"best_moment": "10m"}, "from 1h to 3d"),
        ({"best_moment": "soon"}, "soon"),
        ({"best_moment": "24h", "expires": "1d"}, "shorter than expires"),
        ({"best_moment": "24h", "purpose": "transactional"}, "never put off"),
        ({"best_moment": "24h", "purpose": None}, "never put off"),
    ):
        with pytest.raises(ValueError, match=said):
            EmailConfig(**{**given, **wrong})
