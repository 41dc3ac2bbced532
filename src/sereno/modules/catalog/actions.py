"""Products in the store: their price, whether they are shown, their tags, collections and badge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import field_validator

from sereno.commerce.merging import parts
from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.schema import Field, record
from sereno.modules.catalog import aligning as aligning
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Marks, Products
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.storing import product_key, product_of, variant_key, write_all, write_each
from sereno.sdk.tagging import TagConfig
from sereno.sdk.writes import CollectProduct, PublishProduct, SetMetafield, SetPrice, SetTexts, TagProduct, Write

HIDDEN = "hidden"
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


class TextsConfig(Config):
    title: str = text(_("Title"), default="", template=True, max_length=1000, help=_("Empty leaves it as it is."))
    description: str = text(
        _("Description"),
        default="",
        template=True,
        html=True,
        max_length=60_000,
        multiline=True,
        help=_("HTML; values are escaped. Empty leaves it as it is."),
    )


@action(
    "catalog.set_texts",
    label=_("Write the product's title and description"),
    icon="pencil",
    config=TextsConfig,
    needs=OF_PRODUCT,
    connection=lambda config: "store",
    ability=SetTexts,
)
def set_texts(config: TextsConfig, ctx: Context) -> Result:
    """Write the title, the description or both of the product into the store. Where the store has several languages
    its main one is written. Written twice it changes nothing."""
    key, title = product_key(ctx), " ".join(config.title.split())
    if not key:
        return NO_PRODUCT
    if not title and not config.description.strip():
        return Fail("texts.missing", "Both texts came out empty: see which values they use.")
    return write_to_store(ctx, SetTexts(key, title, config.description.strip() or None))


class ShowConfig(Config):
    pass


class PublishConfig(Config):
    stores: Literal["own", "all"] = option(
        _("Which stores"), default="own", help=_("All: in every store that sells it, known by its SKUs.")
    )


PUBLISHED = record(
    "published",
    "Whether something was changed, and where it is on sale now.",
    [
        *CHANGED.fields.values(),
        Field("products", "list", "The product's ids, in each of the stores.", of="string"),
        Field("left_out", "list", "SKUs of which a store has several products.", of="string"),
    ],
)


class HideConfig(Config):
    when: Literal["always", "sold_out"] = option(
        _("When"), default="always", help=_("Sold out: only when no variant of it can be sold.")
    )


@action(
    "catalog.publish",
    label=_("Show the product in the shop"),
    icon="eye",
    config=PublishConfig,
    needs=OF_PRODUCT,
    result=PUBLISHED,
    connection=lambda config: "store",
    ability=PublishProduct,
)
def publish(config: PublishConfig, ctx: Context) -> Result:
    """Put the product on sale, whoever hid it: in its store, or in every store that has a product with one of its SKUs.
    A store that cannot is said, after all others were told. `changed` says whether it was hidden before."""
    key = product_key(ctx)
    if not key:
        return NO_PRODUCT
    was = _is_shown(ctx)
    others, unclear = _elsewhere(ctx, key) if config.stores == "all" else ([], [])
    results = write_each(ctx, [PublishProduct(one, is_published=True) for one in (key, *others)])
    for one, result in zip((key, *others), results, strict=True):
        if isinstance(result, Done):
            _marks(ctx, lambda marks, one=one: marks.remove(one, HIDDEN))
    if refused := next((one for one in results if not isinstance(one, Done)), None):
        return refused
    value = {"changed": was is not True, "before": "shown" if was else "hidden"}
    more = {"products": [key, *others], "left_out": list(unclear)} if config.stores == "all" else {}
    return Done({**results[0].value, **value, **more}) if isinstance(results[0], Done) else results[0]


def _elsewhere(ctx: Context, key: str) -> tuple[Sequence[str], Sequence[str]]:
    try:
        return ctx.port(Products).elsewhere(key)
    except LookupError:
        return [], []


@action(
    "catalog.hide",
    label=_("Hide the product"),
    icon="eye-off",
    config=HideConfig,
    needs=OF_PRODUCT,
    result=CHANGED,
    connection=lambda config: "store",
    ability=PublishProduct,
)
def hide(config: HideConfig, ctx: Context) -> Result:
    """Take the product off sale in the store, and remember that it was Sereno who did: only then it is shown again by
    *Show the product again*. One that is hidden already is left alone."""
    key = product_key(ctx)
    if not key:
        return NO_PRODUCT
    if config.when == "sold_out" and not _is_sold_out(ctx):
        return Done({"changed": False, "before": "shown"})
    is_ours = _marks(ctx, lambda marks: marks.get(key, HIDDEN)) is not None
    # On a later attempt the record may show what the first one did.
    if _is_shown(ctx) is False and not (is_ours and ctx.attempt > 1):
        return Done({"changed": False, "before": "hidden"})
    _marks(ctx, lambda marks: marks.put(key, HIDDEN, ctx.run))
    result = write_to_store(ctx, PublishProduct(key, is_published=False))
    if isinstance(result, Fail) and not is_ours:
        _marks(ctx, lambda marks: marks.remove(key, HIDDEN))
    return Done({**result.value, "changed": True, "before": "shown"}) if isinstance(result, Done) else result


@action(
    "catalog.show_again",
    label=_("Show the product again, if Sereno hid it"),
    icon="eye",
    config=ShowConfig,
    needs=OF_PRODUCT,
    result=CHANGED,
    connection=lambda config: "store",
    ability=PublishProduct,
)
def show_again(config: ShowConfig, ctx: Context) -> Result:
    """Put a product on sale again that Sereno hid. One that somebody else hid stays hidden, and the store is not
    asked."""
    key = product_key(ctx)
    if not key:
        return NO_PRODUCT
    if _marks(ctx, lambda marks: marks.get(key, HIDDEN)) is None:
        return Done({"changed": False, "before": ""})
    result = write_to_store(ctx, PublishProduct(key, is_published=True))
    if not isinstance(result, Done):
        return result
    _marks(ctx, lambda marks: marks.remove(key, HIDDEN))
    return Done({**result.value, "changed": True, "before": "hidden"})


def _marks(ctx: Context, what: Callable[[Marks], str | None]) -> str | None:
    """Nothing is remembered where there is no port for it: then nothing is taken back either."""
    try:
        return what(ctx.port(Marks))
    except LookupError:
        return None


def _today(ctx: Context) -> Mapping[str, Any]:
    """The product as it is known now, also when the run knows only its variant."""
    product = product_of(ctx)
    if "variants" in product or not (variant := variant_key(ctx)):
        return product
    try:
        return {**product, **ctx.port(Products).today([variant]).get(variant, {})}
    except LookupError:
        return product


def _is_shown(ctx: Context) -> bool | None:
    """None where nobody has said it."""
    product = _today(ctx)
    if product.get("status") not in (None, "active"):
        return False
    if "published_at" in product and product.get("id"):
        return product["published_at"] is not None
    return True if product.get("status") == "active" or product.get("published_at") else None


def _is_sold_out(ctx: Context) -> bool:
    """Whether none of its variants can be sold, as each is counted now."""
    product = _today(ctx)
    own = {variant_key(ctx): product} if product.get("available") is not None else {}
    names = [str(one["variant_id"]) for one in parts(product.get("variants")) if one.get("variant_id")]
    try:
        known = {**ctx.port(Products).today(names), **own}
    except LookupError:
        known = own
    if not known or any(name not in known for name in names):
        return False
    return all(
        one.get("is_tracked") is not False
        and one.get("can_backorder") is not True
        and one.get("available") is not None
        and one["available"] <= 0
        for one in known.values()
    )


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
    result=CHANGED,
    connection=lambda config: "store",
    ability=SetMetafield,
)
def set_badge(config: BadgeConfig, ctx: Context) -> Result:
    """Write a text onto the product, for the shop's theme to show (a field `sereno.badge`). Empty takes it away. Where
    it stands there already, the store is not asked."""
    key, badge = product_key(ctx), " ".join(config.badge.split())[:200]
    if not key:
        return NO_PRODUCT
    was = _marks(ctx, lambda marks: marks.get(key, config.name))
    if (was or "") == badge:
        return Done({"changed": False, "before": was or ""})
    result = write_to_store(ctx, SetMetafield("product", key, config.name, badge))
    if not isinstance(result, Done):
        return result
    _marks(ctx, lambda marks: marks.put(key, config.name, badge))
    return Done({**result.value, "changed": True, "before": was or ""})
