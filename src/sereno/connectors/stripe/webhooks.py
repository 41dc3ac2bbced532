"""How Stripe signs, names and repeats its webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from sereno.connectors import signatures
from sereno.connectors.building import body_hash
from sereno.connectors.stripe.mapping import map_delivery
from sereno.connectors.stripe.settings import GUIDE
from sereno.sdk.connector import Connector, Delivery, Mapped, Verdict
from sereno.sdk.plugin import connector

_NAME = re.compile(r"evt_\w{1,100}", re.ASCII)


class _Head(msgspec.Struct):
    """The two fields that name an event."""

    id: str = ""
    type: str = ""


_head = msgspec.json.Decoder(_Head)


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    return signatures.verify_timestamped(secrets, headers.get("stripe-signature"), body, now)


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, "stripe-signature": signatures.sign_timestamped(secret, body, now)}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return _named(body).type[:100]


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """The event's id, the same on every retry."""
    name = _named(body).id
    return name if _NAME.fullmatch(name) else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return map_delivery(delivery)


def _named(body: bytes) -> _Head:
    try:
        return _head.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return _Head()


STRIPE = connector(
    Connector(
        kind="stripe",
        name="Stripe",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        guide=GUIDE,
    )
)
