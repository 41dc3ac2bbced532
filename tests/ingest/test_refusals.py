"""What the door refused, and what it says is probably wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from serving import SECRET, signed

from sereno.connectors.bigcommerce.webhooks import BIGCOMMERCE
from sereno.connectors.generic.webhooks import GENERIC
from sereno.connectors.shopify.webhooks import SHOPIFY
from sereno.connectors.stripe.webhooks import STRIPE
from sereno.connectors.woocommerce.webhooks import WOOCOMMERCE
from sereno.ingest.refusals import KEPT, Refusals, diagnose
from sereno.sdk.connector import Connector

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = int(NOW.timestamp() * 1_000_000)
BODY = b'{"id": 1}'
ALL = (SHOPIFY, WOOCOMMERCE, STRIPE, BIGCOMMERCE, GENERIC)


def cause(connector: Connector, headers: dict[str, str], secrets: list[str], settings=None, verdict="bad_signature"):
    return diagnose(connector, secrets, headers, BODY, AT, verdict, settings or {})


@pytest.mark.parametrize("connector", ALL, ids=lambda one: one.kind)
def test_each_cause_by_its_name(connector: Connector) -> None:
    right = connector.sign(SECRET, BODY, {}, NOW, {})
    assert connector.verify([SECRET], right, BODY, NOW, {}) == "ok"
    assert cause(connector, right, []) == ("no_secret", "")
    assert cause(connector, right, [SECRET], verdict="too_old") == ("too_old", "")
    assert cause(connector, {}, [SECRET])[0] == "unsigned"
    assert cause(connector, right, ["another secret"]) == ("other_secret", "")
    assert cause(connector, right, [f" {SECRET}\n"]) == ("secret_spaces", "")


def test_a_header_of_another_platform_is_named() -> None:
    headers = SHOPIFY.sign(SECRET, BODY, {}, NOW, {})
    assert cause(WOOCOMMERCE, headers, [SECRET]) == ("other_header", "x-shopify-hmac-sha256")
    assert cause(SHOPIFY, {}, [SECRET]) == ("unsigned", "x-shopify-hmac-sha256")


def test_hex_where_base64_is_expected_is_seen() -> None:
    hexed = {"signature_header": "X-Sig", "signature_encoding": "hex", "signature_prefix": "sha256="}
    headers = GENERIC.sign(SECRET, BODY, {}, NOW, hexed)
    assert cause(GENERIC, headers, [SECRET], {"signature_header": "X-Sig"}) == ("other_encoding", "hex")
    plain = GENERIC.sign(SECRET, BODY, {}, NOW, {"signature_header": "X-Sig"})
    assert cause(GENERIC, plain, [SECRET], hexed) == ("other_encoding", "base64")


def test_an_odd_header_never_breaks_it() -> None:
    for value in ("", "é", "," * 1000, "\0"):
        for connector in ALL:
            headers = dict.fromkeys(connector.sign(SECRET, BODY, {}, NOW, {}), value)
            assert cause(connector, headers, [SECRET])[0] in ("unsigned", "other_secret", "other_header")


def test_memory_stays_the_same_and_every_attempt_counts() -> None:
    found = Refusals()
    for number in range(500):
        found.note(SHOPIFY, [SECRET], {}, BODY, AT + number * 300_000, "bad_signature", {})
    assert (found.total, len(found.recent)) == (500, KEPT)
    for _ in range(500):
        found.note(SHOPIFY, [SECRET], {}, BODY, AT, "bad_signature", {})
    assert found.total == 1000


def test_the_door_counts_what_it_refuses_and_says_why(server, store) -> None:
    assert server.door.refusals_of("shop") is None
    assert server.post("shop", BODY, signed(BODY, secret="wrong")).status == 401
    found = server.door.refusals_of("shop")
    assert found is not None and found.total == 1
    assert [one.cause for one in found.recent] == ["other_secret"]
    assert abs(found.recent[0].at / 1e6 - time.time()) < 10
    assert server.deliver("shop", BODY).status == 200
    assert found.total == 1
