"""Where the Liquid of a text is wrong: the line, the column and how long the wrong piece is. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sereno.engine.templates import TemplateFailed, readings
from sereno.modules.messages.markup import LIQUID

AROUND = 40
"""Characters of a line that are shown on either side of a fault."""
_PAIRS = {"if": "endif", "unless": "endunless", "for": "endfor", "case": "endcase", "capture": "endcapture"}
_PAIRS |= {"comment": "endcomment", "raw": "endraw"}
_INNER = {"elsif": ("if", "unless"), "else": ("if", "unless", "case", "for"), "when": ("case",)}
_INNER |= {"break": (), "continue": (), "assign": (), "cycle": (), "increment": (), "decrement": ()}
_TAG = re.compile(r"\{%-?\s*(\w*)")
_UNSAFE = re.compile(r"\|\s*safe\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` and `column` count from 1; `length` is that of the wrong piece. `code` says what is wrong, `detail` the
    engine's own words or a name."""

    code: str
    line: int
    column: int
    length: int
    detail: str = ""


def fault(text: str) -> Fault | None:
    """What is wrong first; None when the text can be rendered."""
    if "{{" not in text and "{%" not in text:
        return None
    return _open(text) or _tags(text) or _pieces(text) or _whole(text)


def excerpt(text: str, found: Fault) -> tuple[str, str]:
    """The line of the fault, and a line of spaces and carets under the wrong piece."""
    lines = text.split("\n")
    line = lines[found.line - 1] if found.line <= len(lines) else ""
    length = max(1, min(found.length, len(line) - found.column + 1, AROUND))
    start = max(0, found.column - 1 - AROUND)
    shown = ("…" if start else "") + line[start : found.column - 1 + length + AROUND]
    indent = found.column - 1 - start + (1 if start else 0)
    return shown, " " * indent + "^" * length


def _open(text: str) -> Fault | None:
    """A piece that is begun and not ended."""
    rest = LIQUID.sub(lambda match: " " * len(match.group()), text)
    for match in re.finditer(r"\{\{|\{%", rest):
        return _at(text, match.start(), len(text[match.start() :].split("\n")[0]), "liquid.open", match.group())
    return None


def _tags(text: str) -> Fault | None:
    """Tags that are not ours, stray ends, and what is never ended."""
    held: list[tuple[str, re.Match[str]]] = []
    for match in LIQUID.finditer(text):
        found = _TAG.match(match.group())
        if found is None:
            if _UNSAFE.search(match.group()):
                return _of(text, match, "liquid.unsafe")
            continue
        name = found.group(1)
        inside = held[-1][0] if held else ""
        if inside in ("comment", "raw") and name != _PAIRS[inside]:
            continue
        if name in _PAIRS:
            held.append((name, match))
        elif name in _PAIRS.values():
            if not held or _PAIRS[inside] != name:
                return _of(text, match, "liquid.stray", name)
            held.pop()
        elif name not in _INNER:
            return _of(text, match, "liquid.tag", name)
        elif _INNER[name] and inside not in _INNER[name]:
            return _of(text, match, "liquid.stray", name)
    return _of(text, held[-1][1], "liquid.unended", held[-1][0]) if held else None


def _pieces(text: str) -> Fault | None:
    """A value that cannot be read by itself, or a filter there is not."""
    for match in LIQUID.finditer(text):
        if match.group().startswith("{{"):
            try:
                readings(match.group())
            except TemplateFailed as error:
                return _of(text, match, "liquid.broken", str(error))
    return None


def _whole(text: str) -> Fault | None:
    try:
        readings(text)
    except TemplateFailed as error:
        for match in LIQUID.finditer(text):
            if match.group().startswith("{%"):
                return _of(text, match, "liquid.broken", str(error))
        return Fault("liquid.broken", error.line, 1, 1, str(error))
    return None


def _of(text: str, match: re.Match[str], code: str, detail: str = "") -> Fault:
    return _at(text, match.start(), len(match.group()), code, detail)


def _at(text: str, start: int, length: int, code: str, detail: str) -> Fault:
    line = text.count("\n", 0, start) + 1
    return Fault(code, line, start - (text.rfind("\n", 0, start) + 1) + 1, length, detail)
