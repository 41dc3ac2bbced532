"""Speaking to WooCommerce's REST interface v3: the address, the credentials, and its errors in words.

WooCommerce has no idempotency keys. What cannot be seen in the record itself is marked: `mark` makes a short name of
the effect, which stands in a meta field, or at the end of a note.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast

from sereno.connectors import oauth1
from sereno.connectors.reading import Reader, as_instant
from sereno.connectors.woocommerce.orders import TAG
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Answer, Exchange, StoreBusy, StoreRefused

MARK = "_sereno_key"
NO_ROUTE = "rest_no_route"

Body = dict[str, Any]


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    """Key and secret as Basic over https; as OAuth 1.0a in the address where asked for, and always over http, where
    WooCommerce takes nothing else."""
    key, secret = exchange.access.get("consumer_key", ""), exchange.access.get("consumer_secret", "")
    if not request.url.startswith("https:") or exchange.access.get("sign_by") == "oauth":
        named = oauth1.parameters(
            request.method, request.url, consumer=(key, secret), now=datetime.now(UTC), nonce=secrets.token_hex(16)
        )
        return replace(request, url=oauth1.in_address(request.url, named))
    pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return replace(request, headers={**request.headers, "Authorization": f"Basic {pair}"})


def ask(exchange: Exchange, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
    """The JSON of the answer. Raises as `Exchange.send` does; WooCommerce's own refusals with its words, also those it
    sends as 500."""
    return send(exchange, method, path, query=query, body=body).body


def send(
    exchange: Exchange, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Answer:
    """Like `ask`, with status and headers."""
    try:
        answer = exchange.send(method, f"{base(exchange)}/{path}", query=query, body=body, good=(400, 500))
    except StoreRefused as error:
        raise _worded(error) from error
    if answer.status < 300:
        return answer
    code, words = _said(answer.body)
    if answer.status == 500 and not code.startswith("woocommerce_rest_"):
        raise StoreBusy(f"the store answered 500: {words}")
    if code.endswith("_invalid_id"):
        raise StoreRefused("store.not_found", f"WooCommerce does not know it: {words}")
    raise StoreRefused("store.refused", f"WooCommerce refused: {words} ({code})")


def _worded(error: StoreRefused) -> StoreRefused:
    """The refusal with WooCommerce's own sentence in the place of its JSON."""
    status, _, written = str(error).partition("): ")
    try:
        code, words = _said(json.loads(written))
    except ValueError:
        code, words = "", written
    if error.code == "store.key_refused":
        return StoreRefused(error.code, f"{status}): {words} Make a key with Read/Write in WooCommerce.")
    return StoreRefused("store.no_route" if code == NO_ROUTE else error.code, f"{status}): {words}")


def _said(body: Any) -> tuple[str, str]:
    """Code and words of an error."""
    said = Reader(body)
    return said.text("code") or "", said.plain("message") or "no reason given"


def base(exchange: Exchange) -> str:
    """Where the REST interface is. Raises StoreRefused when the connection does not say where the shop is."""
    url = str(exchange.access.get("url") or exchange.settings.get("url") or "").rstrip("/")
    if not url:
        raise StoreRefused("store.no_address", "The connection does not say where the shop is: fill in its address.")
    return f"{url}/wp-json/wc/v3"


def mark(key: str) -> str:
    """A short name of an effect, the same on every attempt."""
    return blake2b(key.encode(), digest_size=6).hexdigest()


def meta(name: str, value: Any) -> Body:
    return {"meta_data": [{"key": name, "value": value}]}


def meta_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record's meta fields by name; of names used twice, the last."""
    return {item.text("key") or "": item.raw("value") for item in Reader(record).children("meta_data")}


def tags(add: tuple[str, ...], remove: tuple[str, ...]) -> Body:
    """The meta fields that put tags on and take them off: a field set to null is deleted."""
    put = [{"key": TAG + tag.casefold(), "value": tag} for tag in add]
    return {"meta_data": put + [{"key": TAG + tag.casefold(), "value": None} for tag in remove]}


def changed_at(record: Mapping[str, Any]) -> datetime | None:
    """`date_modified_gmt`, to the second."""
    return as_instant(record.get("date_modified_gmt"))


def as_list(value: Any) -> list[Body]:
    """The records of an answer that is a list."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Body", item) for item in items if isinstance(item, dict)]
