"""Where a step stands in a flow's document: from its path ("2.then.0") to keys and indexes, and back from a problem.

The paths are those of `read_steps.py`. What is asked of a broken document is answered as far as it can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sereno.engine.documents import Where

PLAIN_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
CONTROL = ("if", "switch", "split", "wait", "approve", "for_each", "set", "stop")


@dataclass(frozen=True, slots=True)
class Branch:
    """A list of steps inside a step. `label` is its part of the path (empty in a loop), `keys` lead to it from the
    step; `name` is what the author called it, where branches are named."""

    label: str
    keys: Where
    steps: list[Any]
    name: str = ""

    def prefix(self, path: str) -> str:
        """How the paths of its steps begin, for a step at `path`."""
        return f"{path}.{self.label}." if self.label else f"{path}."


def kind_of(step: Any) -> str:
    """The control step or action this is; empty when it is neither."""
    if isinstance(step, str):
        return step
    if not isinstance(step, Mapping):
        return ""
    keys = [str(key) for key in cast("Mapping[str, Any]", step)]
    return next((key for key in CONTROL if key in keys), keys[0] if keys else "")


def branches(step: Any) -> list[Branch]:
    """All branches a step has or could have, in the order they are read; those not written yet are empty."""
    if not isinstance(step, Mapping):
        return []
    found = cast("Mapping[str, Any]", step)
    match kind_of(found):
        case "if":
            return [Branch(label, (label,), _list(found.get(label))) for label in ("then", "else")]
        case "switch":
            cases = _mapping(found.get("cases"))
            named = [
                Branch(branch_label(name, number), ("cases", name), _list(steps), name)
                for number, (name, steps) in enumerate(cases.items())
            ]
            return [*named, Branch("default", ("default",), _list(found.get("default")))]
        case "split":
            body = _mapping(found.get("split"))
            return [
                Branch(name, ("split", name), _list(body.get(name)), name) for name in _mapping(body.get("weights"))
            ]
        case "approve":
            body = _mapping(found.get("approve"))
            return [Branch(label, ("approve", label), _list(body.get(label))) for label in ("then", "else")]
        case "for_each":
            return [Branch("", ("for_each", "steps"), _list(_mapping(found.get("for_each")).get("steps")))]
        case _:
            on_error: Any = found.get("on_error")
            return [Branch("on_error", ("on_error",), _list(on_error))] if isinstance(on_error, list) else []


def branch_label(name: str, number: int) -> str:
    """A case's part of the path: its name where that can stand in one."""
    return name if PLAIN_LABEL.fullmatch(name) else f"#{number}"


def locate(document: Mapping[str, Any], path: str) -> tuple[Where, int]:
    """The list a step path points into, as keys from the top, and the index in it. The list may not be written yet, and
    the index may be one past its end (a place to put something). Raises LookupError for a path that leads nowhere."""
    parts = path.split(".")
    where: Where = ("steps",)
    steps = _list(document.get("steps"))
    while True:
        index = _index(parts.pop(0), path)
        if not parts:
            if index > len(steps):
                raise LookupError(f"there is no step {path}")
            return where, index
        if index >= len(steps):
            raise LookupError(f"there is no step {path}")
        branch = _branch(steps[index], parts, path)
        where = (*where, index, *branch.keys)
        steps = branch.steps


def find(document: Mapping[str, Any], path: str) -> Any:
    """The step at a path. Raises LookupError."""
    where, index = locate(document, path)
    found = value_at(document, where)
    if not isinstance(found, list) or index >= len(cast("list[Any]", found)):
        raise LookupError(f"there is no step {path}")
    return cast("list[Any]", found)[index]


def value_at(document: Any, where: Where) -> Any:
    """What stands there; None where nothing does."""
    for key in where:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def walk(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """All steps with their paths, each before those inside it."""
    return _walk(_list(document.get("steps")), "")


def step_of_place(document: Any, place: str) -> tuple[str, str]:
    """What a problem's place (`steps.2.then.0.orders.add_tag.tag`) is about: the path of the step, `trigger`, `exit.N`,
    `entry` or empty (the flow itself), and what is left of the place inside it."""
    where = _where(document, place)
    head = str(where[0]) if where else ""
    if head == "trigger":
        return "trigger", _joined(where[1:])
    if head in ("key", "reentry"):
        return "entry", _joined(where)
    if head == "exit":
        number = next(iter(where[1:]), None)
        return (f"exit.{number}", _joined(where[2:])) if isinstance(number, int) else ("exit.0", _joined(where[1:]))
    if head != "steps" or len(where) < 2:
        return "", _joined(where)
    return _step_of(document, where)


def _step_of(document: Any, where: Where) -> tuple[str, str]:
    path, rest, steps = "", where[1:], _list(document.get("steps"))
    prefix = ""
    while rest and isinstance(rest[0], int) and rest[0] < len(steps):
        step, path, rest = steps[rest[0]], f"{prefix}{rest[0]}", rest[1:]
        inside = next((one for one in branches(step) if rest[: len(one.keys)] == one.keys), None)
        if inside is None or not isinstance(next(iter(rest[len(inside.keys) :]), None), int):
            break
        rest, steps, prefix = rest[len(inside.keys) :], inside.steps, inside.prefix(path)
    return path, _joined(rest)


def _where(document: Any, place: str) -> Where:
    """A place's text taken apart; keys may hold dots themselves (`orders.add_tag`), so the document says which."""
    found: list[str | int] = []
    rest = place
    while rest:
        if isinstance(document, Mapping):
            keys = [str(key) for key in cast("Mapping[str, Any]", document)]
            key = max((k for k in keys if rest == k or rest.startswith(f"{k}.")), key=len, default=None)
            if key is None:
                return (*found, rest)
            found.append(key)
            document, rest = cast("Mapping[str, Any]", document)[key], rest[len(key) + 1 :]
        else:
            head, _, tail = rest.partition(".")
            items = _list(document)
            if not head.isdigit() or int(head) >= len(items):
                return (*found, rest)
            found.append(int(head))
            document, rest = items[int(head)], tail
    return tuple(found)


def _walk(steps: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for index, step in enumerate(steps):
        path = f"{prefix}{index}"
        yield path, step
        for branch in branches(step):
            yield from _walk(branch.steps, branch.prefix(path))


def _branch(step: Any, parts: list[str], path: str) -> Branch:
    """The branch the rest of a path goes into; takes its label from `parts`."""
    found = branches(step)
    if len(found) == 1 and not found[0].label:
        return found[0]
    label = parts.pop(0)
    branch = next((one for one in found if one.label == label), None)
    if branch is None or not parts:
        raise LookupError(f"there is no step {path}")
    return branch


def _index(part: str, path: str) -> int:
    if not (part.isascii() and part.isdigit()) or len(part) > 5:
        raise LookupError(f"there is no step {path}")
    return int(part)


def _joined(where: Where) -> str:
    return ".".join(map(str, where))


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
