"""Records as Admin GraphQL gives them, turned into what Shopify's webhook of them carries: one reading of both.

Invariant: pure. What GraphQL does not tell is left out, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.shopify.client import nodes, plain_id

_FULFILLED = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
_GRAMS = {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}


def _amount(bag: object) -> str | None:
    """In the shop's own currency, as webhooks have it."""
    shop = bag.get("shopMoney") if isinstance(bag, Mapping) else None  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    return shop.get("amount") if isinstance(shop, Mapping) else None  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]


def _currency(bag: Mapping[str, Any] | None) -> str | None:
    return ((bag or {}).get("shopMoney") or {}).get("currencyCode")


def _bag(bag: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As webhooks write an amount in the shop's own currency."""
    return {"shop_money": {"amount": _amount(bag), "currency_code": _currency(bag)}} if bag else None


def _lower(value: object) -> str | None:
    return str(value).lower() if value else None


def address(one: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not one:
        return None
    return {
        "first_name": one.get("firstName"),
        "last_name": one.get("lastName"),
        "name": one.get("name"),
        "company": one.get("company"),
        "address1": one.get("address1"),
        "address2": one.get("address2"),
        "city": one.get("city"),
        "province": one.get("province"),
        "province_code": one.get("provinceCode"),
        "zip": one.get("zip"),
        "country": one.get("country"),
        "country_code": one.get("countryCodeV2"),
        "phone": one.get("phone"),
    }


def customer(one: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As `customers/*` and orders carry it."""
    if not one:
        return None
    email: dict[str, Any] = one.get("defaultEmailAddress") or {}
    phone: dict[str, Any] = one.get("defaultPhoneNumber") or {}
    sms: dict[str, Any] = phone.get("smsMarketingConsent") or {}
    spent: dict[str, Any] = one.get("amountSpent") or {}
    found = {
        "id": plain_id(one["id"]),
        "email": email.get("emailAddress"),
        "phone": phone.get("phoneNumber"),
        "first_name": one.get("firstName"),
        "last_name": one.get("lastName"),
        "locale": one.get("locale"),
        "state": _lower(one.get("state")),
        "tags": ", ".join(one.get("tags") or []),
        "orders_count": one.get("numberOfOrders"),
        "total_spent": spent.get("amount"),
        "currency": spent.get("currencyCode"),
        "email_marketing_consent": {
            "state": _lower(email.get("marketingState")),
            "opt_in_level": _lower(email.get("marketingOptInLevel")),
            "consent_updated_at": email.get("marketingUpdatedAt"),
        }
        if email
        else None,
        "sms_marketing_consent": {
            "state": _lower(sms.get("state")),
            "opt_in_level": _lower(sms.get("optInLevel")),
            "consent_updated_at": sms.get("updatedAt"),
        }
        if sms
        else None,
        "created_at": one.get("createdAt"),
        "updated_at": one.get("updatedAt"),
    }
    if "note" in one:
        found["note"] = one["note"]
        found["default_address"] = address(one.get("defaultAddress"))
        found["addresses"] = [address(item) for item in nodes(one.get("addressesV2"))]
    return found


def line(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": plain_id(one["id"]),
        "product_id": plain_id((one.get("product") or {}).get("id")) or None,
        "variant_id": plain_id((one.get("variant") or {}).get("id")) or None,
        "sku": one.get("sku"),
        "title": one.get("title"),
        "variant_title": one.get("variantTitle"),
        "quantity": one.get("quantity"),
        "price": _amount(one.get("originalUnitPriceSet")),
        "total_discount": "0",
        "discount_allocations": [
            {"amount": _amount(item.get("allocatedAmountSet"))} for item in one.get("discountAllocations") or []
        ],
        "tax_lines": [{"price": _amount(item.get("priceSet"))} for item in one.get("taxLines") or []],
        "vendor": one.get("vendor"),
        "requires_shipping": one.get("requiresShipping"),
        "gift_card": one.get("isGiftCard"),
        "fulfillment_status": _line_status(one),
        "properties": [
            {"name": item.get("key"), "value": item.get("value")} for item in one.get("customAttributes") or []
        ],
    }


def _line_status(one: Mapping[str, Any]) -> str | None:
    left, all_of_it = one.get("unfulfilledQuantity"), one.get("quantity")
    if left is None or all_of_it is None or left >= all_of_it:
        return None
    return "partial" if left else "fulfilled"


def transaction(one: Mapping[str, Any], order: str) -> dict[str, Any]:
    at = one.get("processedAt") or one.get("createdAt")
    return {
        "id": plain_id(one["id"]),
        "order_id": order,
        "kind": _lower(one.get("kind")),
        "status": _lower(one.get("status")),
        "amount": _amount(one.get("amountSet")),
        "currency": _currency(one.get("amountSet")),
        "gateway": one.get("gateway"),
        "error_code": _lower(one.get("errorCode")),
        "test": one.get("test"),
        "processed_at": at,
        "created_at": one.get("createdAt"),
    }


def refund(one: Mapping[str, Any], order: str) -> dict[str, Any]:
    lines = [
        {
            "line_item_id": plain_id(item["lineItem"]["id"]),
            "quantity": item.get("quantity"),
            "subtotal": _amount(item.get("subtotalSet")),
            "total_tax": _amount(item.get("totalTaxSet")),
            "line_item": line(item["lineItem"]),
        }
        for item in nodes(one.get("refundLineItems"))
    ]
    return {
        "id": plain_id(one["id"]),
        "order_id": order,
        "note": one.get("note"),
        "processed_at": one.get("processedAt"),
        "created_at": one.get("createdAt"),
        "restock": any(item.get("restocked") for item in nodes(one.get("refundLineItems"))),
        "transactions": [transaction(item, order) for item in nodes(one.get("transactions"))] or _moved(one),
        "refund_line_items": lines,
    }


def _moved(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a refund gave back in all, where its payments are not told."""
    total = one.get("totalRefundedSet")
    moved = {"kind": "refund", "status": "success", "amount": _amount(total), "currency": _currency(total)}
    return [moved] if total else []


def fulfillment(one: Mapping[str, Any], order: str) -> dict[str, Any]:
    tracking: list[dict[str, Any]] = one.get("trackingInfo") or []
    first = tracking[0] if tracking else {}
    return {
        "id": plain_id(one["id"]),
        "order_id": order,
        "status": _lower(one.get("status")),
        "shipment_status": _lower(one.get("displayStatus")),
        "tracking_company": first.get("company"),
        "tracking_numbers": [item["number"] for item in tracking if item.get("number")],
        "tracking_url": first.get("url"),
        "location_id": plain_id((one.get("location") or {}).get("id")) or None,
        "line_items": [
            line({**item["lineItem"], "quantity": item["quantity"]}) for item in nodes(one.get("fulfillmentLineItems"))
        ],
        "created_at": one.get("createdAt"),
        "updated_at": one.get("updatedAt"),
    }


def order(one: Mapping[str, Any]) -> dict[str, Any]:
    """As `orders/*` carries it, with its payments beside it."""
    own = plain_id(one["id"])
    return {
        "id": own,
        "name": one.get("name"),
        "currency": one.get("currencyCode"),
        "total_price": _amount(one.get("totalPriceSet")),
        "subtotal_price": _amount(one.get("subtotalPriceSet")),
        "total_discounts": _amount(one.get("totalDiscountsSet")),
        "total_tax": _amount(one.get("totalTaxSet")),
        "total_shipping_price_set": _bag(one.get("totalShippingPriceSet")),
        "financial_status": _lower(one.get("displayFinancialStatus")),
        "fulfillment_status": _FULFILLED.get(one.get("displayFulfillmentStatus") or ""),
        "payment_gateway_names": one.get("paymentGatewayNames"),
        "shipping_lines": [{"title": (one.get("shippingLine") or {}).get("title")}] if one.get("shippingLine") else [],
        "test": one.get("test"),
        "note": one.get("note"),
        "tags": ", ".join(one.get("tags") or []),
        "source_name": one.get("sourceName"),
        "discount_codes": [{"code": code} for code in one.get("discountCodes") or []],
        "customer": customer(one.get("customer")),
        "email": one.get("email"),
        "phone": one.get("phone"),
        "customer_locale": one.get("customerLocale"),
        "buyer_accepts_marketing": one.get("customerAcceptsMarketing"),
        "cart_token": one.get("cartToken"),
        "checkout_token": one.get("checkoutToken"),
        "billing_address": address(one.get("billingAddress")),
        "shipping_address": address(one.get("shippingAddress")),
        "line_items": [line(item) for item in nodes(one.get("lineItems"))],
        "transactions": [transaction(item, own) for item in nodes(one.get("transactions"))],
        "refunds": [refund(item, own) for item in nodes(one.get("refunds"))],
        "fulfillments": [fulfillment(item, own) for item in nodes(one.get("fulfillments"))],
        "browser_ip": one.get("clientIp"),
        "order_status_url": one.get("statusPageUrl"),
        "processed_at": one.get("processedAt"),
        "created_at": one.get("createdAt"),
        "cancelled_at": one.get("cancelledAt"),
        "cancel_reason": _lower(one.get("cancelReason")),
        "closed_at": one.get("closedAt"),
        "updated_at": one.get("updatedAt"),
        "note_attributes": [
            {"name": item.get("key"), "value": item.get("value")} for item in one.get("customAttributes") or []
        ],
    }


def variant(one: Mapping[str, Any], product: str) -> dict[str, Any]:
    item: dict[str, Any] = one.get("inventoryItem") or {}
    weight: dict[str, Any] = (item.get("measurement") or {}).get("weight") or {}
    options = [option.get("value") for option in one.get("selectedOptions") or []]
    return {
        "id": plain_id(one["id"]),
        "product_id": product,
        "sku": one.get("sku"),
        "barcode": one.get("barcode"),
        "title": one.get("title"),
        **{f"option{number}": value for number, value in enumerate(options[:3], 1)},
        "price": one.get("price"),
        "compare_at_price": one.get("compareAtPrice"),
        "inventory_quantity": one.get("inventoryQuantity"),
        "inventory_management": "shopify" if item.get("tracked") else None,
        "inventory_policy": _lower(one.get("inventoryPolicy")),
        "inventory_item_id": plain_id(item.get("id")) or None,
        "weight": weight.get("value"),
        "weight_unit": _GRAMS.get(weight.get("unit") or ""),
        "requires_shipping": item.get("requiresShipping"),
        "updated_at": one.get("updatedAt"),
    }


def product(one: Mapping[str, Any]) -> dict[str, Any]:
    own = plain_id(one["id"])
    image: dict[str, Any] = ((one.get("featuredMedia") or {}).get("preview") or {}).get("image") or {}
    return {
        "id": own,
        "title": one.get("title"),
        "body_html": one.get("descriptionHtml"),
        "handle": one.get("handle"),
        "product_type": one.get("productType"),
        "vendor": one.get("vendor"),
        "tags": ", ".join(one.get("tags") or []),
        "status": _lower(one.get("status")),
        "published_at": one.get("publishedAt"),
        "image": {"src": image["url"]} if image.get("url") else None,
        "variants": [variant(item, own) for item in nodes(one.get("variants"))],
        "created_at": one.get("createdAt"),
        "updated_at": one.get("updatedAt"),
    }


def stock_level(item: Mapping[str, Any], level: Mapping[str, Any]) -> dict[str, Any]:
    quantity = next((one for one in level.get("quantities") or [] if one.get("name") == "available"), {})
    return {
        "inventory_item_id": plain_id(item["id"]),
        "location_id": plain_id((level.get("location") or {}).get("id")),
        "available": quantity.get("quantity"),
        "updated_at": level.get("updatedAt"),
    }
