"""Every connector at the real door: its own signing is let in, anything else is not, its repeats are one."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from serving import SECRET, Server, now

from sereno.connectors.mailgun.webhooks import signed_body
from sereno.sdk.connector import Connector
from sereno.sdk.plugin import registry
from sereno.site.composition import find_connector
from sereno.site.plugins import CONNECTORS, load_plugins

BODY = b'{"id": 820982911946154508, "type": "order.created", "data": {}, "object": "event", "created": 1}'
TIMED = ("stripe", "generic")
BODY_UNSIGNED = ("telegram", "ses", "postmark", "brevo", "mailgun", "mailchimp", "zohocommerce", "metaads", "googleads")
"""Who sign no body: a password comes with each delivery as it is (Mailchimp's and Zoho's in the address;
advertisers send none at all); Mailgun signs a token, which is good once."""
SILENT = ("webpush",)
"""Whose deliveries are never let in: browsers send none."""


def elliptic_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


KEYS = (elliptic_key(), elliptic_key())


def secrets_of(kind: str) -> tuple[str, str]:
    """The right one and a wrong one."""
    return KEYS if kind == "sendgrid" else (SECRET, "wrong")


def signed_by(connector: Connector, secret: str) -> tuple[bytes, dict[str, str]]:
    body = BODY
    if connector.kind == "mailgun":
        body = json.dumps(signed_body(secret, {"event": "delivered"}, "token", now())).encode()
    return body, connector.sign(secret, body, {}, now(), {})


@pytest.fixture
def server(store: Any) -> Iterator[Server]:
    load_plugins()
    for kind in (*CONNECTORS, "a-kind-of-its-own"):
        store.connect(f"at-{kind}", kind=kind, secret_list=(secrets_of(kind)[0],), settings={})
    with Server(store.path) as found:
        found.door.connections._find_connector = find_connector
        yield found


def test_each_platform(server, store):
    # Others are those of test files that ran before in this process.
    connectors = [connector for connector in registry().connectors if connector.kind in CONNECTORS]
    kept = 0
    for connector in connectors:
        kind, name = connector.kind, f"at-{connector.kind}"
        right, wrong = secrets_of(kind)
        body, headers = signed_by(connector, right)
        known = 401 if kind in SILENT else 200
        assert (server.post(name, body, headers).status, kind) == (known, kind)
        assert (server.post(name, body, headers).status, kind) == (known, kind)
        kept += known == 200
        assert (len(store.deliveries()), kind) == (kept, kind)
        changed = 200 if kind in BODY_UNSIGNED else 401
        assert (server.post(name, body + b" ", headers).status, kind) == (changed, kind)
        kept += changed == 200 and kind != "mailgun"
        assert (server.post(name, BODY, {}).status, kind) == (401, kind)
        assert (server.post(name, *signed_by(connector, wrong)).status, kind) == (401, kind)
        assert (len(store.deliveries()), kind) == (kept, kind)
    assert len(connectors) == len(CONNECTORS)


@pytest.mark.parametrize("kind", TIMED)
def test_an_old_timestamp_is_refused(server, store, kind):
    old = find_connector(kind).sign(SECRET, BODY, {}, now() - timedelta(minutes=10), {})
    assert server.post(f"at-{kind}", BODY, old).status == 401
    assert store.deliveries() == []


def test_a_kind_without_a_connector_is_served_by_generic(server):
    headers = find_connector("generic").sign(SECRET, BODY, {}, now(), {})
    assert server.post("at-a-kind-of-its-own", BODY, headers).status == 200


def test_the_first_word_of_woocommerce_is_answered_200_signed_or_not(server, store):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for number in (17, 18):
        body = b"webhook_id=%d" % number
        signed = find_connector("woocommerce").sign(SECRET, body, {}, now(), {})
        for headers in (form, form | signed):
            answer = server.post("at-woocommerce", body, headers)
            assert (answer.status, answer.body) == (200, b"")
    assert len(store.deliveries()) == 1
    assert server.post("at-woocommerce", b"webhook_id=17&more=1", form).status == 401
    assert server.post("at-shopify", b"webhook_id=17", form).status == 401
