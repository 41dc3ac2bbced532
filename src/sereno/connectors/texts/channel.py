"""Text messages through a gateway of the shop's own: one POST each, `{"to", "text", "from", "key"}`.

The gateway is told the key of every message, in the body and as `Idempotency-Key`, and takes a key once.
"""

from __future__ import annotations

from sereno.sdk.channels import ChannelApi, ChannelCall, ChannelRefused, Outgoing, Sent
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting

ACCESS = (
    Setting(
        "url", _("Address"), "url", True, help=_("Where a message is posted to, such as https://sms.example/send.")
    ),
    Setting("token", _("Token"), "secret", False, help=_("Sent as Authorization: Bearer ...")),
    Setting("secret", _("Signing secret"), "secret", False, help=_("For what the gateway tells (Standard Webhooks).")),
)
SETTINGS = (Setting("sender", _("Sender"), "text", False, help=_("Given to the gateway as `from`.")),)
STEPS = (
    _("Your gateway takes a POST with JSON: to (a number such as +34600000000), text, from and key."),
    _("It answers 2xx with {id: ...}; 4xx with {code: address.invalid} where the number is wrong."),
    _("It may tell what became of a message, and what people answer, at the address below, signed."),
)


def send(call: ChannelCall, message: Outgoing) -> Sent:
    body = {"to": message.to, "text": message.text, "from": str(call.settings.get("sender") or ""), "key": call.key}
    headers = {"Idempotency-Key": call.key}
    if call.access.get("token"):
        headers["Authorization"] = f"Bearer {call.access['token']}"
    status, said = call.ask_json("POST", call.access.get("url", ""), headers, body)
    told = said if isinstance(said, dict) else {}
    if status in (401, 403):
        raise ChannelRefused("channel.key_refused", f"The gateway refused the token ({status}).")
    if status >= 300:
        code = str(told.get("code") or "")
        is_ours = code in ("address.invalid", "address.unreachable", "address.unsubscribed")
        raise ChannelRefused(code if is_ours else "message.refused", f"HTTP {status}: {told.get('message') or code}")
    count = told.get("segments")
    return Sent(str(told.get("id") or call.key), count if isinstance(count, int) and count > 0 else 0)


def probe(call: ChannelCall) -> str:
    """There is nothing to ask: the test message tells."""
    return ""


CHANNEL = ChannelApi(
    channel="sms",
    access=ACCESS,
    settings=SETTINGS,
    steps=STEPS,
    probe=probe,
    send=send,
    collapses=True,
    secret_of=lambda access: access.get("secret", ""),
)
