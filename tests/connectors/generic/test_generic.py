"""The generic connector: any signing, canonical events as they are, anything else kept as `custom.*`."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.connectors.generic.webhooks import GENERIC
from sereno.sdk.connector import Delivery, Unmappable

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
VENDURE = {
    "signature_header": "X-Vendure-Hmac-Sha256",
    "signature_encoding": "base64",
    "topic_header": "X-Vendure-Topic",
    "delivery_header": "X-Vendure-Delivery",
}

for room in ("orders", "customers", "catalog", "stock"):
    import_module(f"sereno.modules.{room}.events")


def mapped(body, topic="unknown", headers=None, settings=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    delivery = Delivery(headers or {"webhook-id": "msg_1"}, raw, topic, NOW)
    found = GENERIC.map(delivery, settings or {})
    for event in found.events:
        msgspec.json.encode(event.data)
        assert len(event.id) <= 200 and len(event.subject) <= 200
    return found


def test_standard_webhooks_by_default():
    headers = GENERIC.sign("whsec_c2VjcmV0", b"{}", {}, NOW, {})
    assert GENERIC.verify(["whsec_c2VjcmV0"], headers, b"{}", NOW, {}) == "ok"
    assert GENERIC.verify(["old", "whsec_c2VjcmV0"], headers, b"{}", NOW, {}) == "ok"
    assert GENERIC.verify(["other"], headers, b"{}", NOW, {}) == "bad_signature"
    assert GENERIC.verify(["whsec_c2VjcmV0"], headers, b"{}", NOW + timedelta(hours=1), {}) == "too_old"
    assert GENERIC.dedupe_key(headers, b"{}", {}) == headers["webhook-id"]


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        (VENDURE, lambda mac: base64.b64encode(mac).decode()),
        ({"signature_header": "X-Sig", "signature_encoding": "hex"}, bytes.hex),
        (
            {"signature_header": "X-Hub", "signature_encoding": "hex", "signature_prefix": "sha256="},
            lambda mac: "sha256=" + mac.hex(),
        ),
    ],
)
def test_configured_header(settings, value):
    body = b'{"a":1}'
    header = settings["signature_header"].lower()
    signature = value(hmac.digest(b"shh", body, "sha256"))
    assert GENERIC.sign("shh", body, {}, NOW, settings)[header] == signature
    assert GENERIC.verify(["shh"], {header: signature}, body, NOW, settings) == "ok"
    assert GENERIC.verify(["shh"], {header: signature}, body + b" ", NOW, settings) == "bad_signature"
    assert GENERIC.verify(["shh"], {}, body, NOW, settings) == "bad_signature"


def test_names():
    headers = {"x-vendure-topic": "order.placed", "x-vendure-delivery": "d-1"}
    assert GENERIC.topic(headers, b"", VENDURE) == "order.placed"
    assert GENERIC.topic(headers, b"", {}) == "order.placed"
    assert GENERIC.topic({}, b'{"type": "order.created"}', {}) == "order.created"
    assert GENERIC.topic({}, b"\xff", {}) == "unknown"
    assert GENERIC.dedupe_key(headers, b"x", VENDURE) == "d-1"
    key = GENERIC.dedupe_key({}, b"x", VENDURE)
    assert key.startswith("body:") and key == GENERIC.dedupe_key({}, b"x", {}) != GENERIC.dedupe_key({}, b"y", {})


def test_a_canonical_event_comes_through_as_it_is():
    event = {
        "id": "evt-1",
        "source": "till",
        "type": "order.created",
        "subject": "order:820982911946154508",
        "occurred_at": "2026-11-20T10:00:00+02:00",
        "data": {"id": "820982911946154508", "currency": "EUR", "total": "12.50", "email": "Ada@Example.com"},
    }
    (found,) = mapped(event).events
    assert (found.id, found.type, found.subject, found.source) == ("evt-1", "order.created", event["subject"], "till")
    assert found.occurred_at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert found.data == event["data"]
    assert found.refs["order"] == "820982911946154508" and found.refs["email"] == "ada@example.com"
    for body in ([event, {**event, "id": "evt-2"}], {"events": [event, {**event, "id": "evt-2"}]}):
        assert [item.id for item in mapped(body).events] == ["evt-1", "evt-2"]


def test_numbers_become_what_the_record_has():
    body = {"type": "order.created", "data": {"id": 820982911946154508, "currency": "JPY", "total": 7706}}
    (found,) = mapped(body).events
    assert found.data == {"id": "820982911946154508", "currency": "JPY", "total": "7706"}
    assert found.subject == "order:820982911946154508"
    (found,) = mapped({"type": "order.created", "data": {"id": "1", "currency": "EUR", "total": 12.5}}).events
    assert found.data["total"] == "12.50"


def test_the_topic_may_name_the_type():
    (found,) = mapped({"id": "7", "email": "a@b.c"}, topic="customer.created").events
    assert (found.type, found.subject, found.data) == ("customer.created", "customer:7", {"id": "7", "email": "a@b.c"})


def test_events_without_an_id_are_named_by_the_delivery():
    (one,) = mapped({"type": "custom.door_opened", "data": {}}).events
    assert one.id == "msg_1" and one.occurred_at == NOW
    ids = [item.id for item in mapped([{"type": "custom.a", "data": {}}, {"type": "custom.a", "data": {}}]).events]
    assert ids == ["msg_1:0", "msg_1:1"]


def test_anything_else_is_kept_as_custom():
    body = {
        "topic": "order.placed",
        "occurred_at": "2026-11-21T10:00:00Z",
        "data": {"order": {"id": 42, "customer": {"id": 3}}, "customer": {"emailAddress": "Ada@example.com", "id": 3}},
    }
    (found,) = mapped(body, topic="Orders/Placed!").events
    assert (found.type, found.subject, found.id) == ("custom.orders_placed", "order:42", "msg_1")
    assert found.refs == {"order": "42", "customer": "3", "email": "ada@example.com"}
    assert found.occurred_at == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert found.data == body
    (found,) = mapped({"type": "invoice.paid", "data": {"sku": "A-1", "order_id": 9}}).events
    assert (found.type, found.subject) == ("custom.invoice_paid", "order:9")
    assert found.refs == {"order": "9", "sku": "A-1"}
    for value, data in (([1, 2.5], {"items": [1, 2.5]}), ("x", {"value": "x"}), (None, {"value": None})):
        assert mapped(value).events[0].data == data


def test_a_form():
    headers = {"content-type": "application/x-www-form-urlencoded", "webhook-id": "m"}
    (found,) = mapped(b"order_id=5&note=caf%C3%A9", "sent", headers).events
    assert (found.type, found.subject, found.data["note"]) == ("custom.sent", "order:5", "café")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000]
)
def test_what_is_no_json_says_so(body):
    with pytest.raises(Unmappable):
        mapped(body)


def test_hostile_values_are_kept():
    body = rb'{"id": 99999999999999999999999999, "email": "\u0000a@x", "note": "a\ud83d", "order_id": 9007199254740993}'
    (found,) = mapped(body).events
    assert found.subject == "order:9007199254740993"
    assert found.data["note"] == "a?" and found.data["id"] == "99999999999999999999999999"
    assert "\x00" not in json.dumps(found.data, ensure_ascii=False)
    assert mapped([]).reason == "nothing.found"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text() | st.sampled_from(["type", "data", "events", "id", "order", "customer"]), inner)
        ),
        max_leaves=20,
    )
)
def test_no_json_crashes_it(value):
    raw = json.dumps(value).encode()
    with contextlib.suppress(Unmappable):
        mapped(raw)
