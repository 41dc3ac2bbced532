"""Keys of storefronts: made, found by what stands in a page, revoked; and the proof of who is signed in there.

Invariant: with such a key alone nobody learns anything about a customer. Only the shop's own server, which has its
secret, can say "this visitor is customer 17", and says so by a signature.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import urlsplit

from django.db import transaction

from sereno.store.models.storefronts import StorefrontKey
from sereno.store.secrets import decrypt, encrypt
from sereno.store.trail import note

PREFIX = "sf_"
KEPT_SECONDS = 2.0
"""How long what was found is taken for true: a revoked key answers no longer than this."""
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Storefront:
    """What a live key stands for."""

    id: int
    shop_id: int
    token: str
    origins: frozenset[str]
    secret: str

    def lets_in(self, origin: str) -> bool:
        """Whether a page of this origin may ask; a request without an origin is no page."""
        return not self.origins or not origin or origin.lower() in self.origins

    def is_proven(self, who: str, signature: str) -> bool:
        """Whether the shop's server signed `who`, a customer's id or address."""
        return bool(who) and hmac.compare_digest(proof(self.secret, who).encode(), signature.strip().lower().encode())


_found: dict[str, tuple[float, Storefront | None]] = {}
_lock = threading.Lock()


def issue(shop_id: int, name: str, origins: Sequence[str], by: str) -> tuple[StorefrontKey, str]:
    """Make a key; gives it and its secret, which is seen only now. Raises ValueError for an origin that is none."""
    secret = secrets.token_urlsafe(32)
    key = StorefrontKey(
        shop_id=shop_id,
        token=PREFIX + secrets.token_urlsafe(18),
        name=name.strip()[:100] or "storefront",
        origins=sorted({origin_of(one) for one in origins if one.strip()}),
        secret=encrypt([secret]),
        created_by=by[:200],
        created_at=datetime.now(UTC),
    )
    with transaction.atomic():
        key.save()
        note(shop_id, by, "storefront.key_made", key.name, after={"origins": ", ".join(key.origins)})
    return key, secret


def revoke(key: StorefrontKey, by: str) -> None:
    """Pages that carry it get no answer any more, within `KEPT_SECONDS` everywhere."""
    with transaction.atomic():
        if StorefrontKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=datetime.now(UTC)):
            note(key.shop_id, by, "storefront.key_revoked", key.name)
    with _lock:
        _found.pop(key.token, None)


def find(token: str) -> Storefront | None:
    """The live key with this text, or None."""
    if not token.startswith(PREFIX):
        return None
    now = monotonic()
    with _lock:
        held = _found.get(token)
    if held is not None and held[0] > now:
        return held[1]
    row = StorefrontKey.objects.filter(token=token[:40], revoked_at=None).first()
    found = None
    if row is not None:
        (secret,) = decrypt(row.secret)[:1]
        found = Storefront(row.pk, row.shop_id, row.token, frozenset(row.origins), secret)
    with _lock:
        if len(_found) >= _MOST:
            _found.clear()
        _found[token] = (now + KEPT_SECONDS, found)
    return found


def proof(secret: str, who: str) -> str:
    """HMAC-SHA256 of the customer's id or address by the key's secret, in hex: what the shop's server puts into the
    page of somebody who is signed in."""
    return hmac.new(secret.encode(), who.strip().lower().encode(), hashlib.sha256).hexdigest()


def origin_of(text: str) -> str:
    """`https://shop.example`, lower case, from an address or a bare origin. Raises ValueError."""
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"an origin is like https://www.example.com, not {text.strip()[:80]!r}")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
