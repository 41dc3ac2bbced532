"""The way to Zoho Commerce's store interface, and to Zoho Inventory's for adjustments of stock, which Commerce has not.

Both take a token made of the refresh token. Zoho makes about ten of them in ten minutes and no more, so one is kept for
its life. Answers say by `code` whether it went well, also where the status is 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode

from sereno.connectors import tokens
from sereno.connectors.reading import Reader
from sereno.connectors.zohocommerce.settings import DOMAINS
from sereno.sdk.stores import Answer, Exchange, StoreLimited, StoreRefused, retry_after

Body = dict[str, Any]
_READ = (400, 401, 403, 404, 409, 422, 429)
"""Statuses whose answers are read here."""
BY_MINUTE, BY_DAY = (43, 44), (45,)
"""Codes of too many calls."""
NOT_THERE = (1002, 1004, 1007)
TOKEN_ENDED, NOT_ALLOWED = (14,), (57,)


def ask(
    exchange: Exchange, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Body:
    """The whole answer of the store's interface. Raises as `Exchange.send` does, with Zoho's words."""
    url = f"https://commerce.{_domains(exchange)[0]}/store/api/v1{path}"
    return _send(exchange, method, url, query, body)


def ask_inventory(
    exchange: Exchange, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Body:
    url = f"https://www.{_domains(exchange)[1]}/inventory/v1{path}"
    own = {"organization_id": organization(exchange)}
    return _send(exchange, method, url, {**own, **(query or {})}, body)


def organization(exchange: Exchange) -> str:
    own = exchange.access.get("organization", "").strip()
    if not own.isdecimal():
        raise StoreRefused("store.no_address", f"{own[:40]!r} is no organisation id: it is a number.")
    return own


def currency(exchange: Exchange) -> str:
    return exchange.access.get("currency", "").strip().upper()


def segment(value: str) -> str:
    """An id as a part of an address."""
    return quote(value, safe="")


def _domains(exchange: Exchange) -> tuple[str, str]:
    given = exchange.access.get("data_center", "com").strip().lower().lstrip(".")
    if given not in DOMAINS:
        raise StoreRefused("store.no_address", f"{given[:20]!r} is none of Zoho's data centres: {', '.join(DOMAINS)}.")
    return DOMAINS[given]


def _send(exchange: Exchange, method: str, url: str, query: Mapping[str, Any] | None, body: Any) -> Body:
    """A token that ended before its time is asked for anew, once: what was refused for it has not been done."""
    for is_last in (False, True):
        headers = {
            "Authorization": f"Zoho-oauthtoken {_token(exchange)}",
            "X-com-zoho-store-organizationid": organization(exchange),
        }
        answer = exchange.send(method, url, query=query, body=body, headers=headers, good=_READ)
        found = cast("Body", answer.body) if isinstance(answer.body, dict) else {}
        if is_last or answer.status != 401 or Reader(found).integer("code") in NOT_ALLOWED:
            return _judged(answer, found)
        tokens.forget(_key(exchange))
    raise AssertionError("unreachable")


def _judged(answer: Answer, found: Body) -> Body:
    code = Reader(found).integer("code") or 0
    if answer.status < 400 and code == 0:
        return found
    said = f"{Reader(found).text('message') or f'answer {answer.status}'} ({code})"
    if code in BY_DAY:
        raise StoreLimited(
            retry_after(answer.headers) or timedelta(hours=1), f"Zoho's calls of the day are used: {said}"
        )
    if answer.status == 429 or code in BY_MINUTE:
        raise StoreLimited(retry_after(answer.headers) or timedelta(minutes=1), f"Zoho asks to come back later: {said}")
    if code in NOT_ALLOWED or answer.status == 403:
        raise StoreRefused("store.key_lacks", f"The key may not do this: {said}")
    if code in TOKEN_ENDED or answer.status == 401:
        raise StoreRefused("store.key_refused", f"Zoho refused the key: {said}")
    if code in NOT_THERE or answer.status == 404:
        raise StoreRefused("store.not_found", f"Zoho does not know it: {said}")
    raise StoreRefused("store.refused", f"Zoho refused ({answer.status}): {said}")


# --- tokens -----------------------------------------------------------------------------------------


def _key(exchange: Exchange) -> tuple[str, ...]:
    names = ("data_center", "client_id", "client_secret", "refresh_token")
    return ("zohocommerce", *(exchange.access.get(name, "") for name in names))


def _token(exchange: Exchange) -> str:
    return tokens.token(_key(exchange), lambda: _take(exchange))


def _take(exchange: Exchange) -> tokens.Taken:
    names = ("client_id", "client_secret", "refresh_token")
    form = {"grant_type": "refresh_token", **{name: exchange.access.get(name, "").strip() for name in names}}
    url = f"https://accounts.{_domains(exchange)[0]}/oauth/v2/token"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = exchange.send("POST", url, body=urlencode(form).encode(), headers=headers, good=_READ)
    said = Reader(answer.body)
    if found := said.text("access_token"):
        return found, float(said.number("expires_in") or 0)
    why = said.text("error_description", "error") or f"answer {answer.status}"
    if answer.status == 429 or "too many requests" in why.lower():
        raise StoreLimited(
            retry_after(answer.headers) or timedelta(minutes=10), f"Zoho makes no more tokens now: {why}"
        )
    raise StoreRefused("store.key_refused", f"Zoho gave no token: {why}")
