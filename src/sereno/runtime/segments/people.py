"""What is known of customers, as segments compare it: one row for each person, read anew from the records whenever
something of them changed.

Invariant: a row says what the records say in the transaction that wrote it. The rows of a batch are locked, so whoever
counts or decides for a person next sees what was counted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from sereno.commerce.money import exponent_of, finite
from sereno.commerce.persons import one_of
from sereno.engine.durations import parse_date, parse_instant
from sereno.engine.segments.definition import fold
from sereno.engine.segments.fields import FIELDS, OWN, FieldType
from sereno.engine.segments.places import Point
from sereno.engine.segments.yearly import day_number
from sereno.runtime.consents import Ledger
from sereno.runtime.persons import people_of
from sereno.runtime.segments.localities import points
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable

LONGEST = 200
LARGEST = 10**15
MOST_CUSTOM = 100


@dataclass(frozen=True, slots=True)
class Shop:
    """What a shop's facts are counted by. `today` is the ordinal of its own day."""

    id: int
    zone: ZoneInfo
    currency: str
    today: int

    @property
    def exponent(self) -> int:
        return exponent_of(self.currency)

    def day_of(self, instant: datetime) -> int:
        return instant.astimezone(self.zone).date().toordinal()


def shop_of(shop_id: int, timezone: str, currency: str, now: datetime) -> Shop:
    zone = ZoneInfo(timezone)
    return Shop(shop_id, zone, currency, now.astimezone(zone).date().toordinal())


def refresh(tx: Transaction, shop: Shop, keys: Iterable[str]) -> dict[str, int]:
    """Read these people anew. Gives the row of each, by every key that was asked for: records that are one person share
    the row of the main one, and what stood under the others is nobody's."""
    asked = sorted(set(keys))
    if not asked:
        return {}
    people = people_of(tx, [(shop.id, key) for key in asked])
    groups = {key: people.get((shop.id, key), [key]) for key in asked}
    wanted = sorted({key for group in groups.values() for key in group})
    records = {key: decode(data) for key, data in tx.all("records_to_gather", {"shop": shop.id, "keys": wanted})}
    tags: dict[str, list[str]] = {}
    for _, _, key, tag in tx.all("tags_of", {"shops": [shop.id], "kinds": ["customer"], "keys": wanted}):
        tags.setdefault(key, []).append(tag)
    ledger = Ledger(tx)
    ledger.read((shop.id, record) for record in records.values())
    mains = {group[0]: group for group in groups.values()}
    rows: dict[str, tuple[Any, ...]] = {}
    wanting = _wanting(tx, shop, records)
    lived = points(tx, shop.id, records)
    for main, group in mains.items():
        held = [_tagged(ledger.over(shop.id, records[key]), tags.get(key, ())) for key in group if key in records]
        place = next((lived[key] for key in group if key in lived), None)
        counted = _summed(wanting.get(key, {}) for key in group)
        rows[main] = row_of(shop, main, {**one_of(held), **counted} if held else None, place)
        rows |= {key: row_of(shop, key, None) for key in group[1:]}
    tx.many("put_segment_people", [rows[key] for key in sorted(rows)])
    ids = dict(tx.all("ids_of_segment_people", {"shop": shop.id, "keys": sorted(rows)}))
    return {key: ids[group[0]] for key, group in groups.items()}


def _tagged(record: Mapping[str, Any], own: Sequence[str]) -> Mapping[str, Any]:
    if not own:
        return record
    theirs: list[Any] = list(record.get("tags") or ())
    return {**record, "tags": list(dict.fromkeys([*theirs, *own]))}


def row_of(shop: Shop, key: str, record: Mapping[str, Any] | None, place: Point | None = None) -> tuple[Any, ...]:
    """The columns of `put_segment_people`. A customer who was deleted is known no more."""
    if record is None or record.get("deleted_at"):
        return (shop.id, key, 0, *(None for _ in FIELDS), *(None for _ in (*OWN, *"xyz")))
    values = compared(shop, record)
    plain = [_plain(values[name]) for name in FIELDS]
    return (shop.id, key, 1, *plain, encode(_custom(record)), encode(_answers(record)), *(place or (None, None, None)))


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return between_feeds(cast("frozenset[str]", value)) if value else None
    return int(value) if isinstance(value, bool) else value


def between_feeds(texts: Iterable[str]) -> str:
    """Several texts in one column, so that each is found with a line feed on both sides."""
    return "\n" + "\n".join(sorted(texts)) + "\n"


def compared(shop: Shop, record: Mapping[str, Any]) -> dict[str, Any]:
    """A customer's fields as `engine.segments.deciding.Known` has them, but for those of the shop's own."""
    # Most people lack most of it: what is not there is not looked into.
    held = {name for name, value in record.items() if value is not None}
    return {name: _value(shop, field, record) if field.path[0] in held else None for name, field in FIELDS.items()}


def _value(shop: Shop, field: FieldType, record: Mapping[str, Any]) -> Any:
    value: Any = record
    inside: Mapping[str, Any] = record
    for name in field.path:
        if not isinstance(value, Mapping):
            return None
        inside = cast("Mapping[str, Any]", value)
        value = inside.get(name)
    if value is None:
        return None
    match field.kind:
        case "text":
            return fold(storable(value))[:LONGEST] or None if isinstance(value, str) else None
        case "flag":
            return value if isinstance(value, bool) else None
        case "number":
            number = finite(value) if not isinstance(value, bool) else None
            return float(number) if number is not None and abs(number) < LARGEST else None
        case "money":
            return _minor(shop, value, inside.get("currency"))
        case "date":
            return _day(shop, value)
        case "birthday":
            return _yearly(value)
        case "choices" | "place":
            return None  # Not in a column of its own; see `_answers` and `localities`.
        case "tags":
            return frozenset(storable(tag) for tag in value if isinstance(tag, str) and tag and "\n" not in tag)


def _minor(shop: Shop, value: Any, currency: Any) -> int | None:
    """Money of another currency is not known here."""
    amount = finite(value)
    if amount is None or abs(amount) >= LARGEST or (currency and currency != shop.currency):
        return None
    return minor(shop, amount)


def minor(shop: Shop, amount: Decimal) -> int:
    """In the smallest units of the shop's currency, rounded."""
    return int(amount.scaleb(shop.exponent).to_integral_value())


def _day(shop: Shop, value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        is_date = len(value) == len("2026-11-23")
        return date.fromisoformat(value).toordinal() if is_date else shop.day_of(parse_instant(value))
    except (ValueError, OverflowError):
        return None


def _yearly(value: Any) -> int | None:
    try:
        _, month, day = parse_date(value) if isinstance(value, str) else (None, 0, 0)
        return day_number(month, day)
    except ValueError:
        return None


WANTING: tuple[str, ...] = ("waits", "wishes")
"""How many things they wait for, and have on their wish list, by the rank of such an interest."""


def _wanting(tx: Transaction, shop: Shop, records: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """By the key of these customers' records. What somebody wished who was known by the address alone counts too."""
    keys = {key: key for key in records}
    for key, record in records.items():
        if isinstance(email := record.get("email"), str) and email:
            keys.setdefault(f"email:{email.lower()}", key)
    found: dict[str, dict[str, int]] = {}
    rows: list[tuple[Any, ...]] = tx.all("wanting_of", {"shop": shop.id, "keys": sorted(keys)}) if keys else []
    for row in rows:
        held, name = found.setdefault(keys[row[0]], {}), WANTING[int(row[1])]
        held[name] = held.get(name, 0) + int(row[2])
    return found


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = dict.fromkeys(WANTING, 0)
    for one in counts:
        found = {name: count + one.get(name, 0) for name, count in found.items()}
    return found


def _answers(record: Mapping[str, Any]) -> dict[str, str]:
    """What they said in the form they sent last: by field, each choice or text between line feeds."""
    signup = record.get("signup")
    given: Any = cast("Mapping[str, Any]", signup).get("answers") if isinstance(signup, Mapping) else None
    if not isinstance(given, Mapping):
        return {}
    found: dict[str, str] = {}
    for name, value in list(cast("Mapping[str, Any]", given).items())[:MOST_CUSTOM]:
        several = cast("Sequence[Any]", value) if isinstance(value, list) else [value]
        texts = [fold(" ".join(storable(str(one)).split()))[:LONGEST] for one in several if isinstance(one, str | int)]
        if said := {text for text in texts if text}:
            found[storable(str(name))] = between_feeds(said)
    return found


def _custom(record: Mapping[str, Any]) -> dict[str, str]:
    """The shop's own attributes, as text; what is no single value is left out."""
    custom = record.get("custom")
    if not isinstance(custom, Mapping):
        return {}
    found: dict[str, str] = {}
    for name, value in list(cast("Mapping[str, Any]", custom).items())[:MOST_CUSTOM]:
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, str | int | float) and (text := fold(storable(str(value)))[:LONGEST]):
            found[storable(str(name))] = text
    return found
