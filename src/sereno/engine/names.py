"""Finds the name somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_CLOSE_ENOUGH = 60.0


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The most similar name, or None when none is similar."""
    # Read only when somebody has mistyped: 4 MB.
    from rapidfuzz import fuzz, process

    found = process.extractOne(
        word.lower(), {name: name.lower() for name in names}, scorer=fuzz.ratio, score_cutoff=_CLOSE_ENOUGH
    )
    return None if found is None else str(found[2])
