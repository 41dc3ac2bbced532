"""How the values that stores hold of one thing are made one: which is right, who is to be told, and what is put aside
until a person has looked. Pure.

Invariant: where every store says what it is told, all are equal and a second look finds nothing. A store's answer to
what it was told is never taken for a change of its own, so that nothing goes to and fro.

Who is right, in this order:
1. what a person took, until somebody who counts changes it after;
2. by the rule `leader`, the leader;
3. else whoever changed it last since all agreed; the leader, where nobody did. Two that changed it to different values
   within `APART` of each other cannot be told apart: a person decides, and by the rule `ask` always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from sereno.commerce.markup import as_read
from sereno.commerce.merging import parts
from sereno.commerce.money import finite

PRICE, COMPARE_AT, TITLE, DESCRIPTION, STATUS = "price", "compare_at_price", "title", "description", "status"
FIELDS = (PRICE, COMPARE_AT, TITLE, DESCRIPTION, STATUS)
OF_VARIANT = frozenset({PRICE, COMPARE_AT})
"""The others are of the product, and the same for all its variants."""
CONFLICTS = ("leader", "newest", "ask")
OPEN, WAITING, HELD, LEFT = "open", "waiting", "held", "left"
STATES = (OPEN, WAITING, HELD, LEFT)

TWICE, CURRENCY, MISSING, ZERO, FAR = (
    "sku.twice",
    "currency.differs",
    "value.missing",
    "price.zero",
    "price.too_far",
)
BOTH, CANNOT, KEEPS = "conflict.both_changed", "store.cannot", "store.keeps_other"
LOW, SHAPE = "compare_at.too_low", "product.other_shape"
REASONS = (TWICE, CURRENCY, MISSING, ZERO, FAR, LOW, SHAPE, BOTH, CANNOT, KEEPS)
NEVER_WRITTEN = frozenset({CURRENCY, CANNOT})
"""What no word of a person's makes possible; nor can a title or a price be taken away."""

SECOND = 1_000_000
APART = SECOND
"""Changes of different stores nearer than this cannot be told apart: many platforms count in seconds."""
SLACK = 30 * SECOND
LEEWAY = 120 * SECOND
"""What a store says so long after it was told, and differs, is its answer: it rounds, or cleans texts."""
MOST_TOLD = 3
"""How often a store is told one value when it says another each time."""
LONGEST_SHOWN = 500
SHOWN, HIDDEN = "active", "hidden"


@dataclass(frozen=True, slots=True)
class Value:
    """What one store says. `digest` is the same for what is the same; `at` is when its record was changed, in
    microseconds. `is_twice`: two of its variants have the SKU, `is_mixed`: and they say different things.
    `is_writable`: another value can be written there. `price` is what it costs there, of a price struck through;
    `is_of_many`: the product it names has several variants."""

    digest: str
    text: str
    at: int
    amount: Decimal | None = None
    currency: str = ""
    is_missing: bool = False
    is_twice: bool = False
    is_mixed: bool = False
    is_writable: bool = True
    price: Decimal | None = None
    is_of_many: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a store said since all agreed. `since` is when; 0 for what it said when it was first looked at. `is_ours`:
    it was told so."""

    digest: str
    since: int
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A person said that what `connection` has is right; the leader said `over` then."""

    connection: str
    digest: str
    over: str
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Said:
    changes: Mapping[str, Change] = field(default_factory=dict[str, Change])
    taken: Taken | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """A difference as it stands. `released` are the digests, own and target, that a person let through; `told_*` what
    the store was told last, or was about to be, over which value, when and how often, and of when its record was then.
    """

    state: str
    reason: str = ""
    released: tuple[str, str] = ("", "")
    told_target: str = ""
    told_own: str = ""
    told_at: int = 0
    told_seen: int = 0
    told_times: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """The rule: see `CONFLICTS`; `most_change` in percent, 0 for any."""

    field: str
    leader: str
    conflict: str
    most_change: int = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What a store is to be told, or why not: `target` as `source` says it."""

    target: str
    source: str
    state: str
    reason: str
    percent: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`agreed` is the digest all have, or last had; None while they never agreed."""

    agreed: str | None
    said: Said
    findings: Mapping[str, Finding]


# --- what is compared -----------------------------------------------------------------------


def value_of(name: str, record: Mapping[str, Any], at: int, currency: str) -> Value | None:
    """Of a variant's record for a price, of a product's for the rest; None where it says nothing of it. `currency` is
    the shop's, for records that name none."""
    if name == STATUS:
        return _status(record, at)
    if name not in record:
        return None
    said = record[name]
    if name in OF_VARIANT:
        found = _price(name, said, str(record.get("currency") or currency)[:3], at)
        return replace(found, price=finite(record.get("price"))) if name == COMPARE_AT else found
    text = said if isinstance(said, str) else ""
    text = text.strip() if name == TITLE else text
    same = text if name == TITLE else _as_read(text)
    many = max(len(parts(record.get("variants"))), finite(record.get("variant_count")) or 0) > 1
    return Value(_digest(same), text, at, is_missing=not same, is_of_many=many)


def _price(name: str, said: object, currency: str, at: int) -> Value:
    """A price struck through that is 0 is none."""
    amount = None if said is None or isinstance(said, bool) else finite(said)
    if amount is not None and (amount < 0 or (not amount and name == COMPARE_AT)):
        amount = None
    if amount is None:
        return Value(_digest(""), "", at, None, currency, is_missing=name == PRICE)
    amount = amount.normalize()
    text = f"{amount:f}"
    return Value(_digest(f"{text} {currency}"), text, at, amount, currency)


def _status(record: Mapping[str, Any], at: int) -> Value | None:
    status = record.get("status")
    is_off = "published_at" in record and record["published_at"] is None
    if status is None and "published_at" not in record:
        return None
    text = SHOWN if status in (None, "active") and not is_off else HIDDEN
    return Value(_digest(text), text, at)


@lru_cache(maxsize=512)
def _as_read(text: str) -> str:
    """Several stores mostly have the very same text, and are asked for one after the other."""
    return as_read(text)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def joined(values: list[Value]) -> Value:
    """What a store says that has the thing several times."""
    if len(values) == 1:
        return values[0]
    mixed = len({one.digest for one in values}) > 1
    return replace(values[0], at=max(one.at for one in values), is_twice=True, is_mixed=mixed)


# --- who is right ---------------------------------------------------------------------------


def judge(
    terms: Terms,
    values: Mapping[str, Value],
    agreed: str | None,
    said: Said,
    before: Mapping[str, Before],
) -> Verdict:
    """`values` and `before` (the differences there are) by connection."""
    left = {name for name, one in before.items() if one.state == LEFT and name in values}
    sides = {name: one for name, one in values.items() if name not in left}
    if len(sides) < 2:
        return Verdict(agreed, said, _left_alone(left, values, min(sides, default="")))
    said = _heard(sides, agreed, said, before)
    same = {one.digest for one in sides.values()}
    if len(same) == 1 and not any(one.is_mixed for one in sides.values()):
        return Verdict(same.pop(), Said(), _left_alone(left, values, min(sides)))
    source, is_unsure, taken = _right(terms, sides, said)
    said = replace(said, taken=taken)
    found = _left_alone(left, values, source)
    if not source and terms.conflict == "leader":
        return Verdict(agreed, said, found)
    for name, own in sides.items():
        if not source:
            found[name] = Finding("", "", HELD, BOTH)
        elif name != source and (own.is_mixed or own.digest != sides[source].digest):
            found[name] = _finding(terms, own, source, sides[source], before.get(name), is_unsure, said, name)
    if source and sides[source].is_mixed and not found.keys() - left:
        # The others are all as one of the two it has.
        found[source] = Finding(sides[source].digest, source, HELD, TWICE)
    return Verdict(agreed, said, found)


def _heard(sides: Mapping[str, Value], agreed: str | None, said: Said, before: Mapping[str, Before]) -> Said:
    """With what each says now. While they never agreed, what was first heard is no change."""
    changes: dict[str, Change] = {}
    for name, own in sides.items():
        held = said.changes.get(name)
        if own.is_mixed:
            continue
        if held is None:
            if agreed is None:
                changes[name] = Change(own.digest, 0)
            elif own.digest != agreed:
                changes[name] = Change(own.digest, own.at, _is_ours(own, before.get(name)))
        elif held.digest == own.digest:
            changes[name] = held
        else:
            changes[name] = Change(own.digest, max(own.at, held.since + 1), _is_ours(own, before.get(name)))
    return Said(changes, said.taken)


def _is_ours(own: Value, told: Before | None) -> bool:
    """It says what it was told, or what it made of it."""
    if told is None or not told.told_target:
        return False
    is_answer = told.told_at - SLACK <= own.at <= told.told_at + LEEWAY
    return own.digest == told.told_target or (is_answer and own.digest != told.told_own)


def _right(terms: Terms, sides: Mapping[str, Value], said: Said) -> tuple[str, bool, Taken | None]:
    """Whose value is right ("" where nobody's is), whether a person has to say so, and what a person said before that
    still holds."""
    counted = {
        name: one
        for name, one in said.changes.items()
        if name in sides and one.since and not one.is_ours and not sides[name].is_missing
    }
    taken = _still(terms, sides, said.taken, counted)
    if taken is not None:
        return taken.connection, False, taken
    leader = terms.leader if terms.leader in sides else ""
    if terms.conflict == "leader":
        return leader, False, None
    if not counted:
        return leader, leader == "" or terms.conflict == "ask", None
    last = max(one.since for one in counted.values())
    near = {name: one for name, one in counted.items() if last - one.since < APART}
    is_unsure = len({one.digest for one in near.values()}) > 1
    source = leader if leader in near else min(near)
    return source, is_unsure or terms.conflict == "ask", None


def _still(
    terms: Terms, sides: Mapping[str, Value], taken: Taken | None, counted: Mapping[str, Change]
) -> Taken | None:
    """What a person took holds until its store says otherwise, or another that counts says something new."""
    if taken is None or taken.connection not in sides or sides[taken.connection].digest != taken.digest:
        return None
    if terms.conflict == "leader":
        leader = sides.get(terms.leader)
        return taken if leader is None or leader.digest in (taken.over, taken.digest) else None
    newer = (one for one in counted.values() if one.since > taken.at and one.digest != taken.digest)
    return None if any(newer) else taken


# --- what becomes of a difference -----------------------------------------------------------


def _finding(
    terms: Terms,
    own: Value,
    source: str,
    wanted: Value,
    before: Before | None,
    is_unsure: bool,
    said: Said,
    name: str,
) -> Finding:
    percent = change_percent(own, wanted)
    by = said.taken.by if said.taken is not None else ""
    reason = _doubt(terms, own, wanted, percent, is_unsure, is_taken=said.taken is not None)
    is_released = before is not None and before.released == (own.digest, wanted.digest)
    if reason and not (is_released and may_be_written(terms.field, reason)):
        return Finding(wanted.digest, source, HELD, reason, percent, by)
    change = said.changes.get(name)
    is_answer = terms.conflict != "leader" and change is not None and change.is_ours
    state = OPEN if before is None else _state(before, own, wanted, is_answer=is_answer)
    return Finding(wanted.digest, source, state, KEEPS if state == HELD else "", percent, by)


def _state(before: Before, own: Value, wanted: Value, *, is_answer: bool) -> str:
    """Of what nothing speaks against: it is told once, and what a store makes of it is not told for ever. An answer of
    its own may be somebody's change too, which only the leader's word may undo."""
    if before.told_target != wanted.digest:
        return OPEN
    if before.told_own != own.digest:
        return HELD if is_answer or before.told_times >= MOST_TOLD else OPEN
    if before.state == WAITING:
        has_answered = own.at > before.told_seen and own.at >= before.told_at - SECOND
        return HELD if has_answered else WAITING
    return HELD if (before.state, before.reason) == (HELD, KEEPS) else OPEN


def _doubt(terms: Terms, own: Value, wanted: Value, percent: float | None, is_unsure: bool, *, is_taken: bool) -> str:
    """Why it is not written without a person; "" where nothing is amiss."""
    if not own.is_writable:
        return CANNOT
    if wanted.is_mixed or own.is_twice:
        return TWICE
    if wanted.is_missing:
        return MISSING
    if terms.field in OF_VARIANT and wanted.amount and own.currency != wanted.currency:
        return CURRENCY
    if terms.field == PRICE and not wanted.amount:
        return ZERO
    if terms.field == COMPARE_AT and wanted.amount and own.price is not None and wanted.amount <= own.price:
        # Many platforms take it and forget it; once the store's price is what it should be, it is above it.
        return LOW
    if terms.field == TITLE and own.is_of_many != wanted.is_of_many:
        # A product for each variant has the variant in its name.
        return SHAPE
    if is_unsure:
        return BOTH
    is_far = percent is not None and 0 < terms.most_change < percent
    return FAR if is_far and not is_taken else ""


def may_be_written(name: str, reason: str) -> bool:
    """Whether a person's word is enough."""
    return reason not in NEVER_WRITTEN and not (reason == MISSING and name != DESCRIPTION)


def change_percent(own: Value, wanted: Value) -> float | None:
    """By how many percent of its own price it would move, up or down; None where that says nothing."""
    if not own.amount or wanted.amount is None or own.currency != wanted.currency:
        return None
    return round(float(abs(wanted.amount - own.amount) / own.amount * 100), 2)


def _left_alone(left: set[str], values: Mapping[str, Value], source: str) -> dict[str, Finding]:
    """What a person said is to stay different, as far as it is."""
    wanted = values.get(source)
    found: dict[str, Finding] = {}
    for name in left:
        own = values[name]
        if wanted is None:
            found[name] = Finding("", "", LEFT, "")
        elif own.is_mixed or own.digest != wanted.digest:
            found[name] = Finding(wanted.digest, source, LEFT, "", change_percent(own, wanted))
    return found
