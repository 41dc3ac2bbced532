"""What WhatsApp tells: one delivery may hold many messages and statuses. Signed with the app's secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.reading import Reader, parse_object
from sereno.connectors.schemes import hmac_header
from sereno.connectors.talking import Status, heard, pressed, told
from sereno.connectors.whatsapp.channel import CHANNEL, CODES
from sereno.sdk.connector import Connector, Delivery, Mapped, NewEvent
from sereno.sdk.desk import ANSWERS, Press
from sereno.sdk.plugin import connector

verify, sign = hmac_header("x-hub-signature-256", "hex", "sha256=")
STATUSES: dict[str, Status] = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    for value in _values(Reader(parse_object(body))):
        return next((name for name in ("messages", "statuses", "user_preferences") if value.has(name)), "unknown")
    return "unknown"


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    events: list[NewEvent] = []
    for value in _values(Reader(parse_object(delivery.body))):
        names = {one.text("wa_id"): one.child("profile").text("name") for one in value.children("contacts")}
        for message in value.children("messages"):
            events += _heard(message, names, delivery.received_at)
        for status in value.children("statuses"):
            events += _told(status, delivery.received_at)
        for choice in value.children("user_preferences"):
            events += _chosen(choice, names, delivery.received_at)
    return Mapped(tuple(events), None if events else "nothing.found")


def greet(query: Mapping[str, str], settings: Mapping[str, Any]) -> str | None:
    """What Meta asks once, with the word that was typed there."""
    word = str(settings.get("word") or "")
    is_right = bool(word) and compare_digest(query.get("hub.verify_token", "").encode(), word.encode())
    return query.get("hub.challenge", "")[:200] if is_right and query.get("hub.mode") == "subscribe" else None


def _heard(message: Reader, names: Mapping[str | None, str | None], received: datetime) -> Iterator[NewEvent]:
    own, sender = message.text("id"), message.text("from")
    if not own or not sender:
        return
    kind = message.text("type") or "unknown"
    inside = message.child(kind)
    chosen = inside.child("button_reply") or inside.child("list_reply")
    value = chosen.text("id") or ""
    if value.startswith(ANSWERS):
        # Of a question to staff: nothing a customer says.
        name, card = names.get(sender) or "", message.child("context").text("id") or ""
        press = Press("whatsapp", f"+{sender}", f"+{sender}", card, value, reply=own, name=name)
        yield pressed(press, own, _at(message, received))
        return
    texts = (inside.text("body"), inside.text("text"), inside.text("caption"), chosen.text("title"))
    yield heard(
        "whatsapp",
        f"+{sender}",
        own,
        next((text for text in texts if text), ""),
        _at(message, received),
        name=names.get(sender),
        kind={"interactive": "choice", "button": "choice"}.get(kind, kind),
        choice=chosen.text("id") or inside.text("payload"),
        reply_to=message.child("context").text("id"),
    )


def _chosen(choice: Reader, names: Mapping[str | None, str | None], received: datetime) -> Iterator[NewEvent]:
    """Somebody switched the shop's offers off, or on again, in WhatsApp itself. They wrote nothing: no window opens."""
    sender, meant = choice.text("wa_id"), {"stop": "stop", "resume": "start"}.get(choice.text("value") or "")
    if sender and meant and choice.text("category") == "marketing_messages":
        own = f"{sender}.{meant}.{choice.text('timestamp') or ''}"
        more = {"kind": "preference", "meant": meant, "name": names.get(sender)}
        yield heard("whatsapp", f"+{sender}", own, choice.text("detail") or meant, _at(choice, received), **more)


def _told(status: Reader, received: datetime) -> Iterator[NewEvent]:
    own, word = status.text("id"), STATUSES.get(status.text("status") or "")
    if not own or word is None:
        return
    error = next(iter(status.children("errors")), Reader({}))
    code = error.integer("code") or -1
    text = error.child("error_data").text("details") or error.text("title") or ""
    yield told(
        "whatsapp",
        own,
        word,
        _at(status, received),
        effect=status.text("biz_opaque_callback_data") or "",
        reason=CODES.get(code, "message.refused") if word == "failed" else "",
        text=f"WhatsApp {max(code, 0)}: {text}" if word == "failed" else "",
    )


def _values(body: Reader) -> Iterator[Reader]:
    for entry in body.children("entry"):
        for change in entry.children("changes"):
            yield change.child("value")


def _at(reader: Reader, received: datetime) -> datetime:
    """Never later than it came."""
    seconds = reader.text("timestamp") or ""
    if not seconds.isdigit() or len(seconds) > 11:
        return received
    return min(datetime.fromtimestamp(int(seconds), UTC), received)


WHATSAPP = connector(
    Connector(
        kind="whatsapp",
        name="WhatsApp",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        load_channel=lambda: CHANNEL,
        greet=greet,
    )
)
