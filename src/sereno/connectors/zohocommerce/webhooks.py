"""How Zoho Commerce's webhooks come in: they are not signed, so the address carries the secret. The header X-ZOHO-Event
says what happened, the body is the whole record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.outside import sign_token, verify_token
from sereno.connectors.reading import Reader
from sereno.connectors.zohocommerce.mapping import map_delivery, value_of, version_of
from sereno.connectors.zohocommerce.settings import GUIDE
from sereno.sdk.connector import Connector, Delivery, Mapped, Unmappable
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi

EVENT = "x-zoho-event"


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get(EVENT, "")[:60]


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """Zoho names no deliveries: the event, the record and its time of change do; else the content."""
    event = topic(headers, body, settings)
    try:
        version = version_of(Reader(value_of(body)), event)
    except Unmappable:
        version = None
    return f"{event}:{version}"[:200] if version and event else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


def _store() -> StoreApi:
    from sereno.connectors.zohocommerce.store import STORE

    return STORE


ZOHOCOMMERCE = connector(
    Connector(
        kind="zohocommerce",
        name="Zoho Commerce",
        verify=verify_token,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign_token,
        guide=GUIDE,
        load_store=_store,
    )
)
