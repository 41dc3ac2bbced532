"""What changed between two documents of a flow: as a tree of steps with marks, and as lines of text. Pure.

Steps are matched within their list first (equal ones in order, then those of the same kind that are most alike), then
across the whole tree, so that a step that moved is a step that moved. Nothing is marked where nothing changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

Mark = Literal["same", "added", "removed", "changed", "moved"]
HEAD = ("flow", "name", "description", "trigger", "key", "reentry", "exit", "control", "priority", "limits")
ALIKE = 0.5
"""Two steps of one kind are taken to be one step changed when at least so much of them is the same."""
CONTEXT = 3


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value that differs; None where there was none. `name` is its place, such as `trigger.when`."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step in the merged tree. `step` is the newer one where there are both; `fields` are its own values that differ
    (also of a step that moved), `branches` what is inside it, by name. Paths are None where it is not there."""

    mark: Mark
    step: Mapping[str, Any]
    before: str | None
    after: str | None
    fields: tuple[FieldChange, ...] = ()
    branches: tuple[tuple[str, tuple[StepChange, ...]], ...] = ()

    @property
    def is_touched(self) -> bool:
        """Whether anything in it differs, at any depth."""
        return self.mark != "same" or any(inner.is_touched for _, steps in self.branches for inner in steps)


@dataclass(frozen=True, slots=True)
class Difference:
    """`head` is everything above the steps."""

    head: tuple[FieldChange, ...]
    steps: tuple[StepChange, ...]

    @property
    def is_empty(self) -> bool:
        return not self.head and not any(step.is_touched for step in self.steps)

    def count(self, mark: Mark) -> int:
        return sum(1 for step in flat(self.steps) if step.mark == mark)


@dataclass(slots=True)
class _Node:
    """A step taken apart: what it is, its own values, and its branches."""

    step: Mapping[str, Any]
    path: str
    kind: str
    own: dict[str, Any]
    branches: dict[str, list[_Node]] = field(default_factory=dict[str, "list[_Node]"])
    text: str = ""
    match: _Node | None = None
    is_moved: bool = False


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """From one document to another."""
    head: list[FieldChange] = []
    for name in HEAD:
        head += _fields(name, before.get(name), after.get(name))
    old, new = _nodes(before.get("steps"), ""), _nodes(after.get("steps"), "")
    _match(old, new)
    _match_moved(old, new)
    return Difference(tuple(head), _merged(old, new))


def flat(steps: Iterable[StepChange]) -> Iterator[StepChange]:
    for step in steps:
        yield step
        for _name, inner in step.branches:
            yield from flat(inner)


# --- taking apart --------------------------------------------------------------------------------------


def _nodes(steps: Any, prefix: str) -> list[_Node]:
    if not isinstance(steps, list):
        return []
    found: list[_Node] = []
    for number, item in enumerate(steps):
        step = {item: None} if isinstance(item, str) else item
        if isinstance(step, Mapping) and step:
            found.append(_node(step, f"{prefix}{number}"))
    return found


def _node(step: Mapping[str, Any], path: str) -> _Node:
    kinds = ("if", "switch", "split", "wait", "approve", "for_each", "set", "stop")
    kind = next((name for name in kinds if name in step), str(next(iter(step))))
    own: dict[str, Any] = {str(key): value for key, value in step.items()}
    body = own.get(kind)
    inside: dict[str, Any] = dict(body) if isinstance(body, Mapping) else {}
    branches: dict[str, list[_Node]] = {}

    def take(source: dict[str, Any], key: str, label: str, below: str) -> None:
        if isinstance(source.get(key), list):
            branches[label] = _nodes(source.pop(key), f"{path}.{below}")

    if kind == "if":
        take(own, "then", "then", "then.")
        take(own, "else", "else", "else.")
    elif kind == "switch":
        cases = own.pop("cases", None)
        for number, (name, steps) in enumerate(cases.items() if isinstance(cases, Mapping) else ()):
            label = str(name)
            plain = label.replace("_", "").replace("-", "").isalnum() and label.isascii()
            branches[label] = _nodes(steps, f"{path}.{label if plain else f'#{number}'}.")
        take(own, "default", "default", "default.")
    elif kind == "split":
        weights = inside.get("weights")
        for name in weights if isinstance(weights, Mapping) else ():
            take(inside, name, str(name), f"{name}.")
        own[kind] = inside
    elif kind in ("approve", "for_each"):
        for key, below in (("then", "then."), ("else", "else."), ("steps", "")):
            take(inside, key, key, below)
        own[kind] = inside
    elif isinstance(own.get("on_error"), list):
        take(own, "on_error", "on_error", "on_error.")
        own["on_error"] = "branch"
    node = _Node(step, path, kind, own, branches)
    node.text = _canonical(step)
    return node


def _canonical(value: Any) -> str:
    """One text for one value: 1 and true differ, the order of keys does not."""
    return json.dumps(_named(value), sort_keys=True, default=str, ensure_ascii=False)


def _named(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _named(item) for key, item in value.items()}
    return [_named(item) for item in value] if isinstance(value, list) else value


# --- matching ------------------------------------------------------------------------------------------


def _match(old: Sequence[_Node], new: Sequence[_Node]) -> None:
    """Within one list: equal steps in order, then between them those most alike."""
    blocks = SequenceMatcher(None, [node.text for node in old], [node.text for node in new], autojunk=False)
    for op, a1, a2, b1, b2 in blocks.get_opcodes():
        if op == "equal":
            for one, other in zip(old[a1:a2], new[b1:b2], strict=True):
                _pair(one, other)
        elif op == "replace":
            _match_alike(old[a1:a2], new[b1:b2])


def _match_alike(old: Sequence[_Node], new: Sequence[_Node]) -> None:
    """Steps of one kind, in order, the most alike first."""
    pairs = [
        (_likeness(one, other), -a, -b, one, other)
        for a, one in enumerate(old)
        for b, other in enumerate(new)
        if one.kind == other.kind
    ]
    taken: list[tuple[int, int]] = []
    for likeness, a, b, one, other in sorted(pairs, key=lambda pair: pair[:3], reverse=True):
        if likeness < ALIKE or one.match is not None or other.match is not None:
            continue
        # Keep to the order: a pair that crosses another one is a move, and found later.
        if all((a < a2) == (b < b2) for a2, b2 in taken):
            taken.append((a, b))
            _pair(one, other)


def _likeness(one: _Node, other: _Node) -> float:
    if one.kind == other.kind and len(one.branches) + len(other.branches) == 0:
        # A lone value (`wait: 3h`) is the step itself; only its kind can be the same.
        return max(ALIKE, SequenceMatcher(None, one.text, other.text, autojunk=False).ratio())
    return SequenceMatcher(None, one.text, other.text, autojunk=False).ratio()


def _pair(one: _Node, other: _Node) -> None:
    one.match, other.match = other, one
    for name, inner in one.branches.items():
        if name in other.branches:
            _match(inner, other.branches[name])


def _match_moved(old: Sequence[_Node], new: Sequence[_Node]) -> None:
    """What is left over is looked for in the whole tree: steps with branches first, for they bring what is inside them
    along; then leaves that are the same, then leaves that are nearly."""
    _look_for(old, new, least=0.8, is_leaf=False)
    _look_for(old, new, least=1.0, is_leaf=True)
    _look_for(old, new, least=0.8, is_leaf=True)


def _look_for(old: Sequence[_Node], new: Sequence[_Node], *, least: float, is_leaf: bool) -> None:
    for other in list(_every(new)):
        if other.match is not None or _is_leaf(other) != is_leaf or _holds_a_match(other):
            continue
        best: tuple[float, _Node] | None = None
        for one in _every(old):
            if one.match is not None or one.kind != other.kind or _is_leaf(one) != is_leaf or _holds_a_match(one):
                continue
            likeness = 2.0 if one.text == other.text else _own_likeness(one, other)
            if likeness >= least and (best is None or likeness > best[0]):
                best = (likeness, one)
        if best is not None:
            best[1].is_moved = other.is_moved = True
            _pair(best[1], other)


def _is_leaf(node: _Node) -> bool:
    return not any(node.branches.values())


def _own_likeness(one: _Node, other: _Node) -> float:
    return SequenceMatcher(None, _canonical(one.own), _canonical(other.own), autojunk=False).ratio()


def _holds_a_match(node: _Node) -> bool:
    """Whether something inside it is a step of the other document already; then the whole is not one step moved."""
    return any(inner.match is not None for steps in node.branches.values() for inner in _every(steps))


def _every(nodes: Iterable[_Node]) -> Iterator[_Node]:
    for node in nodes:
        yield node
        for inner in node.branches.values():
            yield from _every(inner)


# --- putting together ----------------------------------------------------------------------------------


def _merged(old: Sequence[_Node], new: Sequence[_Node]) -> tuple[StepChange, ...]:
    """The newer list, with what was removed where it had been."""
    found: list[StepChange] = []
    shown: set[int] = set()

    def removed_until(limit: int) -> None:
        for number in range(limit):
            if number not in shown:
                shown.add(number)
                if old[number].match is None:
                    found.append(_removed(old[number]))

    places = {id(node): number for number, node in enumerate(old)}
    for node in new:
        place = places.get(id(node.match)) if node.match is not None else None
        if place is not None and not node.is_moved:
            removed_until(place)
            shown.add(place)
        found.append(_kept(node))
    removed_until(len(old))
    return tuple(found)


def _kept(node: _Node) -> StepChange:
    other = node.match
    if other is None:
        return StepChange("added", node.step, None, node.path, (), _inside(node, "added"))
    fields = _own_fields(other, node)
    names = list(dict.fromkeys([*node.branches, *other.branches]))
    branches = tuple((name, _merged(other.branches.get(name, []), node.branches.get(name, []))) for name in names)
    mark: Mark = "moved" if node.is_moved else "changed" if fields else "same"
    return StepChange(mark, node.step, other.path, node.path, fields, branches)


def _removed(node: _Node) -> StepChange:
    return StepChange("removed", node.step, node.path, None, (), _inside(node, "removed"))


def _inside(node: _Node, mark: Mark) -> tuple[tuple[str, tuple[StepChange, ...]], ...]:
    """All that is in a step that came or went; what only moved into or out of it is told where it is now."""
    found: list[tuple[str, tuple[StepChange, ...]]] = []
    for name, inner in node.branches.items():
        if mark == "added":
            found.append((name, tuple(_kept(one) for one in inner)))
        else:
            found.append((name, tuple(_removed(one) for one in inner if one.match is None)))
    return tuple(found)


def _own_fields(before: _Node, after: _Node) -> tuple[FieldChange, ...]:
    found: list[FieldChange] = []
    for name in dict.fromkeys([*before.own, *after.own]):
        label = "" if name == before.kind else name
        found += _fields(label, before.own.get(name), after.own.get(name))
    return tuple(found)


def _fields(name: str, before: Any, after: Any) -> list[FieldChange]:
    """What differs, as deep as both are mappings."""
    if _canonical(before) == _canonical(after):
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[FieldChange] = []
        for key in dict.fromkeys([*before, *after]):
            found += _fields(f"{name}.{key}" if name else str(key), before.get(key), after.get(key))
        return found
    return [FieldChange(name, before, after)]


# --- as text -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of the unified text: ` `, `-`, `+`, or `@` where lines are left out. Numbers count from 1."""

    sign: Literal[" ", "-", "+", "@"]
    before: int | None
    after: int | None
    text: str


def unified(before: str, after: str, context: int = CONTEXT) -> list[TextLine]:
    """Both texts as one, without long stretches that are the same. Empty when they are equal."""
    old, new = before.splitlines(), after.splitlines()
    found: list[TextLine] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context):
        if group[0][1] > 0 or found:
            found.append(TextLine("@", group[0][1] + 1, group[0][3] + 1, ""))
        for op, a1, a2, b1, b2 in group:
            if op == "equal":
                found += [
                    TextLine(" ", a + 1, b + 1, old[a]) for a, b in zip(range(a1, a2), range(b1, b2), strict=True)
                ]
                continue
            found += [TextLine("-", a + 1, None, old[a]) for a in range(a1, a2)]
            found += [TextLine("+", None, b + 1, new[b]) for b in range(b1, b2)]
    return found
