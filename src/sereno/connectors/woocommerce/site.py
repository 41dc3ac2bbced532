"""Posts, pages and templates of the WordPress a WooCommerce shop is part of, over WordPress's own interface (wp/v2).

WooCommerce's key is not taken there: WordPress wants the name of a user and an application password of theirs. A
template of a block theme is a theme file here, `templates/front-page` or `parts/header`; what a person or Sereno made
of it stands before the theme's own, which is there again once that is taken away. WordPress has no request that shows
another theme, and no fields for search engines without a plug-in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from sereno.connectors.reading import Reader
from sereno.connectors.site import Fields, Things, split_key, text
from sereno.connectors.woocommerce.client import as_list, base
from sereno.sdk.ports import HttpRequest
from sereno.sdk.site import SHOWN, Found
from sereno.sdk.stores import Call, Exchange, StoreRefused

HAS = ("title", "body", "summary", "template", SHOWN)
_NAMES = {"title": "title", "body": "content", "summary": "excerpt", "template": "template"}
ROOT = "/wp-json/wp/v2/"


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest | None:
    """With the application password, for WordPress's own addresses; None for all others."""
    if ROOT not in request.url:
        return None
    pair = f"{exchange.access.get('wp_user', '')}:{exchange.access.get('wp_password', '')}"
    value = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return replace(request, headers={**request.headers, "Authorization": value})


def _ask(
    exchange: Exchange, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Any:
    """Raises as `Exchange.send` does, with WordPress's words."""
    if not (exchange.access.get("wp_user") and exchange.access.get("wp_password")):
        raise StoreRefused(
            "store.key_missing",
            "Posts and pages are WordPress's: give the name of a user and an application password of theirs.",
        )
    address = base(exchange).removesuffix("/wc/v3") + f"/wp/v2/{path}"
    try:
        return exchange.send(method, address, query=query, body=body).body
    except StoreRefused as error:
        status, _, written = str(error).partition("): ")
        with suppress(ValueError):
            written = Reader(json.loads(written)).plain("message") or written
        hint = " The user of the application password must be an editor, for templates an administrator."
        is_key = error.code == "store.key_refused"
        raise StoreRefused(
            "store.key_lacks" if is_key else error.code, f"{status}): {written}{hint * is_key}"
        ) from error


# --- posts and pages --------------------------------------------------------------------------------


def _look(kind: str, exchange: Exchange, key: str) -> Found | None:
    _blog, slug = split_key(key)
    found = as_list(_ask(exchange, "GET", kind, query={"slug": slug, "status": "any", "context": "edit"}))
    return _found(found[0]) if found else None


def _found(one: Mapping[str, Any]) -> Found:
    said: dict[str, Any] = {name: _raw(one.get(own)) for name, own in _NAMES.items()}
    return Found(str(one["id"]), {**said, SHOWN: one.get("status") == "publish"}, text(one.get("link")))


def _raw(value: Any) -> str:
    return text(value.get("raw")) if isinstance(value, Mapping) else text(value)


def _body(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {_NAMES[name]: value for name, value in fields.items() if name in _NAMES}
    return {**found, "status": "publish" if fields[SHOWN] else "draft"} if SHOWN in fields else found


def _make(kind: str, call: Call, key: str, fields: Fields) -> Found:
    _blog, slug = split_key(key)
    body = {"slug": slug, **_body({SHOWN: False, **fields})}
    return _found(_ask(call.exchange, "POST", kind, query={"context": "edit"}, body=body))


def _change(kind: str, call: Call, found: Found, fields: Fields) -> Found:
    return _found(_ask(call.exchange, "POST", f"{kind}/{found.id}", query={"context": "edit"}, body=_body(fields)))


def _things(kind: str, has: tuple[str, ...]) -> Things:
    return Things(
        "WordPress",
        has,
        lambda exchange, key: _look(kind, exchange, key),
        lambda call, key, fields: _make(kind, call, key, fields),
        lambda call, key, found, fields: _change(kind, call, found, fields),
    )


# --- templates --------------------------------------------------------------------------------------

_KINDS = {"templates": "templates", "parts": "template-parts"}


def _place(exchange: Exchange, key: str) -> tuple[str, str]:
    """The address of a template, and the theme it is of."""
    theme, name = key.split(":", 1) if ":" in key else ("", key)
    folder, _, slug = name.partition("/")
    if folder not in _KINDS or not slug:
        raise StoreRefused("content.file_unknown", "WordPress has templates/NAME and parts/NAME of a block theme.")
    if not theme:
        active = as_list(_ask(exchange, "GET", "themes", query={"status": "active"}))
        theme = str(active[0].get("stylesheet")) if active else ""
    return f"{_KINDS[folder]}/{quote(theme)}//{quote(slug)}", theme


def _look_file(exchange: Exchange, key: str) -> Found | None:
    place, theme = _place(exchange, key)
    one = _ask(exchange, "GET", place, query={"context": "edit"})
    # The theme's own is nothing of anybody's making: it is put back by taking away what stands before it.
    return Found(key, {"": _raw(one.get("content"))}, place=theme) if one.get("source") == "custom" else None


def _set_file(call: Call, key: str, fields: Fields) -> Found | None:
    place, theme = _place(call.exchange, key)
    if fields[""] is None:
        _ask(call.exchange, "DELETE", place, query={"force": "true"})
        return None
    done = _ask(call.exchange, "POST", place, query={"context": "edit"}, body={"content": fields[""]})
    return Found(key, {"": _raw(done.get("content"))}, place=theme)


POSTS = _things("posts", HAS)
PAGES = _things("pages", tuple(name for name in HAS if name != "summary"))
FILES = Things("WordPress", (), _look_file, _set_file, lambda call, key, found, fields: _set_file(call, key, fields))
