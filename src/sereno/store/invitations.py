"""Seats offered to addresses, for pages and the API alike.

Invariant: a token is known to whoever it was given to and to nobody else; the database keeps its digest.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction

from sereno.store.models import Invitation
from sereno.store.trail import note

GOOD_FOR = timedelta(days=7)


def offer(shop_id: int, email: str, role: str, by: str) -> tuple[Invitation, str]:
    """Make an invitation, which takes the place of an open one to the same address. Gives it with its token, which is
    shown once."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with transaction.atomic():
        Invitation.objects.filter(shop_id=shop_id, email=email, accepted_at=None, revoked_at=None).update(
            revoked_at=now
        )
        row = Invitation.objects.create(
            shop_id=shop_id,
            email=email,
            role=role,
            digest=digest_of(token),
            invited_by=by,
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
        note(shop_id, by, "person.invited", email, after={"role": role})
    return row, token


def withdraw(row: Invitation, by: str) -> None:
    """Its link is no longer good."""
    with transaction.atomic():
        Invitation.objects.filter(pk=row.pk).update(revoked_at=datetime.now(UTC))
        note(row.shop_id, by, "person.uninvited", row.email, before={"role": row.role})


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
