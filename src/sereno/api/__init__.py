"""The API of Sereno: `version1` puts it together."""

from __future__ import annotations

import sys
from types import ModuleType

from django.core.signals import setting_changed


def _import_ninja() -> None:
    """Ninja takes one signal from where Django's test tools pass it on, and those bring their client, unittest and
    Jinja along: 8 MB that a running shop never uses. So it is handed the signal, and the tools stay unread."""
    names = ("django.test", "django.test.signals")
    if "ninja" in sys.modules or names[0] in sys.modules:
        return
    signals = ModuleType(names[1])
    vars(signals)["setting_changed"] = setting_changed
    sys.modules.update({names[0]: ModuleType(names[0]), names[1]: signals})
    try:
        import ninja  # noqa: F401  # pyright: ignore[reportUnusedImport]
    finally:
        for name in names:
            del sys.modules[name]


def _build_late() -> None:
    """What reads and writes a record is made when the first one comes: most of them are not asked for in weeks."""
    from ninja import Schema
    from ninja.params.models import ParamModel

    for model in (Schema, ParamModel):
        model.model_config["defer_build"] = True


_import_ninja()
_build_late()
