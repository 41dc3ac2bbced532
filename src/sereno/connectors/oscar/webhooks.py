"""How the Oscar store signs, names and repeats its webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.oscar.mapping import map_delivery
from sereno.connectors.oscar.settings import GUIDE
from sereno.connectors.schemes import hmac_header
from sereno.sdk.connector import Connector, Delivery, Mapped
from sereno.sdk.plugin import connector

verify, sign = hmac_header("x-oscar-hmac-sha256")


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return headers.get("x-oscar-topic", "")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """`X-Oscar-Delivery`; Oscar never repeats one."""
    return headers.get("x-oscar-delivery") or body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery, delivery.key or dedupe_key(delivery.headers, delivery.body, settings))


OSCAR = connector(
    Connector(
        kind="oscar",
        name="Oscar",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
    )
)
