"""Any system that can sign a webhook: Standard Webhooks as it comes, or HMAC-SHA256 in a header of any name.

Settings: `signature_header`, `signature_encoding` (base64, hex), `signature_prefix`, `topic_header`, `delivery_header`.
Without a signature header it is Standard Webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sereno.connectors import signatures
from sereno.connectors.building import body_hash
from sereno.connectors.generic.mapping import UNKNOWN, map_delivery
from sereno.connectors.generic.settings import GUIDE
from sereno.connectors.generic.tables import is_table, map_table
from sereno.sdk.connector import Connector, Delivery, Mapped, Verdict
from sereno.sdk.plugin import connector
from sereno.sdk.standard_webhooks import signed_headers
from sereno.sdk.stores import StoreApi
from sereno.sdk.tables import TableReader

_TYPE = re.compile(rb'"type"\s*:\s*"([a-z0-9_.]{1,100})"')


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    header = settings.get("signature_header")
    if not header:
        return signatures.verify_standard(secrets, headers, body, now)
    return signatures.verify(
        secrets, body, headers.get(str(header).lower()), encoding=_encoding(settings), prefix=_prefix(settings)
    )


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    header = settings.get("signature_header")
    if not header:
        message_id = headers.get("webhook-id") or f"msg_{body_hash(body)[:24]}"
        return {**headers, **signed_headers(secret, body, message_id, now)}
    signature = signatures.sign(secret, body, encoding=_encoding(settings), prefix=_prefix(settings))
    return {**headers, str(header).lower(): signature}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """The configured header; else any header whose name ends in `-topic`; else the `type` near the body's begin."""
    header = settings.get("topic_header")
    if header:
        found = headers.get(str(header).lower())
    else:
        found = next((value for name, value in headers.items() if name.endswith("-topic")), None)
    if found:
        return found
    match = _TYPE.search(body[:2000])
    return match[1].decode() if match else UNKNOWN


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """The configured header; else the `webhook-id` of Standard Webhooks; else the body itself."""
    header = settings.get("delivery_header")
    found = headers.get(str(header).lower()) if header else headers.get("webhook-id")
    return found or f"body:{body_hash(body)}"


def _map(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    if is_table(delivery):
        return map_table(delivery, settings)
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


def _encoding(settings: Mapping[str, Any]) -> signatures.Encoding:
    found = settings.get("signature_encoding") or "base64"
    return cast(signatures.Encoding, "hex" if found == "hex" else "base64")


def _prefix(settings: Mapping[str, Any]) -> str:
    return str(settings.get("signature_prefix") or "")


def _store() -> StoreApi:
    from sereno.connectors.generic.writing import STORE

    return STORE


def _tables() -> TableReader:
    from sereno.connectors.generic.sheets import READER

    return READER


GENERIC = connector(
    Connector(
        kind="generic",
        name="Any signed webhook",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=_map,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
        load_tables=_tables,
    )
)
