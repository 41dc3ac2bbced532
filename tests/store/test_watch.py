"""The watch: what fails is told of once, in digests, and once when it is over; what stopped happening is missed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import arbiting
import pytest
from support import ANSWERS, Place, fact

from sereno.runtime import attending, webhooks
from sereno.runtime.attending import Cause
from sereno.runtime.limiting import switches
from sereno.runtime.runtime import Runtime
from sereno.runtime.watching import checking, counting, looking, telling
from sereno.runtime.watching.looking import Watch
from sereno.sdk.plugin import registry
from sereno.sdk.result import Done, Fail
from sereno.store.fields import from_micros, to_micros

FLOW = """
flow: told
trigger: {event: custom.begun}
steps:
  - tests.call: {to: mail}
"""


@pytest.fixture
def watch(place: Place) -> Watch:
    _member(place, "owner@shop.example", "owner")
    return Watch(place.runtime.world)


def _member(place: Place, email: str, role: str) -> None:
    values = f"'', FALSE, '{email}', '', '', '', FALSE, TRUE, '2026-01-01 00:00:00+00'"
    with place.database.transaction() as tx:
        if not tx.text(f"SELECT id FROM auth_user WHERE username = '{email}'"):
            columns = "password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined"
            tx.text(f"INSERT INTO auth_user ({columns}) VALUES ({values}) RETURNING id")
        tx.text(
            f"INSERT INTO membership (user_id, shop_id, role) SELECT id, {place.shop}, '{role}' FROM auth_user "
            f"WHERE username = '{email}' RETURNING id"
        )


def look(place: Place, watch: Watch, **later: float) -> None:
    place.clock.move_to(place.clock.now() + timedelta(seconds=10, **later))
    place.drain()
    assert watch.look()
    place.drain()


def mails(place: Place) -> list[dict[str, Any]]:
    rows = place.rows(f"SELECT config FROM effect WHERE action = '{telling.ACTION}' ORDER BY id")
    return [json.loads(row[0]) for row in rows]


def alerts(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT kind, status, count FROM alert ORDER BY id")


def fail_some(place: Place, first: int, count: int) -> None:
    ANSWERS["mail"] = lambda config, ctx: Fail("smtp.refused", "no")
    place.send(*(fact(f"e{number}", "custom.begun") for number in range(first, first + count)))
    place.drain()


def test_a_new_failure_is_told_at_once_and_the_same_again_in_a_digest(place: Place, watch: Watch) -> None:
    place.flow(FLOW)
    fail_some(place, 0, 3)
    look(place, watch)
    assert alerts(place) == [("effects.failed", "open", 3)]
    assert [mail["to"] for mail in mails(place)] == ["owner@shop.example"]
    fail_some(place, 3, 5)
    look(place, watch)
    assert alerts(place) == [("effects.failed", "open", 8)]
    assert len(mails(place)) == 1, "the same again is not told at once"
    look(place, watch, minutes=61)
    assert len(mails(place)) == 2, "but after an hour, together"
    fail_some(place, 8, 1)
    look(place, watch, hours=2)
    assert len(mails(place)) == 2, "and then after six"
    look(place, watch, hours=5)
    assert len(mails(place)) == 3


def test_what_is_mended_is_told_once(place: Place, watch: Watch) -> None:
    place.flow(FLOW)
    fail_some(place, 0, 2)
    look(place, watch)
    ANSWERS["mail"] = lambda config, ctx: Done({})
    cause = Cause("tests.call", "smtp.refused", "tests")
    assert attending.retry_cause(place.shop, cause, "me", database=place.database).count == 2
    place.drain()
    look(place, watch)
    assert alerts(place) == [("effects.failed", "settled", 2)]
    assert len(mails(place)) == 2
    look(place, watch, hours=3)
    assert len(mails(place)) == 2


def test_two_workers_tell_once(place: Place, watch: Watch) -> None:
    place.flow(FLOW)
    fail_some(place, 0, 1)
    other = Watch(Runtime(place.database, registry(), clock=place.clock, worker_name="other", threads=1).world)
    place.clock.move_to(place.clock.now() + timedelta(seconds=10))
    assert watch.look()
    assert not other.look(), "one turn, one look"
    now = to_micros(place.clock.now())
    assert telling.tell(place.runtime.world, now) == 0
    assert len(mails(place)) == 1


def test_a_worker_that_dies_before_the_end_tells_nothing_twice(
    place: Place, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.flow(FLOW)
    fail_some(place, 0, 1)
    marked = telling._effect

    def die(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(telling, "_effect", die)
    place.clock.move_to(place.clock.now() + timedelta(seconds=10))
    with pytest.raises(KeyboardInterrupt):
        watch.look()
    assert mails(place) == []
    monkeypatch.setattr(telling, "_effect", marked)
    look(place, watch)
    assert len(mails(place)) == 1


def test_never_a_flood(place: Place, watch: Watch) -> None:
    place.flow(FLOW)
    for number in range(30):
        reason = f"odd.{number}"
        ANSWERS["mail"] = lambda config, ctx, reason=reason: Fail(reason, "no")
        place.send(fact(f"f{number}", "custom.begun"))
        place.drain()
        look(place, watch)
    assert len(alerts(place)) == 30
    assert len(mails(place)) == telling.MOST_AN_HOUR - telling.KEPT_FOR_CRITICAL
    look(place, watch, hours=1)
    assert len({id_ for mail in mails(place) for id_ in mail["alerts"]}) == 30, "nothing is lost"


def test_other_systems_hear_once(place: Place, watch: Watch) -> None:
    webhooks.create_webhook(
        place.shop, "ours", "https://a.example/", ["alert.raised", "alert.settled"], "me", database=place.database
    )
    place.flow(FLOW)
    fail_some(place, 0, 2)
    look(place, watch)
    fail_some(place, 2, 2)
    look(place, watch, minutes=30)
    attending.skip_cause(place.shop, Cause("tests.call", "smtp.refused", "tests"), "me", database=place.database)
    look(place, watch)
    rows = place.rows("SELECT config FROM effect WHERE action = 'webhooks.deliver' ORDER BY id")
    told = [json.loads(row[0])["body"]["type"] for row in rows]
    assert told == ["alert.raised", "alert.settled"]


def test_rows_are_counted_once_and_silence_is_missed(
    place: Place, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "OWN_STOP", 2 * 86_400_000_000)
    place.flow(FLOW)
    for day in range(28):
        for hour in range(12):
            place.send(fact(f"d{day}h{hour}", "custom.begun"))
            place.after(hours=1)
        place.after(hours=12)
        look(place, watch)
    look(place, watch)
    counted = (
        "SELECT kind, CAST(sum(count) AS integer) FROM watch_hour JOIN watch_series ON watch_series.id = series_id "
        "GROUP BY kind ORDER BY kind"
    )
    assert alerts(place) == []
    assert place.rows(counted) == [("event", 28 * 12), ("flow", 28 * 12)]
    assert place.rows("SELECT count(*) FROM watch_series WHERE profile IS NOT NULL") == [(2,)]
    look(place, watch)
    assert alerts(place) == [], "the day has only begun"
    for _ in range(12):
        look(place, watch, minutes=59)
    assert [row[:2] for row in alerts(place)] == [("event.silent", "open")], "the flow's trigger is the cause"
    place.send(fact("again", "custom.begun"))
    place.drain()
    look(place, watch)
    assert [row[:2] for row in alerts(place)] == [("event.silent", "settled")]


def test_a_log_is_read_on_where_it_was_left(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST", 7)
    place.send(*(fact(f"e{number}", "custom.begun") for number in range(20)))
    place.after(minutes=1)
    now = to_micros(place.clock.now())
    behind = [counting.count(place.database, now).is_behind for _ in range(4)]
    assert behind == [True, True, False, False]
    assert place.rows("SELECT count FROM watch_hour") == [(20,)]


def late(place: Place, **later: float) -> list[tuple[str, dict[str, Any]]]:
    """What of the shop is told to be late once so much more time has passed and nobody worked."""
    place.clock.move_to(place.clock.now() + timedelta(**later))
    found = checking.problems(place.database, [place.shop], to_micros(place.clock.now()))
    return [(problem.kind, dict(problem.facts)) for problem in found if problem.kind == "effects.late"]


@pytest.mark.parametrize(("kind", "name"), [("shop", ""), ("connection", "tests"), ("flow", "told")])
def test_what_is_off_is_not_late_and_what_is_on_is(place: Place, kind: Any, name: str) -> None:
    place.flow(FLOW)
    place.send(fact("a", "custom.begun"))
    switches.switch_off(place.shop, "shop", "", "first", "ana", database=place.database)
    place.drain()
    assert place.effects() == [("tests.call", "pending", 0, None)]
    if kind != "shop":
        switches.switch_off(place.shop, kind, name, "too many", "ana", database=place.database)
        switches.switch_on(place.shop, "shop", "", "ana", database=place.database)
        late(place, minutes=20)
    assert late(place, minutes=20) == []
    switches.switch_on(place.shop, kind, name, "ana", database=place.database)
    # The change of a flow is later than all changes of flows before it.
    [(at,)] = place.rows("SELECT at FROM audit ORDER BY id DESC LIMIT 1")
    place.clock.move_to(max(place.clock.now(), from_micros(at)))
    assert late(place, minutes=1) == [], "it is being caught up"
    assert late(place, minutes=15) == [("effects.late", {"count": 1, "since": "2026-03-02T09:00:00Z"})]
    place.drain()
    assert late(place) == []


def test_a_channel_that_is_off_hides_nothing_else(place: Place) -> None:
    place.flow(FLOW)
    switches.switch_off(place.shop, "channel", "email", "wrong text", "ana", database=place.database)
    switches.switch_off(place.shop, "connection", "tests", "down", "ana", database=place.database)
    place.send(fact("a", "custom.begun"))
    place.drain()
    assert late(place, minutes=20) == []
    switches.switch_on(place.shop, "connection", "tests", "ana", database=place.database)
    assert len(late(place, minutes=16)) == 1


def test_a_message_that_was_put_off_is_late_only_after_its_moment(place: Place) -> None:
    arbiting.register()
    arbiting.WENT.clear()
    arbiting.set_rules(place, caps=[{"channel": "email", "most": 1, "period": "1d"}])
    place.flow(arbiting.flow("cart"))
    place.send(arbiting.wish("a", "cart"))
    place.drain()
    place.send(arbiting.wish("b", "cart"))
    place.drain()
    assert [row[1:] for row in place.effects() if row[1] == "pending"] == [("pending", 0, "message.capped")]
    assert late(place, hours=23, minutes=59) == []
    assert len(late(place, minutes=17)) == 1
    place.drain()
    assert late(place) == []
