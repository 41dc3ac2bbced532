"""Notices signed with a key that has to be fetched first: SES by way of SNS, over a real socket."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from serving import request

from sereno.connectors.ses import sns
from sereno.connectors.ses.webhooks import SES
from sereno.sdk.connector import Delivery, Unmappable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a1b2.pem"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
SETTINGS = {"topic": TOPIC}
HEADERS = {sns.TYPE: "Notification"}
BOUNCE = {
    "eventType": "Bounce",
    "mail": {"messageId": "m1", "timestamp": "2026-11-23T11:00:00Z"},
    "bounce": {
        "bounceType": "Permanent",
        "feedbackId": "f1",
        "bouncedRecipients": [{"emailAddress": "ana@example.com"}],
    },
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def certificate(key: rsa.RSAPrivateKey) -> Callable[[str], bytes]:
    def make(name: str) -> bytes:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        made = (
            made.serial_number(1).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=300))
        )
        return made.sign(key, SHA256()).public_bytes(Encoding.PEM)

    return make


@pytest.fixture(autouse=True)
def forgotten() -> None:
    sns._KEYS.clear()


def message(key: rsa.RSAPrivateKey, **changes: Any) -> bytes:
    found = {
        "Type": "Notification",
        "MessageId": "id-1",
        "TopicArn": TOPIC,
        "Message": json.dumps(BOUNCE),
        "Timestamp": "2026-11-23T11:00:01.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": URL,
        **changes,
    }
    way = SHA1() if found["SignatureVersion"] == "1" else SHA256()
    signature = key.sign(sns.signed_text(found), PKCS1v15(), way)
    return json.dumps({**found, "Signature": b64encode(signature).decode()}).encode()


def verdict(body: bytes, settings: Any = SETTINGS) -> str:
    return SES.verify(["password"], HEADERS, body, NOW, settings)


def test_a_notice_is_believed_by_the_key_and_of_the_topic_alone(key: Any, certificate: Any) -> None:
    body = message(key)
    assert verdict(body) == "key_unknown"
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificate("sns.amazonaws.com")

    sns.learn(body, SETTINGS, fetch)
    assert fetched == [URL]
    assert verdict(body) == "ok" and verdict(message(key, SignatureVersion="1", Subject="x")) == "ok"
    assert verdict(body.replace(b"ana@", b"eve@")) == "bad_signature"
    assert verdict(body, {}) == verdict(body, {"topic": TOPIC + "2"}) == "bad_signature"
    assert verdict(message(key, SignatureVersion="3")) == "bad_signature"
    other = message(rsa.generate_private_key(65537, 2048))
    assert verdict(other) == "bad_signature"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a1b2.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-a1b2.pem",
        "https://evil.example/SimpleNotificationService-a1b2.pem",
        "https://bucket.s3.eu-west-1.amazonaws.com/SimpleNotificationService-a1b2.pem",
    ],
)
def test_a_certificate_comes_from_amazons_own_address_or_from_nowhere(key: Any, url: str) -> None:
    body = message(key, SigningCertURL=url)
    assert verdict(body) == "bad_signature"
    sns.learn(body, SETTINGS, lambda asked: pytest.fail(f"{asked} was fetched"))


def test_a_certificate_of_somebody_else_is_not_taken(key: Any, certificate: Any) -> None:
    with pytest.raises(ValueError, match="not one of Amazon SNS"):
        sns.learn(message(key), SETTINGS, lambda url: certificate("shop.example"))
    assert verdict(message(key)) == "key_unknown"


def test_what_sns_tells_is_what_ses_tells_and_its_question_is_answered(key: Any) -> None:
    (event,) = SES.map(Delivery(HEADERS, message(key), "", NOW), SETTINGS).events
    assert (event.type, event.data["email"], event.data["is_permanent"]) == ("message.bounced", "ana@example.com", True)
    asked = message(key, Type="SubscriptionConfirmation", SubscribeURL=CONFIRM, Token="abc")
    (event,) = SES.map(Delivery(HEADERS, asked, "", NOW), SETTINGS).events
    assert (event.type, event.data["url"]) == ("subscription.asked", CONFIRM)
    assert SES.dedupe_key(HEADERS, asked, SETTINGS) == "event:id-1"
    evil = message(key, Type="SubscriptionConfirmation", SubscribeURL="https://evil.example/", Token="x")
    with pytest.raises(Unmappable):
        SES.map(Delivery(HEADERS, evil, "", NOW), SETTINGS)


def test_the_sender_is_asked_to_come_back_until_the_key_is_there(server, store, monkeypatch, key, certificate) -> None:
    monkeypatch.setattr(server.door.connections, "_find_connector", lambda kind: SES)
    monkeypatch.setattr(server.door, "_fetch", lambda url: certificate("sns.amazonaws.com"))
    store.connect("mail", kind="ses", settings=SETTINGS)
    wire = request("/hooks/mail", message(key), {sns.TYPE: "Notification"})
    first = server.send(wire)
    assert (first.status, store.deliveries()) == (503, [])
    until = time.monotonic() + 120
    while server.send(wire).status != 200 and time.monotonic() < until:
        time.sleep(0.01)
    assert [row[0] for row in store.deliveries()] == ["event:id-1"]
