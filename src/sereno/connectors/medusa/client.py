"""The way to Medusa's Admin API, by a secret API key.

Metadata is written whole: what is there is read, and ours put beside it; a key set to "" is one taken away, which is so
whether Medusa merges or replaces.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Exchange, StoreBusy, StoreRefused


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    """Secret keys go as the user's name of basic authentication, without a password."""
    key = b64encode(f"{exchange.access.get('api_key', '')}:".encode()).decode()
    headers = {**request.headers, "Authorization": f"Basic {key}"}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def get(exchange: Exchange, path: str, **query: Any) -> dict[str, Any]:
    """`fields`, `limit`, filters. Raises StoreRefused `store.not_found`."""
    return _send(exchange, "GET", path, query, None)


def own_store(exchange: Exchange) -> tuple[str, str]:
    """Its name, and its own currency as Medusa writes it ("" where none is chosen)."""
    stores = get(exchange, "stores", fields="id,name,*supported_currencies", limit=1).get("stores") or [{}]
    held = stores[0].get("supported_currencies") or ()
    currency = next((item.get("currency_code") for item in held if item.get("is_default")), "")
    return str(stores[0].get("name") or ""), str(currency or "")


def post(exchange: Exchange, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return _send(exchange, "POST", path, {}, body or {})


def drop(exchange: Exchange, path: str) -> dict[str, Any]:
    return _send(exchange, "DELETE", path, {}, None)


def _send(exchange: Exchange, method: str, path: str, query: Mapping[str, Any], body: Any) -> dict[str, Any]:
    base = exchange.access.get("url", "").rstrip("/").removesuffix("/admin")
    # 409: another request holds the record.
    answer = exchange.send(method, f"{base}/admin/{path}", query=query or None, body=body, good=(409,))
    if answer.status == 409:
        raise StoreBusy(f"Medusa is at this record already: {answer.body}")
    return answer.body if isinstance(answer.body, dict) else {}


def dec(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def number(amount: Decimal) -> int | float:
    """Medusa takes amounts as JSON numbers of whole currency units."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def metadata_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was taken away."""
    return {key: value for key, value in (record.get("metadata") or {}).items() if value not in ("", None)}


def add_metadata(exchange: Exchange, path: str, record: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """`path` and `record` are the record's. Nothing is sent when it is so already."""
    held = metadata_of(record)
    if any((value or None) != held.get(key) for key, value in values.items()):
        post(exchange, path, {"metadata": {**held, **values}})


def one(held: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = held.get(name)
    if not isinstance(found, dict):
        raise StoreRefused("store.not_found", f"Medusa gave no {name}.")
    return found
