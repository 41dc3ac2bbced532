"""How Telegram's Bot API is asked to send.

Invariant: a bot can write only to who has begun to talk to it; Telegram has no keys for idempotency, so what may have
been sent is not sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sereno.sdk.channels import ChannelApi, ChannelCall, ChannelLimited, ChannelRefused, Outgoing, Sent
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.desk import Card, Choice, DeskApi, Posted, Press

HOST = "https://api.telegram.org"
LONGEST = 4096
MESSAGE_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_TOKEN = re.compile(r"\d{5,15}:[A-Za-z0-9_-]{20,80}")
ACCESS = (Setting("token", _("Bot token"), "secret", True, help=_("As BotFather gave it: 123456789:AA...")),)
SETTINGS = (Setting("bot", _("Name of the bot"), "text", False, help=_("Without @; found out by itself.")),)
STEPS = (
    _("Talk to @BotFather in Telegram and send /newbot: it gives you the token."),
    _("Paste the token here. Sereno tells Telegram where to write by itself."),
)


def send(call: ChannelCall, message: Outgoing) -> Sent:
    parts = [message.title, message.text, message.url if not message.buttons else "", message.footer]
    body: dict[str, Any] = {"chat_id": message.to, "text": "\n\n".join(part for part in parts if part)[:LONGEST]}
    rows = [[_key(one)] for one in (*message.buttons, *message.listed)[:10]]
    if rows:
        body["reply_markup"] = {"inline_keyboard": rows}
    said = ask(call, "sendMessage", body)
    result: Any = said.get("result") or {}
    return Sent(f"{message.to}.{result.get('message_id') or ''}")


def _key(one: Any) -> dict[str, str]:
    return {"text": one.label, "url": one.url} if one.url else {"text": one.label, "callback_data": one.id[:64]}


def probe(call: ChannelCall) -> str:
    said = ask(call, "getMe", {})
    return str((said.get("result") or {}).get("username") or "")


def set_up(call: ChannelCall, secret: str) -> None:
    """Have Telegram write to our door."""
    ask(
        call,
        "setWebhook",
        {"url": call.hook, "secret_token": secret, "allowed_updates": ["message", "callback_query", "my_chat_member"]},
    )


# --- asking staff -----------------------------------------------------------------------------------


def post(call: ChannelCall, to: str, card: Card) -> Posted:
    said = ask(call, "sendMessage", {"chat_id": to, **_shown(card)})
    result: Any = said.get("result") or {}
    return Posted(str((result.get("chat") or {}).get("id") or to), str(result.get("message_id") or ""))


def change(call: ChannelCall, posted: Posted, card: Card) -> None:
    """What stands there already is no change, which Telegram refuses. Words that can no longer be edited at least lose
    their buttons."""
    where = {"chat_id": posted.chat, "message_id": int(posted.message) if posted.message.isdigit() else 0}
    shown = _shown(card)
    try:
        ask(call, "editMessageText", {**where, **shown})
    except ChannelRefused as error:
        if "message is not modified" in str(error):
            return
        if error.code != "message.refused":
            raise
        ask(call, "editMessageReplyMarkup", {**where, "reply_markup": shown["reply_markup"]})


def reply(call: ChannelCall, press: Press, text: str) -> None:
    """Over the chat of who pressed, for a moment. A press waits for it some seconds only; then it is too late."""
    try:
        ask(call, "answerCallbackQuery", {"callback_query_id": press.reply, "text": text[:200], "show_alert": True})
    except ChannelRefused as error:
        if "query is too old" not in str(error):
            raise


def _shown(card: Card) -> dict[str, Any]:
    text = "\n\n".join(part for part in (card.title, "\n".join(card.lines), "\n".join(card.fine)) if part)
    answers = [_choice(one) for one in card.choices if not one.url]
    links = [[_choice(one)] for one in card.choices if one.url.startswith("https://")]
    keyboard = [*([answers] if answers else []), *links]
    return {
        "text": text[:LONGEST],
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": keyboard},
    }


def _choice(one: Choice) -> dict[str, str]:
    return {"text": one.label, "url": one.url} if one.url else {"text": one.label, "callback_data": one.value}


# --- the wire ---------------------------------------------------------------------------------------


def ask(call: ChannelCall, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    token = call.access.get("token", "")
    if not _TOKEN.fullmatch(token):
        raise ChannelRefused("channel.key_refused", "This is no token of a bot, such as 123456789:AA...")
    return heed(*call.ask_json("POST", f"{HOST}/bot{token}/{method}", {}, body))


def heed(status: int, found: Any) -> Mapping[str, Any]:
    """What Telegram answered. Raises what a refusal means."""
    said: Mapping[str, Any] = found if isinstance(found, dict) else {}
    if status < 400 and said.get("ok"):
        return said
    text = str(said.get("description") or status)
    after = (said.get("parameters") or {}).get("retry_after")
    if isinstance(after, int):
        raise ChannelLimited(timedelta(seconds=after), text)
    if status in (401, 404):
        raise ChannelRefused("channel.key_refused", f"Telegram refused the token: {text}")
    if status == 403:
        raise ChannelRefused("address.gone", f"Telegram: {text}")
    if any(said in text.lower() for said in MESSAGE_GONE):
        raise ChannelRefused("message.gone", f"Telegram: {text}")
    gone = "chat not found" in text.lower()
    raise ChannelRefused("address.unreachable" if gone else "message.refused", f"Telegram: {text}")


CHANNEL = ChannelApi(
    channel="telegram",
    access=ACCESS,
    settings=SETTINGS,
    steps=STEPS,
    probe=probe,
    send=send,
    set_up=set_up,
    desk=DeskApi(post, reply, change),
)
