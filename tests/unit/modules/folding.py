"""Folds canonical events into records the way the runtime does, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sereno.commerce.merging import micros
from sereno.sdk.plugin import PATCH, Plugins

Line = tuple[str, Mapping[str, Any], str]
"""Type, data, occurred_at."""


class Records:
    """`rows[projection][key]` is (version, record)."""

    def __init__(self) -> None:
        from sereno.site.plugins import load_plugins

        self.plugins: Plugins = load_plugins()
        self.rows: dict[str, dict[str, tuple[int, Mapping[str, Any]]]] = {}

    def take(self, lines: Iterable[Line]) -> Records:
        for type, data, at in lines:
            definition = self.plugins.events.get(type)
            assert definition is not None
            if definition.projects:
                self._fold(definition.projects, type, data, at)
        return self

    def get(self, projection: str, key: str) -> dict[str, Any] | None:
        row = self.rows.get(projection, {}).get(key)
        return dict(row[1]) if row else None

    def _fold(self, name: str, type: str, data: Mapping[str, Any], at: str) -> None:
        projection = self.plugins.projections.get(name)
        assert projection is not None
        key = projection.key(data)
        rows = self.rows.setdefault(name, {})
        if key:
            held, old = rows.get(key, (0, None))
            version = projection.version(data)
            version = micros(at) if version is None else version
            assert version is not None
            if version == PATCH or version >= held:
                record = projection.project(old, data, type)
                if record is not None:
                    rows[key] = (max(held, version), record)
        for inner, inside in projection.also(data):
            self._fold(inner, type, inside, at)
