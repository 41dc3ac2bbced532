"""Posts in a channel of Telegram, by the shop's bot, which is an administrator there.

Invariant: Telegram has no keys and lets nobody read a channel back, so a post whose answer was lost is not sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sereno.connectors.networks import KEY_REFUSED, send_form
from sereno.connectors.telegram.channel import ACCESS, HOST, heed
from sereno.sdk.channels import ChannelCall, ChannelRefused
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import Known, Network, Post, Published, Rules, by_bytes_of_16, network

LONGEST, CAPTION = 4096, 1024
SETTINGS = (Setting("channel", _("Channel"), "text", True, help=_("Its public name, such as @shop"), begins="@"),)
STEPS = (
    _("Talk to @BotFather in Telegram and send /newbot: it gives you the token."),
    _("Make the bot an administrator of your channel, with the right to post."),
    _("Paste the token here, with the channel's public name."),
)


def rules(settings: Mapping[str, Any]) -> Rules:
    return Rules(LONGEST, 10, by_bytes_of_16, kinds=("png", "jpg", "webp"))


def probe(call: ChannelCall) -> Known:
    found: Any = ask(call, "getChat", {"chat_id": _channel(call)}).get("result") or {}
    return Known(str(found.get("title") or _channel(call)), f"https://t.me/{_channel(call)[1:]}")


def publish(call: ChannelCall, post: Post) -> Published:
    chat, text = _channel(call), post.text
    if not post.pictures:
        return _published(call, ask(call, "sendMessage", {"chat_id": chat, "text": text}).get("result"))
    if by_bytes_of_16(text) > CAPTION:
        raise ChannelRefused("post.long", f"Under a picture Telegram takes {CAPTION} characters.")
    files = [(f"p{at}", f"p{at}.{one.kind}", one.mime, one.body) for at, one in enumerate(post.pictures)]
    if len(files) == 1:
        said = ask(call, "sendPhoto", {"chat_id": chat, "caption": text}, [("photo", *files[0][1:])])
        return _published(call, said.get("result"))
    media = [{"type": "photo", "media": f"attach://{one[0]}"} for one in files]
    media[0]["caption"] = text
    said = ask(call, "sendMediaGroup", {"chat_id": chat, "media": json.dumps(media, ensure_ascii=False)}, files)
    return _published(call, (said.get("result") or [{}])[0])


def remove(call: ChannelCall, id: str) -> None:
    ask(call, "deleteMessage", {"chat_id": _channel(call), "message_id": int(id)})


def ask(call: ChannelCall, method: str, fields: Mapping[str, Any], files: Any = ()) -> Mapping[str, Any]:
    url = f"{HOST}/bot{call.access.get('token', '')}/{method}"
    status, found = send_form(call, url, {}, fields, files) if files else call.ask_json("POST", url, {}, fields)
    try:
        return heed(status, found)
    except ChannelRefused as error:
        is_key = error.code == "channel.key_refused" or "rights" in str(error) or error.code == "address.gone"
        raise ChannelRefused(KEY_REFUSED if is_key else "post.refused", str(error)) from error


def _published(call: ChannelCall, found: Any) -> Published:
    id_ = str((found or {}).get("message_id") or "")
    return Published(id_, f"https://t.me/{_channel(call)[1:]}/{id_}")


def _channel(call: ChannelCall) -> str:
    return str(call.settings.get("channel") or "")


TELEGRAM = network(
    Network(
        name="telegram",
        label="Telegram",
        icon="send",
        access=ACCESS,
        settings=SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        remove=remove,
    )
)
