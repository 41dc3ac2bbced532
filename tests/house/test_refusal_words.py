"""Whatever a connector refuses with is said in the reader's language: no code is without words, and no words without
a code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sereno.web.refusals import WORDS

CONNECTORS = Path(__file__).resolve().parents[2] / "src" / "sereno" / "connectors"
CODE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
NAMES = ("_CODES",)
MADE = {f"{what}.gone" for what in ("order", "customer", "product", "variant", "collection")}
"""Codes that are put together from the kind of record."""


def raised() -> set[str]:
    found: set[str] = set()
    for path in CONNECTORS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StoreRefused" and node.args:
                found |= {one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)}
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(getattr(one, "id", "") in NAMES for one in targets) and isinstance(node.value, ast.Dict):
                    found |= {one.value for one in node.value.values if isinstance(one, ast.Constant)}
    return {one for one in found if isinstance(one, str) and CODE.fullmatch(one)}


def test_every_refusal_has_words() -> None:
    codes = raised()
    assert len(codes) > 60
    assert sorted(codes - WORDS.keys()) == []


def test_no_words_are_left_over() -> None:
    assert sorted(WORDS.keys() - raised() - MADE) == []
