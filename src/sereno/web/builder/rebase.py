"""Finds a step again after somebody else has changed the flow: where it stands now, or that it is gone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from sereno.engine.places import branches, find, locate, value_at, walk
from sereno.web.builder.text import sign

Document = Mapping[str, Any]


def follow(before: Document, after: Document, path: str) -> str | None:
    """Where the step at `path` of `before` is in `after`: by its place among its neighbours, else, when it was moved,
    by being the only one like it. None when it is gone, or nobody can tell which it is."""
    if path in ("", "trigger", "entry", "flow") or path.startswith("exit"):
        return path
    try:
        step = find(before, path)
    except LookupError:
        return None
    found = _by_place(before, after, path)
    if found is not None:
        return found
    wanted = sign(step)
    alike = [at for at, other in walk(after) if sign(other) == wanted]
    return alike[0] if len(alike) == 1 else None


def follow_place(before: Document, after: Document, at: str) -> str | None:
    """The same for a place to put something: behind the step it was behind, else at the head of the same branch."""
    prefix, _dot, index = at.rpartition(".")
    start = f"{prefix}." if prefix else ""
    if index.isdigit() and int(index) > 0:
        neighbour = follow(before, after, f"{start}{int(index) - 1}")
        if neighbour is None:
            return None
        around, _dot, number = neighbour.rpartition(".")
        return f"{around}.{int(number) + 1}" if around else str(int(number) + 1)
    if not prefix:
        return "0"
    owner = prefix
    while owner:
        try:
            step = find(before, owner)
        except LookupError:
            owner = owner.rpartition(".")[0]
            continue
        moved = follow(before, after, owner)
        label = next((one.label for one in branches(step) if one.prefix(owner) == start), None)
        if moved is None or label is None:
            return None
        inside = next((one for one in branches(find(after, moved)) if one.label == label), None)
        return f"{inside.prefix(moved)}0" if inside is not None else None
    return None


def _by_place(before: Document, after: Document, path: str) -> str | None:
    """Level by level: which of the neighbours there is the one that stood here."""
    done, found = "", ""
    parts = path.split(".")
    while parts:
        label: list[str] = []
        while parts and not _is_index(before, done, label, parts[0]):
            label.append(parts.pop(0))
        if not parts:
            return None
        place_before = ".".join([*filter(None, [done]), *label, parts[0]])
        prefix_after = ".".join([*filter(None, [found]), *label])
        try:
            where, index = locate(before, place_before)
            there, _zero = locate(after, f"{prefix_after}.0" if prefix_after else "0")
        except LookupError:
            return None
        mapped = _aligned(value_at(before, where) or [], value_at(after, there) or [], index)
        if mapped is None:
            return None
        done = place_before
        found = f"{prefix_after}.{mapped}" if prefix_after else str(mapped)
        parts.pop(0)
    return found


def _is_index(document: Document, done: str, label: list[str], part: str) -> bool:
    """Whether this part of a path counts steps: at the top, after a branch's name, and right inside a loop."""
    if not done or label:
        return part.isdigit()
    found = branches(find(document, done))
    return part.isdigit() and len(found) == 1 and not found[0].label


def _aligned(before: list[Any], after: list[Any], index: int) -> int | None:
    matcher = SequenceMatcher(None, [sign(one) for one in before], [sign(one) for one in after], autojunk=False)
    for what, i, stop, j, until in matcher.get_opcodes():
        if i <= index < stop:
            # As many as before: each was changed where it stood.
            same = what == "equal" or (what == "replace" and stop - i == until - j)
            return j + index - i if same else None
    return None
