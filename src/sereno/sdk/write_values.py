"""What every write is: a value that names records by their keys as Sereno has them, and can name them as its platform
does.

Invariant: `plain` changes ids and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self, cast

IDS = frozenset({"order", "customer", "product", "variant", "inventory_item", "line", "key"})
"""Names of fields that hold an id of the platform's."""


@dataclass(frozen=True, slots=True)
class Part:
    """Inside a write, a thing with ids of its own."""

    def plain(self, strip: Callable[[str], str]) -> Self:
        """The same with `strip` done to every id, also inside."""
        changed: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in IDS and isinstance(value, str):
                changed[one.name] = strip(value)
            elif isinstance(value, tuple):
                parts = cast("tuple[object, ...]", value)
                changed[one.name] = tuple(item.plain(strip) if isinstance(item, Part) else item for item in parts)
        return replace(self, **changed)


@dataclass(frozen=True, slots=True)
class Write(Part):
    """Base of all. `ability` is its stable name; `echoes` are the nouns of the events by which the platform tells that
    it happened (`order` of `order.updated`)."""

    ability: ClassVar[str]
    echoes: ClassVar[frozenset[str]]
    changes: ClassVar[frozenset[str]] = frozenset()
    """Fields of the record that may look different once it is done."""

    @property
    def about(self) -> tuple[str, str]:
        """Kind and key of the record it changes: by the key the store is found that has it. The key is "" for what the
        write makes anew."""
        raise NotImplementedError

    def marks(self) -> dict[str, Any]:
        """How its own echo is told from what somebody else changed: by field `{}` for any change, `{"is": value}` for a
        change to that value, `{"add": [...], "remove": [...]}` for these items of a list. JSON."""
        return {name: {} for name in sorted(self.changes)}
