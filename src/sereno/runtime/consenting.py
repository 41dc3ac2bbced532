"""What a person chooses on a page, and what staff take back: the ledger, the list of suppressed addresses and the event
that flows hear of change together, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime import counting, inbox
from sereno.runtime.consents import CONSENT_EVENT, event_line_uid
from sereno.runtime.ports import SOURCE
from sereno.runtime.records import Records
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros
from sereno.store.pseudonyms import known_as

MARKETING = "marketing"


def choose(
    shop_id: int,
    address: str,
    channel: str,
    *,
    granted: bool,
    source: str = "preferences",
    proof: Mapping[str, Any] | None = None,
    database: Database | None = None,
) -> bool:
    """Marketing or none, by the person's own hand. Saying again what holds changes nothing; True when it was new, and
    then flows hear of it as `consent.changed`. A yes also gives an address another chance that once bounced: who says
    it here has read a mail sent there."""
    staff = open_staff(database)
    address = storable(address.strip().lower())[:254]
    with staff.database.transaction() as tx:
        if granted:
            tx.run("lift_bounces", {"shop": shop_id, "addresses": known_as(address), "channel": channel})
        return _say(tx, staff, shop_id, address, channel, granted, source, dict(proof or {}))


def lift_suppression(
    shop_id: int,
    address: str,
    channel: str,
    by: str,
    *,
    agreed: str = "",
    database: Database | None = None,
) -> bool:
    """Let an address be written to again. Gives whether it may get marketing too: only if the ledger says so, or the
    person has agreed to it; `agreed` then says how and when. Raises LookupError when it is not suppressed."""
    staff = open_staff(database)
    address = address.strip().lower()
    with staff.database.transaction() as tx:
        row = tx.one("lift_suppression", {"shop": shop_id, "addresses": known_as(address), "channel": channel})
        if row is None:
            raise LookupError(f"{address} is not suppressed")
        if agreed:
            _say(tx, staff, shop_id, address, channel, True, "staff", {"by": by, "said": agreed[:500]})
        asked = {"shop": shop_id, "addresses": known_as(address), "channel": channel, "purpose": MARKETING}
        said = tx.one("consent_of", asked)
        now = to_micros(staff.world.clock.now())
        audit(tx, shop_id, now, by, "suppression.lifted", address, {"reason": row[0], "agreed": agreed[:500]})
        return bool(said and said[0])


def _say(
    tx: Transaction,
    staff: Staff,
    shop_id: int,
    address: str,
    channel: str,
    granted: bool,
    source: str,
    proof: Mapping[str, Any],
) -> bool:
    asked = {"shop": shop_id, "addresses": known_as(address), "channel": channel, "purpose": MARKETING}
    held = tx.one("consent_of", asked)
    if held is not None and bool(held[0]) is granted:
        return False
    now = staff.world.clock.now()
    event = _event(tx, staff, shop_id, address, channel, granted, source, now)
    # The line has the name that the event's own would have, so the ledger has one of them.
    uid = event_line_uid(SOURCE, event.id)
    at = to_micros(now)
    line = (shop_id, address, channel, MARKETING, granted, at, source[:64], encode(dict(proof)), uid)
    tx.many("add_consents", [line])
    if not granted:
        counting.count_answers(tx, shop_id, [(str(proof.get("effect") or ""), "unsubscribed")], staff.world.worker)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event)])
    if staff.database.dialect == "postgresql":
        tx.all("notify")
    return True


def _event(
    tx: Transaction,
    staff: Staff,
    shop_id: int,
    address: str,
    channel: str,
    granted: bool,
    source: str,
    now: datetime,
) -> NewEvent:
    is_mail = channel == "email"
    refs = {"email": address} if is_mail else {}
    customer: str | None = None
    if is_mail:
        records = Records(staff.plugins, tx, staff.database.dialect)
        records.want(shop_id, refs, ["customer"])
        records.fetch()
        record = records.root(shop_id, refs, "customer") or {}
        found = record.get("id")
        customer = str(found) if found else None
    data: dict[str, Any] = {
        "customer_id": customer,
        "email" if is_mail else "phone": address,
        "channel": channel,
        "purpose": MARKETING,
        "granted": granted,
        "state": "subscribed" if granted else "unsubscribed",
        "source": source,
        "changed_at": format_instant(now),
    }
    key = customer_key(customer, address) or address
    digest = blake2b(address.encode(), digest_size=8).hexdigest()
    subject = f"customer:{key}"
    return NewEvent(f"consent|{digest}|{uuid4().hex}", CONSENT_EVENT, subject, now, data, {**refs, "customer": key})
