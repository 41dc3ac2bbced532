"""What a bot is told: a word, a button pressed, that somebody blocked it. The secret comes in a header as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.reading import Reader, parse_object
from sereno.connectors.signatures import verify_bare
from sereno.connectors.talking import heard, linked
from sereno.connectors.talking import pressed as pressed_event
from sereno.connectors.telegram.channel import CHANNEL
from sereno.sdk.connector import Connector, Delivery, Mapped, Verdict
from sereno.sdk.desk import ANSWERS, LINKS, Press
from sereno.sdk.plugin import connector

HEADER = "x-telegram-bot-api-secret-token"
KINDS = ("message", "callback_query", "my_chat_member")


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    return verify_bare(secrets, headers.get(HEADER))


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, HEADER: secret}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    update = Reader(parse_object(body))
    return next((kind for kind in KINDS if update.has(kind)), "unknown")


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    number = Reader(parse_object(body)).text("update_id")
    return f"update:{number}" if number else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    update, at = Reader(parse_object(delivery.body)), delivery.received_at
    message = update.child("message")
    pressed, member = update.child("callback_query"), update.child("my_chat_member")
    number = update.text("update_id") or ""
    if message:
        chat = message.child("chat").text("id")
        if not chat or message.child("chat").text("type") != "private":
            return Mapped(reason="chat.not_private")
        text = message.text("text", "caption") or ""
        command, _space, link = text.partition(" ")
        if command == "/start" and link.startswith(LINKS):
            # The account, not the chat, though in a private chat they are one.
            account = message.child("from").text("id") or chat
            return Mapped((linked("telegram", account, f"{chat}.{message.text('message_id')}", link, at),))
        more = {"kind": "text" if message.has("text") else "media", "link": link if command == "/start" else None}
        name, own = _name(message.child("from")), f"{chat}.{message.text('message_id')}"
        return Mapped((heard("telegram", chat, own, text, _at(message, at), name=name, **more),))
    if pressed and (pressed.text("data") or "").startswith(ANSWERS):
        return _answered(pressed, number, at)
    if pressed:
        inside = pressed.child("message")
        chat, own = inside.child("chat").text("id") or "", f"{chat_of(pressed)}.press.{pressed.text('id') or number}"
        more = {"kind": "choice", "choice": pressed.text("data"), "name": _name(pressed.child("from"))}
        more["reply_to"] = f"{chat}.{inside.text('message_id')}"
        return Mapped((heard("telegram", chat, own, pressed.text("data") or "", at, **more),)) if chat else Mapped()
    status = member.child("new_chat_member").text("status")
    if member and status in ("kicked", "left"):
        chat = member.child("chat").text("id") or ""
        # They blocked the bot: as good as asking it to stop.
        own = f"{chat}.blocked.{number}"
        return Mapped((heard("telegram", chat, own, "/stop", _at(member, at), name=_name(member.child("from"))),))
    return Mapped(reason="update.not_used")


def _answered(pressed: Reader, number: str, at: datetime) -> Mapped:
    """A button under a question to staff; in a group, too."""
    account, own = pressed.child("from").text("id"), pressed.text("id") or number
    message = pressed.child("message")
    chat, id_ = chat_of(pressed), message.text("message_id") or ""
    if not account or not chat or not own:
        return Mapped(reason="update.not_used")
    name = _name(pressed.child("from"))
    press = Press("telegram", account, chat, id_, pressed.text("data") or "", reply=pressed.text("id") or "", name=name)
    return Mapped((pressed_event(press, own, at),))


def chat_of(pressed: Reader) -> str:
    return pressed.child("message").child("chat").text("id") or ""


def _name(person: Reader) -> str:
    return " ".join(part for part in (person.text("first_name"), person.text("last_name")) if part)


def _at(reader: Reader, received: datetime) -> datetime:
    seconds = reader.integer("date")
    return min(datetime.fromtimestamp(seconds, UTC), received) if seconds and 0 < seconds < 10**11 else received


TELEGRAM = connector(
    Connector(
        kind="telegram",
        name="Telegram",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        load_channel=lambda: CHANNEL,
    )
)
