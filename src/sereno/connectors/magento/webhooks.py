"""How Magento's bodies come in: Magento signs nothing, so whoever posts what was polled does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.magento.mapping import map_delivery, version_of
from sereno.connectors.magento.settings import GUIDE
from sereno.connectors.reading import Reader, parse
from sereno.connectors.schemes import hmac_header
from sereno.sdk.connector import Connector, Delivery, Mapped, Unmappable
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi

verify, sign = hmac_header("x-sereno-signature")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("x-sereno-topic", "")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """A record's id and `updated_at`; a list's content."""
    try:
        reader = Reader(parse(body))
    except Unmappable:
        return body_hash(body)
    version = version_of(reader) if not reader.has("search_criteria") else None
    return f"{headers.get('x-sereno-topic', '')[:40]}:{version}"[:200] if version else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery)


def _store() -> StoreApi:
    from sereno.connectors.magento.store import STORE

    return STORE


MAGENTO = connector(
    Connector(
        kind="magento",
        name="Magento",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
