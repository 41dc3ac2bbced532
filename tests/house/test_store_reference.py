"""The page of what can be written where as the code says; `python tests/house/test_store_reference.py` makes it."""

from __future__ import annotations

import sys
from pathlib import Path

from sereno.runtime.stores.abilities import TAGGING, WORDS
from sereno.runtime.stores.reference import store_reference
from sereno.sdk.plugin import Plugins, registry
from sereno.sdk.writes import WRITES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "stores.md"


def whole() -> Plugins:
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from sereno.site.plugins import load_plugins

    load_plugins()
    return registry()


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == store_reference(whole()), "write it anew: see this file's first line"


def test_every_ability_has_words_and_somebody_who_asks_for_it() -> None:
    assert [one.ability for one in WRITES] == list(WORDS)
    plugins = whole()
    for name, ability in TAGGING.items():
        assert plugins.actions.get(name) is not None and ability in WORDS


def test_a_platform_that_can_be_written_to_says_how_to_get_the_key() -> None:
    for one in whole().connectors:
        if one.store is not None and one.map.__module__.startswith("sereno."):
            assert one.store.access and one.store.steps, one.kind
            assert all(setting.label for setting in one.store.access), one.kind
            assert 0 < one.store.per_second <= 100, one.kind


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    PAGE.write_text(store_reference(whole()), encoding="utf-8")
