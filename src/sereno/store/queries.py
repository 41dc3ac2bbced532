"""Reads `store/sql/*.sql`: named statements, written once, understood by SQLite and PostgreSQL.

A file holds statements that begin with `-- name: x`. What follows may be marked `-- dialect: sqlite|postgresql`;
unmarked text serves both. In the text:

- `:name` is a parameter; `{in:name:type}` is `IN (a list)`, `{list:name:type}` the list as rows with a column `value`.
- `-- rows: a bigint, b text` makes it a statement for many rows at once: `{rows}` stands for the values of an INSERT,
  `{table}` (PostgreSQL) for the rows as a table `r`; in SQLite `:a`, `:b` are one row's values.
- `-- as: other, a = b, ...` is another statement of the file, which stands before it, with the word b for a everywhere.
- `-- copy: table (a, b)` is a plain insert of many rows by the fastest way each database has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

Dialect = Literal["sqlite", "postgresql"]

_FOLDER = Path(__file__).parent / "sql"
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_LIST = re.compile(r"\{(in|list):([a-z_]+):([a-z]+)\}")
_ARRAY = re.compile(r"(?<![:\w]):([a-z_]+)::([a-z]+)\[\]")
_DIRECTIVE = re.compile(r"^-- (name|dialect|rows|copy|as): (.+)$")


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` in the dialect's own words; `parameters` in the order of its placeholders. `lists` are those that hold a
    list, `arrays` those that PostgreSQL is to take as an array, with the type of what is in it. `columns` and their
    `types` are not empty for a statement of many rows; `is_copy` when PostgreSQL takes them by COPY."""

    name: str
    text: str
    parameters: tuple[str, ...]
    lists: frozenset[str]
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    is_copy: bool = False
    arrays: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class _Source:
    name: str
    place: str
    rows: str = ""
    copy: str = ""
    texts: dict[str, list[str]] | None = None


@lru_cache(maxsize=2)
def statements(dialect: Dialect) -> dict[str, Statement]:
    """All statements of `store/sql` for this dialect. Raises ValueError for a file that does not follow the rules."""
    found: dict[str, Statement] = {}
    for path in sorted(_FOLDER.glob("*.sql")):
        for source in _read(path):
            if source.name in found:
                raise ValueError(f"{source.place}: statement {source.name} is there twice")
            statement = _compile(source, dialect)
            if statement is not None:
                found[source.name] = statement
    return found


def _read(path: Path) -> list[_Source]:
    sources: list[_Source] = []
    dialect = "both"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = _DIRECTIVE.match(line)
        if match is None:
            if not line.startswith("--") and line.strip():
                if not sources:
                    raise ValueError(f"{path.name}:{number}: text before the first name")
                texts = sources[-1].texts
                assert texts is not None
                texts.setdefault(dialect, []).append(line)
            continue
        word, value = match.groups()
        if word == "name":
            sources.append(_Source(value.strip(), f"{path.name}:{number}", texts={}))
            dialect = "both"
        elif word == "dialect":
            dialect = value.strip()
        elif word == "rows":
            sources[-1].rows = value
        elif word == "as":
            _take_after(sources, value)
        else:
            sources[-1].copy = value
    return sources


def _take_after(sources: list[_Source], said: str) -> None:
    """The last statement reads as the one that is named. Raises ValueError where there is none, or it lacks a word."""
    other, *pairs = (part.strip() for part in said.split(","))
    like = next((one for one in sources[:-1] if one.name == other), None)
    if like is None:
        raise ValueError(f"{sources[-1].place}: no statement {other} stands before it")
    words = dict(pair.split(" = ") for pair in pairs)
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b")
    lines = "\n".join(line for lines in (like.texts or {}).values() for line in lines)
    if missing := [word for word in words if not re.search(rf"\b{re.escape(word)}\b", f"{like.rows}\n{lines}")]:
        raise ValueError(f"{sources[-1].place}: {other} has no word {missing[0]}")

    def put(text: str) -> str:
        return wanted.sub(lambda match: words[match[0]], text)

    sources[-1].rows = put(like.rows)
    sources[-1].texts = {dialect: [put(line) for line in lines] for dialect, lines in (like.texts or {}).items()}


def _compile(source: _Source, dialect: Dialect) -> Statement | None:
    if source.copy:
        return _copy(source, dialect)
    texts = source.texts or {}
    lines = texts.get(dialect) or texts.get("both")
    if lines is None:
        if texts:
            return None  # A statement only the other database needs.
        raise ValueError(f"{source.place}: {source.name} has no text")
    columns = tuple(part.split()[0] for part in source.rows.split(",")) if source.rows else ()
    types = tuple(part.split()[1] for part in source.rows.split(",")) if source.rows else ()
    text = "\n".join(lines)
    if columns:
        text = _rows(text, source.rows, columns, dialect)
    lists: set[str] = set()

    def expand(match: re.Match[str]) -> str:
        kind, name, type_ = match.groups()
        lists.add(name)
        if dialect == "sqlite":
            rows = f"json_each(:{name})"
            return f"IN (SELECT value FROM {rows})" if kind == "in" else rows  # noqa: S608
        return f"= ANY(:{name}::{type_}[])" if kind == "in" else f"unnest(:{name}::{type_}[]) AS list(value)"

    text = _LIST.sub(expand, text)
    arrays = dict(_ARRAY.findall(text)) if dialect == "postgresql" else {}
    parameters: list[str] = [] if dialect == "postgresql" else list(columns)

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in parameters:
            parameters.append(name)
        return f"{'?' if dialect == 'sqlite' else '$'}{parameters.index(name) + 1}"

    if not (columns and dialect == "postgresql"):
        text = _PARAMETER.sub(number, text)
    return Statement(source.name, text, tuple(parameters), frozenset(lists), columns, types, arrays=arrays)


def _rows(text: str, rows: str, columns: tuple[str, ...], dialect: Dialect) -> str:
    if dialect == "sqlite":
        return text.replace("{rows}", "VALUES (" + ", ".join(f":{name}" for name in columns) + ")")
    types = [part.split()[1] for part in rows.split(",")]
    arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, 1))
    table = f"unnest({arrays}) AS r({', '.join(columns)})"
    text = text.replace("{rows}", f"SELECT * FROM {table}")  # noqa: S608
    return text.replace("{table}", table)


def _copy(source: _Source, dialect: Dialect) -> Statement:
    columns = tuple(name.strip() for name in source.copy.partition("(")[2].rstrip(") ").split(","))
    if dialect == "sqlite":
        marks = ", ".join(f"?{number}" for number in range(1, len(columns) + 1))
        text = f"INSERT INTO {source.copy} VALUES ({marks})"  # noqa: S608
        return Statement(source.name, text, columns, frozenset(), columns)
    return Statement(source.name, f"COPY {source.copy} FROM STDIN", (), frozenset(), columns, is_copy=True)
