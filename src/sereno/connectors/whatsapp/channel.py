"""How the Cloud API is asked to send (`POST /{phone-number-id}/messages`).

Invariant: free words go only while the reader's own last message is less than 24 hours old (who sends keeps that); the
effect's key travels along and comes back with every status, so that a message whose answer was lost is known again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sereno.sdk.channels import (
    Button,
    ChannelApi,
    ChannelBusy,
    ChannelCall,
    ChannelLimited,
    ChannelRefused,
    ChannelUnclear,
    Outgoing,
    Sent,
)
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.desk import Card, DeskApi, Posted, Press

HOST = "https://graph.facebook.com/v23.0"
WINDOW = timedelta(hours=24)
ROW_TITLE, ROW_TEXT, BUTTON, BODY = 24, 72, 20, 1024
"""Characters Meta takes."""
CODES = {
    0: "channel.key_refused",
    3: "channel.key_refused",
    10: "channel.key_refused",
    190: "channel.key_refused",
    200: "channel.key_refused",
    131005: "channel.key_refused",
    368: "channel.locked",
    131031: "channel.locked",
    131037: "channel.unregistered",
    131042: "channel.unpaid",
    131045: "channel.unregistered",
    133010: "channel.unregistered",
    130403: "address.unreachable",
    130472: "address.capped",
    130497: "address.unreachable",
    131021: "address.invalid",
    131026: "address.unreachable",
    131030: "address.unreachable",
    131047: "window.closed",
    131049: "address.capped",
    131050: "address.unsubscribed",
    132000: "approved.differs",
    132001: "approved.missing",
    132012: "approved.differs",
    132015: "approved.paused",
    132016: "approved.disabled",
}
"""Meta's numbers of errors. 131045 and 133010 speak of the shop's own number, not of the reader's."""
BUSY = frozenset({4, 80007, 130429, 131048, 131056, 131057, 133016})
UNCLEAR = frozenset({1, 2, 131000, 131016})
ACCESS = (
    Setting("token", _("Access token"), "secret", True, help=_("Of a system user; it does not expire.")),
    Setting("app_secret", _("App secret"), "secret", True, help=_("Signs what WhatsApp tells Sereno.")),
)
SETTINGS = (
    Setting("number_id", _("Phone number ID"), "text", True),
    Setting("number", _("Number"), "text", False, help=_("As people see it, for links: +34600000000.")),
)
STEPS = (
    _("In Meta for Developers open your app, WhatsApp, API Setup: copy the Phone number ID."),
    _("In Business Settings make a system user and a token with whatsapp_business_messaging."),
    _("Copy the App secret from App settings, Basic."),
    _("Under WhatsApp, Configuration, give the address below as callback with the word shown as verify token."),
    _("Subscribe to the fields messages and user_preferences."),
)


def send(call: ChannelCall, message: Outgoing) -> Sent:
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.to.removeprefix("+"),
        "biz_opaque_callback_data": call.key[:512],
        **_content(message),
    }
    status, said = _ask(call, "POST", f"/{call.settings.get('number_id')}/messages", body)
    if status >= 400:
        raise _trouble(status, said)
    found = said.get("messages") or [{}]
    return Sent(str(found[0].get("id") or ""))


def post(call: ChannelCall, to: str, card: Card) -> Posted:
    """A question to staff, with reply buttons; a card cannot be changed afterwards. Its link is part of the words."""
    parts = (f"*{card.title}*", *card.lines, *card.fine, *(one.url for one in card.choices if one.url))
    buttons = tuple(Button(one.label, id=one.value) for one in card.choices if one.value)
    words = "\n".join(part for part in parts if part)[:BODY]
    return Posted(to, send(call, Outgoing(to=to, text=words, buttons=buttons)).id)


def reply(call: ChannelCall, press: Press, text: str) -> None:
    send(call, Outgoing(to=press.account, text=text))


def _content(message: Outgoing) -> dict[str, Any]:
    if message.approved is not None:
        approved = message.approved
        values = [{"type": "text", "text": value or "-"} for value in approved.values]
        parts: list[dict[str, Any]] = [{"type": "body", "parameters": values}] if values else []
        for number, button in enumerate(message.buttons):
            payload = {"type": "payload", "payload": button.id or button.label}
            parts.append({"type": "button", "sub_type": "quick_reply", "index": str(number), "parameters": [payload]})
        template: dict[str, Any] = {"name": approved.name, "language": {"code": approved.language}}
        return {"type": "template", "template": {**template, **({"components": parts} if parts else {})}}
    if not message.buttons and not message.listed:
        return {"type": "text", "text": {"body": _with_title(message), "preview_url": bool(message.url)}}
    interactive: dict[str, Any] = {"body": {"text": message.text}}
    if message.title:
        interactive["header"] = {"type": "text", "text": message.title[:60]}
    if message.footer:
        interactive["footer"] = {"text": message.footer[:60]}
    if message.listed:
        rows = [_row(one.id or one.label, one.label, one.description) for one in message.listed[:10]]
        action: dict[str, Any] = {"button": message.list_label[:BUTTON], "sections": [{"rows": rows}]}
        return {"type": "interactive", "interactive": {"type": "list", **interactive, "action": action}}
    replies = [
        {"type": "reply", "reply": {"id": (one.id or one.label)[:256], "title": one.label[:BUTTON]}}
        for one in message.buttons[:3]
    ]
    return {"type": "interactive", "interactive": {"type": "button", **interactive, "action": {"buttons": replies}}}


def _row(id_: str, title: str, description: str) -> dict[str, str]:
    row = {"id": id_[:200], "title": title[:ROW_TITLE]}
    return {**row, "description": description[:ROW_TEXT]} if description else row


def _with_title(message: Outgoing) -> str:
    parts = [f"*{message.title}*" if message.title else "", message.text, message.url, message.footer]
    return "\n\n".join(part for part in parts if part)


def probe(call: ChannelCall) -> str:
    status, said = _ask(call, "GET", f"/{call.settings.get('number_id')}?fields=display_phone_number,verified_name")
    if status >= 400:
        raise _trouble(status, said)
    return " ".join(str(said.get(name) or "") for name in ("verified_name", "display_phone_number")).strip()


def _ask(call: ChannelCall, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, Any]]:
    headers = {"Authorization": f"Bearer {call.access.get('token', '')}"}
    status, said = call.ask_json(method, f"{HOST}{path}", headers, body)
    return status, said if isinstance(said, dict) else {}


def _trouble(status: int, said: Mapping[str, Any]) -> Exception:
    error: Mapping[str, Any] = said.get("error") or {}
    details: Mapping[str, Any] = error.get("error_data") or {}
    code, text = int(error.get("code") or 0), str(details.get("details") or error.get("message") or "")
    if code in BUSY:
        # A pair of business and reader may have one message every six seconds; the rest are rates of the account.
        return ChannelLimited(timedelta(seconds=10 if code == 131056 else 60), f"WhatsApp {code}: {text}")
    if code in UNCLEAR:
        return ChannelUnclear(f"WhatsApp {code}: {text}")
    if status == 401:
        return ChannelRefused("channel.key_refused", f"WhatsApp refused the token ({code}): {text}")
    if error.get("is_transient"):
        return ChannelBusy(f"WhatsApp {code}: {text}")
    return ChannelRefused(
        CODES.get(code, "message.refused") if error else "message.refused", f"WhatsApp {code}: {text}"
    )


CHANNEL = ChannelApi(
    channel="whatsapp",
    access=ACCESS,
    settings=SETTINGS,
    steps=STEPS,
    probe=probe,
    send=send,
    window=WINDOW,
    secret_of=lambda access: access.get("app_secret", ""),
    desk=DeskApi(post, reply),
)
