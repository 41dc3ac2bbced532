"""The reference of events and records is what the code says. `python tests/house/test_reference.py` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def pages() -> dict[Path, str]:
    from sereno.sdk.plugin import registry
    from sereno.sdk.schemas import json_schema, records_of, reference

    plugins = registry()
    found = {REFERENCE / "events.md": reference(plugins)}
    for name, record in records_of(plugins).items():
        found[REFERENCE / "schemas" / f"{name}.json"] = (
            json.dumps(json_schema(record), indent=2, ensure_ascii=False) + "\n"
        )
    return found


def load() -> None:
    """All rooms. What they register needs no database."""
    from sereno.site.plugins import load_plugins

    load_plugins()


def test_reference_is_what_the_code_says() -> None:
    load()
    wrong = [
        path.name for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not wrong, f"write them anew with: python {Path(__file__).relative_to(ROOT)}"


def test_no_schema_is_left_over() -> None:
    load()
    known = {path.name for path in pages()}
    assert {path.name for path in (REFERENCE / "schemas").glob("*.json")} <= known


def test_every_schema_is_a_schema() -> None:
    load()
    for path, text in pages().items():
        if path.suffix == ".json":
            jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_everything_is_described() -> None:
    load()
    from sereno.sdk.plugin import registry
    from sereno.sdk.schemas import records_of

    bare = [
        f"{name}.{field.name}"
        for name, record in records_of(registry()).items()
        for field in record.fields.values()
        if not field.description.endswith(".")
    ]
    bare += [item.name for item in registry().events if not item.description.endswith(".")]
    assert not bare


if __name__ == "__main__":
    load()
    for page, text in pages().items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
