"""What `product` is in an expression: the product, with the variant and the stock an event is about laid over it."""

from sereno.commerce.records import PRODUCT
from sereno.sdk.plugin import root_record

root_record("product", PRODUCT, parts=(("product", "product"), ("variant", "variant"), ("stock_level", "stock_level")))
