"""Turns the invented store's webhooks into what really goes over the wire: headers, bytes, signature."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from sereno.sdk.connector import Connector
from sereno.site.demo.shapes.hooks import Hook

NAMES = {"shopify": "azahar-shopify", "woocommerce": "azahar-mayorista", "vendure": "azahar-regalos"}
"""The demo's connections, by platform."""
NAMESPACES = {"woocommerce": "mayorista", "vendure": "regalos"}
"""What tells the ids of the second and the third store from those of the first."""


def request_of(hook: Hook, connector: Connector, secret: str, settings: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """Headers and body, signed as the platform signs."""
    body = msgspec.json.encode(hook.body)
    headers = {"content-type": "application/json", **_headers(hook)}
    signed = connector.sign(secret, body, headers, datetime.now(UTC), settings)
    return {**headers, **{name.lower(): value for name, value in signed.items()}}, body


def _headers(hook: Hook) -> dict[str, str]:
    from sereno.site.demo.shapes import woocommerce
    from sereno.site.demo.shapes.shopify_names import SHOP

    if hook.channel == "shopify":
        return {
            "x-shopify-topic": hook.topic,
            "x-shopify-shop-domain": SHOP,
            "x-shopify-api-version": "2026-07",
            "x-shopify-webhook-id": hook.id,
            "x-shopify-event-id": f"event-{hook.id}",
            "x-shopify-triggered-at": hook.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
    if hook.channel == "woocommerce":
        resource, _, event = hook.topic.partition(".")
        return {
            "x-wc-webhook-topic": hook.topic,
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-source": woocommerce.SHOP,
            "x-wc-webhook-id": {"order": "11", "customer": "12", "product": "13"}[resource],
            "x-wc-webhook-delivery-id": blake2b(hook.id.encode(), digest_size=16).hexdigest(),
            "user-agent": "WooCommerce/9.4.0 Hookshot (WordPress/6.8)",
        }
    return {"x-vendure-topic": hook.topic, "x-vendure-delivery": hook.id, "x-vendure-attempt": "1"}
