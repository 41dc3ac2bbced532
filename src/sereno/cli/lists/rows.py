"""What the four lists share: narrowing a query, walking it without holding it, showing it.

Invariant: nothing asks the database about one row at a time; rows are fetched and completed in pages.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sereno.cli.database import ready
from sereno.cli.host import host
from sereno.cli.narrowing import Narrow, instant_of, shop_named
from sereno.cli.output import WrongUse, emit_rows, nearest, note, table

PAGE = 2000
Row = Mapping[str, Any]


def begin(narrow: Narrow, statuses: Sequence[str] = ()) -> Any:
    """Make the database ready and give the shop to narrow to, or None for all."""
    host().prepare()
    ready()
    if narrow.status is not None and statuses and narrow.status not in statuses:
        from sereno.cli.output import no_such

        raise no_such("status", narrow.status, list(statuses))
    if narrow.flow:
        _warn_of_flow(narrow.flow)
    return shop_named(narrow.shop) if narrow.shop else None


def _warn_of_flow(name: str) -> None:
    """An empty list is no error; that the name is misspelled is worth a word."""
    from sereno.store.models import Flow

    names = list(Flow.objects.order_by("name").values_list("name", flat=True).distinct())
    if name not in names:
        note(f"sereno: there is no flow {name!r}.{nearest(name, names)}")


def between(query: Any, column: str, narrow: Narrow) -> Any:
    if narrow.since:
        query = query.filter(**{f"{column}__gte": instant_of("--since", narrow.since)})
    if narrow.until:
        query = query.filter(**{f"{column}__lt": instant_of("--until", narrow.until)})
    return query


def of_type(query: Any, column: str, pattern: str | None) -> Any:
    """`order.*` takes all that begin so; anything else is exact."""
    if pattern is None:
        return query
    if pattern.endswith("*"):
        return query.filter(**{f"{column}__startswith": pattern[:-1]})
    return query.filter(**{column: pattern})


def pages(query: Any, most: int | None, complete: Callable[[list[dict[str, Any]]], Iterable[Row]]) -> Iterator[Row]:
    """Rows of a `.values()` query, newest first, completed a page at a time."""
    if most is not None:
        query = query[:most]
    page: list[dict[str, Any]] = []
    for row in query.iterator(chunk_size=PAGE):
        page.append(row)
        if len(page) == PAGE:
            yield from complete(page)
            page = []
    yield from complete(page)


def show_list(rows: Iterable[Row], narrow: Narrow, columns: Mapping[str, str], empty: str) -> None:
    """As JSON, or as a table with `columns` (heading -> field)."""
    if narrow.json:
        emit_rows(rows)
        return
    shown = table(list(columns), ([row.get(field) for field in columns.values()] for row in rows), empty=empty)
    if shown and shown == narrow.most() and narrow.limit is None:
        note(f"The newest {shown}; --limit N shows more, --json all.")


def numbers(ids: Sequence[str], kind: str) -> list[int]:
    """Row numbers as given on the command line. Raises WrongUse."""
    wrong = [text for text in ids if not text.isdigit()]
    if wrong:
        raise WrongUse(f"{wrong[0]!r} is not the number of {kind}: take it from the list's `id` column")
    return [int(text) for text in ids]


def person() -> str:
    """Who is at the keyboard, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"
