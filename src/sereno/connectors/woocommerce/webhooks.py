"""How WooCommerce signs and names its webhooks. It never repeats one.

The delivery id it sends is a hash of the webhook and the current second: two orders in one second share it, so it is
not used.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors import signatures
from sereno.connectors.building import body_hash
from sereno.connectors.woocommerce.mapping import PING, map_delivery
from sereno.connectors.woocommerce.settings import GUIDE
from sereno.sdk.connector import Connector, Delivery, Mapped, Verdict
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi

HEADER = "x-wc-webhook-signature"


def is_ping(headers: Mapping[str, str], body: bytes) -> bool:
    """The first request of a new webhook: a form `webhook_id=42`, neither signed nor named. It carries nothing."""
    return "x-wc-webhook-topic" not in headers and len(body) < 64 and PING.fullmatch(body) is not None


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    if is_ping(headers, body):
        return "ok"
    # WordPress keeps the secret with HTML entities, and WooCommerce decodes it before it signs.
    both = [*secrets, *(plain for secret in secrets if (plain := html.unescape(secret)) != secret)]
    return signatures.verify(both, body, headers.get(HEADER))


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, HEADER: signatures.sign(html.unescape(secret), body)}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return "ping" if is_ping(headers, body) else headers.get("x-wc-webhook-topic", "")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """Webhook, topic and content, which holds the resource's id. All pings are one: an unsigned sender can fill
    nothing."""
    if is_ping(headers, body):
        return "ping"
    name = headers.get("x-wc-webhook-topic", "")
    return f"{headers.get('x-wc-webhook-id', '')[:40]}:{name[:60]}:{body_hash(body)}"


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings), settings)


def _store() -> StoreApi:
    from sereno.connectors.woocommerce.store import STORE

    return STORE


WOOCOMMERCE = connector(
    Connector(
        kind="woocommerce",
        name="WooCommerce",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
