"""Actions that change an order in the shop's own platform: each asks for one write, under the effect's own key.

Invariant: what Sereno itself knows of it (held, released) is committed with the outcome, and money is never taken for
an order that is held.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.records.fields import boolean, items, string
from sereno.commerce.schema import record
from sereno.modules.orders.rules import reasons_in
from sereno.modules.orders.stating import is_held, order_of, state, without_order
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.writes import (
    CancelOrder,
    CapturePayment,
    FulfillOrder,
    HoldFulfillment,
    NoteOrder,
    RefundOrder,
    ReleaseFulfillment,
)

ORDER = frozenset({"order"})
NO_STORE = frozenset({"store.none", "store.cannot"})
"""The platform has no such thing, or may not be written to: Sereno's own hold counts all the same."""


def _store(config: Any) -> str:
    return "store"


HELD = record(
    "order_held",
    "That an order is held.",
    (
        boolean("is_held", "Whether it is held now."),
        items("reasons", "string", "Why, as codes."),
        boolean("is_in_store", "Whether the store holds it too."),
    ),
)


class HoldConfig(Config):
    reason: str = text(
        _("Reason"),
        default="other",
        template=True,
        max_length=300,
        help=_("A code such as stock.short, several with commas between; {{ vars.check.reasons }} of a check before"),
    )
    note: str = text(_("Note for the team"), default="", template=True, max_length=500, multiline=True)


@action(
    "orders.hold",
    label=_("Hold the order: {reason}"),
    icon="hand",
    config=HoldConfig,
    needs=ORDER,
    writes=ORDER,
    result=HELD,
    connection=_store,
    priority=URGENT,
    ability=HoldFulfillment,
)
def hold(config: HoldConfig, ctx: Context) -> Result:
    """Hold the order, so that nothing of it leaves and no money is taken: in Sereno always, and in the store where it
    has holds. It stands under Holds with its reasons until a person or a flow releases it. Holding it again adds what
    reasons are new."""
    key = order_of(ctx)
    if not key:
        return without_order()
    reasons = reasons_in(config.reason)
    result = write_to_store(ctx, HoldFulfillment(order=key, reason=reasons[0], note=config.note))
    if isinstance(result, Fail) and result.reason in NO_STORE:
        result = Done({"reason": result.reason})
    if isinstance(result, Done):
        in_store = "reason" not in result.value
        order = ctx.records.get("order") or {}
        known = [one for one in order.get("hold_reasons") or () if order.get("is_held")]
        reasons = list(dict.fromkeys([*known, *reasons]))
        if not is_held(ctx, key) or reasons != known:
            note = {"hold_note": config.note} if config.note or not known else {}
            changes = {"is_held": True, "hold_reasons": reasons, "held_by": ctx.flow, "held_at": ctx.now}
            state(ctx, "order.held", key, {**changes, **note})
        return Done({**result.value, "is_held": True, "reasons": reasons, "is_in_store": in_store})
    return result


class ReleaseConfig(Config):
    note: str = text(_("Note for the team"), default="", template=True, max_length=500)


@action(
    "orders.release",
    label=_("Release the order"),
    icon="circle-play",
    config=ReleaseConfig,
    needs=ORDER,
    writes=ORDER,
    result=HELD,
    connection=_store,
    priority=URGENT,
    ability=ReleaseFulfillment,
)
def release(config: ReleaseConfig, ctx: Context) -> Result:
    """Let an order that was held go on, in Sereno and in the store. An order that is not held stays as it is."""
    key = order_of(ctx)
    if not key:
        return without_order()
    result = write_to_store(ctx, ReleaseFulfillment(order=key))
    if isinstance(result, Fail) and result.reason in NO_STORE:
        result = Done({"reason": result.reason})
    if isinstance(result, Done):
        if is_held(ctx, key):
            state(ctx, "order.released", key, {"is_held": False, "released_by": ctx.flow, "released_at": ctx.now})
        return Done({**result.value, "is_held": False, "reasons": [], "is_in_store": "reason" not in result.value})
    return result


class CancelConfig(Config):
    reason: Literal["customer", "fraud", "inventory", "declined", "other"] = option(_("Reason"), default="other")
    note: str = text(_("Note for the team"), default="", template=True, max_length=500)
    refund: bool = option(_("Give the money back"), default=True)
    restock: bool = option(_("Put the goods back into stock"), default=True)
    notify: bool = option(_("Let the store tell the customer"), default=True)


@action(
    "orders.cancel",
    label=_("Cancel the order"),
    icon="ban",
    config=CancelConfig,
    needs=ORDER,
    writes=ORDER,
    on_error="stop",
    connection=_store,
    ability=CancelOrder,
)
def cancel(config: CancelConfig, ctx: Context) -> Result:
    """Cancel what has not left of the order in the store; what was paid is given back, what was only authorized is
    voided. A cancelled order stays as it is."""
    key = order_of(ctx)
    if not key:
        return without_order()
    if (ctx.records.get("order") or {}).get("fulfillment_status") == "fulfilled":
        return Fail("order.fulfilled", "All of the order has left: it can be returned, but not cancelled any more.")
    write = CancelOrder(
        order=key,
        reason=config.reason,
        note=config.note,
        restock=config.restock,
        refund=config.refund,
        notify=config.notify,
    )
    return write_to_store(ctx, write)


class AmountConfig(Config):
    """An amount of money, or none for all of it."""

    amount: str | None = text(
        _("Amount"), default=None, template=True, max_length=20, help=_("Nothing means all of it; else such as 12.50")
    )
    currency: str | None = text(
        _("Currency"), default=None, template=True, max_length=3, help=_("Nothing means the order's own")
    )

    @field_validator("amount")
    @classmethod
    def _is_amount(cls, value: str | None) -> str | None:
        value = (value or "").strip().replace(",", ".")
        if not value:
            return None
        try:
            if Money.parse(value, "EUR").amount <= 0:
                raise ValueError("an amount is above zero")
        except AmountInvalid:
            raise ValueError("an amount is a number such as 12.50") from None
        return value


class RefundConfig(AmountConfig):
    note: str = text(_("Note for the team"), default="", template=True, max_length=500)
    notify: bool = option(_("Let the store tell the customer"), default=True)

    @model_validator(mode="after")
    def _has_currency(self) -> Self:
        if self.currency and not self.amount:
            raise ValueError("a currency needs an amount")
        return self


def _spent(config: Any) -> Money | None:
    """What a refund costs the shop, where the step says it whole."""
    try:
        return Money.parse(config.get("amount") or "", config.get("currency") or "")
    except AmountInvalid:
        return None


@action(
    "orders.refund",
    label=_("Refund the order {amount}"),
    icon="undo",
    config=RefundConfig,
    needs=ORDER,
    writes=ORDER,
    on_error="stop",
    connection=_store,
    spend=_spent,
    ability=RefundOrder,
)
def refund(config: RefundConfig, ctx: Context) -> Result:
    """Give money back through the store: an amount, or all that is left. More than was paid is refused."""
    key = order_of(ctx)
    if not key:
        return without_order()
    amount = _amount(config, ctx)
    if isinstance(amount, Fail):
        return amount
    left = _left(ctx)
    # On a later attempt the record may know of what the first one gave back: the store tells the two apart.
    if ctx.attempt == 1 and amount is not None and left is not None and amount.amount > left:
        return Fail("refund.too_much", f"Only {left} {amount.currency} of the order are left to give back.")
    return write_to_store(ctx, RefundOrder(order=key, amount=amount, note=config.note, notify=config.notify))


@action(
    "orders.capture",
    label=_("Take the payment {amount}"),
    icon="circle-check",
    config=AmountConfig,
    needs=ORDER,
    writes=ORDER,
    connection=_store,
    ability=CapturePayment,
)
def capture(config: AmountConfig, ctx: Context) -> Result:
    """Take the money that was authorized: all of it, or an amount. Never for an order that is held or cancelled: the
    step fails then, and can be tried again once the order is released. What is paid already stays as it is."""
    key = order_of(ctx)
    if not key:
        return without_order()
    order = ctx.records.get("order") or {}
    if is_held(ctx, key):
        return Fail("order.held", "The order is held: release it under Holds first, then try again.")
    if order.get("status") == "cancelled" or order.get("payment_status") == "voided":
        return Fail("order.cancelled", "The order was cancelled: there is nothing to take.")
    if order.get("payment_status") == "paid":
        return Done({"captured": False, "reason": "order.paid"})
    amount = _amount(config, ctx)
    if isinstance(amount, Fail):
        return amount
    return write_to_store(ctx, CapturePayment(order=key, amount=amount))


class NoteConfig(Config):
    text: str = text(_("Note"), template=True, max_length=2000, multiline=True)


@action(
    "orders.note",
    label=_("Note on the order: {text}"),
    icon="scroll-text",
    config=NoteConfig,
    needs=ORDER,
    writes=ORDER,
    connection=_store,
    ability=NoteOrder,
)
def note(config: NoteConfig, ctx: Context) -> Result:
    """Add a line to the order's internal note in the store; the customer does not see it."""
    key = order_of(ctx)
    if not key:
        return without_order()
    if not config.text.strip():
        return Fail("note.empty", "The note came out empty: see which value its text uses.")
    return write_to_store(ctx, NoteOrder(order=key, text=config.text.strip()))


class FulfillConfig(Config):
    tracking_number: str = text(_("Tracking number"), default="", template=True, max_length=100)
    carrier: str = text(_("Carrier"), default="", template=True, max_length=100)
    tracking_url: str = text(_("Tracking address"), default="", template=True, max_length=500)
    notify: bool = option(_("Let the store tell the customer"), default=True)


FULFILLED = record("order_fulfilled", "That an order left.", (string("store", "The connection it was said to."),))


@action(
    "orders.fulfill",
    label=_("Mark the order as sent"),
    icon="package",
    config=FulfillConfig,
    needs=ORDER,
    writes=ORDER,
    result=FULFILLED,
    connection=_store,
    ability=FulfillOrder,
)
def fulfill(config: FulfillConfig, ctx: Context) -> Result:
    """Say in the store that all that is open of the order left, with its tracking number. Never for an order that is
    held."""
    key = order_of(ctx)
    if not key:
        return without_order()
    if is_held(ctx, key):
        return Fail("order.held", "The order is held: release it under Holds first, then try again.")
    write = FulfillOrder(
        order=key,
        tracking_number=config.tracking_number.strip(),
        carrier=config.carrier.strip(),
        tracking_url=config.tracking_url.strip(),
        notify=config.notify,
    )
    return write_to_store(ctx, write)


def _amount(config: AmountConfig, ctx: Context) -> Money | Fail | None:
    if config.amount is None:
        return None
    currency = config.currency or (ctx.records.get("order") or {}).get("currency") or ctx.shop.currency
    try:
        return Money.parse(config.amount, str(currency))
    except AmountInvalid as error:
        return Fail("amount.invalid", f"{error}: see which values the step uses.")


def _left(ctx: Context) -> Decimal | None:
    """What can still be given back, where it is known."""
    order = ctx.records.get("order") or {}
    try:
        total = Money.parse(str(order["total"]), ctx.shop.currency).amount
        gone = Money.parse(str(order.get("total_refunded") or "0"), ctx.shop.currency).amount
    except (KeyError, AmountInvalid):
        return None
    return total - gone
