"""Shopify's authorization code grant: for a shop outside the organization that owns the app, where the app's id and
secret alone give no token.

Invariant: an answer is taken only with Shopify's own HMAC over it, for the shop that was asked for.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from sereno.connectors.shopify.client import shop_address
from sereno.sdk.stores import Asking, Exchange, Grant, StoreRefused


def grant(scopes: Iterable[str]) -> Grant:
    wanted = ",".join(scopes)

    def address(asking: Asking) -> str:
        query = {
            "client_id": asking.given["client_id"],
            "scope": wanted,
            "redirect_uri": asking.back,
            "state": asking.state,
        }
        return f"https://{_host(asking)}/admin/oauth/authorize?{urlencode(query)}"

    return Grant(("shop", "client_id", "client_secret"), address, take)


def take(exchange: Exchange, asking: Asking, came: Mapping[str, str]) -> Mapping[str, str]:
    """The token for the code. Raises StoreErrors."""
    secret = asking.given["client_secret"]
    if not is_theirs(came, secret) or came.get("shop") != _host(asking):
        raise StoreRefused("store.not_understood", "This answer is not Shopify's, or of another shop: begin anew.")
    body = {"client_id": asking.given["client_id"], "client_secret": secret, "code": came.get("code", "")}
    answer = exchange.send("POST", f"{shop_address(exchange)}/admin/oauth/access_token", body=body)
    token = str((answer.body or {}).get("access_token") or "")
    if not token:
        raise StoreRefused("store.key_refused", "Shopify gave no token for this code: begin anew.")
    return {"token": token}


def is_theirs(came: Mapping[str, str], secret: str) -> bool:
    """Its HMAC-SHA256 in hex, over the other parameters by name."""
    said = "&".join(f"{name}={came[name]}" for name in sorted(came) if name not in ("hmac", "signature"))
    made = hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, came.get("hmac", ""))


def _host(asking: Asking) -> str:
    given = asking.given["shop"].strip().partition("://")[2] or asking.given["shop"].strip()
    host = given.partition("/")[0].lower()
    return host if "." in host else f"{host}.myshopify.com"
