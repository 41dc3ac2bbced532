"""What tells one buyer from another, in one way of writing: mail, telephone, card, address, device, IP, name.

Invariant: the same thing written in two ways is one mark, and a mark says its kind (`email:ana@shop.example`), so that
a list and a history can be asked for all of an order's marks at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from sereno.commerce.merging import parts

Record = Mapping[str, Any]
KINDS = ("email", "domain", "phone", "ip", "card", "device", "address", "name")
TRACED = ("email", "phone", "ip", "card", "device", "address")
"""Those whose history is kept; a mail domain or a name is many people's."""
MOST = 200
_NOT_WORD = re.compile(r"[^\w]+")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_FREE = """
gmail.com googlemail.com outlook.com hotmail.com hotmail.es hotmail.fr hotmail.it hotmail.co.uk live.com msn.com
yahoo.com yahoo.es yahoo.fr yahoo.ro yahoo.com.br yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com gmx.de
gmx.net gmx.com web.de mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com sapo.pt iol.pt uol.com.br
bol.com.br terra.com.br terra.es telefonica.net orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it
t-online.de qq.com 163.com 126.com zoho.com fastmail.com
"""
FREE_MAIL = frozenset(_FREE.split())
"""Providers whose domain says nothing of who somebody is."""


def marks_of(order: Record) -> dict[str, str]:
    """The order's marks by kind, without those it does not have."""
    email = mail(order.get("email") or _inside(order, "customer", "email"))
    sent, billed = _record(order.get("shipping_address")), _record(order.get("billing_address"))
    found = {
        "email": email,
        "domain": email.rpartition("@")[2],
        "phone": phone(order.get("phone") or sent.get("phone") or billed.get("phone")),
        "ip": ip(order.get("ip_address")),
        "card": plain(card_of(order)),
        "device": plain(order.get("device_id")),
        "address": address(sent or billed),
        "name": name(sent.get("name") or billed.get("name") or _full(sent or billed)),
    }
    return {kind: f"{kind}:{value}"[:MOST] for kind, value in found.items() if value}


def mark(kind: str, text: str) -> str:
    """One mark as staff type it. Raises ValueError for what cannot be one."""
    value = _WRITTEN[kind](text) if kind in _WRITTEN else ""
    if kind == "email" and "@" not in value:
        value = ""
    if not value:
        raise ValueError(f"{text!r} is no {kind}")
    return f"{kind}:{value}"[:MOST]


def mail(value: object) -> str:
    """Lower case, without what stands after a plus; of Gmail's, without dots, for Gmail does not see them."""
    box, at, domain = str(value or "").strip().lower().rpartition("@")
    if not at or not box or not domain:
        return ""
    box = box.partition("+")[0] or box
    if domain in _GMAIL:
        box, domain = box.replace(".", ""), "gmail.com"
    return f"{box}@{domain}"


def ip(value: object) -> str:
    """An address; of IPv6 the network of 64 bits, which is one customer's line. "" for what is not public."""
    try:
        found = ip_address(str(value or "").strip())
    except ValueError:
        return ""
    if not found.is_global:
        return ""
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))


def phone(value: object) -> str:
    """The last nine digits: with and without the country's code it is one number."""
    digits = re.sub(r"\D", "", str(value or ""))
    return digits[-9:] if len(digits) >= 7 else ""


def address(value: object) -> str:
    """Postal code (else the city), street and number, whatever their case, accents and commas."""
    held = _record(value)
    street = words(f"{held.get('line1') or ''} {held.get('line2') or ''}")
    if not street:
        return ""
    place = words(held.get("postal_code")) or words(held.get("city"))
    return f"{place} {street}".strip()


def name(value: object) -> str:
    return " ".join(sorted(words(value).split()))


def plain(value: object) -> str:
    return str(value or "").strip().lower()


def words(value: object) -> str:
    text = unicodedata.normalize("NFKD", str(value or "").lower())
    return _NOT_WORD.sub(" ", "".join(one for one in text if not unicodedata.combining(one))).strip()


def card_of(order: Record) -> str | None:
    """The card's fingerprint, as the last payment that has one says it."""
    return next((str(one["card_fingerprint"]) for one in reversed(parts(order.get("payments")))
                 if one.get("card_fingerprint")), None)  # fmt: skip


def person_of(order: Record) -> str:
    """By what two orders are told to be of one person: the mail, else the customer."""
    return mail(order.get("email")) or plain(order.get("customer_id"))


def hidden(text: str) -> str:
    """A mark as it may be said in a reason: enough to know it again, not to write to it."""
    kind, _colon, value = text.partition(":")
    if kind == "email":
        box, _at, domain = value.partition("@")
        return f"{box[:1]}…@{domain}"
    if kind in ("phone", "card", "device"):
        return f"…{value[-4:]}"
    return value


def _record(value: object) -> Record:
    return value if isinstance(value, Mapping) else {}


def _inside(order: Record, name: str, key: str) -> Any:
    return _record(order.get(name)).get(key)


def _full(held: Record) -> str:
    return f"{held.get('first_name') or ''} {held.get('last_name') or ''}"


_WRITTEN = {
    "email": mail,
    "domain": lambda text: str(text).strip().lower().lstrip("@"),
    "phone": phone,
    "ip": ip,
    "card": plain,
    "device": plain,
    "address": words,
    "name": name,
}
