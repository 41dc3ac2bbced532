"""What a person wants to hear about, by which ways and how often, as they say it on their preference page; and the
shop's list of topics they choose from.

Invariant: one press of Save is one transaction. Each answer is a line of the consent ledger with the words the person
saw, and flows hear of it once as `consent.topics_chosen`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, cast
from uuid import uuid4

from sereno.commerce.identity import customer_key
from sereno.commerce.telephones import e164
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.consenting import MARKETING, say
from sereno.runtime.consents import TOPICS_EVENT, choice_lines
from sereno.runtime.persons.reading import person_of
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import Staff, audit, customer_at, open_staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.topics import MARKETING_CHANNELS, SETTING, Choice, Topic, choice_of, read_topics, topics_of
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros
from sereno.store.pseudonyms import known_as


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a person. `granted`: what they said last of marketing by it, None when nothing is on record."""

    channel: str
    address: str
    granted: bool | None = None
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to hold for one way. `granted` None leaves yes and no as they are. `words` are what the person saw."""

    channel: str
    address: str
    granted: bool | None
    choice: Choice
    words: str = ""


def ways_of(shop_id: int, address: str, channel: str, *, database: Database | None = None) -> list[Way]:
    """How the person of this address is reached, that way first: by mail, and, where their mail is known, by what the
    shop has connected and their records hold."""
    staff = open_staff(database)
    address = storable(address.strip().lower())[:254]
    ways = [(channel, address)]
    with staff.database.read() as tx:
        settings = _settings(tx, shop_id)
        customer = customer_at(staff, tx, shop_id, address) if channel == "email" else None
    key = customer_key(customer, address) if channel == "email" else None
    person = person_of(shop_id, key, database=staff.database) if key else None
    if person is not None:
        connected = {"email", *(settings.get("channels") or ())}
        known = dict(_reached(person.record, person.keys[0], str(settings.get("country") or "")))
        others = [one for one in MARKETING_CHANNELS if one in connected and one != channel]
        ways += [(one, known[one]) for one in others if one in known]
    with staff.database.read() as tx:
        return [_read(tx, shop_id, *way) for way in ways]


def way_at(shop_id: int, address: str, channel: str, *, database: Database | None = None) -> Way:
    """What an address said of one channel."""
    with open_staff(database).database.read() as tx:
        return _read(tx, shop_id, channel, storable(address.strip().lower())[:254])


def _reached(record: Mapping[str, Any], key: str, country: str) -> Iterator[tuple[str, str]]:
    """(channel, address) of a person's record."""
    place = record.get("default_address")
    own = str(cast("Mapping[str, Any]", place).get("country") or "") if isinstance(place, Mapping) else ""
    number = e164(record.get("phone"), own or country) if isinstance(record.get("phone"), str) else None
    if number:
        yield from (("sms", number), ("whatsapp", number))
    held = record.get("reach")
    reach: Mapping[str, Any] = cast("Mapping[str, Any]", held) if isinstance(held, Mapping) else {}
    if reach.get("telegram"):
        yield "telegram", str(reach["telegram"]).lower()
    if reach.get("push"):
        yield "push", key.lower()


def _read(tx: Transaction, shop_id: int, channel: str, address: str) -> Way:
    said: dict[str, bool] = {}
    for _address, by, purpose, granted, *_rest in tx.all("consents_of_person", _asked(shop_id, address)):
        if by == channel:
            said[purpose] = bool(granted)
    is_off = tx.one("is_suppressed", {**_asked(shop_id, address), "channel": channel}) is not None
    return Way(channel, address, False if is_off else said.get(MARKETING), choice_of(said))


def _asked(shop_id: int, address: str) -> dict[str, Any]:
    return {"shop": shop_id, "addresses": known_as(address)}


def save(
    shop_id: int,
    wishes: Sequence[Wish],
    *,
    source: str = "preferences",
    proof: Mapping[str, Any] | None = None,
    database: Database | None = None,
) -> int:
    """Let these wishes hold, all of them or, if it breaks, none. Saying again what holds changes nothing. Gives for how
    many ways something was new. A yes gives an address another chance that once bounced."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    changed = 0
    with staff.database.transaction() as tx:
        people: set[str] = set()
        for wish in sorted(wishes, key=lambda one: (one.channel, one.address)):
            address = storable(wish.address.strip().lower())[:254]
            tx.run("end_marketing_pause", {"shop": shop_id, "address": address})
            if wish.granted:
                tx.run("lift_bounces", {**_asked(shop_id, address), "channel": wish.channel})
            kept = {**dict(proof or {}), **({"said": wish.words} if wish.words else {})}
            is_new = wish.granted is not None and say(
                tx, staff, shop_id, address, wish.channel, wish.granted, source, kept
            )
            customer = customer_at(staff, tx, shop_id, address) if wish.channel == "email" else None
            is_new |= _choose(tx, staff, shop_id, wish, address, customer, source, kept, now)
            changed += is_new
            people.add(customer or f"{wish.channel}:{address}")
        if changed:
            # What waits because of an earlier wish is looked at again.
            addresses = sorted({storable(one.address.strip().lower())[:254] for one in wishes})
            given = {"shops": [shop_id], "people": sorted(people), "addresses": addresses, "now": to_micros(now)}
            tx.run("wake_waiting", given)
            if staff.database.dialect == "postgresql":
                tx.all("notify")
    return changed


def _choose(
    tx: Transaction,
    staff: Staff,
    shop_id: int,
    wish: Wish,
    address: str,
    customer: str | None,
    source: str,
    proof: Mapping[str, Any],
    now: datetime,
) -> bool:
    held = _read(tx, shop_id, wish.channel, address).choice
    if not wish.choice.changes(held):
        return False
    key = customer_key(customer, address if wish.channel == "email" else None) or address
    data: dict[str, Any] = {
        "customer_id": customer,
        "address": address,
        "channel": wish.channel,
        "topics": sorted(name for name, wanted in wish.choice.topics.items() if wanted),
        "refused_topics": sorted(name for name, wanted in wish.choice.topics.items() if not wanted),
        "often": wish.choice.often,
        "source": source,
        "changed_at": format_instant(now),
    }
    digest = blake2b(address.encode(), digest_size=8).hexdigest()
    name = f"topics|{digest}|{uuid4().hex}"
    refs = {"customer": key, **({"email": address} if wish.channel == "email" else {})}
    tx.many("add_consents", choice_lines(shop_id, SOURCE, name, now, {**data, "proof": dict(proof)}))
    event = NewEvent(name, TOPICS_EVENT, f"customer:{key}", now, data, refs)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])
    return True


# --- the shop's list --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Current:
    """`tag` changes with the topics."""

    topics: list[Topic]
    tag: str

    def document(self) -> list[dict[str, Any]]:
        return [one.document() for one in self.topics]


class TopicsChanged(ValueError):  # noqa: N818
    """Somebody else has changed them meanwhile."""


def current(settings: Mapping[str, Any]) -> Current:
    """The topics of the shop with these settings."""
    found = topics_of(settings)
    text = encode([one.document() for one in found])
    return Current(found, blake2b(text.encode(), digest_size=8).hexdigest())


def change_topics(
    shop_id: int, document: Any, by: str, *, expected: str | None = None, database: Database | None = None
) -> Current:
    """Have these topics from now on, in this order. What people chose of a topic that is gone stays in the ledger.
    Raises TopicsInvalid; TopicsChanged when those of the tag `expected` are not the ones that hold."""
    topics = read_topics(document)
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("settings_of_shop", {"shop": shop_id})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        settings: dict[str, Any] = decode(row[0]) if row[0] else {}
        before = current(settings)
        if expected is not None and expected != before.tag:
            raise TopicsChanged("Somebody else has changed the topics meanwhile: look at them, and change them again.")
        settings[SETTING] = [one.document() for one in topics]
        after = current(settings)
        if after.tag == before.tag:
            return after
        tx.run("keep_settings", {"shop": shop_id, "settings": encode(settings)})
        now = to_micros(staff.world.clock.now())
        details = {"before": before.document(), "after": after.document()}
        audit(tx, shop_id, now, by, "topics.changed", row[1], details)
    return after


def _settings(tx: Transaction, shop_id: int) -> dict[str, Any]:
    """As they are now: this process may have read the shop long ago."""
    row = tx.one("privacy_settings", {"shop": shop_id})
    return decode(row[0]) if row is not None and row[0] else {}
