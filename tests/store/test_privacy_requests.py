"""What a store asks on behalf of people comes through the mapper like everything else, and is carried out in time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.runtime import consenting
from sereno.runtime.privacy import asking, requests
from sereno.runtime.staff import open_staff
from sereno.store.documents import decode, encode

CUSTOMER = {"id": 17, "email": "ana@example.com", "phone": "555-625-1199"}
HOOKS = {
    "customers/data_request": {
        "shop_id": 1,
        "orders_requested": [1001],
        "customer": CUSTOMER,
        "data_request": {"id": 9},
    },
    "customers/redact": {"shop_id": 1, "customer": CUSTOMER, "orders_to_redact": [1001]},
    "shop/redact": {"shop_id": 1, "shop_domain": "casa.myshopify.com"},
}


def deliver(place: Place, topic: str, number: int = 1) -> None:
    with place.database.transaction() as tx:
        tx.text(
            "INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at) "
            f"SELECT {place.shop}, 'casa', 'shopify', '', '{{}}', TRUE, 0 "
            "WHERE NOT EXISTS (SELECT 1 FROM connection WHERE name = 'casa')"
        )
        (row,) = tx.text("SELECT id FROM connection WHERE name = 'casa'")
        body = json.dumps(HOOKS[topic]).encode()
        at = int(place.clock.now().timestamp() * 1_000_000)
        headers = encode({"x-shopify-topic": topic})
        tx.many("store_deliveries", [(row[0], f"{topic}-{number}", topic, headers, body, at)])


def asked(place: Place) -> list[tuple[Any, ...]]:
    return place.rows(
        "SELECT kind, status, source, start_at - created_at, due_at - created_at FROM privacy_request ORDER BY id"
    )


def later(place: Place, **time: float) -> None:
    place.clock.move_to(place.clock.now() + timedelta(**time))
    requests.Runner(open_staff(place.database), "worker").carry_out()


HOUR = 3_600_000_000


def test_the_three_webhooks_become_requests_with_the_laws_date(place: Place) -> None:
    for number in (1, 2):
        for topic in HOOKS:
            deliver(place, topic, number)
    place.drain()
    law = 30 * 24 * HOUR
    assert sorted(asked(place)) == [
        ("erase", "planned", "platform", 24 * HOUR, law),
        ("erase_store", "planned", "platform", 48 * HOUR, law),
        ("export", "done", "platform", 0, law),
    ], "each once, however often it came"


def test_a_redaction_is_carried_out_after_a_day(place: Place) -> None:
    place.send(order("1001", note="For Ana"))
    place.drain()
    deliver(place, "customers/redact")
    place.drain()
    later(place, hours=23)
    assert place.rows("SELECT email FROM customers_customer") == [("ana@example.com",)]
    later(place, hours=2)
    assert asked(place)[0][:2] == ("erase", "done")
    assert place.rows("SELECT count(*) FROM customers_customer") == [(0,)]
    bodies = [bytes(row[0]) for row in place.rows("SELECT body FROM delivery")]
    assert bodies == [b""], "the request itself named her"


def test_where_the_shop_wants_to_be_asked_it_waits_for_a_yes(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.run("set_shop_settings", {"shop": place.shop, "settings": encode({"privacy_requests": "ask"})})
    deliver(place, "customers/redact")
    place.drain()
    assert asked(place)[0][1] == "asked"
    later(place, days=9)
    assert asked(place)[0][1] == "asked"
    asking.agree(place.shop, 1, "owner", database=place.database)
    later(place, seconds=1)
    assert asked(place)[0][1] == "done"


def test_a_store_that_left_is_forgotten_after_two_days(place: Place) -> None:
    place.send(order("1"), source="tests")
    deliver(place, "shop/redact")
    place.drain()
    with place.database.transaction() as tx:
        (row,) = tx.text("SELECT id FROM connection WHERE name = 'casa'")
        tx.text(f"UPDATE event SET connection_id = {row[0]} WHERE source = 'tests'")
    later(place, hours=49)
    assert asked(place)[0][:2] == ("erase_store", "done")
    assert place.rows("SELECT count(*) FROM event WHERE connection_id IS NOT NULL") == [(0,)]
    assert place.rows("SELECT count(*) FROM orders_order") == [(0,)]
    assert place.rows("SELECT count(*) FROM delivery") == [(0,)]
    assert place.rows("SELECT is_active, secrets FROM connection WHERE name = 'casa'")[0][1] == ""


def test_what_is_under_way_is_waited_for(place: Place) -> None:
    """A mail on its way out comes back with the address in its result."""
    place.flow("flow: t\ntrigger: {event: order.created}\nsteps:\n  - tests.call: {to: x}\n")
    place.send(order("1001"))
    place.runtime.world.flows.invalidate()
    for part in ("map", "dispatch"):
        place.runtime.round_of(part)
    with place.database.transaction() as tx:
        tx.text("UPDATE effect SET status = 'running', worker = 'other', lease_until = 9000000000000000, attempts = 1")
    id_ = asking.ask(place.shop, "erase", ["17"], "tester", database=place.database)
    requests.carry_out(int(id_ or 0), database=place.database)
    status, problem = place.rows("SELECT status, problem FROM privacy_request")[0]
    assert status == "running" and "under way" in problem
    with place.database.transaction() as tx:
        tx.text("UPDATE effect SET status = 'done', result = '{\"to\":\"ana@example.com\"}'")
    later(place, seconds=3)
    assert asked(place)[0][1] == "done"
    assert decode(place.rows("SELECT result FROM effect")[0][0]) == {}


@pytest.mark.parametrize("type_", ["privacy.erasure_requested", "privacy.data_requested"])
def test_any_source_may_ask(place: Place, type_: str) -> None:
    place.send(fact("p1", type_, "customer:17", {"customer_id": "17", "email": "ana@example.com"}, at=START))
    place.drain()
    assert len(asked(place)) == 1


def test_who_is_asked_to_confirm_gets_a_mail_in_their_language(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.run("set_shop_settings", {"shop": place.shop, "settings": encode({"double_opt_in": "all"})})
    given = {"granted": True, "source": "footer", "proof": {"language": "ro"}, "database": place.database}
    assert consenting.record_consent(place.shop, "ana@example.com", "email", **given) == "pending"
    place.drain()
    ((action, config),) = place.rows("SELECT action, config FROM effect")
    mail = decode(config)
    assert (action, mail["to"], mail["purpose"]) == ("messages.send_email", "ana@example.com", "transactional")
    assert mail["subject"] == "Confirmă abonarea la Demo"
    assert "/confirm/" in mail["text"] and "confirmă aici" in mail["text"] and "Somebody" not in mail["text"]
