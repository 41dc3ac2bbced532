"""What the pages of a storefront are given to show: by one answer for everybody, which caches keep, and by one for
somebody who is known.

Invariant: the answer for everybody names no customer; it carries the dates of what it holds, so that a copy from a
cache begins and ends things on the instant too.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from sereno.runtime.segments.memberships import members_in
from sereno.sdk.content import Campaign, Piece, Showing, Visitor, order_of, read_campaign, standing
from sereno.sdk.languages import said
from sereno.store.database import Database, Transaction, default_database
from sereno.store.documents import decode
from sereno.store.fields import from_micros, storable, to_micros

AHEAD = timedelta(hours=1)
"""What begins within so long is in the answer already."""
KEPT_SECONDS = 1.0
MOST_SHOWN = 2000
_MOST = 2000


def read_on(tx: Transaction, shop_id: int, now: datetime) -> list[Campaign]:
    """Those that are on and not over, whether begun or not."""
    rows = tx.all("content_on", {"shop": shop_id, "now": to_micros(now)})
    return [read_campaign(row[0], decode(row[1])) for row in rows]


def read_shown(tx: Transaction, shop_id: int, customers: Sequence[str], now: datetime) -> list[Showing]:
    """Of everyone ("") and of these customers."""
    asked = {"shop": shop_id, "customers": list(customers), "now": to_micros(now), "most": MOST_SHOWN}
    rows = tx.all("content_shown", asked)
    return [_showing(row) for row in rows]


def _showing(row: Sequence[Any]) -> Showing:
    campaign, customer, product, until, is_by_hand = row
    return Showing(campaign, customer, product, None if until is None else from_micros(until), bool(is_by_hand))


def now_standing(
    shop_id: int, customer: str, product: str, tags: Sequence[str], at: datetime, database: Database | None = None
) -> dict[str, tuple[Campaign, Piece]]:
    """What one visitor sees at an instant, by place."""
    with (database or default_database()).read() as tx:
        campaigns, showings = read_on(tx, shop_id, at), read_shown(tx, shop_id, _whom(customer), at)
        segments = _segments(tx, shop_id, customer)
    return standing(campaigns, showings, Visitor(customer, segments, product, frozenset(tags)), at)


def for_everybody(
    shop_id: int, locale: str, *, now: datetime | None = None, database: Database | None = None
) -> tuple[bytes, str]:
    """JSON, and its tag. From memory for a second."""
    at = (shop_id, locale)
    if now is None and (held := _held(at)) is not None:
        return held
    moment = now or datetime.now(UTC)
    with (database or default_database()).read() as tx:
        campaigns, showings = read_on(tx, shop_id, moment), read_shown(tx, shop_id, [""], moment)
        own = _own_locale(tx, shop_id)
    found = [one for one in campaigns if not one.segment and _is_soon(one, moment)]
    document = {"campaigns": _told(found, showings, locale, own)}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    answer = body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    if now is None:
        _keep(at, answer)
    return answer


def for_customer(
    shop_id: int, customer: str, locale: str, *, now: datetime | None = None,
    database: Database | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What they see besides what everybody sees: by their segments, and what flows show to them."""
    moment = now or datetime.now(UTC)
    with (database or default_database()).read() as tx:
        campaigns, showings = read_on(tx, shop_id, moment), read_shown(tx, shop_id, _whom(customer), moment)
        segments, own = _segments(tx, shop_id, customer), _own_locale(tx, shop_id)
    theirs = {one.campaign for one in showings if one.customer}
    found = [
        one
        for one in campaigns
        if _is_soon(one, moment) and (one.segment in segments if one.segment else one.is_asked and one.name in theirs)
    ]
    return {"campaigns": _told(found, showings, locale, own)}


def _whom(customer: str) -> list[str]:
    return ["", storable(customer)] if customer else [""]


def _segments(tx: Transaction, shop_id: int, customer: str) -> frozenset[str]:
    if not customer:
        return frozenset()
    return frozenset(members_in(tx, {shop_id: [storable(customer)]}).get((shop_id, storable(customer)), ()))


def _own_locale(tx: Transaction, shop_id: int) -> str:
    row = tx.one("content_language", {"shop": shop_id})
    return str(row[0]) if row is not None else "en"


def _is_soon(one: Campaign, at: datetime) -> bool:
    return one.starts_at is None or one.starts_at <= at + AHEAD


def _told(
    campaigns: Sequence[Campaign], showings: Sequence[Showing], locale: str, fallback: str
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in sorted(campaigns, key=order_of):
        shown = [each for each in showings if each.campaign == one.name]
        if one.is_asked and not shown:
            continue
        told: dict[str, Any] = {"name": one.name, "order": list(order_of(one))}
        for name, instant in (("starts", one.starts_at), ("ends", one.ends_at)):
            if instant is not None:
                told[name] = instant.isoformat()
        if one.is_asked:
            told["shown"] = [
                {"product": each.product, "until": each.until.isoformat() if each.until else None} for each in shown
            ]
        told["pieces"] = [_piece(piece, locale, fallback) for piece in one.pieces]
        found.append(told)
    return found


def _piece(piece: Piece, locale: str, fallback: str) -> dict[str, Any]:
    held: dict[str, Any] = {"id": piece.id, "kind": piece.kind, "place": piece.place, "tone": piece.tone}
    for name in ("text", "button", "alt"):
        if text := said(getattr(piece, name), locale, fallback):
            held[name] = text
    for name in ("url", "image", "tag", "value"):
        if value := getattr(piece, name):
            held[name] = value
    if piece.products:
        held["products"] = list(piece.products)
    return held


_kept: dict[tuple[int, str], tuple[float, tuple[bytes, str]]] = {}
_lock = threading.Lock()


def _held(at: tuple[int, str]) -> tuple[bytes, str] | None:
    with _lock:
        found = _kept.get(at)
    return found[1] if found is not None and found[0] > monotonic() else None


def _keep(at: tuple[int, str], answer: tuple[bytes, str]) -> None:
    with _lock:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[at] = (monotonic() + KEPT_SECONDS, answer)
