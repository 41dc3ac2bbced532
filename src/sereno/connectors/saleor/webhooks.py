"""How Saleor signs and names its webhooks. It sends no id of the delivery: its content is the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.saleor.mapping import map_delivery
from sereno.connectors.saleor.settings import GUIDE
from sereno.connectors.saleor.signing import sign, verify
from sereno.sdk.connector import Connector, Delivery, Mapped
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("saleor-event", "").lower()


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return body_hash(topic(headers, body, settings), body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


def _store() -> StoreApi:
    from sereno.connectors.saleor.api import API

    return API


SALEOR = connector(
    Connector(
        kind="saleor",
        name="Saleor",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
