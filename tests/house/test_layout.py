"""The rooms, the names and the sizes the house keeps to."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from source import ROOT, SOURCE, functions, python_files, short, tree

NAMED_BY_DJANGO = {"src/sereno/store/sqlite3/base.py"}
"""Django finds a database backend by this name."""
NAMED_BY_DJANGO = {"src/sereno/store/sqlite3/base.py"}
"""Django looks for a database backend under this name."""
BANNED = {"utils", "helpers", "common", "manager", "base", "misc", "util", "helper"}
LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_FUNCTION = 450, 600, 60

TABLES = {
    # One platform field a line: cut in two they would only be harder to compare with the platform's documentation.
    "src/sereno/connectors/shopify/orders.py:order",
    "src/sereno/connectors/woocommerce/orders.py:order",
}


def test_rooms_depend_only_downwards() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    outcome = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_no_file_has_a_name_that_says_nothing() -> None:
    found = {short(path) for path in python_files() if path.stem in BANNED or path.parent.name in BANNED}
    assert found == NAMED_BY_DJANGO


def test_files_are_of_a_size_to_read() -> None:
    long = {
        short(path): count
        for path in python_files()
        if (count := _lines(path)) > (LONGEST_FILE if path.is_relative_to(SOURCE) else LONGEST_TEST_FILE)
    }
    assert long == {}


def test_functions_are_of_a_size_to_read() -> None:
    long = {
        f"{short(path)}:{node.name}": length
        for path in python_files()
        if path.is_relative_to(SOURCE)
        for node in functions(path)
        if (length := _length(node)) > LONGEST_FUNCTION
    }
    assert {name: length for name, length in long.items() if name not in TABLES} == {}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code; the docstring is not counted."""
    first = node.body[0]
    told = ast.get_docstring(node) is not None
    return (node.end_lineno or 0) - ((first.end_lineno or 0) if told else node.lineno - 1)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_module_says_why_it_exists() -> None:
    silent = [
        short(path)
        for path in python_files()
        if path.is_relative_to(SOURCE)
        and path.name not in ("__init__.py", "apps.py")
        and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_nothing_names_the_workplace() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    wrong: list[str] = []
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        if b"/work" + b"/main" in (content := path.read_bytes()) or b"/work" + b"/shared" in content:
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_to_do_without_an_issue(word: str) -> None:
    marked = [
        f"{short(path)}:{number}"
        for path in python_files()
        if path.name != Path(__file__).name
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if f"# {word}" in line and "#" not in line.partition(word)[2]
    ]
    assert marked == []
