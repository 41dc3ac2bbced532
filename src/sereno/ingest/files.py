"""Recorded deliveries from files: `.json` (one), `.jsonl` (one a line), `.csv` (an event a line), and tables as others
export them (`.tsv`, `.txt`, and `.csv` with the topic `table`), which the connector reads whole.

A line of JSON is a delivery's body; or a canonical event (`type` and `data`), for a connection of any kind; or a
delivery as recorded, `{"topic", "headers"?, "body"}`. What cannot be read is said with file and line; the rest goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec

from sereno.connectors.building import body_hash
from sereno.ingest.tables import read_table
from sereno.sdk.connector import Connector

TABLES = (".tsv", ".txt")
AS_TABLE = "table"
LARGEST = 5 * 1024 * 1024
"""Bytes of one delivery, as at the door."""

AS_GENERIC = "x-sereno-as"
_TOPIC_IN_BODY = re.compile(rb'\A\s*\{\s*"topic"\s*:\s*"([^"\\]{1,100})"')
_VERBS_OF_TWO = ("data_request",)


class UnknownFormat(ValueError):  # noqa: N818
    """A file that is none of .json, .jsonl and .csv."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A delivery read from a file. `key` is made of its content, so that the same file twice brings nothing new."""

    topic: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    key: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that could not be read. `line` counts from 1; 0 means the whole file."""

    file: str
    line: int
    message: str


def read_deliveries(
    path: Path, connector: Connector, settings: Mapping[str, Any], topic: str | None = None
) -> Iterator[Recorded | Unreadable]:
    """What is in the file, in its order. `topic` when given; else the one the body names; else the one the file's name
    means to this platform. Raises UnknownFormat and OSError."""
    suffix = path.suffix.lower()
    if suffix == ".csv" and topic != AS_TABLE:
        fallback = topic or topic_of_name(path.name, "generic")
        for line, row in read_table(path, fallback):
            if isinstance(row, str):
                yield Unreadable(str(path), line, row)
            else:
                yield _canonical(path, line, msgspec.json.encode(row), str(row.get("type") or fallback))
        return
    if suffix in (".json", ".csv", *TABLES):
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
        yield _delivery(path, 0, body, connector, settings, topic)
        return
    if suffix not in (".jsonl", ".ndjson"):
        raise UnknownFormat(f"{path}: the name does not end in .json, .jsonl, .csv, .tsv or .txt")
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            if line.strip():
                yield _delivery(path, number, line.strip(), connector, settings, topic)


def count_lines(path: Path) -> int:
    """How many deliveries the file may hold, for a progress bar."""
    if path.suffix.lower() in (".json", *TABLES):
        return 1
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def topic_of_name(name: str, kind: str) -> str:
    """`orders_create.test-notification.json` is `orders/create` to Shopify, `order_updated.json` `order.updated` to
    WooCommerce, and `order.placed.json` `order.placed` to everybody else."""
    stem = name.rsplit(".", 1)[0]
    separator = {"shopify": "/", "woocommerce": "."}.get(kind)
    if separator is None:
        return stem
    stem = stem.partition(".")[0]
    for verb in _VERBS_OF_TWO:
        if stem.endswith(f"_{verb}"):
            return f"{stem[: -len(verb) - 1]}{separator}{verb}"
    noun, _, verb = stem.rpartition("_")
    return f"{noun}{separator}{verb}" if noun else stem


def _lines(file: Any) -> Iterator[bytes]:
    """Lines of at most LARGEST + 1 bytes; the rest of a longer one is passed over."""
    while line := file.readline(LARGEST + 1):
        rest = line
        while len(rest) > LARGEST and not rest.endswith(b"\n"):
            rest = file.readline(LARGEST + 1)
        yield line


def _delivery(
    path: Path, line: int, body: bytes, connector: Connector, settings: Mapping[str, Any], topic: str | None
) -> Recorded | Unreadable:
    if len(body) > LARGEST:
        return Unreadable(str(path), line, f"larger than {LARGEST // 1024 // 1024} MiB")
    found: Any = None
    if line:
        # A line of JSON must be one; a whole file may be what the platform sends, JSON or not.
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Unreadable(str(path), line, f"not JSON: {str(error)[:200]}")
    if isinstance(found, dict):
        item = cast(dict[str, Any], found)
        if "body" in item and ("topic" in item or "headers" in item):
            return _recorded(path, line, item, connector, settings, topic)
        # An event of Stripe's looks much like one of ours, but says `"object": "event"`.
        if isinstance(item.get("type"), str) and isinstance(item.get("data"), dict) and "object" not in item:
            return _canonical(path, line, body, topic or str(item["type"]))
    name = topic or _topic_of_body(connector, body, settings) or topic_of_name(path.name, connector.kind)
    return Recorded(name, body, _place(path, line), body_hash(name, body))


def _recorded(
    path: Path,
    line: int,
    item: Mapping[str, Any],
    connector: Connector,
    settings: Mapping[str, Any],
    topic: str | None,
) -> Recorded | Unreadable:
    """A delivery with its headers: it has the key it had, or would have had, at the door."""
    given = item.get("headers") or {}
    if not isinstance(given, dict):
        return Unreadable(str(path), line, '"headers" is not an object')
    headers = {str(name).lower(): str(value) for name, value in cast(dict[str, Any], given).items()}
    content = item["body"]
    body = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
    name = topic or item.get("topic") or connector.topic(headers, body, settings)
    key = connector.dedupe_key(headers, body, settings) if headers else body_hash(str(name), body)
    return Recorded(str(name), body, {**headers, **_place(path, line)}, key)


def _canonical(path: Path, line: int, body: bytes, topic: str) -> Recorded:
    return Recorded(topic, body, {AS_GENERIC: "generic", **_place(path, line)}, body_hash(topic, body))


def _place(path: Path, line: int) -> dict[str, str]:
    return {"x-sereno-file": f"{path.name}:{line}" if line else path.name}


def _topic_of_body(connector: Connector, body: bytes, settings: Mapping[str, Any]) -> str | None:
    match = _TOPIC_IN_BODY.match(body)
    if match:
        return match[1].decode(errors="replace")
    try:
        found = connector.topic({}, body, settings)
    except Exception:
        return None
    return found if found not in ("", "unknown") else None
