"""What follows a customer's own change of an order: the store is asked, what is reserved follows, and what it then
costs more or less is settled.

Invariant: a change is made whole or not at all. What the store refuses leaves the reservation as it was, and an order
that its customer wants otherwise does not leave before somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sereno.commerce.merging import parts
from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.records.fields import boolean, money, string
from sereno.commerce.schema import record
from sereno.commerce.self_service import CHANGED, REFUSED, due, lines_after
from sereno.engine.durations import format_instant
from sereno.modules.orders.stating import is_held, order_of, pay_link, state, without_order
from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Reservations
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.writes import CancelOrder, ChangeAddress, ChangeItems, LineQuantity, RefundOrder, Write

ORDER = frozenset({"order"})
TOO_LATE = frozenset({"order.fulfilled", "order.not_editable", "order.gone", "store.not_found", "order.state"})
"""Codes by which a store says that the order has gone its way: nothing is left to decide then."""


def _store(config: Any) -> str:
    return "store"


class LineWanted(Config):
    line: str
    quantity: int


class ApplyConfig(Config):
    kind: Literal["address", "items", "cancel"] = option(_("Kind"))
    facts: dict[str, Any] = option(_("Facts"))
    address: dict[str, Any] | None = option(_("Delivery address"), default=None)
    lines: tuple[LineWanted, ...] = option(_("Goods"), default=())


@action(
    "orders.apply_change",
    label=_("Carry out what the customer asked for: {kind}"),
    icon="pencil",
    config=ApplyConfig,
    needs=ORDER,
    writes=ORDER,
    connection=_store,
    priority=URGENT,
    is_internal=True,
)
def apply_change(config: ApplyConfig, ctx: Context) -> Result:
    """Make the change a customer asked for in the store, and say what became of it. Refused, the order is held, unless
    it is only too late."""
    key, order = order_of(ctx), ctx.records.get("order")
    if not key or order is None:
        return without_order()
    facts = {**config.facts, "change_at": ctx.now}
    is_gone = order.get("status") == "cancelled" or order.get("fulfillment_status") in ("partial", "fulfilled")
    # On a later attempt that may be our own doing.
    if ctx.attempt == 1 and is_gone:
        return _refused(ctx, key, facts, "change.sent", "")
    if config.kind == "items" and not _reserve(ctx, key, lines_after(order, _wanted(config))):
        return _refused(ctx, key, facts, "stock.short", "")
    result = write_to_store(ctx, _write(config, key))
    if isinstance(result, Done):
        state(ctx, CHANGED, key, {**facts, "change_reason": ""})
        return Done({**result.value, "is_changed": True})
    if isinstance(result, Fail):
        if config.kind == "items":
            _reserve(ctx, key, parts(order.get("lines")))
        return _refused(ctx, key, facts, result.reason, result.message)
    return result


def _wanted(config: ApplyConfig) -> list[tuple[str, int]]:
    return [(one.line, one.quantity) for one in config.lines]


def _write(config: ApplyConfig, key: str) -> Write:
    if config.kind == "address":
        return ChangeAddress(order=key, address=config.address or {})
    if config.kind == "items":
        lines = tuple(LineQuantity(quantity=quantity, line=line) for line, quantity in _wanted(config))
        return ChangeItems(order=key, lines=lines)
    return CancelOrder(order=key, reason="customer")


def _reserve(ctx: Context, key: str, lines: list[Any]) -> bool:
    """Have these lines reserved, for an order that has anything reserved. False when there is too little."""
    try:
        stock = ctx.port(Reservations)
    except LookupError:
        return True
    if not stock.holds(key):
        return True
    # What is wanted more the store's figures know of from now on, not since the order was placed.
    short = stock.reserve(key, lines, placed_at=format_instant(ctx.now))
    return not any(one.code == "stock.short" for one in short)


def _refused(ctx: Context, key: str, facts: dict[str, Any], reason: str, message: str) -> Result:
    state(ctx, REFUSED, key, {**facts, "change_reason": reason})
    if reason not in TOO_LATE and reason not in ("change.sent", "stock.short") and not is_held_already(ctx):
        held = {"is_held": True, "hold_reasons": ["customer.asked"], "hold_note": message[:500], "held_at": ctx.now}
        state(ctx, "order.held", key, {**held, "held_by": "customer"})
    return Done({"is_changed": False, "reason": reason, "message": message})


def is_held_already(ctx: Context) -> bool:
    """By the record: the port says so of every order that is being changed."""
    return bool((ctx.records.get("order") or {}).get("is_held"))


SETTLED = record(
    "change_settled",
    "What a change of an order left to be settled.",
    (
        boolean("is_known", "Whether it could be told; not where the store never said the order's total."),
        money("due", "What is still to be paid; null when nothing is."),
        money("given_back", "What was given back; null when nothing was."),
        string("currency", "The order's own."),
        string("pay_url", "Where the customer pays what is due."),
    ),
)


class SettleConfig(Config):
    refund: bool = option(_("Give back what it costs less"), default=True)
    hold: bool = option(_("Hold the order until the rest is paid"), default=True)


@action(
    "orders.settle_change",
    label=_("Settle what the change costs"),
    icon="undo",
    config=SettleConfig,
    needs=ORDER,
    writes=ORDER,
    result=SETTLED,
    on_error="stop",
    connection=_store,
    ability=RefundOrder,
)
def settle_change(config: SettleConfig, ctx: Context) -> Result:
    """After a customer changed the goods of an order that was paid: give back what it costs less now, or hold it until
    the rest is paid. It goes by the order's total in the store before and after, and by what the store gave back itself
    meanwhile; an order that was not paid yet needs nothing."""
    key, order = order_of(ctx), ctx.records.get("order")
    if not key or order is None:
        return without_order()
    left, currency = due(order_facts(ctx), order), str(order.get("currency") or ctx.shop.currency)
    if left is None:
        return Done({"is_known": False, "currency": currency})
    try:
        amount = Money(abs(left), currency).rounded()
    except AmountInvalid as error:
        return Fail("amount.invalid", f"{error}: see what the store says of the order.")
    said: dict[str, Any] = {"is_known": True, "currency": currency}
    if left > 0:
        if config.hold and not is_held(ctx, key):
            held = {"is_held": True, "hold_reasons": ["payment.due"], "held_by": ctx.flow, "held_at": ctx.now}
            state(ctx, "order.held", key, {**held, "hold_note": str(amount), "due_amount": amount.text})
        return Done({**said, "due": amount.text, "pay_url": pay_link(ctx, key)})
    if left == 0 or not config.refund:
        return Done(said)
    result = write_to_store(ctx, RefundOrder(order=key, amount=amount, note="changed by the customer"))
    return Done({**result.value, **said, "given_back": amount.text}) if isinstance(result, Done) else result


def order_facts(ctx: Context) -> dict[str, Any]:
    """How the order stood before the change: the event that started the run tells it, else what is known of it last."""
    data = ctx.event.get("data")
    is_told = isinstance(data, Mapping) and "change_payment_before" in data
    return dict(data if is_told and data is not None else ctx.records.get("order") or {})
