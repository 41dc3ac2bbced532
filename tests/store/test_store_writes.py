"""Writes to shops' platforms: done once whatever gets lost, to the store that has the record, with the key it gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fronting import Front
from support import START, fact

from sereno.runtime import connecting, services
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.stores import permitting
from sereno.runtime.stores.finding import open_access
from sereno.sdk.connector import NewEvent
from sereno.store.documents import decode
from sereno.store.fields import to_micros
from storefront import URL

pytestmark = pytest.mark.usefixtures("secret_key")

FLOW = (
    "flow: writes\ntrigger: {event: order.paid}\nsteps:\n  - tests.%s: {tag: big}\n    as: done\n  - log: {text: on}\n"
)


@pytest.fixture
def front(database: Any) -> Iterator[Front]:
    front = Front(database)
    front.platform.add_order("1")
    front.platform.requests.clear()
    yield front
    front.runtime.stop()


def outcome(front: Front) -> tuple[Any, ...]:
    (row,) = [row for row in front.effects() if row[0].startswith("tests.")]
    return row


def test_what_a_flow_wants_is_so_in_the_store(front: Front) -> None:
    front.flow(FLOW % "tag")
    front.hear(front.platform.tells("1", "order.paid"))
    assert front.platform.orders["1"]["tags"] == ["big"]
    assert outcome(front)[1:3] == ("done", 1)
    assert front.runs()[0][1] == "finished"
    (value,) = front.rows("SELECT result FROM effect WHERE action = 'tests.tag'")
    assert decode(value[0]) == {"store": "front", "tags": ["big"]}


@pytest.mark.parametrize("what", ["tag", "note", "refund"])
def test_an_answer_that_got_lost_changes_it_once(front: Front, what: str) -> None:
    front.flow(FLOW % what)
    front.platform.next_answers = ["lost"]
    front.hear(front.platform.tells("1", "order.paid"))
    assert outcome(front)[1:] == ("pending", 1, "store.busy")
    front.after(minutes=1)
    assert outcome(front)[1:3] == ("done", 2)
    held = front.platform.orders["1"]
    assert (held["tags"], held["note"].count("big"), len(front.platform.refunds)) == {
        "tag": (["big"], 0, 0),
        "note": ([], 1, 0),
        "refund": ([], 0, 1),
    }[what]


@pytest.mark.parametrize("what", ["tag", "note", "refund"])
def test_a_worker_killed_between_the_call_and_its_commit_changes_it_once(front: Front, what: str) -> None:
    front.flow(FLOW % what)
    front.send(front.platform.tells("1", "order.paid"), source="front")
    front.runtime.dispatcher.run(10)
    now = to_micros(START)
    with front.database.transaction() as tx:
        claim = {"worker": "dead", "lease_until": now + 60_000_000, "now": now, "limit": 10, "reserved": 0, "mine": []}
        (row,) = tx.all("claim_effects", claim)
        tx.many("beat", [("dead", now, now)])
    key, first = row[1], front.platform
    definition = front.runtime.world.plugins.actions.get(f"tests.{what}")
    assert definition is not None
    context: Any = type("Dying", (), {"refs": {"order": "1"}, "effect_key": key, "attempt": 1, "now": START})()
    shop = front.runtime.world.shops
    with front.database.read() as tx:
        facts = shop.find(tx, front.shop).facts
    context.port = lambda kind: front._port(kind, facts)
    definition.run(definition.config.model_validate({"tag": "big"}), context)  # ... and here it dies.
    assert len(first.requests) == 1
    front.clock.move_to(START + timedelta(seconds=61))
    front.runtime.beat()
    front.drain()
    assert outcome(front)[1:3] == ("done", 2)
    held = first.orders["1"]
    assert (held["tags"], held["note"].count("big"), len(first.refunds)) == {
        "tag": (["big"], 0, 0),
        "note": ([], 1, 0),
        "refund": ([], 0, 1),
    }[what]
    assert front.rows("SELECT count(*) FROM store_echo") == [(1,)]


def test_a_limit_waits_as_long_as_the_store_asks(front: Front) -> None:
    front.flow(FLOW % "tag")
    front.platform.next_answers = ["limited"]
    front.hear(front.platform.tells("1", "order.paid"))
    assert outcome(front)[1:] == ("pending", 0, "store.rate_limited")
    front.after(seconds=5)
    assert outcome(front)[1] == "pending"
    front.after(seconds=3)
    assert outcome(front)[1] == "done"


def test_a_refusal_is_for_people_and_nothing_is_expected_of_it(front: Front) -> None:
    front.flow(FLOW % "tag")
    front.platform.next_answers = ["refused"]
    front.hear(front.platform.tells("1", "order.paid"))
    assert outcome(front)[1:] == ("failed", 1, "store.refused")
    assert front.rows("SELECT count(*) FROM store_echo") == [(0,)]


def of_other(front: Front, id: str) -> NewEvent:
    """An order of the second store is paid."""
    event = front.platform.tells(id, "order.paid")
    key = f"other~{id}"
    data = {**event.data, "id": key, "customer_id": "other~17"}
    return replace(event, subject=f"order:{key}", data=data, refs={"order": key})


def test_a_second_store_is_asked_for_its_own_records_by_its_own_ids(front: Front) -> None:
    connecting.connect(front.shop, "storefront", "other", by="ana", database=front.database)
    front.give("other")
    front.platform.add_order("9")
    front.flow(FLOW % "tag")
    front.hear(of_other(front, "9"), source="other")
    assert front.platform.orders["9"]["tags"] == ["big"]
    (value,) = front.rows("SELECT result FROM effect WHERE action = 'tests.tag'")
    assert decode(value[0])["store"] == "other"


def test_without_a_store_it_fails_with_what_to_do(database: Any) -> None:
    front = Front(database, is_given=False)
    front.platform.add_order("1")
    front.flow(FLOW % "tag")
    front.hear(front.platform.tells("1", "order.paid"))
    assert outcome(front)[3] == "store.none"
    front.runtime.stop()


def test_in_shadow_nothing_is_asked(front: Front) -> None:
    front.flow(FLOW % "tag")
    services.set_status(front.shop, "writes", "shadow", "tester", database=front.database)
    front.hear(front.platform.tells("1", "order.paid"))
    assert front.platform.requests == []


def test_writes_keep_the_pace_of_the_platform(front: Front) -> None:
    front.flow(FLOW % "tag")
    for number in range(2, 22):
        front.platform.add_order(str(number))
    front.hear(*(front.platform.tells(str(number), "order.paid") for number in range(2, 22)))
    asked = len(front.platform.requests)
    assert asked == 8  # Four seconds' worth at once, then two a second.
    front.after(seconds=2)
    assert len(front.platform.requests) == asked + 4


def test_one_store_that_wants_less_holds_no_other_back(front: Front) -> None:
    connecting.connect(front.shop, "storefront", "other", by="ana", database=front.database)
    front.give("other")
    paces = "SELECT connection, per_second FROM connection_budget ORDER BY connection"
    assert front.rows(paces) == [("store", 2.0), ("store:other", 2.0)]
    for number in range(2, 22):
        front.platform.add_order(str(number))
    front.flow(FLOW % "tag")
    mine = [front.platform.tells(str(number), "order.paid") for number in range(2, 12)]
    front.send(*mine, source="front")
    front.hear(*(of_other(front, str(number)) for number in range(12, 22)), source="other")
    # A burst of each, not of both together.
    assert sum(bool(order["tags"]) for order in front.platform.orders.values()) == 16
    front.after(minutes=1)
    front.platform.next_answers = ["limited"]
    front.platform.add_order("30")
    front.platform.add_order("31")
    front.hear(front.platform.tells("30", "order.paid"))
    front.hear(of_other(front, "31"), source="other")
    assert (front.platform.orders["30"]["tags"], front.platform.orders["31"]["tags"]) == ([], ["big"])
    permitting.take_access("other", by="ana", shop_id=front.shop, database=front.database)
    assert front.rows(paces) == [("store", 2.0), ("store:other", None)]


# --- the permission ---------------------------------------------------------------------------------


def access(front: Front, name: str = "front") -> dict[str, str]:
    with front.database.read() as tx:
        row = tx.one("connection_access", {"name": name})
    assert row is not None
    return open_access(row[4])


def audited(front: Front) -> list[str]:
    return [row[0] for row in front.rows("SELECT action FROM audit WHERE action LIKE 'connection.access%' ORDER BY id")]


def alerts(front: Front) -> list[tuple[Any, ...]]:
    return front.rows("SELECT kind, about, status FROM alert ORDER BY id")


def test_a_key_is_kept_sealed_once_the_platform_took_it(database: Any) -> None:
    front = Front(database, is_given=False)
    told = front.give("front")
    assert (told.shop, told.currency) == ("Casa over there", "EUR")
    assert access(front) == {"url": URL, "token": front.platform.token}
    (row,) = front.rows("SELECT access, settings FROM connection WHERE name = 'front'")
    assert front.platform.token not in row[0] and front.platform.token not in row[1]
    assert decode(row[1])["store"]["shop"] == "Casa over there"
    assert audited(front) == ["connection.access_given"]
    (line,) = front.rows("SELECT details FROM audit WHERE action = 'connection.access_given'")
    assert front.platform.token not in line[0]


def test_a_key_the_platform_does_not_take_is_not_kept(database: Any) -> None:
    front = Front(database, is_given=False)
    with pytest.raises(ConnectionRefused) as refusal:
        front.give("front", token="wrong")
    assert (refusal.value.code, refusal.value.field) == ("store.key_refused", "token")
    front.platform.next_answers = ["busy"]
    with pytest.raises(ConnectionRefused) as refusal:
        front.give("front")
    assert refusal.value.code == "store.no_answer"
    assert access(front) == {} and audited(front) == []


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"token": ""}, "access.missing", "token"),
        ({"url": "shop.example"}, "access.not_url", "url"),
        ({"url": "https://ana:pass@shop.example"}, "access.not_url", "url"),
        ({"token": "two\nlines"}, "access.not_text", "token"),
        ({"version": "3"}, "access.not_offered", "version"),
        ({"colour": "red"}, "access.unknown", "colour"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(
    database: Any, values: dict[str, str], code: str, field: str
) -> None:
    front = Front(database, is_given=False)
    with pytest.raises(ConnectionRefused) as refusal:
        front.give("front", **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert front.platform.requests == []


def test_one_value_is_changed_alone_and_a_secret_left_empty_stays(front: Front) -> None:
    front.platform.token = "another token"
    permitting.give_access(
        "front", {"token": "another token"}, by="ana", shop_id=front.shop, http=front.platform, database=front.database
    )
    assert access(front) == {"url": URL, "token": "another token"}
    front.give("front", token="", version="2")
    assert access(front) == {"url": URL, "token": "another token", "version": "2"}
    shown = {
        one.setting.name: one.value for one in permitting.shown("front", shop_id=front.shop, database=front.database)
    }
    assert shown == {"url": URL, "token": "", "version": "2"}
    assert audited(front)[1:] == ["connection.access_changed", "connection.access_changed"]


def test_taken_away_nothing_is_written_and_what_waited_can_be_tried_again(front: Front) -> None:
    front.flow(FLOW % "tag")
    permitting.take_access("front", by="ana", shop_id=front.shop, database=front.database)
    front.hear(front.platform.tells("1", "order.paid"))
    assert outcome(front)[3] == "store.none" and access(front) == {}
    front.give("front")
    (id_,) = front.rows("SELECT id FROM effect WHERE action = 'tests.tag'")[0]
    services.replay_effects([id_], "tester", database=front.database)
    front.drain()
    assert outcome(front)[1] == "done"


def test_another_shops_connection_is_not_there(front: Front) -> None:
    other = services.create_shop(
        slug="other", name="Other", currency="EUR", timezone="Europe/Madrid", locale="es", database=front.database
    )
    given: Any = {"by": "eve", "shop_id": other, "database": front.database}
    for doing in (
        lambda: permitting.give_access("front", {}, http=front.platform, **given),
        lambda: permitting.check_access("front", http=front.platform, **given),
        lambda: permitting.take_access("front", **given),
        lambda: permitting.shown("front", shop_id=other, database=front.database),
    ):
        with pytest.raises(LookupError):
            doing()
    assert access(front)


def test_a_key_that_is_not_taken_any_more_is_said_once_and_settled_by_a_good_one(front: Front) -> None:
    front.flow(FLOW % "tag")
    front.platform.token = "a new one"
    front.hear(front.platform.tells("1", "order.paid"))
    assert outcome(front)[3] == "store.key_refused"
    assert alerts(front) == [("store.key_refused", "connection:front", "open")]
    with pytest.raises(ConnectionRefused):
        permitting.check_access("front", by="ana", shop_id=front.shop, http=front.platform, database=front.database)
    assert len(alerts(front)) == 1
    front.give("front", token="a new one")
    assert alerts(front) == [("store.key_refused", "connection:front", "settled")]


def test_what_the_key_lacks_is_kept_for_people(front: Front) -> None:
    front.platform.lacking = ["write_orders: tags and holds"]
    permitting.check_access("front", by="ana", shop_id=front.shop, http=front.platform, database=front.database)
    (row,) = front.rows("SELECT settings FROM connection WHERE name = 'front'")
    assert decode(row[0])["store"]["lacking"] == ["write_orders: tags and holds"]


def test_an_erased_connection_has_no_key(front: Front) -> None:
    front.hear(front.platform.tells("1", "order.paid"))
    connecting.delete("front", by="ana", shop_id=front.shop, database=front.database)
    connecting.erase("front", by="ana", shop_id=front.shop, database=front.database)
    assert front.rows("SELECT count(*) FROM connection WHERE access <> ''") == [(0,)]


# --- tags carried over ------------------------------------------------------------------------------

LOCAL = (
    "flow: local\ntrigger: {event: [order.paid, order.updated]}\nsteps:\n  - orders.add_tag: {tag: big}\n"
    "  - customers.add_tag: {tag: good}\n  - log: {text: on}\n"
)


def carried(front: Front) -> list[tuple[Any, ...]]:
    return front.rows("SELECT status, attempts, error, is_awaited FROM effect WHERE action = 'stores.tag' ORDER BY id")


def test_a_tag_of_a_flow_is_carried_over_and_the_run_does_not_wait(front: Front) -> None:
    front.platform.customers["17"] = {"id": "17", "tags": [], "updated_at": front.platform.now.isoformat()}
    front.flow(LOCAL)
    front.send(front.platform.tells("1", "order.paid"), source="front")
    front.runtime.dispatcher.run(10)
    assert front.runs()[0][1] == "finished"
    assert front.rows("SELECT kind, tag FROM tag ORDER BY kind") == [("customer", "good"), ("order", "big")]
    assert [row[0] for row in carried(front)] == ["pending", "pending"]
    front.drain()
    assert [row[:2] for row in carried(front)] == [("done", 1), ("done", 1)]
    assert front.platform.orders["1"]["tags"] == ["big"] and front.platform.customers["17"]["tags"] == ["good"]


def test_what_is_carried_over_does_not_start_the_flow_again(front: Front) -> None:
    front.platform.customers["17"] = {"id": "17", "tags": [], "updated_at": front.platform.now.isoformat()}
    front.flow(LOCAL)
    front.platform.tick(seconds=5)
    front.platform.change("1", total="130.00")
    event = front.platform.tells("1")
    front.platform.tick(seconds=1)
    front.clock.move_to(front.platform.now)
    front.hear(event)
    front.hear(front.platform.tells("1"))
    assert front.skips() == ["own_echo"] and len(front.runs()) == 1


def test_on_and_off_in_any_order_comes_to_how_it_stands_here(front: Front) -> None:
    front.flow("flow: off\ntrigger: {event: order.voided}\nsteps:\n  - orders.remove_tag: {tag: big}\n")
    front.flow("flow: on\ntrigger: {event: order.paid}\nsteps:\n  - orders.add_tag: {tag: big}\n")
    front.platform.next_answers = ["busy"]
    front.hear(front.platform.tells("1", "order.paid"))
    front.hear(front.platform.tells("1", "order.voided"))
    assert [row[:2] for row in carried(front)] == [("pending", 1), ("done", 1)]
    front.after(minutes=1)
    assert [row[0] for row in carried(front)] == ["done", "done"]
    assert front.platform.orders["1"]["tags"] == []


def test_where_no_store_takes_tags_nothing_is_carried(database: Any) -> None:
    front = Front(database, is_given=False)
    front.platform.add_order("1")
    front.flow(LOCAL)
    front.hear(front.platform.tells("1", "order.paid"))
    assert front.rows("SELECT count(*) FROM tag") == [(2,)] and carried(front) == []
    front.runtime.stop()


def test_guests_are_nobody_over_there(front: Front) -> None:
    front.flow("flow: guest\ntrigger: {event: custom.seen}\nsteps:\n  - customers.add_tag: {tag: good}\n")
    front.hear(fact("1", "custom.seen", "customer:email:eva@example.com"))
    assert front.rows("SELECT key FROM tag") == [("email:eva@example.com",)] and carried(front) == []


def test_a_key_taken_meanwhile_ends_it_quietly(front: Front) -> None:
    front.flow(LOCAL)
    front.send(front.platform.tells("1", "order.paid"), source="front")
    front.runtime.dispatcher.run(10)
    permitting.take_access("front", by="ana", shop_id=front.shop, database=front.database)
    front.drain()
    assert [row[0] for row in carried(front)] == ["done", "done"]
    assert front.platform.requests == []


def test_a_run_that_is_ended_leaves_its_tag_to_be_carried_over(front: Front) -> None:
    front.flow(
        "flow: cut\ntrigger: {event: order.paid}\nexit: [{event: order.voided}]\nsteps:\n"
        "  - orders.add_tag: {tag: big}\n  - wait: 1d\n"
    )
    front.platform.next_answers = ["busy"]
    front.hear(front.platform.tells("1", "order.paid"))
    front.hear(front.platform.tells("1", "order.voided"))
    assert front.runs()[0][1] == "exited"
    front.after(minutes=1)
    assert front.platform.orders["1"]["tags"] == ["big"]
