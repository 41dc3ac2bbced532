"""How a Vendure store signs, names and repeats its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.schemes import hmac_header
from sereno.connectors.vendure.mapping import map_delivery
from sereno.connectors.vendure.settings import GUIDE
from sereno.sdk.connector import Connector, Delivery, Mapped
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi

verify, sign = hmac_header("x-vendure-hmac-sha256")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("x-vendure-topic", "")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """`X-Vendure-Delivery`, the same on every retry and double."""
    return headers.get("x-vendure-delivery") or body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


def _store() -> StoreApi:
    from sereno.connectors.vendure.api import API

    return API


VENDURE = connector(
    Connector(
        kind="vendure",
        name="Vendure",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
