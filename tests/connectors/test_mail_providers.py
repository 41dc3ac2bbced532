"""Mail providers: what they are asked, by their published schemas; what they answer; what they tell, and who may."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from bodies import CORPUS, connector_of
from test_corpus import check

from sereno.connectors.mailgun.webhooks import signed_body
from sereno.connectors.ses.sending import signed
from sereno.sdk.connector import Delivery, Mapped
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest, Mail
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Exchange, StoreRefused

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = ("ses", "mailgun", "postmark", "sendgrid", "brevo")
ACCESS = {
    "ses": {"key_id": "AKIAEXAMPLE", "key": "secret", "region": "eu-west-1"},
    "mailgun": {"key": "secret", "domain": "mg.nandu.example", "region": "eu"},
    "postmark": {"token": "secret"},
    "sendgrid": {"key": "SG.secret"},
    "brevo": {"key": "xkeysib-secret"},
}
MAIL = Mail(
    to="ana@example.com",
    subject="Tu cesta",
    text="Hola",
    html="<p>Hola</p>",
    message_id="<abc@nandu.example>",
    headers={"List-Unsubscribe": "<https://s.example/u>", "X-Sereno-Effect": "run1/0"},
    sender='"Ñandú" <hola@nandu.example>',
    reply_to="ayuda@nandu.example",
)
WHOLE = b"Message-ID: <abc@nandu.example>\r\nSubject: Tu cesta\r\n\r\nHola\r\n"


@dataclass
class Provider:
    """Answers each request with the next of `answers`, and keeps what it was asked."""

    answers: list[HttpAnswer | Exception]
    asked: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(status: int, body: Any = None, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, b"" if body is None else json.dumps(body).encode())


def hand_over(kind: str, *answers: HttpAnswer | Exception) -> tuple[Result, HttpRequest]:
    api = connector_of(kind).store
    assert api is not None and api.mail is not None
    provider = Provider(list(answers))
    result = api.mail(Exchange(provider, {}, ACCESS[kind], api.sign), MAIL, WHOLE)
    return result, provider.asked[0]


TAKEN = {
    "ses": answer(200, {"MessageId": "ses-1"}),
    "mailgun": answer(200, {"id": "<abc@nandu.example>", "message": "Queued. Thank you."}),
    "postmark": answer(200, {"To": "ana@example.com", "MessageID": "pm-1", "ErrorCode": 0, "Message": "OK"}),
    "sendgrid": HttpAnswer(202, {"x-message-id": "sg-1"}, b""),
    "brevo": answer(201, {"messageId": "<br-1@smtp-relay.mailin.fr>"}),
}
URLS = {
    "ses": "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails",
    "mailgun": "https://api.eu.mailgun.net/v3/mg.nandu.example/messages.mime",
    "postmark": "https://api.postmarkapp.com/email",
    "sendgrid": "https://api.sendgrid.com/v3/mail/send",
    "brevo": "https://api.brevo.com/v3/smtp/email",
}
KEYS = {
    "mailgun": ("Authorization", f"Basic {b64encode(b'api:secret').decode()}"),
    "postmark": ("X-Postmark-Server-Token", "secret"),
    "sendgrid": ("Authorization", "Bearer SG.secret"),
    "brevo": ("api-key", "xkeysib-secret"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_is_handed_over(kind: str) -> None:
    result, asked = hand_over(kind, TAKEN[kind])
    assert isinstance(result, Done) and result.value["message_id"] == "<abc@nandu.example>"
    assert result.value["provider_id"]
    assert (asked.method, asked.url) == ("POST", URLS[kind])
    if kind in KEYS:
        name, value = KEYS[kind]
        assert asked.headers[name] == value


def test_what_postmark_is_asked() -> None:
    _, asked = hand_over("postmark", TAKEN["postmark"])
    body = json.loads(asked.body or b"")
    assert (body["From"], body["To"], body["MessageStream"]) == (MAIL.sender, MAIL.to, "outbound")
    assert body["Metadata"] == {"X-Sereno-Effect": "run1/0"}
    assert {"Name": "Message-ID", "Value": "<abc@nandu.example>"} in body["Headers"]
    assert {"Name": "X-PM-KeepID", "Value": "true"} in body["Headers"]
    assert (body["TrackOpens"], body["TrackLinks"]) == (False, "None")


def test_what_sendgrid_is_asked() -> None:
    _, asked = hand_over("sendgrid", TAKEN["sendgrid"])
    body = json.loads(asked.body or b"")
    assert body["personalizations"] == [{"to": [{"email": MAIL.to}], "custom_args": {"effect": "run1/0"}}]
    assert body["from"] == {"email": "hola@nandu.example", "name": "Ñandú"}
    assert [one["type"] for one in body["content"]] == ["text/plain", "text/html"]
    assert body["headers"]["Message-ID"] == "<abc@nandu.example>"


def test_what_brevo_is_asked() -> None:
    _, asked = hand_over("brevo", TAKEN["brevo"])
    body = json.loads(asked.body or b"")
    assert body["headers"]["idempotencyKey"] == body["headers"]["X-Mailin-custom"] == "run1/0"
    assert body["replyTo"] == {"email": "ayuda@nandu.example"}


def test_mailgun_gets_the_mail_whole() -> None:
    _, asked = hand_over("mailgun", TAKEN["mailgun"])
    head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
    form = message_from_bytes(head + (asked.body or b""), policy=policy.HTTP)
    parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}  # type: ignore[attr-defined]
    assert parts["to"].get_content() == MAIL.to
    assert parts["v:X-Sereno-Effect"].get_content() == "run1/0"
    assert WHOLE in (asked.body or b"") and parts["message"].get_filename() == "message.mime"


def test_ses_gets_the_mail_whole_and_signed() -> None:
    _, asked = hand_over("ses", TAKEN["ses"])
    body = json.loads(asked.body or b"")
    assert b64decode(body["Content"]["Raw"]["Data"]) == WHOLE
    assert asked.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")


def test_the_signature_is_the_one_aws_documents() -> None:
    """`get-vanilla` of AWS's own test suite for Signature Version 4."""
    at = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    request = HttpRequest("GET", "https://example.amazonaws.com/", {}, None)
    key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    made = signed(request, "AKIDEXAMPLE", key, "us-east-1", at, "service").headers["Authorization"]
    assert made.endswith("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("said", "kind_of_answer", "reason"),
    [
        (answer(429, {"message": "slow down"}, **{"retry-after": "30"}), Retry, "mail.limited"),
        (answer(503, {"message": "later"}), Retry, "mail.busy"),
        (HttpFailed("no answer"), Retry, "mail.busy"),
        (answer(401, {"message": "who are you"}), Retry, "mail.key_refused"),
        (answer(400, {"message": "the sender is not verified"}), Fail, "message.refused"),
    ],
)
def test_what_goes_wrong(kind: str, said: Any, kind_of_answer: type[Any], reason: str) -> None:
    result, _ = hand_over(kind, said)
    assert isinstance(result, Retry | Fail) and isinstance(result, kind_of_answer) and result.reason == reason
    if isinstance(result, Retry) and reason == "mail.limited":
        assert (result.kind, result.after) == ("limited", timedelta(seconds=30))


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("postmark", answer(422, {"ErrorCode": 406, "Message": "marked as inactive"}), "recipient.unknown"),
        ("postmark", answer(422, {"ErrorCode": 300, "Message": "Invalid 'To' address"}), "recipient.refused"),
        (
            "sendgrid",
            answer(400, {"errors": [{"message": "Does not contain a valid address.", "field": "personalizations"}]}),
            "recipient.refused",
        ),
        ("mailgun", answer(400, {"message": "to parameter is not a valid address."}), "recipient.refused"),
        (
            "brevo",
            answer(400, {"code": "invalid_parameter", "message": "email is not valid in to"}),
            "recipient.refused",
        ),
    ],
)
def test_an_address_that_is_not_taken(kind: str, said: HttpAnswer, reason: str) -> None:
    result, _ = hand_over(kind, said)
    assert isinstance(result, Fail) and result.reason == reason and MAIL.to in result.message


PROBES = {
    "ses": answer(200, {"ProductionAccessEnabled": False, "SendingEnabled": True}),
    "mailgun": answer(200, {"domain": {"name": "mg.nandu.example", "state": "unverified"}}),
    "postmark": answer(200, {"ID": 1, "Name": "Ñandú"}),
    "sendgrid": answer(200, {"scopes": ["alerts.read"]}),
    "brevo": answer(200, {"email": "x@nandu.example", "companyName": "Ñandú"}),
}


FOUND: dict[str, tuple[str, tuple[str, ...]]] = {
    "ses": ("", ("ProductionAccessEnabled",)),
    "mailgun": ("mg.nandu.example", ("domain: unverified",)),
    "postmark": ("Ñandú", ()),
    "sendgrid": ("", ("mail.send",)),
    "brevo": ("Ñandú", ()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_asked_about(kind: str) -> None:
    api = connector_of(kind).store
    assert api is not None
    found = api.probe(Exchange(Provider([PROBES[kind]]), {}, ACCESS[kind], api.sign))
    assert (found.shop, found.lacking) == FOUND[kind]
    with pytest.raises(StoreRefused):
        api.probe(Exchange(Provider([answer(403, {})]), {}, ACCESS[kind], api.sign))


# What they tell


def told(kind: str, body: Any, headers: Mapping[str, str] | None = None) -> Mapped:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connector = connector_of(kind)
    topic = connector.topic(headers or {}, content, {})
    found = connector.map(Delivery(headers or {}, content, topic, NOW), {})
    for event in found.events:
        check(event)
    return found


def recorded(kind: str, name: str) -> bytes:
    return (CORPUS / kind / name).read_bytes()


SES_MAIL = {
    "timestamp": "2026-11-22T11:59:00.000Z",
    "messageId": "ses-1",
    "destination": ["ana@example.com"],
    "headers": [{"name": "X-Sereno-Effect", "value": "run1/0"}],
}


def of_ses(kind: str, name: str, **part: Any) -> dict[str, Any]:
    detail = {"eventType": kind, "mail": SES_MAIL, name: {"timestamp": "2026-11-22T11:59:30.000Z", **part}}
    return {"version": "0", "id": f"e-{kind}", "detail-type": f"Email {kind}", "source": "aws.ses", "detail": detail}


def of_mailgun(**event: Any) -> dict[str, Any]:
    known = {"id": "mg-1", "timestamp": 1795348000.5, "recipient": "ana@example.com"}
    data = {**known, "user-variables": {"X-Sereno-Effect": "run1/0"}, **event}
    return {"signature": {"timestamp": "1", "token": "t", "signature": "s"}, "event-data": data}


def of_postmark(kind: str, **more: Any) -> dict[str, Any]:
    who = "Recipient" if kind in ("Delivery", "Open", "Click", "SubscriptionChange") else "Email"
    known = {"RecordType": kind, "MessageID": "pm-1", who: "ana@example.com"}
    return {**known, "Metadata": {"X-Sereno-Effect": "run1/0"}, **more}


def of_sendgrid(kind: str, **more: Any) -> list[dict[str, Any]]:
    known = {"event": kind, "email": "ana@example.com", "timestamp": 1795348000, "sg_event_id": f"sg-{kind}"}
    return [{**known, "effect": "run1/0", **more}]


def of_brevo(kind: str, **more: Any) -> dict[str, Any]:
    known = {"event": kind, "email": "ana@example.com", "ts_event": 1795348000, "message-id": "<br-1@x>"}
    return {**known, "X-Mailin-custom": "run1/0", **more}


RECIPIENT = [{"emailAddress": "ana@example.com", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}]
TELLS: list[tuple[str, Any, str, dict[str, Any]]] = [
    ("ses", of_ses("Delivery", "delivery", recipients=["ana@example.com"]), "delivered", {}),
    ("ses", of_ses("Bounce", "bounce", bounceType="Permanent", feedbackId="f", bouncedRecipients=RECIPIENT), "bounced",
     {"is_permanent": True}),
    ("ses", of_ses("Bounce", "bounce", bounceType="Transient", feedbackId="f", bouncedRecipients=RECIPIENT), "bounced",
     {"is_permanent": False}),
    ("ses", of_ses("DeliveryDelay", "deliveryDelay", delayType="MailboxFull", delayedRecipients=RECIPIENT), "bounced",
     {"is_permanent": False}),
    ("ses", of_ses("Complaint", "complaint", complainedRecipients=RECIPIENT), "complained", {}),
    ("ses", of_ses("Click", "click", link="https://n.example/"), "clicked", {"url": "https://n.example/"}),
    ("mailgun", of_mailgun(event="delivered"), "delivered", {}),
    ("mailgun", of_mailgun(event="failed", severity="permanent", reason="bounce"), "bounced", {"is_permanent": True}),
    ("mailgun", of_mailgun(event="failed", severity="temporary", reason="generic"), "bounced", {"is_permanent": False}),
    ("mailgun", of_mailgun(event="complained"), "complained", {}),
    ("mailgun", of_mailgun(event="opened", **{"client-info": {"bot": "gmail"}}), "opened", {"is_machine": True}),
    ("mailgun", of_mailgun(event="unsubscribed"), "unsubscribed", {}),
    ("postmark", of_postmark("Delivery", DeliveredAt="2026-11-22T11:59:30Z"), "delivered", {}),
    ("postmark", of_postmark("Bounce", Type="HardBounce", ID=1, Inactive=True), "bounced", {"is_permanent": True}),
    ("postmark", of_postmark("Bounce", Type="SoftBounce", ID=1), "bounced", {"is_permanent": False}),
    ("postmark", of_postmark("SpamComplaint", Type="SpamComplaint"), "complained", {}),
    ("postmark", of_postmark("SubscriptionChange", SuppressSending=True, Origin="Recipient",
                             SuppressionReason="ManualSuppression"), "unsubscribed", {}),
    ("sendgrid", of_sendgrid("delivered"), "delivered", {}),
    ("sendgrid", of_sendgrid("bounce", type="bounce", reason="550 5.1.1"), "bounced", {"is_permanent": True}),
    ("sendgrid", of_sendgrid("bounce", type="blocked", reason="blocked"), "bounced", {"is_permanent": False}),
    ("sendgrid", of_sendgrid("dropped", reason="Bounced Address"), "bounced", {"is_permanent": True}),
    ("sendgrid", of_sendgrid("deferred", response="421"), "bounced", {"is_permanent": False}),
    ("sendgrid", of_sendgrid("spamreport"), "complained", {}),
    ("sendgrid", of_sendgrid("open", sg_machine_open=True), "opened", {"is_machine": True}),
    ("sendgrid", of_sendgrid("click", url="https://n.example/"), "clicked", {"is_machine": False}),
    ("brevo", of_brevo("delivered"), "delivered", {}),
    ("brevo", of_brevo("hard_bounce", reason="unknown"), "bounced", {"is_permanent": True}),
    ("brevo", of_brevo("soft_bounce", reason="full"), "bounced", {"is_permanent": False}),
    ("brevo", of_brevo("spam"), "complained", {}),
    ("brevo", of_brevo("unique_proxy_open"), "opened", {"is_machine": True}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "what", "more"), TELLS)
def test_what_became_of_a_mail(kind: str, body: Any, what: str, more: dict[str, Any]) -> None:
    (event,) = told(kind, body).events
    assert (event.type, event.subject) == (f"message.{what}", "customer:email:ana@example.com")
    assert event.refs["email"] == event.data["email"] == "ana@example.com"
    assert event.data["effect"] == "run1/0" and event.occurred_at <= NOW
    assert {name: event.data.get(name) for name in more} == more
    assert told(kind, body).events[0].id == event.id


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("postmark", "bounce.json", ["message.bounced"]),
        ("postmark", "delivery.json", ["message.delivered"]),
        ("postmark", "subscription-change.json", ["message.unsubscribed"]),
        ("sendgrid", "bounce.json", ["message.bounced"]),
        ("sendgrid", "open.json", ["message.opened"]),
        ("sendgrid", "processed.json", []),
        ("mailgun", "failed.permanent.json", ["message.bounced"]),
        ("mailgun", "delivered.json", ["message.delivered"]),
        ("mailgun", "complained.json", ["message.complained"]),
        ("ses", "bounce.message.json", ["message.bounced"]),
        ("ses", "complaint.message.json", ["message.complained"]),
    ],
)
def test_recorded_bodies(kind: str, name: str, expected: list[str]) -> None:
    assert sorted({event.type for event in told(kind, recorded(kind, name)).events}) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_odd_bodies_are_kept_and_never_raise(kind: str) -> None:
    connector = connector_of(kind)
    for body in (b"", b"[]", b"{}", b"3", b'{"event":7,"detail":[],"event-data":3}', b"\xff"):
        assert isinstance(connector.topic({}, body, {}), str) and connector.dedupe_key({}, body, {})
        assert connector.verify(["secret"], {}, body, NOW, {}) == "bad_signature"


@pytest.mark.parametrize("kind", ["ses", "postmark", "brevo"])
def test_a_password_opens_the_door(kind: str) -> None:
    connector = connector_of(kind)
    headers = connector.sign("new", b"{}", {}, NOW, {})
    assert connector.verify(["old", "new"], headers, b"{}", NOW, {}) == "ok"
    for wrong in (["other"], [""], []):
        assert connector.verify(wrong, headers, b"{}", NOW, {}) == "bad_signature"
    for odd in ("Basic ====", "Basic", "Bearer ", "Digest new", "Basic é"):
        assert connector.verify(["", "new"], {"authorization": odd}, b"{}", NOW, {}) == "bad_signature"


def test_mailgun_signs_inside_the_body() -> None:
    connector = connector_of("mailgun")
    body = json.dumps(signed_body("key", {"event": "delivered"}, "token", NOW)).encode()
    assert connector.verify(["other", "key"], {}, body, NOW, {}) == "ok"
    assert connector.verify(["other"], {}, body, NOW, {}) == "bad_signature"
    assert connector.verify(["key"], {}, body, NOW + timedelta(hours=9), {}) == "too_old"
    again = json.dumps(signed_body("key", {"event": "complained"}, "token", NOW)).encode()
    assert connector.dedupe_key({}, body, {}) == connector.dedupe_key({}, again, {})


def test_sendgrid_signs_by_elliptic_curve() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1())
    private = b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()
    public = b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    connector, body = connector_of("sendgrid"), b'[{"event":"delivered"}]'
    headers = connector.sign(private, body, {}, NOW, {})
    assert connector.verify(["junk", public], headers, body, NOW, {}) == "ok"
    assert connector.verify([private], headers, body, NOW, {}) == "ok"
    assert connector.verify([public], headers, body + b" ", NOW, {}) == "bad_signature"
    assert connector.verify([public], headers, body, NOW + timedelta(minutes=6), {}) == "too_old"
