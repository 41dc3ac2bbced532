"""How long lists are read newest first: each index's newest end is looked at and the ends are merged; never by sorting
a shop, never by walking through a neighbour's rows.

Told `shop_id = 7`, SQLite reads the shop's every row from some index and sorts them all to find the newest fifty. Told
of one flow and one status, it reads the index (flow, status, id) from its end. A shop's newest runs are the newest of
its flows' ends, whatever a list is narrowed by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Model, QuerySet

FEW = 1000
LOOKED_AT = 3000
"""How many rows are looked at for a condition that no index answers; the next page goes on from there."""
_MOST_ENDS = 200

End = Mapping[str, Any]
"""Columns an index begins with, and their values: the rows that have them are read from the newest on."""


@dataclass(frozen=True, slots=True)
class Newest:
    """Ids, newest first. Rows older than `older` have not been looked at; None when there are none."""

    ids: list[int]
    older: int | None


def newest(
    model: type[Model],
    ends: Sequence[End],
    limit: int,
    *,
    before: int | None = None,
    only: tuple[str, Sequence[Any]] | None = None,
) -> Newest:
    """The newest rows at the ends of an index, `before` an id. `only` is a condition in SQL (with its values) that no
    index answers: so many rows are looked at, and fewer may be found."""
    most = limit + 1 if only is None else max(limit + 1, LOOKED_AT // max(1, len(ends)))
    found: list[int] = []
    floor = 0
    for ids, hits in _read(model, ends, most, before, only):
        if only is not None and len(ids) == most:
            floor = max(floor, ids[-1])
        found += hits
    found = sorted((id_ for id_ in found if id_ >= floor), reverse=True)
    if len(found) > limit:
        return Newest(found[:limit], found[limit - 1])
    return Newest(found, floor or None)


def newest_values(model: type[Model], ends: Sequence[End], column: str, limit: int) -> list[list[Any]]:
    """For each end the column of its newest rows, in one query; as the database holds it."""
    if not ends:
        return []
    parts: list[str] = []
    values: list[Any] = []
    for number, end in enumerate(ends):
        where, bound = _where(end, None)
        parts.append(
            f"SELECT * FROM (SELECT {number} AS place, {column} AS held FROM {model._meta.db_table} "  # noqa: S608
            f"WHERE {where} ORDER BY id DESC LIMIT {int(limit)}) AS part{number}"
        )
        values += bound
    found: list[list[Any]] = [[] for _ in ends]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        for number, held in cursor.fetchall():
            found[number].append(held)
    return found


def _read(
    model: type[Model],
    ends: Sequence[End],
    most: int,
    before: int | None,
    only: tuple[str, Sequence[Any]] | None,
) -> Iterator[tuple[list[int], list[int]]]:
    """For each end: the ids looked at, and those of them that fulfil the condition."""
    condition, given = only or ("TRUE", ())
    for first in range(0, len(ends), _MOST_ENDS):
        some = ends[first : first + _MOST_ENDS]
        parts: list[str] = []
        values: list[Any] = []
        for number, end in enumerate(some):
            where, bound = _where(end, before)
            parts.append(
                f"SELECT * FROM (SELECT {number} AS place, id, CASE WHEN {condition} THEN 1 ELSE 0 END AS hit "  # noqa: S608
                f"FROM {model._meta.db_table} WHERE {where} ORDER BY id DESC LIMIT {int(most)}) AS part{number}"
            )
            values += [*given, *bound]
        ids: list[list[int]] = [[] for _ in some]
        hits: list[list[int]] = [[] for _ in some]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for number, id_, hit in cursor.fetchall():
                ids[number].append(id_)
                if hit:
                    hits[number].append(id_)
        yield from zip(ids, hits, strict=True)


def _where(end: End, before: int | None) -> tuple[str, list[Any]]:
    parts = [f"{column} IS NULL" if value is None else f"{column} = %s" for column, value in end.items()]
    values = [value for value in end.values() if value is not None]
    if before is not None:
        parts.append("id < %s")
        values.append(before)
    return " AND ".join(parts), values


def of_shop(rows: QuerySet[Any], shop_id: int) -> QuerySet[Any]:
    """The shop's rows, to be read along the primary key: no index on the shop is used."""
    return rows.alias(in_shop=F("shop_id") + 0).filter(in_shop=shop_id)


def narrowed(rows: QuerySet[Any], by: QuerySet[Any], **condition: Any) -> QuerySet[Any]:
    """`rows` that are in `by`, which an index answers. When those are few, they are taken by id; when they are many,
    the primary key is read with `condition`, for then some are near."""
    few = list(by.order_by().values_list("id", flat=True)[:FEW])
    return rows.filter(id__in=few) if len(few) < FEW else rows.filter(**condition)


def event_ends(shop_id: int, connections: Sequence[int]) -> list[End]:
    """Where the newest events of a shop are: at each of its connections, and among those that came by none."""
    return [{"shop_id": shop_id, "connection_id": one} for one in (*connections, None)]


RUN_STATUSES = ("running", "waiting", "parked", "finished", "exited", "stopped", "failed")


def run_ends(flows: Sequence[int], statuses: Sequence[str]) -> list[End]:
    """Where the newest runs of these flows in these statuses are."""
    return [{"flow_id": flow, "status": status} for flow in flows for status in statuses]


effect_ends = run_ends
"""Effects have an index of the same columns."""
