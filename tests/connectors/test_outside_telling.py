"""What outside tools tell, as events; and who may tell it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from bodies import connector_of
from test_corpus import check

from sereno.sdk.connector import Connector, Delivery, Mapped

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = ("mailchimp", "klaviyo", "hubspot", "loyaltylion", "zendesk", "trello")
HOOK = "https://sereno.example/hooks/tool"
SETTINGS = {"hook": HOOK}
LIST, CARD = "5abbe4b7ddc1b351ef961414", "5abbe4b7ddc1b351ef961499"


def form(**fields: str) -> bytes:
    return urlencode(
        {f"data[{name}]" if name not in ("type", "fired_at") else name: v for name, v in fields.items()}
    ).encode()


def klaviyo(topic: str, **facts: str) -> bytes:
    about = {"datetime": "2026-11-23T11:00:00+00:00", "event_properties": facts}
    payload = {"data": {"id": "73W", "type": "event", "attributes": about}}
    return json.dumps(
        {"data": [{"topic": f"event:klaviyo.{topic}", "external_id": "73W", "payload": payload}]}
    ).encode()


def zendesk(kind: str, status: str, **change: str) -> bytes:
    detail = {"id": "35436", "status": status, "subject": "Late", "priority": "HIGH", "external_id": "sereno:17"}
    told = {
        "type": f"zen:event-type:{kind}",
        "id": "01HN",
        "time": "2026-11-23T11:00:00Z",
        "zendesk_event_version": "2022-11-06",
        "detail": detail,
        "event": change,
    }
    return json.dumps(told).encode()


def trello(**data: Any) -> bytes:
    card = {"id": CARD, "name": "Call Ana", "shortLink": "x", **data.pop("card", {})}
    action = {"id": "a1", "type": "updateCard", "date": "2026-11-23T11:00:00.000Z", "data": {"card": card, **data}}
    return json.dumps({"action": action, "model": {"id": "board"}}).encode()


def lion(topic: str, inside: Mapping[str, Any]) -> bytes:
    return json.dumps({"id": "bff1", "topic": topic, "created_at": "2026-11-23T11:00:00.000Z", **inside}).encode()


MEMBER = {
    "email": "Ana@example.com",
    "merchant_id": "17",
    "points_approved": 500,
    "points_pending": 20,
    "updated_at": "2026-11-23T11:00:00Z",
    "loyalty_tier_membership": {"loyalty_tier": {"name": "Bronze"}},
}
OPT_OUT = {
    "eventId": 1,
    "subscriptionType": "contact.propertyChange",
    "objectId": 501,
    "propertyName": "hs_email_optout",
    "propertyValue": "true",
    "occurredAt": 1795431600000,
}
STAGE = {**OPT_OUT, "propertyName": "lifecyclestage", "propertyValue": "customer"}
DEAL_MOVED = {
    **OPT_OUT,
    "subscriptionType": "object.propertyChange",
    "objectTypeId": "0-3",
    "objectId": 77,
    "propertyName": "dealstage",
    "propertyValue": "contractsent",
}
FIRED, ELEVEN = "2026-11-23 11:00:00", "2026-11-23T11:00:00Z"
TOLD: list[tuple[str, bytes, list[tuple[str, dict[str, Any]]]]] = [
    (
        "mailchimp",
        form(type="unsubscribe", fired_at=FIRED, email="Ana@example.com", list_id="aud1", reason="manual"),
        [("consent.changed", {"email": "ana@example.com", "granted": False, "source": "mailchimp"})],
    ),
    (
        "mailchimp",
        form(type="subscribe", fired_at=FIRED, email="ana@example.com", list_id="aud1"),
        [("consent.changed", {"granted": True, "changed_at": "2026-11-23T11:00:00Z"})],
    ),
    (
        "mailchimp",
        form(type="cleaned", fired_at=FIRED, email="ana@example.com", reason="hard"),
        [("message.bounced", {"is_permanent": True})],
    ),
    (
        "mailchimp",
        form(type="cleaned", fired_at=FIRED, email="ana@example.com", reason="abuse"),
        [("message.complained", {})],
    ),
    (
        "mailchimp",
        form(type="upemail", fired_at=FIRED, old_email="ana@example.com", new_email="a@example.com"),
        [
            ("consent.changed", {"email": "ana@example.com", "granted": False}),
            ("consent.changed", {"email": "a@example.com", "granted": True}),
        ],
    ),
    ("mailchimp", form(type="campaign", fired_at=FIRED, id="x"), []),
    (
        "klaviyo",
        klaviyo("unsubscribed_from_email_marketing", email_address="Ana@example.com"),
        [("consent.changed", {"email": "ana@example.com", "granted": False, "source": "klaviyo"})],
    ),
    ("klaviyo", klaviyo("bounced_email", email="ana@example.com"), [("message.bounced", {"is_permanent": True})]),
    ("klaviyo", klaviyo("opened_email", email="ana@example.com"), []),
    (
        "hubspot",
        json.dumps([OPT_OUT, {**OPT_OUT, "propertyName": "city"}]).encode(),
        [("person.named", {"tool": "hubspot", "person": "501", "value": False})],
    ),
    (
        "hubspot",
        json.dumps([STAGE, DEAL_MOVED, {**DEAL_MOVED, "propertyName": "amount"}]).encode(),
        [
            ("person.named", {"person": "501", "what": "contact"}),
            ("person.named", {"person": "77", "what": "deal"}),
        ],
    ),
    (
        "loyaltylion",
        lion("customers/update", {"customer": MEMBER}),
        [("points.changed", {"id": "17", "loyalty": {"points": 500, "pending": 20, "tier": "Bronze"}})],
    ),
    (
        "loyaltylion",
        lion("loyalty_emails/unsubscribe", {"payload": {"unsubscribe": {"customer": {"email": "ana@example.com"}}}}),
        [("consent.changed", {"granted": False, "source": "loyaltylion"})],
    ),
    ("zendesk", zendesk("ticket.created", "New"), [("ticket.opened", {"status": "open", "customer_id": "17"})]),
    (
        "zendesk",
        zendesk("ticket.status_changed", "SOLVED", current="SOLVED", previous="OPEN"),
        [("ticket.solved", {"was": "open", "urgency": "high"})],
    ),
    ("zendesk", zendesk("ticket.comment_added", "Open"), [("ticket.changed", {"id": "35436"})]),
    (
        "zendesk",
        json.dumps(
            {"event": "ticket", "id": "7", "status": "Solved", "email": "Bea@example.com", "updated_at": ELEVEN}
        ).encode(),
        [("ticket.solved", {"email": "bea@example.com"})],
    ),
    (
        "trello",
        trello(listBefore={"name": "To do"}, listAfter={"name": "Doing"}, old={"idList": LIST}),
        [("card.moved", {"list": "Doing", "was_in": "To do", "is_done": False})],
    ),
    (
        "trello",
        trello(card={"dueComplete": True}, old={"dueComplete": False}, list={"name": "Doing"}),
        [("card.done", {"is_done": True, "url": "https://trello.com/c/x"})],
    ),
    ("trello", trello(card={"desc": "new"}, old={"desc": ""}), []),
]


def told(connector: Connector, body: bytes) -> Mapped:
    return connector.map(Delivery({}, body, connector.topic({}, body, SETTINGS), NOW), SETTINGS)


@pytest.mark.parametrize(("kind", "body", "wanted"), TOLD)
def test_what_a_tool_tells_is_an_event(kind: str, body: bytes, wanted: list[tuple[str, dict[str, Any]]]) -> None:
    found = told(connector_of(kind), body)
    assert [one.type for one in found.events] == [type_ for type_, _facts in wanted]
    assert bool(found.events) != bool(found.reason)
    for event, (_type, facts) in zip(found.events, wanted, strict=True):
        held = {
            **event.data,
            "loyalty": {k: v for k, v in (event.data.get("loyalty") or {}).items() if k != "changed_at"},
        }
        assert {name: held.get(name) for name in facts} == facts
        assert event.occurred_at == NOW - timedelta(hours=1)
        check(event)
    assert [one.id for one in told(connector_of(kind), body).events] == [one.id for one in found.events]


@pytest.mark.parametrize("kind", KINDS)
def test_only_who_has_the_secret_may_tell(kind: str) -> None:
    connector = connector_of(kind)
    body = next(body for one, body, _wanted in TOLD if one == kind)
    headers = connector.sign("s3cret", body, {}, NOW, SETTINGS)
    assert connector.verify(["old", "s3cret"], headers, body, NOW, SETTINGS) == "ok"
    for secrets in ([], [""], ["other"]):
        assert connector.verify(secrets, headers, body, NOW, SETTINGS) == "bad_signature"
    assert connector.verify(["s3cret"], {}, body, NOW, SETTINGS) == "bad_signature"
    if kind != "mailchimp":
        assert connector.verify(["s3cret"], headers, body + b" ", NOW, SETTINGS) == "bad_signature"
    if kind in ("klaviyo", "hubspot", "zendesk"):
        assert connector.verify(["s3cret"], headers, body, NOW + timedelta(minutes=6), SETTINGS) == "too_old"
    if kind in ("hubspot", "trello"):
        assert connector.verify(["s3cret"], headers, body, NOW, {"hook": "https://other"}) == "bad_signature"


def test_signatures_are_those_the_tools_publish() -> None:
    """Worked by hand from each tool's own description: the parts in their order, the digest, how it is written."""
    body = b'{"a":1}'

    def digest(text: bytes, how: str = "sha256") -> bytes:
        return hmac.new(b"s", text, how).digest()

    at = "Mon, 23 Nov 2026 12:00:00 GMT"
    headers = {"klaviyo-timestamp": at, "klaviyo-signature": digest(body + at.encode()).hex()}
    assert connector_of("klaviyo").verify(["s"], headers, body, NOW, {}) == "ok"
    at = str(int(NOW.timestamp() * 1000))
    signed = base64.b64encode(digest(b"POST" + HOOK.encode() + body + at.encode())).decode()
    headers = {"x-hubspot-request-timestamp": at, "x-hubspot-signature-v3": signed}
    assert connector_of("hubspot").verify(["s"], headers, body, NOW, SETTINGS) == "ok"
    at = "2026-11-23T12:00:00Z"
    signed = base64.b64encode(digest(at.encode() + body)).decode()
    headers = {"x-zendesk-webhook-signature-timestamp": at, "x-zendesk-webhook-signature": signed}
    assert connector_of("zendesk").verify(["s"], headers, body, NOW, {}) == "ok"
    signed = base64.b64encode(digest(body + HOOK.encode(), "sha1")).decode()
    assert connector_of("trello").verify(["s"], {"x-trello-webhook": signed}, body, NOW, SETTINGS) == "ok"
    signed = base64.b64encode(digest(body)).decode()
    assert connector_of("loyaltylion").verify(["s"], {"x-loyaltylion-hmac-sha256": signed}, body, NOW, {}) == "ok"


def test_mailchimps_form_is_read_as_it_is_sent() -> None:
    body = form(type="unsubscribe", fired_at=FIRED, email="ana@example.com")
    assert dict(parse_qsl(body.decode()))["data[email]"] == "ana@example.com"
    assert connector_of("mailchimp").greet({}, {}) == ""
