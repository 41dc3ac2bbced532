"""Browsers tell nothing by webhooks: no delivery is ever true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.webpush.channel import CHANNEL
from sereno.sdk.connector import Connector, Delivery, Mapped, Verdict
from sereno.sdk.plugin import connector


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    return "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return dict(headers)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    return Mapped(reason="push.tells_nothing")


WEBPUSH = connector(
    Connector(
        kind="webpush",
        name="Web push",
        verify=verify,
        topic=lambda headers, body, settings: "unknown",
        dedupe_key=lambda headers, body, settings: body_hash(body),
        map=map_webhook,
        sign=sign,
        load_channel=lambda: CHANNEL,
    )
)
