"""How a thing of a store's site is written once: looked at first, changed only where it still is as it was seen, made
only where an earlier request to make it cannot be under way any more.

Invariant: the platform is asked for nothing it says already, and for nothing it would drop without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sereno.connectors.marks import SETTLES
from sereno.sdk.site import Found, same
from sereno.sdk.site_writes import OfSite
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreRefused, Written

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Things:
    """One kind of thing on one platform. `has` are the fields it can keep (empty: any). `look` finds one by its key;
    `make` makes it, `change` changes the one that was found; both give it as the platform then has it (None: gone)."""

    platform: str
    has: Collection[str]
    look: Callable[[Exchange, str], Found | None]
    make: Callable[[Call, str, Fields], Found | None]
    change: Callable[[Call, str, Found, Fields], Found | None]

    def write(self, call: Call, write: OfSite) -> Written:
        """Raises `content.field_unknown` for what the platform has no place for, `content.changed` where it no longer
        says what was expected."""
        if self.has and (strange := sorted(write.fields.keys() - set(self.has))):
            what = f"{self.platform} keeps no {', '.join(strange)} of a {write.kind}: leave it out."
            raise StoreRefused("content.field_unknown", what)
        found = self.look(call.exchange, write.key)
        there = found.fields if found is not None else {}
        empty = found is None and not any(write.fields.values())
        if empty or (found is not None and all(same(there.get(name), one) for name, one in write.fields.items())):
            return _written(found)
        for name, value in (write.expected or {}).items():
            if not same(there.get(name), value) and (there.get(name) or value):
                raise StoreRefused("content.changed", "It was changed meanwhile: it is looked at anew.")
        if found is not None:
            return _written(self.change(call, write.key, found, write.fields))
        if call.attempt % 2 == 0:
            # Every other attempt only looks, and waits until the request before it can no longer be on its way.
            raise StoreBusy("an earlier request for this may still be running", SETTLES)
        return _written(self.make(call, write.key, write.fields))


def _written(found: Found | None) -> Written:
    if found is None:
        return Written({"fields": {}})
    return Written({"id": found.id, "url": found.url, "place": found.place, "fields": dict(found.fields)})


def split_key(key: str) -> tuple[str, str]:
    """`(blog, handle)` of a post, `(theme, file)` of a theme file; the first is "" where it is not said."""
    mark = ":" if ":" in key else "/"
    first, _, rest = key.partition(mark)
    return (first, rest) if rest else ("", key)


def text(value: object) -> str:
    return value if isinstance(value, str) else ""
