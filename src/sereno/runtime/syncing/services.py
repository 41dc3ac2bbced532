"""What people say of how products are kept equal, and what they see of it: rules, differences, decisions. One
transaction each, with a line in the audit; a refusal is a SyncRefused that says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sereno.commerce.syncing import (
    CANNOT,
    CONFLICTS,
    CURRENCY,
    FIELDS,
    LEFT,
    MISSING,
    STATES,
    Taken,
    may_be_written,
)
from sereno.runtime.staff import audit, open_staff
from sereno.runtime.syncing.comparing import compare, said_of, said_text
from sereno.runtime.syncing.reading import read
from sereno.runtime.syncing.stores import Side, sides_of, with_products
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

NEWEST = 2**62
DECISIONS = {"write": "released", "take": "taken", "leave": "left", "again": "compared"}
"""With the word of each in the audit."""
NOT_WRITTEN = {
    CURRENCY: "the two stores sell in different currencies: leave it different, or let the store take part no more",
    CANNOT: "nothing can be written there: give the connection its key, or change the value in the store itself",
    MISSING: "there is nothing to write: a title and a price cannot be taken away",
}
MOST_SHOWN = 500
DIFFERENCE = (
    *("id", "sku", "title", "field", "connection", "source", "own", "target", "currency", "change_percent", "state"),
    *("reason", "since", "product", "variant", "decided_by"),
)
"""In the order of the columns."""
CHANGED = "it is another by now: somebody was quicker, or a store said something else; look again"
LINKS = ("sku", "product", "variant")


class SyncRefused(ValueError):  # noqa: N818
    """`code` is stable; the text says what to do, in English."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is kept equal. `leader` is a connection's name; `conflict` is `leader` (its word is put back
    everywhere), `newest` (the newest change wins) or `ask`; `connections` take part (none: all that have products);
    `most_change`: by how many percent a price may move at once (0: any)."""

    field: str
    leader: str
    conflict: str
    connections: tuple[str, ...] = ()
    most_change: int = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the pass over the whole catalogue has come: `reached` is the last SKU compared, `compared_at` when it was
    through (None: it is under way)."""

    field: str
    reached: str
    compared_at: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """`own` and `target` are cut after 500 characters. `product` and `variant` are those of the store that differs."""

    id: int
    sku: str
    title: str
    field: str
    connection: str
    source: str
    own: str
    target: str
    currency: str
    change_percent: float | None
    state: str
    reason: str
    since: datetime
    product: str
    variant: str
    decided_by: str

    @property
    def seen(self) -> str:
        """What a person decides about; another as soon as anything they see of it is."""
        told = (self.own, self.target, self.source, self.currency, self.state, self.reason, self.decided_by)
        return blake2b("\n".join(told).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Counts:
    """`compared`: fields of items that were compared; `equal` of them; `states`: differences by their state."""

    compared: int
    equal: int
    states: Mapping[str, int]


# --- rules ----------------------------------------------------------------------------------


def sides(shop_id: int, *, database: Database | None = None) -> list[Side]:
    """The connections that can take part: those with products of their own, stores first."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return with_products(tx, shop_id, sides_of(tx, staff.plugins, shop_id))


def rules_of(shop_id: int, *, database: Database | None = None) -> list[Rule]:
    """In the order of the fields."""
    with open_staff(database).database.read() as tx:
        found = [rule_of(row) for row in tx.all("sync_rules", {"shop": shop_id})]
    return sorted(found, key=lambda one: FIELDS.index(one.field))


def rules_standing(shop_id: int, *, database: Database | None = None) -> list[tuple[Rule, Standing]]:
    """The rules, each with how far it is, in one look."""
    with open_staff(database).database.read() as tx:
        rows = tx.all("sync_rules", {"shop": shop_id})
    return [(rule_of(row), _standing(row)) for row in sorted(rows, key=lambda row: FIELDS.index(row[0]))]


def standing(shop_id: int, *, database: Database | None = None) -> list[Standing]:
    """Of each rule."""
    with open_staff(database).database.read() as tx:
        rows = tx.all("sync_rules", {"shop": shop_id})
    return [_standing(row) for row in rows]


def _standing(row: Sequence[Any]) -> Standing:
    return Standing(row[0], row[5], None if row[6] is None else from_micros(row[6]))


def rule_of(row: Sequence[Any]) -> Rule:
    return Rule(row[0], row[1], row[2], tuple(decode(row[3])), row[4])


def set_rule(shop_id: int, rule: Rule, *, by: str, database: Database | None = None) -> Rule:
    """Make the field's rule, or change it; the whole catalogue is then compared in the background, and what is open is
    told again. Raises SyncRefused."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.all("lock_sync_rules", {"shop": shop_id})
        rule = _checked(rule, sides_of(tx, staff.plugins, shop_id), tx, shop_id)
        before = next((rule_of(row) for row in tx.all("sync_rules", {"shop": shop_id}) if row[0] == rule.field), None)
        at = to_micros(staff.world.clock.now())
        given = {"shop": shop_id, "field": rule.field, "leader": rule.leader, "conflict": rule.conflict}
        more = {"connections": encode(list(rule.connections)), "most": rule.most_change, "by": by[:200], "now": at}
        tx.run("put_sync_rule", {**given, **more})
        said = {"leader": rule.leader, "conflict": rule.conflict, "connections": list(rule.connections)}
        details = {**said, "most_change": rule.most_change}
        audit(tx, shop_id, at, by, "sync_rule.made" if before is None else "sync_rule.changed", rule.field, details)
    return rule


def remove_rule(shop_id: int, field: str, *, by: str, database: Database | None = None) -> None:
    """The field is compared no more; what was found of it is forgotten. Raises SyncRefused."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.all("lock_sync_rules", {"shop": shop_id})
        if not tx.run("drop_sync_rule", {"shop": shop_id, "field": field}):
            raise SyncRefused("rule.unknown", f"there is no rule for {field}")
        tx.run("drop_differences", {"shop": shop_id, "field": field})
        tx.run("drop_agreed", {"shop": shop_id, "field": field})
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "sync_rule.removed", field, {})


def _checked(rule: Rule, known: Sequence[Side], tx: Transaction, shop_id: int) -> Rule:
    if rule.field not in FIELDS:
        raise SyncRefused("field.unknown", f"the fields are {', '.join(FIELDS)}")
    if rule.conflict not in CONFLICTS:
        raise SyncRefused("conflict.unknown", f"what decides is one of {', '.join(CONFLICTS)}")
    if not 0 <= rule.most_change <= 1000:
        raise SyncRefused("change.invalid", "give the most a price may change at once in percent, from 0 (any) to 1000")
    names = {one.name for one in known}
    chosen = tuple(dict.fromkeys(rule.connections))
    for name in (rule.leader, *chosen):
        if name not in names:
            which = ", ".join(sorted(names)) or "none"
            raise SyncRefused(
                "connection.unknown",
                f"{name} cannot take part; these can: {which}. Others are off, or their ids have no prefix.",
            )
    if chosen and rule.leader not in chosen:
        chosen = (rule.leader, *chosen)
    selling = {one.name for one in with_products(tx, shop_id, known)}
    if len(selling & set(chosen or selling)) < 2:
        raise SyncRefused("connection.none", "two connections with products are needed; let them be read first")
    return Rule(rule.field, rule.leader, rule.conflict, chosen, rule.most_change)


# --- differences ----------------------------------------------------------------------------


def differences(
    shop_id: int,
    *,
    field: str = "",
    connection: str = "",
    state: str = "",
    search: str = "",
    after: int = 0,
    limit: int = 50,
    database: Database | None = None,
) -> tuple[list[Difference], int | None]:
    """The newest first, and after which the next page goes on (None: that was the last). `search` is a part of the SKU
    or the title."""
    limit = max(1, min(limit, MOST_SHOWN))
    asked = {"shop": shop_id, "field": field, "connection": connection, "state": state}
    looked = f"%{_plain(search)}%" if search.strip() else ""
    with open_staff(database).database.read() as tx:
        rows = tx.all("differences_of_shop", {**asked, "search": looked, "before": after or NEWEST, "limit": limit + 1})
    found = [_difference(row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


def one(shop_id: int, id: int, *, database: Database | None = None) -> Difference:
    """Raises SyncRefused `difference.gone`."""
    with open_staff(database).database.read() as tx:
        return difference_at(tx, shop_id, id)


def of_things(tx: Transaction, shop_id: int, links: Sequence[str]) -> list[Difference]:
    """Of what these links name: `sku:`, `product:` or `variant:`."""
    named = {kind: [link[len(kind) + 1 :] for link in links if link.startswith(f"{kind}:")] for kind in LINKS}
    if not any(named.values()):
        return []
    given = {f"{kind}s": keys for kind, keys in named.items()}
    return [_difference(row) for row in tx.all("differences_of_things", {"shop": shop_id, **given})]


def of_item(shop_id: int, sku: str, *, database: Database | None = None) -> list[Difference]:
    """What differs of one item, in all its stores."""
    with open_staff(database).database.read() as tx:
        return of_things(tx, shop_id, [f"sku:{sku}"])


def counts(shop_id: int, *, database: Database | None = None) -> Counts:
    with open_staff(database).database.read() as tx:
        compared = (tx.one("count_compared", {"shop": shop_id}) or (0,))[0]
        unequal = (tx.one("count_unequal", {"shop": shop_id}) or (0,))[0]
        states = dict(tx.all("count_differences", {"shop": shop_id}))
    return Counts(compared, max(compared - unequal, 0), {name: int(states.get(name, 0)) for name in STATES})


# --- decisions ------------------------------------------------------------------------------


def decide(
    shop_id: int, id: int, decision: str, *, by: str, seen: str = "", database: Database | None = None
) -> Difference:
    """`write`: let it through, and tell of it again; `take`: what this store says is right, for all others and the
    leader too; `leave`: leave it different here; `again`: take that back. `seen` is what it was decided on
    (`Difference.seen`; "": that does not count). Gives the difference as it stands then; one that is none any more as
    it was. Raises SyncRefused."""
    if decision not in DECISIONS:
        raise SyncRefused("decision.unknown", f"the decisions are {', '.join(DECISIONS)}")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        rules = tx.all("lock_sync_rules", {"shop": shop_id})
        held = difference_at(tx, shop_id, id)
        if seen and seen != held.seen:
            raise SyncRefused("difference.changed", CHANGED)
        rule = next((row for row in rules if row[0] == held.field), None)
        if rule is None:
            raise SyncRefused("difference.gone", "the rule of this field is no more")
        at = to_micros(staff.world.clock.now())
        given = {"shop": shop_id, "id": id, "by": by[:200], "now": at}
        if decision == "write":
            _check_writable(held)
            tx.run("release_difference", given)
        elif decision == "take":
            _take(tx, staff.plugins, shop_id, held, rule, by, at)
            if held.state == LEFT:
                tx.run("unleave_difference", given)
        elif decision == "leave":
            tx.run("leave_difference", given)
        else:
            tx.run("unleave_difference", given)
        compare(tx, staff.plugins, shop_id, [held.sku], [rule], at)
        details = {"field": held.field, "connection": held.connection, "own": held.own, "target": held.target}
        audit(tx, shop_id, at, by, f"difference.{DECISIONS[decision]}", held.sku, details)
        row = tx.one("difference_of_id", {"shop": shop_id, "id": id})
    if row is not None:
        return _difference(row)
    return replace(held, target=held.own, source=held.connection) if decision == "take" else held


def _check_writable(held: Difference) -> None:
    if not held.source:
        raise SyncRefused("value.missing", "nobody knows what is right: take the value of the store that has it")
    if held.reason and not may_be_written(held.field, held.reason):
        raise SyncRefused(held.reason, NOT_WRITTEN[held.reason])


def _take(
    tx: Transaction, plugins: Plugins, shop_id: int, held: Difference, rule: Sequence[Any], by: str, at: int
) -> None:
    """Kept with what all agreed on last, until they agree anew."""
    table = read(tx, shop_id, [held.sku], sides_of(tx, plugins, shop_id))
    values = table.values(held.sku, held.field, decode(rule[3]))
    own = values.get(held.connection)
    if own is None or own.is_mixed:
        raise SyncRefused("sku.twice", "this store says two things under the SKU: make it one there first")
    if own.is_missing and not may_be_written(held.field, MISSING):
        raise SyncRefused("value.missing", NOT_WRITTEN[MISSING])
    leader = values.get(rule[1])
    taken = Taken(held.connection, own.digest, leader.digest if leader is not None else "", at, by[:200])
    asked = {"shop": shop_id, "fields": [held.field], "items": [held.sku]}
    _field, _item, digest, said = next(iter(tx.all("agreed_of_items", asked)), (None, None, None, "{}"))
    text = said_text(replace(said_of(said), taken=taken))
    tx.many("put_agreed", [(shop_id, held.field, held.sku, digest, "", text, at)])


# --- inside ---------------------------------------------------------------------------------


def difference_at(tx: Transaction, shop_id: int, id: int) -> Difference:
    row = tx.one("difference_of_id", {"shop": shop_id, "id": id})
    if row is None:
        raise SyncRefused("difference.gone", "the stores agree by now, or the rule is no more")
    return _difference(row)


def _difference(row: Sequence[Any]) -> Difference:
    named: dict[str, Any] = dict(zip(DIFFERENCE, row, strict=True))
    named["since"] = from_micros(named["since"])
    return Difference(**named)


def _plain(search: str) -> str:
    """As LIKE takes it: what means something there is left out, but for the underscore, which SKUs have."""
    return storable(" ".join(search.split()).lower()).replace("%", "").replace("\\", "")[:200]
