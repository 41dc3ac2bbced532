"""Speaking to Magento's REST interface: the address, the credentials, searches, and its errors in words.

Magento has no idempotency keys, but most of what it makes (a shipment, a credit memo) takes a comment in the same
transaction: there stands a short name of the effect, by which a second attempt finds it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast

from sereno.connectors import oauth1
from sereno.connectors.reading import Reader, as_instant
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Exchange, StoreRefused

Body = dict[str, Any]
Filter = tuple[str, str, str]
"""Field, condition (`eq`, `gteq`, ...), value."""


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    """An integration's four texts sign as OAuth 1.0a; an access token alone is a bearer, which Magento takes since
    2.4.4 only where that is switched on."""
    access = exchange.access
    token = access.get("access_token", "")
    if access.get("consumer_key"):
        named = oauth1.parameters(
            request.method,
            request.url,
            consumer=(access["consumer_key"], access.get("consumer_secret", "")),
            token=(token, access.get("token_secret", "")),
            now=datetime.now(UTC),
            nonce=secrets.token_hex(16),
        )
        value = oauth1.header(named)
    else:
        value = f"Bearer {token}"
    return replace(request, headers={**request.headers, "Authorization": value})


def ask(
    exchange: Exchange,
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    scope: str = "",
) -> Any:
    """The JSON of the answer. `scope` is `all` for what is set for every store view. Raises as `Exchange.send` does,
    with Magento's words."""
    url = str(exchange.access.get("url") or exchange.settings.get("url") or "").rstrip("/")
    if not url:
        raise StoreRefused("store.no_address", "The connection does not say where the shop is: fill in its address.")
    where = f"{url}/rest/{scope}/V1/{path}" if scope else f"{url}/rest/V1/{path}"
    try:
        answer = exchange.send(method, where, query=query, body=body, good=(400,))
    except StoreRefused as error:
        status, _, written = str(error).partition("): ")
        raise StoreRefused(error.code, f"{status}): {words(written)}") from error
    if answer.status == 400:
        raise StoreRefused("store.refused", f"Magento refused: {words_of(answer.body)}")
    return answer.body


def words(written: str) -> str:
    """The sentence in an error's JSON."""
    try:
        return words_of(json.loads(written))
    except ValueError:
        return written


def words_of(body: Any) -> str:
    """Magento's message with its parameters, which are a list (`%1`) or named (`%field`)."""
    said = Reader(body)
    text = said.plain("message") or "no reason given"
    given = said.raw("parameters")
    if isinstance(given, Mapping):
        named = cast("Mapping[str, Any]", given)
        return re.sub(r"%(\w+)", lambda match: str(named.get(match[1], match[0])), text)
    numbered = cast("list[Any]", given) if isinstance(given, list) else []
    return re.sub(
        r"%(\d+)",
        lambda match: str(numbered[int(match[1]) - 1]) if 0 < int(match[1]) <= len(numbered) else match[0],
        text,
    )


def criteria(
    filters: Sequence[Filter], *, sort: Sequence[tuple[str, str]] = (), size: int = 100, page: int = 1
) -> dict[str, Any]:
    """A search: all of the filters hold."""
    query: dict[str, Any] = {}
    for number, (name, condition, value) in enumerate(filters):
        own = f"searchCriteria[filterGroups][{number}][filters][0]"
        query |= {f"{own}[field]": name, f"{own}[conditionType]": condition, f"{own}[value]": value}
    for number, (name, direction) in enumerate(sort):
        query |= {f"searchCriteria[sortOrders][{number}][field]": name}
        query |= {f"searchCriteria[sortOrders][{number}][direction]": direction}
    return {**query, "searchCriteria[pageSize]": size, "searchCriteria[currentPage]": page}


def search(exchange: Exchange, path: str, *filters: Filter, scope: str = "") -> list[Body]:
    """The first hundred found."""
    return as_list(ask(exchange, "GET", path, query=criteria(filters), scope=scope).get("items"))


def as_list(value: Any) -> list[Body]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Body", item) for item in items if isinstance(item, dict)]


def mark(key: str) -> str:
    """How an effect signs what it makes: at the end of a comment, the same on every attempt."""
    return f"(Sereno {blake2b(key.encode(), digest_size=6).hexdigest()})"


def comment(text: str, own: str) -> Body:
    """A comment for staff, signed."""
    return {"comment": f"{text} {own}".strip(), "is_visible_on_front": 0}


def is_marked(record: Mapping[str, Any], own: str) -> bool:
    """Whether one of the record's comments is signed so."""
    return any((Reader(item).plain("comment") or "").endswith(own) for item in as_list(record.get("comments")))


def changed_at(record: Mapping[str, Any]) -> datetime | None:
    """`updated_at`, UTC to the second."""
    return as_instant(record.get("updated_at"))
