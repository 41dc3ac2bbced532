"""The reference of the API is what the code says. `python tests/house/test_api_reference.py` writes it anew."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"


def page() -> str:
    import django

    django.setup()
    from sereno.site.plugins import load_plugins

    load_plugins()
    from sereno.api import reference

    return reference.page()


def test_reference_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: see this file's first line"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
