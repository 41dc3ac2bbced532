"""What people show an interest in, as storefronts and other systems tell it."""

from __future__ import annotations

from sereno.commerce.schema import Field, record

INTEREST = record(
    "interest",
    "Somebody's interest in something the shop sells.",
    [
        Field("customer_id", "string", "The customer, where they are known."),
        Field("email", "string", "Their address."),
        Field("product_id", "string", "The product."),
        Field("variant_id", "string", "The variant; left out for any of them."),
        Field("sku", "string", "Its stock keeping unit."),
        Field("locale", "string", "The language they read."),
        Field("source", "string", "Where it was said: `storefront`, or the other system's name."),
        Field("confirm_url", "string", "Of a place in line that its owner is to confirm: where they do."),
    ],
)
PRODUCT_VIEW = record(
    "product_view",
    "A look at a product's page.",
    [
        Field("id", "string", "The product."),
        Field("customer_id", "string", "The customer who looked, where they are known."),
        Field("email", "string", "Their address."),
        Field("variant_id", "string", "The variant that was chosen, if any."),
        Field("source", "string", "Who tells it."),
    ],
)
