"""Texts that no index leads to: what staff wrote, messages to other systems, and, page by page, the whole database.

Invariant: here only the person is blotted out; what else a text says, and whoever else it names, stays.
"""
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.runtime.hooks import DELIVER
from sereno.runtime.privacy import places
from sereno.runtime.privacy.person import Cloak
from sereno.runtime.privacy.places import Place
from sereno.runtime.privacy.tables import Tables
from sereno.store.database import Transaction, mark
from sereno.store.documents import decode, encode
from sereno.store.pseudonyms import pseudonym

SWEPT = 5000
"""Ids looked at in one step of the sweep."""
BINARY = frozenset({("delivery", "body"), ("api_answer", "body")})
PACKED = frozenset({("backtest_run", "story")})
"""Compressed: no search reads it; its rows are found by their other columns."""
MESSAGES = "effect"


@dataclass(slots=True)
class Swept:
    rows: int
    found: int
    place: int
    after: int
    is_over: bool


def hits(
    tables: Tables, place: Place, needles: Sequence[str], where: str = "", columns: Sequence[str] = ()
) -> list[int]:
    """Ids of rows in whose text any needle (lower case) stands. `where` narrows them, by an index or a range of ids."""
    looked = [one for one in columns or place.columns if (place.table, one) not in PACKED]
    if not needles or not looked:
        return []
    parts: list[str] = []
    for column in looked:
        text = _text(tables, place.table, column)
        for number in range(1, len(needles) + 1):
            at = mark(tables.dialect, number)
            if tables.dialect == "sqlite":
                parts.append(f"instr({text}, {at}) > 0")
            else:
                parts.append(f"position({at}::text in {text}) > 0")
    narrow = f"{where} AND " if where else ""
    sql = f"SELECT {place.id} FROM {place.table} WHERE {narrow}({' OR '.join(parts)})"
    return [row[0] for row in tables.tx.text(sql, list(needles))]


def _text(tables: Tables, table: str, column: str) -> str:
    name = tables.name(column)
    if (table, column) not in BINARY:
        return f"lower({name})"
    return f"lower(CAST({name} AS TEXT))" if tables.dialect == "sqlite" else f"lower(encode({name}, 'escape'))"


# --- what staff wrote, and messages to other systems ------------------------------------------------


def count_shared(tables: Tables, tx: Transaction, shop_id: int, cloak: Cloak) -> dict[str, int]:
    """By table, how many rows still name the person."""
    return {place.table: len(ids) for place, ids, _staff in _shared(tables, tx, shop_id, cloak) if ids}


def blot_shared(tables: Tables, tx: Transaction, shop_id: int, cloak: Cloak) -> dict[str, int]:
    """Blot the person out. Gives how many rows there were, by table."""
    found: dict[str, int] = {}
    for place, ids, staff in _shared(tables, tx, shop_id, cloak):
        if not ids:
            continue
        found[place.table] = len(ids)
        if place.table == MESSAGES:
            _empty_messages(tables, ids)
        elif place.made == "deleted":
            tables.delete(place.table, ids, place.id)
        else:
            _blot(tables, place, ids, cloak, staff)
    return found


def _shared(
    tables: Tables, tx: Transaction, shop_id: int, cloak: Cloak
) -> Iterable[tuple[Place, list[int], frozenset[str]]]:
    """Places with the rows that name the person. Who works here keeps their own address in what staff wrote."""
    staff = frozenset(str(row[2]).lower() for row in tx.all("people_of_shops", {"shops": [shop_id]}))
    needles = cloak.needles()
    strangers = [one for one in needles if one not in staff and one.partition(":")[2] not in staff]
    for place in (*places.CORE, *places.SHARED):
        where = place.scope.format(shop=int(shop_id))
        if place.table == "audit":
            yield place, _meant(tables, place, hits(tables, place, needles, where), cloak), frozenset()
        elif place.is_shared:
            yield place, _meant(tables, place, hits(tables, place, strangers, where), cloak, staff), staff
    runs = sorted(row[0] for row in tx.all("webhook_runs", {"shop": shop_id}))
    if runs:
        where = f"run_id IN ({', '.join(str(int(run)) for run in runs)}) AND action = '{DELIVER}'"
        messages = Place(MESSAGES, ("config", "result", "message"), "redacted")
        yield messages, _meant(tables, messages, hits(tables, messages, needles, where), cloak), frozenset()


def _meant(
    tables: Tables, place: Place, ids: Sequence[int], cloak: Cloak, but: frozenset[str] = frozenset()
) -> list[int]:
    """Of what a search for letters found, what names the person: mariana@ is not ana@, nor customer:17 customer:1."""
    columns = [one for one in place.columns if (place.table, one) not in PACKED]
    rows = tables.find(place.table, (place.id, *columns), place.id, ids, type_="bigint")
    return sorted(row[0] for row in rows if any(cloak.is_hit(_as_text(value), but) for value in row[1:]))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def _empty_messages(tables: Tables, ids: Sequence[int]) -> None:
    """What was told other systems: that it was, and when; what has not gone yet does not go."""
    changed: list[tuple[Any, ...]] = []
    rows = tables.find(MESSAGES, ("id", "config", "status"), "id", ids, type_="bigint")
    for id_, config, status in rows:
        held = decode(config)
        body: dict[str, Any] = held["body"] if isinstance(held.get("body"), dict) else {}
        bare: dict[str, Any] = {"type": body.get("type"), "timestamp": body.get("timestamp"), "data": {}}
        kept = encode({"webhook": held.get("webhook"), "type": held.get("type"), "body": bare})
        changed.append((id_, kept, "cancelled" if status in ("pending", "failed") else status, None, None))
    tables.change(MESSAGES, ("config", "status", "result", "message"), changed, ("text", "text", "text", "text"))


def _blot(tables: Tables, place: Place, ids: Sequence[int], cloak: Cloak, but: frozenset[str] = frozenset()) -> None:
    columns = [one for one in place.columns if (place.table, one) not in BINARY | PACKED]
    rows = tables.find(place.table, (place.id, *columns), place.id, ids, type_="bigint")
    changed = [(row[0], *(_blotted(value, cloak, but) for value in row[1:])) for row in rows]
    tables.change(place.table, columns, changed, ["text"] * len(columns), place.id)


def _blotted(value: Any, cloak: Cloak, but: frozenset[str]) -> Any:
    if not isinstance(value, str):
        return value
    if value.lower() in cloak.needles() and value.lower() not in but:
        return cloak.key(value.lower() if "@" in value else value)
    return cloak.blot(value, but)


def rename_deliveries(tx: Transaction, ids: Sequence[int], cloak: Cloak) -> None:
    """The name by which a delivery is known again, where it holds an address."""
    rows = tx.all("delivery_names", {"ids": ids})
    tx.many("rename_deliveries", [(id_, pseudonym(name)) for id_, name in rows if cloak.tells(name)])


# --- everything ------------------------------------------------------------------------------------------


def sweep(tables: Tables, tx: Transaction, shop_id: int, cloak: Cloak, number: int, after: int) -> Swept:
    """Read the next rows of the place with this number, and blot the person out of those that name them."""
    place = places.PLACES[number]
    if place.id_type != "bigint":
        return Swept(0, 0, number + 1, 0, number + 1 >= len(places.PLACES))  # Found whole by its columns.
    (row,) = tx.text(f"SELECT max({place.id}) FROM {place.table}")
    end = min(after + SWEPT, row[0] or 0)
    found: list[int] = []
    if end > after:
        found = hits(tables, place, cloak.needles(), f"{place.id} > {int(after)} AND {place.id} <= {int(end)}")
    if found:
        scope = place.scope.format(shop=int(shop_id))
        listed = ", ".join(str(int(id_)) for id_ in found)
        sql = f"SELECT {place.id} FROM {place.table} WHERE {place.id} IN ({listed}) AND {scope}"
        found = _meant(tables, place, [one[0] for one in tx.text(sql)], cloak)
    if found:
        if place.table == "delivery":
            tx.run("empty_deliveries", {"ids": found, "nothing": b""})
            rename_deliveries(tx, found, cloak)
        elif place.made == "deleted" and place.table == "api_answer":
            tables.delete(place.table, found, place.id)
        elif not place.is_shared:
            _blot(tables, place, found, cloak)
        else:
            found = []  # Blotted already; what is left there is an address of staff's own.
    is_last = end >= (row[0] or 0)
    following = number + 1 if is_last else number
    return Swept(end - after, len(found), following, 0 if is_last else end, following >= len(places.PLACES))
