"""The invented store read back: its orders, customers, products and stock as Shopify's Admin GraphQL gives them, in
the order of change.

Invariant: a record says what its last notice said, of the same moment, so that reading finds only what was missed. What
changed before this start is dated by what the record itself knows.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sereno.site.demo.catalogue import ITEMS, products
from sereno.site.demo.shapes import shopify
from sereno.site.demo.shapes.hooks import Hook
from sereno.site.demo.shapes.shopify_names import LOCATION, counted_id, id_of, product_id
from sereno.site.demo.world import World

Node = dict[str, Any]
Dated = tuple[datetime, Node]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When a record changed last of which nothing tells."""
_BOUND = re.compile(r"updated_at:(>=|<=)'([^']+)'")


class Records:
    """The part of the store's interface that is read page by page, or one by one."""

    _world: World
    _lock: threading.RLock
    _changes: dict[str, datetime]
    """When a record was told of last, by its kind and id."""

    def heard(self, hook: Hook) -> None:
        """The store sends this notice: the record it is about has changed."""
        if hook.channel != "shopify" or not isinstance(hook.body, Mapping):
            return
        kind = hook.topic.partition("/")[0]
        name = _NAMED.get(kind)
        if name and (id := hook.body.get(name[1])) is not None:
            at = hook.at.replace(microsecond=0)
            with self._lock:
                self._changes[f"{name[0]}:{id}"] = max(at, self._changes.get(f"{name[0]}:{id}", LONG_AGO))

    # --- pages ------------------------------------------------------------------------------

    def _orders(self, given: Mapping[str, Any]) -> Node:
        held = [*self._world.past.values(), *self._world.orders.values()]
        return {"orders": _page([self._dated_order(one) for one in held if one["channel"] == "shopify"], given)}

    def _customers(self, given: Mapping[str, Any]) -> Node:
        known = [self._world.people[number] for number in self._world.pools["shopify"]]
        return {"customers": _page([self._dated_customer(person) for person in known], given)}

    def _products(self, given: Mapping[str, Any]) -> Node:
        families = products("shopify").values()
        return {"products": _page([self._dated_product(items) for items in families], given)}

    def _levels(self, given: Mapping[str, Any]) -> Node:
        """All counted items with their one level."""
        items = [one for one in ITEMS if one.channel == "shopify"]
        found: list[Dated] = []
        for item in items:
            told = self._world.counted.get(item.sku)
            at = datetime.fromisoformat(told).replace(microsecond=0) if told else LONG_AGO
            place = {"id": f"gid://shopify/Location/{LOCATION}"}
            quantity = {"name": "available", "quantity": self._world.stock[item.sku]}
            level = {"updatedAt": _text(at), "location": place, "quantities": [quantity]}
            gid = f"gid://shopify/InventoryItem/{counted_id(item)}"
            found.append((at, {"id": gid, "inventoryLevels": {"nodes": [level], **WHOLE}}))
        return {"inventoryItems": _page(found, given)}

    # --- one by one -------------------------------------------------------------------------

    def _customer(self, given: Mapping[str, Any]) -> Node:
        known = (self._world.people[number] for number in self._world.pools["shopify"])
        person = next((one for one in known if _gid("Customer", id_of("customer", one.number)) == given["id"]), None)
        return {"customer": person and self._dated_customer(person)[1]}

    def _product(self, given: Mapping[str, Any]) -> Node:
        families = products("shopify").values()
        items = next((one for one in families if _gid("Product", product_id(one[0])) == given["id"]), None)
        return {"product": items and self._dated_product(items)[1]}

    # --- records ----------------------------------------------------------------------------

    def _dated_order(self, order: dict[str, Any]) -> Dated:
        known = [order["placed"], order["paid"], order["cancelled"], (order["parcel"] or {}).get("packed")]
        at = self._changed_at(f"order:{id_of('order', order['number'])}", known)
        return at, _order(self._world, order, at)

    def _dated_customer(self, person: Any) -> Dated:
        at = self._changed_at(f"customer:{id_of('customer', person.number)}", [person.created])
        address = _address(shopify.address_body(person))
        node = _customer(shopify.person_body(person, at))
        return at, node | {"note": None, "defaultAddress": address, "addressesV2": {"nodes": [address]}}

    def _dated_product(self, items: list[Any]) -> Dated:
        at = self._changed_at(f"product:{product_id(items[0])}", [])
        (hook,) = shopify.product(self._world, items, at, is_new=False)
        return at, _product(hook.body)

    def _changed_at(self, name: str, known: list[str | None]) -> datetime:
        own = [datetime.fromisoformat(text).replace(microsecond=0) for text in known if text]
        return self._changes.get(name) or max(own, default=LONG_AGO)


_NAMED = {
    "orders": ("order", "id"),
    "customers": ("customer", "id"),
    "customers_email_marketing_consent": ("customer", "customer_id"),
    "products": ("product", "id"),
}
"""Kind of notice -> the kind of record it is about, and the field that says which. What travels and what is given back
has notices of its own."""
WHOLE = {"pageInfo": {"hasNextPage": False, "endCursor": None}}


def _page(dated: list[Dated], given: Mapping[str, Any]) -> Node:
    """In the order of change, from the cursor: the moment of the last one and its id."""
    bounds = {mark: datetime.fromisoformat(text) for mark, text in _BOUND.findall(given.get("query") or "")}
    least, most = bounds.get(">=", LONG_AGO), bounds.get("<=")
    asked = [(at, node["id"], node) for at, node in dated if least <= at and (most is None or at <= most)]
    asked.sort(key=lambda one: one[:2])
    if after := given.get("after"):
        asked = [one for one in asked if f"{_text(one[0])} {one[1]}" > after]
    shown = asked[: given["first"]]
    end = f"{_text(shown[-1][0])} {shown[-1][1]}" if shown else None
    return {
        "nodes": [node for _at, _id, node in shown],
        "pageInfo": {"hasNextPage": len(asked) > len(shown), "endCursor": end},
    }


# --- from the notice's body to the interface's node -------------------------------------------------


def _order(world: World, order: dict[str, Any], at: datetime) -> Node:
    body = shopify.order_body(world, order, at)
    total, shipping = body["total_price"], body["total_shipping_price_set"]["shop_money"]["amount"]
    return {
        "id": body["admin_graphql_api_id"],
        "name": body["name"],
        "currencyCode": body["currency"],
        "test": False,
        "note": body["note"],
        "tags": order.get("tags", []),
        "sourceName": body["source_name"],
        "discountCodes": [one["code"] for one in body["discount_codes"]],
        "email": body["email"],
        "phone": None,
        "customerLocale": body["customer_locale"],
        "customerAcceptsMarketing": body["buyer_accepts_marketing"],
        "cartToken": body["cart_token"],
        "checkoutToken": body["checkout_token"],
        "statusPageUrl": body["order_status_url"],
        "paymentGatewayNames": body["payment_gateway_names"],
        "displayFinancialStatus": body["financial_status"].upper(),
        "displayFulfillmentStatus": "FULFILLED" if order["parcel"] else "UNFULFILLED",
        "processedAt": body["processed_at"],
        "createdAt": body["created_at"],
        "cancelledAt": body["cancelled_at"],
        "cancelReason": body["cancel_reason"] and body["cancel_reason"].upper(),
        "closedAt": None,
        "updatedAt": body["updated_at"],
        "totalPriceSet": _money(total),
        "subtotalPriceSet": _money(body["subtotal_price"]),
        "totalDiscountsSet": _money(body["total_discounts"]),
        "totalTaxSet": _money(body["total_tax"]),
        "totalShippingPriceSet": _money(shipping),
        "shippingLine": {"title": body["shipping_lines"][0]["title"]},
        "customAttributes": [],
        "customer": _customer(body["customer"]),
        "billingAddress": _address(body["billing_address"]),
        "shippingAddress": _address(body["shipping_address"]),
        "lineItems": {"nodes": [_line(one, is_sent=bool(order["parcel"])) for one in body["line_items"]], **WHOLE},
        "transactions": [],
        "refunds": _refunds(world, order),
        "fulfillments": [_parcel(one) for one in body["fulfillments"]],
    }


def _refunds(world: World, order: dict[str, Any]) -> list[Node]:
    """The one the world knows in whole, and those made through this interface."""
    last = order["refund"] and shopify.refund_body(world, order, datetime.fromisoformat(order["refund"]["at"]))
    found: list[Node] = []
    if last:
        lines = [
            {
                "quantity": one["quantity"],
                "restocked": False,
                "subtotalSet": _money(one["subtotal"]),
                "totalTaxSet": _money(one["total_tax"]),
                "lineItem": _line(one["line_item"], is_sent=True),
            }
            for one in last["refund_line_items"]
        ]
        found.append(_refund(last["id"], last["note"], last["created_at"], last["transactions"][0]["amount"], lines))
    for one in order.get("refunds", []):
        if not last or one["id"] != found[0]["id"]:
            amount = one["totalRefundedSet"]["presentmentMoney"]["amount"]
            found.append(_refund(int(one["id"].rpartition("/")[2]), one["note"], one["updatedAt"], amount, []))
    return found


def _refund(id: int, note: str, at: str, amount: str, lines: list[Node]) -> Node:
    moved = {
        "id": _gid("OrderTransaction", id + 200_000_000_000),
        "kind": "REFUND",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "errorCode": None,
        "test": False,
        "processedAt": at,
        "createdAt": at,
        "amountSet": _money(amount),
    }
    whole = {"nodes": lines, **WHOLE}
    times = {"createdAt": at, "processedAt": at}
    return {"id": _gid("Refund", id), "note": note, **times, "transactions": {"nodes": [moved]}} | {
        "refundLineItems": whole
    }


def _line(body: Mapping[str, Any], *, is_sent: bool) -> Node:
    return {
        "id": _gid("LineItem", body["id"]),
        "sku": body["sku"],
        "title": body["title"],
        "variantTitle": body["variant_title"],
        "quantity": body["quantity"],
        "unfulfilledQuantity": 0 if is_sent else body["quantity"],
        "vendor": body["vendor"],
        "requiresShipping": True,
        "isGiftCard": False,
        "product": {"id": _gid("Product", body["product_id"])},
        "variant": {"id": _gid("ProductVariant", body["variant_id"])},
        "originalUnitPriceSet": _money(body["price"]),
        "discountAllocations": [],
        "taxLines": [],
        "customAttributes": [],
    }


def _parcel(body: Mapping[str, Any]) -> Node:
    lines = [{"quantity": one["quantity"], "lineItem": _line(one, is_sent=True)} for one in body["line_items"]]
    state = body["shipment_status"]
    tracking = {"company": body["tracking_company"], "number": body["tracking_number"], "url": body["tracking_url"]}
    return {
        "id": _gid("Fulfillment", body["id"]),
        "status": body["status"].upper(),
        "displayStatus": state and state.upper(),
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "location": {"id": _gid("Location", body["location_id"])},
        "trackingInfo": [tracking],
        "fulfillmentLineItems": {"nodes": lines, **WHOLE},
    }


def _customer(body: Mapping[str, Any]) -> Node:
    consent = body["email_marketing_consent"]
    return {
        "id": _gid("Customer", body["id"]),
        "firstName": body["first_name"],
        "lastName": body["last_name"],
        "locale": body["locale"],
        "state": body["state"].upper(),
        "tags": [],
        "numberOfOrders": str(body["orders_count"]),
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "amountSpent": {"amount": body["total_spent"], "currencyCode": body["currency"]},
        "defaultEmailAddress": {
            "emailAddress": body["email"],
            "marketingState": consent["state"].upper(),
            "marketingOptInLevel": consent["opt_in_level"].upper(),
            "marketingUpdatedAt": consent["consent_updated_at"],
        },
        "defaultPhoneNumber": {"phoneNumber": body["phone"], "smsMarketingConsent": None} if body["phone"] else None,
    }


def _address(body: Mapping[str, Any]) -> Node:
    names = ("first_name", "last_name", "name", "company", "address1", "address2", "city", "province", "zip", "phone")
    camel = {"first_name": "firstName", "last_name": "lastName"}
    return {camel.get(name, name): body[name] for name in names} | {
        "provinceCode": None,
        "country": None,
        "countryCodeV2": body["country_code"],
    }


def _product(body: Mapping[str, Any]) -> Node:
    return {
        "id": _gid("Product", body["id"]),
        "title": body["title"],
        "descriptionHtml": body["body_html"],
        "handle": body["handle"],
        "productType": body["product_type"],
        "vendor": body["vendor"],
        "tags": body["tags"].split(", "),
        "status": body["status"].upper(),
        "publishedAt": body["published_at"],
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "featuredMedia": None,
        "variants": {"nodes": [_variant(one) for one in body["variants"]], **WHOLE},
    }


def _variant(body: Mapping[str, Any]) -> Node:
    weight = {"weight": {"value": body["grams"], "unit": "GRAMS"}}
    counted = {"id": _gid("InventoryItem", body["inventory_item_id"]), "tracked": True, "requiresShipping": True}
    return {
        "id": _gid("ProductVariant", body["id"]),
        "sku": body["sku"],
        "barcode": None,
        "title": body["title"],
        "price": body["price"],
        "compareAtPrice": body["compare_at_price"],
        "inventoryQuantity": body["inventory_quantity"],
        "inventoryPolicy": body["inventory_policy"].upper(),
        "updatedAt": body["updated_at"],
        "selectedOptions": [{"value": body["title"]}],
        "inventoryItem": counted | {"measurement": weight},
    }


def _gid(kind: str, id: object) -> str:
    return f"gid://shopify/{kind}/{id}"


def _money(amount: str) -> Node:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
