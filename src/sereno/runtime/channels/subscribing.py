"""A browser's yes and no, given by the person on their own page: the subscription, the ledger with the words they saw,
and how they are reached, together.

Invariant: a subscription is kept sealed, for whoever holds it can be written to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.channels import people
from sereno.runtime.consenting import choose
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import audit, customer_at, open_staff
from sereno.sdk.channels import CHANNELS
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros
from sereno.store.secrets import encrypt

LONGEST = 2000


def customer_of(shop_id: int, address: str, *, database: Database | None = None) -> str:
    """The key of the person of this mail address."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        found = customer_at(staff, tx, shop_id, address)
    return found or customer_key(None, address) or ""


def telegram_word(shop_id: int, customer: str, *, database: Database | None = None) -> str:
    """What follows the bot's address so that it knows who begins to talk to it; "" for nobody known."""
    with open_staff(database).database.read() as tx:
        return people.link_word(tx, shop_id, customer)


def has_browser(shop_id: int, customer: str, *, database: Database | None = None) -> bool:
    with open_staff(database).database.read() as tx:
        return tx.one("has_browser", {"shop": shop_id, "customer": customer}) is not None


def subscribe(
    shop_id: int,
    customer: str,
    subscription: Mapping[str, Any],
    locale: str,
    proof: Mapping[str, Any],
    *,
    database: Database | None = None,
) -> None:
    """Keep a browser for this person, and that they said yes. Raises ValueError for what is no subscription."""
    clean = _clean(subscription)
    staff = open_staff(database)
    at = to_micros(staff.world.clock.now())
    row = {
        "shop": shop_id,
        "digest": _digest(clean["endpoint"]),
        "customer": storable(customer)[:200],
        "subscription": encrypt([encode(clean)]),
        "locale": locale[:8],
        "now": at,
    }
    with staff.database.transaction() as tx:
        tx.run("put_browser", row)
    choose(shop_id, customer, "push", granted=True, source="browser", proof=proof, database=database)
    _tell(shop_id, customer, database)


def unsubscribe(shop_id: int, customer: str, proof: Mapping[str, Any], *, database: Database | None = None) -> None:
    """Forget all their browsers, and that they said no."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.run("drop_browsers_of", {"shop": shop_id, "customer": storable(customer)})
    choose(shop_id, customer, "push", granted=False, source="browser", proof=proof, database=database)
    _tell(shop_id, customer, database)


def set_order(
    shop_id: int, customer: str, channels: Sequence[str], *, by: str, database: Database | None = None
) -> None:
    """Keep in which order a customer wants to be written to; an empty one is no wish. Flows hear of it. Raises
    ValueError for what is no channel."""
    known = ("email", *CHANNELS)
    wanted = [one.strip().lower() for one in channels if one.strip()]
    if unknown := [one for one in wanted if one not in known]:
        raise ValueError(f"{unknown[0]} is no channel; there are {', '.join(known)}")
    if len(set(wanted)) != len(wanted):
        raise ValueError("each channel stands there once")
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    row = {"shop": shop_id, "customer": storable(customer)[:200]}
    with staff.database.transaction() as tx:
        tx.run("drop_channel_order", row)
        if wanted:
            tx.run("put_channel_order", {**row, "channels": ",".join(wanted), "now": now})
        audit(tx, shop_id, now, by, "channel.order_set", customer, {"channels": ", ".join(wanted)})
    _tell(shop_id, customer, database, of="order")


def order_of(shop_id: int, customer: str, *, database: Database | None = None) -> list[str]:
    """In which order they want to be written to; empty where they said nothing."""
    with open_staff(database).database.read() as tx:
        row = tx.one("channel_order", {"shop": shop_id, "customer": storable(customer)[:200]})
    return row[0].split(",") if row is not None else []


def _tell(shop_id: int, customer: str, database: Database | None, of: str = "push") -> None:
    """Flows hear how they are reached now."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.transaction() as tx:
        reach = {**people.reach_of(tx, shop_id, customer), "reached_at": format_instant(now)}
        data = {"id": customer, "reach": reach}
        if customer.startswith("email:"):
            data["email"] = customer.removeprefix("email:")
        name = f"reached:{of}:{customer}:{to_micros(now)}"[:200]
        event = NewEvent(name, "customer.reached", f"customer:{customer}", now, data, {"customer": customer})
        inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])
        if staff.database.dialect == "postgresql":
            tx.all("notify")


def _clean(subscription: Mapping[str, Any]) -> dict[str, Any]:
    endpoint, keys = subscription.get("endpoint"), subscription.get("keys")
    if not isinstance(endpoint, str) or not endpoint.startswith(("https://", "http://")) or len(endpoint) > LONGEST:
        raise ValueError("a subscription has the address of a push service")
    held: Mapping[Any, Any] = keys if isinstance(keys, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    found = {name: str(held.get(name) or "") for name in ("p256dh", "auth")}
    if not all(0 < len(value) <= 200 for value in found.values()):
        raise ValueError("a subscription has the browser's two keys")
    return {"endpoint": endpoint, "keys": found}


def _digest(endpoint: str) -> str:
    return blake2b(endpoint.encode(), digest_size=16).hexdigest()
