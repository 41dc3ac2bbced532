"""Stock: set in the store; promised to orders and given back; said to every channel."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from sereno.commerce.schema import Field, record
from sereno.commerce.stock import wanted
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.cover import Cover
from sereno.sdk.plugin import action
from sereno.sdk.ports import Availability, Reservations, Transfers
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Stores, write_to_store
from sereno.sdk.storing import product_key, product_of, variant_key
from sereno.sdk.writes import SetStock

NO_VARIANT = Fail("variant.missing", "This run is about no single variant. Start it by an event of stock or a variant.")
NO_ORDER = Fail("order.missing", "This run is about no order. Start the flow by an event that names one.")


class SetConfig(Config):
    available: str = text(_("How many can be sold"), template=True, max_length=200)
    location: str = text(
        _("Location"), default="", template=True, max_length=200, help=_("The store's id of it. Empty: its only one.")
    )

    @field_validator("available")
    @classmethod
    def _is_whole(cls, value: str) -> str:
        if not value.strip().lstrip("-").isdigit():
            raise ValueError("a whole number is needed")
        return value.strip()


@action(
    "stock.set",
    label=_("Set the stock to {available}"),
    icon="package",
    config=SetConfig,
    needs=frozenset({"product"}),
    connection=lambda config: "store",
    ability=SetStock,
)
def set_stock(config: SetConfig, ctx: Context) -> Result:
    """Say to the store how many of the variant the run is about can be sold. It is set, not added to, so a replay
    changes nothing."""
    variant = variant_key(ctx)
    if not variant:
        return NO_VARIANT
    product = product_of(ctx)
    return write_to_store(
        ctx,
        SetStock(
            variant,
            int(config.available),
            product=product_key(ctx),
            inventory_item=str(product.get("inventory_item_id") or ""),
            sku=str(product.get("sku") or ""),
            location=config.location.strip(),
        ),
    )


RESERVED = record(
    "reservation",
    "What came of reserving.",
    [
        Field("ok", "boolean", "Whether all that is counted is reserved."),
        Field("short", "list", "The items of which there are too few.", of="string"),
        Field("unknown", "list", "The items nobody has said the stock of.", of="string"),
    ],
)


class ReserveConfig(Config):
    pass


@action(
    "stock.reserve",
    label=_("Reserve the order's stock"),
    icon="package",
    config=ReserveConfig,
    needs=frozenset({"order"}),
    result=RESERVED,
    decides=True,
)
def reserve(config: ReserveConfig, ctx: Context) -> Result:
    """Promise the order's lines to it: all, or none when there are too few of one. Exact however many buyers ask at
    once; asked twice it changes nothing; in shadow it only looks. With `as: stock`, `vars.stock.ok` says whether it is
    reserved."""
    order = _order(ctx)
    if order is None:
        return NO_ORDER
    key, held = order
    try:
        reservations = ctx.port(Reservations)
    except LookupError:
        return Fail("stock.none", "This shop keeps no stock.")
    lines = held.get("lines") or []
    if ctx.is_shadow:
        items = wanted(lines)
        known = reservations.available(list(items), order=key)
        missing = [item for item, number in items.items() if known.get(item, number) < number]
        unknown = [item for item in items if item not in known]
    else:
        short = reservations.reserve(key, lines, placed_at=held.get("placed_at") or held.get("created_at"))
        missing = [one.item for one in short if one.code == "stock.short"]
        unknown = [one.item for one in short if one.code == "stock.unknown"]
    return Done({"ok": not missing, "short": missing, "unknown": unknown})


@action(
    "stock.release",
    label=_("Give back the order's stock"),
    icon="package",
    config=ReserveConfig,
    needs=frozenset({"order"}),
)
def release(config: ReserveConfig, ctx: Context) -> Result:
    """Give back what is reserved for the order and has not left. Where nothing is, nothing happens."""
    order = _order(ctx)
    if order is None:
        return NO_ORDER
    try:
        return Done({"lines": ctx.port(Reservations).release(order[0])})
    except LookupError:
        return Fail("stock.none", "This shop keeps no stock.")


def some_days(value: int) -> int:
    if not 1 <= value <= 365:
        raise ValueError("1 to 365 days")
    return value


class EvenConfig(Config):
    cover_days: int = option(_("Days of sales each place should have"), default=14)
    keep_days: int = option(_("Days of sales a giving place keeps"), default=28)

    @field_validator("cover_days", "keep_days")
    @classmethod
    def _is_some(cls, value: int) -> int:
        return some_days(value)


PROPOSED = record("proposed", "What was proposed.", [Field("transfers", "integer", "How many transfers.")])


@action(
    "stock.propose_transfers",
    label=_("Propose transfers, so that each place has {cover_days} days of sales"),
    icon="move",
    config=EvenConfig,
    result=PROPOSED,
)
def propose_transfers(config: EvenConfig, ctx: Context) -> Result:
    """Propose what should move between the shop's places, by what left each in the last 28 days. A person sends them;
    what is proposed already is not proposed again."""
    try:
        made = ctx.port(Transfers).propose(config.cover_days, config.keep_days, f"flow:{ctx.flow}")
    except LookupError:
        return Fail("stock.none", "This shop keeps no stock.")
    return Done({"transfers": len(made)})


class CoverConfig(Config):
    days: int = option(_("Days the stock should last"), default=14)

    @field_validator("days")
    @classmethod
    def _is_some(cls, value: int) -> int:
        return some_days(value)


COVERED = record(
    "cover",
    "What does not last.",
    [
        Field("count", "integer", "How many items are new to it."),
        Field("items", "list", "The first fifty of them: `sku`, `title`, `available`, `days`.", of="any"),
        Field("low", "integer", "How many there are in all."),
    ],
)


@action(
    "stock.watch_cover",
    label=_("Find what lasts for less than {days} days"),
    icon="package",
    config=CoverConfig,
    result=COVERED,
    decides=True,
)
def watch_cover(config: CoverConfig, ctx: Context) -> Result:
    """Find what will be sold out within these days by its forecast. `vars.NAME.items` are those that were not so when
    this was last asked; each is told by `stock.cover_low` too. Items without a forecast are not judged. In shadow it
    only looks."""
    try:
        low = ctx.port(Cover).low(config.days, remember=not ctx.is_shadow)
    except LookupError:
        return Fail("stock.none", "This shop keeps no stock.")
    new = [one for one in low if one.is_new]
    items = [
        {"sku": one.item, "title": one.title, "available": one.available, "days": int(one.days)} for one in new[:50]
    ]
    return Done({"count": len(new), "items": items, "low": len(low)})


class OfferConfig(Config):
    pass


@action(
    "stock.offer",
    label=_("Tell all stores what can be sold"),
    icon="store",
    config=OfferConfig,
    needs=frozenset({"product"}),
    connection=lambda config: "store",
    ability=SetStock,
)
def offer(config: OfferConfig, ctx: Context) -> Result:
    """Tell every store that sells the item how many can be had, less what is kept back from it. A store that says so
    already is not told; one whose figure moved meanwhile is told anew from the new one."""
    item = ctx.refs.get("sku") or str(product_of(ctx).get("sku") or "") or variant_key(ctx)
    if not item:
        return NO_VARIANT
    try:
        availability, stores = ctx.port(Availability), ctx.port(Stores)
    except LookupError:
        return Fail("store.none", "No store of this shop may be written to: give one the permission under Connections.")
    told: dict[str, int] = {}
    for one in availability.offers(item):
        write = SetStock(
            one.variant, one.available, one.product, one.inventory_item, item, one.location, expected=one.expected
        )
        key = f"{ctx.effect_key}/{one.variant}/{one.location}/{one.expected}"
        result = stores.write(write, key=key, attempt=ctx.attempt, now=ctx.now)
        if isinstance(result, Fail) and result.reason == "stock.changed":
            return Retry(result.reason, "The store's figure moved meanwhile; it is reckoned anew from the new one.")
        if not isinstance(result, Done):
            return result
        availability.said(one)
        told[f"{one.variant}@{one.location}" if one.location else one.variant] = one.available
    return Done({"told": told})


def _order(ctx: Context) -> tuple[str, Any] | None:
    held = ctx.records.get("order") or {}
    key = ctx.refs.get("order") or str(held.get("id") or "")
    return (key, held) if key else None
