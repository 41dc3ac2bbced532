"""The loop guard: what a flow wrote to the shop's platform, and the platform tells back, starts no other run of the
same flow. Other flows hear of it as of anything else.

Invariant: the echo is expected in a transaction of its own before the platform is asked, so no notice can be quicker;
and what somebody else changed meanwhile is never taken for an echo: a notice is one only if all that is different in it
is what the write was to change.

1. The noun of the event is one the write is told by, and the event is the platform's, not Sereno's own.
2. It is no older than the record was before the write, and no newer than the write (with `SLACK` for what the platform
   does after it answered, `LEEWAY` where it says no version).
3. What differs between the record before and now is what the write marks, value for value where it can say; and an
   event that states one fact (`order.paid`) states one that the write could bring about.
4. A notice overtaken by a newer one cannot be compared: then its version alone decides.
5. More than `MOST` writes of one flow to one record in an hour are a loop whatever they look like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from sereno.commerce.event import Event
from sereno.engine.durations import parse_instant
from sereno.runtime.ports import SOURCE
from sereno.sdk.writes import Write
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, instant_text, storable, to_micros

SLACK = timedelta(seconds=30)
LEEWAY = timedelta(minutes=2)
OPEN_FOR = timedelta(hours=1)
"""So long a write may be under way, with all its attempts."""
KEPT = timedelta(days=3)
"""So long a platform may take to tell of it."""
WINDOW = timedelta(hours=1)
MOST = 8
GENERAL = frozenset({"updated", "changed", "item_updated"})
"""Verbs of events that say no more than that something is different."""
INSIDE = {"payment": "payments", "refund": "refunds", "fulfillment": "fulfillments", "shipment": "fulfillments"}
"""Nouns of what lies inside an order, with the field of the order it lies in."""
SPEAKS_OF = {
    **dict.fromkeys(
        [
            f"order.{verb}"
            for verb in ("authorized", "paid", "partially_paid", "refunded", "partially_refunded", "voided")
        ],
        "payment_status",
    ),
    "order.cancelled": "cancelled_at",
    "order.completed": "completed_at",
    "order.fulfilled": "fulfillment_status",
    "order.partially_fulfilled": "fulfillment_status",
    "product.published": "published_at",
    "product.unpublished": "published_at",
    "variant.price_changed": "price",
}
"""Events that state one fact, with the field it is about; any other such event is nobody's echo."""
NEVER_SAY = frozenset({"id", "updated_at", "customer", "is_thin", "location_times"})
"""Fields that differ without anybody having changed the record."""


@dataclass(frozen=True, slots=True)
class Echo:
    """As `StoreEcho` has it."""

    effect: str
    ability: str
    nouns: frozenset[str]
    marks: Mapping[str, Any]
    record_version: datetime | None
    begun_at: datetime
    settled_at: datetime | None
    version: datetime | None


# --- while writing ----------------------------------------------------------------------------------


def link_of(write: Write) -> str | None:
    """By what its echo is found; None for what makes a record anew."""
    kind, key = write.about
    return f"{kind}:{storable(key)}" if key else None


def expect(tx: Transaction, shop_id: int, effect: str, write: Write, record_version: datetime | None, now: int) -> None:
    """To be committed before the platform is asked. A second attempt is the same write."""
    link = link_of(write)
    if link is None:
        return
    tx.run(
        "expect_echo",
        {
            "shop": shop_id,
            "effect": effect,
            "ability": write.ability,
            "link": link[:250],
            "nouns": " ".join(sorted(write.echoes))[:100],
            "marks": encode(write.marks()),
            "record_version": to_micros(record_version) if record_version is not None else None,
            "now": now,
        },
    )


def settle(tx: Transaction, effect: str, write: Write, version: datetime | None, now: int) -> None:
    """It is written: until when its echo may be told of is known now. Forgets the oldest."""
    link = link_of(write)
    if link is not None:
        at = to_micros(version) if version is not None else None
        given = {"effect": effect, "ability": write.ability, "link": link[:250]}
        tx.run("settle_echo", {**given, "version": at, "now": now})
    tx.run("forget_echoes", {"before": now - KEPT // timedelta(microseconds=1)})


def withdraw(tx: Transaction, effect: str, write: Write) -> None:
    """The platform refused: nothing will come of it."""
    if (link := link_of(write)) is not None:
        tx.run("withdraw_echo", {"effect": effect, "ability": write.ability, "link": link[:250]})


# --- while entering ---------------------------------------------------------------------------------


class Echoes:
    """What is expected about the records of a batch, by flow."""

    def __init__(self, tx: Transaction, wanted: Sequence[tuple[int, int, Sequence[str]]]) -> None:
        """`wanted` are (shop, flow, links of the event)."""
        self._found: dict[tuple[int, str], list[Echo]] = {}
        if not wanted:
            return
        rows = tx.all(
            "echoes_of",
            {
                "shops": sorted({shop for shop, _, _ in wanted}),
                "flows": sorted({flow for _, flow, _ in wanted}),
                "links": sorted({link for _, _, links in wanted for link in links}),
            },
        )
        for flow, link, effect, ability, nouns, marks, record_version, begun_at, settled_at, version in rows:
            echo = Echo(
                effect,
                ability,
                frozenset(str(nouns).split()),
                decode(marks),
                from_micros(record_version) if record_version is not None else None,
                from_micros(begun_at),
                from_micros(settled_at) if settled_at is not None else None,
                from_micros(version) if version is not None else None,
            )
            self._found.setdefault((flow, link), []).append(echo)

    def own(self, flow: int, links: Sequence[str], event: Event, now: datetime) -> dict[str, Any] | None:
        """The write this is an echo of, as details of a skip; None when it is none."""
        if not self._found or event.source == SOURCE:
            return None
        for link in links:
            held = self._found.get((flow, link), ())
            near = [one for one in held if is_near(one, event, now)]
            if not near:
                continue
            is_loop = len([one for one in held if now - one.begun_at < WINDOW]) > MOST
            marks = merged(near)
            if is_loop or is_explained(marks, event, near):
                last = near[-1]
                details = {"ability": last.ability, "effect": last.effect, "at": instant_text(last.begun_at)}
                return {**details, "loop": True} if is_loop else details
        return None


def is_near(echo: Echo, event: Event, now: datetime) -> bool:
    """Whether it could be by its noun and its time."""
    if event.type.partition(".")[0] not in echo.nouns:
        return False
    at = version_of(event)
    if echo.record_version is not None and at < echo.record_version:
        return False
    if echo.record_version is None and at < echo.begun_at - LEEWAY:
        return False
    if echo.settled_at is None:
        return now - echo.begun_at < OPEN_FOR
    return at <= (echo.version + SLACK if echo.version is not None else echo.settled_at + LEEWAY)


def is_explained(marks: Mapping[str, Any], event: Event, near: Sequence[Echo]) -> bool:
    """Whether all that is different is what the writes were to change."""
    noun, _, verb = event.type.partition(".")
    data, before = event.data, event.before
    if noun in INSIDE:
        said = ((mark["is"], data.get(name)) for name, mark in marks.items() if "is" in mark)
        return INSIDE[noun] in marks and all(value is None or _same(wanted, value) for wanted, value in said)
    if verb not in GENERAL and SPEAKS_OF.get(event.type) not in marks:
        return False
    at = version_of(event)
    if event.is_stale:
        return all(one.version is None or at <= one.version for one in near)
    if before is None:
        return verb in GENERAL
    is_thin = bool(data.get("is_thin"))
    changed = [
        name
        for name, value in data.items()
        if name not in NEVER_SAY and value != before.get(name) and not (value is None and is_thin)
    ]
    if not all(name in marks and _fits(marks[name], before.get(name), data[name]) for name in changed):
        return False
    if changed or verb not in GENERAL:
        return True
    # Nothing to be seen, as after a metafield: only what is surely no later than the write and no older.
    return any(
        (one.version is None or at <= one.version) and (one.record_version is None or at > one.record_version)
        for one in near
    )


def version_of(event: Event) -> datetime:
    """When the record was so, by the platform's clock."""
    at = event.data.get("updated_at")
    if isinstance(at, str):
        try:
            return parse_instant(at)
        except ValueError:
            pass
    return event.occurred_at


def merged(echoes: Sequence[Echo]) -> dict[str, dict[str, Any]]:
    """What several writes may have changed together: one notice may tell of all of them."""
    found: dict[str, dict[str, Any]] = {}
    for echo in echoes:
        for name, mark in echo.marks.items():
            held = found.get(name)
            if held is None:
                found[name] = dict(mark)
            elif "add" in held and "add" in mark:
                found[name] = {"add": [*held["add"], *mark["add"]], "remove": [*held["remove"], *mark["remove"]]}
            elif held != mark:
                found[name] = dict(mark) if "is" in held and "is" in mark else {}
    return found


def _fits(mark: Mapping[str, Any], old: Any, new: Any) -> bool:
    if "is" in mark:
        return _same(mark["is"], new)
    if "add" in mark:
        was, now = _items(old), _items(new)
        return now - was <= {one.casefold() for one in mark["add"]} and was - now <= {
            one.casefold() for one in mark["remove"]
        }
    return True


def _items(value: Any) -> set[str]:
    return {str(one).casefold() for one in cast("list[Any]", value)} if isinstance(value, list) else set()


def _same(one: Any, other: Any) -> bool:
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return one == other
