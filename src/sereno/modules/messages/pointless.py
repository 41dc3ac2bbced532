"""Whether a mail still has something to say: what it is about is read again at the moment of sending.

Invariant: a mail is pointless only for what is so now; one whose words were written when the step was reached, also for
what has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.engine.durations import parse_instant
from sereno.engine.templates import render
from sereno.sdk.context import Context

Record = Mapping[str, Any]


class Pointless(Exception):  # noqa: N818
    """The mail has nothing left to say; the reason is a code."""


def check_cart(cart: Record, variables: Record | None = None) -> None:
    """A cart that is gone, bought or sold out. Raises Pointless."""
    if cart.get("completed_at") or cart.get("order_id"):
        raise Pointless("cart.completed")
    if cart.get("deleted_at"):
        raise Pointless("cart.deleted")
    if variables is not None and not variables["lines"]:
        raise Pointless("cart.sold_out" if variables["gone"] else "cart.empty")


def check_wants(wants: Sequence[tuple[str, str]], variables: Record) -> None:
    """A mail whose very matter is missing: its code, its reviews. Raises Pointless."""
    for reason, liquid in wants:
        if not render(liquid, variables).strip():
            raise Pointless(reason)


def check_order(ctx: Context) -> None:
    """An order that was cancelled while the mail waited. Raises Pointless. One cancelled before may be the very reason
    for the mail."""
    if _is_since(ctx, (ctx.records.get("order") or {}).get("cancelled_at")):
        raise Pointless("order.cancelled")


def check_written(ctx: Context, purpose: str) -> None:
    """A mail whose words stand in the flow, and were filled in when the step was reached. Raises Pointless."""
    check_order(ctx)
    if purpose != "marketing":
        return
    kind = ctx.subject.partition(":")[0]
    cart = ctx.records.get("cart") or {}
    if kind == "cart" and any(_is_since(ctx, cart.get(name)) for name in ("completed_at", "deleted_at")):
        check_cart(cart)
    if kind in ("product", "variant"):
        _check_product(ctx)


def _check_product(ctx: Context) -> None:
    product = ctx.records.get("product") or {}
    if not _is_since(ctx, product.get("updated_at")):
        return
    available = product.get("available")
    is_counted = product.get("is_tracked") is not False and not product.get("can_backorder")
    if product.get("deleted_at") or (is_counted and isinstance(available, int | float) and available <= 0):
        raise Pointless("product.sold_out")
    data = ctx.event.get("data")
    told = data.get("price") if isinstance(data, Mapping) else None
    if told is not None and product.get("price") not in (None, told):
        raise Pointless("price.changed")


def _is_since(ctx: Context, at: Any) -> bool:
    """Whether that was after the run came to this step."""
    if ctx.asked_at is None or not isinstance(at, str):
        return False
    try:
        return parse_instant(at) > ctx.asked_at
    except ValueError:
        return False
