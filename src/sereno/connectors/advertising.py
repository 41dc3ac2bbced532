"""What the advertisers' platforms have in common: people are told as hashes, and only those who agreed to marketing.

Invariant: no address leaves in the clear; each is brought into the one form both platforms hash, so that the same
person is the same hash there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sereno.connectors.outside import hash_of_body, sign_token, verify_token
from sereno.sdk.audience import Person, Turned
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped

NEVER = "webhook.none"


def hashed(text: str) -> str:
    """SHA-256 in hex; "" stays ""."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def email_of(person: Person) -> str:
    return person.email.strip().lower()


def reachable(people: Sequence[Person]) -> tuple[list[Person], list[Turned]]:
    """Those with an e-mail or a number, and the others."""
    found = [one for one in people if one.email.strip() or one.phone.strip()]
    return found, [Turned(one.key, "address.missing") for one in people if not (one.email.strip() or one.phone.strip())]


def _map(delivery: Delivery, settings: Any) -> Mapped:
    return Mapped(reason=NEVER)


def advertiser(kind: str, name: str, load: Any, guide: Guide) -> Connector:
    """A platform that tells nothing by itself: its door takes only what carries the secret, and keeps it unused."""
    return Connector(
        kind=kind,
        name=name,
        verify=verify_token,
        topic=lambda headers, body, settings: "",
        dedupe_key=hash_of_body,
        map=_map,
        sign=sign_token,
        guide=guide,
        load_store=load,
    )


def exact(at: datetime) -> int:
    """A number for a batch of this instant, as platforms want them."""
    return int(at.timestamp() * 1_000_000)
