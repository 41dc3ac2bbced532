"""What people allow, as runs see it: the consent ledger and the list of suppressed addresses over the platform's word.

Invariant: whoever said no is never taken for a yes. The newest line of the ledger outweighs the platform's flag, unless
the platform's is a no of a later date; a suppressed address allows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast

from sereno.commerce.identity import customer_key
from sereno.engine.durations import parse_instant
from sereno.runtime.facts import Fact
from sereno.sdk import topics
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from sereno.store.pseudonyms import known_as

Record = Mapping[str, Any]

CONSENT_EVENT = "consent.changed"
ADDRESSES = {"email": "email", "sms": "phone", "whatsapp": "phone"}
"""Channel -> the field of a consent or a customer that holds the address written to."""
FLAGS = {"email": "accepts_email", "sms": "accepts_sms"}
"""Channel -> the field of a customer that says whether marketing may use it."""


TOPICS_EVENT = "consent.topics_chosen"
MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class _Said:
    """The last word on an address. `at` is None where it is suppressed."""

    granted: bool
    at: int | None


LastWord = tuple[int, str, str, bool, int | None, str]


def last_words(tx: Transaction, addresses: Iterable[tuple[int, str]]) -> list[LastWord]:
    """(shop, address, channel, granted, at, purpose) of the newest line for each purpose (marketing, its topics, how
    often) of each of these (shop, address), also of those an erasure left under a hash; without `at` for one that is
    suppressed."""
    names = {(shop, name): (shop, address) for shop, address in addresses for name in known_as(address)}
    if not names:
        return []
    parameters = {
        "shops": sorted({shop for shop, _ in names}),
        "addresses": sorted({name for _, name in names}),
        "now": to_micros(datetime.now(UTC)),
    }
    found: dict[tuple[int, str, str, str], tuple[bool, int | None]] = {}
    for shop, name, channel, granted, at, purpose in tx.all("last_words", parameters):
        if (shop, name) not in names:
            continue
        place = (*names[shop, name], channel, purpose)
        held = found.get(place)
        if held is None or at is None or (held[1] is not None and at > held[1]):
            found[place] = (bool(granted), at)
    return [(*place[:3], *said, place[3]) for place, said in found.items()]


class Ledger:
    """The last words on the addresses of a batch: `read` them together, then ask what a customer allows."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._said: dict[tuple[int, str, str], _Said] = {}
        self._chosen: dict[tuple[int, str], list[tuple[str, bool]]] = {}
        """By shop and address, what it said of topics: (purpose, yes or no), of all its channels."""
        self._known: set[tuple[int, str]] = set()

    def read(self, customers: Iterable[tuple[int, Record]]) -> None:
        """One query for the addresses of all these customers (shop, record) that were not asked for yet."""
        missing = {(shop_id, address) for shop_id, record in customers for address in _addresses(record)} - self._known
        if not missing:
            return
        self._known |= missing
        for shop_id, address, channel, granted, at, purpose in last_words(self._tx, missing):
            if purpose.startswith(topics.TOPIC):
                self._chosen.setdefault((shop_id, address), []).append((purpose, bool(granted)))
            if purpose != MARKETING:
                continue
            held = self._said.get((shop_id, address, channel))
            if held is None or held.at is not None:
                self._said[shop_id, address, channel] = _Said(bool(granted), at)

    def over(self, shop_id: int, record: Record) -> Record:
        """The customer with the flags as they hold, and the topics they chose."""
        if not self._said and not self._chosen:
            return record
        changes: dict[str, Any] = self._topics(shop_id, record)
        for channel, flag in FLAGS.items():
            address = _address(record, channel)
            said = self._said.get((shop_id, address, channel)) if address else None
            if said is None:
                continue
            granted = said.granted and not (record.get(flag) is False and _is_later(record, channel, said))
            if record.get(flag) is not granted:
                changes[flag] = granted
        return {**record, **changes} if changes else record

    def _topics(self, shop_id: int, record: Record) -> dict[str, Any]:
        """A topic is wanted where any way of theirs said yes; refused where one said no and none yes."""
        if not self._chosen:
            return {}
        said = [one for address in _addresses(record) for one in self._chosen.get((shop_id, address), ())]
        if not said:
            return {}
        wanted = sorted({purpose.removeprefix(topics.TOPIC) for purpose, yes in said if yes})
        named = {purpose.removeprefix(topics.TOPIC) for purpose, _ in said}
        return {"topics": wanted, "refused_topics": sorted(named.difference(wanted))}


def keep_consents(tx: Transaction, facts: Sequence[Fact], customer_of: Callable[[Fact], Record | None]) -> None:
    """Write what the `consent.changed` among the facts say into the ledger, one line per event however often it comes,
    and what the `consent.topics_chosen` say, one for each topic. `customer_of(fact)` gives the person's record, for the
    address where the event has none."""
    rows: list[tuple[Any, ...]] = []
    for fact in facts:
        data = fact.event.data
        if fact.event.type == TOPICS_EVENT and fact.error is None:
            rows += choice_lines(fact.shop_id, fact.event.source, fact.event.id, fact.event.occurred_at, data)
        if fact.event.type != CONSENT_EVENT or fact.error is not None or not isinstance(data.get("granted"), bool):
            continue
        channel = str(data.get("channel"))
        address = _address(data, channel) or _address(customer_of(fact) or {}, channel)
        if address:
            rows.append(_line(fact, channel, address))
    tx.many("add_consents", sorted(rows, key=lambda row: (row[0], row[-1])))


def _line(fact: Fact, channel: str, address: str) -> tuple[Any, ...]:
    event = fact.event
    data = event.data
    at = _instant(data.get("changed_at")) or event.occurred_at
    names = ("state", "opt_in_level", "reason", "effect")
    proof = {"event": event.id, "from": event.source, **{name: data[name] for name in names if data.get(name)}}
    uid = event_line_uid(event.source, event.id)
    source = str(data.get("source") or event.source)[:64]
    purpose = str(data.get("purpose") or "marketing")[:16]
    return (
        fact.shop_id,
        address[:254],
        channel,
        purpose,
        data["granted"],
        to_micros(at),
        source,
        encode(proof),
        uid,
    )


def choice_lines(shop_id: int, source: str, id: str, at: datetime, data: Record) -> list[tuple[Any, ...]]:
    """The ledger's lines of a `consent.topics_chosen` with this data: one for each topic, and how often."""
    address = data.get("address")
    if not isinstance(address, str) or not address.strip():
        return []
    proof: dict[str, Any] = {"event": id, "from": source}
    if isinstance(data.get("proof"), Mapping):
        proof |= cast("dict[str, Any]", data["proof"])
    said = {
        str(name): yes for yes, key in ((True, "topics"), (False, "refused_topics")) for name in data.get(key) or ()
    }
    often = data.get("often")
    choice = topics.Choice(said, often if often == "" or often in topics.PERIODS else None)
    where = (shop_id, address.strip().lower()[:254], str(data.get("channel"))[:16])
    moment = to_micros(_instant(data.get("changed_at")) or at)
    return [
        (
            *where,
            purpose[:64],
            yes,
            moment,
            str(data.get("source") or source)[:64],
            encode(proof),
            event_line_uid(source, f"{id}|{purpose}"),
        )
        for purpose, yes in choice.lines().items()
    ]


def event_line_uid(source: str, id: str) -> str:
    """The name of the ledger's line that an event makes."""
    return blake2b(f"event|{source}|{id}".encode(), digest_size=16).hexdigest()


def _addresses(record: Record) -> list[str]:
    """All under which a customer may have said something: mail, telephone as it is held and as it is written to, the
    bot's chat, and the person themselves where a browser of theirs is notified."""
    found = [address for channel in FLAGS if (address := _address(record, channel))]
    phone = _address(record, "sms")
    if phone is not None and phone.startswith("+"):
        found.append("+" + "".join(one for one in phone if one.isdigit()))
    reach = record.get("reach")
    if isinstance(reach, Mapping):
        reached = cast(Record, reach)
        found += [str(reached["telegram"]).lower()] if reached.get("telegram") else []
        key = customer_key(record.get("id"), record.get("email")) if reached.get("push") else None
        found += [key.lower()] if key else []
    return list(dict.fromkeys(found))


def _address(record: Record, channel: str) -> str | None:
    name = ADDRESSES.get(channel)
    address = record.get(name) if name else None
    return address.strip().lower() or None if isinstance(address, str) else None


def _is_later(record: Record, channel: str, said: _Said) -> bool:
    consents = record.get("consent")
    found = cast(Record, consents).get(channel) if isinstance(consents, Mapping) else None
    at = _instant(cast(Record, found).get("updated_at")) if isinstance(found, Mapping) else None
    return at is not None and said.at is not None and to_micros(at) > said.at


def _instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None
