"""The API's description calls each schema by its class: two of one name would describe each other's answers."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import sereno.api

FOLDER = Path(sereno.api.__file__).parent


def test_no_two_schemas_have_one_name() -> None:
    names = Counter(
        node.name
        for path in FOLDER.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Schema" for base in node.bases)
    )
    assert len(names) > 40
    assert [name for name, count in names.items() if count > 1] == []
