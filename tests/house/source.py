"""Where the source is, and how the house tests walk it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "sereno"


def python_files() -> list[Path]:
    """Every Python file of ours but migrations, which Django writes."""
    folders = (SOURCE, ROOT / "tests", ROOT / "bench")
    found = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts and "node_modules" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
