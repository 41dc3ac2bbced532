"""Pages and blocks of a Magento shop.

A CMS block is a theme file here, `blocks/IDENTIFIER`: it is what templates and widgets show in a place. Magento has no
blog, and no request that shows another theme. What is set is set for every store view.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.magento.catalog_writes import ALL
from sereno.connectors.magento.client import ask, search
from sereno.connectors.site import Fields, Things, text
from sereno.sdk.site import SHOWN, Found
from sereno.sdk.stores import Call, Exchange, StoreRefused

_PAGE = {
    "title": "title",
    "body": "content",
    "seo_title": "meta_title",
    "seo_description": "meta_description",
    "template": "page_layout",
}


def _look_page(exchange: Exchange, key: str) -> Found | None:
    return next(
        (_of_page(one) for one in search(exchange, "cmsPage/search", ("identifier", "eq", key), scope=ALL)), None
    )


def _of_page(one: Mapping[str, Any]) -> Found:
    fields: dict[str, Any] = {name: text(one.get(own)) for name, own in _PAGE.items()}
    return Found(str(one["id"]), {**fields, SHOWN: bool(one.get("active"))}, f"/{one.get('identifier')}")


def _page_body(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {_PAGE[name]: value for name, value in fields.items() if name in _PAGE}
    return {**found, "active": fields[SHOWN]} if SHOWN in fields else found


def _make_page(call: Call, key: str, fields: Fields) -> Found:
    body = {"identifier": key, "title": key, "page_layout": "1column", **_page_body({SHOWN: False, **fields})}
    return _of_page(ask(call.exchange, "POST", "cmsPage", body={"page": body}, scope=ALL))


def _change_page(call: Call, key: str, found: Found, fields: Fields) -> Found:
    """With all that Sereno knows of it: Magento checks a page whole."""
    body = {"id": int(found.id), "identifier": key, **_page_body({**found.fields, **fields})}
    return _of_page(ask(call.exchange, "PUT", f"cmsPage/{found.id}", body={"page": body}, scope=ALL))


def _block(key: str) -> str:
    folder, _, name = key.partition("/")
    if folder != "blocks" or not name:
        raise StoreRefused("content.file_unknown", "Magento's files of the theme stay: name a block, blocks/NAME.")
    return name


def _look_block(exchange: Exchange, key: str) -> Found | None:
    name = _block(key)
    found = search(exchange, "cmsBlock/search", ("identifier", "eq", name), scope=ALL)
    return next((Found(str(one["id"]), {"": text(one.get("content"))}) for one in found), None)


def _make_block(call: Call, key: str, fields: Fields) -> Found:
    block = {"identifier": _block(key), "title": _block(key), "content": fields[""], "active": True}
    made = ask(call.exchange, "POST", "cmsBlock", body={"block": block}, scope=ALL)
    return Found(str(made["id"]), {"": text(made.get("content"))})


def _change_block(call: Call, key: str, found: Found, fields: Fields) -> Found | None:
    if fields[""] is None:
        ask(call.exchange, "DELETE", f"cmsBlock/{found.id}", scope=ALL)
        return None
    held = ask(call.exchange, "GET", f"cmsBlock/{found.id}", scope=ALL)
    block = {"id": int(found.id), "identifier": _block(key), "title": held.get("title"), "active": held.get("active")}
    done = ask(
        call.exchange, "PUT", f"cmsBlock/{found.id}", body={"block": {**block, "content": fields[""]}}, scope=ALL
    )
    return Found(found.id, {"": text(done.get("content"))})


PAGES = Things("Magento", {*_PAGE, SHOWN}, _look_page, _make_page, _change_page)
BLOCKS = Things("Magento", (), _look_block, _make_block, _change_block)
