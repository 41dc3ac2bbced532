"""The consent ledger and the list of suppressed addresses decide who enters, on both databases and in back-tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from support import START, Place

from sereno.runtime.backtest import backtest
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.store.database import Database
from sereno.store.fields import to_micros

ASKS = """
flow: asks
trigger: {event: cart.updated, when: "customer.accepts_email == true"}
steps:
  - log: {text: "welcome"}
"""
ASKS_SMS = ASKS.replace("accepts_email", "accepts_sms").replace("asks", "asks-sms")


@pytest.fixture
def place(database: Database) -> Place:
    place = Place(database)
    place.flow(ASKS)
    return place


def customer(accepts: bool | None = True, at: datetime = START, **changes: Any) -> NewEvent:
    data = {
        "id": "17",
        "email": "ana@example.com",
        "phone": "+34600000000",
        "accepts_email": accepts,
        "updated_at": at.isoformat(),
    }
    refs = {"customer": "17", "email": "ana@example.com"}
    return NewEvent(f"customer|{at.isoformat()}", "customer.updated", "customer:17", at, {**data, **changes}, refs)


def cart(number: int = 1, at: datetime = START, **refs: str) -> NewEvent:
    refs = refs or {"customer": "17", "email": "ana@example.com"}
    data = {"id": f"c{number}", "updated_at": at.isoformat()}
    return NewEvent(f"cart|{number}", "cart.updated", f"cart:c{number}", at, data, {"cart": f"c{number}", **refs})


def consent(granted: bool | None, at: datetime = START, channel: str = "email", **changes: Any) -> NewEvent:
    address = {"email": "Ana@Example.com"} if channel == "email" else {"phone": "+34600000000"}
    data = {"customer_id": "17", "channel": channel, "granted": granted, "changed_at": at.isoformat(), **address}
    data = {name: value for name, value in {**data, **changes}.items() if value is not None}
    refs = {"customer": "17", "email": "ana@example.com"}
    return NewEvent(f"consent|{channel}|{at.isoformat()}", "consent.changed", "customer:17", at, data, refs)


def say(
    place: Place, granted: bool, at: datetime = START, channel: str = "email", who: str = "ana@example.com"
) -> None:
    line = (place.shop, who, channel, "marketing", granted, to_micros(at), "unsubscribe", "{}", f"{who}|{at}|{granted}")
    with place.database.transaction() as tx:
        tx.many("add_consents", [line])


def entered(place: Place) -> list[str]:
    return [run[0] for run in place.runs()]


def ledger(place: Place) -> list[tuple[Any, ...]]:
    return [
        (address, channel, bool(granted), source)
        for address, channel, granted, source in place.rows(
            "SELECT address, channel, granted, source FROM consent ORDER BY at, id"
        )
    ]


def test_the_platform_is_believed_while_nothing_is_on_record(place: Place) -> None:
    place.send(customer(), cart())
    place.drain()
    assert entered(place) == ["cart:c1"]


@pytest.mark.parametrize(("platform", "said", "number"), [(True, False, 0), (False, True, 1), (None, True, 1)])
def test_the_ledger_outweighs_the_platform(place: Place, platform: bool | None, said: bool, number: int) -> None:
    say(place, said)
    place.send(customer(platform), cart())
    place.drain()
    assert len(entered(place)) == number
    if not number:
        ((details,),) = place.rows("SELECT details FROM skip WHERE reason = 'when_false'")
        assert '"customer.accepts_email":false' in details.replace(" ", "")


def test_the_newest_line_holds(place: Place) -> None:
    say(place, True, START + timedelta(days=2))
    say(place, False, START + timedelta(days=1))
    place.send(customer(None), cart())
    place.drain()
    assert entered(place) == ["cart:c1"]
    say(place, False, START + timedelta(days=3))
    place.send(cart(2))
    place.drain()
    assert entered(place) == ["cart:c1"]


def test_a_suppressed_address_allows_nothing(place: Place) -> None:
    say(place, True, START + timedelta(days=2))
    with place.database.transaction() as tx:
        tx.many("suppress", [(place.shop, "ana@example.com", "email", "bounce.permanent", to_micros(START))])
    place.send(customer(), cart())
    place.drain()
    assert entered(place) == []


def test_a_later_no_of_the_platform_outweighs_an_older_yes(place: Place) -> None:
    say(place, True)
    later = (START + timedelta(days=1)).isoformat()
    place.send(customer(False, consent={"email": {"state": "unsubscribed", "updated_at": later}}), cart())
    place.drain()
    assert entered(place) == []


def test_a_later_yes_of_the_platform_does_not_undo_a_no_on_record(place: Place) -> None:
    say(place, False)
    later = (START + timedelta(days=1)).isoformat()
    place.send(customer(True, consent={"email": {"state": "subscribed", "updated_at": later}}), cart())
    place.drain()
    assert entered(place) == []
    place.send(consent(True, START + timedelta(days=1)), cart(2))
    place.drain()
    assert entered(place) == ["cart:c2"]


def test_a_guest_is_found_by_address(place: Place) -> None:
    say(place, False)
    place.send(customer(), cart(email="ana@example.com"), cart(2, email="eva@example.com"))
    place.drain()
    assert entered(place) == []


def test_another_shops_ledger_says_nothing(place: Place) -> None:
    line = (place.shop + 1, "ana@example.com", "email", "marketing", False, to_micros(START), "unsubscribe", "{}", "1")
    with place.database.transaction() as tx:
        tx.many("add_consents", [line])
    place.send(customer(), cart())
    place.drain()
    assert entered(place) == ["cart:c1"]


def test_text_messages_have_their_own(place: Place) -> None:
    place.flow(ASKS_SMS)
    say(place, True, channel="sms", who="+34600000000")
    place.send(customer(False), cart())
    place.drain()
    assert place.rows("SELECT flow.name FROM run JOIN flow ON flow.id = run.flow_id ORDER BY run.id") == [("asks-sms",)]


def test_what_the_platform_reports_is_kept_once(place: Place) -> None:
    told = consent(False, START + timedelta(hours=1), source="checkout", state="unsubscribed")
    place.send(customer(), told, cart())
    place.drain()
    assert entered(place) == []
    assert ledger(place) == [("ana@example.com", "email", False, "checkout")]
    with place.database.transaction() as tx:
        tx.many("copy_event_queue", tx.text("SELECT id, lane FROM event"))
    place.drain()
    assert len(ledger(place)) == 1
    ((proof,),) = place.rows("SELECT proof FROM consent")
    assert '"state":"unsubscribed"' in proof.replace(" ", "")


def test_a_consent_without_an_address_is_the_known_customers(place: Place) -> None:
    place.send(customer())
    place.drain()
    place.send(consent(False, START + timedelta(hours=1), email=None), consent(True, channel="sms", phone=None))
    place.send(consent(None, START + timedelta(hours=2)), consent(True, channel="push"))
    place.drain()
    assert ledger(place) == [("+34600000000", "sms", True, "tests"), ("ana@example.com", "email", False, "tests")]


def test_a_line_that_comes_late_does_not_undo_a_newer_one(place: Place) -> None:
    place.send(customer(), consent(False, START + timedelta(hours=2)))
    place.drain()
    place.send(consent(True, START + timedelta(hours=1)), cart())
    place.drain()
    assert entered(place) == []


def test_back_tests_keep_a_ledger_of_their_own(place: Place) -> None:
    events = [customer(), consent(False, START + timedelta(hours=1)), cart(1, START + timedelta(hours=2))]
    lines = [
        {
            "id": event.id,
            "source": "tests",
            "type": event.type,
            "subject": event.subject,
            "occurred_at": event.occurred_at.isoformat(),
            "data": event.data,
            "refs": event.refs,
        }
        for event in events
    ]
    shop = ShopFacts(1, "Demo", "EUR", "UTC", "es", "https://sereno.example", {})
    found = backtest([ASKS], lines, shop=shop, plugins=registry())
    assert found["failed"] == []
    assert [skip["reason"] for skip in found["skipped"] if skip["flow"] == "asks"] == ["when_false"]
    assert ledger(place) == []
