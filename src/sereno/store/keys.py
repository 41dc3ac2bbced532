"""Making and finding API keys. A key is 256 random bits, so a plain SHA-256 is enough to keep it by."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

from django.db import transaction

from sereno.store.models.keys import ApiKey
from sereno.store.trail import note

PREFIX = "sereno_"
SCOPES = ("read", "events:write", "flows:write", "work", "settings")
"""What a key may do, from least to most. `read` is always there. `settings`: people, keys, connections, the shop."""
SHORT = {"write": ("events:write", "flows:write", "work")}
"""Names that stand for several scopes."""


def issue(shop_id: int, name: str, scopes: str, by: str, *, expires_at: datetime | None = None) -> str:
    """Make a key and give it back: the only time it is seen. Raises ValueError for an unknown scope."""
    wanted = {"read"}.union(*(SHORT.get(scope, (scope,)) for scope in scopes.split()))
    if not wanted <= set(SCOPES):
        raise ValueError(f"scopes are {', '.join(SCOPES)}, not {scopes!r}")
    token = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        shop_id=shop_id,
        name=name[:100],
        prefix=token[: len(PREFIX) + 6],
        digest=_digest(token),
        scopes=" ".join(scope for scope in SCOPES if scope in wanted),
        created_by=by[:200],
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    with transaction.atomic():
        key.save()
        end = expires_at.isoformat(timespec="seconds") if expires_at else ""
        note(shop_id, by, "key.made", key.name, after={"scopes": key.scopes, "expires_at": end})
    return token


def revoke(key: ApiKey, by: str) -> None:
    """The key no longer works, from the next request on."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=datetime.now(UTC)):
            note(key.shop_id, by, "key.revoked", key.name, before={"scopes": key.scopes})


def find(token: str) -> ApiKey | None:
    """The live key with this text, or None. Its last use is noted, to the minute."""
    if not token.startswith(PREFIX):
        return None
    key = ApiKey.objects.select_related("shop").filter(digest=_digest(token), revoked_at=None).first()
    now = datetime.now(UTC)
    if key is not None and key.expires_at is not None and key.expires_at <= now:
        return None
    if key is not None and (key.used_at is None or (now - key.used_at).total_seconds() > 60):
        ApiKey.objects.filter(pk=key.pk).update(used_at=now)
    return key


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
