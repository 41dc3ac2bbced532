"""Stripe: minor units by its own rules, one payment told by intent and charge alike, old signatures refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from bodies import NOW, body_of, map_body

from sereno.connectors.stripe.webhooks import STRIPE


def test_values() -> None:
    payment = map_body("stripe", "payment_intent.succeeded").events[0]
    assert (payment.data["amount"], payment.data["currency"], payment.data["method"]) == ("20.00", "USD", "card")
    assert payment.data["is_test"] is True
    failed = map_body("stripe", "payment_intent.payment_failed").events[0].data
    assert (failed["error_code"], failed["error_message"]) == ("generic_decline", "Your card was declined.")
    payout = map_body("stripe", "payout.paid").events[0].data
    assert (payout["amount"], payout["status"], payout["arrives_at"]) == ("11.00", "paid", "2022-03-28T00:00:00Z")
    dispute = map_body("stripe", "charge.dispute.created").events[0].data
    assert (dispute["amount"], dispute["reason"], dispute["kind"]) == ("1.00", "fraudulent", "inquiry")
    session = map_body("stripe", "checkout.session.completed.payment_mode").events[0].data
    assert (session["total"], session["email"]) == ("250.00", "example@example.com")
    refund = map_body("stripe", "charge.refunded").events[1].data
    assert (refund["amount"], refund["status"], refund["payment_id"]) == (
        "1.00",
        "completed",
        "ch_000000000000000000000000",
    )


@pytest.mark.parametrize(
    ("currency", "amount", "wanted"),
    [
        ("jpy", 7706, "7706"),
        ("usd", 2000, "20.00"),
        ("kwd", 12340, "12.340"),
        ("isk", 50000, "500"),
        ("huf", 12345, "123.45"),
    ],
)
def test_smallest_units(currency: str, amount: int, wanted: str) -> None:
    event = json.loads(body_of("stripe", "payment_intent.succeeded"))
    event["data"]["object"] |= {"currency": currency, "amount": amount}
    assert map_body("stripe", body=json.dumps(event).encode()).events[0].data["amount"] == wanted


def test_intent_and_charge_tell_one_payment_once() -> None:
    event = json.loads(body_of("stripe", "payment_intent.succeeded"))
    charge = event["data"]["object"]["charges"]["data"][0]
    other = {**event, "id": "evt_2", "type": "charge.succeeded", "data": {"object": charge}}
    first = map_body("stripe", body=json.dumps(event).encode()).events[0]
    second = map_body("stripe", body=json.dumps(other).encode()).events[0]
    assert (first.type, first.id) == (second.type, second.id)


def test_order_of_the_metadata() -> None:
    event = json.loads(body_of("stripe", "payment_intent.succeeded"))
    event["data"]["object"]["metadata"] = {"order_id": "727"}
    found = map_body("stripe", body=json.dumps(event).encode()).events[0]
    assert (found.subject, found.refs["order"]) == ("order:727", "727")


def test_dedupe_and_topic_come_from_the_body() -> None:
    body = body_of("stripe", "payout.paid")
    assert STRIPE.dedupe_key({}, body, {}) == "evt_000000000000000000000000"
    assert STRIPE.topic({}, body, {}) == "payout.paid"
    assert STRIPE.topic({}, b"\xff", {}) == ""
    assert STRIPE.dedupe_key({}, b"nonsense", {}) != STRIPE.dedupe_key({}, b"other", {})


def test_signature_and_its_age() -> None:
    body = body_of("stripe", "payout.paid")
    headers = STRIPE.sign("whsec_x", body, {}, NOW, {})
    assert STRIPE.verify(["whsec_x"], headers, body, NOW, {}) == "ok"
    assert STRIPE.verify(["whsec_y"], headers, body, NOW, {}) == "bad_signature"
    assert STRIPE.verify(["whsec_x"], headers, body, NOW + timedelta(seconds=301), {}) == "too_old"


@pytest.mark.parametrize(
    ("postal", "line", "code", "wanted"),
    [
        ("pass", "pass", "pass", ("match", "match")),
        ("pass", "fail", "fail", ("partial", "no_match")),
        ("fail", None, "unchecked", ("no_match", "unavailable")),
        ("unavailable", "unchecked", None, ("unavailable", None)),
        (None, None, None, (None, None)),
    ],
)
def test_what_the_bank_said_of_the_card(
    postal: str | None, line: str | None, code: str | None, wanted: tuple[str | None, str | None]
) -> None:
    event = json.loads(body_of("stripe", "payment_intent.succeeded"))
    card = event["data"]["object"]["charges"]["data"][0]["payment_method_details"]["card"]
    card["checks"] = {"address_postal_code_check": postal, "address_line1_check": line, "cvc_check": code}
    data = map_body("stripe", body=json.dumps(event).encode()).events[0].data
    assert (data.get("avs_result"), data.get("cvv_result")) == wanted
    assert (data["card_fingerprint"], data["card_country"]) == ("ZoVSX2dK5igWt2SB", "US")
