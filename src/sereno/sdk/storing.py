"""What actions on a shop's products have in common: which variants the run is about, and several writes as one effect.

Invariant: each write of an effect has a key of its own, the same on every attempt; what was done is done again as a
no-op, so that an effect that broke half-way is simply tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sereno.commerce.merging import parts
from sereno.sdk.context import Context
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Stores, write_to_store
from sereno.sdk.writes import Write


def product_of(ctx: Context) -> Mapping[str, Any]:
    return ctx.records.get("product") or {}


def product_key(ctx: Context) -> str:
    """ "" when the run is about no product."""
    record = product_of(ctx)
    return ctx.refs.get("product") or str(record.get("product_id") or record.get("id") or "")


def variant_key(ctx: Context) -> str:
    """The one variant the run is about; a product's only one; "" when there is none, or several."""
    record = product_of(ctx)
    held = ctx.refs.get("variant") or str(record.get("variant_id") or "")
    if held:
        return held
    variants = [str(one["variant_id"]) for one in parts(record.get("variants")) if one.get("variant_id")]
    return variants[0] if len(variants) == 1 else ""


def write_all(ctx: Context, writes: Sequence[Write]) -> Result:
    """All of them, in their order, until one is not done. The value is the last one's, with how many there were."""
    if len(writes) == 1:
        return write_to_store(ctx, writes[0])
    try:
        stores = ctx.port(Stores)
    except LookupError:
        return Fail("store.none", "No store of this shop may be written to: give one the permission under Connections.")
    value: dict[str, Any] = {}
    for number, write in enumerate(writes):
        result = stores.write(write, key=f"{ctx.effect_key}/{number}", attempt=ctx.attempt, now=ctx.now)
        if isinstance(result, Retry) and number:
            # Those before it are done: the next try has to be known for a second one.
            return replace(result, kind="transient")
        if not isinstance(result, Done):
            return result
        value = dict(result.value)
    return Done({**value, "writes": len(writes)})


def write_each(ctx: Context, writes: Sequence[Write]) -> list[Result]:
    """All of them, whatever became of the others: what each store answered. Where any is to be tried again, that is the
    first that is not done, so that none is given up for another's sake."""
    if len(writes) == 1:
        return [write_to_store(ctx, writes[0])]
    try:
        stores = ctx.port(Stores)
    except LookupError:
        return [write_to_store(ctx, writes[0])]
    found = [
        stores.write(one, key=f"{ctx.effect_key}/{number}", attempt=ctx.attempt, now=ctx.now)
        for number, one in enumerate(writes)
    ]
    again = next((one for one in found if isinstance(one, Retry)), None)
    if again is None:
        return found
    # Some are done by now: the next try has to be known for a second one.
    return [replace(again, kind="transient") if isinstance(one, Fail | Retry) else one for one in found]
