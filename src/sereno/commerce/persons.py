"""Which records of customers are one person, and what such a person is: pure, from the records alone.

Invariant: never by name alone; what several people may share is proposed, not taken for granted. Of what a person
allows the strictest word holds, whichever of their records it came with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from sereno.commerce.merging import earliest, fill, known, latest, micros
from sereno.commerce.ordering import MOST_COUNTED, placed_of, together
from sereno.commerce.telephones import e164

Record = Mapping[str, Any]
MOST_SHARING = 8
"""A value that more records have belongs to nobody: a shop's own number, a made-up address."""
MOST_RECORDS = 50
"""Of one person by rules; more are only proposed."""
FLAGS = ("accepts_email", "accepts_sms")
CONSENT_CHANNELS = ("email", "sms")
_NO = frozenset({"unsubscribed", "redacted"})


@dataclass(frozen=True, slots=True)
class Traits:
    """What a record is recognised by. `is_mail_doubted`: the platform says that the address was never confirmed.
    `accounts` are accounts of one platform, whatever store told of them."""

    key: str
    email: str | None = None
    phone: str | None = None
    name: frozenset[str] = frozenset()
    is_mail_doubted: bool = False
    accounts: frozenset[str] = frozenset()

    @property
    def is_guest(self) -> bool:
        return self.key.startswith("email:")

    def identities(self) -> list[tuple[str, str]]:
        """(kind, value), by which others are found."""
        found = [("email", self.email), ("phone", self.phone)]
        return [(kind, value) for kind, value in found if value] + [("account", one) for one in sorted(self.accounts)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two records may be one person by this `rule`; `is_sure`: no person needs to look."""

    rule: str
    is_sure: bool


def traits_of(key: str, record: Record, country: str | None, accounts: Iterable[str] = ()) -> Traits:
    """`country` is the shop's, for numbers of people who have none of their own."""
    email = record.get("email")
    address = record.get("default_address")
    own = address.get("country") if isinstance(address, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    names = (record.get("name"), record.get("first_name"), record.get("last_name"))
    return Traits(
        key,
        email.strip().lower()[:254] or None if isinstance(email, str) else None,
        e164(record.get("phone"), own or country),  # pyright: ignore[reportUnknownArgumentType]
        _words(names),
        record.get("email_is_verified") is False,
        frozenset(accounts),
    )


def verdict(one: Traits, other: Traits) -> Verdict | None:
    """Whether two records are one person, and by what.

    1. One account of one platform: the same person.
    2. One e-mail address: the same person, unless the address was never confirmed, or two accounts that share it bear
       names that have nothing in common: then somebody should look.
    3. One telephone and one name: the same person. Also where one of the two is nothing but that number.
    4. One telephone and different names: a family, an office. Somebody should look.
    """
    if one.accounts & other.accounts:
        return Verdict("same_account", is_sure=True)
    if one.email and one.email == other.email:
        if one.is_mail_doubted or other.is_mail_doubted:
            return Verdict("email_unverified", is_sure=False)
        if not (one.is_guest or other.is_guest) and one.name and other.name and not one.name & other.name:
            return Verdict("email_other_name", is_sure=False)
        return Verdict("same_email", is_sure=True)
    if one.phone and one.phone == other.phone:
        if one.name and one.name == other.name:
            return Verdict("same_phone", is_sure=True)
        if any(not (it.name or it.email) for it in (one, other)):
            return Verdict("same_phone", is_sure=True)
        return Verdict("phone_shared", is_sure=False)
    return None


def main_of(rows: Collection[tuple[int, str]]) -> str:
    """Of (row id, key): an account before a guest, then who was known first."""
    return min(rows, key=lambda row: (row[1].startswith("email:"), row[0]))[1]


def trees(keys: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """The keys that pairs hold together, in no order; a key of no pair stands alone."""
    group = {key: {key} for key in keys}
    for one, other in pairs:
        held, more = group.get(one), group.get(other)
        if held is None or more is None or held is more:
            continue
        held |= more
        for key in more:
            group[key] = held
    return list({id(held): held for held in group.values()}.values())


def one_of(records: Sequence[Record]) -> Record:
    """The person that these records are; the first is the main one. It has that one's values, and what it lacks from
    the others, those told last first. Orders and spending add up where they can be added; consent is the strictest."""
    main, *others = records
    if not others:
        return main
    found: dict[str, Any] = dict(main)
    for other in sorted(others, key=_told_at, reverse=True):
        found = fill(found, known(other))
    found["emails"] = _addresses(records, "email")
    found |= known(_counts(records)) | known(_seen(records)) | _consents(records) | _topics(records) | _visits(records)
    for name in ("tags", "lists"):
        if values := dict.fromkeys(one for record in records for one in record.get(name) or ()):
            found[name] = list(values)
    found.pop("is_thin", None)
    return found


def _told_at(record: Record) -> int:
    return micros(record.get("updated_at")) or micros(record.get("as_of")) or 0


def _addresses(records: Sequence[Record], name: str) -> list[str]:
    values = (record.get(name) for record in records)
    return list(dict.fromkeys(value.strip().lower() for value in values if isinstance(value, str) and value.strip()))


def _counts(records: Sequence[Record]) -> dict[str, Any]:
    """Sums of what each platform counted; money only of one currency: else the main record's stays."""
    counts = [record["order_count"] for record in records if isinstance(record.get("order_count"), int)]
    found: dict[str, Any] = {"order_count": sum(counts) if counts else None}
    seen: dict[str, str] = {}
    for record in records:
        seen = together(seen, record.get("orders_seen"), MOST_COUNTED * len(records))
    found |= {"orders_seen": seen or None, "orders_placed": placed_of(seen, found["order_count"])}
    spent = [record for record in records if record.get("total_spent") is not None and record.get("currency")]
    if spent and len({record["currency"] for record in spent}) == 1:
        try:
            found["total_spent"] = str(sum((Decimal(str(record["total_spent"])) for record in spent), Decimal(0)))
            found["currency"] = spent[0]["currency"]
        except InvalidOperation:
            pass
    return found


def _seen(records: Sequence[Record]) -> dict[str, Any]:
    first = earliest(*(record.get("first_order_at") for record in records))
    holder = next((one for one in records if first is not None and one.get("first_order_at") == first), None)
    return {
        "first_order_at": first,
        "last_order_at": latest(*(record.get("last_order_at") for record in records)),
        "created_at": earliest(*(record.get("created_at") for record in records)),
        "channel": holder.get("channel") if holder is not None else None,
    }


def _visits(records: Sequence[Record]) -> dict[str, Any]:
    """Visits as the record tells that visited last, from the first visit of any on, counted together."""
    told = (record.get("visits") for record in records)
    held: list[Record] = [visits for visits in told if isinstance(visits, Mapping)]
    if len(held) < 2:
        return {}
    last = max(held, key=lambda one: micros(one.get("last_at")) or 0)
    first = min(held, key=lambda one: micros(one.get("first_at")) or 0)
    begun = {name: first.get(name) for name in ("first_at", "first_source", "first_medium", "first_campaign")}
    count = sum(one["count"] for one in held if isinstance(one.get("count"), int))
    return {"visits": {**last, **begun, "count": count}}


def _consents(records: Sequence[Record]) -> dict[str, Any]:
    """A no of any record is a no; a yes of any is a yes only where none says no."""
    found: dict[str, Any] = {}
    for flag in FLAGS:
        said = [record[flag] for record in records if isinstance(record.get(flag), bool)]
        if said:
            found[flag] = all(said)
    consents: dict[str, Any] = {}
    for channel in CONSENT_CHANNELS:
        lines = [line for record in records if (line := _consent(record, channel))]
        if lines:
            consents[channel] = min(lines, key=lambda line: (_strictness(line), -(micros(line.get("updated_at")) or 0)))
    return {**found, **({"consent": consents} if consents else {})}


def _topics(records: Sequence[Record]) -> dict[str, Any]:
    """As consent: what any record refused is refused, whichever said yes."""
    said = [record for record in records if "topics" in record or "refused_topics" in record]
    if not said:
        return {}
    refused = {name for record in said for name in record.get("refused_topics") or ()}
    wanted = {name for record in said for name in record.get("topics") or ()}
    return {"topics": sorted(wanted - refused), "refused_topics": sorted(refused)}


def _consent(record: Record, channel: str) -> Record | None:
    held = record.get("consent")
    line = held.get(channel) if isinstance(held, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return line if isinstance(line, Mapping) else None  # pyright: ignore[reportUnknownVariableType]


def _strictness(line: Record) -> Literal[0, 1, 2]:
    state = line.get("state")
    return 0 if state in _NO else 2 if state == "subscribed" else 1


def _words(names: Iterable[object]) -> frozenset[str]:
    """Words of a name, without accents and case, initials left out."""
    found: set[str] = set()
    for name in names:
        if isinstance(name, str):
            bare = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
            found |= {word for word in bare.casefold().replace("-", " ").split() if len(word) > 1}
    return frozenset(found)
