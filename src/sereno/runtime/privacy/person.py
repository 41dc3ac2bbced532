"""Whom it is about: all the names one person goes by in a shop, and whether a text speaks of them.

Invariant: pure. Another customer is never taken for the same person because of a telephone they share or an address
one of them once typed: see `finding`, which decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sereno.store.pseudonyms import is_pseudonym, pseudonym

OWN_KINDS = frozenset(
    {"cart", "checkout", "order", "payment", "refund", "fulfillment", "shipment", "dispute", "return", "gift_card"}
)
"""Kinds of records that are one person's alone."""
BOOK_KINDS = OWN_KINDS - {"cart", "checkout", "gift_card"}
"""Those whose amounts the books keep: their ids stay."""
NAMES = frozenset(
    {"first_name", "last_name", "name", "full_name", "company", "address1", "address2", "street", "line1", "line2"}
)
PHONES = frozenset({"phone", "telephone", "mobile"})
_PLACES = frozenset({"customer", "billing_address", "shipping_address", "destination", "default_address", "addresses"})
_DIGITS = re.compile(r"\D+")


@dataclass(slots=True)
class Person:
    """`emails` lower case; `phones` as they stand; `customers` are keys of the customer's records; `records` are
    (kind, key) of orders, carts and their parts. `words` are names and streets, for looking into texts of theirs."""

    shop_id: int
    emails: set[str] = field(default_factory=set[str])
    phones: set[str] = field(default_factory=set[str])
    customers: set[str] = field(default_factory=set[str])
    records: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    words: set[str] = field(default_factory=set[str])

    def links(self) -> list[str]:
        """By which events and runs are found."""
        own = [f"customer:{key}" for key in self.customers]
        mails = [f"email:{mail}" for mail in self.emails] + [f"customer:email:{mail}" for mail in self.emails]
        return sorted({*own, *mails, *(f"{kind}:{key}" for kind, key in self.records)})

    def names(self) -> set[str]:
        """Strings that name the person by themselves, as a subject, a key or an address."""
        mails = {*self.emails, *(f"email:{mail}" for mail in self.emails)}
        carts = {f"{kind}:{key}" for kind, key in self.records if kind not in BOOK_KINDS}
        keys = {key for kind, key in self.records if kind not in BOOK_KINDS}
        own = {*self.customers, *(f"customer:{key}" for key in {*self.customers, *mails})}
        return mails | carts | keys | own | self.phones

    def tokens(self) -> list[str]:
        """What a search for the person through any text looks for, longest first: addresses, and telephones as they
        stand and as digits alone."""
        phones = {one for one in self.phones if len(_DIGITS.sub("", one)) >= 7}
        plain = {digits for one in phones if len(digits := _DIGITS.sub("", one)) >= 9}
        return sorted({*self.emails, *phones, *plain}, key=lambda one: (-len(one), one))

    def is_known(self) -> bool:
        return bool(self.emails or self.phones or self.customers or self.records)

    def learn(self, document: Any) -> None:
        """Take over the names, streets and telephones that a record of theirs holds."""
        self._learn(document, is_place=True)

    def _learn(self, document: Any, *, is_place: bool) -> None:
        if isinstance(document, list):
            for item in cast("list[Any]", document):
                self._learn(item, is_place=is_place)
        if not isinstance(document, Mapping):
            return
        for name, value in cast("Mapping[str, Any]", document).items():
            if isinstance(value, Mapping | list) and name in _PLACES:
                self._learn(value, is_place=True)
            elif is_place and isinstance(value, str) and value.strip():
                if name in NAMES and len(value.strip()) >= 3:
                    self.words.add(value.strip()[:200])
                elif name in PHONES and len(_DIGITS.sub("", value)) >= 7:
                    self.phones.add(value.strip())

    def to_document(self) -> dict[str, Any]:
        records = sorted(list(one) for one in self.records)
        held = {name: sorted(getattr(self, name)) for name in ("emails", "phones", "customers", "words")}
        return {"shop": self.shop_id, "records": records, **held}

    @staticmethod
    def of_document(document: Mapping[str, Any]) -> Person:
        records = {(str(kind), str(key)) for kind, key in document["records"]}
        held = {name: set[str](document[name]) for name in ("emails", "phones", "customers", "words")}
        return Person(int(document["shop"]), records=records, **held)


class Cloak:
    """Tells what speaks of a person, and hides it."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._names = person.names()
        self._tokens = person.tokens()
        self._lower = [token.lower() for token in self._tokens]
        self._token = _any_of(_bounded(token) for token in self._tokens)
        self._customer = _any_of(rf"(?<!\w)customer:{re.escape(key)}(?![\w-])" for key in sorted(person.customers))
        words = sorted({*self._tokens, *person.words, *_parts(person.words)}, key=len, reverse=True)
        found = "|".join(re.escape(word) for word in words)
        self._words = re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.IGNORECASE) if words else None
        self._prefixed = sorted((one for one in self._names if _is_prefixed(one)), key=len, reverse=True)
        self._whole = [word.lower() for word in person.words if len(word) >= 6 and not word.isalpha()]

    def needles(self) -> list[str]:
        """What texts of all people's are searched for: addresses, telephones, and `customer:17`. What holds another of
        them is left out: each costs a reading of everything."""
        customers = [f"customer:{key}".lower() for key in self.person.customers if not is_pseudonym(key)]
        return [*self._lower, *(one for one in customers if not self.holds(one))]

    def tells(self, text: str | None) -> bool:
        """Whether the text still gives the person away: an address, a telephone, a full name or a street, or one of
        their names as a whole string."""
        if not text:
            return False
        lower = text.lower()
        if self.holds(text) or any(one in lower for one in self._whole):
            return True
        return text in self._prefixed or any(f'"{one}"' in text for one in self._prefixed)

    def names(self, text: str | None) -> bool:
        """Whether a key, subject or link is the person's, or holds their address."""
        return text is not None and not is_pseudonym(text) and (text in self._names or self.holds(text))

    def holds(self, text: str) -> bool:
        """Whether the address or telephone stands anywhere in the text; somebody's whose address only ends alike
        (mariana@ for ana@) is somebody else."""
        lower = text.lower()
        if self._token is None or not any(token in lower for token in self._lower):
            return False
        return self._token.search(text) is not None

    def is_hit(self, text: str, but: frozenset[str] = frozenset()) -> bool:
        """Whether what a search for `needles` found is really the person; addresses in `but` do not count."""
        if self._customer is not None and self._customer.search(text) is not None:
            return True
        found = self._token.finditer(text) if self._token is not None else ()
        return any(one[0].lower() not in but for one in found)

    def speaks(self, text: str) -> bool:
        """Whether any of their names, streets, addresses or telephones does."""
        return self.holds(text) or (self._words is not None and self._words.search(text) is not None)

    def key(self, text: str | None) -> str | None:
        """A key or subject, behind a pseudonym if it is the person's; the kind before it stays."""
        if text is None or not self.names(text):
            return text
        kind, colon, key = text.partition(":")
        if colon and key and kind in (*OWN_KINDS, "customer"):
            return f"{kind}:{pseudonym(key)}"
        return pseudonym(text)

    def blot(self, text: str, but: frozenset[str] = frozenset()) -> str:
        """The text with their addresses, telephones and names such as `customer:17` blotted out; `but` stay. What was
        JSON is JSON after."""
        for name in self._prefixed:
            if name.partition(":")[2] not in but:
                text = re.sub(rf"{re.escape(name)}(?![\w-])", lambda found: self.key(found[0]) or "", text)
        if self._token is None or not self.holds(text):
            return text
        return self._token.sub(lambda found: found[0] if found[0].lower() in but else _blot(found[0]), text)


def _blot(token: str) -> str:
    return "erased@example.invalid" if "@" in token else "-"


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    found = "|".join(patterns)
    return re.compile(found, re.IGNORECASE) if found else None


def _bounded(token: str) -> str:
    """The token as a whole. In JSON a line's end is a letter after a backslash, which is no part of a name."""
    if "@" not in token:
        return rf"(?<!\d){re.escape(token)}(?!\d)"
    start = r"(?:(?<![\w.+%-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4}))"
    return rf"{start}{re.escape(token)}(?![\w-])(?!\.\w)"


def _is_prefixed(name: str) -> bool:
    kind, colon, key = name.partition(":")
    return bool(colon and key) and kind in ("customer", "email", *OWN_KINDS)


def _parts(words: Iterable[str]) -> set[str]:
    """First and last names by themselves."""
    return {part for word in words for part in word.split() if len(part) >= 3 and part[:1].isupper()}
