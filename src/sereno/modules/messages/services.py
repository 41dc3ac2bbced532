"""What people say about being written to, written down: the consent ledger and the list of suppressed addresses.

The ledger is never changed, only added to; its newest line holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from sereno.store.fields import to_micros
from sereno.store.models import Consent, Suppression


def record_consent(
    shop_id: int,
    address: str,
    channel: str,
    purpose: str,
    granted: bool,
    *,
    source: str,
    proof: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> bool:
    """Add a line to the ledger. The same words said twice in one moment are one line; True when it is a new one."""
    at = at or datetime.now(UTC)
    address = address.strip().lower()
    said = f"{address}|{channel}|{purpose}|{granted}|{source}|{to_micros(at)}"
    _row, is_new = Consent.objects.get_or_create(
        shop_id=shop_id,
        uid=hashlib.blake2b(said.encode(), digest_size=16).hexdigest(),
        defaults={
            "address": address,
            "channel": channel,
            "purpose": purpose,
            "granted": granted,
            "at": at,
            "source": source[:64],
            "proof": dict(proof or {}),
        },
    )
    return is_new


def unsubscribe(shop_id: int, address: str, channel: str, proof: Mapping[str, Any] | None = None) -> bool:
    """No more marketing to this address over this channel. Unsubscribing twice changes nothing; True the first time.
    Messages about the person's own orders still go."""
    return choose(shop_id, address, channel, granted=False, source="unsubscribe", proof=proof)


def resubscribe(shop_id: int, address: str, channel: str, proof: Mapping[str, Any] | None = None) -> bool:
    """Undo an unsubscription, by the person's own hand on the page."""
    return choose(shop_id, address, channel, granted=True, proof=proof)


def choose(
    shop_id: int,
    address: str,
    channel: str,
    *,
    granted: bool,
    source: str = "preferences",
    proof: Mapping[str, Any] | None = None,
) -> bool:
    """Marketing or none, by the person's own hand. Saying again what holds changes nothing; True when it was new. A yes
    also gives an address another chance that once bounced: who says it here has read a mail sent there."""
    with transaction.atomic():
        if granted:
            bounced = Suppression.objects.filter(shop_id=shop_id, address=address.strip().lower(), channel=channel)
            bounced.filter(reason__startswith="bounce.").delete()
        if allows(shop_id, address, channel, "marketing") is granted:
            return False
        return record_consent(shop_id, address, channel, "marketing", granted, source=source, proof=proof)


def allows(shop_id: int, address: str, channel: str, purpose: str) -> bool | None:
    """What the person last said; None when nothing is on record."""
    lines = Consent.objects.filter(
        shop_id=shop_id, address=address.strip().lower(), channel=channel, purpose=purpose
    ).order_by("-at", "-id")
    return lines.values_list("granted", flat=True).first()


def suppress(shop_id: int, address: str, channel: str, reason: str) -> bool:
    """Never write to this address again over this channel. True when it was not suppressed before."""
    _row, is_new = Suppression.objects.get_or_create(
        shop_id=shop_id,
        address=address.strip().lower(),
        channel=channel,
        defaults={"reason": reason[:64], "at": datetime.now(UTC)},
    )
    return is_new


def is_suppressed(shop_id: int, address: str, channel: str) -> bool:
    return Suppression.objects.filter(shop_id=shop_id, address=address.strip().lower(), channel=channel).exists()
