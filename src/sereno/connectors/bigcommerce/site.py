"""Posts and pages of a BigCommerce store: posts over v2, pages over v3.

A store has one blog, so a post's key is its handle. Files of a theme are not here: BigCommerce takes a theme only
whole, as an archive; nor is another theme shown, for it does not say which of a theme's variations stands, and could
not be put back as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.bigcommerce.client import ask, ask_list
from sereno.connectors.site import Fields, Things, split_key, text
from sereno.sdk.site import SHOWN, Found
from sereno.sdk.stores import Call, Exchange

_PAGE = {"title": "name", "body": "body", "seo_title": "meta_title", "seo_description": "meta_description"}
_POST = {"title": "title", "body": "body", "author": "author", "seo_description": "meta_description"}
_SIZE, _MOST_PAGES = 250, 40


def _look_page(exchange: Exchange, key: str) -> Found | None:
    """BigCommerce does not find a page by its address: all are looked through."""
    for page in range(1, _MOST_PAGES + 1):
        query = {"include": "body", "limit": _SIZE, "page": page}
        some = ask_list(exchange, "/v3/content/pages", query)
        for one in some:
            if str(one.get("url") or "").strip("/") == key:
                return _of_page(one)
        if len(some) < _SIZE:
            break
    return None


def _of_page(one: Mapping[str, Any]) -> Found:
    fields: dict[str, Any] = {name: text(one.get(own)) for name, own in _PAGE.items()}
    return Found(str(one["id"]), {**fields, SHOWN: bool(one.get("is_visible"))}, text(one.get("url")))


def _page_body(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {_PAGE[name]: value for name, value in fields.items() if name in _PAGE}
    return {**found, "is_visible": fields[SHOWN]} if SHOWN in fields else found


def _make_page(call: Call, key: str, fields: Fields) -> Found:
    body = {"type": "page", "url": f"/{key}/", "name": key, "body": "", **_page_body({SHOWN: False, **fields})}
    made = ask(call.exchange, "POST", "/v3/content/pages", body, {"include": "body"}).get("data") or {}
    return _of_page({**body, **made})


def _change_page(call: Call, key: str, found: Found, fields: Fields) -> Found:
    body = {"type": "page", "name": found.fields["title"], **_page_body(fields)}
    path = f"/v3/content/pages/{found.id}"
    done = ask(call.exchange, "PUT", path, body, {"include": "body"}).get("data") or {}
    return _of_page({**_page_body(found.fields), **body, **done, "id": found.id, "url": found.url})


def _look_post(exchange: Exchange, key: str) -> Found | None:
    _blog, handle = split_key(key)
    some = ask_list(exchange, "/v2/blog/posts", {"url": f"/blog/{handle}/", "limit": 1})
    return next((_of_post(one) for one in some), None)


def _of_post(one: Mapping[str, Any]) -> Found:
    fields: dict[str, Any] = {name: text(one.get(own)) for name, own in _POST.items()}
    fields |= {"tags": ", ".join(one.get("tags") or ()), SHOWN: bool(one.get("is_published"))}
    return Found(str(one["id"]), fields, text(one.get("url")))


def _post_body(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {_POST[name]: value for name, value in fields.items() if name in _POST}
    if "tags" in fields:
        found["tags"] = [one.strip() for one in fields["tags"].split(",") if one.strip()]
    return {**found, "is_published": fields[SHOWN]} if SHOWN in fields else found


def _make_post(call: Call, key: str, fields: Fields) -> Found:
    _blog, handle = split_key(key)
    body = {"url": f"/blog/{handle}/", "title": handle, "body": "", **_post_body({SHOWN: False, **fields})}
    return _of_post(ask(call.exchange, "POST", "/v2/blog/posts", body))


def _change_post(call: Call, key: str, found: Found, fields: Fields) -> Found:
    return _of_post(ask(call.exchange, "PUT", f"/v2/blog/posts/{found.id}", _post_body(fields)))


POSTS = Things("BigCommerce", {*_POST, "tags", SHOWN}, _look_post, _make_post, _change_post)
PAGES = Things("BigCommerce", {*_PAGE, SHOWN}, _look_page, _make_page, _change_page)
