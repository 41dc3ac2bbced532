"""What flows do with points and credit: give, take, and hand over the code of what was bought."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import field_validator

from sereno.commerce.identity import customer_key
from sereno.commerce.money import AmountInvalid, Money, finite
from sereno.commerce.records.fields import boolean, integer, string
from sereno.commerce.schema import record
from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.incentives import Loyalty, PointsRefused
from sereno.sdk.plugin import action
from sereno.sdk.result import Done, Fail, Result
from sereno.store import secrets
from sereno.store.sealing import seal

PURPOSE = "points"
"""Of the tokens for a customer's own page: [shop, the customer's key]."""

CUSTOMER = frozenset({"customer"})
GIVEN = record(
    "points_given",
    "What became of it.",
    (
        boolean("is_given", "It was."),
        integer("points", "How many."),
        string("reason", "Why not: `loyalty.off`, `loyalty.not_enough`."),
    ),
)


def _amount(label: str, help: str) -> Any:
    return text(label, template=True, max_length=100, help=help)


def _number(value: object) -> str:
    given = str(value).strip().replace(",", ".")
    if "{{" not in given and "{%" not in given and not finite(given):
        raise ValueError("write a number such as 100, or -100 to take")
    return given


class PointsConfig(Config):
    points: str = _amount(_("Points"), _("Such as 100; -100 takes them"))
    note: str = text(_("What for"), default="", template=True, max_length=200)

    _points = field_validator("points", mode="before")(_number)


class CreditConfig(Config):
    amount: str = _amount(_("Amount"), _("Such as 5; -5 takes it"))
    currency: str = text(_("Currency"), default="", template=True, max_length=60, help=_("Left out: the shop's"))
    note: str = text(_("What for"), default="", template=True, max_length=200)

    _amount = field_validator("amount", mode="before")(_number)


class SettleConfig(Config):
    purchase: str = text(_("Purchase"), template=True, max_length=100)
    code: str = text(_("Code"), default="", template=True, max_length=200)


@action(
    "loyalty.give_points",
    label=_("Give {points} points"),
    icon="star",
    config=PointsConfig,
    needs=CUSTOMER,
    writes=CUSTOMER,
    result=GIVEN,
)
def give_points(config: PointsConfig, ctx: Context) -> Result:
    """Give the customer points that count at once, for a birthday, a review or a first order; or take some. Where no
    programme is running, nothing happens."""
    points = finite(config.points)
    if points is None or points != int(points) or not points:
        return Fail("config.invalid", "points are whole, such as 100")
    note = config.note or ctx.flow

    def give(port: Loyalty, customer: str) -> None:
        port.give_points(customer, int(points), ctx.effect_key, ctx.flow, note)

    return _given(ctx, give, {"points": int(points)})


@action(
    "loyalty.give_credit",
    label=_("Give {amount} {currency} of store credit"),
    icon="repeat",
    config=CreditConfig,
    needs=CUSTOMER,
    writes=CUSTOMER,
    result=GIVEN,
)
def give_credit(config: CreditConfig, ctx: Context) -> Result:
    """Give the customer store credit, which they turn into a code on their page; or take some. It does not end."""
    try:
        amount = Money.parse(config.amount, config.currency.strip() or ctx.shop.currency)
    except AmountInvalid as error:
        return Fail("config.invalid", str(error))
    note = config.note or ctx.flow

    def give(port: Loyalty, customer: str) -> None:
        port.give_credit(customer, amount, ctx.effect_key, ctx.flow, note)

    return _given(ctx, give, {})


class PageConfig(Config):
    """It needs nothing said."""


PAGE = record("points_page", "Where the customer sees it.", (string("url", "A sealed address of their own page."),))


@action(
    "loyalty.find_page",
    label=_("Find the customer's own page of points"),
    icon="link",
    config=PageConfig,
    needs=CUSTOMER,
    result=PAGE,
    decides=True,
)
def find_page(config: PageConfig, ctx: Context) -> Result:
    """The address of the page on which the customer sees their points and credit and spends them, to put into a
    message: name the result with `as: page`, and write `{{ vars.page.url }}`."""
    customer = _customer(ctx)
    if not customer or not secrets.is_configured():
        return Done({"url": None})
    return Done({"url": page_address(ctx.shop.base_url, ctx.shop.id, customer)})


@action("loyalty.settle_reward", label=_("Hand over what was bought with points"), icon="check", config=SettleConfig)
def settle_reward(config: SettleConfig, ctx: Context) -> Result:
    """Keep the code with the purchase it was made for, where the customer finds it; without a code, give the points or
    the credit back. Once."""
    if not config.purchase.strip().isdigit():
        return Fail("config.invalid", "this is no purchase")
    is_new = ctx.port(Loyalty).settle(int(config.purchase), config.code.strip())
    return Done({"is_settled": is_new, "is_given_back": is_new and not config.code.strip()})


def page_address(base_url: str, shop_id: int, customer: str) -> str:
    return f"{base_url.rstrip('/')}/points/{seal(secrets.newest(), PURPOSE, [shop_id, customer])}"


def _customer(ctx: Context) -> str:
    held = ctx.records.get("customer") or {}
    return ctx.refs.get("customer") or customer_key(held.get("id"), ctx.refs.get("email") or held.get("email")) or ""


def _given(ctx: Context, give: Callable[[Loyalty, str], None], value: dict[str, Any]) -> Result:
    customer = _customer(ctx)
    if not customer:
        return Fail("customer.missing", "This run is about no customer. Start the flow by an event that names one.")
    try:
        give(ctx.port(Loyalty), customer)
    except PointsRefused as refused:
        return Done({"is_given": False, "reason": refused.code})
    return Done({"is_given": True, **value})
