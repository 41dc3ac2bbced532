"""Everything held about a person as one ZIP: JSON for machines, place by place, and a page to read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

from sereno.engine.durations import format_instant
from sereno.runtime.privacy import places, searching
from sereno.runtime.privacy.finding import Finder, Found, begin
from sereno.runtime.privacy.person import Person
from sereno.runtime.staff import Staff
from sereno.store.database import Transaction, chunked
from sereno.store.documents import decode
from sereno.store.fields import from_micros

FILE_KEPT = timedelta(days=7)
MEMORY = 8 * 1024 * 1024
STEP = 500
SHOWN = 200
"""Rows of a place on the page to read; the JSON has all."""
Rows = list[dict[str, Any]]


def export(
    staff: Staff, tx: Transaction, shop_id: int, terms: Sequence[str], now: datetime
) -> tuple[bytes, dict[str, int]]:
    """The ZIP, and how many rows each place had."""
    finder = Finder(staff, tx)
    person = begin(shop_id, terms)
    found = finder.find(person)
    counts: dict[str, int] = {}
    sections: list[str] = []
    with tempfile.SpooledTemporaryFile(MEMORY) as file:
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for place, rows in _places(finder, tx, found):
                if not rows:
                    continue
                counts[place] = len(rows)
                archive.writestr(f"data/{place}.json", json.dumps(rows, ensure_ascii=False, indent=1))
                sections.append(_section(place, rows))
            about = _about(person, now, counts)
            archive.writestr("about.json", json.dumps(about, ensure_ascii=False, indent=1))
            archive.writestr("index.html", _page(about, sections))
        file.seek(0)
        return file.read(), counts


def _about(person: Person, now: datetime, counts: dict[str, int]) -> dict[str, Any]:
    names = {name: sorted(getattr(person, name)) for name in ("emails", "phones", "customers")}
    records = sorted(f"{kind}:{key}" for kind, key in person.records)
    return {"made_at": format_instant(now), "known_as": {**names, "records": records}, "counts": counts}


def _places(finder: Finder, tx: Transaction, found: Found) -> Sequence[tuple[str, Rows]]:
    tables, person = finder.tables, found.person
    runs = finder.runs(found)
    listed: list[tuple[str, Rows]] = []

    def take(place: str, table: str, columns: Sequence[str], where: str, values: Sequence[Any], type_: str) -> Rows:
        rows: Rows = []
        for some in chunked(values, STEP):
            for row in tables.find(table, columns, where, some, type_=type_):
                rows.append({name: _plain(name, value) for name, value in zip(columns, row, strict=True)})
        listed.append((place, rows))
        return rows

    for projection, rows in finder.records(person):
        listed.append((f"{projection.name}s", [{"key": key, **data} for _id, key, data in rows]))
    events = take("events", "event", _EVENT, "id", found.events, "bigint")
    deliveries = sorted({row["delivery_id"] for row in events if row["delivery_id"] is not None})
    take("deliveries", "delivery", _DELIVERY, "id", deliveries, "bigint")
    take("runs", "run", _RUN, "id", runs, "bigint")
    take("traces", "run_trace", ("run_id", "entries"), "run_id", runs, "bigint")
    take("effects", "effect", _EFFECT, "run_id", runs, "bigint")
    take("approvals", "approval", _APPROVAL, "run_id", runs, "bigint")
    take("skips", "skip", ("subject", "at", "reason", "details"), "id", finder.skips(found), "bigint")
    asked = {"shop": person.shop_id, "addresses": searching.addresses_of(person)}
    names = ("address", "channel", "purpose", "granted", "at", "source", "proof")
    consents = [dict(zip(names, row, strict=True)) for row in tx.all("consents_of_person", asked)]
    listed.append(("consents", [{name: _plain(name, value) for name, value in row.items()} for row in consents]))
    held = tx.all("suppressions_of", asked)
    lines = [{"address": row[1], "channel": row[2], "reason": row[3], "at": _plain("at", row[4])} for row in held]
    listed.append(("suppressions", lines))
    tags: Rows = []
    for kind, keys in searching.tagged(person).items():
        rows = searching.tags_of(tx, person.shop_id, kind, keys)
        tags += [{"kind": kind, "key": key, "tag": tag} for _id, key, tag in rows]
    listed.append(("tags", tags))
    targets = [*searching.addresses_of(person), *person.links()]
    audit = tx.all("audit_of_targets", {"shop": person.shop_id, "targets": targets})
    listed.append(("audit", [{"target": row[1], "details": decode(row[2])} for row in audit]))
    for place in places.SIMPLE:
        columns = [*(name for name in place.columns if name != "story"), *place.told]
        ids = searching.rows_of(tables, place, person)
        take(place.table, place.table, columns, place.id, ids, place.id_type)
    return listed


_EVENT = ("id", "source", "uid", "type", "subject", "occurred_at", "received_at", "data", "refs", "delivery_id")
_DELIVERY = ("id", "topic", "received_at", "status", "headers", "body")
_RUN = ("uid", "version", "subject", "key", "status", "step", "reason", "started_at", "state")
_EFFECT = ("key", "step", "action", "subject", "status", "created_at", "finished_at", "config", "result", "message")
_APPROVAL = ("key", "step", "by", "text", "status", "created_at", "decided_at", "note")
_DOCUMENTS = frozenset({"data", "refs", "headers", "state", "config", "result", "entries", "details", "proof"})


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DOCUMENTS and isinstance(value, str):
        return decode(value)
    if (name.endswith("_at") or name == "at") and isinstance(value, int):
        return format_instant(from_micros(value))
    if isinstance(value, bytes | memoryview):
        return bytes(cast(bytes, value)).decode("utf-8", "replace")
    return bool(value) if name == "granted" else value


def people_words(document: Any) -> str:
    """A row as lines of name and value."""
    if isinstance(document, dict):
        items = cast("dict[str, Any]", document).items()
        return "; ".join(f"{name}: {people_words(value)}" for name, value in items if value not in (None, "", [], {}))
    if isinstance(document, list):
        return ", ".join(people_words(item) for item in cast("list[Any]", document))
    return "" if document is None else f"{document!s}"  # pyright: ignore[reportUnknownArgumentType]


def _section(place: str, rows: Rows) -> str:
    shown = "".join(f"<li>{escape(people_words(row))}</li>" for row in rows[:SHOWN])
    more = f"<p>The first {SHOWN} of {len(rows)}; data/{place}.json has all.</p>" if len(rows) > SHOWN else ""
    return f"<section><h2>{escape(place)} ({len(rows)})</h2>{more}<ol>{shown}</ol></section>"


def _page(about: dict[str, Any], sections: Sequence[str]) -> str:
    known = escape(people_words(about["known_as"]))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Personal data</title>'
        "<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}li{overflow-wrap:anywhere;"
        "margin:.4rem 0}h2{border-top:1px solid #ccc;padding-top:1rem}</style>"
        f"<h1>What is held about you</h1><p>Made at {escape(about['made_at'])}. Known as: {known}.</p>"
        f"{''.join(sections)}</html>"
    )
