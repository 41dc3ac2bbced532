"""Changing products, texts, prices, stock and discount codes in Magento, whose products go by SKU.

What is set here is set for every store view (scope `all`): without it Magento would make a value of its own for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sereno.connectors import wording
from sereno.connectors.magento.catalog import custom_of, special_price
from sereno.connectors.magento.client import Body, as_list, ask, changed_at, mark, search
from sereno.connectors.reading import Reader
from sereno.sdk.stores import Call, Exchange, StoreRefused, Written
from sereno.sdk.writes import (
    CollectProduct,
    CreateDiscountCode,
    PublishProduct,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
)

ALL = "all"
DEFAULT_SOURCE = "default"


def find(call: Call, own: str) -> Body:
    """The product of this id. Every variant is a product of its own."""
    found = search(call.exchange, "products", ("entity_id", "eq", own), scope=ALL)
    if not found:
        raise StoreRefused("store.not_found", f"Magento has no product {own} any more.")
    return found[0]


def _change(call: Call, product: Mapping[str, Any], body: Body) -> Written:
    sku = str(product["sku"])
    done = ask(call.exchange, "PUT", f"products/{_in_path(sku)}", body={"product": {"sku": sku, **body}}, scope=ALL)
    return Written({"sku": sku}, changed_at(done))


def set_price(call: Call, write: SetPrice) -> Written:
    """The price, and a special price where something is struck through. A special price that is planned, or over, is
    left; one that is asked for holds from now on."""
    if write.price is None and write.compare_at is None:
        raise StoreRefused("price.missing", "No price was given.")
    base = _base_currency(call.exchange)
    for amount in (write.price, write.compare_at):
        if amount is not None and amount.currency != base:
            raise StoreRefused("price.currency", f"Magento's prices are in {base}, the price is in {amount.currency}.")
    product = find(call, write.variant or write.product)
    custom, regular = custom_of(Reader(product)), Reader(product).decimal("price")
    special = special_price(custom, call.now.date())
    paid = special if special is not None and regular is not None and special < regular else regular
    price = write.price.amount if write.price is not None else paid
    struck = regular if special is not None else None
    if write.compare_at is not None:
        struck = write.compare_at.amount
    if price is None:
        raise StoreRefused("price.missing", "The product has no price to strike another through for.")
    if struck is not None and struck > price:
        wanted, values = struck, {"special_price": str(price)}
        if special is None:
            values |= {name: "" for name in ("special_from_date", "special_to_date") if name in custom}
    else:
        is_left = special is None and write.compare_at is None
        wanted, values = price, {} if is_left or "special_price" not in custom else {"special_price": ""}
    if regular == wanted and all(_has(custom, name, value) for name, value in values.items()):
        return Written({"sku": product["sku"]}, changed_at(product))
    attributes = [{"attribute_code": name, "value": value} for name, value in values.items()]
    return _change(call, product, {"price": str(wanted), **({"custom_attributes": attributes} if attributes else {})})


def _has(custom: Mapping[str, Reader], name: str, value: str) -> bool:
    """An attribute that is taken away is written as ""."""
    held = custom[name] if name in custom else Reader(None)
    return held.decimal("value") == Decimal(value) if value else held.text("value") is None


def set_texts(call: Call, write: SetTexts) -> Written:
    """For every store view that has no text of its own. The short description and the address stay as they are."""
    product, wanted = find(call, write.product), wording.asked(write, "name", "description")
    held = {"name": product.get("name"), "description": _attribute_text(product, "description")}
    change: Body = dict(wording.differing(held, wanted))
    if not change:
        return Written({"sku": product["sku"]}, changed_at(product))
    if "description" in change:
        attribute = {"attribute_code": "description", "value": change.pop("description")}
        change["custom_attributes"] = [attribute]
    return _change(call, product, change)


def publish(call: Call, write: PublishProduct) -> Written:
    product, status = find(call, write.product), 1 if write.is_published else 2
    if product.get("status") == status:
        return Written({"sku": product["sku"]}, changed_at(product))
    return _change(call, product, {"status": status})


def collect(call: Call, write: CollectProduct) -> Written:
    """Into a category, or out of it: by its id or its address key."""
    product = find(call, write.product)
    sku, own = str(product["sku"]), _category(call, write.collection)
    links = Reader(product).child("extension_attributes").children("category_links")
    if any(link.id("category_id") == own for link in links) == write.is_in:
        return Written({"sku": sku})
    if write.is_in:
        body = {"productLink": {"sku": sku, "category_id": own}}
        ask(call.exchange, "POST", f"categories/{own}/products", body=body, scope=ALL)
    else:
        ask(call.exchange, "DELETE", f"categories/{own}/products/{_in_path(sku)}", scope=ALL)
    return Written({"sku": sku})


def _category(call: Call, collection: str) -> str:
    if collection.isascii() and collection.isdigit():
        return collection
    found = search(call.exchange, "categories/list", ("url_key", "eq", collection), scope=ALL)
    if not found:
        raise StoreRefused("collection.gone", f"The shop has no category {collection!r}.")
    return str(found[0].get("id"))


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """A product attribute that the shop has: Magento passes over those it does not know, which is told of."""
    if write.of not in ("product", "variant"):
        raise StoreRefused("store.cannot", f"Magento keeps no fields of one's own on a {write.of}.")
    product = find(call, write.key)
    if _attribute_text(product, write.name) == write.value:
        return Written({"sku": product["sku"]}, changed_at(product))
    body = {"custom_attributes": [{"attribute_code": write.name, "value": write.value}]}
    done = _change(call, product, body)
    if _attribute_text(find(call, write.key), write.name) != write.value:
        raise StoreRefused(
            "metafield.unknown", f"Magento did not keep {write.name!r}: make that product attribute first."
        )
    return done


def set_stock(call: Call, write: SetStock) -> Written:
    """Magento keeps what a source has, and sells that less what is reserved for orders not sent yet. So what is to be
    sold is raised by the reservations, where the SKU has one source."""
    sku = write.sku or str(find(call, write.variant)["sku"])
    sources = search(call.exchange, "inventory/source-items", ("sku", "eq", sku))
    salable = _salable(call.exchange, sku)
    if write.expected is not None and salable not in (write.expected, write.available):
        raise StoreRefused("stock.changed", f"The store can sell {salable}, not {write.expected}.")
    source = write.location or (str(sources[0].get("source_code")) if len(sources) == 1 else DEFAULT_SOURCE)
    held = sum((Reader(one).decimal("quantity") or Decimal(0) for one in sources), Decimal(0))
    own = [one for one in sources if one.get("source_code") == source]
    reserved = held - salable if len(sources) == 1 and own else Decimal(0)
    quantity = max(write.available + reserved, Decimal(0))
    if own and Reader(own[0]).decimal("quantity") == quantity:
        return Written({"sku": sku, "source": source})
    item = {"sku": sku, "source_code": source, "quantity": str(quantity), "status": 1 if quantity > 0 else 0}
    ask(call.exchange, "POST", "inventory/source-items", body={"sourceItems": [item]})
    return Written({"sku": sku, "source": source})


def _salable(exchange: Exchange, sku: str) -> Decimal:
    """By the stock of the shop's first website."""
    websites = as_list(ask(exchange, "GET", "store/websites"))
    code = next((str(one.get("code")) for one in websites if one.get("code") != "admin"), "base")
    stock = ask(exchange, "GET", f"inventory/stock-resolver/website/{_in_path(code)}").get("stock_id")
    answer = ask(exchange, "GET", f"inventory/get-product-salable-quantity/{_in_path(sku)}/{stock}")
    return Decimal(str(answer))


def create_code(call: Call, write: CreateDiscountCode) -> Written:
    """A cart price rule and its coupon. The rule's description carries the effect's name; the code itself is unique."""
    base = _base_currency(call.exchange)
    if any(
        currency not in ("", base) for currency in (write.currency, write.minimum.currency if write.minimum else "")
    ):
        raise StoreRefused("price.currency", f"Magento's amounts are in {base}.")
    if write.customer:
        raise StoreRefused("discount.customer", "Magento's codes are for groups of customers, not for one.")
    rule = _rule(call, write)
    coupons = search(call.exchange, "coupons/search", ("code", "eq", write.code))
    if coupons and str(coupons[0].get("rule_id")) != rule:
        raise StoreRefused("discount.exists", f"The shop has another code {write.code} already.")
    if not coupons:
        body: Body = {"rule_id": int(rule), "code": write.code, "type": 0, "is_primary": True, "times_used": 0}
        body["usage_limit"] = write.most_uses or 0
        body["usage_per_customer"] = 1 if write.is_once_per_customer else 0
        coupons = [ask(call.exchange, "POST", "coupons", body={"coupon": body})]
    return Written({"id": str(coupons[0].get("coupon_id")), "rule": rule, "code": write.code})


def _rule(call: Call, write: CreateDiscountCode) -> str:
    own = mark(call.key)
    name = f"{write.code} {own}"
    for found in search(call.exchange, "salesRules/search", ("name", "eq", name)):
        return str(found.get("rule_id"))
    websites = [
        one.get("id") for one in as_list(ask(call.exchange, "GET", "store/websites")) if one.get("code") != "admin"
    ]
    groups = [one.get("id") for one in search(call.exchange, "customerGroups/search")]
    rule: Body = {
        "name": name,
        "description": "Made by Sereno",
        "website_ids": websites,
        "customer_group_ids": groups,
        "is_active": True,
        "stop_rules_processing": False,
        "is_advanced": True,
        "sort_order": 0,
        "coupon_type": "SPECIFIC_COUPON",
        "use_auto_generation": False,
        "uses_per_coupon": write.most_uses or 0,
        "uses_per_customer": 1 if write.is_once_per_customer else 0,
        "simple_action": "cart_fixed" if write.kind == "fixed" else "by_percent",
        "discount_amount": "0" if write.kind == "free_shipping" else str(write.value),
        "discount_step": 0,
        "apply_to_shipping": False,
        "simple_free_shipping": "2" if write.kind == "free_shipping" else "0",
    }
    if write.starts_at is not None:
        rule["from_date"] = write.starts_at.date().isoformat()
    if write.ends_at is not None:
        rule["to_date"] = write.ends_at.date().isoformat()
    if write.minimum is not None:
        least = {"attribute_name": "base_subtotal", "operator": ">=", "value": write.minimum.text}
        condition = {"condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Address", **least}
        rule["condition"] = {
            "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine",
            "aggregator_type": "all",
            "value": "1",
            "conditions": [condition],
        }
    return str(ask(call.exchange, "POST", "salesRules", body={"rule": rule}).get("rule_id"))


def _base_currency(exchange: Exchange) -> str:
    configs = as_list(ask(exchange, "GET", "store/storeConfigs"))
    return str(configs[0].get("base_currency_code")) if configs else ""


def _attribute_text(product: Mapping[str, Any], name: str) -> str | None:
    custom = custom_of(Reader(product))
    return custom[name].text("value") if name in custom else None


def _in_path(text: str) -> str:
    """A SKU as part of an address. Magento reads a slash as a slash even when it is escaped, unless twice."""
    return quote(quote(text, safe="") if "/" in text else text, safe="")
