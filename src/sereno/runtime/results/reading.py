"""What flows, their steps and newsletters come to in a stretch of days, as pages, the API and the command line show it.

Invariant: two looks at the same days add up the same rows; a share is of the messages sent on those very days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sereno.commerce.money import Money, finite
from sereno.runtime.results.counting import DAY, EPOCH, FLOW, NEWSLETTER, WHAT, month_of
from sereno.runtime.staff import open_staff
from sereno.store.database import Database, Transaction

LONGEST = 366
PER_SEGMENT = frozenset({"sms"})
"""Channels whose texts are paid by the part."""
By = Literal["step", "variant", "channel", "locale", "day"]
CUTS: tuple[By, ...] = ("step", "variant", "channel", "locale", "day")
MONEY = frozenset({"revenue", "margin", "codes"})


@dataclass(frozen=True, slots=True)
class Source:
    """A flow or a newsletter. `name` names it in addresses: a newsletter's is its number."""

    kind: str
    id: int
    name: str = ""
    title: str = ""


@dataclass(slots=True)
class Figures:
    """Sums of some messages. Money is in the smallest unit of the shop's currency; what was ordered in others is in
    `other`, by currency, and in no sum. `cost` is what the messages themselves cost, None where no price is set for a
    channel that was used."""

    counts: Counter[str] = field(default_factory=Counter[str])
    other: Counter[str] = field(default_factory=Counter[str])
    by_channel: Counter[str] = field(default_factory=Counter[str])
    cost: Decimal | None = Decimal(0)

    def __getitem__(self, what: str) -> int:
        return self.counts[what]

    def share(self, what: str) -> float | None:
        """Of the messages sent; None while there are none."""
        return self.counts[what] / self.counts["sent"] if self.counts["sent"] else None

    def margin(self) -> int | None:
        """What orders left after the cost of goods; None unless it is known of every one of them."""
        is_known = self.counts["orders"] and self.counts["known"] == self.counts["orders"]
        return self.counts["margin"] if is_known else None

    def profit(self, currency: str) -> int | None:
        """The margin less what the messages cost; codes are off the orders' totals already."""
        margin = self.margin()
        if margin is None or self.cost is None:
            return None
        return margin - Money(self.cost, currency).to_minor()


@dataclass(frozen=True, slots=True)
class Report:
    """`before` is the stretch of the same length just before; `days` every day, the earliest first, and `days_before`
    the same of that stretch; `cuts` by step, variant and so on, the largest first."""

    source: Source | None
    since: date
    until: date
    currency: str
    total: Figures
    before: Figures
    days: Sequence[tuple[date, Figures]]
    days_before: Sequence[tuple[date, Figures]]
    cuts: Mapping[By, Sequence[tuple[str, Figures]]]


@dataclass(frozen=True, slots=True)
class Line:
    source: Source
    figures: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    report: Report
    lines: Sequence[Line]


_PLACES = ("source", "source_id", "step", "variant", "channel", "locale", "currency", "day")
_AT = {name: number for number, name in enumerate(_PLACES)}
_CHANNEL, _CURRENCY, _DAY = _AT["channel"], _AT["currency"], _AT["day"]
_FIRST = len(_PLACES)
_SENT, _SEGMENTS, _ORDERS, _REVENUE = (WHAT.index(name) for name in ("sent", "segments", "orders", "revenue"))
Row = Sequence[Any]
"""Of a statement of sums: the places, then WHAT. A year of a flow is thousands of them: they stay as they came."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How one shop's rows of sums are added up: in its currency, a message at its price by channel."""

    currency: str
    prices: Mapping[str, Decimal]

    def figures(self, rows: Sequence[Row]) -> Figures:
        found = Figures()
        own: list[Row] = []
        for row in rows:
            currency, channel, counts = row[_CURRENCY], row[_CHANNEL], row[_FIRST:]
            if currency in ("", self.currency):
                own.append(counts)
            else:
                found.counts["orders_other"] += int(counts[_ORDERS])
                found.other[currency] += int(counts[_REVENUE])
            found.by_channel[channel] += int(counts[_SEGMENTS if channel in PER_SEGMENT else _SENT])
        if own:
            found.counts.update(dict(zip(WHAT, map(int, map(sum, zip(*own, strict=True))), strict=True)))
        for channel, units in found.by_channel.items():
            price = self.prices.get(channel)
            if units and (price is None or found.cost is None):
                found.cost = None
            elif price is not None and found.cost is not None:
                found.cost += price * units
        return found


def terms_of(currency: str, settings: Mapping[str, Any]) -> Terms:
    """By what the shop's own row says."""
    return Terms(currency, prices_of(settings))


def prices_of(settings: Mapping[str, Any]) -> dict[str, Decimal]:
    """What one message costs by channel, in the shop's currency: `sms_price` and the like. Mail, push and chat cost
    nothing unless their settings say so."""
    found: dict[str, Decimal] = {channel: Decimal(0) for channel in ("", "email", "push", "telegram")}
    for channel in ("email", "sms", "whatsapp", "telegram", "push"):
        price = finite(settings.get(f"{channel}_price")) if settings.get(f"{channel}_price") else None
        if price is not None and price >= 0:
            found[channel] = price
    return found


def span(since: date, until: date) -> tuple[date, date]:
    """The same days, no more than LONGEST."""
    return max(since, until - timedelta(days=LONGEST - 1)), until


def report(
    shop_id: int,
    source: Source,
    since: date,
    until: date,
    *,
    step: str | None = None,
    terms: Terms | None = None,
    database: Database | None = None,
) -> Report:
    """Of one flow or newsletter, or of one step of a flow. Both days counted in, in UTC. `terms`: where the shop is
    at hand."""
    since, until = span(since, until)
    with open_staff(database).database.read() as tx:
        terms = terms or _terms(tx, shop_id)
        asked = {**_days(shop_id, since, until), "source": source.kind, "id": source.id}
        if step is None:
            by_day = tx.all("message_sums_of_days", asked)
        else:
            by_day = tx.all("message_sums_of_step", {**asked, "step": step})
        rows = tx.all("message_sums_of_kinds", {**asked, **parts_of(since, until)})
    kinds = [row for row in rows if step is None or row[_AT["step"]] == step]
    return _report(terms, source, by_day, kinds, since, until, CUTS[:-1])


def overview(
    shop_id: int, since: date, until: date, *, terms: Terms | None = None, database: Database | None = None
) -> Overview:
    """Of the whole shop, and each flow and newsletter by itself, the one with the most revenue first."""
    since, until = span(since, until)
    with open_staff(database).database.read() as tx:
        terms = terms or _terms(tx, shop_id)
        by_day = tx.all("message_sums_by_day", _days(shop_id, since, until))
        rows = tx.all("message_sums_of_shop", {"shop": shop_id, **parts_of(since, until)})
        sources = _named(tx, shop_id, {(row[0], row[1]) for row in rows})
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row[0], row[1]), []).append(row)
    lines = [
        Line(sources.get(at) or Source(at[0], at[1], "", str(at[1])), terms.figures(group))
        for at, group in groups.items()
    ]
    lines.sort(key=lambda line: (-line.figures["revenue"], -line.figures["sent"], line.source.title))
    return Overview(_report(terms, None, by_day, rows, since, until, ("channel",)), lines)


def first_since(shop_id: int, since: date, *, database: Database | None = None) -> int:
    """The number from which on messages were sent since that day: they are numbered in that order, near enough."""
    at = (since - EPOCH).days * DAY
    with open_staff(database).database.read() as tx:
        row = tx.one("first_message_since", {"shop": shop_id, "since": at})
    return int(row[0]) if row is not None else 2**62


def source_named(
    shop_id: int, *, flow: str = "", newsletter: int = 0, database: Database | None = None
) -> Source | None:
    """Of a flow by its name or a newsletter by its number; None where the shop has no such."""
    with open_staff(database).database.read() as tx:
        if newsletter:
            return _named(tx, shop_id, {(NEWSLETTER, newsletter)}).get((NEWSLETTER, newsletter))
        rows = tx.all("flows_named", {"shops": [shop_id], "names": [flow]})
        found = _named(tx, shop_id, {(FLOW, int(rows[0][0]))}) if rows else {}
    return next(iter(found.values()), None)


def _report(
    terms: Terms,
    source: Source | None,
    rows: Sequence[Row],
    kinds: Sequence[Row],
    since: date,
    until: date,
    cuts: Sequence[By],
) -> Report:
    """`rows` are of both stretches, by day; `kinds` of the later one, by what they are cut by."""
    first = _number(since)
    length = (until - since).days + 1
    by_day = _grouped(rows, _DAY)

    def days(start: date) -> list[tuple[date, Figures]]:
        found = [start + timedelta(days=number) for number in range(length)]
        return [(day, terms.figures(by_day.get(_number(day), []))) for day in found]

    return Report(
        source,
        since,
        until,
        terms.currency,
        terms.figures([row for row in rows if row[_DAY] >= first]),
        terms.figures([row for row in rows if row[_DAY] < first]),
        days(since),
        days(since - timedelta(days=length)),
        {cut: _cut(terms, kinds, cut) for cut in cuts},
    )


def _cut(terms: Terms, rows: Sequence[Row], cut: By) -> list[tuple[str, Figures]]:
    groups = _grouped(rows, _AT[cut])
    found = [(str(name), terms.figures(group)) for name, group in groups.items()]
    kept = [one for one in found if one[1]["sent"] or one[1]["orders"] or one[1]["failed"] or one[1]["withheld"]]
    if cut == "step":
        return sorted(kept, key=lambda one: [part.zfill(6) for part in one[0].split(".")])
    return sorted(kept, key=lambda one: (-one[1]["sent"], one[0]))


def _grouped(rows: Sequence[Row], place: int) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[place], []).append(row)
    return groups


def _terms(tx: Transaction, shop_id: int) -> Terms:
    from sereno.store.documents import decode

    row = tx.one("measured_shop", {"shop": shop_id})
    assert row is not None
    settings: dict[str, Any] = decode(row[1]) if row[1] else {}
    return terms_of(str(row[0]), settings)


def _days(shop_id: int, since: date, until: date) -> dict[str, int]:
    """The stretch and the one before it."""
    length = (until - since).days + 1
    return {"shop": shop_id, "since": _number(since) - length, "until": _number(until)}


def parts_of(since: date, until: date) -> dict[str, Any]:
    """The stretch as whole months, `first` to `last`, and the days before and after them; without a whole month
    `first` is past `last`."""
    first = month_of(since) + (since.day > 1)
    last = month_of(until) - ((until + timedelta(days=1)).day > 1)
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return {
        "first": first,
        "last": last,
        "days": [_number(day) for day in days if not first <= month_of(day) <= last],
    }


def _number(day: date) -> int:
    return (day - EPOCH).days


def _named(tx: Transaction, shop_id: int, sources: set[tuple[str, int]]) -> dict[tuple[str, int], Source]:
    asked = {
        "shop": shop_id,
        "flows": sorted(id_ for kind, id_ in sources if kind == FLOW),
        "newsletters": sorted(id_ for kind, id_ in sources if kind == NEWSLETTER),
    }
    return {
        (kind, id_): Source(str(kind), int(id_), str(name), str(title))
        for kind, id_, name, title in tx.all("sources_named", asked)
    }
