"""Compares what stores say of the same SKU, keeps what differs, and tells of it by events.

Invariant: whoever compares holds the shop's rules, and takes from the queue in the same transaction; so two never judge
one item at once, a worker that is killed leaves all of it to the next, and a change that is committed after its item
was read is in the queue. An event goes in with the row it tells of.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.commerce import syncing
from sereno.commerce.markup import as_read
from sereno.commerce.syncing import HELD, LONGEST_SHOWN, OPEN, Before, Change, Finding, Said, Taken, Terms, Value
from sereno.runtime import inbox
from sereno.runtime.syncing.reading import Table, read
from sereno.runtime.syncing.stores import Side, sides_of, ways
from sereno.runtime.world import World
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import Plugins
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

log = logging.getLogger("sereno.runtime")

PIECE = 300
"""Records, or items, in one transaction."""
SOURCE = "sereno"

Row = tuple[Any, ...]
At = tuple[str, str, str]
"""Item, field and connection."""


class Comparer:
    """`run` works the queue off, then the passes over whole catalogues, a piece of a shop at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_due = True

    def look(self) -> None:
        """There may be something in the queue, or a rule that is new."""
        self._is_due = True

    def run(self, *, is_idle: bool = False) -> int:
        """One piece; gives how many items were compared, and 1 where a record in the queue was of none. `is_idle`:
        there is nothing else to do, so look whether anybody else has put something in."""
        if not (self._is_due or is_idle):
            return 0
        world = self._world
        waiting, due = world.database.peek("what_to_compare", {})
        if waiting is None and due is None:
            self._is_due = False
            return 0
        now = to_micros(world.clock.now())
        with world.database.transaction() as tx:
            if waiting is not None:
                return work_off(tx, world.plugins, int(waiting), now)
            rule = tx.one("sync_rule_of_id", {"id": due})
            return pass_on(tx, world.plugins, int(rule[0]), str(rule[1]), now) if rule is not None else 1

    def check(self) -> None:
        """Where something else can be written by now (a key was given, or taken away), compare anew what there is."""
        plugins = self._world.plugins
        with self._world.database.read() as tx:
            passed = tx.all("passed_syncs")
            said = {shop: ways(sides_of(tx, plugins, shop)) for shop in {row[0] for row in passed}}
        stale = [(shop, field) for shop, field, was in passed if said[shop] != was]
        if stale:
            with self._world.database.transaction() as tx:
                tx.many("pass_again", stale)
        self.look()


def work_off(tx: Transaction, plugins: Plugins, shop_id: int, now: int, limit: int = PIECE) -> int:
    """The next records of the shop's queue."""
    rules = tx.all("lock_sync_rules", {"shop": shop_id})
    taken = set(tx.all("take_to_compare", {"shop": shop_id, "limit": limit}))
    products = sorted({key for kind, key in taken if kind == "product"})
    items = {key for kind, key in taken if kind == "item"}
    if products and rules:
        asked = {"shop": shop_id, "products": products}
        items |= {sku for (sku,) in tx.all("skus_of_products", asked) if sku is not None}
    if items and rules:
        compare(tx, plugins, shop_id, sorted(items), rules, now)
    return max(len(items), len(taken))


def pass_on(tx: Transaction, plugins: Plugins, shop_id: int, field: str, now: int, limit: int = PIECE) -> int:
    """The next items of the whole catalogue, by the rule of one field."""
    rule = next((row for row in tx.all("lock_sync_rules", {"shop": shop_id}) if row[0] == field), None)
    if rule is None or rule[6] is not None:
        return 1
    items = [row[0] for row in tx.all("next_items", {"shop": shop_id, "reached": rule[5], "limit": limit})]
    sides = sides_of(tx, plugins, shop_id)
    if items:
        compare(tx, plugins, shop_id, items, [rule], now, sides=sides)
    given = {"shop": shop_id, "field": field, "ways": ways(sides), "reached": items[-1] if items else rule[5]}
    tx.run("pass_on", {**given, "compared": now if len(items) < limit else None})
    return len(items) or 1


@dataclass(frozen=True, slots=True)
class _Held:
    """A row of `differences_of_items`."""

    own: str
    target: str
    before: Before
    since: int
    by: str
    place: tuple[str, str]


@dataclass(slots=True)
class _Found:
    """What one look changes."""

    shop_id: int
    now: int
    differences: list[Row]
    ended: list[Row]
    agreed: list[Row]
    forgotten: list[Row]
    told: list[NewEvent]


def compare(
    tx: Transaction,
    plugins: Plugins,
    shop_id: int,
    items: Sequence[str],
    rules: Sequence[Row],
    now: int,
    *,
    sides: Sequence[Side] | None = None,
) -> None:
    """The items by these rules, whose rows are locked. What is open is told again by a rule that is `is_telling`."""
    asked = {"shop": shop_id, "items": items, "fields": sorted({rule[0] for rule in rules})}
    table = read(tx, shop_id, items, sides_of(tx, plugins, shop_id) if sides is None else sides)
    agreed = {(field, item): (digest, said) for field, item, digest, said in tx.all("agreed_of_items", asked)}
    held: dict[tuple[str, str], dict[str, _Held]] = {}
    for row in tx.all("differences_of_items", asked):
        held.setdefault((row[1], row[0]), {})[row[2]] = _held(row)
    found = _Found(shop_id, now, [], [], [], [], [])
    for rule in rules:
        terms, only = Terms(rule[0], rule[1], rule[2], rule[4]), decode(rule[3])
        for item in items:
            at = (terms.field, item)
            try:
                values = table.values(item, terms.field, only)
                _judge(found, table, terms, item, values, agreed.get(at), held.get(at, {}), again=bool(rule[8]))
            except Exception:
                log.exception("%s of %s could not be compared", *at)
    _write(tx, found)


def _held(row: Row) -> _Held:
    own, target, state, reason, released, told_target, told_own, told_at, seen, times, since, by, *place = row[3:]
    let = (released[:32], released[32:])
    before = Before(state, reason, let, told_target, told_own, told_at or 0, seen or 0, times)
    return _Held(own, target, before, since, by, (place[0], place[1]))


def _judge(
    found: _Found,
    table: Table,
    terms: Terms,
    item: str,
    values: Mapping[str, Value],
    known: tuple[str | None, str] | None,
    held: Mapping[str, _Held],
    *,
    again: bool,
) -> None:
    at = (found.shop_id, terms.field, item)
    before = {name: one.before for name, one in held.items()}
    if len(values) < 2:
        found.ended += [(found.shop_id, item, terms.field, name) for name in held]
        if known is not None:
            found.forgotten.append(at)
        return
    agreed, said = known or (None, "{}")
    verdict = syncing.judge(terms, values, agreed, said_of(said), before)
    new = said_text(verdict.said)
    if known is None or (verdict.agreed, new) != (agreed, said):
        alike = next((one.text for one in values.values() if one.digest == verdict.agreed), "")
        found.agreed.append((*at, verdict.agreed, shown(terms.field, alike), new, found.now))
    found.ended += [(found.shop_id, item, terms.field, name) for name in held if name not in verdict.findings]
    for name, one in sorted(verdict.findings.items()):
        _keep(found, table, (item, terms.field, name), values, one, held.get(name), again=again)


def _keep(
    found: _Found,
    table: Table,
    at: At,
    values: Mapping[str, Value],
    finding: Finding,
    held: _Held | None,
    *,
    again: bool,
) -> None:
    item, field, name = at
    own = values[name]
    thing, text = table.thing(item, name, field, finding.target)
    wanted = values.get(finding.source)
    is_same = held is not None and (held.own, held.target) == (own.digest, finding.target)
    was = (held.before.state, held.before.reason) if held is not None else ("", "")
    is_news = finding.state != was[0] or (finding.state == OPEN and (not is_same or again))
    is_news = is_news or (finding.state == HELD and finding.reason != was[1])
    if is_same and not is_news and held is not None and held.place == (thing.product_key, thing.variant):
        return
    has, should = beside(field, text, wanted.text if wanted is not None else "")
    data = {
        "sku": item,
        "title": thing.title,
        "field": field,
        "connection": name,
        "source": finding.source,
        "own": has,
        "target": should,
        "change_percent": finding.percent,
        "currency": (wanted.currency if wanted is not None else "") or own.currency,
        "product_id": thing.product_key,
        "variant_id": thing.variant,
    }
    found.differences.append(
        (
            *(found.shop_id, item, field, name, thing.product_key, thing.variant, storable(thing.title)),
            *(finding.source, data["own"], own.digest, data["target"], finding.target, data["currency"]),
            *(finding.percent, finding.state, finding.reason, held.since if held is not None else found.now),
            *(found.now, finding.by or (held.by if held is not None else "")),
        )
    )
    if is_news and finding.state in (OPEN, HELD):
        _tell(found, finding, item, data)


def _tell(found: _Found, finding: Finding, item: str, data: Mapping[str, Any]) -> None:
    kind = "product.differs" if finding.state == OPEN else "product.difference_held"
    said = {**data, "reason": finding.reason} if finding.state == HELD else data
    refs = {"sku": item, "product": said["product_id"], "variant": said["variant_id"]}
    found.told.append(
        NewEvent(
            f"difference|{secrets.token_hex(16)}",
            kind,
            f"sku:{item}",
            from_micros(found.now),
            {name: value for name, value in said.items() if value not in (None, "")},
            {name: key for name, key in refs.items() if key},
        )
    )


def _write(tx: Transaction, found: _Found) -> None:
    if found.ended:
        tx.many("end_differences", sorted(found.ended))
    if found.differences:
        tx.many("put_differences", found.differences)
    if found.forgotten:
        tx.many("forget_agreed", sorted(found.forgotten))
    if found.agreed:
        tx.many("put_agreed", found.agreed)
    if found.told:
        inbox.put(tx, [inbox.Incoming(found.shop_id, None, None, SOURCE, found.now, one) for one in found.told])


def shown(field: str, text: str) -> str:
    """As people see it in a list: words without mark-up, and their beginning."""
    words = as_read(text) if field == syncing.DESCRIPTION else text
    return storable(words[:LONGEST_SHOWN])


def beside(field: str, own: str, target: str) -> tuple[str, str]:
    """Both as `shown`; of long ones the stretch where they begin to differ, so that the difference is in it."""
    if field == syncing.DESCRIPTION:
        own, target = as_read(own), as_read(target)
    if max(len(own), len(target)) <= LONGEST_SHOWN:
        return storable(own), storable(target)
    same = next((at for at, (one, other) in enumerate(zip(own, target, strict=False)) if one != other), None)
    start = max((min(len(own), len(target)) if same is None else same) - LONGEST_SHOWN // 4, 0)
    return _stretch(own, start), _stretch(target, start)


def _stretch(text: str, start: int) -> str:
    cut = text[start : start + LONGEST_SHOWN - 2]
    before, after = ("…" if start and cut else ""), ("…" if start + len(cut) < len(text) else "")
    return storable(before + cut + after)


def said_of(text: str) -> Said:
    """As `said_text` wrote it."""
    if text in ("", "{}"):
        return Said()
    held: dict[str, Any] = decode(text)
    changes = {name: Change(*one) for name, one in held.get("changes", {}).items()}
    return Said(changes, Taken(**held["taken"]) if held.get("taken") else None)


def said_text(said: Said) -> str:
    found: dict[str, Any] = {}
    if said.changes:
        found["changes"] = {name: [one.digest, one.since, one.is_ours] for name, one in sorted(said.changes.items())}
    if (taken := said.taken) is not None:
        found["taken"] = {name: getattr(taken, name) for name in ("connection", "digest", "over", "at", "by")}
    return encode(found)
