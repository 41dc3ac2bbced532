"""The way to Salesforce B2C Commerce: the Commerce API (SCAPI) for orders, customers and the catalogue, and the Data
API (OCAPI) of the instance for its inventory lists, which SCAPI has not.

Both take a token of Account Manager. One is asked for with one scope of one family, so that a client that lacks a
scope lacks that family and no other.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

from sereno.connectors import tokens
from sereno.connectors.reading import Reader
from sereno.sdk.stores import Answer, Exchange, StoreBusy, StoreLimited, StoreRefused, retry_after

TOKENS = "https://account.demandware.com/dwsso/oauth2/access_token"
OCAPI = "v25_6"
Body = dict[str, Any]
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?")
_ORGANIZATION = re.compile(r"f_ecom_([A-Za-z0-9]+_[A-Za-z0-9]+)")
_READ = (400, 401, 403, 404, 409, 412, 422, 503)
"""Statuses whose answers are read here."""


@dataclass(frozen=True, slots=True)
class Family:
    """A part of SCAPI: its path, and the scope its tokens need."""

    path: str
    scope: str


ORDERS = Family("checkout/orders", "sfcc.orders.rw")
PRODUCTS = Family("product/products", "sfcc.products.rw")
CATALOGS = Family("product/catalogs", "sfcc.catalogs.rw")
CUSTOMERS = Family("customer/customers", "sfcc.customerlists.rw")


def ask(
    exchange: Exchange,
    family: Family,
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
) -> Body:
    """The JSON of the answer; {} where there is none. Raises as `Exchange.send` does, with Salesforce's words, and
    StoreLimited where it sheds load."""
    own, _tenant = organization(exchange)
    code = exchange.access.get("short_code", "").strip().lower()
    if not _LABEL.fullmatch(code):
        raise StoreRefused("store.no_address", f"{code[:40]!r} is no short code: it is eight letters and digits.")
    url = f"https://{code}.api.commercecloud.salesforce.com/{family.path}/v1/organizations/{own}{path}"
    return _send(exchange, family.scope, method, url, query, body)


def ask_data(
    exchange: Exchange, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Body:
    """The same of OCAPI's Data API, on the instance."""
    host = exchange.access.get("host", "").rstrip("/")
    if not host:
        raise StoreRefused("store.no_address", "Give the address of the instance: stock is read and set there.")
    return _send(exchange, "", method, f"{host}/s/-/dw/data/{OCAPI}{path}", query, body)


def organization(exchange: Exchange) -> tuple[str, str]:
    """Its id, and the tenant's in it."""
    own = exchange.access.get("organization", "").strip()
    found = _ORGANIZATION.fullmatch(own)
    if found is None:
        raise StoreRefused("store.no_address", f"{own[:40]!r} is no organisation: its id looks like f_ecom_zzte_prd.")
    return own, found[1]


def site(exchange: Exchange) -> str:
    return exchange.access.get("site", "").strip()


def segment(value: str) -> str:
    """An id as a part of an address."""
    return quote(value, safe="")


def _send(exchange: Exchange, scope: str, method: str, url: str, query: Mapping[str, Any] | None, body: Any) -> Body:
    """A token that ended before its time is asked for anew, once: what was answered 401 has not been done."""
    for is_last in (False, True):
        headers = {"Authorization": f"Bearer {_token(exchange, scope)}"}
        answer = exchange.send(method, url, query=query, body=body, headers=headers, good=_READ)
        if answer.status != 401 or is_last:
            break
        tokens.forget(_key(exchange, scope))
    return _judged(answer)


def _judged(answer: Answer) -> Body:
    found = cast("Body", answer.body) if isinstance(answer.body, dict) else {}
    if answer.status < 400:
        return found
    said = words(found) or f"answer {answer.status}"
    if answer.status == 503:
        if answer.headers.get("sfdc_load_status") or answer.headers.get("retry-after"):
            raise StoreLimited(retry_after(answer.headers), f"Salesforce sheds load: {said}")
        raise StoreBusy(f"Salesforce answered 503: {said}")
    if answer.status == 401:
        raise StoreRefused("store.key_refused", f"Salesforce refused the API client: {said}")
    if answer.status == 403:
        raise StoreRefused("store.key_lacks", f"The API client may not do this: {said}")
    if answer.status == 404:
        raise StoreRefused("store.not_found", f"Salesforce does not know it: {said}")
    raise StoreRefused("store.refused", f"Salesforce refused ({answer.status}): {said}")


def words(body: Mapping[str, Any]) -> str:
    """What went wrong: of SCAPI (`title`, `detail`), OCAPI (`fault`) or Account Manager (`error_description`)."""
    said = Reader(body)
    fault = said.child("fault")
    parts = [said.text("title"), said.text("detail") or fault.text("message") or said.text("error_description")]
    return ": ".join(part for part in parts if part) or (fault.text("type") or said.text("error") or "")


# --- tokens -----------------------------------------------------------------------------------------


def _key(exchange: Exchange, scope: str) -> tuple[str, ...]:
    access = exchange.access
    return ("salesforce", access.get("client_id", ""), access.get("client_secret", ""), _scopes(exchange, scope))


def _scopes(exchange: Exchange, scope: str) -> str:
    """SCAPI wants the tenant's scope beside the family's; the Data API none."""
    return f"SALESFORCE_COMMERCE_API:{organization(exchange)[1]} {scope}" if scope else ""


def _token(exchange: Exchange, scope: str) -> str:
    return tokens.token(_key(exchange, scope), lambda: _take(exchange, scope))


def _take(exchange: Exchange, scope: str) -> tokens.Taken:
    access = exchange.access
    wanted = {"grant_type": "client_credentials"}
    if scope:
        wanted["scope"] = _scopes(exchange, scope)
    basic = b64encode(f"{access.get('client_id', '')}:{access.get('client_secret', '')}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = exchange.send("POST", TOKENS, body=urlencode(wanted).encode(), headers=headers, good=(400, 401))
    said = Reader(answer.body)
    found = said.text("access_token")
    if found is None and said.text("error") == "invalid_scope":
        raise StoreRefused("store.key_lacks", f"The API client is not allowed the scope {scope}: {words(said.data)}")
    if found is None:
        why = words(said.data) or str(answer.status)
        raise StoreRefused("store.key_refused", f"Account Manager gave no token: {why}")
    return found, float(said.number("expires_in") or 0)
