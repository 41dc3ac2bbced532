"""The way to BigCommerce's REST interfaces, v2 and v3, and what is kept on an order between two attempts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, cast

from sereno.connectors.reading import as_instant, iso
from sereno.sdk.stores import Call, Exchange, StoreLimited, StoreRefused

HOME = "https://api.bigcommerce.com"
NAMESPACE = "sereno"
SETTLES = timedelta(minutes=5)
"""After which a request that was not answered is not under way any more."""


def ask(
    exchange: Exchange, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Of v3 the whole answer (`data`, `meta`), of v2 the record; {} for an empty answer. Raises the StoreErrors."""
    found = _send(exchange, method, path, body, query)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def ask_list(exchange: Exchange, path: str, query: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """A list of records, of v2 (the answer itself; nothing where there are none) or v3 (its `data`)."""
    found = _send(exchange, "GET", path, None, query)
    if isinstance(found, dict):
        found = cast("dict[str, Any]", found).get("data")
    return cast("list[dict[str, Any]]", found) if isinstance(found, list) else []


def _send(exchange: Exchange, method: str, path: str, body: Any, query: Mapping[str, Any] | None) -> Any:
    token = exchange.access.get("token")
    if not token:
        raise StoreRefused("store.key_missing", "Give the access token of a store-level API account.")
    url = f"{api_path(exchange)}{path}"
    key = {"X-Auth-Token": token}
    answer = exchange.send(method, url, query=query, body=body, headers=key, good=(429,))
    if answer.status == 429:
        raise StoreLimited(_reset(answer.headers), "BigCommerce asks to come back later")
    return answer.body


def _reset(headers: Mapping[str, str]) -> timedelta | None:
    """BigCommerce says in milliseconds when its window begins anew."""
    try:
        return timedelta(milliseconds=min(max(int(headers.get("x-rate-limit-time-reset-ms", "")), 0), 3_600_000))
    except ValueError:
        return None


def api_path(exchange: Exchange) -> str:
    """`https://api.bigcommerce.com/stores/abc123`, of the API path as BigCommerce shows it or of the store hash."""
    given = str(exchange.access.get("api_path") or "").strip().rstrip("/")
    if not given:
        raise StoreRefused("store.no_address", "Give the API path that BigCommerce shows for the API account.")
    if "://" not in given:
        return f"{HOME}/stores/{given.rpartition('/')[2].removeprefix('store-')}"
    for version in ("/v2", "/v3"):
        given = given.removesuffix(version)
    return given


def known(exchange: Exchange, path: str, what: str) -> dict[str, Any]:
    """The record of v2 or v3 at the path, or StoreRefused `<what>.gone`."""
    try:
        found = ask(exchange, "GET", path)
    except StoreRefused as error:
        if error.code == "store.not_found":
            raise StoreRefused(f"{what}.gone", f"BigCommerce does not have this {what} any more.") from error
        raise
    return cast("dict[str, Any]", found.get("data") or {}) if path.startswith("/v3") else found


# --- values -----------------------------------------------------------------------------------------


def instant(value: object) -> datetime | None:
    """v2 writes `Tue, 20 Nov 2012 00:00:00 +0000`, v3 ISO 8601."""
    if isinstance(value, str) and "," in value:
        try:
            found = parsedate_to_datetime(value)
        except ValueError:
            return None
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return as_instant(value)


def number(value: object) -> int:
    """An id or a count of ours as the number BigCommerce takes."""
    try:
        return int(str(value))
    except ValueError as error:
        raise StoreRefused("store.refused", f"{value!r} is no id of BigCommerce's: they are numbers.") from error


def decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value or "0"))


def mark(call: Call) -> str:
    """A short name of this write, for what it leaves behind."""
    return f"sereno-{uuid.uuid5(uuid.NAMESPACE_URL, f'sereno|{call.key}').hex[:16]}"


# --- kept on the record -----------------------------------------------------------------------------


def field_of(exchange: Exchange, path: str, namespace: str, key: str) -> dict[str, Any] | None:
    """A metafield of the record at the path."""
    found = ask_list(exchange, f"{path}/metafields", {"namespace": namespace, "key": key})
    return next((one for one in found if (one.get("namespace"), one.get("key")) == (namespace, key)), None)


def set_field(
    exchange: Exchange, path: str, namespace: str, key: str, value: str, permission: str = "app_only"
) -> dict[str, Any]:
    """Made, or changed where it is there."""
    there = field_of(exchange, path, namespace, key)
    body = {"namespace": namespace, "key": key, "value": value, "permission_set": permission}
    if there is None:
        return ask(exchange, "POST", f"{path}/metafields", body).get("data") or {}
    if there.get("value") == value:
        return there
    return ask(exchange, "PUT", f"{path}/metafields/{there['id']}", body).get("data") or {}


def before(call: Call, order: str, now: Mapping[str, Any]) -> dict[str, Any]:
    """How things stood before the first attempt of this write: kept on the order before anything is changed, so that
    an attempt after a lost answer does only what is left."""
    path = f"/v3/orders/{number(order)}"
    now = {**now, "at": iso(call.now)}
    kept = field_of(call.exchange, path, NAMESPACE, mark(call))
    if kept is not None:
        return json.loads(kept["value"])
    set_field(call.exchange, path, NAMESPACE, mark(call), json.dumps(now, sort_keys=True))
    return {**now, "is_new": True}
