"""What platforms ask on behalf of people: data requested, a person erased, a store erased (Shopify's three privacy
webhooks, and the same from any other source). They come through the door like everything else and become requests.

Invariant: one request per event, however often it comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, cast

from sereno.runtime.facts import Fact
from sereno.runtime.privacy.asking import ERASE, ERASE_STORE, EXPORT, STORE_DELAY, put
from sereno.store import secrets
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros

KINDS = {
    "privacy.data_requested": EXPORT,
    "privacy.erasure_requested": ERASE,
    "privacy.shop_erasure_requested": ERASE_STORE,
}
GRACE = timedelta(hours=24)
"""Between a platform's request and the erasure, so that a person may stop what was asked by mistake."""
ASK = "ask"
"""The shop's setting `privacy_requests`: a person says yes to each; else they are carried out by themselves."""


def keep_requests(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    """Make requests of the privacy events among the facts."""
    for fact in facts:
        kind = KINDS.get(fact.event.type)
        if kind is None or fact.error is not None or not secrets.is_configured():
            continue
        terms = [fact.event.source] if kind == ERASE_STORE else _terms(fact.event.data)
        if not terms:
            continue
        _put(tx, fact, kind, terms, from_micros(now))


def _put(tx: Transaction, fact: Fact, kind: str, terms: Sequence[str], now: datetime) -> None:
    event = fact.event
    uid = blake2b(f"{event.source}|{event.id}".encode(), digest_size=16).hexdigest()
    row = tx.one("privacy_settings", {"shop": fact.shop_id})
    settings: Mapping[str, Any] = decode(row[0]) if row is not None else {}
    delay = {EXPORT: timedelta(), ERASE: GRACE, ERASE_STORE: STORE_DELAY}[kind]
    needs_yes = kind != EXPORT and settings.get("privacy_requests") == ASK
    by = f"platform:{event.source}"
    put(tx, fact.shop_id, kind, terms, by, now, source="platform", delay=delay, needs_yes=needs_yes, uid=uid)


def _terms(data: Mapping[str, Any]) -> list[str]:
    found = [f"customer:{data['customer_id']}"] if data.get("customer_id") else []
    found += [str(data[name]) for name in ("email",) if data.get(name)]
    found += [f"phone:{data['phone']}"] if data.get("phone") else []
    orders = data.get("order_ids")
    if isinstance(orders, list):
        found += [f"order:{one}" for one in cast("list[Any]", orders)]
    return found
