"""Whose address it is: by a link we made, by what was written there before, by the customers' own numbers.

Invariant: an address two people share is nobody's until one of them is written to there.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from sereno.engine.durations import format_instant
from sereno.sdk.channels import Heard, Known
from sereno.store import secrets
from sereno.store.database import Row, Transaction
from sereno.store.fields import from_micros, storable, to_micros
from sereno.store.pseudonyms import known_as

PHONES = ("sms", "whatsapp")
_SIGNED = 22
"""Characters of a link's signature: with a row's number before it, it fits the 64 Telegram takes."""


def contact(tx: Transaction, shop_id: int, channel: str, address: str) -> Row | None:
    """(customer, inbound_at)."""
    return tx.one("channel_contact", {"shop": shop_id, "channel": channel, "address": storable(address)[:320]})


def meet(
    tx: Transaction, shop_id: int, channel: str, address: str, *, customer: str = "", now: int, **more: Any
) -> None:
    row = {
        "shop": shop_id,
        "channel": channel,
        "address": storable(address)[:320],
        "customer": storable(customer)[:200],
        "name": storable(str(more.get("name") or ""))[:200],
        "inbound_at": more.get("inbound_at"),
        "now": now,
    }
    tx.run("put_channel_contact", row)


def heard(tx: Transaction, shop_id: int, said: Heard, now: int) -> Known:
    """Note who wrote, and when last. Who writes from an address is reached there again, whatever bounced before."""
    before = contact(tx, shop_id, said.channel, said.address)
    customer = _linked(tx, shop_id, said.link) or (before[0] if before is not None else "")
    customer = customer or (_of_phone(tx, shop_id, said.address) if said.channel in PHONES else "")
    at = to_micros(said.at)
    is_news = before is None or before[1] is None or before[1] < at
    meet(tx, shop_id, said.channel, said.address, customer=customer, now=now, name=said.name, inbound_at=at)
    alive = {"shop": shop_id, "addresses": known_as(said.address.lower()), "channel": said.channel}
    tx.run("lift_bounces", alive)
    return Known(customer, is_news, reach_of(tx, shop_id, customer) if customer else {}, said.address)


def reach_of(tx: Transaction, shop_id: int, customer: str) -> Mapping[str, Any]:
    """How a customer is reached, as their record says it: the channel they wrote by last, and their addresses."""
    rows = tx.all("contacts_of_customer", {"shop": shop_id, "customer": customer})
    wrote = sorted(((at, channel) for channel, _, at in rows if at is not None), reverse=True)
    found: dict[str, Any] = {
        "push": tx.one("has_browser", {"shop": shop_id, "customer": customer}) is not None,
        "reached_at": format_instant(from_micros(wrote[0][0])) if wrote else None,
        "last_channel": wrote[0][1] if wrote else None,
    }
    order = tx.one("channel_order", {"shop": shop_id, "customer": customer})
    found["order"] = order[0].split(",") if order is not None else None
    for channel, address, at in reversed(rows):
        if channel == "telegram":
            found["telegram"] = address
        if at is not None:
            found[f"{channel}_at"] = format_instant(from_micros(at))
    return {name: value for name, value in found.items() if value is not None}


def link_word(tx: Transaction, shop_id: int, customer: str) -> str:
    """The last part of a link that says who follows it; "" for nobody we know."""
    row = tx.one("number_of_customer", {"shop": shop_id, "key": customer})
    return f"{row[0]}-{_signature(shop_id, row[0])}" if row is not None else ""


def _linked(tx: Transaction, shop_id: int, word: str) -> str:
    number, _dash, signature = word.partition("-")
    if not number.isdigit() or len(number) > 18:
        return ""
    if not hmac.compare_digest(_signature(shop_id, int(number)).encode(), signature.encode("utf-8", "replace")):
        return ""
    row = tx.one("customer_of_number", {"shop": shop_id, "id": int(number)})
    return str(row[0]) if row is not None else ""


def _signature(shop_id: int, number: int) -> str:
    return secrets.keyed_hashes(f"channel link {shop_id} {number}")[0][:_SIGNED]


def _of_phone(tx: Transaction, shop_id: int, address: str) -> str:
    rows = tx.all("customer_of_identity", {"shop": shop_id, "kind": "phone", "value": storable(address)})
    return str(rows[0][0]) if len(rows) == 1 else ""
