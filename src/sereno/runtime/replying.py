"""What readers do with a message, told to Sereno itself: that they opened it, clicked, or left.

Invariant: each is told once by a person and once by a machine at most, however often it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros

What = Literal["sent", "opened", "clicked", "unsubscribed"]


def answer_event(
    what: str, at: datetime, *, effect: str, address: str, customer: str, channel: str, more: Mapping[str, Any]
) -> NewEvent:
    """The event `message.<what>` of one message. `customer` is a key, or "": then the address stands for the person."""
    key = customer or customer_key(None, address) or address
    data = {
        "customer_id": customer or None,
        "email" if channel == "email" else "phone": address,
        "channel": channel,
        "effect": effect,
        **({"done_at": format_instant(at)} if "is_machine" in more else {}),
        **more,
    }
    name = "|".join((what, effect or address, str(more.get("is_machine") or False), str(more.get("url") or "")))
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    key = storable(key)[:180]
    refs = {"customer": key, **({"email": address} if channel == "email" else {})}
    return NewEvent(f"{what}|{digest}", f"message.{what}", f"customer:{key}", at, data, refs)


def put_answer(tx: Transaction, shop_id: int, event: NewEvent) -> None:
    """Into the inbox, in this transaction."""
    at = to_micros(event.occurred_at)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event)])


def tell(
    shop_id: int,
    what: What,
    *,
    effect: str,
    address: str,
    customer: str = "",
    channel: str = "email",
    database: Database | None = None,
    **more: Any,
) -> None:
    """Somebody did this with a message, now."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    event = answer_event(what, now, effect=effect, address=address, customer=customer, channel=channel, more=more)
    with staff.database.transaction() as tx:
        put_answer(tx, shop_id, event)
        if staff.database.dialect == "postgresql":
            tx.all("notify")
