"""Single values inside a theme's JSON files, so that a campaign changes one of them and whoever edits the others while
it is on loses nothing.

Invariant: what is not asked for stays as it is written, in its order; a comment before the JSON stays too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

_COMMENT = re.compile(r"\A\s*(/\*.*?\*/\s*)*", re.DOTALL)
"""Shopify's editor begins the files it writes with one."""


class NoJson(ValueError):  # noqa: N818
    """The file holds no JSON, or nothing at the place."""


def values_at(text: str, places: Iterable[str]) -> dict[str, Any]:
    """By place; None for what is not there. Raises NoJson."""
    document = _parts(text)[1]
    return {place: _at(document, place.split(".")) for place in places}


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """The file with these values; None takes one out. Raises NoJson, also where the way to a place does not exist."""
    head, document = _parts(text)
    for place, value in values.items():
        *way, name = place.split(".")
        inside = _at(document, way) if way else document
        if isinstance(inside, list) and name.isdigit() and int(name) < len(cast("list[Any]", inside)):
            if value is None:
                raise NoJson(f"{place}: an item of a list cannot be taken out")
            inside[int(name)] = value
        elif not isinstance(inside, dict):
            raise NoJson(f"there is no {'.'.join(way)} in the file")
        elif value is None:
            cast("dict[str, Any]", inside).pop(name, None)
        else:
            inside[name] = value
    return head + json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _parts(text: str) -> tuple[str, Any]:
    found = _COMMENT.match(text)
    head = found[0] if found else ""
    try:
        return head, json.loads(text[len(head) :])
    except ValueError as error:
        raise NoJson(f"the file is no JSON: {error}") from error


def _at(value: Any, way: list[str]) -> Any:
    for name in way:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(name)]
        else:
            return None
    return value
