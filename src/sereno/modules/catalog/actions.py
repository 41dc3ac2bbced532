"""Products in the store: their price, whether they are shown, their tags, collections and badge."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import field_validator

from sereno.commerce.merging import parts
from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.schema import Field, record
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.storing import product_key, product_of, variant_key, write_all
from sereno.sdk.tagging import TagConfig
from sereno.sdk.writes import CollectProduct, PublishProduct, SetMetafield, SetPrice, TagProduct, Write

OF_PRODUCT = frozenset({"product"})
NO_PRODUCT = Fail("product.missing", "This run is about no product. Start the flow by an event that names one.")

CHANGED = record(
    "changed",
    "Whether something was changed, so that it can be put back as it was.",
    [
        Field("changed", "boolean", "False when it was so already."),
        Field("before", "string", "What it was before, where that is known."),
    ],
)


class PriceConfig(Config):
    price: str = text(_("Price"), template=True, max_length=200)
    compare_at: str = text(
        _("Price struck through"),
        default="",
        template=True,
        max_length=200,
        help=_("Empty leaves it as it is; 0 takes it away."),
    )
    variants: Literal["this", "all"] = option(_("Which variants"), default="this")

    @field_validator("price", "compare_at")
    @classmethod
    def _is_amount(cls, value: str) -> str:
        if value.strip():
            try:
                if not 0 <= Decimal(value.strip()) < 10**12:
                    raise ValueError("an amount of 0 or more is needed")
            except InvalidOperation:
                raise ValueError("an amount such as 12.50 is needed") from None
        return value.strip()


@action(
    "catalog.set_price",
    label=_("Set the price to {price}"),
    icon="tag",
    config=PriceConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=SetPrice,
)
def set_price(config: PriceConfig, ctx: Context) -> Result:
    """Set the price of the variant the run is about, or of all variants of its product, in the currency the store has
    it in. Setting it twice changes nothing."""
    product, key = product_of(ctx), product_key(ctx)
    currency = str(product.get("currency") or ctx.shop.currency)
    try:
        price = Money.parse(config.price, currency)
        compare_at = Money.parse(config.compare_at, currency) if config.compare_at else None
    except AmountInvalid as error:
        return Fail("price.invalid", f"{error}: see which value the text of the price uses.")
    if config.variants == "all":
        found = [str(one["variant_id"]) for one in parts(product.get("variants")) if one.get("variant_id")]
    else:
        found = [variant_key(ctx)]
    if not found or not found[0]:
        return Fail("variant.missing", "This run is about no single variant: choose all variants of the product.")
    writes: list[Write] = [SetPrice(key, variant, price, compare_at) for variant in found]
    return write_all(ctx, writes)


class ShowConfig(Config):
    pass


@action(
    "catalog.publish",
    label=_("Show the product in the shop"),
    icon="eye",
    config=ShowConfig,
    needs=OF_PRODUCT,
    result=CHANGED,
    connection=lambda config: "store",
    ability=PublishProduct,
)
def publish(config: ShowConfig, ctx: Context) -> Result:
    """Put the product on sale in the store. `changed` says whether it was hidden before."""
    return _show(ctx, is_published=True)


@action(
    "catalog.hide",
    label=_("Hide the product"),
    icon="eye-off",
    config=ShowConfig,
    needs=OF_PRODUCT,
    result=CHANGED,
    connection=lambda config: "store",
    ability=PublishProduct,
)
def hide(config: ShowConfig, ctx: Context) -> Result:
    """Take the product off sale in the store. With `as: hidden`, `vars.hidden.changed` says whether it was on sale
    before: so what was hidden by somebody else is not shown again."""
    return _show(ctx, is_published=False)


def _show(ctx: Context, *, is_published: bool) -> Result:
    key, product = product_key(ctx), product_of(ctx)
    if not key:
        return NO_PRODUCT
    was = product.get("published_at") is not None and product.get("status") in (None, "active")
    if not product:
        was = not is_published
    elif "published_at" not in product:
        was = product.get("status") in (None, "active")
    # On a later attempt the record may show what the first one did.
    if was == is_published and ctx.attempt == 1:
        return Done({"changed": False, "before": "shown" if was else "hidden"})
    result = write_to_store(ctx, PublishProduct(key, is_published))
    if isinstance(result, Done):
        return Done({**result.value, "changed": True, "before": "hidden" if is_published else "shown"})
    return result


@action(
    "catalog.add_tag",
    label=_("Tag the product with {tag}"),
    icon="tag",
    config=TagConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=TagProduct,
)
def add_tag(config: TagConfig, ctx: Context) -> Result:
    """Tag the product in the store. Tagging twice changes nothing."""
    return _tag(ctx, add=(config.tag.strip(),))


@action(
    "catalog.remove_tag",
    label=_("Take the tag {tag} off the product"),
    icon="tag",
    config=TagConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=TagProduct,
)
def remove_tag(config: TagConfig, ctx: Context) -> Result:
    """Take a tag off the product in the store. A tag that is not there is a no-op."""
    return _tag(ctx, remove=(config.tag.strip(),))


def _tag(ctx: Context, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Result:
    key = product_key(ctx)
    return write_to_store(ctx, TagProduct(key, add, remove)) if key else NO_PRODUCT


class CollectionConfig(Config):
    collection: str = text(
        _("Collection"), template=True, max_length=200, help=_("Its id or its handle in the store's addresses.")
    )


@action(
    "catalog.collect",
    label=_("Put the product into {collection}"),
    icon="square-stack",
    config=CollectionConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=CollectProduct,
)
def collect(config: CollectionConfig, ctx: Context) -> Result:
    """Put the product into a collection (a category) of the store. Done twice it changes nothing."""
    key = product_key(ctx)
    return write_to_store(ctx, CollectProduct(key, config.collection.strip())) if key else NO_PRODUCT


@action(
    "catalog.uncollect",
    label=_("Take the product out of {collection}"),
    icon="square-stack",
    config=CollectionConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=CollectProduct,
)
def uncollect(config: CollectionConfig, ctx: Context) -> Result:
    """Take the product out of a collection (a category) of the store. Where it is not in, nothing happens."""
    key = product_key(ctx)
    return write_to_store(ctx, CollectProduct(key, config.collection.strip(), is_in=False)) if key else NO_PRODUCT


class BadgeConfig(Config):
    name: str = text(_("Name of the field"), default="badge", max_length=64)
    badge: str = text(_("Text"), default="", template=True, max_length=200, help=_("Empty takes it away."))


@action(
    "catalog.set_badge",
    label=_("Badge the product: {badge}"),
    icon="star",
    config=BadgeConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=SetMetafield,
)
def set_badge(config: BadgeConfig, ctx: Context) -> Result:
    """Write a text onto the product, for the shop's theme to show (a field `sereno.badge`). Empty takes it away."""
    key = product_key(ctx)
    if not key:
        return NO_PRODUCT
    return write_to_store(ctx, SetMetafield("product", key, config.name, " ".join(config.badge.split())[:200]))
