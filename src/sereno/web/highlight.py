"""YAML with its parts marked, line by line, for reading. Wrong guesses only cost a colour."""

from __future__ import annotations

import re
from collections.abc import Collection

from markupsafe import Markup, escape

_TOKEN = re.compile(
    r"(?P<comment>(?:^|(?<=\s))#.*$)"
    r"|(?P<key>[A-Za-z_][\w.-]*(?=\s*:(?:\s|$)))"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*')"
    r"|(?P<number>(?<![\w.])-?\d+(?:\.\d+)?[smhdw]?(?![\w.]))"
    r"|(?P<word>\b(?:true|false|null|once|always)\b)"
)


def yaml_lines(text: str, problems: Collection[int] = ()) -> Markup:
    """One `<span>` a line; lines whose number is in `problems` are marked."""
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        mark = Markup(' class="problem"') if number in problems else Markup("")
        lines.append(Markup("<span{}>{}</span>").format(mark, _line(line)))
    return Markup("").join(lines)


def _line(line: str) -> Markup:
    parts: list[Markup] = []
    last = 0
    for match in _TOKEN.finditer(line):
        parts.append(escape(line[last : match.start()]))
        parts.append(Markup('<span class="tok-{}">{}</span>').format(match.lastgroup, match.group()))
        last = match.end()
    parts.append(escape(line[last:]))
    return Markup("").join(parts)
