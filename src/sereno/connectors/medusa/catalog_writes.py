"""Tags, prices, texts, stock, publication, collections and promotions in Medusa. All say what shall be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sereno.commerce.markup import as_plain, has_tags
from sereno.connectors import wording
from sereno.connectors.marks import mark
from sereno.connectors.medusa.client import dec, get, number, one, post
from sereno.connectors.medusa.payment_writes import version
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import (
    CollectProduct,
    CreateDiscountCode,
    PublishProduct,
    SetPrice,
    SetStock,
    SetTexts,
    TagProduct,
)


def tag_product(call: Call, write: TagProduct) -> Written:
    product = one(get(call.exchange, f"products/{write.product}", fields="id,*tags"), "product")
    held = {item["value"]: item["id"] for item in product.get("tags") or ()}
    wanted = {name: id_ for name, id_ in held.items() if name in write.add or name not in write.remove}
    wanted |= {tag: _tag(call, tag) for tag in dict.fromkeys(write.add) if tag not in held}
    if wanted != held:
        post(call.exchange, f"products/{write.product}", {"tags": [{"id": id_} for id_ in wanted.values()]})
    return Written({"product": write.product})


def _tag(call: Call, value: str) -> str:
    found = get(call.exchange, "product-tags", value=value, fields="id,value", limit=10)["product_tags"]
    for item in found:
        if item["value"] == value:
            return str(item["id"])
    return str(one(post(call.exchange, "product-tags", {"value": value}), "product_tag")["id"])


def set_price(call: Call, write: SetPrice) -> Written:
    """A variant's prices are written as a whole: the one without rules in this currency is changed, the others are sent
    as they are."""
    if write.compare_at is not None and write.compare_at:
        raise StoreRefused("price.no_compare_at", "Medusa has no price struck through: use a price list.")
    if write.price is None:
        return Written({"variant": write.variant})
    found = get(call.exchange, "product-variants", id=write.variant)["variants"]
    if not found:
        raise StoreRefused("store.not_found", f"Medusa has no variant {write.variant}.")
    currency = write.price.currency.lower()
    prices = [_kept(item) for item in found[0].get("prices") or ()]
    own = next((item for item in prices if item["currency_code"] == currency and _is_plain(item)), None)
    if own is None:
        prices.append({"currency_code": currency, "amount": number(write.price.amount)})
    elif dec(own["amount"]) == write.price.amount:
        return Written({"variant": write.variant})
    else:
        own["amount"] = number(write.price.amount)
    product = write.product or str(found[0]["product_id"])
    post(call.exchange, f"products/{product}/variants/{write.variant}", {"prices": prices})
    return Written({"variant": write.variant})


def _kept(price: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"id": price["id"], "currency_code": price["currency_code"]}
    kept["amount"] = number(dec(price["amount"]))
    for name in ("min_quantity", "max_quantity"):
        if price.get(name) is not None:
            kept[name] = price[name]
    if price.get("rules"):
        kept["rules"] = price["rules"]
    return kept


def _is_plain(price: dict[str, Any]) -> bool:
    return not ({"rules", "min_quantity", "max_quantity"} & price.keys())


def set_stock(call: Call, write: SetStock) -> Written:
    """What can be sold is what is stocked less what is reserved. Without a location: the only one that stocks it."""
    item = write.inventory_item or _item_of(call, write.variant)
    held = get(call.exchange, f"inventory-items/{item}/location-levels", limit=100)["inventory_levels"]
    levels = {one_["location_id"]: one_ for one_ in held}
    if not write.location and len(levels) != 1:
        raise StoreRefused("stock.which_location", f"{len(levels)} locations stock it: name one by its id.")
    place = write.location or next(iter(levels))
    level = levels.get(place)
    reserved = int((level or {}).get("reserved_quantity") or 0)
    now = int((level or {}).get("stocked_quantity") or 0) - reserved
    value = {"inventory_item": item, "location": place, "available": write.available}
    if level is not None and now == write.available:
        return Written(value)
    if write.expected is not None and now != write.expected:
        raise StoreRefused("stock.changed", f"There are {now} now, not {write.expected}.")
    stocked = write.available + reserved
    if stocked < 0:
        raise StoreRefused("stock.below_zero", "Medusa stocks no less than nothing.")
    if level is None:
        body = {"location_id": place, "stocked_quantity": stocked}
        post(call.exchange, f"inventory-items/{item}/location-levels", body)
    else:
        post(call.exchange, f"inventory-items/{item}/location-levels/{place}", {"stocked_quantity": stocked})
    return Written(value)


def _item_of(call: Call, variant: str) -> str:
    found = get(call.exchange, "product-variants", id=variant, fields="id,manage_inventory,*inventory_items")[
        "variants"
    ]
    items = (found[0].get("inventory_items") or ()) if found else ()
    if not found:
        raise StoreRefused("store.not_found", f"Medusa has no variant {variant}.")
    if not items:
        raise StoreRefused("stock.untracked", "Medusa does not count the stock of this variant.")
    if len(items) > 1:
        raise StoreRefused("stock.kit", "The variant is made of several items: set the stock of each.")
    return str(items[0]["inventory_item_id"])


def set_texts(call: Call, write: SetTexts) -> Written:
    """Medusa's descriptions are plain text, which its storefront shows as it stands: HTML is written where the one
    there is HTML already, else its words."""
    wanted = wording.asked(write, "title", "description")
    held = one(get(call.exchange, f"products/{write.product}", fields="id,title,description,updated_at"), "product")
    if "description" in wanted and not has_tags(held.get("description") or ""):
        wanted["description"] = as_plain(wanted["description"])
    if not (change := wording.differing(held, wanted)):
        return Written({"product": write.product}, version(held))
    found = one(post(call.exchange, f"products/{write.product}", change), "product")
    return Written({"product": write.product}, version(found))


def publish(call: Call, write: PublishProduct) -> Written:
    status = "published" if write.is_published else "draft"
    held = one(get(call.exchange, f"products/{write.product}", fields="id,status"), "product")
    if held.get("status") == status:
        return Written({"product": write.product})
    found = one(post(call.exchange, f"products/{write.product}", {"status": status}), "product")
    return Written({"product": write.product}, version(found))


def collect(call: Call, write: CollectProduct) -> Written:
    """A collection (a product is in one at most, and leaves the one it was in) or a category, by id or handle."""
    kind, own = _shelf(call, write.collection)
    body: dict[str, list[str]] = {"add": [], "remove": []}
    body["add" if write.is_in else "remove"] = [write.product]
    post(call.exchange, f"{kind}/{own}/products", body)
    return Written({"product": write.product, "collection": own})


def _shelf(call: Call, name: str) -> tuple[str, str]:
    if name.startswith("pcol_"):
        return "collections", name
    if name.startswith("pcat_"):
        return "product-categories", name
    for kind, field in (("collections", "collections"), ("product-categories", "product_categories")):
        for item in get(call.exchange, kind, handle=name, fields="id,handle", limit=10)[field]:
            if item["handle"] == name:
                return kind, str(item["id"])
    raise StoreRefused("store.not_found", f"Medusa has no collection or category {name}.")


def create_code(call: Call, write: CreateDiscountCode) -> Written:
    """A promotion in a campaign of its own, whose identifier is the write's mark. Medusa's rules know no single
    customer and no least amount."""
    if write.customer or write.minimum is not None:
        what = "Medusa's promotions know no single customer and no least amount: leave both out."
        raise StoreRefused("discount.no_rule", what)
    for item in get(call.exchange, "promotions", code=write.code, fields="id,code,*campaign")["promotions"]:
        if item["code"] == write.code:
            if (item.get("campaign") or {}).get("campaign_identifier") == mark(call.key):
                return Written({"code": write.code, "discount": item["id"]})
            raise StoreRefused("discount.code_taken", f"Medusa has a promotion with the code {write.code} already.")
    body = {
        "code": write.code,
        "type": "standard",
        "status": "active",
        "is_automatic": False,
        "campaign": _campaign(write, mark(call.key)),
        "application_method": _method(write),
    }
    made = one(post(call.exchange, "promotions", body), "promotion")
    return Written({"code": write.code, "discount": made["id"]})


def _campaign(write: CreateDiscountCode, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": write.code, "campaign_identifier": identifier}
    times = {"starts_at": write.starts_at, "ends_at": write.ends_at}
    found |= {name: at.isoformat() for name, at in times.items() if at is not None}
    if write.most_uses is not None:
        found["budget"] = {"type": "usage", "limit": write.most_uses}
    elif write.is_once_per_customer:
        found["budget"] = {"type": "use_by_attribute", "attribute": "customer_id", "limit": 1}
    return found


def _method(write: CreateDiscountCode) -> dict[str, Any]:
    currency = {"currency_code": write.currency.lower()} if write.currency else {}
    if write.kind == "free_shipping":
        return {
            "type": "percentage",
            "target_type": "shipping_methods",
            "allocation": "across",
            "value": 100,
            **currency,
        }
    if write.kind == "fixed" and not write.currency:
        raise StoreRefused("discount.currency", "A fixed discount needs its currency.")
    type_ = "fixed" if write.kind == "fixed" else "percentage"
    return {"type": type_, "target_type": "order", "value": number(Decimal(write.value)), **currency}
