"""The products a block shows: chosen by its writer, or recommended when the mail is written.

Invariant: where nothing can be recommended (a preview of nobody, a back-test, a shop without a past) the chosen ones
stand in, so that a mail never has a hole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.modules.messages.blocks import ABOUT, CHOSEN
from sereno.sdk.context import Context
from sereno.sdk.ports import Recommendations

MARK = "@"
"""What a shelf that is recommended begins with: the way, and how many."""
_RECOMMENDED = "recommended:"


def shelf_of(by: str, most: int, chosen: Sequence[str]) -> tuple[str, ...]:
    """As a compiled mail keeps it."""
    return tuple(chosen) if by == CHOSEN else (f"{MARK}{by}:{most}", *chosen)


def filled(
    shelves: Mapping[str, Sequence[str]], about: str, ctx: Context
) -> tuple[dict[str, list[str]], dict[str, Mapping[str, Any]]]:
    """The keys of each shelf, and the records of those that were recommended. No two shelves show the same thing."""
    found: dict[str, list[str]] = {}
    records: dict[str, Mapping[str, Any]] = {}
    for block, keys in shelves.items():
        chosen = [key for key in keys if not key.startswith(MARK)]
        way, _colon, most = next((key for key in keys if key.startswith(MARK)), MARK)[1:].partition(":")
        if way == ABOUT:
            found[block] = _spoken_of(ctx)[: int(most or 0)]
            continue
        given = _recommended(ctx, way, about, int(most or 0)) if way else []
        fresh = {_RECOMMENDED + str(one["id"]): one for one in given}
        names = [name for name in fresh if name not in records][: int(most or 0)]
        records |= {name: fresh[name] for name in names}
        found[block] = names or chosen
    return found, records


def _spoken_of(ctx: Context) -> list[str]:
    """The variant an event is about, else its products, as it names them."""
    data = ctx.event.get("data")
    told: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    several = [str(one) for one in told.get("items") or () if one]
    one = told.get("variant_id") or told.get("sku") or told.get("product_id") or ctx.refs.get("product")
    return several or ([str(one)] if one else [])


def _recommended(ctx: Context, way: str, about: str, most: int) -> Sequence[Mapping[str, Any]]:
    lines = [one for one in (ctx.records.get(about) or {}).get("lines") or () if isinstance(one, Mapping)]
    items = [str(name) for one in lines if (name := one.get("product_id") or one.get("variant_id") or one.get("sku"))]
    items = items or _spoken_of(ctx)
    customer = ctx.records.get("customer") or {}
    person = customer.get("id") or ctx.refs.get("customer")
    try:
        # Twice as many, so that a second shelf has others to show.
        return ctx.port(Recommendations).products(way, items, str(person) if person else None, 2 * most)
    except LookupError:
        return ()
