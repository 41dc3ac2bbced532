"""Tags of customers, coupons and orders to be paid in WooCommerce."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from sereno.connectors.reading import Reader, as_instant
from sereno.connectors.woocommerce.catalog_writes import find
from sereno.connectors.woocommerce.client import MARK, Body, as_list, ask, changed_at, mark, meta_of, tags
from sereno.connectors.woocommerce.order_writes import address
from sereno.connectors.woocommerce.refunds import SETTLES
from sereno.sdk.stores import Call, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import CreateDiscountCode, CreateDraftOrder, LineQuantity, TagCustomer

LOOKS_BACK = timedelta(days=3)
"""Longer than an effect is tried again."""


def tag(call: Call, write: TagCustomer) -> Written:
    own = _account(write.customer)
    done = ask(call.exchange, "PUT", f"customers/{own}", body=tags(write.add, write.remove))
    return Written({"id": own}, changed_at(done))


def create_code(call: Call, write: CreateDiscountCode) -> Written:
    """A coupon. Codes are unique in WooCommerce: one that is there with our mark is this one."""
    if write.starts_at is not None and write.starts_at > call.now:
        raise StoreRefused("discount.start", "WooCommerce's coupons are valid at once: make it when it begins.")
    kinds = {"percentage": "percent", "fixed": "fixed_cart", "free_shipping": "percent"}
    body: Body = {
        "code": write.code,
        "discount_type": kinds[write.kind],
        "amount": "0" if write.kind == "free_shipping" else str(write.value),
        "free_shipping": write.kind == "free_shipping",
        "individual_use": False,
        "meta_data": [{"key": MARK, "value": mark(call.key)}],
    }
    if write.ends_at is not None:
        # `date_expires_gmt` is taken and does nothing; the other takes a zone.
        body["date_expires"] = write.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if write.most_uses is not None:
        body["usage_limit"] = write.most_uses
    if write.is_once_per_customer:
        body["usage_limit_per_user"] = 1
    if write.minimum is not None:
        body["minimum_amount"] = write.minimum.text
    if write.variant.isdigit() and write.kind == "fixed":
        # A variation's own id is taken as well as its product's.
        body |= {"discount_type": "fixed_product", "product_ids": [int(write.variant)], "limit_usage_to_x_items": 1}
    if write.customer:
        body["email_restrictions"] = [_email(call, write.customer)]
    for amount in (write.currency, write.minimum.currency if write.minimum else ""):
        _must_sell_in(call, amount)
    try:
        made = ask(call.exchange, "POST", "coupons", body=body)
    except StoreRefused as error:
        found = as_list(ask(call.exchange, "GET", "coupons", query={"code": write.code}))
        if not found:
            raise
        if meta_of(found[0]).get(MARK) != mark(call.key):
            raise StoreRefused("discount.exists", f"The shop has another code {write.code} already.") from error
        made = found[0]
    return Written({"id": str(made.get("id")), "code": made.get("code")}, changed_at(made))


def create_draft(call: Call, write: CreateDraftOrder) -> Written:
    """An order that waits for its payment, with a link to pay it. What was made by an earlier attempt is found by its
    mark among the newest orders of this customer."""
    account = write.customer if write.customer and not write.customer.startswith("email:") else ""
    email = write.email or (_email(call, write.customer) if write.customer else "")
    if call.attempt > 1:
        if (found := _made(call, account, email)) is not None:
            return _draft(found)
        if call.attempt % 2 == 0:
            # Every other attempt only looks, and waits until the request before it can no longer be on its way.
            raise StoreBusy("an earlier request for this order may still be running", SETTLES)
    marks = [{"key": MARK, "value": mark(call.key)}, *tags(write.tags, ())["meta_data"]]
    body: Body = {"status": "pending", "set_paid": False, "meta_data": marks}
    body["line_items"] = [_line(call, item) for item in write.lines]
    if account:
        body["customer_id"] = int(account)
    where = address(write.address) if write.address else {}
    if where or email:
        body["billing"] = {**where, **({"email": email} if email else {})}
    if where:
        body["shipping"] = where
    if write.note:
        body["customer_note"] = write.note
    if write.discount is not None and write.discount:
        _must_sell_in(call, write.discount.currency)
        body["fee_lines"] = [{"name": "Discount", "total": (-abs(write.discount)).text, "tax_status": "none"}]
    return _draft(ask(call.exchange, "POST", "orders", body=body))


def _line(call: Call, wanted: LineQuantity) -> Body:
    _path, item = find(call, wanted.variant, "")
    parent = item.get("parent_id")
    own = {"product_id": parent, "variation_id": item.get("id")} if parent else {"product_id": item.get("id")}
    return {**own, "quantity": wanted.quantity}


def _made(call: Call, account: str, email: str) -> Body | None:
    query: dict[str, Any] = {"orderby": "date", "order": "desc", "per_page": 50, "status": "any"}
    if account:
        query["customer"] = account
    elif email:
        query["search"] = email
    for page in range(1, 11):
        found = as_list(ask(call.exchange, "GET", "orders", query={**query, "page": page}))
        for one in found:
            if meta_of(one).get(MARK) == mark(call.key):
                return one
        oldest = as_instant(found[-1].get("date_created_gmt")) if found else None
        if len(found) < 50 or oldest is None or oldest < call.now - LOOKS_BACK:
            return None
    return None


def _draft(order: Mapping[str, Any]) -> Written:
    reader = Reader(order)
    value = {"id": reader.id("id"), "number": reader.text("number"), "pay_url": reader.text("payment_url")}
    return Written({name: text for name, text in value.items() if text}, changed_at(order))


def _account(customer: str) -> str:
    if not customer.isdigit():
        raise StoreRefused("store.cannot", "The customer has no account in WooCommerce: guests cannot be tagged there.")
    return customer


def _email(call: Call, customer: str) -> str:
    if customer.startswith("email:"):
        return customer.removeprefix("email:")
    found = Reader(ask(call.exchange, "GET", f"customers/{customer}")).email("email")
    if found is None:
        raise StoreRefused("customer.no_email", "The customer has no e-mail address in WooCommerce.")
    return found


def _must_sell_in(call: Call, currency: str) -> None:
    if currency:
        own = Reader(ask(call.exchange, "GET", "data/currencies/current")).text("code")
        if own != currency:
            raise StoreRefused("price.currency", f"The shop sells in {own}, the amount is in {currency}.")
