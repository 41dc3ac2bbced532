"""Two texts beside each other as a reader sees them, with what differs marked. Pure.

Invariant: what is marked is only ever a word or a sign that the other text does not have at that place; long stretches
that are the same on both sides are cut short, never those that differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from markupsafe import Markup, escape

CLOSE = 12
"""Words that are kept on each side of what differs."""
MOST = 600
"""Words and signs that are compared one by one; where more of them differ, the whole stretch is what differs."""
_PARTS = re.compile(r"\s+|\w+|[^\w\s]")
_CUT = "…"


def marked(own: str, target: str) -> tuple[Markup, Markup]:
    """What the store has, with `del` around what goes, and what it should have, with `ins` around what comes."""
    before, after = _PARTS.findall(own), _PARTS.findall(target)
    start = _same(before, after)
    end = _same(before[start:][::-1], after[start:][::-1])
    left, right = [_shown(before[:start], is_first=True)], [_shown(after[:start], is_first=True)]
    one, other = before[start : len(before) - end], after[start : len(after) - end]
    for kind, a, b, c, d in _steps(one, other):
        if kind == "equal":
            left.append(_shown(one[a:b]))
            right.append(_shown(other[c:d]))
        else:
            left.append(_tagged("del", one[a:b]))
            right.append(_tagged("ins", other[c:d]))
    tail = before[len(before) - end :] if end else []
    left.append(_shown(tail, is_last=True))
    right.append(_shown(tail, is_last=True))
    return Markup("").join(left), Markup("").join(right)


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts are the same from the beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _steps(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    if not one and not other:
        return []
    if max(len(one), len(other)) > MOST:
        return [("replace", 0, len(one), 0, len(other))]
    return [*SequenceMatcher(None, one, other, autojunk=False).get_opcodes()]


def _tagged(tag: str, parts: Sequence[str]) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(tag, "".join(parts)) if parts else Markup("")


def _shown(parts: Sequence[str], *, is_first: bool = False, is_last: bool = False) -> Markup:
    """What is the same on both sides, of a long stretch only what is close to a difference."""
    near = 2 * CLOSE
    if is_first and is_last:
        return escape("".join(parts))
    if is_first:
        return escape("".join(parts) if len(parts) <= near else _CUT + "".join(parts[-near:]))
    if is_last:
        return escape("".join(parts) if len(parts) <= near else "".join(parts[:near]) + _CUT)
    if len(parts) <= 2 * near:
        return escape("".join(parts))
    return escape("".join(parts[:near]) + f" {_CUT} " + "".join(parts[-near:]))
