"""Who a shop's mail comes from, and the id it carries: the same for every action that sends mail."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from sereno.sdk.context import Context, ShopFacts


def sender_address(shop: ShopFacts) -> str:
    """The shop's `sender_email`, else no-reply at the host Sereno runs under."""
    own = str(shop.settings.get("sender_email") or "")
    return own or f"no-reply@{_domain(shop.base_url)}"


def sender(shop: ShopFacts) -> str:
    """Name and address, as `"Name" <address>`; the mailer encodes what is not ASCII."""
    name = " ".join(str(shop.settings.get("sender_name") or shop.name).split())
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{sender_address(shop)}>'


def reply_address(shop: ShopFacts) -> str | None:
    """Where answers go, if the shop says so."""
    return str(shop.settings.get("reply_to") or "") or None


def message_id(context: Context) -> str:
    """The Message-ID, made from the effect's key: the same on every attempt, so that a second delivery of one effect
    is recognisable to every mail program."""
    digest = hashlib.sha256(context.effect_key.encode()).digest()[:20]
    domain = sender_address(context.shop).rpartition("@")[2]
    return f"<{base64.b32encode(digest).decode().lower()}@{domain}>"


def _domain(base_url: str) -> str:
    host = urlsplit(base_url).hostname or "localhost"
    is_name = any(letter.isalpha() for letter in host) and ":" not in host
    return host if is_name else "localhost"
