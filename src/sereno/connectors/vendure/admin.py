"""The way to Vendure's Admin API: signing in, asking, and what its errors mean.

A user's session is signed in once per process and kept; an API key (Vendure 3.6 on) needs no session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NoReturn

from sereno.connectors import graphs
from sereno.connectors.graphs import Graph, GraphError
from sereno.sdk.stores import Exchange, StoreBusy, StoreRefused

FAILED = "__typename ... on ErrorResult { errorCode message }"
"""For the selection of every result that may be an error."""

_LOGIN = """mutation($user: String!, $password: String!) {
  login(username: $user, password: $password) { __typename ... on ErrorResult { errorCode message } }
}"""
_CODES = {
    "REFUND_AMOUNT_ERROR": "refund.too_much",
    "NOTHING_TO_REFUND_ERROR": "refund.nothing_left",
    "REFUND_ORDER_STATE_ERROR": "refund.not_paid",
    "SETTLE_PAYMENT_ERROR": "capture.refused",
    "CANCEL_PAYMENT_ERROR": "payment.not_voided",
    "INSUFFICIENT_STOCK_ON_HAND_ERROR": "stock.insufficient",
    "INSUFFICIENT_STOCK_ERROR": "stock.insufficient",
    "ITEMS_ALREADY_FULFILLED_ERROR": "order.nothing_to_ship",
    "ORDER_STATE_TRANSITION_ERROR": "order.state",
    "FULFILLMENT_STATE_TRANSITION_ERROR": "order.state",
    "ORDER_MODIFICATION_STATE_ERROR": "order.state",
    "MISSING_CONDITIONS_ERROR": "discount.refused",
}
_sessions: dict[str, str] = {}
"""Session tokens by who signed in where."""


class _SignedOut(Exception):  # noqa: N818
    """The session is over, or its user may not do it."""


def ask(exchange: Exchange, document: str, **variables: Any) -> Graph:
    """One query or mutation as the user, or by the key, that `access` names."""
    if exchange.access.get("api_key"):
        try:
            return _ask(exchange, document, variables, {"vendure-api-key": exchange.access["api_key"]})
        except _SignedOut as error:
            raise _may_not(str(error)) from error
    name = _name(exchange)
    held = _sessions.get(name)
    if held is not None:
        try:
            return _ask(exchange, document, variables, {"Authorization": f"Bearer {held}"})
        except _SignedOut:
            # Nothing was done; the session may have run out.
            _sessions.pop(name, None)
    _sessions[name] = held = _sign_in(exchange)
    try:
        return _ask(exchange, document, variables, {"Authorization": f"Bearer {held}"})
    except _SignedOut as error:
        raise _may_not(str(error)) from error


def done(result: Any, what: str) -> dict[str, Any]:
    """The result of a mutation that may be an ErrorResult. Raises StoreRefused with Vendure's own words."""
    if not isinstance(result, dict):
        raise StoreRefused("store.not_found", f"Vendure does not know the {what}.")
    if code := result.get("errorCode"):
        details = [result.get(name) for name in ("message", "transitionError", "paymentErrorMessage")]
        text = " ".join(str(item) for item in details if item)
        raise StoreRefused(_CODES.get(str(code), "store.refused"), f"Vendure refused ({what}): {text}")
    return result


def _ask(exchange: Exchange, document: str, variables: Mapping[str, Any], credentials: Mapping[str, str]) -> Graph:
    channel = exchange.access.get("channel")
    headers = {**credentials, **({"vendure-token": channel} if channel else {})}
    return graphs.ask(exchange, exchange.access.get("url", ""), document, variables, headers=headers, judge=_judge)


def _judge(errors: Sequence[GraphError]) -> NoReturn:
    codes = {error.code for error in errors}
    text = graphs.said(errors)
    if codes & {"FORBIDDEN", "UNAUTHORIZED"}:
        raise _SignedOut(text)
    if "INTERNAL_SERVER_ERROR" in codes:
        raise StoreBusy(f"Vendure failed: {text}")
    if "ENTITY_NOT_FOUND" in codes:
        raise StoreRefused("store.not_found", f"Vendure does not know it: {text}")
    if "CHANNEL_NOT_FOUND" in codes:
        raise StoreRefused("store.key_refused", f"Vendure has no such channel: {text}")
    graphs.refuse(errors)


def _sign_in(exchange: Exchange) -> str:
    user, password = exchange.access.get("user"), exchange.access.get("password")
    if not user or not password:
        raise StoreRefused("store.key_refused", "Give an API key, or the name and password of an administrator.")
    try:
        answer = _ask(exchange, _LOGIN, {"user": user, "password": password}, {})
    except _SignedOut as error:
        raise _may_not(str(error)) from error
    result = answer.data.get("login") or {}
    token = answer.headers.get("vendure-auth-token")
    if result.get("errorCode"):
        raise StoreRefused("store.key_refused", f"Vendure did not let {user} in: {result.get('message')}")
    if not token:
        what = "let tokenMethod in vendure-config have 'bearer', or give an API key."
        raise StoreRefused("store.key_refused", f"Vendure keeps its sessions in cookies only: {what}")
    return token


def _name(exchange: Exchange) -> str:
    parts = (exchange.access.get(name, "") for name in ("url", "user", "password"))
    return sha256("\0".join(parts).encode()).hexdigest()


def _may_not(text: str) -> StoreRefused:
    return StoreRefused("store.key_refused", f"Vendure does not let this administrator do it: {text}")
