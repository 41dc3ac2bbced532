"""Two test files of one name cannot be read in one run where their folders are no packages."""

from __future__ import annotations

from collections import Counter

from source import ROOT


def test_every_test_file_has_a_name_of_its_own() -> None:
    loose = [path for path in (ROOT / "tests").rglob("test_*.py") if not (path.parent / "__init__.py").exists()]
    twice = [name for name, count in Counter(path.name for path in loose).items() if count > 1]
    assert len(loose) > 100 and twice == []
