"""The way to Saleor's GraphQL API, by an app's token, and what its errors mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from sereno.connectors import graphs
from sereno.connectors.graphs import Graph, GraphError
from sereno.sdk.stores import Exchange, StoreBusy, StoreLimited, StoreRefused

ERRORS = "errors { field message code }"
"""For the selection of every mutation."""

_CODES = {
    "NOT_FOUND": "store.not_found",
    "CANNOT_CANCEL_ORDER": "order.shipped",
    "CANNOT_CANCEL_FULFILLMENT": "order.state",
    "FULFILL_ORDER_LINE": "order.nothing_to_ship",
    "CANNOT_FULFILL_UNPAID_ORDER": "order.not_paid",
    "CANNOT_REFUND": "refund.refused",
    "CANNOT_CAPTURE_PAYMENT": "capture.refused",
    "CAPTURE_INACTIVE_PAYMENT": "capture.nothing_authorized",
    "INACTIVE_PAYMENT": "capture.nothing_authorized",
    "AMOUNT_GREATER_THAN_AVAILABLE": "refund.too_much",
    "INSUFFICIENT_STOCK": "stock.insufficient",
    "NOT_EDITABLE": "order.not_editable",
    "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK": "payment.no_app",
}
_SIGNED_OUT = frozenset({"PERMISSIONDENIED", "INVALIDTOKENERROR", "EXPIREDSIGNATUREERROR", "DECODEERROR"})
_AGAIN = frozenset({"OPERATIONALERROR", "INTERNALERROR"})


def ask(exchange: Exchange, document: str, **variables: Any) -> Graph:
    headers = {"Authorization": f"Bearer {exchange.access.get('token', '')}"}
    return graphs.ask(exchange, exchange.access.get("url", ""), document, variables, headers=headers, judge=_judge)


def change(exchange: Exchange, document: str, **variables: Any) -> dict[str, Any]:
    """One mutation; gives its result, whose `errors` are empty. Raises StoreRefused with Saleor's own words."""
    data = ask(exchange, document, **variables).data
    result: dict[str, Any] = next(iter(data.values()), None) or {}
    errors: Sequence[Mapping[str, Any]] = result.get("errors") or ()
    if errors:
        code = str(errors[0].get("code") or "")
        text = "; ".join(f"{item.get('field') or ''} {item.get('message') or ''}".strip() for item in errors)
        raise StoreRefused(_CODES.get(code, "store.refused"), f"Saleor refused ({code}): {text}"[:500])
    return result


def found(held: Any, what: str) -> dict[str, Any]:
    if not isinstance(held, dict):
        raise StoreRefused("store.not_found", f"Saleor does not know the {what}.")
    return held


def channel(exchange: Exchange) -> dict[str, Any]:
    """Id, slug and currency of the channel Sereno writes in."""
    slug = exchange.access.get("channel", "")
    held = ask(exchange, "query($slug: String!) { channel(slug: $slug) { id slug currencyCode } }", slug=slug)
    return found(held.data.get("channel"), f"channel {slug}")


def dec(value: Any) -> Decimal:
    """Of `{amount}`, or of the amount itself."""
    inner = value.get("amount") if isinstance(value, Mapping) else value
    return Decimal(str(inner or 0))


def _judge(errors: Sequence[GraphError]) -> NoReturn:
    codes = {error.code for error in errors}
    text = graphs.said(errors)
    if codes & _SIGNED_OUT:
        raise StoreRefused("store.key_refused", f"Saleor does not let this app do it: {text}")
    if "QUERYCOSTERROR" in codes:
        raise StoreRefused("store.refused", f"Saleor finds the question too large: {text}")
    if "THROTTLED" in codes:
        raise StoreLimited(None, text)
    if codes & _AGAIN:
        raise StoreBusy(f"Saleor failed: {text}")
    graphs.refuse(errors)
