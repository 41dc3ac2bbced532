"""Erasing a person: gone from every place, on both databases, and nothing else is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from support import ANSWERS, START, Place, fact, order

from sereno.runtime import services
from sereno.runtime.privacy import asking, requests
from sereno.runtime.staff import open_staff
from sereno.sdk.result import Done
from sereno.store.documents import decode, encode
from sereno.store.pseudonyms import pseudonym

ANA = "ana@example.com"
STREET = "Calle del Olivo 7"
FLOW = """
flow: thanks
trigger: {event: order.created}
key: customer.id
reentry: once
steps:
  - tests.call: {to: "{{ customer.email }}"}
    as: called
  - if: order.total > 10
    then:
      - wait: 3d
  - tests.call: {to: "{{ order.shipping_address.name }}"}
"""
WRITTEN = {
    "first_name": "Ana",
    "last_name": "Lucientes",
    "name": "Ana Lucientes",
    "address1": STREET,
    "country": "ES",
    "phone": "+34 611 222 333",
}
GIVEN_AWAY = re.compile(r"(?<!mari)ana@example|lucientes|del olivo|611 222 333|customer:17\b", re.IGNORECASE)


def fill(place: Place) -> None:
    ANSWERS[ANA] = lambda config, ctx: Done({"to": config.to, "sent": True})
    place.flow(FLOW)
    bought = {"shipping_address": WRITTEN, "note": "For Ana Lucientes, ring twice", "lines": [_line()]}
    place.send(order("1001", **bought), order("1002", at=START + timedelta(hours=1), **bought))
    place.send(
        fact("c1", "cart.updated", "cart:k9", {"id": "k9", "email": ANA, "customer_id": "17"}, customer="17", email=ANA)
    )
    place.send(
        fact(
            "r1",
            "refund.created",
            "refund:5",
            {"id": "5", "order_id": "1001", "amount": "3.00", "reason": "Ana said so", "email": ANA},
            order="1001",
        )
    )
    place.send(fact("x1", "custom.reviewed", "product:3", {"text": f"I am {ANA}"}, customer="17"))
    other = {
        "email": "bob@example.com",
        "customer_id": "18",
        "customer": {"id": "18", "email": "bob@example.com", "first_name": "Bob"},
    }
    place.send(_of_bob("2001", other))
    place.drain()


def _line() -> dict[str, Any]:
    return {"sku": "CUP-1", "title": "Cup", "quantity": 1, "total": "120.00", "properties": {"engraving": "Ana"}}


def _of_bob(id: str, changes: dict[str, Any]) -> Any:
    made = order(id, **changes)
    return type(made)(
        made.id,
        made.type,
        made.subject,
        made.occurred_at,
        made.data,
        {"order": id, "customer": "18", "email": "bob@example.com"},
    )


def everything(place: Place) -> dict[str, list[str]]:
    """Every row of every table as text."""
    from django.apps import apps

    names = [model._meta.db_table for model in apps.get_models() if model._meta.managed]
    found: dict[str, list[str]] = {}
    for name in names:
        if not name.startswith(("django_", "auth_")):
            found[name] = [
                repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
                for row in place.rows(f"SELECT * FROM {name}")
            ]
    return found


def given_away(place: Place) -> dict[str, list[str]]:
    return {
        name: hits
        for name, rows in everything(place).items()
        if (hits := [row for row in rows if GIVEN_AWAY.search(row)])
    }


def erase(place: Place, *terms: str) -> dict[str, Any]:
    id_ = asking.ask(place.shop, "erase", terms, "tester", database=place.database)
    assert id_ is not None
    requests.carry_out(id_, database=place.database)
    row = place.rows(f"SELECT status, problem, report, about, work FROM privacy_request WHERE id = {id_}")[0]
    assert row[:2] == ("done", None), row
    assert row[3:] == ("", "")
    return decode(row[2])


def test_nothing_is_found_after_and_nobody_else_is_touched(place: Place) -> None:
    fill(place)
    before = everything(place)
    assert {"event", "run", "effect", "run_trace", "customers_customer", "orders_order", "orders_cart"} <= set(
        given_away(place)
    )
    report = erase(place, ANA)
    assert given_away(place) == {}
    assert report["places"]["event"]["before"] == 5
    assert {counts["after"] for counts in report["places"].values()} == {0}
    after = everything(place)
    for table, rows in before.items():
        assert [row for row in rows if "bob@" in row] == [row for row in after[table] if "bob@" in row], table


@pytest.mark.parametrize("term", ["17", "customer:17", "order:1002", "+34 611 222 333", "ANA@example.com "])
def test_a_person_is_found_by_any_name(place: Place, term: str) -> None:
    fill(place)
    if term.startswith("+34"):
        place.send(
            fact(
                "cu",
                "customer.updated",
                "customer:17",
                {"id": "17", "email": ANA, "phone": term, "updated_at": START.isoformat()},
                customer="17",
            )
        )
        place.drain()
    erase(place, term)
    assert given_away(place) == {}


def test_the_books_keep_amounts_under_a_pseudonym(place: Place) -> None:
    fill(place)
    report = erase(place, ANA)
    rows = place.rows("SELECT key, email, customer_key, total, data FROM orders_order ORDER BY key")
    for key, email, customer, total, data in rows[:2]:
        held = decode(data)
        assert (email, customer, total) == (None, pseudonym("17"), "120.00"), key
        assert held["lines"] == [{"sku": "CUP-1", "title": "Cup", "quantity": 1, "total": "120.00"}]
        assert held["shipping_address"] == {"country": "ES"}
        assert held["erased"]["reason"] == "books"
        assert held["erased"]["kept_until"] > "2036"
    assert report["kept"]["orders"] == 2


def test_runs_end_and_what_was_to_be_done_is_not(place: Place) -> None:
    fill(place)
    assert place.runs()[0][1] == "waiting"
    erase(place, ANA)
    key, status, _step, reason = place.runs()[0]
    assert (key, status, reason) == (pseudonym("17"), "stopped", "privacy.erased")
    of_hers = "SELECT count(*) FROM effect WHERE run_id = (SELECT min(id) FROM run WHERE status = 'stopped')"
    tried = place.rows(of_hers)
    place.after(days=4)
    assert place.rows(of_hers) == tried == [(1,)]
    assert place.rows(
        "SELECT count(*) FROM run_link WHERE run_id IN (SELECT id FROM run WHERE status = 'stopped')"
    ) == [(0,)]


def test_once_still_holds_for_who_comes_back(place: Place) -> None:
    fill(place)
    erase(place, ANA)
    runs = len(place.runs())
    later = place.clock.now() + timedelta(days=3)
    place.clock.move_to(later)
    place.send(order("1003", at=later))
    place.drain()
    assert len(place.runs()) == runs
    assert "once" in place.skips()
    assert place.rows("SELECT email FROM customers_customer WHERE key = '17'") == [(ANA,)]


def test_old_facts_that_come_again_are_erased_on_the_way_in(place: Place) -> None:
    fill(place)
    erase(place, ANA)
    place.clock.move_to(place.clock.now() + timedelta(days=3))
    touched = order("1001", "order.updated", at=START, note="For Ana Lucientes")
    late = type(touched)(
        "order.updated|again", touched.type, touched.subject, place.clock.now(), touched.data, touched.refs
    )
    assert place.send(late) == 1
    assert place.send(late) == 0
    assert place.send(order("1001")) == 0, "the same delivery again changes nothing"
    place.drain()
    assert given_away(place) == {}


def test_a_no_is_a_no_after(place: Place) -> None:
    fill(place)
    said = {"address": ANA, "channel": "email"}
    with place.database.transaction() as tx:
        tx.many("suppress", [(place.shop, ANA, "email", "complaint", 1)])
        tx.many(
            "add_consents",
            [
                (
                    place.shop,
                    ANA,
                    "email",
                    "marketing",
                    True,
                    1,
                    "form",
                    encode({"ip": "10.0.0.9", "text": "Ana Lucientes"}),
                    "u1",
                )
            ],
        )
    erase(place, ANA)
    assert given_away(place) == {}
    assert place.rows("SELECT address, reason FROM suppression") == [(pseudonym(ANA), "complaint")]
    from sereno.runtime.ports import LocalWrites, _Consents

    port = _Consents(LocalWrites(place.shop, "k", START), place.database, None)
    assert port.is_suppressed(said["address"], "email")
    assert port.allows(ANA, "email", "marketing") is False


def test_doing_it_twice_changes_nothing(place: Place) -> None:
    fill(place)
    erase(place, ANA)
    first = everything(place)
    report = erase(place, ANA)
    second = everything(place)
    for table in ("event", "event_link", "run", "effect", "orders_order", "flow_entry", "suppression"):
        assert first[table] == second[table], table
    assert sum(counts["before"] for name, counts in report["places"].items() if name != "audit") == 0


def test_killed_between_any_two_steps_it_goes_on(place: Place) -> None:
    fill(place)
    id_ = asking.ask(place.shop, "erase", [ANA], "tester", database=place.database)
    for number in range(200):
        runner = requests.Runner(open_staff(place.database), f"w{number}")
        runner.carry_out(id_, 0.000001)
        with place.database.transaction() as tx:
            tx.text("UPDATE privacy_request SET lease_until = 0")
        if place.rows("SELECT status FROM privacy_request")[0][0] == "done":
            break
    else:
        raise AssertionError("it never ends")
    assert number > 5
    assert given_away(place) == {}


def test_staffs_own_words_are_only_blotted(place: Place) -> None:
    fill(place)
    services.save_draft(place.shop, FLOW.replace("{{ customer.email }}", ANA), database=place.database)
    with place.database.transaction() as tx:
        tx.many("add_audit", [(place.shop, 1, "tester", "suppression.lifted", ANA, encode({"agreed": f"{ANA} rang"}))])
    erase(place, ANA)
    assert given_away(place) == {}
    (draft,) = [row[0] for row in place.rows("SELECT draft FROM flow WHERE name = 'thanks'")]
    assert 'to: "erased@example.invalid"' in draft


def test_whose_names_only_look_alike_is_left_alone(place: Place) -> None:
    fill(place)
    alike = {
        "email": "mari" + ANA,
        "customer_id": "170",
        "customer": {"id": "170", "email": "mari" + ANA, "first_name": "Mariana"},
        "note": f"Ask:\nmari{ANA} or {ANA}.mx",
    }
    made = order("3001", **alike)
    refs = {"order": "3001", "customer": "170", "email": "mari" + ANA}
    place.send(type(made)(made.id, made.type, made.subject, made.occurred_at, made.data, refs))
    place.drain()
    with place.database.transaction() as tx:
        tx.many("add_audit", [(place.shop, 1, "tester", "run.requested", "customer:170", encode({"to": "mari" + ANA}))])
    hers = {table: [row for row in rows if "mariana@" in row] for table, rows in everything(place).items()}
    erase(place, ANA)
    after = everything(place)
    assert {table: rows for table, rows in hers.items() if rows} == {
        table: kept for table, rows in after.items() if (kept := [row for row in rows if "mariana@" in row])
    }
