"""A registry that refuses double registration, and the one catalogue of everything a flow may name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class AlreadyRegistered(ValueError):  # noqa: N818
    """Two plugins claim one name."""


class Registry(Generic[T]):
    """Names to things. A name is given once and never replaced."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> T:
        """Raises AlreadyRegistered when the name is taken by another object."""
        held = self._items.get(name)
        if held is not None and held is not item:
            raise AlreadyRegistered(f"{self.kind} {name!r} is registered twice: {held!r} and {item!r}")
        self._items[name] = item
        return item

    def get(self, name: str) -> T | None:
        return self._items.get(name)

    def names(self) -> list[str]:
        return sorted(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._items.values()))

    def __len__(self) -> int:
        return len(self._items)
