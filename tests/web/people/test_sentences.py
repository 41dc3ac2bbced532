"""Every change that is written down has words of its own in the audit trail."""

from __future__ import annotations

import ast
from pathlib import Path

import sereno
from sereno.web.people.sentences import KINDS, SENTENCES

ROOT = Path(sereno.__file__).parent
WRITERS = {"note", "audit", "_audit", "note_everywhere", "_note", "_write", "_move_to"}
ROOMS = ("runtime", "web", "api", "cli", "store", "modules")


def actions() -> dict[str, str]:
    """Each action written as a word in a call that writes a line, with the file it is in."""
    found: dict[str, str] = {}
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in WRITERS:
                continue
            for argument in node.args:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and _is_action(part.value):
                        found[part.value] = str(path.relative_to(ROOT))
    return found


def _is_action(text: str) -> bool:
    first, dot, second = text.partition(".")
    # "flow.stage_" is the beginning of several, each of which has its own.
    is_word = second.replace("_", "").isalpha() and second.islower() and not second.endswith("_")
    return bool(dot) and is_word and (first in KINDS or first.removesuffix("s") in KINDS or first in ("mail", "brand"))


def test_every_action_has_its_sentence() -> None:
    written = actions()
    assert len(written) > 30
    assert {action: place for action, place in written.items() if action not in SENTENCES} == {}


def test_every_sentence_fits() -> None:
    for action, sentence in SENTENCES.items():
        assert "%" not in str(sentence) % {"target": "x"}, action
