"""What people show an interest in, as storefronts and other systems tell it; and what Sereno tells of it, one person at
a time."""

from __future__ import annotations

from sereno.commerce.records import INTEREST, PRODUCT_VIEW
from sereno.commerce.schema import Field, record
from sereno.sdk.plugin import event

TOLD = record(
    "interest_told",
    "Something worth telling somebody about what they show an interest in.",
    [
        Field("customer_id", "string", "The customer."),
        Field("email", "string", "Their address, where they left one."),
        Field("kind", "string", "How strong the interest is.", values=("waiting", "wish", "cart", "view", "bought")),
        Field("product_id", "string", "The product."),
        Field("variant_id", "string", "The variant."),
        Field("sku", "string", "Its stock keeping unit."),
        Field("title", "string", "What it is."),
        Field("price", "money", "Its price when this was told."),
        Field("old_price", "money", "Of a price that dropped: what it was."),
        Field("currency", "string", "ISO 4217 code of the prices."),
        Field("percent", "integer", "Of a price that dropped: by how much of a hundred, rounded down."),
        Field("available", "integer", "How many there were when this was told; null where nobody counts them."),
        Field("wave", "integer", "Of a thing that is back: in which wave they were told, from 1."),
        Field("times", "integer", "How often they looked, or bought it."),
        Field(
            "interval_days", "integer", "Of a thing that is used up: after how many days it is usually bought again."
        ),
        Field("items", "list", "The products, where they are several.", of="string"),
    ],
)
OF_BOTH = frozenset({"customer", "product"})

event(
    "product.viewed",
    description="A known customer looked at a product.",
    data=PRODUCT_VIEW,
    supplies=OF_BOTH,
)
for _name, _description in (
    ("waiting.requested", "Somebody asked to be told when a thing is back, and is to confirm the address first."),
    ("waiting.joined", "Somebody asked to be told when a thing is back."),
    ("waiting.left", "Somebody does not want to be told any more when a thing is back."),
    ("wish.added", "Somebody put a thing on their wish list."),
    ("wish.removed", "Somebody took a thing off their wish list."),
):
    event(_name, description=_description, data=INTEREST, supplies=OF_BOTH)
for _name, _description in (
    (
        "interest.restocked",
        "A thing that was sold out is back, and it is this person's turn to hear of it: as many as there are pieces "
        "are told, who waits first and then in the order they came; the next when pieces are left after a day.",
    ),
    ("interest.price_dropped", "A thing this person wishes, has in the cart or looked at costs less than it did."),
    ("interest.running_low", "Of a thing this person wishes or has in the cart only a few are left."),
    ("interest.browsed", "A known customer looked at products and left without putting anything into the cart."),
    ("interest.arrived", "Something new came of a kind this person shows an interest in."),
    (
        "interest.running_out",
        "What this person bought is usually bought again by now, as the shop's own reorders show.",
    ),
):
    event(_name, description=_description, data=TOLD, supplies=OF_BOTH)
