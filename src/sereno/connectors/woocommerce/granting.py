"""WooCommerce makes a key by itself when a shop manager says yes on its page `wc-auth`, and sends it to the inbox.

Invariant: the state is the `user_id` it brings back; without a live one nothing is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from sereno.sdk.stores import Asking, Exchange, Grant, StoreRefused


def address(asking: Asking) -> str:
    query = {
        "app_name": "Sereno",
        "scope": "read_write",
        "user_id": asking.state,
        "return_url": asking.back,
        "callback_url": asking.inbox,
    }
    return f"{asking.given['url'].rstrip('/')}/wc-auth/v1/authorize?{urlencode(query)}"


def take(exchange: Exchange, asking: Asking, came: Mapping[str, str]) -> Mapping[str, str]:
    """Raises StoreRefused for a key that may not write."""
    key, secret = came.get("consumer_key", ""), came.get("consumer_secret", "")
    if not key.startswith("ck_") or not secret.startswith("cs_"):
        raise StoreRefused("store.not_understood", "WooCommerce sent no key: press “Approve” on its page.")
    if came.get("key_permissions", "read_write") != "read_write":
        raise StoreRefused("store.key_lacks", "The key may not write: begin anew and let it read and write.")
    return {"consumer_key": key, "consumer_secret": secret}


GRANT = Grant(("url",), address, take, comes_by="post", state_of=lambda came: came.get("user_id", ""))
