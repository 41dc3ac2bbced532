"""How Postmark is handed a mail. It has no key for idempotency: our Message-ID is kept, so that a mail that went twice
is recognisable as one."""

from __future__ import annotations

from typing import Any

from sereno.connectors.mailing import EFFECT, effect_of, hand_over, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import Mail
from sereno.sdk.result import Result
from sereno.sdk.stores import Answer, Exchange, Probe, StoreApi

HOST = "https://api.postmarkapp.com"
REFUSED = {'"ErrorCode":406': "recipient.unknown", '"ErrorCode":300': "recipient.refused"}
"""406: marked inactive after a hard bounce or a complaint; 300: not an address."""


def send(exchange: Exchange, mail: Mail, whole: bytes) -> Result:
    stream = exchange.access.get("stream") or "outbound"
    headers = [{"Name": name, "Value": value} for name, value in mail.headers.items()]
    headers += [{"Name": "Message-ID", "Value": mail.message_id}, {"Name": "X-PM-KeepID", "Value": "true"}]
    body: dict[str, Any] = {
        "From": mail.sender,
        "To": mail.to,
        "Subject": mail.subject,
        "TextBody": mail.text,
        "HtmlBody": mail.html,
        "ReplyTo": mail.reply_to,
        "MessageStream": stream,
        "Headers": headers,
        "Metadata": {EFFECT: effect_of(mail)[:80]},
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    body = {name: value for name, value in body.items() if value is not None}
    answer = hand_over(exchange, f"{HOST}/email", _key(exchange), body, mail, REFUSED)
    return taken(mail, (answer.body or {}).get("MessageID")) if isinstance(answer, Answer) else answer


def probe(exchange: Exchange) -> Probe:
    answer = exchange.send("GET", f"{HOST}/server", headers=_key(exchange))
    return Probe(shop=str((answer.body or {}).get("Name") or ""))


def _key(exchange: Exchange) -> dict[str, str]:
    return {"X-Postmark-Server-Token": exchange.access.get("token", "")}


SENDING = StoreApi(
    access=(
        Setting("token", _("Server token"), "secret", True),
        Setting("stream", _("Message stream"), "text", False, _("Left out: outbound.")),
    ),
    steps=(_("In Postmark open your server, API Tokens, and copy the server API token."),),
    probe=probe,
    mail=send,
)
