"""Products, their variants, and how many there are."""

from __future__ import annotations

from sereno.commerce.records.fields import (
    CUSTOM,
    IS_THIN,
    boolean,
    integer,
    items,
    mapping,
    money,
    number,
    string,
    timestamp,
)
from sereno.commerce.schema import record

_VARIANT = (
    string("variant_id", "The platform's id of the variant."),
    string("product_id", "The product it is a variant of."),
    string("sku", "Stock keeping unit, as written."),
    string("barcode", "EAN, UPC or other barcode."),
    string("variant_title", "What tells this variant from its sisters, such as `Small / Red`."),
    money("price", "Price of one, in `currency`; tax as the platform holds it."),
    money("compare_at_price", "The price before the reduction, where there is one."),
    money("cost", "What one costs the shop."),
    string("currency", "ISO 4217 code of the prices; the shop's where the platform names none."),
    number("available", "How many may be sold now, over all known locations; may be below zero; null if unknown."),
    boolean("is_tracked", "Whether the platform counts this variant's stock."),
    boolean("can_backorder", "Whether it may be sold below zero."),
    string("inventory_item_id", "The platform's id of what is counted, where it differs from the variant."),
    number("weight_grams", "Weight of one in grams."),
    boolean("requires_shipping", "Whether it is a thing that must be sent."),
    string("image_url", "Address of a picture."),
)

VARIANT = record(
    "variant",
    "What is really sold: a product in one size and colour. A product without variants has one.",
    (
        *_VARIANT,
        money("old_price", "The price before a change, where the platform says."),
        timestamp("updated_at", "When the platform last changed it."),
        timestamp("deleted_at", "When it was deleted; null while it exists."),
    ),
)

PRODUCT = record(
    "product",
    "A product. When an event is about one variant or its stock, `sku`, `price`, `available` and the other variant "
    "fields are that variant's; otherwise `sku` is the first variant's, `price` the lowest, `available` the sum.",
    (
        string("id", "The platform's id."),
        string("title", "Name of the product."),
        string("description", "Description as the platform holds it, often HTML."),
        string("handle", "The product's name in addresses."),
        string("url", "Address of the product's page."),
        string("product_type", "Type or kind, in the shop's words."),
        string("vendor", "Brand or supplier."),
        items("tags", "string", "The platform's tags."),
        items("categories", "string", "Names of the categories or collections it is in."),
        string("status", "Whether it is sold.", "active", "draft", "archived", "deleted"),
        items("variants", VARIANT, "All variants."),
        integer("variant_count", "How many variants there are."),
        *_VARIANT,
        string("location_id", "The place whose stock changed."),
        mapping("locations", "How many are available, by place."),
        timestamp("published_at", "Since when it is on sale; null when it is not."),
        timestamp("created_at", "When the platform made it."),
        timestamp("updated_at", "When the platform last changed it."),
        timestamp("deleted_at", "When it was deleted; null while it exists."),
        CUSTOM,
        IS_THIN,
    ),
)

STOCK_LEVEL = record(
    "stock_level",
    "How many of a variant there are. In an event `available` is the figure of the place named (or of all, where the "
    "platform does not tell places apart); on record it is the sum over the known places.",
    (
        string("variant_id", "The variant."),
        string("product_id", "The product."),
        string("sku", "Stock keeping unit."),
        string("title", "Name of the product, where it is known."),
        string("variant_title", "What tells this variant from its sisters, where it is known."),
        string("inventory_item_id", "The platform's id of what is counted."),
        string("location_id", "The place."),
        string("location_name", "The place's name."),
        number("available", "How many may be sold; may be below zero; null when the platform does not say."),
        number("on_hand", "How many there are, sold ones that have not left included."),
        number("reserved", "How many are promised to orders."),
        number("incoming", "How many are on their way in."),
        number("change", "By how many it changed, where the platform says so and no more."),
        string("reason", "Why it changed, in the platform's word."),
        boolean("is_tracked", "Whether the platform counts it."),
        mapping("locations", "How many are available, by place."),
        mapping("location_times", "When each place's figure was taken."),
        timestamp("updated_at", "When the platform counted."),
        IS_THIN,
    ),
)

PRODUCT_DIFFERENCE = record(
    "product_difference",
    "What a store says otherwise than it should, so that a thing is the same in all stores. Texts are cut after 500 "
    "characters.",
    (
        string("sku", "Stock keeping unit: by it the same thing is known in all stores."),
        string("title", "What it is, in the store that differs."),
        string("field", "What differs.", "price", "compare_at_price", "title", "description", "status"),
        string("connection", "Name of the connection to the store that differs."),
        string("source", "Name of the connection whose value is right."),
        string("own", "What the store says."),
        string("target", "What it should say."),
        number("change_percent", "By how many percent its price would move, up or down; null where that says nothing."),
        string("currency", "ISO 4217 code of the price."),
        string(
            "reason",
            "Why it is put aside.",
            "sku.twice",
            "currency.differs",
            "value.missing",
            "price.zero",
            "price.too_far",
            "compare_at.too_low",
            "product.other_shape",
            "conflict.both_changed",
            "store.cannot",
            "store.keeps_other",
        ),
        string("product_id", "The product in the store that differs."),
        string("variant_id", "The variant in the store that differs."),
    ),
)
