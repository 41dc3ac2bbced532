"""What connectors of outside tools have in common: what somebody said there about marketing, as an event; who may say
so; and the reading of answers about many people at once.

Invariant: a fact has one id however often its tool repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import signatures
from sereno.connectors.building import body_hash
from sereno.connectors.reading import as_instant
from sereno.engine.durations import format_instant
from sereno.sdk.connector import Mapped, NewEvent, Verdict

HEADER = "x-sereno-token"
"""Where the door puts the `secret` of an address, for tools that sign nothing."""


def said(
    tool: str, name: str, email: object, granted: bool, at: object, received_at: datetime, *, reason: str = ""
) -> NewEvent | None:
    """That somebody agreed to marketing by mail there, or withdrew; None where nobody's address is named. `name` tells
    the fact from all others of the tool. `at` is ISO 8601 or seconds since the epoch."""
    address = str(email or "").strip().lower()
    if "@" not in address or len(address) > 254:
        return None
    occurred = min(as_instant(at) or received_at, received_at)
    data = {
        "email": address,
        "channel": "email",
        "purpose": "marketing",
        "granted": granted,
        "state": "subscribed" if granted else "unsubscribed",
        "source": tool,
        "changed_at": format_instant(occurred),
        **({"reason": reason[:300]} if reason else {}),
    }
    key = (customer_key(None, address) or address)[:180]
    refs = {"customer": key, "email": address[:180]}
    return NewEvent(f"{tool}|{name}"[:200], "consent.changed", f"customer:{key}", occurred, data, refs)


def mapped(events: Sequence[NewEvent | None]) -> Mapped:
    found = tuple(event for event in events if event is not None)
    return Mapped(found, None if found else "event.not_used")


def verify_token(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    """Of tools that sign nothing and let the address carry a secret."""
    return signatures.verify_bare(secrets, headers.get(HEADER))


def sign_token(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, HEADER: secret}


def timely(at: datetime | None, now: datetime) -> Verdict:
    """What a right signature is worth that says when it was made."""
    if at is None:
        return "bad_signature"
    return "ok" if abs(now - at) <= signatures.TOLERANCE else "too_old"


def hash_of_body(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return body_hash(body)


def greet_all(query: Mapping[str, str], settings: Mapping[str, Any]) -> str | None:
    """Of tools that only look whether somebody answers there."""
    return ""


def items(held: Any, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list that stands there."""
    found = held.get(name) if isinstance(held, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def part(held: Any, *names: str) -> Mapping[str, Any]:
    """The object that stands there, step by step; an empty one where there is none."""
    for name in names:
        held = held.get(name) if isinstance(held, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, {}, [])}
