"""Saleor's two signatures: HMAC with a webhook's secret key, or a detached JWS (RS256) by the shop's own key pair.

Invariant: the algorithm is never the sender's choice: only RS256 by a public key somebody put in, and a set of public
keys is no HMAC secret. The public keys stand where secrets do: several may be valid at once.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sereno.connectors.schemes import hmac_header
from sereno.sdk.connector import Verdict

_by_secret, sign = hmac_header("saleor-signature", "hex")
LONGEST = 8000
"""Characters of a signature that are looked at."""


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    """A secret that is a JSON Web Key Set (as `/.well-known/jwks.json` gives it) or one key of it checks signatures by
    public key; any other is an HMAC secret."""
    signature = headers.get("saleor-signature", "").strip()
    if signature.count(".") == 2:
        keys = [key for secret in secrets for key in _keys(secret)]
        return "ok" if _is_signed(signature, body, keys) else "bad_signature"
    return _by_secret([secret for secret in secrets if not _is_public(secret)], headers, body, now, settings)


def _is_public(secret: str) -> bool:
    return secret.lstrip().startswith("{")


def _keys(secret: str) -> Iterator[Mapping[str, Any]]:
    if not _is_public(secret):
        return
    try:
        found: Any = json.loads(secret)
    except ValueError:
        return
    listed: Any = found.get("keys", [found])
    for key in cast("list[Any]", listed) if isinstance(listed, list) else ():
        if isinstance(key, dict) and cast("dict[str, Any]", key).get("kty") == "RSA":
            yield cast("dict[str, Any]", key)


def _is_signed(signature: str, body: bytes, keys: Sequence[Mapping[str, Any]]) -> bool:
    """RFC 7515, appendix F: header, nothing, signature; with RFC 7797 the body stands as it is."""
    protected, payload, given = signature.split(".")
    try:
        header = json.loads(_decoded(protected))
        proof = _decoded(given)
    except (ValueError, binascii.Error):
        return False
    if payload or not isinstance(header, dict) or len(signature) > LONGEST:
        return False
    told = cast("dict[str, Any]", header)
    if told.get("alg") != "RS256" or not set(cast("Any", told.get("crit") or ())) <= {"b64"}:
        return False
    content = body if told.get("b64") is False else base64.urlsafe_b64encode(body).rstrip(b"=")
    kid = told.get("kid")
    fitting = [key for key in keys if not (kid and key.get("kid")) or key["kid"] == kid]
    return any(_holds(key, protected.encode() + b"." + content, proof) for key in fitting)


def _holds(key: Mapping[str, Any], message: bytes, proof: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        modulus, exponent = (int.from_bytes(_decoded(str(key[name])), "big") for name in ("n", "e"))
        RSAPublicNumbers(exponent, modulus).public_key().verify(proof, message, PKCS1v15(), SHA256())
    except (InvalidSignature, KeyError, ValueError, binascii.Error):
        return False
    return True


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
