"""Asking for a person's data to be shown, handed over or erased; saying yes to it, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros
from sereno.store.pseudonyms import pseudonym
from sereno.store.secrets import encrypt

LAW = timedelta(days=30)
"""Within which a person is to be answered (GDPR Art. 12(3): one month)."""
STORE_DELAY = timedelta(hours=48)
"""After which a store that took the app away is forgotten, as Shopify asks."""
EXPORT, ERASE, ERASE_STORE = "export", "erase", "erase_store"


def ask(
    shop_id: int,
    kind: str,
    terms: Sequence[str],
    by: str,
    *,
    source: str = "staff",
    delay: timedelta = timedelta(),
    needs_yes: bool = False,
    uid: str | None = None,
    database: Database | None = None,
) -> int | None:
    """A new request about the person of these names (or, for `erase_store`, about the connection of this name). It
    begins after `delay`, or once staff say yes. Gives its id; None when `uid` was asked before."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = staff.world.clock.now()
        return put(tx, shop_id, kind, terms, by, now, source=source, delay=delay, needs_yes=needs_yes, uid=uid)


def put(
    tx: Transaction,
    shop_id: int,
    kind: str,
    terms: Sequence[str],
    by: str,
    now: datetime,
    *,
    source: str = "staff",
    delay: timedelta = timedelta(),
    needs_yes: bool = False,
    uid: str | None = None,
) -> int | None:
    """As `ask`, within a transaction."""
    clean = [term.strip() for term in terms if term.strip()]
    if not clean:
        raise ValueError("whose data? Give an e-mail address, a telephone number or a customer's id")
    row = tx.one(
        "insert_privacy_request",
        {
            "shop": shop_id,
            "uid": (uid or uuid4().hex)[:64],
            "kind": kind,
            "status": "asked" if needs_yes else "planned",
            "source": source[:64],
            "by": by[:200],
            "digest": digest_of(clean[0]),
            "about": encrypt(clean),
            "now": to_micros(now),
            "start_at": None if needs_yes else to_micros(now + delay),
            "due_at": to_micros(now + LAW),
            "report": "{}",
        },
    )
    if row is None:
        return None
    audit(tx, shop_id, to_micros(now), by, f"privacy.{kind}_asked", str(row[0]), {"source": source})
    return int(row[0])


def digest_of(term: str) -> str:
    """By which the proof of an erasure is found again."""
    return pseudonym(term.strip().lower())


def agree(shop_id: int, id_: int, by: str, *, database: Database | None = None) -> None:
    """Staff say yes, or now rather than later, or try a failed one again. Raises LookupError."""
    _set(shop_id, id_, by, "planned", "privacy.agreed", ("asked", "planned", "failed"), database)


def cancel(shop_id: int, id_: int, by: str, *, database: Database | None = None) -> None:
    """Nothing is done, as long as nothing has begun. Raises LookupError."""
    _set(shop_id, id_, by, "cancelled", "privacy.cancelled", ("asked", "planned"), database)


def _set(
    shop_id: int, id_: int, by: str, status: str, action: str, since: tuple[str, ...], database: Database | None
) -> None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        is_over = status == "cancelled"
        wanted = {"id": id_, "shop": shop_id, "status": status, "from": list(since)}
        times = {"start_at": None if is_over else now, "finished_at": now if is_over else None}
        if tx.one("set_privacy_request", {**wanted, **times}) is None:
            raise LookupError(f"there is no request {id_} that this could be done to")
        audit(tx, shop_id, now, by, action, str(id_), {})
