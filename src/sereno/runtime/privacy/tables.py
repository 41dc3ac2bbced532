"""Reading and changing rows of tables that are named at run time, on either database. Names of tables and columns come
from `places` and the registry of projections, never from outside."""
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sereno.store.database import Transaction, chunked
from sereno.store.queries import Dialect

STEP = 500
"""Values asked for at once."""
TOGETHER = 100
"""Parts of one statement."""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`columns` of the rows of a table whose text column `where` is one of `values`."""

    table: str
    columns: Sequence[str]
    where: str
    values: Sequence[str]


class Tables:
    """The tables as one transaction sees them."""

    def __init__(self, tx: Transaction, dialect: Dialect) -> None:
        self.tx = tx
        self.dialect: Dialect = dialect

    def find(
        self,
        table: str,
        columns: Sequence[str],
        where: str,
        values: Sequence[Any],
        *,
        shop: int | None = None,
        type_: str = "text",
    ) -> list[Row]:
        """`columns` of the rows whose `where` is one of `values`; of this shop, for tables that say whose they are."""
        found: list[Row] = []
        wanted = f"SELECT {', '.join(self.name(one) for one in columns)} FROM {table} WHERE "
        if self.dialect == "sqlite":
            held = f"{self.name(where)} IN (SELECT value FROM json_each(?1))"
            also = " AND shop_id = ?2"
        else:
            held = f"{self.name(where)} = ANY($1::{type_}[])"
            also = " AND shop_id = $2"
        for some in chunked(values, STEP):
            if shop is None:
                found += self.tx.text(wanted + held, [list(some)])
            else:
                found += self.tx.text(wanted + held + also, [list(some), shop])
        return found

    def find_together(self, wanted: Sequence[Wanted], shop: int) -> list[list[Row]]:
        """The rows of each, asked for in one statement; all have as many columns, of the same types, and say whose
        they are."""
        found: list[list[Row]] = [[] for _ in wanted]
        parts = [(number, one, some) for number, one in enumerate(wanted) for some in chunked(one.values, STEP)]
        for some_parts in chunked(parts, TOGETHER):
            selects: list[str] = []
            parameters: list[object] = [shop]
            for number, one, values in some_parts:
                parameters.append([*values])
                place = len(parameters)
                sqlite = self.dialect == "sqlite"
                held = f"IN (SELECT value FROM json_each(?{place}))" if sqlite else f"= ANY(${place}::text[])"
                columns = ", ".join(self.name(column) for column in one.columns)
                shop_is = "shop_id = ?1" if sqlite else "shop_id = $1::bigint"
                selects.append(f"SELECT {number}, {columns} FROM {one.table} WHERE {one.where} {held} AND {shop_is}")
            for row in self.tx.text(" UNION ALL ".join(selects), parameters):
                found[int(row[0])].append(row[1:])
        return found

    def change(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], types: Sequence[str], id_: str = "id"
    ) -> None:
        """Each row is the id and the new values of `columns`."""
        if not rows:
            return
        names = [self.name(one) for one in columns]
        if self.dialect == "sqlite":
            sets = ", ".join(f"{name} = ?{number}" for number, name in enumerate(names, 2))
            self.tx.text_many(f"UPDATE {table} SET {sets} WHERE {id_} = ?1", rows, types)
            return
        sets = ", ".join(f"{name} = r.v{number}" for number, name in enumerate(names))
        arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(["bigint", *types], 1))
        heads = ", ".join(["id", *(f"v{number}" for number in range(len(names)))])
        sql = f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS r({heads}) WHERE {table}.{id_} = r.id"
        self.tx.text_many(sql, rows, ["bigint", *types])

    def delete(self, table: str, ids: Sequence[Any], column: str = "id", type_: str = "bigint") -> None:
        for some in chunked(ids, STEP):
            if self.dialect == "sqlite":
                self.tx.text(f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?1))", [list(some)])
            else:
                self.tx.text(f"DELETE FROM {table} WHERE {column} = ANY($1::{type_}[])", [list(some)])

    @staticmethod
    def name(column: str) -> str:
        return '"by"' if column == "by" else column
