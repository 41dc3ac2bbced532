"""Writes to any system that takes a signed web request: a till, an ERP, a warehouse, a shop without a connector.

Each write is one POST: `{"type": "store.<ability>", "timestamp", "data"}`, signed as Standard Webhooks, with the
effect's key as `webhook-id` and `Idempotency-Key`, the same on every attempt. Doing it once is the other side's part.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from sereno.commerce.money import Money
from sereno.connectors.generic import feeds
from sereno.connectors.generic.settings import ACCESS, ACCESS_STEPS
from sereno.connectors.reading import Reader, as_instant, as_text, iso
from sereno.sdk.ports import HttpRequest
from sereno.sdk.site import KINDS as SITE_KINDS
from sereno.sdk.site import Found
from sereno.sdk.standard_webhooks import signed_headers
from sereno.sdk.stores import Call, Exchange, Item, Page, Probe, Reading, StoreApi, StoreRefused, Written, if_there
from sereno.sdk.writes import WRITES, Write

KINDS = ("order", "customer", "product", "stock_level")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,40}(\.[a-z][a-z0-9_]{0,60}){1,2}")
_REFUSALS = (400, 404, 409, 410, 422, 501)


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    """Standard Webhooks over id, time and body; the id and time a write gave, else new ones. A token as bearer, where
    there is one."""
    given = request.headers.get("webhook-timestamp", "")
    now = datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    own = request.headers.get("webhook-id") or f"msg_{secrets.token_hex(12)}"
    headers = {**request.headers, **signed_headers(exchange.access["secret"], request.body or b"", own, now)}
    if token := exchange.access.get("token"):
        headers["Authorization"] = f"Bearer {token}"
    return replace(request, headers=headers)


def write(call: Call, wanted: Write) -> Written:
    """Any 2xx says that it is so now, or was already. The answer may hold `value` and `version`."""
    body = {"type": f"store.{wanted.ability}", "timestamp": iso(call.now), "data": as_json(wanted)}
    headers = {
        "webhook-id": call.key,
        "webhook-timestamp": str(int(call.now.timestamp())),
        "Idempotency-Key": call.key,
        "X-Sereno-Attempt": str(call.attempt),
    }
    said = _ask(call.exchange, "POST", _address(call.exchange, "url"), body=body, headers=headers)
    value = said.raw("value")
    found = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
    return Written(found, as_instant(said.raw("version")))


def as_json(value: Any) -> Any:
    """A write as JSON: amounts as decimal text beside their currency, instants in UTC."""
    if isinstance(value, Money):
        return {"amount": value.text, "currency": value.currency}
    if is_dataclass(value):
        return {one.name: as_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    if isinstance(value, tuple):
        return [as_json(item) for item in cast("tuple[Any, ...]", value)]
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, Decimal) else value


def probe(exchange: Exchange) -> Probe:
    """A POST of `{"type": "store.probe"}`; the answer may say `shop`, `currency`, `version` and `lacking`."""
    said = _ask(exchange, "POST", _address(exchange, "url"), body={"type": "store.probe", "data": {}})
    return Probe(
        said.text("shop") or "", said.text("currency") or "", said.text("version") or "", said.texts("lacking")
    )


def reader(kind: str) -> Callable[[Exchange, Reading], Page]:
    """GET of `<address>/<kind>s?since=&until=&cursor=&size=`, which answers `{"items": [...], "next", "total"}`. An
    item is a canonical event, or a record of the kind."""

    def read(exchange: Exchange, reading: Reading) -> Page:
        if feeds.is_feed(exchange):
            return feeds.read(exchange, reading, kind)
        query: dict[str, Any] = {"size": reading.size}
        for name, at in (("since", reading.since), ("until", reading.until)):
            if at is not None:
                query[name] = iso(at)
        if reading.cursor is not None:
            query["cursor"] = reading.cursor
        said = _ask(exchange, "GET", f"{_address(exchange, 'reads_url')}/{kind}s", query=query)
        items = [_item(kind, one) for one in said.children("items")]
        return Page(items, said.text("next"), said.integer("total"))

    return read


def fetcher(kind: str) -> Callable[[Exchange, str], Item | None]:
    """GET of `<address>/<kind>s/<id>`; None when it answers 404."""

    def fetch(exchange: Exchange, own: str) -> Item | None:
        return if_there(lambda: _item(kind, _ask(exchange, "GET", f"{_address(exchange, 'reads_url')}/{kind}s/{own}")))

    return fetch


def looker(kind: str) -> Callable[[Exchange, str], Found | None]:
    """GET of `<address>/site/<kind>?key=`, which answers `{"id", "url", "fields": {...}}`; None when it answers 404."""

    def look(exchange: Exchange, key: str) -> Found | None:
        address = f"{_address(exchange, 'reads_url')}/site/{kind}"
        said = if_there(lambda: _ask(exchange, "GET", address, query={"key": key}))
        return None if said is None else Found(said.text("id") or "", said.child("fields").data, said.text("url") or "")

    return look


def _item(kind: str, reader: Reader) -> Item:
    """A record without an envelope is the event `<kind>.updated`, named by its id and version, so that the same one
    read twice is told once."""
    body = dict(reader.data)
    if isinstance(body.get("type"), str) and isinstance(body.get("data"), Mapping):
        inside = reader.child("data")
        at = as_instant(inside.raw("updated_at")) or as_instant(body.get("occurred_at"))
        return Item(str(body["type"]), body, as_text(inside.raw("id", "variant_id", "sku")) or "", at)
    own = as_text(reader.raw("id", "variant_id", "sku")) or ""
    noun, verb = ("stock", "changed") if kind == "stock_level" else (kind, "updated")
    version = reader.instant("updated_at")
    event: dict[str, Any] = {"type": f"{noun}.{verb}", "data": body}
    if version:
        event |= {"id": f"{noun}:{own}:{verb}:{version}", "occurred_at": version}
    return Item(f"{noun}.{verb}", event, own, as_instant(version))


def _ask(
    exchange: Exchange,
    method: str,
    url: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Reader:
    """A refusal may be `{"code", "message"}`, which is told as it stands. 501: it does not do such things."""
    answer = exchange.send(method, url, query=query, body=body, headers=headers, good=_REFUSALS)
    said = Reader(answer.body)
    if answer.status < 300:
        return said
    usual = {501: "store.cannot", 404: "store.not_found", 410: "store.not_found"}.get(answer.status, "store.refused")
    code = said.text("code") or ""
    words = said.text("message") or json.dumps(answer.body, ensure_ascii=False)[:300]
    raise StoreRefused(code if _CODE.fullmatch(code) else usual, f"The system refused ({answer.status}): {words}")


def _address(exchange: Exchange, name: str) -> str:
    url = exchange.access.get(name, "").rstrip("/")
    if not url:
        raise StoreRefused("store.no_address", "The connection does not say where to ask: fill in the address.")
    return url


STORE = StoreApi(
    access=ACCESS,
    steps=ACCESS_STEPS,
    probe=probe,
    writes=dict.fromkeys(WRITES, write),
    reads={kind: reader(kind) for kind in KINDS},
    fetch={kind: fetcher(kind) for kind in KINDS},
    looks={kind: looker(kind) for kind in SITE_KINDS},
    per_second=10.0,
    sign=sign,
)
