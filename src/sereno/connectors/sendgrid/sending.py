"""How SendGrid is handed a mail (v3). It has no key for idempotency: our Message-ID goes with every attempt."""

from __future__ import annotations

from typing import Any

from sereno.connectors.mailing import effect_of, hand_over, parts_of, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import Mail
from sereno.sdk.result import Fail, Result
from sereno.sdk.stores import Answer, Exchange, Probe, StoreApi

HOSTS = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}


def send(exchange: Exchange, mail: Mail, whole: bytes) -> Result:
    try:
        name, address = parts_of(mail.sender)
    except ValueError as error:
        return Fail("sender.invalid", str(error))
    sender = {"email": address, **({"name": name} if name else {})}
    content = [{"type": "text/plain", "value": mail.text}]
    if mail.html is not None:
        content.append({"type": "text/html", "value": mail.html})
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": mail.to}], "custom_args": {"effect": effect_of(mail)}}],
        "from": sender,
        "subject": mail.subject,
        "content": content,
        "headers": {**mail.headers, "Message-ID": mail.message_id},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
    }
    if mail.reply_to:
        body["reply_to"] = {"email": parts_of(mail.reply_to)[1]}
    refused = {"Does not contain a valid address": "recipient.refused"}
    answer = hand_over(exchange, f"{_host(exchange)}/v3/mail/send", _key(exchange), body, mail, refused)
    return taken(mail, answer.headers.get("x-message-id")) if isinstance(answer, Answer) else answer


def probe(exchange: Exchange) -> Probe:
    answer = exchange.send("GET", f"{_host(exchange)}/v3/scopes", headers=_key(exchange))
    scopes = (answer.body or {}).get("scopes") or ()
    return Probe(lacking=() if "mail.send" in scopes else ("mail.send",))


def _host(exchange: Exchange) -> str:
    return HOSTS.get(exchange.access.get("region", ""), HOSTS["global"])


def _key(exchange: Exchange) -> dict[str, str]:
    return {"Authorization": f"Bearer {exchange.access.get('key', '')}"}


SENDING = StoreApi(
    access=(
        Setting("key", _("API key"), "secret", True, begins="SG."),
        Setting("region", _("Region"), "choice", False, options=tuple(HOSTS)),
    ),
    steps=(_("In SendGrid open Settings, API Keys, and make a key with access to “Mail Send”."),),
    probe=probe,
    mail=send,
)
