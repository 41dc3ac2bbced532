"""Saleor's signature by key pair, beside the one by secret: made here by RFC 7515 and 7797."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from sereno.connectors.saleor.webhooks import SALEOR

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BODY = b'[{"id": "T3JkZXI6MQ=="}]'
KEY, OTHER = generate_private_key(65537, 2048), generate_private_key(65537, 2048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwk(key: RSAPrivateKey, kid: str = "1") -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    n, e = (number.to_bytes((number.bit_length() + 7) // 8, "big") for number in (numbers.n, numbers.e))
    return {"kty": "RSA", "key_ops": ["verify"], "n": b64(n), "e": b64(e), "use": "sig", "kid": kid}


def keys(*found: dict[str, Any]) -> str:
    return json.dumps({"keys": list(found)})


def signature(body: bytes = BODY, key: RSAPrivateKey = KEY, **header: Any) -> str:
    told = {"alg": "RS256", "kid": "1", "b64": False, "crit": ["b64"], "typ": "JWT", **header}
    protected = b64(json.dumps(told).encode())
    content = body if told.get("b64") is False else b64(body).encode()
    return f"{protected}..{b64(key.sign(protected.encode() + b'.' + content, PKCS1v15(), SHA256()))}"


def verdict(given: str, *secrets: str, body: bytes = BODY) -> str:
    return SALEOR.verify(secrets, {"saleor-signature": given}, body, NOW, {})


def test_a_signature_by_the_shops_key_pair() -> None:
    assert verdict(signature(), keys(jwk(KEY))) == "ok"
    assert verdict(signature(), json.dumps(jwk(KEY))) == "ok", "one key alone"
    assert verdict(signature(b64=True, crit=None), keys(jwk(KEY))) == "ok", "the body in base64"
    assert verdict(signature(kid="2"), keys(jwk(OTHER, "1"), jwk(KEY, "2"))) == "ok"
    assert verdict(signature(), "hmac secret", keys(jwk(OTHER, "9")), keys(jwk(KEY))) == "ok", "while keys change"


def test_by_secret_as_before() -> None:
    headers = SALEOR.sign("s3cret", BODY, {}, NOW, {})
    assert SALEOR.verify(["s3cret", keys(jwk(KEY))], headers, BODY, NOW, {}) == "ok"
    # What everybody may know is no secret.
    public = keys(jwk(KEY))
    assert SALEOR.verify([public], SALEOR.sign(public, BODY, {}, NOW, {}), BODY, NOW, {}) == "bad_signature"


@pytest.mark.parametrize(
    "given",
    [
        signature(b"another body"),
        signature(key=OTHER),
        signature(kid="7"),
        signature(alg="none"),
        signature(alg="HS256"),
        signature(crit=["exp"]),
        signature().replace("..", f".{b64(BODY)}."),
        signature()[:-4],
        "..",
        "a.b.c",
        "é..é",
        f"{b64(b'[]')}..AAAA",
    ],
)
def test_what_is_off_is_refused(given: str) -> None:
    assert verdict(given, keys(jwk(KEY))) == "bad_signature"


@pytest.mark.parametrize("secret", ["", "{", "{}", '{"keys": 5}', '{"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]}'])
def test_keys_that_are_none(secret: str) -> None:
    assert verdict(signature(), secret) == "bad_signature"
