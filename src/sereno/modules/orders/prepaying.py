"""An order to be paid at the door becomes one that is paid before: the offer with its discount, the invoice where the
store makes one, and finding that it was paid.

Invariant: an order is prepaid once and has its discount once, whoever says how often that it was paid: `order.prepaid`
is one fact for each order, and what it leads to hangs on the run that offered it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

from pydantic import field_validator, model_validator

from sereno.commerce.identity import text as key_of
from sereno.commerce.merging import parts
from sereno.commerce.money import AmountInvalid, Money, finite
from sereno.commerce.records.fields import boolean, money, string, timestamp
from sereno.commerce.schema import record
from sereno.commerce.self_service import paid_before, prepaid, prepay_state
from sereno.engine.durations import format_instant, parse_duration
from sereno.modules.orders.rules import is_cash
from sereno.modules.orders.stating import order_of, pay_link, state, without_order
from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.writes import CreateDraftOrder, LineQuantity

ORDER = frozenset({"order"})
REPLACES = "sereno-prepays-"
"""Begins the tag of an order that the store made of an invoice; the key of the order it replaces follows."""

OFFER = record(
    "prepay_offer",
    "What it costs to pay before.",
    (
        boolean("is_offered", "Whether there is anything to offer."),
        string("reason", "Why not, as a code: `prepay.not_cash`, `prepay.paid`, `prepay.gone`, `prepay.too_small`."),
        money("amount", "What the order costs then."),
        money("discount", "How much less that is."),
        boolean("saves", "Whether that is anything."),
        string("currency", "The order's own."),
        timestamp("until", "Until when it is offered."),
        string("url", "Where the customer pays."),
    ),
)


class OfferConfig(Config):
    percent: str | None = text(
        _("Discount in percent"), default=None, max_length=8, help=_("Of the order's total, such as 5")
    )
    amount: str | None = text(
        _("Discount as an amount"), default=None, max_length=20, help=_("In the order's currency, such as 3.50")
    )
    minimum: str | None = text(_("Orders from"), default=None, max_length=20, help=_("In the order's currency"))
    lasts: str = text(_("Offered for"), default="2d", max_length=10, help=_("Such as 12h or 2d"))
    cash_methods: str = text(
        _("Names of cash on delivery"),
        default="",
        max_length=300,
        help=_("Of the payment methods in your store, with commas between; the usual ones are known"),
    )

    @field_validator("percent", "amount", "minimum")
    @classmethod
    def _is_number(cls, value: str | None) -> str | None:
        given = (value or "").strip().replace(",", ".").removesuffix("%").strip()
        if not given:
            return None
        found = finite(given)
        if found is None or found < 0 or found > 10**9:
            raise ValueError("write a number such as 5")
        return given

    @field_validator("lasts")
    @classmethod
    def _is_a_while(cls, value: str) -> str:
        if not timedelta(minutes=10) <= parse_duration(value) <= timedelta(days=30):
            raise ValueError("it lasts from 10m to 30d, such as 2d")
        return value

    @model_validator(mode="after")
    def _is_a_discount(self) -> Self:
        if self.percent and Decimal(self.percent) >= 100:
            raise ValueError("percent is below 100")
        return self


@action(
    "orders.offer_prepayment",
    label=_("Offer to pay now, {percent}{amount} less"),
    icon="tag",
    config=OfferConfig,
    needs=ORDER,
    writes=ORDER,
    result=OFFER,
    decides=True,
)
def offer_prepayment(config: OfferConfig, ctx: Context) -> Result:
    """See whether the order is to be paid at the door, and what it costs when it is paid before. `url` is a signed
    address that leads to where your shop takes payments (see Self-service) as long as the offer stands and nothing has
    left, and says so afterwards. Put it into a message."""
    found = _offer(config, ctx)
    if isinstance(found, Fail | str):
        return found if isinstance(found, Fail) else Done({"is_offered": False, "reason": found})
    url = pay_link(ctx, order_of(ctx))
    _state_offer(ctx, found, "")
    return Done({**found, "is_offered": True, "url": url})


@action(
    "orders.invoice_prepayment",
    label=_("Make an invoice to pay now, {percent}{amount} less"),
    icon="file-text",
    config=OfferConfig,
    needs=ORDER,
    writes=ORDER,
    result=OFFER,
    connection=lambda config: "store",
    ability=CreateDraftOrder,
)
def invoice_prepayment(config: OfferConfig, ctx: Context) -> Result:
    """The same with an invoice of the store's: a draft order with the goods and the discount, whose payment the store
    takes itself and makes a new order of. That one takes the place of the order, which is to be cancelled then."""
    found = _offer(config, ctx)
    if isinstance(found, Fail | str):
        return found if isinstance(found, Fail) else Done({"is_offered": False, "reason": found})
    key, order = order_of(ctx), ctx.records.get("order") or {}
    lines = tuple(
        LineQuantity(quantity=int(line["quantity"]), variant=str(line["variant_id"]))
        for line in parts(order.get("lines"))
        if line.get("variant_id") and (finite(line.get("quantity")) or 0) > 0
    )
    if not lines or len(lines) < len(parts(order.get("lines"))):
        return Done({"is_offered": False, "reason": "prepay.no_variants"})
    address = order.get("shipping_address")
    write = CreateDraftOrder(
        customer=str(order.get("customer_id") or "") if ":" not in str(order.get("customer_id") or ":") else "",
        email=str(order.get("email") or ""),
        lines=lines,
        tags=(f"{REPLACES}{key}",),
        address=address if isinstance(address, Mapping) else {},
        discount=Money.parse(found["discount"], found["currency"]) if found["saves"] else None,
    )
    result = write_to_store(ctx, write)
    if not isinstance(result, Done):
        return result
    invoice = str(result.value.get("url") or "")
    if not invoice:
        return Fail("prepay.no_invoice", "The store made a draft order, but no page on which it is paid.")
    _state_offer(ctx, found, invoice)
    return Done({**found, "is_offered": True, "url": pay_link(ctx, key) or invoice})


TAKEN = record(
    "prepayment",
    "Whether an order was paid before.",
    (
        boolean("is_prepaid", "Whether it was, and its discount is due."),
        string("reason", "Why not, as a code."),
        money("paid", "How much was paid."),
        money("give_back", "What of it is the discount, to be given back; null when it was paid without."),
        string("currency", "The order's own."),
        string("replaced_by", "The order that takes its place; the old one is to be cancelled."),
    ),
)


class TakeConfig(Config):
    pass


@action(
    "orders.take_prepayment",
    label=_("See whether it was paid before"),
    icon="circle-check",
    config=TakeConfig,
    needs=ORDER,
    writes=ORDER,
    result=TAKEN,
)
def take_prepayment(config: TakeConfig, ctx: Context) -> Result:
    """After an offer to pay before: see whether the order was paid, and state `order.prepaid`, once. A payment that is
    less than what was offered, or came after something left or the offer was over, is none. Of an order that the store
    made of an invoice, it states it for the order that is replaced."""
    key, order = order_of(ctx), ctx.records.get("order")
    if not key or order is None:
        return without_order()
    replaced = replaced_order(order)
    if replaced and replaced != key:
        if order.get("payment_status") != "paid":
            return Done({"is_prepaid": False, "reason": "pay.open"})
        facts = {"is_prepaid": True, "prepaid_at": ctx.now, "prepaid_amount": order.get("total"), "replaced_by": key}
        _state_prepaid(ctx, replaced, facts)
        return Done({"is_prepaid": True, "paid": order.get("total"), "currency": order.get("currency")})
    if order.get("is_prepaid"):
        return Done(_taken(order, finite(order.get("prepaid_amount")), str(order.get("replaced_by") or "")))
    wanted = finite(order.get("prepay_amount"))
    paid = paid_before(order, wanted) if wanted is not None else None
    if paid is None:
        amount, why = prepay_state(order, order, ctx.now)
        return Done({"is_prepaid": False, "reason": "pay.open" if amount is not None else why})
    if order.get("fulfillment_status") in ("partial", "fulfilled"):
        return Done({"is_prepaid": False, "reason": "pay.sent"})
    _state_prepaid(ctx, key, {"is_prepaid": True, "prepaid_at": ctx.now, "prepaid_amount": str(paid)})
    return Done(_taken(order, paid, ""))


def replaced_order(order: Mapping[str, Any]) -> str:
    """The key of the order that this one was made to replace; empty for any other."""
    tags = [str(one) for one in order.get("tags") or ()]
    return next((one.removeprefix(REPLACES) for one in tags if one.startswith(REPLACES)), "")


def _taken(order: Mapping[str, Any], paid: Decimal | None, replaced_by: str) -> dict[str, Any]:
    said: dict[str, Any] = {"is_prepaid": True, "currency": order.get("currency")}
    if replaced_by:
        return {**said, "replaced_by": replaced_by}
    wanted, discount = finite(order.get("prepay_amount")), finite(order.get("prepay_discount"))
    if paid is None or wanted is None or discount is None:
        return said
    back = min(max(paid - wanted, Decimal(0)), discount)
    return {**said, "paid": str(paid), **({"give_back": str(back)} if back > 0 else {})}


def _offer(config: OfferConfig, ctx: Context) -> dict[str, Any] | str | Fail:
    """The offer, or why there is none."""
    key, order = order_of(ctx), ctx.records.get("order")
    if not key or order is None:
        return without_order()
    if order.get("status") in ("cancelled", "deleted") or order.get("fulfillment_status") in ("partial", "fulfilled"):
        return "prepay.gone"
    if order.get("is_prepaid") or order.get("payment_status") in ("paid", "authorized", "refunded"):
        return "prepay.paid"
    if not is_cash(order, config.cash_methods.split(",")):
        return "prepay.not_cash"
    try:
        total = Money.parse(str(order.get("total") or ""), str(order.get("currency") or ctx.shop.currency))
    except AmountInvalid:
        return "prepay.no_total"
    if config.minimum and total.amount < Decimal(config.minimum):
        return "prepay.too_small"
    percent, amount = (Decimal(one) if one else None for one in (config.percent, config.amount))
    now, discount = prepaid(total, percent, amount)
    if now.amount <= 0:
        return "prepay.too_small"
    begun = ctx.asked_at or ctx.now
    until = format_instant(begun + parse_duration(config.lasts))
    saves = discount.amount > 0
    return {"amount": now.text, "discount": discount.text, "saves": saves, "currency": total.currency, "until": until}


def _state_offer(ctx: Context, found: Mapping[str, Any], url: str) -> None:
    said = {"prepay_amount": found["amount"], "prepay_discount": found["discount"], "prepay_until": found["until"]}
    state(ctx, "order.prepay_offered", order_of(ctx), {**said, "prepay_url": url})


def _state_prepaid(ctx: Context, key: str, facts: Mapping[str, Any]) -> None:
    # By the order alone: however often and by whomever it is found, it is one fact.
    number = {} if key == order_of(ctx) else {"number": None}
    state(ctx, "order.prepaid", key, {**facts, **number}, uid=f"prepaid:{key_of(key)}")
