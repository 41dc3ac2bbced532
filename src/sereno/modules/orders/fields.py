"""What `order`, `cart` and `store` are in an expression."""

from sereno.commerce.records import CART, ORDER, STORE
from sereno.sdk.plugin import root_record

root_record("order", ORDER, parts=(("order", "order"), ("order", "order_standing")))
root_record("cart", CART)
root_record("store", STORE, parts=())
