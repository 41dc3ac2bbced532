"""The documentation says what is there: links lead somewhere, commands exist, every capability has its tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from source import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CODES = re.findall(
    r"\w+",
    "E01 E02 E03 E04 E05 E06 E07 E08 E09 E10 E11 E12 E13 O01 O02 O03 O04 O05 O06 O07 O08 O09 O10 I01 I02 "
    "I03 I04 I05 I06 I07 I08 I09 I10 M01 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12 M13 M14 M15 M16 N01 "
    "N02 N03 N04 N05 D02 F01 F02 F03 F04 G01 G02 G03 G04 G05 V01 V02 X01 X02 X03 X04 Y01 Y02 B01 B02 B03 B04 Y03 Y05",
)


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    dead: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name) if name else document
        if not path.exists() or (anchor and anchor not in _anchors(path)):
            dead.append(target)
    assert dead == []


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^a-z0-9 _-]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_the_docs_exist(document: Path) -> None:
    from sereno.cli.reference import commands

    known = set(commands())
    groups = {words.rpartition(" ")[0] for words in known} - {"sereno"}
    text = document.read_text(encoding="utf-8")
    written = re.findall(r"(?m)^sereno [^\n]*", text) + re.findall(r"`(sereno [a-z][^`\n]*)`", text)
    missing: list[str] = []
    for line in written:
        words = line.split()
        if not {" ".join(words[:2]), " ".join(words[:3])} & (known | groups):
            missing.append(line)
    assert missing == []


def test_the_command_line_page_is_what_the_commands_say() -> None:
    from sereno.cli.reference import page

    held = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert held == page(), "write it anew with `make docs`"


def test_every_setting_is_on_its_page() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    source = (ROOT / "src" / "sereno" / "site" / "environment.py").read_text(encoding="utf-8")
    assert {name for name in re.findall(r"\bSERENO_[A-Z_]+\b", source) if f"`{name}`" not in text} == set()
    from sereno.commerce.records import STORE

    settings = [field.name for field in STORE.fields.values() if "(setting)" in field.description]
    assert settings
    assert [name for name in settings if f"`{name}`" not in text] == []


def test_every_capability_has_pages_docs_and_tests() -> None:
    text = (ROOT / "docs" / "reference" / "capabilities.md").read_text(encoding="utf-8")
    rows = {row[0]: row for line in text.splitlines() if (row := _cells(line)) and re.fullmatch(r"[A-Z]\d\d", row[0])}
    assert sorted(rows) == sorted(CODES)
    (listed,) = re.findall(r"(?m)^Codes in this release: (.+)$", text)
    assert listed.split() == CODES
    for code, row in rows.items():
        assert len(row) == 6, code
        assert all(row), code
        tests = re.findall(r"`(tests/[^`]+)`", row[5])
        assert tests, code
        assert [path for path in tests if not (ROOT / path).is_file()] == [], code


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "adr"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    assert [name for name in pages if f"({name})" not in listed] == []
    for name in pages:
        text = (folder / name).read_text(encoding="utf-8")
        assert re.match(rf"# {int(name[:4])}\. .+\n\nStatus: (accepted|superseded)", text), name
        assert "**Decision.**" in text, name


def test_every_api_address_is_on_its_page() -> None:
    import django

    django.setup()
    from sereno.api.version1 import api

    text = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    missing = [
        f"{method.upper()} {path}"
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
        if f"{method.upper()} {path}`" not in text
    ]
    assert missing == []


def _flows() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in PAGES:
        blocks = re.findall(r"(?ms)^```yaml\n(flow:.*?)^```$", path.read_text(encoding="utf-8"))
        found += [(f"{path.relative_to(ROOT)}:{number}", block) for number, block in enumerate(blocks, start=1)]
    return found


@pytest.mark.parametrize(("place", "text"), [pytest.param(*flow, id=flow[0]) for flow in _flows()])
def test_flows_in_the_docs_are_right(place: str, text: str) -> None:
    import django

    django.setup()
    from sereno.engine.catalog import FlowInvalid
    from sereno.engine.flow import compile_flow
    from sereno.site.plugins import load_plugins

    plugins = load_plugins()
    try:
        compile_flow(text, plugins)
    except FlowInvalid as error:
        pytest.fail(f"{place}: {error}")
