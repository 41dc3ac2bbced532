"""Liquid templates: parsed once, checked when a flow is saved, rendered within limits, escaped for their channel.

Most texts in flows are plain or name one or two values; those are rendered without the template engine, to the same
result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from liquid.template import BoundTemplate

Escape = Literal["text", "html"]
Variables = Mapping[str, Any]
_SIMPLE = re.compile(r"\{\{-?|\{%")
_OUTPUT = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
_RESERVED = frozenset({"first", "last", "size", "true", "false", "nil", "null", "empty", "blank", "forloop"})


class TemplateFailed(Exception):  # noqa: N818
    """A template that cannot be parsed or rendered; the message says why, `line` where (from 1)."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Reading:
    """A variable that a template reads: its path and line (from 1)."""

    path: tuple[str | int, ...]
    line: int


def render(template: str, variables: Variables, escape: Escape = "text") -> str:
    """The template filled in. A missing variable is empty. Raises TemplateFailed."""
    return compiled(template, escape)(variables)


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


@lru_cache(maxsize=4096)
def compiled(template: str, escape: Escape = "text") -> Callable[[Variables], str]:
    """A function that renders the template. Raises TemplateFailed when it cannot be parsed."""
    if not is_template(template):
        return lambda variables: template
    from sereno.engine.liquid_templates import fill, parse

    parsed = parse(template, escape)
    simple = _simple_parts(template)
    if simple is None or escape != "text":
        return lambda variables: fill(parsed, variables)
    return _fast(simple, parsed, fill)


def readings(template: str) -> list[Reading]:
    """What the template reads from outside. Raises TemplateFailed when it cannot be parsed."""
    return list(_readings(template)) if is_template(template) else []


@lru_cache(maxsize=4096)
def _readings(template: str) -> tuple[Reading, ...]:
    # Asked for every text of a flow each time the flow is checked, which the builder does at every edit.
    from sereno.engine.liquid_templates import read

    return read(template)


def _simple_parts(template: str) -> list[str | tuple[str, ...]] | None:
    """Texts and paths, when the template is nothing but them."""
    parts: list[str | tuple[str, ...]] = []
    at = 0
    for match in _OUTPUT.finditer(template):
        parts.append(template[at : match.start()])
        path = tuple(match.group(1).split("."))
        if _RESERVED.intersection(path):
            return None
        parts.append(path)
        at = match.end()
    parts.append(template[at:])
    if any(isinstance(part, str) and _SIMPLE.search(part) for part in parts):
        return None
    return [part for part in parts if part]


def _fast(
    parts: list[str | tuple[str, ...]], parsed: BoundTemplate, fill: Callable[[BoundTemplate, Variables], str]
) -> Callable[[Variables], str]:
    def render_simple(variables: Variables) -> str:
        out: list[str] = []
        for part in parts:
            if part.__class__ is str:
                out.append(cast("str", part))
                continue
            value: Any = variables
            for name in part:
                try:
                    value = value[name]
                except (KeyError, TypeError):
                    value = None
                    break
            if value is None:
                continue
            if value.__class__ is str and "\r" not in value:
                out.append(value)
            elif value.__class__ is int:
                out.append(str(value))
            else:
                # Lists, records, decimals and other line ends are written the way Liquid writes them.
                return fill(parsed, variables)
        return "".join(out)

    return render_simple
