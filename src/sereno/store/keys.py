"""Making and finding API keys. A key is 256 random bits, so a plain SHA-256 is enough to keep it by."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

from sereno.store.models.keys import ApiKey

PREFIX = "sereno_"
SCOPES = ("read", "write")


def issue(shop_id: int, name: str, scopes: str, by: str) -> str:
    """Make a key and give it back: the only time it is seen. Raises ValueError for an unknown scope."""
    wanted = set(scopes.split()) | {"read"}
    if not wanted <= set(SCOPES):
        raise ValueError(f"scopes are {' and '.join(SCOPES)}, not {scopes!r}")
    token = PREFIX + secrets.token_urlsafe(32)
    ApiKey.objects.create(
        shop_id=shop_id,
        name=name[:100],
        prefix=token[: len(PREFIX) + 6],
        digest=_digest(token),
        scopes=" ".join(scope for scope in SCOPES if scope in wanted),
        created_by=by[:200],
        created_at=datetime.now(UTC),
    )
    return token


def find(token: str) -> ApiKey | None:
    """The live key with this text, or None. Its last use is noted, to the minute."""
    if not token.startswith(PREFIX):
        return None
    key = ApiKey.objects.select_related("shop").filter(digest=_digest(token), revoked_at=None).first()
    if key is not None:
        now = datetime.now(UTC)
        if key.used_at is None or (now - key.used_at).total_seconds() > 60:
            ApiKey.objects.filter(pk=key.pk).update(used_at=now)
    return key


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
