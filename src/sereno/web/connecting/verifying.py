"""By which secret a stored delivery was signed. Nothing was noted when it came in: its bytes and headers are kept, so
the question can be asked again at any time, and of any secret that is still valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sereno.runtime.connecting import mark_of
from sereno.runtime.reading.seeing import MARK
from sereno.sdk.connector import Connector
from sereno.sdk.plugin import registry
from sereno.store.models import Connection, Delivery
from sereno.store.secrets import SecretsUnreadable, decrypt

Signed = Literal["newest", "older", "unknown", "file", "read"]
LOOKED_AT = 100
"""The newest deliveries that are asked who signed them."""
_SECRET_LIKE = ("token", "secret", "password", "api-key", "apikey", "authorization", "cookie", "credential")


@dataclass(frozen=True, slots=True)
class Secret:
    """A valid secret: its `mark` names it without telling it, `ending` are its last characters where it is long. For an
    old one, `used_at` is when the newest delivery signed with it came, among the last `looked_at`."""

    mark: str
    ending: str
    since: datetime | None
    is_newest: bool
    used_at: datetime | None = None
    looked_at: int = 0


def secrets_of(connection: Connection) -> list[str] | None:
    """None when they cannot be read: they were written with another key of the installation."""
    try:
        return decrypt(connection.secrets)
    except SecretsUnreadable:
        return None


def described(connection: Connection) -> list[Secret]:
    """The valid secrets, the newest first."""
    held = secrets_of(connection) or []
    times = list(connection.settings.get("secrets_at") or ())
    since = [_instant(times[n]) if n < len(times) and times[n] else connection.created_at for n in range(len(held))]
    found = [
        Secret(mark_of(secret), secret[-4:] if len(secret) >= 16 else "", since[number], number == 0)
        for number, secret in enumerate(held)
    ]
    return found if len(held) < 2 else _with_last_use(connection, held, found)


def signed_by(connection: Connection, delivery: Delivery) -> Signed:
    """`read`: Sereno fetched it itself. `file`: it was brought in by hand, unsigned. `unknown`: the door verified it,
    by a secret that has been ended."""
    connector = registry().connectors.get(connection.kind)
    held = secrets_of(connection) or []
    headers, body = delivery.headers, bytes(delivery.body)
    if MARK in headers:
        return "read"
    if connector is None or "x-sereno-as" in headers:
        return "file" if "x-sereno-as" in headers else "unknown"
    for number, secret in enumerate(held):
        if _verifies(connector, secret, headers, body, delivery.received_at, connection.settings):
            return "newest" if number == 0 else "older"
    names = connector.sign("an example, long enough", b"{}", {}, delivery.received_at, connection.settings)
    return "unknown" if any(name.lower() in headers for name in names) else "file"


def shown_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """The headers with what might let somebody in covered."""
    return {
        str(name): "••••••" if any(one in str(name).lower() for one in _SECRET_LIKE) else str(value)
        for name, value in sorted(headers.items())
    }


def _with_last_use(connection: Connection, held: Sequence[str], found: list[Secret]) -> list[Secret]:
    connector = registry().connectors.get(connection.kind)
    if connector is None:
        return found
    rows = Delivery.objects.filter(connection=connection).order_by("-id")[:LOOKED_AT]
    used: dict[int, datetime] = {}
    looked_at = 0
    for row in rows.iterator(chunk_size=10):
        looked_at += 1
        for number, secret in enumerate(held):
            if _verifies(connector, secret, row.headers, bytes(row.body), row.received_at, connection.settings):
                used.setdefault(number, row.received_at)
                break
        if len(used) == len(held):
            break
    return [
        Secret(one.mark, one.ending, one.since, one.is_newest, used.get(number), looked_at)
        for number, one in enumerate(found)
    ]


def _verifies(
    connector: Connector, secret: str, headers: Mapping[str, str], body: bytes, at: datetime, settings: Any
) -> bool:
    try:
        return connector.verify([secret], headers, body, at, settings) == "ok"
    except Exception:  # a strange old body says nothing about the secret
        return False


def _instant(micros: int) -> datetime:
    from sereno.store.fields import from_micros

    return from_micros(micros)
