"""How Brevo is handed a mail (v3). It knows a key for idempotency among a mail's headers: ours is the effect's."""

from __future__ import annotations

from typing import Any

from sereno.connectors.mailing import effect_of, hand_over, parts_of, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import Mail
from sereno.sdk.result import Fail, Result
from sereno.sdk.stores import Answer, Exchange, Probe, StoreApi

HOST = "https://api.brevo.com/v3"


def send(exchange: Exchange, mail: Mail, whole: bytes) -> Result:
    try:
        name, address = parts_of(mail.sender)
    except ValueError as error:
        return Fail("sender.invalid", str(error))
    effect = effect_of(mail)
    headers = {**mail.headers, "Message-ID": mail.message_id, "X-Mailin-custom": effect, "idempotencyKey": effect}
    body: dict[str, Any] = {
        "sender": {"email": address, **({"name": name} if name else {})},
        "to": [{"email": mail.to}],
        "subject": mail.subject,
        "textContent": mail.text,
        "headers": {name: value for name, value in headers.items() if value},
    }
    if mail.html is not None:
        body["htmlContent"] = mail.html
    if mail.reply_to:
        body["replyTo"] = {"email": parts_of(mail.reply_to)[1]}
    refused = {"email is not valid": "recipient.refused"}
    answer = hand_over(exchange, f"{HOST}/smtp/email", _key(exchange), body, mail, refused)
    return taken(mail, (answer.body or {}).get("messageId")) if isinstance(answer, Answer) else answer


def probe(exchange: Exchange) -> Probe:
    answer = exchange.send("GET", f"{HOST}/account", headers=_key(exchange))
    return Probe(shop=str((answer.body or {}).get("companyName") or (answer.body or {}).get("email") or ""))


def _key(exchange: Exchange) -> dict[str, str]:
    return {"api-key": exchange.access.get("key", "")}


SENDING = StoreApi(
    access=(Setting("key", _("API key"), "secret", True, begins="xkeysib-"),),
    steps=(_("In Brevo open your account, SMTP & API, API keys, and make a key."),),
    probe=probe,
    mail=send,
)
