"""Places beyond the database where something about a person may lie (the demo's inbox, files of logs). The composition
root, which alone knows them, names them here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Count = Callable[[Sequence[str]], int]
"""How many things there hold any of these addresses or telephones."""
Forget = Callable[[Sequence[str]], int]
"""Remove them; gives how many. Doing it twice changes nothing."""

KEPT: dict[str, tuple[Count, Forget]] = {}


def add(name: str, count: Count, forget: Forget) -> None:
    """A place of this name; naming it again replaces it."""
    KEPT[name] = (count, forget)
