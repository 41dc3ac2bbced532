"""How Shopify signs, names and repeats its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.schemes import hmac_header
from sereno.connectors.shopify.mapping import map_delivery
from sereno.connectors.shopify.settings import GUIDE
from sereno.sdk.connector import Connector, Delivery, Mapped
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi

verify, sign = hmac_header("x-shopify-hmac-sha256")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("x-shopify-topic", "")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """`X-Shopify-Webhook-Id`, the same on every retry. (`-Event-Id` is one per merchant action, which sends several
    webhooks: it must not be used.)"""
    return headers.get("x-shopify-webhook-id") or body_hash(headers.get("x-shopify-topic", ""), body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


def _store() -> StoreApi:
    from sereno.connectors.shopify.store import STORE

    return STORE


SHOPIFY = connector(
    Connector(
        kind="shopify",
        name="Shopify",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
