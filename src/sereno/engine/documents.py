"""Flow files: YAML to plain values and back without loss, with the line of everything.

Read strictly: no anchors or aliases (so no bombs), no tags, no duplicate keys, bounded size and depth. Only `true`,
`false`, `null`, whole and decimal numbers are read as such; `no`, `on`, `09:00` and dates stay texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sereno.engine.catalog import Problem

LARGEST = 256 * 1024
DEEPEST = 60
LONGEST_NUMBER = 40
"""Digits."""
Where = tuple[str | int, ...]
"""A place in a document: keys and indexes from the top."""


_Fastest = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""The same YAML read by libyaml, ten times faster, where PyYAML was built with it."""


class _Loader(_Fastest):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way of configuring


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = {}  # noqa: RUF012

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
_BOOLEAN = re.compile(r"^(?:true|false)$")
_NULL = re.compile(r"^(?:null|~|)$")
_INTEGER = re.compile(r"^-?(?:0|[1-9][0-9]*)$")
_NUMBER = re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$")
for _class in (_Loader, _Dumper):
    _resolve = cast("Callable[[str, re.Pattern[str], list[str]], None]", getattr(_class, "add_implicit_resolver"))  # noqa: B009
    _resolve("tag:yaml.org,2002:bool", _BOOLEAN, list("tf"))
    _resolve("tag:yaml.org,2002:null", _NULL, ["n", "~", ""])
    _resolve("tag:yaml.org,2002:int", _INTEGER, list("-0123456789"))
    _resolve("tag:yaml.org,2002:float", _NUMBER, list("-0123456789"))


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = None
    if _BREAKS.search(text):
        # PyYAML folds these line breaks of other alphabets unless they are escaped.
        style = '"'
    elif "\n" in text and _is_plain_block(text):
        style = "|"
    return ScalarNode("tag:yaml.org,2002:str", text, style=style)


def _is_plain_block(text: str) -> bool:
    """A literal block keeps such a text as it is; others are quoted."""
    return not text[0].isspace() and all(line == line.rstrip() for line in text.split("\n"))


def _represent_float(dumper: yaml.SafeDumper, value: float) -> ScalarNode:
    text = repr(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return ScalarNode("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)


@dataclass(slots=True)
class Located:
    """A document and where everything in it stands. `lines` count from 1, `columns` from 1."""

    document: Any
    lines: dict[Where, int] = field(default_factory=dict[Where, int])
    columns: dict[Where, int] = field(default_factory=dict[Where, int])
    blocks: set[Where] = field(default_factory=set[Where])
    """Texts written as blocks (`|`, `>`), which begin on the line after."""
    quoted: set[Where] = field(default_factory=set[Where])

    def line(self, where: Where) -> int:
        """The line of a place, or of the nearest thing around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def position(self, where: Where, text: str, offset: int) -> tuple[int, int | None]:
        """Line and column of an offset into a text of the document; the column only where it is sure."""
        before = text[:offset]
        line = self.line(where) + before.count("\n")
        if where in self.blocks:
            return line + 1, None
        if "\n" in before:
            return line, None
        return line, self.columns.get(where, 1) + (where in self.quoted) + offset


class Unreadable(Exception):  # noqa: N818
    """The text is no document; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_document(text: str) -> tuple[Located, list[Problem]]:
    """The document, and problems that do not hinder reading on (keys given twice). Raises Unreadable."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Unreadable(Problem("yaml.syntax", "this is not YAML: half a character", 1)) from None
    if size > LARGEST:
        raise Unreadable(Problem("yaml.too_large", f"a flow file may have {LARGEST // 1024} KB", 1))
    loader: Any = None
    try:
        loader = _Loader(text)
        _refuse_anchors(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ": ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else 1
        raise Unreadable(Problem("yaml.syntax", f"this is not YAML: {reason}", line)) from None
    except yaml.YAMLError as error:
        raise Unreadable(Problem("yaml.syntax", f"this is not YAML: {error}", 1)) from None
    finally:
        if loader is not None:
            loader.dispose()
    if node is None:
        raise Unreadable(Problem("yaml.empty", "the file is empty", 1))
    located = Located(None)
    problems: list[Problem] = []
    located.document = _value(node, (), located, problems)
    return located, problems


def to_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML; reading it again gives the same document."""
    return str(
        yaml.dump(
            dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=110
        )
    )


def _refuse_anchors(text: str) -> None:
    """Anchors and aliases make small files large, tags name types: a flow needs neither. Depth is bounded before nodes
    are built, so that deep nesting costs nothing."""
    depth = 0
    events = cast("Iterator[yaml.Event]", yaml.parse(text, Loader=_Loader))  # pyright: ignore[reportUnknownMemberType]
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(
                Problem("yaml.anchor", "anchors and aliases (& and *) are not allowed; write it out", line)
            )
        if getattr(event, "tag", None):
            raise Unreadable(Problem("yaml.tag", "tags (!) are not allowed; quote the text", line))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(Problem("yaml.too_deep", "this is nested too deeply", line))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: Node, where: Where, located: Located, problems: list[Problem]) -> Any:
    located.lines.setdefault(where, node.start_mark.line + 1)
    located.columns.setdefault(where, node.start_mark.column + 1)
    if isinstance(node, ScalarNode):
        if node.style in ("|", ">"):
            located.blocks.add(where)
        elif node.style:
            located.quoted.add(where)
        if node.tag == "tag:yaml.org,2002:int" and len(str(node.value)) > LONGEST_NUMBER:
            problems.append(
                Problem("yaml.number", f"a number has at most {LONGEST_NUMBER} digits", node.start_mark.line + 1)
            )
            return 0
        return _scalar(node)
    if isinstance(node, SequenceNode):
        items = cast("list[Node]", node.value)
        return [_value(item, (*where, number), located, problems) for number, item in enumerate(items)]
    if not isinstance(node, MappingNode):
        raise Unreadable(Problem("yaml.syntax", "this is not YAML", node.start_mark.line + 1))
    found: dict[str, Any] = {}
    for key_node, value_node in cast("list[tuple[Node, Node]]", node.value):
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise Unreadable(Problem("yaml.key", "a key must be a plain text", line))
        key = str(key_node.value)
        below = (*where, key)
        if key in found:
            problems.append(Problem("yaml.duplicate_key", f"{key!r} is given twice", line, place(below)))
        # Where the value begins matters for texts; where the key stands, for everything else.
        located.lines[below] = value_node.start_mark.line + 1 if isinstance(value_node, ScalarNode) else line
        located.columns[below] = value_node.start_mark.column + 1
        found[key] = _value(value_node, below, located, problems)
    return found


def _scalar(node: ScalarNode) -> Any:
    text = str(node.value)
    match node.tag:
        case "tag:yaml.org,2002:bool":
            return text == "true"
        case "tag:yaml.org,2002:null":
            return None
        case "tag:yaml.org,2002:int":
            return int(text)
        case "tag:yaml.org,2002:float":
            return float(text)
        case _:
            return text


def place(where: Where) -> str:
    """A place as text: `steps.2.then.0`."""
    return ".".join(str(part) for part in where)
