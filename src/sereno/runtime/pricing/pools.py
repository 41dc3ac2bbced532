"""Pools of codes that the shop made itself: uploaded whole, worth the same, given one by one.

Invariant: a code that the shop has already is not taken in a second time; a code that was given stays with whoever has
it, whatever becomes of its pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.commerce.incentives import KINDS, plain_code
from sereno.commerce.money import AmountInvalid, Money, exponent_of, finite
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros

MOST = 100_000
STEP = 5_000


class PoolInvalid(ValueError):  # noqa: N818
    """`code` is stable, `field` the part of the pool that is wrong."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class Pool:
    """`kind` as in `commerce.incentives`; `value` and `minimum` are decimal text, in percent or in `currency`.
    `keeps_end`: where the pool is there already its end stays, and `expires_at` says nothing."""

    name: str
    kind: str
    value: str = ""
    currency: str = ""
    minimum: str = ""
    gift: str = ""
    expires_at: datetime | None = None
    keeps_end: bool = False


@dataclass(frozen=True, slots=True)
class Uploaded:
    """How many codes were new, and how many were there already or came twice."""

    new: int
    known: int


def checked(pool: Pool, usual_currency: str) -> Pool:
    """The pool as it is kept. Raises PoolInvalid."""
    name = storable(pool.name).strip()[:64]
    if not name:
        raise PoolInvalid("pool.no_name", "name")
    if pool.kind not in KINDS:
        raise PoolInvalid("pool.no_kind", "kind")
    currency = (pool.currency.strip() or usual_currency).upper()
    value = "" if pool.kind in ("free_shipping", "gift") else _amount(pool.value, "value", is_needed=True)
    if pool.kind == "percent" and (finite(value) or 0) > 100:
        raise PoolInvalid("pool.too_much", "value")
    minimum = _amount(pool.minimum, "minimum")
    try:
        digits = exponent_of(Money.zero(currency).currency)
    except AmountInvalid:
        raise PoolInvalid("pool.currency", "currency") from None
    for field, text in (("minimum", minimum), ("value", value if pool.kind == "amount" else "")):
        found = finite(text) if text else None
        if found is not None and found != round(found, digits):
            raise PoolInvalid("pool.too_fine", field)
    gift = storable(pool.gift).strip()[:200]
    if pool.kind == "gift" and not gift:
        raise PoolInvalid("pool.no_gift", "gift")
    return Pool(name, pool.kind, value, currency, minimum, gift, pool.expires_at, pool.keeps_end)


def put_pool(shop_id: int, pool: Pool, codes: Sequence[str], by: str, *, database: Database | None = None) -> Uploaded:
    """Make the pool, or say anew what it is worth (for what is given from now on), and add these codes to it. All or
    nothing. Raises PoolInvalid."""
    staff = open_staff(database)
    texts = list(dict.fromkeys(filter(None, (plain_code(storable(one)) for one in codes))))
    if len(texts) > MOST:
        raise PoolInvalid("pool.too_many", "codes")
    with staff.database.transaction() as tx:
        shop = staff.world.shops.find(tx, shop_id).facts
        kept = checked(pool, shop.currency)
        now = to_micros(staff.world.clock.now())
        worth = {"kind": kept.kind, "value": kept.value, "currency": kept.currency, "minimum": kept.minimum}
        ends = to_micros(kept.expires_at) if kept.expires_at is not None else None
        if kept.keeps_end:
            ends = next((row[6] for row in tx.all("code_pools", {"shop": shop_id}) if row[0] == kept.name), None)
        place = {"shop": shop_id, "name": kept.name, "now": now}
        tx.run("put_code_pool", {**place, **worth, "gift": kept.gift, "expires": ends})
        tx.run("price_free_codes", {"shop": shop_id, "pool": kept.name, **worth, "gift": kept.gift})
        of_all = (kept.name, "free", kept.kind, kept.value, kept.currency, kept.minimum, kept.gift)
        rows = [(shop_id, code, *of_all, "", "", "", now, "", "") for code in sorted(texts)]
        new = sum(_added(tx, rows[start : start + STEP]) for start in range(0, len(rows), STEP))
        audit(tx, shop_id, now, by, "codes.uploaded", kept.name, {"count": new})
    return Uploaded(new, len(texts) - new)


def _added(tx: Transaction, rows: Sequence[Sequence[Any]]) -> int:
    return len(tx.many_returning("put_pool_codes", rows))


def empty_pool(shop_id: int, name: str, by: str, *, database: Database | None = None) -> int:
    """Take out the codes nobody has been given. Gives how many."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        done = tx.run("drop_free_codes", {"shop": shop_id, "pool": storable(name)})
        if done:
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "codes.emptied", name, {"count": done})
    return done


def _amount(text: str, field: str, *, is_needed: bool = False) -> str:
    given = text.strip().replace(",", ".").removesuffix("%").strip()
    if not given and not is_needed:
        return ""
    found = finite(given)
    if found is None or found <= 0 or found > 10**9:
        raise PoolInvalid("pool.no_number", field)
    return given
