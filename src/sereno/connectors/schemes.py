"""The signing of most shops: one header with the HMAC of the body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors import signatures
from sereno.sdk.connector import Verdict

Verify = Callable[[Sequence[str], Mapping[str, str], bytes, datetime, Mapping[str, Any]], Verdict]
Sign = Callable[[str, bytes, Mapping[str, str], datetime, Mapping[str, Any]], dict[str, str]]


def hmac_header(header: str, encoding: signatures.Encoding = "base64", prefix: str = "") -> tuple[Verify, Sign]:
    """`verify` and `sign` of a platform that puts HMAC-SHA256(body, secret) into `header` (given in lower case)."""

    def verify(
        secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
    ) -> Verdict:
        return signatures.verify(secrets, body, headers.get(header), encoding=encoding, prefix=prefix)

    def sign(
        secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
    ) -> dict[str, str]:
        return {**headers, header: signatures.sign(secret, body, encoding=encoding, prefix=prefix)}

    return verify, sign
