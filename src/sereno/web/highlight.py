"""YAML with its parts marked, line by line, for reading. Wrong guesses only cost a colour.

Invariant: the time is proportional to the text. No part of the pattern is tried again over what it has read, and lines
longer than people read are left plain: one request must not hold the interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from markupsafe import Markup, escape

_TOKEN = re.compile(
    r"(?P<comment>(?:^|(?<=\s))#.*$)"
    r"|(?P<key>(?<![\w.-])[A-Za-z_][\w.-]*+(?=\s{0,20}:(?:\s|$)))"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+')"
    r"|(?P<number>(?<![\w.])-?\d+(?:\.\d+)?[smhdw]?(?![\w.]))"
    r"|(?P<word>\b(?:true|false|null|once|always)\b)"
)
_LONGEST = 400


def yaml_lines(text: str, problems: Collection[int] = ()) -> Markup:
    """One `<span>` a line; lines whose number is in `problems` are marked."""
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        mark = Markup(' class="problem"') if number in problems else Markup("")
        lines.append(Markup("<span{}>{}</span>").format(mark, _line(line)))
    return Markup("").join(lines)


def _line(line: str) -> Markup:
    if len(line) > _LONGEST:
        return escape(line)
    parts: list[Markup] = []
    last = 0
    for match in _TOKEN.finditer(line):
        parts.append(escape(line[last : match.start()]))
        parts.append(Markup('<span class="tok-{}">{}</span>').format(match.lastgroup, match.group()))
        last = match.end()
    parts.append(escape(line[last:]))
    return Markup("").join(parts)
