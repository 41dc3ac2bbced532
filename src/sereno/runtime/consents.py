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

from sereno.engine.durations import parse_instant
from sereno.runtime.facts import Fact
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


@dataclass(frozen=True, slots=True)
class _Said:
    """The last word on an address. `at` is None where it is suppressed."""

    granted: bool
    at: int | None


def last_words(tx: Transaction, addresses: Iterable[tuple[int, str]]) -> list[tuple[int, str, str, bool, int | None]]:
    """(shop, address, channel, granted, at) of the newest line on marketing of each of these (shop, address), also of
    those an erasure left under a hash; without `at` for one that is suppressed."""
    names = {(shop, name): (shop, address) for shop, address in addresses for name in known_as(address)}
    if not names:
        return []
    parameters = {
        "shops": sorted({shop for shop, _ in names}),
        "addresses": sorted({name for _, name in names}),
        "now": to_micros(datetime.now(UTC)),
    }
    found: dict[tuple[int, str, str], tuple[bool, int | None]] = {}
    for shop, name, channel, granted, at in tx.all("last_words", parameters):
        if (shop, name) not in names:
            continue
        place = (*names[shop, name], channel)
        held = found.get(place)
        if held is None or at is None or (held[1] is not None and at > held[1]):
            found[place] = (bool(granted), at)
    return [(*place, *said) for place, said in found.items()]


class Ledger:
    """The last words on the addresses of a batch: `read` them together, then ask what a customer allows."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._said: dict[tuple[int, str, str], _Said] = {}
        self._known: set[tuple[int, str]] = set()

    def read(self, customers: Iterable[tuple[int, Record]]) -> None:
        """One query for the addresses of all these customers (shop, record) that were not asked for yet."""
        missing = {
            (shop_id, address)
            for shop_id, record in customers
            for channel in FLAGS
            if (address := _address(record, channel))
        } - self._known
        if not missing:
            return
        self._known |= missing
        for shop_id, address, channel, granted, at in last_words(self._tx, missing):
            held = self._said.get((shop_id, address, channel))
            if held is None or held.at is not None:
                self._said[shop_id, address, channel] = _Said(bool(granted), at)

    def over(self, shop_id: int, record: Record) -> Record:
        """The customer with the flags as they hold."""
        if not self._said:
            return record
        changes: dict[str, bool] = {}
        for channel, flag in FLAGS.items():
            address = _address(record, channel)
            said = self._said.get((shop_id, address, channel)) if address else None
            if said is None:
                continue
            granted = said.granted and not (record.get(flag) is False and _is_later(record, channel, said))
            if record.get(flag) is not granted:
                changes[flag] = granted
        return {**record, **changes} if changes else record


def keep_consents(tx: Transaction, facts: Sequence[Fact], customer_of: Callable[[Fact], Record | None]) -> None:
    """Write what the `consent.changed` among the facts say into the ledger, one line per event however often it comes.
    `customer_of(fact)` gives the person's record, for the address where the event has none."""
    rows: list[tuple[Any, ...]] = []
    for fact in facts:
        data = fact.event.data
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


def event_line_uid(source: str, id: str) -> str:
    """The name of the ledger's line that an event makes."""
    return blake2b(f"event|{source}|{id}".encode(), digest_size=16).hexdigest()


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
