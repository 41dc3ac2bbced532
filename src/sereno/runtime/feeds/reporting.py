"""Sources, files and what was held back, for API and command line alike."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sereno.runtime.feeds.outgoing import harmless
from sereno.sdk.tables import Sheet
from sereno.store.fields import instant_text


def source_row(row: Any) -> dict[str, Any]:
    """Of a `FeedSource` with its connection."""
    return {
        "name": row.connection.name,
        "title": row.connection.settings.get("title") or row.connection.name,
        "way": row.way,
        "url": row.url,
        "every": row.every,
        "is_on": row.is_on,
        "layout": row.layout,
        "begin_at": instant_text(row.begin_at),
        "looked_at": instant_text(row.looked_at),
        "error": row.error,
        "message": row.message,
    }


def file_row(row: Any) -> dict[str, Any]:
    """Of a `FeedFile`."""
    return {
        "id": row.pk,
        "name": row.name,
        "status": row.status,
        "way": row.way,
        "by": row.by,
        "at": instant_text(row.at),
        "finished_at": instant_text(row.finished_at),
        "rows": row.rows,
        "entries": row.entries,
        "new": row.new,
        "held": row.held,
        "error": row.error,
        "message": row.message,
    }


def held_row(row: Any) -> dict[str, Any]:
    """Of a `FeedHeld`."""
    return {"id": row.pk, "file": row.file_id, "line": row.line, "name": row.name, "faults": row.faults}


def reasons_of(faults: Iterable[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Why records were held back, the commonest first: column, code, in how many records, and a value or two."""
    counts: Counter[tuple[str, str]] = Counter()
    values: dict[tuple[str, str], list[str]] = {}
    for of_record in faults:
        for place in {(str(fault["column"]), str(fault["code"])) for fault in of_record}:
            counts[place] += 1
        for fault in of_record:
            said = values.setdefault((str(fault["column"]), str(fault["code"])), [])
            if fault["value"] and fault["value"] not in said and len(said) < 2:
                said.append(str(fault["value"]))
    order = sorted(counts, key=lambda place: (-counts[place], place))
    return [{"column": one[0], "code": one[1], "records": counts[one], "values": values[one]} for one in order]


def report(
    columns: Sequence[str],
    held: Iterable[tuple[int, Sequence[Sequence[str]], Sequence[Mapping[str, Any]]]],
    headings: tuple[str, str],
    say: Callable[[str], str],
) -> Iterator[str]:
    """What was held back as CSV, the rows as they stood, with their lines and why behind them: mended in a spreadsheet
    it can be brought again as it is, for nobody reads the two last columns. `held`: line, rows and faults of each."""
    yield _line([*columns, *headings])
    for line, rows, faults in held:
        for number, row in enumerate(rows):
            why = [
                f"{fault['column']}: {say(fault['code'])}" if fault["column"] else say(fault["code"])
                for fault in faults
                if fault["row"] == number
            ]
            cells = [harmless(value) for value in [*row, *[""] * (len(columns) - len(row))]]
            yield _line([*cells, str(line), "; ".join(why)])


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def sheet_document(sheet: Sheet, most: int = 20) -> dict[str, Any]:
    """What a file would bring, with the first records and faults."""
    return {
        "what": sheet.what,
        "columns": dict(zip(sheet.columns, sheet.fields, strict=True)),
        "lacks": list(sheet.lacks),
        "rows": sheet.rows,
        "entries": len(sheet.entries),
        "held": len(sheet.held),
        "reasons": reasons_of([asdict(fault) for fault in one.faults] for one in sheet.held),
        "first": [{"name": one.name, "line": one.line, "text": one.text} for one in sheet.entries[:most]],
        "faults": [
            {"line": one.line, "name": one.name, "column": fault.column, "code": fault.code, "value": fault.value}
            for one in sheet.held[:most]
            for fault in one.faults
        ],
    }
