"""How platforms sign: the few schemes behind all of them, over raw bytes and in constant time.

Invariant: an empty secret never verifies anything, and neither does a malformed signature, timestamp or header: what is
odd is `bad_signature`, never an exception. Header names are lower case.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sereno.sdk.connector import Verdict
from sereno.sdk.standard_webhooks import signed_content, signing_keys

Encoding = Literal["base64", "hex"]

TOLERANCE = timedelta(seconds=300)
"""How far a signed timestamp may be from now, either way, unless a platform says otherwise."""


def sign(secret: str, body: bytes, *, encoding: Encoding = "base64", prefix: str = "") -> str:
    """The signature of `body`: prefix, then HMAC-SHA256 with the secret's UTF-8 bytes as key."""
    return prefix + _encode(hmac.digest(secret.encode(), body, "sha256"), encoding).decode()


def verify(
    secrets: Sequence[str], body: bytes, signature: str | None, *, encoding: Encoding = "base64", prefix: str = ""
) -> Verdict:
    """Whether `signature` is right by any of the secrets. Hex may be of either case; surrounding space is ignored."""
    if not signature:
        return "bad_signature"
    signature = signature.strip()
    if prefix:
        if not signature.startswith(prefix):
            return "bad_signature"
        signature = signature[len(prefix) :]
    given = _given(signature, encoding)
    for secret in secrets:
        if secret and hmac.compare_digest(_encode(hmac.digest(secret.encode(), body, "sha256"), encoding), given):
            return "ok"
    return "bad_signature"


def verify_bare(secrets: Sequence[str], given: str | None) -> Verdict:
    """Of those who sign nothing and send the secret as it is: whether `given` is one of the secrets."""
    said = (given or "").encode("utf-8", "surrogateescape")
    is_right = any(secret and hmac.compare_digest(secret.encode(), said) for secret in secrets)
    return "ok" if is_right else "bad_signature"


def verify_standard(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    tolerance: timedelta | None = TOLERANCE,
) -> Verdict:
    """Standard Webhooks: `webhook-signature` is a space-separated list of `v1,<base64>` over `id.timestamp.body`.

    A secret is `whsec_<base64>`, or its raw text (BigCommerce), or bare base64 of at least 24 bytes (the reference
    libraries). `too_old` only when the signature itself is right; a `tolerance` of None accepts any time.
    """
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not message_id or not timestamp or not signatures:
        return "bad_signature"
    given = [_given(part[3:], "base64") for part in signatures.split() if part.startswith("v1,")]
    content = signed_content(message_id, timestamp, body)
    keys = [key for secret in secrets for key in signing_keys(secret)]
    return _timely(_any_matches(keys, content, given, "base64"), timestamp, now, tolerance)


def verify_timestamped(
    secrets: Sequence[str],
    signature: str | None,
    body: bytes,
    now: datetime,
    *,
    tolerance: timedelta | None = TOLERANCE,
) -> Verdict:
    """Stripe's scheme, also Shippo's: `t=<unix>,v1=<hex>[,v1=...]` over `<t>.` and the body; any v1 may be right."""
    timestamp = ""
    given: list[bytes] = []
    for part in (signature or "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            timestamp = value
        elif name == "v1":
            given.append(_given(value, "hex"))
    if not timestamp or not given:
        return "bad_signature"
    content = timestamp.encode("utf-8", "surrogateescape") + b"." + body
    keys = [secret.encode() for secret in secrets if secret]
    return _timely(_any_matches(keys, content, given, "hex"), timestamp, now, tolerance)


def sign_timestamped(secret: str, body: bytes, now: datetime) -> str:
    """The value of a `Stripe-Signature` header."""
    timestamp = str(int(now.timestamp()))
    return f"t={timestamp},v1={hmac.digest(secret.encode(), f'{timestamp}.'.encode() + body, 'sha256').hex()}"


def _any_matches(keys: Sequence[bytes], content: bytes, given: Sequence[bytes], encoding: Encoding) -> bool:
    for key in keys:
        expected = _encode(hmac.digest(key, content, "sha256"), encoding)
        for candidate in given:
            if hmac.compare_digest(expected, candidate):
                return True
    return False


def _timely(matches: bool, timestamp: str, now: datetime, tolerance: timedelta | None) -> Verdict:
    if not matches:
        return "bad_signature"
    if tolerance is None:
        return "ok"
    # Signed, so the sender wrote it; still it may be no number, or one beyond all dates.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "bad_signature"
    return "ok" if abs(now.timestamp() - int(timestamp)) <= tolerance.total_seconds() else "too_old"


def _encode(digest: bytes, encoding: Encoding) -> bytes:
    return binascii.b2a_base64(digest, newline=False) if encoding == "base64" else binascii.hexlify(digest)


def _given(signature: str, encoding: Encoding) -> bytes:
    """The signature as compared: bytes, because the constant-time comparison refuses text beyond ASCII."""
    text = signature.lower() if encoding == "hex" else signature
    return text.encode("utf-8", "surrogateescape")
