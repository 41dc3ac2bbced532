"""Changes to a flow's document as a tree, by step path. Pure: each gives a new document and leaves the old one alone,
sharing what it does not touch.

Invariant: what comes out can be written as YAML and read back as the same. What would not be a tree any more (a step
moved into itself), or more than a flow may hold, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from sereno.engine.documents import DEEPEST, Where
from sereno.engine.places import branches, find, kind_of, locate, value_at, walk

MOST_STEPS = 1000
OPTIONAL = ("else", "default")
"""Branches that need not be written; an emptied one goes."""
Document = Mapping[str, Any]
Edited = tuple[dict[str, Any], str]
"""The new document, and the path of the step a person should look at next (empty: none is left)."""


class EditRefused(ValueError):  # noqa: N818 - reads as a sentence
    """The change cannot be made; the message says why, in the reader's language."""


def insert(document: Document, at: str, steps: Sequence[Any]) -> Edited:
    """Put steps where the first of them will have the path `at`. Raises EditRefused, LookupError."""
    if not steps:
        raise EditRefused(_("There is nothing to put in."))
    where, index = locate(document, at)
    changed = _with_list(document, where, lambda found: [*found[:index], *steps, *found[index:]])
    _refuse_too_much(changed)
    return changed, at


def delete(document: Document, path: str) -> Edited:
    """Take a step out, with all inside it. What is looked at next is the step that takes its place, else the one before
    it, else the one around it."""
    find(document, path)
    where, index = locate(document, path)
    left = len(value_at(document, where)) - 1
    changed = _with_list(document, where, lambda found: [*found[:index], *found[index + 1 :]])
    prefix, _dot, _index = path.rpartition(".")
    if left:
        return changed, _join(prefix, min(index, left - 1))
    return changed, step_around(document, path)


def duplicate(document: Document, path: str) -> Edited:
    """The same step again, right after it."""
    step = find(document, path)
    prefix, _dot, index = path.rpartition(".")
    return insert(document, _join(prefix, int(index) + 1), [step])


def move(document: Document, path: str, to: str) -> Edited:
    """Take the step at `path` to where `to` points now, before the change. Raises EditRefused for a place inside the
    step itself."""
    step = find(document, path)
    locate(document, to)
    if to.startswith(f"{path}."):
        raise EditRefused(_("A step cannot be moved into itself."))
    prefix, _dot, index = path.rpartition(".")
    if to in (path, _join(prefix, int(index) + 1)):
        return dict(document), path
    added, _at = insert(document, to, [step])
    changed, _next = delete(added, shifted(path, to, 1))
    _refuse_too_much(changed)
    return changed, shifted(to, path, -1)


def nudge(document: Document, path: str, way: str) -> Edited:
    """Move a step `up` or `down` among its neighbours (at the end of a branch: out of it), `out` of the step around it
    (after it), or `into` the first branch of the step before it. Raises EditRefused where there is no such way."""
    find(document, path)
    where, index = locate(document, path)
    prefix, _dot, _index = path.rpartition(".")
    around = step_around(document, path)
    last = len(value_at(document, where)) - 1
    if way == "up":
        to = _join(prefix, index - 1) if index else around
    elif way == "down":
        to = _join(prefix, index + 2) if index < last else _after(around)
    elif way == "out":
        to = _after(around)
    elif way == "into" and index:
        neighbour = _join(prefix, index - 1)
        inside = next(iter(branches(find(document, neighbour))), None)
        to = f"{inside.prefix(neighbour)}{len(inside.steps)}" if inside is not None else ""
    else:
        to = ""
    if not to:
        raise EditRefused(_("It cannot go any further that way."))
    return move(document, path, to)


def wrap(document: Document, path: str) -> Edited:
    """Put a step into the yes branch of a new condition, in its place."""
    step = find(document, path)
    where, index = locate(document, path)
    changed = _with_list(
        document, where, lambda found: [*found[:index], {"if": "true", "then": [step]}, *found[index + 1 :]]
    )
    _refuse_too_much(changed)
    return changed, path


def retitle(document: Document, title: str, description: str) -> dict[str, Any]:
    """Another name for people, and another description; an empty one goes."""
    changed: dict[str, Any] = {}
    for key, value in document.items():
        changed[key] = value
        if key == "flow":
            changed.setdefault("name", title)
            if description:
                changed.setdefault("description", description)
    changed["name"] = title
    if description:
        changed["description"] = description
    else:
        changed.pop("description", None)
    return changed


def add_exit(document: Document, exit_: Mapping[str, Any]) -> Edited:
    """One more event that ends a run. What is looked at next is that exit."""
    exits = exits_of(document)
    changed: dict[str, Any] = {}
    for key, value in document.items():
        if key == "steps":
            changed.setdefault("exit", None)
        changed[key] = value
    changed["exit"] = [*exits, dict(exit_)]
    return changed, f"exit.{len(exits)}"


def remove_exit(document: Document, path: str) -> Edited:
    """Raises LookupError."""
    exits = exits_of(document)
    number = path.removeprefix("exit.")
    if not number.isdigit() or int(number) >= len(exits):
        raise LookupError(f"there is no {path}")
    changed = dict(document)
    left = [item for index, item in enumerate(exits) if index != int(number)]
    if left:
        changed["exit"] = left
    else:
        del changed["exit"]
    return changed, "trigger"


def exits_of(document: Document) -> list[Any]:
    found = document.get("exit")
    if found is None:
        return []
    return list(found) if isinstance(found, list) else [found]


def step_around(document: Document, path: str) -> str:
    """The path of the step whose branch this one is in; empty at the top."""
    parts = path.split(".")[:-1]
    while parts:
        around = ".".join(parts)
        if parts[-1].isdigit():
            try:
                if any(path.startswith(branch.prefix(around)) for branch in branches(find(document, around))):
                    return around
            except LookupError:
                pass
        parts.pop()
    return ""


def shifted(path: str, at: str, by: int) -> str:
    """What a path becomes when `by` steps come in (or go) at `at`."""
    prefix, _dot, index = at.rpartition(".")
    start = f"{prefix}." if prefix else ""
    if not path.startswith(start):
        return path
    own, dot, rest = path[len(start) :].partition(".")
    if not own.isdigit() or not index.isdigit() or int(own) < int(index):
        return path
    return f"{start}{int(own) + by}{dot}{rest}"


def _after(path: str) -> str:
    """The place right behind a step; empty for no step."""
    if not path:
        return ""
    prefix, _dot, index = path.rpartition(".")
    return _join(prefix, int(index) + 1)


def _join(prefix: str, index: int) -> str:
    return f"{prefix}.{index}" if prefix else str(index)


def _with_list(document: Document, where: Where, change: Callable[[list[Any]], list[Any]]) -> dict[str, Any]:
    return _changed(document, where, change)


def _changed(value: Any, where: Where, change: Callable[[list[Any]], list[Any]]) -> Any:
    """A copy of what leads to the list at `where`, which is changed; the rest is shared."""
    if not where:
        return change(value if isinstance(value, list) else [])
    key = where[0]
    if isinstance(value, list):
        return [_changed(item, where[1:], change) if index == key else item for index, item in enumerate(value)]
    if value is not None and not isinstance(value, Mapping):
        raise EditRefused(_("This step is not written so that it can be changed here. Mend it in the YAML first."))
    found = dict(value or {})
    found[str(key)] = _changed(found.get(str(key)), where[1:], change)
    if len(where) == 1 and key in OPTIONAL and not found[str(key)]:
        del found[str(key)]
    return found


def _refuse_too_much(document: Document) -> None:
    if sum(1 for _ in walk(document)) > MOST_STEPS:
        raise EditRefused(_("A flow may not have more than a thousand steps."))
    if _depth(document) > DEEPEST:
        raise EditRefused(_("That would nest too deeply. Make a flow of its own from it."))


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def is_step(value: Any) -> bool:
    """Whether this could be a step: what is pasted comes from elsewhere."""
    return value == "stop" or (isinstance(value, Mapping) and bool(value) and bool(kind_of(value)))
