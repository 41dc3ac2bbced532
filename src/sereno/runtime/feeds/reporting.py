"""Sources, files and what was held back, for API and command line alike."""

from __future__ import annotations

from typing import Any

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


def sheet_document(sheet: Sheet, most: int = 20) -> dict[str, Any]:
    """What a file would bring, with the first records and faults."""
    return {
        "what": sheet.what,
        "columns": dict(zip(sheet.columns, sheet.fields, strict=True)),
        "lacks": list(sheet.lacks),
        "rows": sheet.rows,
        "entries": len(sheet.entries),
        "held": len(sheet.held),
        "first": [{"name": one.name, "line": one.line, "text": one.text} for one in sheet.entries[:most]],
        "faults": [
            {"line": one.line, "name": one.name, "column": fault.column, "code": fault.code, "value": fault.value}
            for one in sheet.held[:most]
            for fault in one.faults
        ],
    }
