"""How much is held about a person, place by place, and how much of it still gives them away: what a page shows before,
and what an erasure is proved by after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sereno.runtime.privacy import outside, places
from sereno.runtime.privacy.finding import CUSTOMER, Finder, Found
from sereno.runtime.privacy.person import Cloak, Person
from sereno.runtime.privacy.tables import Tables, Wanted
from sereno.store.database import Transaction, chunked

STEP = 500
Seen = dict[str, tuple[int, int]]
"""Table -> how many rows are found by the person's names, and how many of them still tell who it is."""


def look(finder: Finder, tx: Transaction, found: Found, cloak: Cloak) -> Seen:
    """Every place, by its indexes."""
    seen: dict[str, list[int]] = {}

    def add(place: str, rows: Iterable[Sequence[Any]], tells: Callable[[Sequence[Any]], bool]) -> None:
        held = seen.setdefault(place, [0, 0])
        for row in rows:
            held[0] += 1
            held[1] += tells(row)

    def any_text(row: Sequence[Any]) -> bool:
        return any(isinstance(value, str) and (cloak.tells(value) or cloak.names(value)) for value in row[1:])

    def any_document(row: Sequence[Any]) -> bool:
        return any(isinstance(value, str) and cloak.tells(value) for value in row[1:])

    deliveries: set[int] = set()
    for some in chunked(found.events, STEP):
        rows = tx.all("events_to_erase", {"ids": some})
        deliveries |= {row[1] for row in rows if row[1] is not None}
        add("event", rows, lambda row: any_document((row[0], *row[3:])) or cloak.names(row[5]))
    for some in chunked(sorted(deliveries), STEP):
        rows = finder.tables.find("delivery", ("id", "body", "headers", "dedupe_key"), "id", some, type_="bigint")
        add("delivery", rows, lambda row: bool(row[1]) or any_document(row))
    runs = finder.runs(found)
    for some in chunked(runs, STEP):
        add("run", tx.all("runs_to_see", {"ids": some}), lambda row: any_document(row) or cloak.names(row[1]))
        for table, columns in (("run_trace", ("entries",)), ("effect", ("config", "result", "message", "subject"))):
            rows = finder.tables.find(table, ("id", *columns), "run_id", some, type_="bigint")
            add(table, rows, any_document)
        rows = finder.tables.find("approval", ("id", "text", "note"), "run_id", some, type_="bigint")
        add("approval", rows, lambda row: bool(row[1] or row[2]))
    add("skip", [(id_,) for id_ in finder.skips(found)], lambda row: True)
    for projection, rows in finder.records(found.person):
        table = projection.table
        if projection.name == "order":
            held = finder.tables.find(
                table, ("id", "data", "email", "customer_key"), "id", [row[0] for row in rows], type_="bigint"
            )
            add(table, held, any_text)
        else:
            add(table, rows, lambda row: True)
    _by_columns(finder.tables, tx, found.person, add)
    for name, (count, _forget) in outside.KEPT.items():
        add(name, [(0,)] * count(cloak.person.tokens()), lambda row: True)
    return {place: (held[0], held[1]) for place, held in seen.items()}


def _by_columns(
    tables: Tables,
    tx: Transaction,
    person: Person,
    add: Callable[[str, Iterable[Sequence[Any]], Callable[[Sequence[Any]], bool]], None],
) -> None:
    addresses = addresses_of(person)
    wanted = [Wanted(table, ("CAST(id AS text)",), "address", addresses) for table in ("consent", "suppression")]
    wanted += [one for place in places.SIMPLE for one in _wanted(place, person)]
    ids: dict[str, set[str]] = {}
    for one, rows in zip(wanted, tables.find_together(wanted, person.shop_id), strict=True):
        ids.setdefault(one.table, set()).update(row[0] for row in rows)
    for table, found in ids.items():
        add(table, [(id_,) for id_ in sorted(found)], lambda row: True)
    for kind, keys in tagged(person).items():
        add("tag", tags_of(tx, person.shop_id, kind, keys), lambda row: True)


def addresses_of(person: Person) -> list[str]:
    return sorted({*person.emails, *(phone.lower() for phone in person.phones), *person.phones})


def tagged(person: Person) -> dict[str, list[str]]:
    """Keys of tagged records, by kind."""
    orders = sorted(key for kind, key in person.records if kind == "order")
    customers = sorted({*person.customers, *(f"email:{mail}" for mail in person.emails)})
    return {CUSTOMER: customers, "order": orders}


def tags_of(tx: Transaction, shop: int, kind: str, keys: Sequence[str]) -> list[Sequence[Any]]:
    """(row id, key, tag) of these records."""
    asked = {"shop": shop, "kind": kind}
    return [row for some in chunked(keys, STEP) for row in tx.all("tags_of_records", {**asked, "keys": list(some)})]


def rows_of(tables: Tables, place: places.Place, person: Person) -> list[Any]:
    """Ids of a simple place's rows about the person, by its columns."""
    wanted = _wanted(place, person)
    found = tables.find_together(wanted, person.shop_id)
    ids: set[str] = {row[0] for rows in found for row in rows}
    return sorted(ids if place.id_type == "text" else map(int, ids))


def _wanted(place: places.Place, person: Person) -> list[Wanted]:
    values: dict[places.By, list[str]] = {
        "subject": person.links(),
        "customer": sorted({*person.customers, *(f"email:{mail}" for mail in person.emails)}),
        "address": addresses_of(person),
        "key": sorted(person.names()),
    }
    return [Wanted(place.table, (f"CAST({place.id} AS text)",), column, values[by]) for column, by in place.by]
