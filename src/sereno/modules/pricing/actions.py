"""The action that gives a customer a code of their own.

Invariant: one effect, one code. The code is written down before the store is asked to make it, and the store is asked
with the effect's key; so neither a retry nor a crash makes a second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

from pydantic import field_validator, model_validator

from sereno.commerce.identity import customer_key
from sereno.commerce.incentives import Kind
from sereno.commerce.money import AmountInvalid, Money, finite
from sereno.commerce.records.fields import boolean, money, number, string, timestamp
from sereno.commerce.schema import record
from sereno.engine.durations import format_instant, parse_duration
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.incentives import Codes, CodesRefused, CodeTaken, CodeWanted
from sereno.sdk.plugin import action
from sereno.sdk.ports import Events, Products
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.writes import CreateDiscountCode

NEVER = "never"
TAKEN = frozenset({"discount.taken", "discount.exists", "discount.code_taken"})
"""What stores say of a code that somebody else has made."""
CANNOT = frozenset({"store.none", "store.cannot"})
FOR_ALL = frozenset(
    {"discount.no_customer", "discount.one_customer", "discount.customer", "discount.no_rule", "customer.no_email"}
)
"""What stores say that can keep no code for one customer's account, before they have made any."""
WRITTEN: Mapping[Kind, Any] = {"percent": "percentage", "amount": "fixed", "gift": "fixed"}

ISSUED = record(
    "issued_code",
    "A code, or why there is none.",
    (
        boolean("is_issued", "A code was made for this customer alone."),
        string("code", "What the customer types in: their own, else the shop's code for everybody, else null."),
        string("kind", "What it is good for.", "percent", "amount", "free_shipping", "gift"),
        number("percent", "In percent."),
        money("amount", "An amount in `currency`."),
        string("currency", "ISO 4217 code."),
        money("minimum", "What the order has to come to."),
        string("gift", "The title of what is given."),
        timestamp("issued_at", "When."),
        timestamp("expires_at", "Its last moment."),
        string("url", "The shop, where it is used."),
        string("reason", "Why there is none of the customer's own: `codes.budget_spent`, `codes.pool_empty`, ..."),
    ),
)


def _number(label: str, example: str, help: str = "") -> Any:
    return text(label, default=None, template=True, max_length=100, help=help or example)


class IssueCodeConfig(Config):
    percent: str | None = _number(_("Percent off"), _("Such as 10"))
    amount: str | None = _number(_("Amount off"), _("Such as 5, in the currency below"))
    currency: str = text(_("Currency"), default="", template=True, max_length=60, help=_("Left out: the shop's"))
    free_shipping: bool | str = option(_("Free shipping"), default=False, template=True)
    gift: str = text(
        _("Gift"),
        default="",
        template=True,
        max_length=200,
        help=_("The SKU of what is given: the code takes off what one costs today, and only that where the store can"),
    )
    minimum: str | None = _number(_("Orders from"), _("Such as 30, in the currency above"))
    expires: str = text(_("Good for"), default="14d", template=True, max_length=100, help=_("Such as 3d, or never"))
    prefix: str = text(_("Begins with"), default="", max_length=20, help=_("Such as THANKS"))
    only_theirs: bool = option(
        _("Only for their account"),
        default=False,
        help=_(
            "Where the store can keep it so (Shopify, WooCommerce, Vendure); elsewhere it is good for whoever has it"
        ),
    )
    pool: str = text(
        _("From the pool"),
        default="",
        max_length=64,
        help=_("Codes you made yourself and uploaded under Codes; they say what they are worth"),
    )
    most_per_month: int | None = option(_("Codes a month, at most"), default=None)
    budget: str | None = _number(_("Budget a month"), "", _("What the codes of this flow may be worth in a month"))
    worth: str | None = _number(
        _("One counts for"), "", _("In the budget and the spending limit; left out: the amount it takes off")
    )

    @field_validator("percent", "amount", "minimum", "budget", "worth", mode="before")
    @classmethod
    def _is_number(cls, value: object) -> str | None:
        if value is None or isinstance(value, bool):
            return None
        given = str(value).strip().removesuffix("%").strip()
        if not given or "{{" in given or "{%" in given:
            return given or None
        found = finite(given)
        if found is None or found <= 0 or found > 10**9:
            raise ValueError("write a number above 0, such as 10")
        return given

    @field_validator("expires")
    @classmethod
    def _is_a_while(cls, value: str) -> str:
        if value != NEVER and not timedelta(minutes=10) <= parse_duration(value) <= timedelta(days=730):
            raise ValueError("it is good for 10m to 730d, such as 3d, or never")
        return value

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        worths = [bool(self.percent), bool(self.amount), self.gives_shipping, bool(self.gift), bool(self.pool)]
        # What holds Liquid may come out empty: a step can leave to its run which of them it is.
        if sum(worths) > 1 and not any("{" in str(one) for one in (self.percent, self.amount, self.gift) if one):
            raise ValueError("a code is for one thing: percent, amount, free_shipping, gift, or from a pool")
        if not any(worths) and self.free_shipping is False:
            raise ValueError("say what the code is for: percent, amount, free_shipping, gift, or a pool")
        if self.percent and (found := finite(self.percent)) is not None and found > 100:
            raise ValueError("percent is at most 100")
        if self.most_per_month is not None and self.most_per_month < 1:
            raise ValueError("most_per_month is at least 1")
        if self.budget and not self.worth and not self.amount:
            raise ValueError("a budget needs to know what one code counts for: give worth")
        return self

    @property
    def gives_shipping(self) -> bool:
        return self.free_shipping is True or str(self.free_shipping).strip().lower() == "true"


def spend(config: Mapping[str, Any]) -> Money | None:
    """What one counts for in the spending limits: where neither `worth` nor an amount says it, nothing."""
    worth, currency = finite(config.get("worth") or config.get("amount")), str(config.get("currency") or "")
    return Money(worth, currency.upper()) if worth is not None and currency else None


@action(
    "pricing.issue_code",
    label=_("Give a code of one's own: {percent}{amount}{gift}{pool}"),
    icon="tag",
    config=IssueCodeConfig,
    needs=frozenset({"customer"}),
    result=ISSUED,
    connection=lambda config: "codes" if config.get("pool") else "store",
    spend=spend,
    ability=CreateDiscountCode,
)
def issue_code(config: IssueCodeConfig, ctx: Context) -> Result:
    """Make a code in the store for this customer alone, good for one use and a while, or take one from a pool you
    uploaded. Name the result with `as: gift`: messages after it show it where they show the shop's code. Where the
    store makes no codes, the pool is empty or the month's budget spent, the result is the shop's own code for
    everybody, if it has one, and says why."""
    try:
        wanted = _wanted(config, ctx)
        codes = ctx.port(Codes)
    except (ValueError, AmountInvalid) as error:
        return Fail("config.invalid", str(error)[:1000])
    except LookupError:
        return _shops_own(ctx, "codes.none")
    try:
        taken = codes.take(ctx.effect_key, wanted)
    except CodesRefused as refused:
        return _shops_own(ctx, refused.code)
    if not taken.is_issued:
        made = _made(ctx, codes, taken, config)
        if isinstance(made, Fail) and made.reason in CANNOT:
            codes.give_up(ctx.effect_key, wanted)
            return _shops_own(ctx, made.reason)
        if not isinstance(made, CodeTaken):
            return made
        codes.issued(ctx.effect_key)
        taken = made
    _tell(ctx, taken, wanted)
    return Done(_value(ctx, taken))


def _made(ctx: Context, codes: Codes, taken: CodeTaken, config: IssueCodeConfig) -> CodeTaken | Result:
    """The code as the store has it. One that it had already from somebody else is changed for another, once."""
    result = _put(ctx, taken, config)
    if isinstance(result, Fail) and result.reason in TAKEN:
        taken = codes.other(ctx.effect_key, config.prefix)
        result = _put(ctx, taken, config)
    return taken if isinstance(result, Done) else result


def _put(ctx: Context, taken: CodeTaken, config: IssueCodeConfig) -> Result:
    """For the customer's account alone where that is asked for and the store can, else for whoever has it."""
    write = _write(taken, _given(ctx, config) if taken.kind == "gift" else "")
    if config.only_theirs and (customer := _customer(ctx)):
        result = write_to_store(ctx, replace(write, customer=customer))
        if not (isinstance(result, Fail) and result.reason in FOR_ALL):
            return result
    return write_to_store(ctx, write)


def _given(ctx: Context, config: IssueCodeConfig) -> str:
    """Which variant a gift is, by the store's id; "" where nobody says any more."""
    sku = config.gift.strip()
    return str((ctx.port(Products).today([sku]).get(sku) or {}).get("variant_id") or "")


def _write(taken: CodeTaken, variant: str = "") -> CreateDiscountCode:
    return CreateDiscountCode(
        taken.code,
        WRITTEN.get(taken.kind, "free_shipping"),
        taken.value,
        taken.currency if taken.kind in ("amount", "gift") else "",
        ends_at=taken.expires_at,
        minimum=Money(taken.minimum, taken.currency) if taken.minimum is not None else None,
        variant=variant,
    )


def _wanted(config: IssueCodeConfig, ctx: Context) -> CodeWanted:
    """Raises ValueError where what the step came to is no code."""
    currency = (config.currency.strip() or ctx.shop.currency).upper()
    kind, value, gift = _worth(config, ctx, currency)
    ends = None
    if config.expires != NEVER:
        ends = (ctx.asked_at or ctx.now) + parse_duration(config.expires)
    worth = finite(config.worth) if config.worth else value if kind in ("amount", "gift") else None
    return CodeWanted(
        customer=_customer(ctx),
        flow=ctx.flow,
        run=ctx.run,
        kind=kind,
        value=value,
        currency=currency,
        minimum=finite(config.minimum) if config.minimum else None,
        gift=gift,
        expires_at=ends,
        prefix=config.prefix,
        pool=config.pool.strip(),
        most_per_month=config.most_per_month,
        budget=finite(config.budget) if config.budget else None,
        worth=worth or Decimal(0),
        budget_currency=currency,
    )


def _worth(config: IssueCodeConfig, ctx: Context, currency: str) -> tuple[Kind | None, Decimal | None, str]:
    if config.pool.strip():
        return None, None, ""
    if config.gift.strip():
        found = ctx.port(Products).today([config.gift.strip()]).get(config.gift.strip()) or {}
        price = finite(found.get("price"))
        if price is None or price <= 0:
            raise ValueError(f"nobody knows what {config.gift} costs: name the SKU of something you sell")
        return "gift", price, str(found.get("title") or config.gift)
    if config.percent and (percent := finite(config.percent)):
        if not 0 < percent <= 100:
            raise ValueError("percent is above 0 and at most 100")
        return "percent", percent, ""
    if config.amount and (amount := finite(config.amount)):
        return "amount", Money(amount, currency).rounded().amount, ""
    if config.gives_shipping:
        return "free_shipping", Decimal(0), ""
    raise ValueError("what the code is for came out empty: see which values the step uses")


def _customer(ctx: Context) -> str:
    held = ctx.records.get("customer") or {}
    return ctx.refs.get("customer") or customer_key(held.get("id"), ctx.refs.get("email") or held.get("email")) or ""


def _tell(ctx: Context, taken: CodeTaken, wanted: CodeWanted) -> None:
    data = {
        "code": taken.code, "kind": taken.kind, "value": _plain(taken.value), "currency": taken.currency,
        "customer_id": wanted.customer or None, "flow": ctx.flow,
        "expires_at": format_instant(taken.expires_at) if taken.expires_at else None,
    }  # fmt: skip
    refs = {"customer": wanted.customer} if wanted.customer else {}
    ctx.port(Events).emit(f"{ctx.effect_key}:issued", "code.issued", f"code:{taken.code}", data, refs)


def _value(ctx: Context, taken: CodeTaken) -> dict[str, Any]:
    found: dict[str, Any] = {
        "is_issued": True,
        "code": taken.code,
        "kind": taken.kind,
        "percent": float(taken.value) if taken.kind == "percent" else None,
        "amount": _plain(taken.value) if taken.kind in ("amount", "gift") else None,
        "currency": taken.currency or None,
        "minimum": _plain(taken.minimum) if taken.minimum is not None else None,
        "gift": taken.gift or None,
        "issued_at": format_instant(taken.taken_at),
        "expires_at": format_instant(taken.expires_at) if taken.expires_at is not None else None,
        "url": str(ctx.shop.settings.get("website") or "") or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _shops_own(ctx: Context, reason: str) -> Done:
    """The shop's code for everybody, by its settings `recovery_code` and `recovery_percent`."""
    code, percent = str(ctx.shop.settings.get("recovery_code") or ""), finite(ctx.shop.settings.get("recovery_percent"))
    found: dict[str, Any] = {"is_issued": False, "reason": reason}
    if code:
        found |= {"code": code, "kind": "percent" if percent else "free_shipping"}
        found |= {"percent": float(percent)} if percent else {}
    return Done(found)


def _plain(value: Decimal) -> str:
    return f"{value:f}"
