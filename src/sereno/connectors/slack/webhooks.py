"""What Slack tells when somebody presses a button: a form with one field, signed by `v0` over the time and the body."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from sereno.connectors.building import body_hash
from sereno.connectors.reading import Reader, parse_object
from sereno.connectors.signatures import TOLERANCE
from sereno.connectors.slack.channel import CHANNEL
from sereno.connectors.talking import pressed
from sereno.sdk.connector import Connector, Delivery, Mapped, Unmappable, Verdict
from sereno.sdk.desk import ANSWERS, Press
from sereno.sdk.plugin import connector

SIGNATURE, TIME = "x-slack-signature", "x-slack-request-timestamp"


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    """`too_old` only where the signature itself is right."""
    said, given = headers.get(TIME, "").strip(), headers.get(SIGNATURE, "").strip()
    if not (said.isascii() and said.isdigit() and len(said) < 12):
        return "bad_signature"
    for secret in secrets:
        if secret and hmac.compare_digest(signature(secret, said, body).encode(), given.encode("utf-8", "replace")):
            return "ok" if abs(now - datetime.fromtimestamp(int(said), UTC)) <= TOLERANCE else "too_old"
    return "bad_signature"


def signature(secret: str, time: str, body: bytes) -> str:
    return "v0=" + hmac.digest(secret.encode(), f"v0:{time}:".encode() + body, "sha256").hex()


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    time = str(int(now.timestamp()))
    return {**headers, TIME: time, SIGNATURE: signature(secret, time, body)}


def payload_of(body: bytes) -> Reader:
    """Raises Unmappable."""
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).get("payload")
    if not found:
        raise Unmappable("The form has no field `payload`.")
    return Reader(parse_object(found[0].encode("utf-8", "replace")))


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return payload_of(body).text("type") or "unknown"


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """A press has one trigger; the same request sent again has the same."""
    trigger = payload_of(body).text("trigger_id")
    return f"trigger:{trigger}"[:180] if trigger else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    said = payload_of(delivery.body)
    if said.text("type") != "block_actions":
        return Mapped(reason="interaction.not_used")
    one = next((act for act in said.children("actions") if (act.text("value") or "").startswith(ANSWERS)), None)
    user, holder = said.child("user"), said.child("container")
    chat = said.child("channel").text("id") or holder.text("channel_id") or ""
    message = holder.text("message_ts") or said.child("message").text("ts") or ""
    account = user.text("id")
    if one is None or not account or not chat or not message:
        # A link was opened, or it is a button of somebody else's.
        return Mapped(reason="button.not_ours")
    press = Press(
        "slack",
        account,
        chat,
        message,
        one.text("value") or "",
        reply=said.text("response_url") or "",
        name=user.text("name", "username") or "",
    )
    own = f"{message}.{account}.{one.text('action_ts') or said.text('trigger_id') or body_hash(delivery.body)}"
    return Mapped((pressed(press, own, delivery.received_at),))


SLACK = connector(
    Connector(
        kind="slack",
        name="Slack",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        load_channel=lambda: CHANNEL,
    )
)
