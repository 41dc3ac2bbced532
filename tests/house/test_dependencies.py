"""What we depend on: locked with hashes, no addresses in the lock, a reason for each."""

from __future__ import annotations

import re
import tomllib

import pytest
from source import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


def _direct(*groups: str) -> set[str]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = list(document["project"]["dependencies"])
    for group in groups:
        listed += document["dependency-groups"][group]
    return {re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0].lower().replace("_", "-") for name in listed}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text):
        if block.strip():
            assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize(("name", "groups"), [(LOCKS[0], ("build",)), (LOCKS[1], ("build", "dev"))])
def test_lock_covers_what_is_declared(name: str, groups: tuple[str, ...]) -> None:
    locked = set(re.findall(r"^([a-z0-9._-]+?)(?:\[[^\]]*\])?==", (ROOT / name).read_text(encoding="utf-8"), re.M))
    assert _direct(*groups) - locked == set()


def test_every_direct_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert {name for name in _direct("build", "dev") if f"| {name} |" not in text} == set()
    told = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")} - {"package", "---"}
    assert told - _direct("build", "dev") == set()
