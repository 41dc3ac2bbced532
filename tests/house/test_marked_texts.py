"""Texts are marked by names that `make i18n` looks for: what another name marks would never be translated."""

from __future__ import annotations

import ast

from source import SOURCE

LOOKED_FOR = {"_", "mark", "gettext", "ngettext"}
MARKS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "npgettext", "mark"}
SETTING_UP = {"web/environment.py", "site/settings.py"}
"""These hand the functions on, or run before there are languages."""


def test_every_mark_is_one_that_is_looked_for() -> None:
    wrong: list[str] = []
    seen = 0
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name in SETTING_UP:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in ("django.utils.translation", "sereno.sdk.config"):
                for one in node.names:
                    if one.name in MARKS:
                        seen += 1
                        used = one.asname or one.name
                        wrong += [f"{name}: {one.name} as {used}"] * (used not in LOOKED_FOR)
    assert seen > 100
    assert wrong == []
