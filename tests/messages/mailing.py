"""A mail server's inbox, read back, and a shop that writes to Ana."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import Consents, Links, Mailer, Products

SERVER = Path(__file__).with_name("smtp_server.py")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class MailServer:
    """What the process took, read back as a mail program reads it."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def answer(self, **rules: Any) -> None:
        (self.folder / "rules.json").write_text(json.dumps(rules))

    def raw(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("*.eml"))]

    def mails(self) -> list[EmailMessage]:
        found = [message_from_bytes(raw, policy=policy.default) for raw in self.raw()]
        assert all(isinstance(mail, EmailMessage) for mail in found)
        return found  # type: ignore[return-value]

    def facts(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("0*.json"))]


StartServer = Callable[..., MailServer]


class Ledger:
    """A consent ledger in memory."""

    def __init__(self, said: Mapping[str, bool] | None = None, suppressed: tuple[str, ...] = ()) -> None:
        self.said = dict(said or {})
        self.suppressed = suppressed

    def allows(self, address: str, channel: str, purpose: str) -> bool | None:
        return self.said.get(address)

    def is_suppressed(self, address: str, channel: str) -> bool:
        return address in self.suppressed

    def record(self, *args: Any, **more: Any) -> None:
        raise NotImplementedError

    def suppress(self, address: str, channel: str, reason: str) -> None:
        self.suppressed = (*self.suppressed, address)


class Shelf:
    """Today's products."""

    def __init__(self, variants: Mapping[str, Mapping[str, Any]]) -> None:
        self.variants = variants

    def today(self, variants: Any) -> Mapping[str, Mapping[str, Any]]:
        return {key: self.variants[key] for key in variants if key in self.variants}


SETTINGS: dict[str, Any] = {
    "website": "https://nandu.example",
    "support_email": "hola@nandu.example",
    "support_phone": "+34 600 000 000",
    "postal_address": "C/ del Barro 7, 30001 Murcia",
    "sender_email": "hola@nandu.example",
    # Addresses as they were written: what is made of them has tests of its own.
    "track_opens": "off",
    "track_clicks": "off",
    "utm": "off",
}
LINES: list[dict[str, Any]] = [
    {
        "variant_id": "v1",
        "product_id": "p1",
        "sku": "TZ-1",
        "title": "Taza «Mañana»",
        "variant_title": "Azul",
        "quantity": 2,
        "price": "14.90",
        "total": "29.80",
        "url": "https://nandu.example/p/1",
    },
    {"variant_id": "v2", "sku": "PL", "title": "Plato hondo", "quantity": 1, "price": "18.00", "total": "18.00"},
]
CUSTOMER: dict[str, Any] = {
    "id": "7",
    "email": "ana@example.com",
    "first_name": "Ana",
    "locale": "es",
    "accepts_email": True,
}
ORDER: dict[str, Any] = {
    "id": "1",
    "number": "#1001",
    "email": "ana@example.com",
    "currency": "EUR",
    "total": "52.75",
    "subtotal": "47.80",
    "total_shipping": "4.95",
    "lines": LINES,
    "shipping_address": {"name": "Ana Núñez", "line1": "Calle Mayor 3", "city": "Madrid", "country": "ES"},
}
CART: dict[str, Any] = {
    "id": "c1",
    "email": "ana@example.com",
    "currency": "EUR",
    "total": "47.80",
    "lines": LINES,
    "recovery_url": "https://nandu.example/cart/c1",
}


def make_context(
    mailer: Any,
    *,
    key: str = "run1/0",
    records: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    ledger: Ledger | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    event: Mapping[str, Any] | None = None,
    locale: str = "es",
) -> Context:
    """An effect about an order and a cart of Ana's."""
    shop = ShopFacts(
        1, "Cerámica Ñandú", "EUR", "Europe/Madrid", locale, "https://sereno.example", {**SETTINGS, **(settings or {})}
    )
    ports: dict[type[Any], Any] = {
        Mailer: mailer,
        Consents: ledger or Ledger(),
        Links: SignedLinks("secret", shop.base_url, shop.id),
        Products: Shelf(variants or {}),
    }

    def find(kind: type[Any]) -> Any:
        if ports.get(kind) is None:
            raise LookupError(kind)
        return ports[kind]

    held = {"customer": CUSTOMER, "order": ORDER, "cart": CART, "product": None, **(records or {})}
    return Context(
        effect_key=key,
        attempt=1,
        flow="a-flow",
        run="run1",
        subject="order:1",
        shop=shop,
        refs={},
        records=held,
        event=event or {"type": "order.created", "data": {}},
        vars={},
        now=NOW,
        find_port=find,
    )
