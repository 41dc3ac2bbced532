"""What happens to products and their variants."""

from __future__ import annotations

from sereno.commerce.records import PRODUCT, PRODUCT_DIFFERENCE, VARIANT
from sereno.sdk.plugin import event

OF_PRODUCT = frozenset({"product"})

for _name, _description in (
    ("product.created", "A product was made."),
    ("product.updated", "Anything about a product changed."),
    ("product.published", "A product went on sale."),
    ("product.unpublished", "A product was taken off sale."),
    ("product.deleted", "A product was deleted."),
):
    event(_name, description=_description, data=PRODUCT, supplies=OF_PRODUCT, projects="product")

for _name, _description in (
    ("variant.created", "A variant was made."),
    ("variant.updated", "Anything about a variant changed."),
    ("variant.price_changed", "A variant's price changed."),
    ("variant.deleted", "A variant was deleted."),
):
    event(_name, description=_description, data=VARIANT, supplies=OF_PRODUCT, projects="variant")

event(
    "product.differs",
    description="A store says otherwise than it should of a product's price, texts or status, by the shop's rule for "
    "that field. Said once for each value it has and should have; `catalog.align` makes it equal.",
    data=PRODUCT_DIFFERENCE,
    supplies=OF_PRODUCT,
)
event(
    "product.difference_held",
    description="A difference between stores was put aside: `event.reason` says why. It is written once a person "
    "releases it, or the cause is gone.",
    data=PRODUCT_DIFFERENCE,
    supplies=OF_PRODUCT,
)
