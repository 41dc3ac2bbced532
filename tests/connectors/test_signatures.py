"""The signing schemes against vectors made by others, and against everything a hostile sender may put in a header."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.connectors import signatures
from sereno.sdk.standard_webhooks import signed_headers

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BODY = b'{"id":820982911946154508}'


@pytest.mark.parametrize("encoding", ["base64", "hex"])
@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_hmac_round_trip_with_several_secrets(encoding, prefix):
    signature = signatures.sign("new", BODY, encoding=encoding, prefix=prefix)
    for secrets in (["new"], ["new", "old"], ["old", "new"]):
        assert signatures.verify(secrets, BODY, signature, encoding=encoding, prefix=prefix) == "ok"
    assert signatures.verify(["old"], BODY, signature, encoding=encoding, prefix=prefix) == "bad_signature"
    assert signatures.verify(["new"], BODY + b" ", signature, encoding=encoding, prefix=prefix) == "bad_signature"


def test_hmac_vector():
    """The well-known vector of HMAC-SHA256; hex of either case."""
    signature = signatures.sign("key", b"The quick brown fox jumps over the lazy dog", encoding="hex")
    assert signature == "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert (
        signatures.verify(["key"], b"The quick brown fox jumps over the lazy dog", signature.upper(), encoding="hex")
        == "ok"
    )


def test_standard_webhooks_vector():
    """The vector of the Standard Webhooks reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(secret, b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signatures.verify_standard([secret], headers, b'{"test": 2432232314}', at) == "ok"
    bare = secret.removeprefix("whsec_")
    assert signatures.verify_standard([bare], headers, b'{"test": 2432232314}', at) == "ok"


def test_standard_webhooks_takes_any_signature_of_the_list_and_any_secret():
    headers = signed_headers("raw secret", BODY, "m1", NOW)
    headers["webhook-signature"] = "v1,AAAA v2,xyz " + headers["webhook-signature"]
    assert signatures.verify_standard(["other", "raw secret"], headers, BODY, NOW) == "ok"
    assert signatures.verify_standard(["other"], headers, BODY, NOW) == "bad_signature"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_standard_webhooks_needs_all_three_headers(missing):
    headers = signed_headers("s", BODY, "m1", NOW)
    del headers[missing]
    assert signatures.verify_standard(["s"], headers, BODY, NOW) == "bad_signature"


@pytest.mark.parametrize("seconds", [301, -301, 86400])
def test_old_timestamps(seconds):
    later = NOW + timedelta(seconds=seconds)
    headers = signed_headers("s", BODY, "m1", NOW)
    assert signatures.verify_standard(["s"], headers, BODY, later) == "too_old"
    assert signatures.verify_standard(["s"], headers, BODY, later, tolerance=None) == "ok"
    stripe = signatures.sign_timestamped("s", BODY, NOW)
    assert signatures.verify_timestamped(["s"], stripe, BODY, later) == "too_old"
    # A stranger learns nothing from an old timestamp.
    assert signatures.verify_timestamped(["x"], stripe, BODY, later) == "bad_signature"


def test_timestamped_takes_any_v1():
    signature = signatures.sign_timestamped("s", BODY, NOW)
    timestamp, _, mac = signature.partition(",")
    assert signatures.verify_timestamped(["s"], f"{timestamp},v1=00ff,{mac},v0=abc", BODY, NOW) == "ok"
    assert signatures.verify_timestamped(["s"], f"t=1,{mac}", BODY, NOW) == "bad_signature"


def test_an_empty_secret_verifies_nothing():
    assert signatures.verify([""], BODY, signatures.sign("", BODY)) == "bad_signature"
    assert signatures.verify_timestamped([""], signatures.sign_timestamped("", BODY, NOW), BODY, NOW) == "bad_signature"
    mac = base64.b64encode(b"0" * 32).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": f"v1,{mac}"}
    assert signatures.verify_standard([""], headers, BODY, NOW) == "bad_signature"
    assert signatures.verify([], BODY, "x") == "bad_signature"


@given(st.text(), st.text(), st.text())
def test_no_header_raises(first, second, third):
    headers = {"webhook-id": first, "webhook-timestamp": second, "webhook-signature": "v1," + third}
    assert signatures.verify_standard(["s"], headers, BODY, NOW) == "bad_signature"
    assert signatures.verify(["s"], BODY, first) == "bad_signature"
    assert signatures.verify_timestamped(["s"], f"t={second},v1={third}", BODY, NOW) == "bad_signature"
