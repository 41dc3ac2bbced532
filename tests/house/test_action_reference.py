"""The reference of actions is what the code says. `python tests/house/test_action_reference.py` writes it anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sereno.sdk.action_reference import action_reference
from sereno.sdk.plugin import ActionDefinition, registry

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "actions.md"
PROMISED = {
    "log",
    "messages.send_email",
    "alerts.notify",
    "orders.add_tag",
    "customers.add_tag",
    "http.request",
    "events.emit",
}


def own() -> list[ActionDefinition]:
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from sereno.site.plugins import load_plugins

    load_plugins()
    return [item for item in registry().actions if item.run.__module__.startswith("sereno.")]


def test_reference_is_what_the_code_says() -> None:
    own()
    assert PAGE.read_text(encoding="utf-8") == action_reference(registry()), "write it anew: see this file's first line"


def test_every_action_is_whole() -> None:
    assert {item.name for item in own()} >= PROMISED
    for item in own():
        assert item.description.endswith("."), item.name
        assert set(re.findall(r"\{(\w+)\}", item.label)) <= set(item.config.model_fields), item.name
        assert item.name == "log" or re.fullmatch(r"[a-z]+\.[a-z_]+", item.name)
        for name, info in item.config.model_fields.items():
            assert info.title, f"{item.name}.{name}"
        for field in item.result.fields.values() if item.result else ():
            assert field.description.endswith("."), f"{item.name}.{field.name}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    own()
    PAGE.write_text(action_reference(registry()), encoding="utf-8")
