"""Judging orders by flows: what is stated and kept, what is learned of marks that orders share, and buying out."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from support import START, Place

import mmdb
from sereno.modules.risk import places
from sereno.modules.risk.reasons import detail_of, sentence_of
from sereno.runtime import services
from sereno.runtime.risk.port import digest, put_entries
from sereno.sdk.connector import NewEvent
from sereno.store.fields import to_micros

pytestmark = pytest.mark.usefixtures("secret_key")
HOME: dict[str, Any] = {
    "name": "Ana Ruiz", "line1": "Calle Mayor 7", "city": "Madrid", "postal_code": "28013", "country": "ES",
}  # fmt: skip
ASSESS = """
flow: f
trigger: {event: order.created}
steps:
  - risk.assess: {}
    as: risk
  - if: vars.risk.level == 'high'
    then:
      - log: {text: "{{ vars.risk.score }} {{ vars.risk.reasons | join: ',' }}"}
"""
WATCH = """
flow: f
trigger: {event: order.created}
steps:
  - risk.watch_buying: {units: 6, orders: 4, minutes: 10}
    as: found
  - if: vars.found.is_new
    then:
      - log: {text: "{{ vars.found.item }} {{ vars.found.pattern }} {{ vars.found.units }}"}
"""
READS = """
flow: g
trigger: {event: risk.assessed, when: "order.risk_level == 'high' && order.risk_score >= 60"}
steps:
  - log: {text: "{{ order.risk_reasons | join: ',' }}"}
"""


def order(key: str, minutes: float = 0, type: str = "order.created", **changes: Any) -> NewEvent:
    at = START + timedelta(minutes=minutes)
    data = {
        "id": key, "number": f"#{key}", "total": "50.00", "currency": "EUR", "email": f"buyer{key}@shop.example",
        "placed_at": at.isoformat(), "shipping_address": HOME,
        "lines": [{"id": "a", "sku": "TAZA-1", "title": "Taza", "quantity": 2}], **changes,
    }  # fmt: skip
    return NewEvent(f"e-{key}-{type}", type, f"order:{key}", at, data, {"order": key, "email": data["email"]})


def said(place: Place) -> list[str]:
    rows = place.rows("SELECT config FROM effect WHERE action = 'log' AND status <> 'shadow' ORDER BY id")
    return [json.loads(row[0])["text"] for row in rows]


def verdicts(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT key, score, level FROM risk_assessment ORDER BY id")


def card(fingerprint: str, **more: Any) -> dict[str, Any]:
    return {"payments": [{"id": "p", "status": "captured", "card_fingerprint": fingerprint, **more}]}


def test_an_ordinary_order_is_of_low_risk(place: Place) -> None:
    place.flow(ASSESS)
    place.send(order("1"))
    place.drain()
    assert verdicts(place) == [("1", 0, "low")]
    assert said(place) == []


def test_a_card_that_several_people_use_is_found_by_its_traces(place: Place) -> None:
    place.flow(ASSESS)
    place.flow(READS)
    place.send(order("1", 0, **card("fp1")), order("2", 5, **card("fp1", cvv_result="no_match")))
    place.drain()
    assert verdicts(place) == [("1", 0, "low"), ("2", 65, "high")]
    assert said(place) == ["65 card.shared,card.cvv", "card.shared,card.cvv"]
    (kept,) = place.rows("SELECT data FROM risk_assessment WHERE key = '2'")
    assert json.loads(kept[0])["facts"]["card_people"] == 2
    marks = [row[0] for row in place.rows("SELECT mark FROM risk_trace")]
    assert digest("card:fp1") in marks
    assert not any("fp1" in one or "@" in one for one in marks)


def test_the_same_person_with_the_same_card_shares_it_with_nobody(place: Place) -> None:
    place.flow(ASSESS)
    place.send(*(order(key, 60 * at, email="ana@shop.example", **card("fp1")) for at, key in enumerate("12")))
    place.drain()
    assert [row[1] for row in verdicts(place)] == [0, 0]


def test_what_is_blocked_is_high_and_what_is_allowed_is_nothing(place: Place) -> None:
    place.flow(ASSESS)
    at = to_micros(START)
    with place.database.transaction() as tx:
        put_entries(tx, place.shop, "block", ["email:bad@shop.example"], "stole", "ana", at, None)
        put_entries(tx, place.shop, "block", ["email:late@shop.example"], "stole", "ana", at, at - 1)
        put_entries(tx, place.shop, "allow", ["email:good@shop.example"], "our own", "ana", at, None)
    payments = card("fp1", cvv_result="no_match")
    place.send(
        order("1", email="Bad+x@shop.example"), order("2", 1, email="good@shop.example", **payments),
        order("3", 2, email="late@shop.example"),
    )  # fmt: skip
    place.drain()
    assert verdicts(place) == [("1", 100, "high"), ("2", 0, "low"), ("3", 0, "low")]


def test_a_chargeback_spoils_what_shares_a_mark_until_it_is_won(place: Place) -> None:
    place.flow(ASSESS)
    place.send(order("1", **card("fp1")))
    place.drain()
    dispute = {"id": "d", "order_id": "1", "kind": "chargeback", "status": "needs_response"}
    place.send(NewEvent("d1", "dispute.opened", "dispute:d", START, dispute, {"order": "1"}))
    place.drain()
    place.send(order("2", 10, email="buyer1@shop.example"))
    place.drain()
    assert verdicts(place)[1] == ("2", 60, "high")
    won = {**dispute, "status": "won"}
    place.send(NewEvent("d2", "dispute.closed", "dispute:d", START, won, {"order": "1"}))
    place.drain()
    place.send(order("3", 20, email="buyer1@shop.example"))
    place.drain()
    assert verdicts(place)[2] == ("3", 0, "low")


def test_a_shop_turns_a_rule_off_and_another_up(place: Place) -> None:
    place.flow(ASSESS)
    rules = {"rules": [{"code": "card.cvv", "is_on": False}, {"code": "card.avs", "is_on": True, "points": 70}]}
    with place.database.transaction() as tx:
        tx.run("put_risk_policy", {"shop": place.shop, "document": json.dumps(rules)})
    place.send(order("1", **card("fp1", cvv_result="no_match", avs_result="no_match")))
    place.drain()
    assert verdicts(place) == [("1", 70, "high")]


def test_in_shadow_it_judges_and_states_nothing_but_remembers(place: Place) -> None:
    place.flow(ASSESS)
    services.set_status(place.shop, "f", "shadow", "tester", database=place.database)
    place.send(order("1", **card("fp1")), order("2", 1, **card("fp1", cvv_result="no_match")))
    place.drain()
    assert verdicts(place) == []
    results = [json.loads(row[0]) for row in place.rows("SELECT result FROM effect WHERE action = 'risk.assess'")]
    assert sorted(one["score"] for one in results) == [0, 65]


def test_the_same_order_again_is_judged_anew_and_kept_once(place: Place) -> None:
    place.flow(ASSESS.replace("order.created", "order.updated") + "reentry: always\n")
    place.send(order("1", type="order.updated"))
    place.drain()
    place.send(NewEvent("again", "order.updated", "order:1", START, order("1").data, {"order": "1"}))
    place.drain()
    assert len(verdicts(place)) == 1
    assert place.rows("SELECT count(*) FROM risk_trace WHERE kind = 'email'") == [(1,)]


def test_buying_out_is_told_once_and_catches_every_order(place: Place) -> None:
    place.flow(WATCH)
    place.send(*(order(str(key), key / 10, ip_address="81.40.1.7") for key in range(1, 6)))
    place.drain()
    assert said(place) == ["TAZA-1 ip 6"]
    caught = place.rows("SELECT subject FROM event WHERE type = 'risk.order_caught' ORDER BY subject")
    assert [row[0] for row in caught] == [f"order:{key}" for key in range(1, 6)]
    assert len(place.rows("SELECT id FROM event WHERE type = 'risk.buying_out'")) == 1
    assert place.rows("SELECT units, orders FROM risk_outbreak") == [(10, 5)]


def test_slow_sales_and_one_big_order_are_no_buying_out(place: Place) -> None:
    place.flow(WATCH)
    big = [{"id": "a", "sku": "TAZA-2", "title": "Taza", "quantity": 50}]
    place.send(*(order(str(key), key * 11, ip_address="81.40.1.7") for key in range(1, 6)))
    place.send(order("9", 1, ip_address="81.40.1.8", lines=big))
    place.drain()
    assert said(place) == []


def test_many_strangers_of_a_free_mail_provider_are_no_pattern(place: Place) -> None:
    place.flow(WATCH)
    other = [{**HOME, "line1": f"Calle Sol {number}"} for number in range(8)]
    place.send(
        *(order(str(key), key / 10, email=f"b{key}@gmail.com", shipping_address=other[key]) for key in range(1, 8))
    )
    place.drain()
    assert said(place) == []


def test_a_city_database_says_how_far_an_order_was_placed_from_where_it_goes(place: Place, tmp_path: Path) -> None:
    lisbon = {"location": {"accuracy_radius": 20, "latitude": 38.7223, "longitude": -9.1393},
              "city": {"names": {"en": "Lisbon"}}, "country": {"iso_code": "PT"}}  # fmt: skip
    (tmp_path / "cities.mmdb").write_bytes(mmdb.database({"81.2.69.0/24": lisbon}))
    bucharest = {**HOME, "country": "RO", "latitude": 44.4323, "longitude": 26.1063}
    place.flow(ASSESS)
    places.configure(tmp_path / "cities.mmdb")
    try:
        place.send(order("1", ip_address="81.2.69.142", shipping_address=bucharest))
        place.drain()
    finally:
        places.configure(None)
    ((data,),) = place.rows("SELECT data FROM risk_assessment")
    reason = next(one for one in json.loads(data)["reasons"] if one["code"] == "ip.distance")
    assert reason["facts"] == {"km": "2955", "radius": "20", "city": "Lisbon"}
    assert sentence_of("ip.distance", reason["facts"]) == "Ordered 2,955 km from the delivery address"
    assert detail_of(reason["facts"]) == "Lisbon, 2,955 km (± 20 km)"
    with translation.override("es"):
        assert "2955" in sentence_of("ip.distance", {**reason["facts"], "km": "2955"}).replace(".", "").replace(
            "\xa0", ""
        )
