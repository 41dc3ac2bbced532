"""Lists of other tools that flows put people on or take them off, found in the flows' published documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from sereno.engine.places import walk
from sereno.store.models import Flow, Shop
from sereno.web.content.usage import published

ADD, REMOVE = "audience.add", "audience.remove"


@dataclass(slots=True)
class Line:
    """What one flow does with one list. `tool` is "" where any connection that can is used."""

    flow: Flow
    list: str
    tool: str
    adds: bool = False
    removes: bool = False


def lists_of_flows(shop: Shop) -> list[Line]:
    """By flow and list, in the order of the flows' titles. Flows that were never published fill nothing."""
    found: list[Line] = []
    for flow, document in published(shop):
        lines: dict[tuple[str, str], Line] = {}
        for action, list_, tool in _steps(document):
            line = lines.setdefault((tool, list_), Line(flow, list_, tool))
            line.adds, line.removes = line.adds or action == ADD, line.removes or action == REMOVE
        found += lines.values()
    return found


@lru_cache(maxsize=512)
def _steps(text: str) -> tuple[tuple[str, str, str], ...]:
    """(action, list, tool) of each step about lists."""
    if "audience." not in text:
        return ()
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        return ()
    if not isinstance(document, Mapping):
        return ()
    found: list[tuple[str, str, str]] = []
    for _path, step in walk(document):  # pyright: ignore[reportUnknownArgumentType]
        for action in (ADD, REMOVE):
            if isinstance(step, Mapping) and action in step:
                config: Any = step[action]
                said: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
                found.append((action, str(said.get("list") or ""), str(said.get("tool") or "")))
    return tuple(found)
