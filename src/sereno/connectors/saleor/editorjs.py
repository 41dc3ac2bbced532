"""Saleor's descriptions: HTML as blocks of Editor.js, which its dashboard writes and storefronts show, and back.

Invariant: what is read back of blocks made here reads the same as the HTML they were made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any, cast

from sereno.commerce.markup import Block, blocks


def to_document(html: str) -> str | None:
    """The JSON Saleor takes; None for a text without words, which takes the description away."""
    found = [_block(one) for one in blocks(html)]
    return json.dumps({"blocks": found}, ensure_ascii=False) if found else None


def to_html(value: object) -> str | None:
    """Of the JSON as text or as it is. None when there is nothing in it; a text that is no JSON is given as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value).strip() or None
    if not isinstance(value, Mapping):
        return None
    parts = cast("Mapping[str, Any]", value).get("blocks")
    items = cast("list[Any]", parts) if isinstance(parts, list) else []
    return "".join(_html(one) for one in items if isinstance(one, Mapping)) or None


def _block(one: Block) -> dict[str, Any]:
    if one.kind == "header":
        return {"type": "header", "data": {"text": one.texts[0], "level": one.level}}
    if one.kind == "paragraph":
        return {"type": "paragraph", "data": {"text": one.texts[0]}}
    return {"type": "list", "data": {"style": one.kind, "items": list(one.texts)}}


def _html(one: Mapping[str, Any]) -> str:
    """Pictures, frames and what else there may be keep their words."""
    held = one.get("data")
    data: Mapping[str, Any] = cast("Mapping[str, Any]", held) if isinstance(held, Mapping) else {}
    text = _text(data.get("text"))
    match one.get("type"):
        case "header":
            level = data.get("level")
            name = f"h{level}" if isinstance(level, int) and 1 <= level <= 6 else "h2"
            return f"<{name}>{text}</{name}>" if text else ""
        case "list":
            return _list(data.get("items"), "ol" if data.get("style") == "ordered" else "ul")
        case "quote":
            return f"<blockquote>{text}</blockquote>" if text else ""
        case "delimiter":
            return "<hr>"
        case "image":
            inner: Any = data.get("file")
            url = cast("Mapping[str, Any]", inner).get("url") if isinstance(inner, Mapping) else None
            caption = _text(data.get("caption"))
            picture = f'<img src="{escape(url)}" alt="">' if isinstance(url, str) and url else ""
            return f"<p>{picture}{caption}</p>" if picture or caption else ""
        case _:
            words = text or _text(data.get("caption"))
            return f"<p>{words}</p>" if words else ""


def _list(value: object, name: str) -> str:
    """Entries are texts, or from version 2 of Editor.js's lists on records with entries of their own."""
    entries: list[str] = []
    for item in cast("list[Any]", value) if isinstance(value, list) else []:
        if isinstance(item, Mapping):
            one = cast("Mapping[str, Any]", item)
            entries.append(_text(one.get("content")) + _list(one.get("items"), name))
        else:
            entries.append(_text(item))
    inside = "".join(f"<li>{entry}</li>" for entry in entries if entry)
    return f"<{name}>{inside}</{name}>" if inside else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
