"""The schema of store writes is what the code says; `python` on this file writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "store-writes.json"


def text() -> str:
    from sereno.connectors.generic.schemas import document

    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def test_schema_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), f"write it anew with: python {Path(__file__).relative_to(ROOT)}"


def test_every_write_is_described() -> None:
    page = (PAGE.with_suffix(".md")).read_text(encoding="utf-8")
    from sereno.sdk.writes import WRITES

    assert [one.ability for one in WRITES if f"`store.{one.ability}`" not in page] == []


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
