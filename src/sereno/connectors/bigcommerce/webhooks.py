"""How BigCommerce signs, names and repeats its webhooks: Standard Webhooks, or a header of the shop's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors import signatures
from sereno.connectors.bigcommerce.mapping import map_delivery
from sereno.connectors.bigcommerce.settings import GUIDE, OWN_HEADER
from sereno.connectors.building import body_hash
from sereno.sdk.connector import Connector, Delivery, Mapped, Verdict
from sereno.sdk.plugin import connector
from sereno.sdk.standard_webhooks import signed_headers
from sereno.sdk.stores import StoreApi

_HASH = re.compile(rb'"hash"\s*:\s*"([0-9a-f]{40})"')
_SCOPE = re.compile(rb'"scope"\s*:\s*"([\w/\\]{1,100})"')


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    if "webhook-signature" in headers:
        return signatures.verify_standard(secrets, headers, body, now)
    return signatures.verify_bare(secrets, headers.get(OWN_HEADER))


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    name = headers.get("webhook-id") or f"msg_{body_hash(body)[:24]}"
    return {**headers, **signed_headers(secret, body, name, now)}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    found = _SCOPE.search(body)
    return found[1].decode().replace("\\", "") if found else ""


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """`webhook-id`; older webhooks say by `hash` which notices are one."""
    name = headers.get("webhook-id")
    if name:
        return name[:150]
    found = _HASH.search(body)
    return f"hash:{found[1].decode()}" if found else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


def _store() -> StoreApi:
    from sereno.connectors.bigcommerce.store import STORE

    return STORE


BIGCOMMERCE = connector(
    Connector(
        kind="bigcommerce",
        name="BigCommerce",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
