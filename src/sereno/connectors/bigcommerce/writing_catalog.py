"""Prices, texts, visibility, categories, stock, metafields, coupons and orders by hand on BigCommerce.

Invariant: all but the making of a coupon or an order set a value that is the same however often it is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from sereno.connectors import wording
from sereno.connectors.bigcommerce.client import (
    ask,
    ask_list,
    decimal,
    instant,
    known,
    mark,
    number,
    set_field,
)
from sereno.connectors.bigcommerce.writing_orders import address
from sereno.sdk.stores import Call, Exchange, StoreRefused, Written
from sereno.sdk.writes import (
    CollectProduct,
    CreateDiscountCode,
    CreateDraftOrder,
    PublishProduct,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
)


def _variant(exchange: Exchange, variant: str) -> dict[str, Any]:
    found = ask_list(exchange, "/v3/catalog/variants", {"id:in": number(variant)})
    if not found:
        raise StoreRefused("variant.gone", "BigCommerce does not have this variant any more.")
    return found[0]


def set_price(call: Call, write: SetPrice) -> Written:
    """What is struck through is BigCommerce's price, and what is paid its sale price. Of a product without options the
    product carries them; a variant without a price has the product's. Raises `price.currency`."""
    if write.price is None and write.compare_at is None:
        raise StoreRefused("price.missing", "No price was given.")
    own = str(ask(call.exchange, "GET", "/v2/store").get("currency") or "")
    for value in (write.price, write.compare_at):
        if value is not None and value.currency != own:
            raise StoreRefused("price.currency", f"The shop's prices are in {own}, not in {value.currency}.")
    variant = _variant(call.exchange, write.variant)
    product = f"/v3/catalog/products/{variant['product_id']}"
    path = f"{product}/variants/{variant['id']}" if variant.get("option_values") else product
    there = known(call.exchange, path, "variant")
    priced = there if there.get("price") is not None else known(call.exchange, product, "product")
    price, sale = decimal(priced.get("price")), decimal(priced.get("sale_price"))
    paid, struck = (sale, price) if sale > 0 else (price, decimal(0))
    new_paid = write.price.rounded().amount if write.price is not None else paid
    new_struck = write.compare_at.rounded().amount if write.compare_at is not None else struck
    change = {"price": new_struck, "sale_price": new_paid} if new_struck > new_paid else {"price": new_paid}
    if new_struck <= new_paid and sale:
        change["sale_price"] = decimal(0)
    before = {"price": str(paid), "compare_at_price": str(struck) if struck else None}
    if all(decimal(there.get(name)) == value for name, value in change.items()):
        return Written({"before": before})
    body = {name: float(value) for name, value in change.items()}
    found = ask(call.exchange, "PUT", path, body).get("data") or {}
    return Written({"before": before}, instant(found.get("date_modified")))


def set_texts(call: Call, write: SetTexts) -> Written:
    path = f"/v3/catalog/products/{number(write.product)}"
    wanted = wording.asked(write, "name", "description")
    there = known(call.exchange, path, "product")
    if not (change := wording.differing(there, wanted)):
        return Written({"product_id": str(there["id"])}, instant(there.get("date_modified")))
    found = ask(call.exchange, "PUT", path, change).get("data") or {}
    return Written({"product_id": str(there["id"])}, instant(found.get("date_modified")))


def publish_product(call: Call, write: PublishProduct) -> Written:
    path = f"/v3/catalog/products/{number(write.product)}"
    there = known(call.exchange, path, "product")
    was = "active" if there.get("is_visible") else "draft"
    if bool(there.get("is_visible")) == write.is_published:
        return Written({"was": was}, instant(there.get("date_modified")))
    found = ask(call.exchange, "PUT", path, {"is_visible": write.is_published}).get("data") or {}
    return Written({"was": was}, instant(found.get("date_modified")))


def collect_product(call: Call, write: CollectProduct) -> Written:
    """A collection is a category here: its id, or its name."""
    category = number(write.collection) if write.collection.isdigit() else _category(call, write.collection)
    path, product = "/v3/catalog/products/category-assignments", number(write.product)
    if write.is_in:
        ask(call.exchange, "PUT", path, [{"product_id": product, "category_id": category}])
    else:
        ask(call.exchange, "DELETE", path, query={"product_id:in": product, "category_id:in": category})
    return Written({"collection_id": str(category)})


def _category(call: Call, name: str) -> int:
    found = ask_list(call.exchange, "/v3/catalog/categories", {"name": name})
    if not found:
        raise StoreRefused("collection.gone", f"BigCommerce has no category {name!r}.")
    return int(found[0]["id"])


def set_stock(call: Call, write: SetStock) -> Written:
    """What lies at the location, so that as many can be sold as asked for beside its safety stock. `expected` is
    compared just before: BigCommerce has no way to do both at once. Raises `stock.changed`, `stock.not_tracked`,
    `stock.location_missing`."""
    variant = _variant(call.exchange, write.variant)
    product = known(call.exchange, f"/v3/catalog/products/{variant['product_id']}", "product")
    tracking = product.get("inventory_tracking")
    if tracking not in ("product", "variant"):
        raise StoreRefused("stock.not_tracked", "BigCommerce does not count this product: switch on “Track inventory”.")
    item = {"variant_id": variant["id"]} if tracking == "variant" else {"product_id": variant["product_id"]}
    name, own = next(iter(item.items()))
    found = ask_list(call.exchange, "/v3/inventory/items", {f"{name}:in": own})
    places: list[dict[str, Any]] = found[0].get("locations") or [] if found else []
    if write.location:
        places = [one for one in places if str(one["location_id"]) == write.location]
    if len(places) > 1:
        raise StoreRefused("stock.location_missing", "The shop counts it at several places: say at which location.")
    place = places[0] if places else {}
    available = int(place.get("available_to_sell") or 0)
    value = {"available": write.available, "location_id": str(place.get("location_id") or write.location or 1)}
    if available == write.available and places:
        return Written(value)
    if write.expected is not None and write.expected != available:
        raise StoreRefused("stock.changed", f"{available} can be sold there now, not {write.expected}.")
    safety = int((place.get("settings") or {}).get("safety_stock") or 0)
    counted = {**item, "location_id": number(value["location_id"]), "quantity": write.available + safety}
    ask(call.exchange, "PUT", "/v3/inventory/adjustments/absolute", {"reason": mark(call), "items": [counted]})
    return Written(value)


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """Texts all of them: BigCommerce's metafields have no types."""
    own = number(write.key)
    paths = {"order": f"/v3/orders/{own}", "customer": f"/v3/customers/{own}", "product": f"/v3/catalog/products/{own}"}
    if write.of == "variant":
        product = _variant(call.exchange, write.key)["product_id"]
        paths["variant"] = f"/v3/catalog/products/{product}/variants/{own}"
    made = set_field(call.exchange, paths[write.of], write.namespace, write.name, write.value, "write")
    return Written({"metafield_id": str(made.get("id") or "")}, instant(made.get("date_modified")))


# --- made anew --------------------------------------------------------------------------------------

_KINDS = {"percentage": "percentage_discount", "fixed": "per_total_discount", "free_shipping": "free_shipping"}


def create_discount_code(call: Call, write: CreateDiscountCode) -> Written:
    """A coupon. One of this code that is there already is ours if its name carries our mark; else `discount.taken`.
    Raises `discount.one_customer`: a coupon cannot be kept for one customer, and `discount.later`: nor begin later."""
    if write.customer:
        raise StoreRefused("discount.one_customer", "BigCommerce cannot keep a coupon for one customer.")
    if write.starts_at is not None and write.starts_at > call.now:
        raise StoreRefused("discount.later", "BigCommerce's coupons hold from the moment they are made.")
    there = [one for one in ask_list(call.exchange, "/v2/coupons", {"code": write.code}) if one["code"] == write.code]
    if there:
        if mark(call) not in str(there[0].get("name") or ""):
            raise StoreRefused("discount.taken", f"The shop has a coupon {write.code} already.")
        return Written({"code": write.code, "discount_id": str(there[0]["id"])})
    coupon: dict[str, Any] = {
        "name": f"{write.code} {mark(call)}",
        "code": write.code,
        "type": _KINDS[write.kind],
        "amount": str(write.value),
        "enabled": True,
        "applies_to": {"entity": "categories", "ids": [0]},
        "max_uses": write.most_uses or 0,
        "max_uses_per_customer": 1 if write.is_once_per_customer else 0,
    }
    if write.minimum is not None:
        coupon["min_purchase"] = str(write.minimum.rounded().amount)
    if write.ends_at is not None:
        coupon["expires"] = format_datetime(write.ends_at)
    made = ask(call.exchange, "POST", "/v2/coupons", coupon)
    return Written({"code": write.code, "discount_id": str(made.get("id") or "")})


def create_draft_order(call: Call, write: CreateDraftOrder) -> Written:
    """An order that awaits its payment, known again by its id in another system. BigCommerce wants an address: the one
    given, else the customer's; `draft.no_address` without either."""
    there = ask_list(call.exchange, "/v2/orders", {"external_order_id": mark(call)})
    if there:
        return _drafted(there[0])
    bill = address(write.address) if write.address else _address_of(call, write.customer)
    if not bill:
        raise StoreRefused("draft.no_address", "BigCommerce makes no order without an address: give one.")
    email = write.email or bill.pop("email", "")
    products: list[dict[str, Any]] = []
    for one in write.lines:
        variant = _variant(call.exchange, one.variant)
        options = [{"id": it["option_id"], "value": str(it["id"])} for it in variant.get("option_values") or []]
        products.append({"product_id": variant["product_id"], "quantity": one.quantity, "product_options": options})
    order: dict[str, Any] = {
        "status_id": 7,
        "customer_id": number(write.customer) if write.customer else 0,
        "billing_address": {**bill, "email": email},
        "shipping_addresses": [{**bill, "email": email}],
        "products": products,
        "external_order_id": mark(call),
        "staff_notes": "\n".join(part for part in (write.note, ", ".join(write.tags)) if part),
    }
    if write.discount is not None:
        order["discount_amount"] = str(write.discount.rounded().amount)
    return _drafted(ask(call.exchange, "POST", "/v2/orders", order))


def _address_of(call: Call, customer: str) -> dict[str, Any]:
    """The customer's first address."""
    if not customer:
        return {}
    query = {"id:in": number(customer), "include": "addresses"}
    found = next(iter(ask_list(call.exchange, "/v3/customers", query)), {})
    there: dict[str, Any] = next(iter(found.get("addresses") or []), {})
    if not there:
        return {}
    return {
        "first_name": there.get("first_name"),
        "last_name": there.get("last_name"),
        "company": there.get("company"),
        "street_1": there.get("address1"),
        "street_2": there.get("address2"),
        "city": there.get("city"),
        "state": there.get("state_or_province"),
        "zip": there.get("postal_code"),
        "country_iso2": there.get("country_code"),
        "phone": there.get("phone"),
        "email": found.get("email"),
    }


def _drafted(order: Mapping[str, Any]) -> Written:
    own = str(order.get("id") or "")
    return Written({"draft_id": own, "number": own}, instant(order.get("date_modified")))
