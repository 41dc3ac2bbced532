"""What people said about being written to: the consent ledger, whose newest line holds, and the list of suppressed
addresses. What they choose on a page goes through `runtime.consenting`, for flows hear of it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sereno.store.models import Consent, Suppression
from sereno.store.pseudonyms import known_as


def allows(shop_id: int, address: str, channel: str, purpose: str) -> bool | None:
    """What the person last said; None when nothing is on record."""
    lines = Consent.objects.filter(
        shop_id=shop_id, address__in=known_as(address.strip().lower()), channel=channel, purpose=purpose
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
    known = known_as(address.strip().lower())
    return Suppression.objects.filter(shop_id=shop_id, address__in=known, channel=channel).exists()
