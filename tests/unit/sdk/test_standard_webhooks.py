"""The scheme's own example, and what odd secrets mean."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from sereno.sdk.standard_webhooks import signed_content, signed_headers, signing_keys

AT = datetime.fromtimestamp(1614265330, UTC)


def test_the_example_of_the_reference_libraries() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert signed_headers(secret, b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", AT) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    ("secret", "keys"),
    [
        ("", ()),
        ("plain", (b"plain",)),
        ("whsec_c2VjcmV0", (b"secret",)),
        ("whsec_", (b"whsec_",)),
        ("whsec_no base64", (b"whsec_no base64",)),
        ("contraseña", ("contraseña".encode(),)),
        ("c2VjcmV0", (b"c2VjcmV0",)),
        (base64.b64encode(b"k" * 24).decode(), (base64.b64encode(b"k" * 24), b"k" * 24)),
    ],
)
def test_what_a_secret_means(secret: str, keys: tuple[bytes, ...]) -> None:
    assert signing_keys(secret) == keys


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        signed_headers("", b"", "m1", AT)


def test_what_is_signed_may_be_no_text() -> None:
    assert signed_content("m\udcff", "1", b"\xff") == b"m\xff.1.\xff"
