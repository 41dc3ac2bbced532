"""How Mailgun is handed a mail: whole, as it would go over SMTP, so that every header is ours. It has no key for
idempotency: our Message-ID goes with every attempt."""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import quote

from sereno.connectors.mailing import EFFECT, basic, effect_of, hand_over, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import Mail
from sereno.sdk.result import Result
from sereno.sdk.stores import Answer, Exchange, Probe, StoreApi

HOSTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}


def send(exchange: Exchange, mail: Mail, whole: bytes) -> Result:
    fields = {"to": mail.to, f"v:{EFFECT}": effect_of(mail), "o:tracking": "no"}
    # Of the content, so that it stands nowhere inside.
    edge = blake2b(whole, digest_size=16).hexdigest()
    parts = [f"{_part(edge, name)}\r\n\r\n{value}\r\n" for name, value in fields.items()]
    head = f'{_part(edge, "message")}; filename="message.mime"\r\nContent-Type: message/rfc822\r\n\r\n'
    body = "".join((*parts, head)).encode() + whole + f"\r\n--{edge}--\r\n".encode()
    headers = {**_key(exchange), "Content-Type": f"multipart/form-data; boundary={edge}"}
    refused = {"is not a valid address": "recipient.refused"}
    answer = hand_over(exchange, f"{_domain(exchange)}/messages.mime", headers, body, mail, refused)
    return taken(mail, (answer.body or {}).get("id")) if isinstance(answer, Answer) else answer


def _part(edge: str, name: str) -> str:
    return f'--{edge}\r\nContent-Disposition: form-data; name="{name}"'


def probe(exchange: Exchange) -> Probe:
    host, domain = HOSTS.get(exchange.access.get("region", ""), HOSTS["us"]), exchange.access.get("domain", "")
    answer = exchange.send("GET", f"{host}/v4/domains/{quote(domain, safe='')}", headers=_key(exchange))
    found = (answer.body or {}).get("domain") or {}
    state = str(found.get("state") or "")
    return Probe(shop=str(found.get("name") or domain), lacking=() if state == "active" else (f"domain: {state}",))


def _domain(exchange: Exchange) -> str:
    host = HOSTS.get(exchange.access.get("region", ""), HOSTS["us"])
    return f"{host}/v3/{quote(exchange.access.get('domain', ''), safe='')}"


def _key(exchange: Exchange) -> dict[str, str]:
    return {"Authorization": basic("api", exchange.access.get("key", ""))}


SENDING = StoreApi(
    access=(
        Setting("key", _("Sending key"), "secret", True),
        Setting("domain", _("Domain"), "text", True, _("As it is called in Mailgun, such as mg.shop.example.")),
        Setting("region", _("Region"), "choice", False, options=tuple(HOSTS)),
    ),
    steps=(_("In Mailgun open Send, Sending, Domain settings, Sending keys, and add a key."),),
    probe=probe,
    mail=send,
)
