"""Two changes of one text put together line by line, where they do not touch the same lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

Lines = Sequence[str]


def woven(base: str, mine: str, theirs: str) -> str | None:
    """`base` with what both changed; None where they changed the same lines, or lines right beside each other, in
    different ways. As in every three-way merge (Khanna, Kunal and Pierce: A formal investigation of diff3, 2007): what
    only one side changed is taken, what both changed alike is taken once."""
    old, one, other = (text.splitlines(keepends=True) for text in (base, mine, theirs))
    changes = sorted({*_changes(old, one), *_changes(old, other)})
    done: list[str] = []
    at = 0
    last: tuple[int, int, tuple[str, ...]] | None = None
    for start, stop, lines in changes:
        # A change that begins where the other ends may mean the same place: a person looks.
        if last is not None and start <= last[1]:
            return None
        done += old[at:start]
        done += lines
        at = stop
        last = (start, stop, lines)
    return "".join([*done, *old[at:]])


def _changes(old: Lines, new: Lines) -> list[tuple[int, int, tuple[str, ...]]]:
    """(first line, line after the last, what stands there now)."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [(i, stop, tuple(new[j:until])) for what, i, stop, j, until in matcher.get_opcodes() if what != "equal"]
