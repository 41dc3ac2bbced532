"""Coupon codes and custom fields in Vendure."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sereno.commerce.money import Money
from sereno.connectors.marks import answered_at, is_marked, mark
from sereno.connectors.metafields import value_of
from sereno.connectors.vendure.admin import FAILED, ask, done
from sereno.connectors.vendure.noting import only_group
from sereno.connectors.vendure.orders import HUNDREDTHS
from sereno.sdk.stores import Call, StoreRefused, Written
from sereno.sdk.writes import CreateDiscountCode, SetMetafield

_PROMOTIONS = """query($code: String!) { activeChannel { defaultLanguageCode pricesIncludeTax defaultCurrencyCode }
  promotions(options: {filter: {couponCode: {eq: $code}}, take: 10}) { items { id couponCode description } } }"""
_PROMOTE = f"""mutation($input: CreatePromotionInput!) {{ createPromotion(input: $input) {{
  {FAILED} ... on Promotion {{ id couponCode }} }} }}"""
_FIELDS = {
    "order": "mutation($input: UpdateOrderInput!) { setOrderCustomFields(input: $input) { id } }",
    "customer": f"mutation($input: UpdateCustomerInput!) {{ updateCustomer(input: $input) {{ {FAILED} }} }}",
    "product": "mutation($input: UpdateProductInput!) { updateProduct(input: $input) { id } }",
    "variant": "mutation($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }",
}


def create_code(call: Call, write: CreateDiscountCode) -> Written:
    """A promotion with a coupon code. For one customer it asks for a group of that one. Vendure takes the same code
    twice, so it is looked for first."""
    if write.customer.startswith("email:"):
        raise StoreRefused("discount.no_customer", "Vendure keeps a code for an account: this customer has none.")
    held = ask(call.exchange, _PROMOTIONS, code=write.code).data
    for item in held["promotions"]["items"]:
        if is_marked(item.get("description"), call.key):
            return Written({"code": write.code, "discount": item["id"]})
        raise StoreRefused("discount.code_taken", f"Vendure has a promotion with the code {write.code} already.")
    channel = held["activeChannel"]
    conditions: list[dict[str, Any]] = []
    if write.minimum is not None:
        least = {"amount": _minor(write.minimum, channel), "taxInclusive": channel["pricesIncludeTax"]}
        conditions.append(_operation("minimum_order_amount", **least))
    if write.customer:
        group = only_group(call, f"Code {write.code}", write.customer)
        conditions.append(_operation("customer_group", customerGroupId=group))
    words = {"languageCode": channel["defaultLanguageCode"], "name": write.code, "description": mark(call.key)}
    wanted = {
        "enabled": True,
        "couponCode": write.code,
        "startsAt": write.starts_at.isoformat() if write.starts_at else None,
        "endsAt": write.ends_at.isoformat() if write.ends_at else None,
        "usageLimit": write.most_uses,
        "perCustomerUsageLimit": 1 if write.is_once_per_customer else None,
        "conditions": conditions,
        "actions": [_action(write, channel)],
        "translations": [words],
    }
    answer = ask(call.exchange, _PROMOTE, input=wanted)
    made = done(answer.data["createPromotion"], "promotion")
    return Written({"code": write.code, "discount": made["id"]}, answered_at(answer.headers))


def _action(write: CreateDiscountCode, channel: dict[str, Any]) -> dict[str, Any]:
    if write.kind == "free_shipping":
        return _operation("free_shipping")
    if write.kind == "fixed":
        amount = Money(write.value, write.currency or channel["defaultCurrencyCode"])
        return _operation("order_fixed_discount", discount=_minor(amount, channel))
    return _operation("order_percentage_discount", discount=Decimal(write.value))


def _minor(amount: Money, channel: dict[str, Any]) -> int:
    if amount.currency != channel["defaultCurrencyCode"]:
        raise StoreRefused("discount.currency", f"The channel sells in {channel['defaultCurrencyCode']}.")
    return amount.to_minor(HUNDREDTHS)


def _operation(code: str, **arguments: Any) -> dict[str, Any]:
    given = [{"name": name, "value": _text(value)} for name, value in arguments.items()]
    return {"code": code, "arguments": given}


def _text(value: Any) -> str:
    """As JSON; ids and amounts are their own."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value if isinstance(value, str) else json.dumps(value)


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """A custom field of this name, which the store's configuration must define. Vendure knows no namespaces."""
    wanted: Any = {"id": write.key, "customFields": {write.name: value_of(write)}}
    try:
        answer = ask(call.exchange, _FIELDS[write.of], input=[wanted] if write.of == "variant" else wanted)
    except StoreRefused as error:
        if error.code == "store.refused":
            where = f"define the custom field {write.name} of {write.of}s in vendure-config"
            raise StoreRefused("metafield.unknown", f"{where}, or look at what Vendure says: {error}") from error
        raise
    if write.of == "customer":
        done(answer.data["updateCustomer"], "customer")
    return Written({write.of: write.key}, answered_at(answer.headers))
