"""What people say of their interests by a form, a button or the API; and the shop's rules for telling them.

Invariant: whoever has not shown who they are speaks for an address alone, and takes nobody off a list; where the shop
wants addresses confirmed, nobody stands in line before its owner said yes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Literal, cast, get_args
from uuid import uuid4

from sereno.commerce.identity import customer_key
from sereno.runtime import inbox
from sereno.runtime.consenting import wants_confirmation
from sereno.runtime.interests import rules
from sereno.runtime.interests.keeping import SAID, VIEWED
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import Staff, audit, customer_at, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros
from sereno.store.secrets import SecretsUnreadable, decrypt, encrypt

What = Literal["wait", "leave", "wish", "unwish", "view"]
TYPES: Mapping[str, str] = {
    "wait": "waiting.joined",
    "leave": "waiting.left",
    "wish": "wish.added",
    "unwish": "wish.removed",
    "view": VIEWED,
}
MOST_OF_ONE = 200
"""Things one address can wait for and wish."""
CONFIRM_WITHIN = timedelta(days=14)
VISIT = timedelta(minutes=30)
"""Looks at one product within so long are one."""
_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,180}\.[^\s@<>\".]{2,}")
_PURPOSE = "waiting"


@dataclass(frozen=True, slots=True)
class Said:
    """`person`: the customer, where that is proven (by the shop's server, by a key of the API)."""

    what: What
    product: str
    variant: str = ""
    email: str = ""
    person: str = ""
    locale: str = ""
    source: str = "storefront"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in line as its link names it."""

    shop_id: int
    product: str
    variant: str
    email: str
    locale: str


def said_of(values: Mapping[str, Any], person: str = "") -> Said:
    """From what a program sent. Raises ValueError with what is wrong."""
    what = values.get("what")
    if what not in get_args(What):
        raise ValueError(f"`what` is one of {', '.join(get_args(What))}")
    texts = {name: storable(str(values.get(name) or "")).strip() for name in ("product", "variant", "email", "locale")}
    if not texts["product"] or len(texts["product"]) > 180 or len(texts["variant"]) > 180:
        raise ValueError("`product` is the id of a product, at most 180 characters; so is `variant`")
    email = texts["email"].lower()
    if email and (len(email) > 254 or not _ADDRESS.fullmatch(email)):
        raise ValueError("`email` is no address that can be written to")
    is_open = what == "wait" and bool(email)
    if not person and not is_open:
        raise ValueError("who this is must be proven, or for `wait` an `email` given")
    return Said(
        cast(What, what), texts["product"], texts["variant"], email, storable(person)[:180], texts["locale"][:8]
    )


def say(shop_id: int, said: Said, *, base_url: str = "", database: Database | None = None) -> str:
    """Gives `kept`, `pending` where the address's owner is asked first, or `full` when one address has too much
    already."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        if said.email and _count(tx, shop_id, said.email) >= MOST_OF_ONE:
            return "full"
        if said.what == "wait" and not said.person:
            settings = tx.all("interest_settings", {"shops": [shop_id]})
            if settings and wants_confirmation(decode(settings[0][1]), ""):
                _put(tx, staff, shop_id, said, "waiting.requested", base_url)
                return "pending"
        _put(tx, staff, shop_id, said, TYPES[said.what])
    return "kept"


def read_place(token: str, *, database: Database | None = None) -> Place:
    """What a link to confirm is about. Raises ValueError for one that is not ours or older than a fortnight."""
    try:
        shop_id, product, variant, email, locale, asked, purpose = decrypt(token)
    except (SecretsUnreadable, ValueError) as error:
        raise ValueError("this link is not one of ours, or part of it is missing") from error
    now = open_staff(database).world.clock.now()
    if purpose != _PURPOSE or int(asked) < to_micros(now - CONFIRM_WITHIN):
        raise ValueError("this link is too old; ask once more")
    return Place(int(shop_id), product, variant, email, locale)


def confirm(token: str, *, is_leaving: bool = False, database: Database | None = None) -> Place:
    """The address's owner stands in line from now on, or leaves it. Raises ValueError as `read_place`."""
    place = read_place(token, database=database)
    staff = open_staff(database)
    what: What = "leave" if is_leaving else "wait"
    said = Said(what, place.product, place.variant, place.email, "", place.locale, "confirmed")
    with staff.database.transaction() as tx:
        _put(tx, staff, place.shop_id, said, TYPES[what])
    return place


def wishes_of(shop_id: int, person: str, *, database: Database | None = None) -> list[str]:
    """The products on somebody's wish list, the newest first."""
    with open_staff(database).database.read() as tx:
        return [row[0] for row in tx.all("wishes_of", {"shop": shop_id, "person": person, "limit": MOST_OF_ONE})]


def set_rules(shop_id: int, given: Mapping[str, int], by: str, *, database: Database | None = None) -> dict[str, int]:
    """The shop's numbers for telling people. Raises ValueError for one outside its limits."""
    for name, value in given.items():
        if name not in rules.LIMITS:
            raise ValueError(f"there is no setting {name!r}")
        _usual, least, most = rules.LIMITS[name]
        if not least <= value <= most:
            raise ValueError(f"{name} is between {least} and {most}")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        rows = tx.all("interest_settings", {"shops": [shop_id]})
        held: dict[str, Any] = decode(rows[0][1]) if rows else {}
        before = {name: rules.number_in(held, name) for name in rules.LIMITS}
        after = {**before, **given}
        if after != before:
            tx.run("set_interest_rules", {"shop": shop_id, "settings": encode({**held, **given})})
            changed = {
                name: {"before": before[name], "after": after[name]} for name in after if after[name] != before[name]
            }
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "interests.rules_set", "", changed)
    return after


def rules_in(settings: Mapping[str, Any]) -> dict[str, int]:
    """The numbers that hold."""
    return {name: rules.number_in(settings, name) for name in rules.LIMITS}


def _count(tx: Transaction, shop_id: int, email: str) -> int:
    row = tx.one("interests_of_address", {"shop": shop_id, "email": email})
    return row[0] if row is not None else 0


def _put(tx: Transaction, staff: Staff, shop_id: int, said: Said, type_: str, base_url: str = "") -> None:
    now = staff.world.clock.now()
    person = said.person or customer_at(staff, tx, shop_id, said.email) or customer_key(None, said.email) or ""
    data: dict[str, Any] = {
        "customer_id": None if person.startswith("email:") else person,
        "email": said.email or None,
        "variant_id": said.variant or None,
        "locale": said.locale or None,
        "source": said.source,
        "id" if type_ == VIEWED else "product_id": said.product,
    }
    uid = f"{said.what}|{uuid4().hex}"
    if type_ == VIEWED:
        data.pop("locale")
        slot = f"{person}|{said.product}|{to_micros(now) // (VISIT // timedelta(microseconds=1))}"
        uid = f"view|{blake2b(slot.encode(), digest_size=16).hexdigest()}"
    elif type_ not in SAID:
        made = [str(shop_id), said.product, said.variant, said.email, said.locale, str(to_micros(now)), _PURPOSE]
        data["confirm_url"] = f"{base_url.rstrip('/')}/waiting/{encrypt(made)}"
    refs = {"customer": person, "product": said.product, "variant": said.variant, "email": said.email}
    event = NewEvent(
        uid, type_, f"customer:{person}"[:200], now,
        {name: value for name, value in data.items() if value is not None},
        {name: key for name, key in refs.items() if key},
    )  # fmt: skip
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])
    if staff.database.dialect == "postgresql":
        tx.all("notify")
