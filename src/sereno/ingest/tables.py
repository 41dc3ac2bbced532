"""CSV with a header as canonical events: columns become data, a dotted name (`customer.email`) a record inside it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

ENVELOPE = ("id", "type", "subject", "occurred_at", "source")
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,11})\.\d{1,6}")

Row = dict[str, Any]


def read_table(path: Path, topic: str) -> Iterator[tuple[int, Row | str]]:
    """(line, event) for each row, or (line, what is wrong with it). The file is UTF-8, parted by commas, semicolons or
    tabs. `id`, `subject`, `occurred_at` and `source` belong to the event when there is a column `type` or `subject`;
    otherwise the rows are records, and all columns are data. The type is the row's, or `topic`."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        delimiter = max(",;\t", key=header.count)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=False)
        columns = [name.strip() for name in next(reader, [])]
        if not any(columns):
            yield 1, "there is no header: the first line must name the columns"
            return
        is_event = "type" in columns or "subject" in columns
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, str(error)
                continue
            if any(value.strip() for value in values):
                yield reader.line_num, _event(columns, values, topic, is_event=is_event)


def _event(columns: list[str], values: list[str], topic: str, *, is_event: bool) -> Row | str:
    if len(values) > len(columns):
        return f"{len(values)} values for {len(columns)} columns"
    event: Row = {"type": topic}
    data: Row = {}
    for name, value in zip(columns, values, strict=False):
        value = value.strip()
        if not name or not value:
            continue
        if not value.isascii() and any("\udc80" <= letter <= "\udcff" for letter in value):
            return f"column {name}: not UTF-8"
        if is_event and name in ENVELOPE:
            event[name] = value
        elif not _put(data, name.split("."), _value(value)):
            return f"column {name}: there is a value where it needs a record"
    if not is_event and "occurred_at" in data:
        event["occurred_at"] = data["occurred_at"]
    return {**event, "data": data}


def _put(data: Row, path: list[str], value: Any) -> bool:
    for name in path[:-1]:
        data = data.setdefault(name, {})
        if not isinstance(data, dict):
            return False
    if isinstance(data.get(path[-1]), Mapping):
        return False
    data[path[-1]] = value
    return True


def _value(text: str) -> Any:
    """A number, a truth value or JSON where it can be nothing else; text such as `007` stays as it is."""
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if text in ("true", "false", "TRUE", "FALSE"):
        return text.lower() == "true"
    if text[0] in "[{":
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return text
