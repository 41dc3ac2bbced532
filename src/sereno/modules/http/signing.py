"""Standard Webhooks signatures on what leaves: the same scheme the door verifies on what comes in."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

_PREFIX = "whsec_"


def signed_headers(secret: str, body: bytes, message_id: str, now: datetime) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature`. A secret `whsec_...` holds its key in base64; any
    other is taken as it is written."""
    timestamp = str(int(now.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(_key(secret), content, "sha256")).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True) or secret.encode()
        except binascii.Error:
            pass
    return secret.encode()
