"""The way to Shopify's Admin GraphQL: one document there, its data back, and what went wrong as a StoreError.

Invariant: nothing is sent again in here but once, with a new token, after the old one was refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from sereno.commerce.money import Money, exponent_of
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreLimited, StoreRefused

VERSION = "2026-10"
"""Of the Admin API; Shopify keeps each for a year."""

_TOKENS: dict[tuple[str, str, str], str] = {}
"""Tokens of apps that ask for them with their own id and secret; Shopify makes them last a day. In memory only."""

_MOST_TOKENS = 256
_AGAIN = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE", "IDEMPOTENCY_CONCURRENT_REQUEST"})
_CODES = {
    "NOT_FOUND": "store.not_found",
    "FULFILLMENT_ORDER_NOT_FOUND": "store.not_found",
    "CHANGE_FROM_QUANTITY_STALE": "stock.changed",
    "COMPARE_QUANTITY_STALE": "stock.changed",
    "NO_REFUND_PERMISSION": "store.key_lacks",
    "INVALID_ACCESS": "store.key_lacks",
}
"""What Shopify calls it, and Sereno's code. All others are `store.refused`."""


def ask(exchange: Exchange, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `data` of the answer. Raises the StoreErrors; errors a mutation reports about its input are in the data: see
    `told`."""
    url = f"{shop_address(exchange)}/admin/api/{VERSION}/graphql.json"
    body = {"query": document, "variables": dict(variables or {})}
    own = (exchange.access.get("client_id") or "", exchange.access.get("client_secret") or "")
    try:
        answer = exchange.send(
            "POST", url, body=body, headers={"X-Shopify-Access-Token": _token(exchange)}, good=(402,)
        )
    except StoreRefused as error:
        if error.code != "store.key_refused" or exchange.access.get("token") or not all(own):
            raise
        _TOKENS.pop((shop_address(exchange), *own), None)
        answer = exchange.send(
            "POST", url, body=body, headers={"X-Shopify-Access-Token": _token(exchange)}, good=(402,)
        )
    if answer.status == 402:
        raise StoreRefused("store.closed", "Shopify has frozen this shop: its bill has to be paid first.")
    found = cast("dict[str, Any]", answer.body) if isinstance(answer.body, dict) else {}
    errors = found.get("errors")
    if errors:
        _raise(errors, found.get("extensions"))
    data = found.get("data")
    if not isinstance(data, dict):
        raise StoreBusy(f"Shopify's answer holds no data: {str(found)[:200]}")
    return cast("dict[str, Any]", data)


def shop_address(exchange: Exchange) -> str:
    """`https://my-shop.myshopify.com`, of what was typed in."""
    given = str(exchange.access.get("shop") or exchange.settings.get("url") or "").strip().rstrip("/")
    if not given:
        raise StoreRefused("store.no_address", "Say the shop's address, such as my-shop.myshopify.com.")
    if "://" not in given:
        given = f"https://{given if '.' in given else f'{given}.myshopify.com'}"
    scheme, _, rest = given.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _token(exchange: Exchange) -> str:
    """The one given; else one made from the app's id and secret (the client credentials grant)."""
    if token := exchange.access.get("token"):
        return token
    shop = shop_address(exchange)
    own = (shop, exchange.access.get("client_id") or "", exchange.access.get("client_secret") or "")
    if not all(own):
        raise StoreRefused("store.key_missing", "Give an access token, or the app's client ID and client secret.")
    held = _TOKENS.get(own)
    if held is None:
        asked = {"grant_type": "client_credentials", "client_id": own[1], "client_secret": own[2]}
        try:
            answer = exchange.send("POST", f"{shop}/admin/oauth/access_token", body=asked)
        except StoreRefused as error:
            raise StoreRefused("store.key_refused", f"Shopify gave no token for this app: {error}") from error
        held = str((answer.body or {}).get("access_token") or "")
        if not held:
            raise StoreRefused("store.key_refused", "Shopify gave no token for this app: is it installed in the shop?")
        if len(_TOKENS) >= _MOST_TOKENS:
            _TOKENS.clear()
        _TOKENS[own] = held
    return held


def _raise(errors: object, extensions: object) -> None:
    """Errors of the request as a whole: `[{message, extensions: {code}}]`, or a text for a bad address or token."""
    listed = cast("list[Any]", errors) if isinstance(errors, list) else [errors]
    first: dict[str, Any] = cast("dict[str, Any]", listed[0]) if isinstance(listed[0], dict) else {}
    text = str(first.get("message") or listed[0])[:500]
    told_more: dict[str, Any] = first.get("extensions") or {}
    code = str(told_more.get("code") or "")
    if code == "THROTTLED":
        raise StoreLimited(_until_affordable(extensions), f"Shopify: {text}")
    if code in _AGAIN:
        raise StoreBusy(f"Shopify: {text}")
    if code == "ACCESS_DENIED":
        need = told_more.get("requiredAccess") or text
        raise StoreRefused("store.key_lacks", f"The app lacks a permission: {need}. Add it to the app and save again.")
    if code == "MAX_COST_EXCEEDED":
        raise StoreRefused("store.too_costly", f"Shopify: {text}")
    if code == "SHOP_INACTIVE":
        raise StoreRefused("store.closed", f"Shopify: {text}")
    raise StoreRefused("store.refused", f"Shopify refused: {text}")


def _until_affordable(extensions: object) -> timedelta | None:
    """How long the bucket takes to hold what the request costs."""
    if not isinstance(extensions, dict):
        return None
    cost: dict[str, Any] = cast("dict[str, Any]", extensions).get("cost") or {}
    state: dict[str, Any] = cost.get("throttleStatus") or {}
    try:
        lacking = float(cost["requestedQueryCost"]) - float(state["currentlyAvailable"])
        return timedelta(seconds=max(1.0, lacking / float(state["restoreRate"])))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def told(data: Mapping[str, Any], name: str, errors: str = "userErrors") -> dict[str, Any]:
    """The payload of the mutation `name`. Raises StoreRefused with what Shopify says of the input."""
    payload: dict[str, Any] = data.get(name) or {}
    wrong = cast("list[dict[str, Any]]", payload.get(errors) or [])
    if not wrong:
        return payload
    code = str(wrong[0].get("code") or "")
    text = "; ".join(str(one.get("message") or one) for one in wrong)[:500]
    if code in _AGAIN or code == "INTERNAL_ERROR":
        raise StoreBusy(f"Shopify: {text}")
    raise StoreRefused(_CODES.get(code, "store.refused"), f"Shopify refused: {text}")


def wrong_codes(data: Mapping[str, Any], name: str) -> frozenset[str]:
    """The codes of the errors that the mutation `name` reports."""
    payload: dict[str, Any] = data.get(name) or {}
    wrong = cast("list[dict[str, Any]]", payload.get("userErrors") or [])
    return frozenset(str(one.get("code") or "") for one in wrong)


# --- names and values -------------------------------------------------------------------------------


def gid(kind: str, id: str) -> str:
    """`gid://shopify/Order/123`; what is one already stays."""
    return id if id.startswith("gid://") else f"gid://shopify/{kind}/{id}"


def plain_id(value: object) -> str:
    """`123` of `gid://shopify/Order/123` (and of what follows a question mark in it)."""
    return str(value or "").rpartition("/")[2].partition("?")[0]


def nodes(connection: object) -> list[dict[str, Any]]:
    """Of a connection, or of a plain list."""
    if isinstance(connection, list):
        return cast("list[dict[str, Any]]", connection)
    if not isinstance(connection, dict):
        return []
    return cast("dict[str, Any]", connection).get("nodes") or []


def known(record: object, what: str) -> dict[str, Any]:
    """The record, or StoreRefused: Shopify has it no more."""
    if isinstance(record, dict):
        return cast("dict[str, Any]", record)
    raise StoreRefused(f"{what}.gone", f"Shopify does not have this {what} any more.")


def money(value: object) -> Money:
    """Of a `MoneyV2`."""
    found = cast("dict[str, Any]", value or {})
    return Money.parse(str(found.get("amount") or "0"), str(found.get("currencyCode") or ""))


def presented(bag: object) -> Money:
    """Of a `MoneyBag`, what the customer pays in."""
    return money(cast("dict[str, Any]", bag or {}).get("presentmentMoney"))


def amount(value: Money) -> str:
    """As Shopify takes it: the currency's own digits."""
    return format(value.rounded().amount, f".{exponent_of(value.currency)}f")


def token(call: Call, *more: str) -> str:
    """Shopify's idempotency key for this write: a UUID that is the same on every attempt."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(("sereno", call.key, *more))))


def mark(call: Call) -> str:
    """A short name of this write, for what it leaves behind."""
    return f"sereno-{uuid.uuid5(uuid.NAMESPACE_URL, f'sereno|{call.key}').hex[:16]}"
