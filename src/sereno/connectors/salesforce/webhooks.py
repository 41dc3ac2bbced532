"""How Salesforce's bodies come in: it sends none itself, so whoever posts them (a cartridge of the shop's) signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.reading import Reader, parse
from sereno.connectors.salesforce.mapping import map_delivery, version_of
from sereno.connectors.salesforce.settings import GUIDE
from sereno.connectors.schemes import hmac_header
from sereno.sdk.connector import Connector, Delivery, Mapped, Unmappable
from sereno.sdk.plugin import connector
from sereno.sdk.stores import StoreApi

verify, sign = hmac_header("x-sereno-signature")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("x-sereno-topic", "")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """What the cartridge names the delivery; else a record's id and time of change; else the content."""
    if name := headers.get("x-sereno-delivery"):
        return f"delivery:{name}"[:200]
    try:
        version = version_of(Reader(parse(body)))
    except Unmappable:
        return body_hash(body)
    return f"{topic(headers, body, settings)[:40]}:{version}"[:200] if version else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, dedupe_key(delivery.headers, delivery.body, settings))


def _store() -> StoreApi:
    from sereno.connectors.salesforce.store import STORE

    return STORE


SALESFORCE = connector(
    Connector(
        kind="salesforce",
        name="Salesforce B2C Commerce",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
        load_store=_store,
    )
)
