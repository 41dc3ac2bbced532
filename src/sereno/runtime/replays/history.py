"""Past events as a stream in order of time, from the shop's own log or from files of canonical lines.

Invariant: however many there are, only a page of them is in memory; each comes once. What Sereno stated itself is left
out, for a replay finds it again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from sereno.commerce.identity import refs_of
from sereno.engine.durations import parse_instant
from sereno.store.database import Database, Row, default_database
from sereno.store.fields import from_micros, to_micros
from sereno.store.scratch import open_scratch_table

PAGE = 1000
NEEDED = ("id", "type", "subject", "occurred_at")
_EARLIEST, _LATEST = -(2**62), 2**62
_WORD = 2**64 - 1
_UNSAID = msgspec.Raw(b"")
_NO_REFS = (b"", b"null", b"{}")


class PastEvent(msgspec.Struct, frozen=True):
    """One fact. `data` and `refs` are JSON as it stood there, read only when somebody wants them; no `refs`: they are
    found in the data."""

    id: str
    source: str
    type: str
    subject: str
    at: datetime
    data: bytes | str
    refs: bytes | str = b""

    def read_data(self) -> dict[str, Any]:
        return (_read(self.data) if self.data else None) or {}

    def read_refs(self, data: Mapping[str, Any]) -> dict[str, str]:
        return (_read(self.refs) if self.refs else None) or refs_of(self.type, self.subject, data)


Entered = tuple[str, str, datetime]
"""Flow, key, and when it was last let in."""


def live_beside(shop_id: int, names: Iterable[str], *, database: Database | None = None) -> list[str]:
    """The documents of the shop's live flows but for those of these names, for a replay with the others beside."""
    with (database or default_database()).read() as tx:
        rows = tx.all("live_documents", {"shop": shop_id})
    left_out = set(names)
    return [document for name, document in rows if name not in left_out]


def past_entries(
    shop_id: int, names: Iterable[str], before: datetime, *, database: Database | None = None
) -> Iterator[Entered]:
    """Who was let in by the shop's flows of these names and had not come again by now, as far as that was before then:
    a page at a time. Of who came again since, the earlier time is not known any more."""
    source = database or default_database()
    for name in names:
        after = ""
        while True:
            asked = {"shop": shop_id, "name": name, "before": to_micros(before), "after": after, "limit": PAGE}
            with source.read() as tx:
                rows = tx.all("entries_before", asked)
            for key, entered_at in rows:
                yield name, key, from_micros(entered_at)
            if len(rows) < PAGE:
                break
            after = rows[-1][0]


class BadLine(ValueError):  # noqa: N818 - reads as a sentence
    """A line that is no event; says which, and what is wrong with it."""


def past_events(
    shop_id: int,
    *,
    start: datetime | None = None,
    until: datetime | None = None,
    before: datetime | None = None,
    database: Database | None = None,
) -> Iterator[PastEvent]:
    """What came in from outside, in order of time, from `start` on, up to and with `until`, and not from `before` on.
    A page is read at a time, each in a short transaction of its own, so nobody waits."""
    source = database or default_database()
    last = to_micros(until) + 1 if until is not None else _LATEST
    if before is not None:
        last = min(last, to_micros(before))
    at, after = (to_micros(start), 0) if start is not None else (_EARLIEST, 0)
    while True:
        asked = {"shop": shop_id, "at": at, "after": after, "until": last, "limit": PAGE}
        with source.read() as tx:
            rows = tx.all("past_events", asked)
        for uid, name, type_, subject, occurred_at, data, refs, _ in rows:
            yield PastEvent(uid, name, type_, subject, from_micros(occurred_at), data, refs)
        if len(rows) < PAGE:
            return
        at, after = rows[-1][4], rows[-1][7]


def lines_of(path: Path, *, limit: int | None = None) -> Iterator[PastEvent]:
    """The events of a file of canonical lines, in order of time, each once; the first `limit` lines of it. Looks the
    whole file through before the first event is given: raises BadLine, naming the line, before anything was done with
    it. A file that is not in order is put in order on the disk."""
    with path.open("rb") as file:
        seen = _looked_through(file, str(path), limit)
    if not seen.is_sorted:
        yield from in_order(_read_file(path, limit))
        return
    yield from _once(_read_file(path, limit), seen.doubted) if seen.doubted else _read_file(path, limit)


def lines_in(body: bytes, name: str = "line") -> Iterator[PastEvent]:
    """The same of a file that is in memory."""
    with TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        seen = _looked_through(file, name, None)
        file.seek(0)
        events = (_event(line, "", 0) for line in file if line.strip())
        yield from in_order(events) if not seen.is_sorted or seen.doubted else events


def past_of(line: Mapping[str, Any]) -> PastEvent:
    """A canonical line that was read already. Raises BadLine."""
    missing = [name for name in NEEDED if line.get(name) in (None, "")]
    if missing:
        raise BadLine(f"the event has no {missing[0]!r}")
    data, refs = line.get("data"), line.get("refs")
    return PastEvent(
        str(line["id"]),
        str(line.get("source") or "file"),
        str(line["type"]),
        str(line["subject"]),
        _instant(str(line["occurred_at"])),
        msgspec.json.encode(data) if data else b"",
        msgspec.json.encode(refs) if refs else b"",
    )


def in_order(events: Iterable[PastEvent]) -> Iterator[PastEvent]:
    """The events in order of time, those of one instant in the order they came; the first of each fact. More than a
    page of them are sorted on the disk."""
    with open_scratch_table(
        "CREATE TABLE line (source TEXT, uid TEXT, at INTEGER, number INTEGER, type TEXT, subject TEXT, data BLOB, "
        "refs BLOB, PRIMARY KEY (source, uid)) WITHOUT ROWID"
    ) as connection:
        # Of one fact that is there twice the earlier one stays, as it would have been stored.
        insert = (
            "INSERT INTO line VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET at = excluded.at, "
            "number = excluded.number, type = excluded.type, subject = excluded.subject, data = excluded.data, "
            "refs = excluded.refs WHERE excluded.at < line.at"
        )
        rows: list[Row] = []
        for number, event in enumerate(events):
            rows.append(
                (
                    event.source,
                    event.id,
                    to_micros(event.at),
                    number,
                    event.type,
                    event.subject,
                    event.data,
                    event.refs,
                )
            )
            if len(rows) >= PAGE:
                connection.executemany(insert, rows)
                rows.clear()
        connection.executemany(insert, rows)
        connection.execute("CREATE INDEX line_in_order ON line (at, number)")
        found = connection.execute("SELECT source, uid, at, type, subject, data, refs FROM line ORDER BY at, number")
        for source, uid, at, type_, subject, data, refs in found:
            yield PastEvent(uid, source, type_, subject, from_micros(at), data, refs)


# --- files -----------------------------------------------------------------------------------------


class _Line(msgspec.Struct):
    """A canonical line, as far as it must be read to know what it is."""

    id: str | int
    type: str
    subject: str
    occurred_at: str
    source: str = "file"
    data: msgspec.Raw = _UNSAID
    refs: msgspec.Raw = _UNSAID


_read = msgspec.json.Decoder[Any]().decode
_read_line = msgspec.json.Decoder(_Line).decode


class _Looked:
    """What was seen of a file: whether it is in order, and the facts that may be there twice."""

    def __init__(self, is_sorted: bool, doubted: frozenset[int]) -> None:
        self.is_sorted = is_sorted
        self.doubted = doubted


def _looked_through(file: IO[bytes], name: str, limit: int | None) -> _Looked:
    is_sorted = True
    last: datetime | None = None
    marks = [array("Q") for _ in range(16)]
    for number, line in _numbered(file, limit):
        event = _event(line, name, number)
        if last is not None and event.at < last:
            is_sorted = False
        last = event.at
        mark = _mark(event)
        marks[mark & 15].append(mark)
    doubted: set[int] = set()
    if is_sorted:
        for part in marks:
            before = -1
            for mark in sorted(part):
                if mark == before:
                    doubted.add(mark)
                before = mark
    return _Looked(is_sorted, frozenset(doubted))


def _read_file(path: Path, limit: int | None) -> Iterator[PastEvent]:
    with path.open("rb") as file:
        for _, line in _numbered(file, limit):
            yield _event(line, "", 0)


def _numbered(file: Iterable[bytes], limit: int | None) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers."""
    given = 0
    for number, line in enumerate(file, start=1):
        if limit is not None and given >= limit:
            return
        if not line.isspace():
            given += 1
            yield number, line


def _once(events: Iterable[PastEvent], doubted: frozenset[int]) -> Iterator[PastEvent]:
    """Without those that came before, of the few that may be there twice."""
    seen: set[tuple[str, str]] = set()
    for event in events:
        if _mark(event) in doubted:
            if (event.source, event.id) in seen:
                continue
            seen.add((event.source, event.id))
        yield event


def _mark(event: PastEvent) -> int:
    return hash((event.source, event.id)) & _WORD


def _event(line: bytes, name: str, number: int) -> PastEvent:
    try:
        found = _read_line(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _event_by_hand(line, f"{name}:{number}", error)
    id_, type_, subject, instant = found.id, found.type, found.subject, found.occurred_at
    if id_ == "" or not (type_ and subject and instant):
        return _event_by_hand(line, f"{name}:{number}", None)
    try:
        at = _instant(instant)
    except ValueError as error:
        raise BadLine(f"{name}:{number}: {error}") from error
    refs = bytes(found.refs)
    refs = b"" if refs in _NO_REFS else refs
    return PastEvent(str(id_), found.source or "file", type_, subject, at, bytes(found.data), refs)


def _event_by_hand(line: bytes, place: str, error: Exception | None) -> PastEvent:
    """A line that is not quite as it should be: what is wrong with it, unless it can be read after all."""
    try:
        read = _read(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadLine(f"{place}: not JSON: {error}") from error
    if not isinstance(read, dict):
        raise BadLine(f"{place}: the event has no {NEEDED[0]!r}")
    try:
        return past_of(read)  # pyright: ignore[reportUnknownArgumentType]
    except ValueError as problem:
        raise BadLine(f"{place}: {problem}") from problem


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise BadLine(f"{text!r} is not an instant, such as 2026-10-01T09:00:00Z") from None
