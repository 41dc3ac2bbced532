"""What staff decide about risk: once, in one transaction with what is asked of the store, and taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import START, Place

from sereno.runtime import services
from sereno.runtime.orders.finding import meant
from sereno.runtime.risk import reviewing
from sereno.sdk.connector import NewEvent

pytestmark = pytest.mark.usefixtures("secret_key")
FLOW = """
flow: f
trigger: {event: order.created}
steps:
  - risk.assess: {}
  - orders.hold: {reason: risk.high}
"""
RISKY: dict[str, Any] = {
    "id": "1", "number": "#1", "total": "50.00", "currency": "EUR", "email": "ana@mailinator.com",
    "placed_at": START.isoformat(), "payments": [{"id": "p", "cvv_result": "no_match", "avs_result": "no_match"}],
}  # fmt: skip


@pytest.fixture
def risky(place: Place) -> Place:
    """A shop with one order that is of high risk and held."""
    place.flow(FLOW)
    place.send(NewEvent("e1", "order.created", "order:1", START, RISKY, {"order": "1", "email": RISKY["email"]}))
    for _ in range(3):
        place.drain()
    return place


def waiting(place: Place) -> list[Any]:
    return [row[0] for row in place.rows("SELECT key FROM risk_assessment WHERE is_waiting ORDER BY id")]


def held(place: Place) -> list[Any]:
    return [row[0] for row in place.rows("SELECT key FROM orders_standing WHERE is_held")]


def decide(place: Place, decision: str) -> list[str]:
    return reviewing.decide(place.shop, ["1"], decision, "ana", database=place.database)


def test_what_is_high_waits_for_staff(risky: Place) -> None:
    assert waiting(risky) == ["1"]
    assert held(risky) == ["1"]


def test_letting_it_go_on_releases_it_and_is_taken_back_whole(risky: Place) -> None:
    assert decide(risky, "released") == ["1"]
    assert decide(risky, "released") == []
    assert (waiting(risky), held(risky)) == ([], [])
    assert reviewing.reopen(risky.shop, ["1"], "ana", database=risky.database) == ["1"]
    assert (waiting(risky), held(risky)) == (["1"], ["1"])
    lines = [row[0] for row in risky.rows("SELECT action FROM audit WHERE action LIKE 'risk.%' ORDER BY id")]
    assert lines == ["risk.released", "risk.reopened"]


def test_refusing_holds_it_spoils_its_marks_and_is_taken_back_where_no_store_was_asked(risky: Place) -> None:
    assert decide(risky, "refused") == ["1"]
    risky.drain()
    assert (waiting(risky), held(risky)) == ([], ["1"])
    assert [bool(row[0]) for row in risky.rows("SELECT DISTINCT is_bad FROM risk_trace")] == [True]
    assert reviewing.reopen(risky.shop, ["1"], "ana", database=risky.database) == ["1"]
    risky.drain()
    assert [bool(row[0]) for row in risky.rows("SELECT DISTINCT is_bad FROM risk_trace")] == [False]


def test_the_store_is_asked_to_cancel_after_a_minute_and_until_then_it_can_be_taken_back(
    risky: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewing.doing, "lack_of", lambda *given: None)
    asked = "SELECT status, attempts FROM effect WHERE action = 'orders.cancel' ORDER BY id"
    decide(risky, "refused")
    risky.after(seconds=30)
    assert risky.rows(asked) == [("pending", 0)]
    assert reviewing.reopen(risky.shop, ["1"], "ana", database=risky.database) == ["1"]
    risky.after(seconds=60)
    assert risky.rows(asked) == [("cancelled", 0)]
    decide(risky, "refused")
    risky.after(seconds=90)
    assert risky.rows(asked)[1][1] == 1
    assert reviewing.reopen(risky.shop, ["1"], "ana", database=risky.database) == []


def test_judged_again_a_decision_stands_until_it_is_worse(risky: Place) -> None:
    decide(risky, "released")
    reviewing.assess(risky.shop, "1", {}, "ana", database=risky.database)
    for _ in range(3):
        risky.drain()
    assert waiting(risky) == []
    reviewing.put_on_list(risky.shop, "block", ["email:ana@mailinator.com"], "ana", database=risky.database)
    reviewing.assess(risky.shop, "1", {}, "ana", database=risky.database)
    for _ in range(3):
        risky.drain()
    assert waiting(risky) == ["1"]


def test_a_mark_is_on_one_list_and_taken_off(place: Place) -> None:
    for one in ("block", "allow"):
        reviewing.put_on_list(place.shop, one, ["ip:81.40.1.7"], "ana", database=place.database)
    assert place.rows("SELECT list, value FROM risk_entry") == [("allow", "81.40.1.7")]
    (id_,) = place.rows("SELECT id FROM risk_entry")[0]
    assert reviewing.take_off_list(place.shop, [id_], "ana", database=place.database) == 1
    assert reviewing.take_off_list(place.shop, [id_], "ana", database=place.database) == 0
    with pytest.raises(ValueError):
        reviewing.put_on_list(place.shop, "grey", ["ip:81.40.1.7"], "ana", database=place.database)


def test_blocking_by_a_flow_lasts_as_long_as_it_says(place: Place) -> None:
    place.flow("flow: f\ntrigger: {event: order.created}\nsteps:\n  - risk.block: {kinds: 'email, ip', days: 1}\n")
    place.send(NewEvent("e1", "order.created", "order:1", START, RISKY, {"order": "1"}))
    place.drain()
    assert place.rows("SELECT kind, value, expires_at > at FROM risk_entry")[0][:2] == ("email", "ana@mailinator.com")
    assert place.rows("SELECT reason FROM risk_entry") == [("order #1",)]


def test_the_rules_of_a_shop_are_counted_up(place: Place) -> None:
    for _ in range(2):
        reviewing.put_policy(place.shop, {"rules": [], "medium": 20, "high": 50}, "ana", database=place.database)
    assert place.rows("SELECT version FROM risk_policy") == [(2,)]
    reviewing.learn(place.shop, "ana", database=place.database)
    place.drain()
    (learned,) = place.rows("SELECT learned FROM risk_policy")[0]
    assert json.loads(learned)["model"] is None
    assert json.loads(learned)["report"]["reason"] == "risk.too_few"
    assert json.loads(place.rows("SELECT document FROM risk_policy")[0][0])["high"] == 50


def test_other_shops_orders_are_not_decided(risky: Place) -> None:
    other = services.create_shop(
        slug="other", name="Other", currency="EUR", timezone="UTC", locale="en", database=risky.database
    )
    with pytest.raises(LookupError):
        reviewing.decide(other, ["1"], "refused", "ana", database=risky.database)


@pytest.mark.parametrize(
    ("text", "found"),
    [("#1", True), ("1", True), ("order:1", True), ("ANA@mailinator.com", True), ("vidal", True), ("Mar", True),
     ("customer:c1", True), ("%", False), ("2", False), ("nobody@mailinator.com", False), ("email:x", False)],
)  # fmt: skip
def test_an_order_is_found_by_what_people_type(risky: Place, text: str, found: bool) -> None:
    with risky.database.transaction() as tx:
        tx.text("UPDATE orders_order SET customer_key = 'c1'")
        if not tx.text("SELECT id FROM customers_customer WHERE key = 'c1'"):
            tx.text(
                "INSERT INTO customers_customer (shop_id, key, version, data, seen_at, name) "
                f"VALUES ({risky.shop}, 'c1', 1, '{{}}', 1, 'Mara Vidal')"
            )
    assert list(meant(risky.shop, text, database=risky.database).values()) == (["1"] if found else [])
