"""A changed document back as YAML text, keeping the text of all that did not change: comments, quotes, layout.

Works on lines: each entry of a mapping or list written as a block owns its lines and the comments above it. What is
unchanged, or only moved, keeps its lines; the rest is written anew. Invariant: the text given back reads as exactly the
document asked for; where keeping the layout would break that, all of it is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from sereno.engine.documents import Unreadable, Where, read_document, to_yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Chunk:
    """The lines of one entry. `column` is where its key or dash stands, `above` how many of the lines are comments over
    it."""

    lines: list[str]
    column: int
    above: int
    start: int
    """Number of its first line in the whole text."""


@dataclass(slots=True)
class _Old:
    """The text before. `columns` are those of the lists and mappings written as blocks, `items` the entries of all such
    lists by their value, for those that moved."""

    lines: list[str]
    document: Any
    chunks: dict[Where, _Chunk] = field(default_factory=dict[Where, _Chunk])
    columns: dict[Where, int] = field(default_factory=dict[Where, int])
    items: dict[bytes, _Chunk] = field(default_factory=dict[bytes, _Chunk])
    used: set[int] = field(default_factory=set[int])


def rewritten(
    text: str, before: Mapping[str, Any], after: Mapping[str, Any], read: Callable[[str], Any] | None = None
) -> str:
    """`text`, which reads as `before`, so that it reads as `after`. `read` gives the document in a text (None where it
    cannot be read)."""
    if sign(before) == sign(after):
        return text
    try:
        old = _read(text, before)
        if () not in old.columns:
            return to_yaml(after)
        first = min(chunk.start for chunk in old.chunks.values())
        kept = "\n".join([*old.lines[:first], *_mapping(after, before, (), old, old.columns[()])]) + "\n"
    except (yaml.YAMLError, _Lost, ValueError):
        return to_yaml(after)
    found = (read or _read_strictly)(kept)
    return kept if found is not None and sign(found) == sign(after) else to_yaml(after)


def sign(value: Any) -> bytes:
    """Equal for values that are written the same: unlike `==` it minds the order of keys, and 1 is not true."""
    return msgspec.json.encode(value)


def _read_strictly(text: str) -> Any:
    try:
        located, problems = read_document(text)
    except Unreadable:
        return None
    return None if problems else located.document


class _Lost(Exception):  # noqa: N818
    """The layout is not one that can be kept."""


# --- what is there -----------------------------------------------------------------------------------


def _read(text: str, document: Any) -> _Old:
    old = _Old(text.rstrip("\n").split("\n"), document)
    node = yaml.compose(text, Loader=_Loader)
    if node is not None:
        _collection(node, document, (), len(old.lines), old)
    return old


def _collection(node: Node, value: Any, where: Where, end: int, old: _Old) -> None:
    """Note the lines of each entry of a block, down to all inside it. `end`: the first line that is not its own."""
    if isinstance(node, MappingNode) and not node.flow_style and isinstance(value, Mapping):
        entries = [(key.value, key.start_mark.line, content) for key, content in node.value]
        found: Any = value
    elif isinstance(node, SequenceNode) and not node.flow_style and isinstance(value, list):
        entries = [(number, item.start_mark.line, item) for number, item in enumerate(node.value)]
        found = value
    else:
        return
    if not entries or len(entries) != len(found):
        return
    column = node.start_mark.column
    starts = [_first_line(line, column, old.lines) for _, line, _ in entries]
    if where[-1:] and isinstance(node, MappingNode) and entries[0][1] == node.start_mark.line:
        # The first key may share its line with the dash before it; the comments above are the dash's.
        starts[0] = entries[0][1]
    old.columns[where] = column
    for number, (key, line, content) in enumerate(entries):
        stop = starts[number + 1] if number + 1 < len(entries) else end
        lines = old.lines[starts[number] : stop]
        above = line - starts[number]
        lines[above] = " " * column + lines[above][column:]
        chunk = _Chunk(lines, column, above, starts[number])
        old.chunks[*where, key] = chunk
        if isinstance(node, SequenceNode):
            old.items.setdefault(sign(found[key]), chunk)
        _collection(content, found[key], (*where, key), stop, old)


def _first_line(line: int, column: int, lines: list[str]) -> int:
    """The first of the comments and empty lines over an entry. What is indented further belongs to the entry before."""
    while line > 0:
        above = lines[line - 1].strip()
        if above and not (above.startswith("#") and lines[line - 1].index("#") <= column):
            break
        line -= 1
    return line


# --- what shall be -----------------------------------------------------------------------------------


def _mapping(after: Mapping[str, Any], before: Mapping[str, Any], where: Where, old: _Old, column: int) -> list[str]:
    lines: list[str] = []
    for key, value in after.items():
        chunk = old.chunks.get((*where, key)) if key in before else None
        if chunk is None:
            lines += _fresh({key: value}, column)
        elif sign(before[key]) == sign(value):
            lines += _shifted(chunk.lines, chunk.column, column)
        else:
            lines += _changed(key, value, before[key], (*where, key), old, chunk, column)
    return lines


def _changed(key: str, value: Any, before: Any, where: Where, old: _Old, chunk: _Chunk, column: int) -> list[str]:
    """An entry with another value: only what changed inside it where that can be told, else written anew."""
    own = old.columns.get(where)
    inner = column - chunk.column + (own or 0)
    if own is not None and value and isinstance(value, dict | list) and isinstance(before, type(value)):
        first = min(
            old.chunks[*where, name].start for name in (before if isinstance(before, dict) else range(len(before)))
        )
        head = _shifted(chunk.lines[: first - chunk.start], chunk.column, column)
        if first > chunk.start + chunk.above:
            return head + _inside(value, before, where, old, inner)
    return _shifted(chunk.lines[: chunk.above], chunk.column, column) + _fresh({key: value}, column)


def _inside(value: Any, before: Any, where: Where, old: _Old, column: int) -> list[str]:
    if isinstance(value, list):
        return _sequence(value, before, where, old, column)
    return _mapping(value, before, where, old, column)


def _sequence(after: list[Any], before: list[Any], where: Where, old: _Old, column: int) -> list[str]:
    lines: list[str] = []
    signs = [sign(item) for item in after]
    matcher = SequenceMatcher(None, [sign(item) for item in before], signs, autojunk=False)
    for what, i, stop, j, until in matcher.get_opcodes():
        for number in range(j, until):
            if what == "equal":
                lines += _again(old.chunks.get((*where, i + number - j)), after[number], old, column)
            elif signs[number] in old.items:
                lines += _again(old.items[signs[number]], after[number], old, column)
            else:
                at = _likest(after[number], before, range(i, stop))
                lines += _item(after[number], before[at] if at >= 0 else None, (*where, at), old, column)
    return lines


def _likest(value: Any, before: list[Any], places: range) -> int:
    """Which of the items before this one was made from: one of its kind, by preference with the same head; -1: none."""
    if not isinstance(value, dict) or not value:
        return -1
    head = next(iter(value))
    alike = [at for at in places if isinstance(before[at], dict) and next(iter(before[at]), None) == head]
    same = [at for at in alike if before[at][head] == value[head]]
    return next(iter(same or alike), -1)


def _item(value: Any, before: Any, where: Where, old: _Old, column: int) -> list[str]:
    """A list's item, written anew but for what it has in common with the one that stood there."""
    chunk, own = old.chunks.get(where), old.columns.get(where)
    if chunk is None or own is None or before is None or id(chunk) in old.used:
        return _fresh([value], column)
    old.used.add(id(chunk))
    head = _shifted(chunk.lines[: chunk.above], chunk.column, column)
    inside = _mapping(value, before, where, old, column + own - chunk.column)
    gap = " " * (own - chunk.column - 1)
    return [*head, f"{' ' * column}-{gap}{inside[0][column + own - chunk.column :]}", *inside[1:]]


def _again(chunk: _Chunk | None, value: Any, old: _Old, column: int) -> list[str]:
    """The lines of an item as they were; a second time without the comments over it."""
    if chunk is None:
        return _fresh([value], column)
    lines = chunk.lines[chunk.above :] if id(chunk) in old.used else chunk.lines
    old.used.add(id(chunk))
    return _shifted(lines, chunk.column, column)


def _shifted(lines: list[str], column: int, to: int) -> list[str]:
    by = to - column
    shifted: list[str] = []
    for line in lines:
        if not line.strip():
            shifted.append("")
        elif by >= 0:
            shifted.append(" " * by + line)
        elif line[:-by].isspace():
            shifted.append(line[-by:])
        elif line.lstrip().startswith("#"):
            shifted.append(" " * to + line.lstrip())
        else:
            raise _Lost
    return shifted


def _fresh(value: Any, column: int) -> list[str]:
    return [" " * column + line if line else line for line in to_yaml_any(value).rstrip("\n").split("\n")]


def to_yaml_any(value: Any) -> str:
    """As `to_yaml`, for a list too."""
    if isinstance(value, list):
        text = to_yaml({"_": value})
        return "\n".join(line[2:] for line in text.split("\n")[1:])
    return to_yaml(value)
