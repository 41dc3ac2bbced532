"""What a page says of its visit, read: on what kind of device, from where, in which language; and what is no person.
Pure.

Invariant: of what the browser calls itself only the kind of device is kept, of a link only its host: nothing by which
one browser could be told from another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sereno.runtime.decisions.telling import seen_in
from sereno.store.fields import storable

REST = timedelta(minutes=30)
"""After so long without a page a visit is over."""
VIEWS_KEPT = timedelta(days=1)
"""So long a page that is told again is known."""
LONGEST = 100
_VIEW = re.compile(r"[A-Za-z0-9-]{8,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_DEVICES = {"phone": "mobile", "mobile": "mobile", "tablet": "tablet", "desktop": "desktop"}
# CUBOT makes telephones.
_MACHINE = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[-_/ ]|crawl|spider|slurp|headless|lighthouse|pagespeed|preview|externalhit|pingdom|uptime"
    r"|monitor|scanner|phantomjs|puppeteer|playwright|selenium|curl/|wget/|python-|aiohttp|httpx|java/|go-http|axios/"
    r"|node-fetch|libwww|scrapy|archiver|validator|feedfetcher",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One page. `who`: the customer's id, or their address. `view`: what the browser calls this time it was shown."""

    who: str
    view: str
    product: str = ""
    device: str = ""
    language: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""


def seen_of(values: Mapping[str, Any], who: str, headers: Mapping[str, str] | None = None, own_host: str = "") -> Seen:
    """From what a page or a program sent. `headers` are the browser's; a program says `device` and `source` itself.
    Raises ValueError with what is wrong."""
    view, product = str(values.get("view") or ""), storable(str(values.get("product") or "")).strip()
    if not _VIEW.fullmatch(view):
        raise ValueError("`view` names this page view: 8 to 64 letters, digits and dashes, drawn anew for each")
    if len(product) > 180:
        raise ValueError("`product` is the id of a product, at most 180 characters")
    if headers is None:
        device = _DEVICES.get(str(values.get("device") or "").lower(), "")
        if values.get("device") and not device:
            raise ValueError(f"`device` is one of {', '.join(sorted(set(_DEVICES.values())))}")
        source = _text(values.get("source"))
    else:
        device = device_of(headers, is_touched=values.get("touch") is True)
        source = _text(values.get("utm_source")) or host_of(values.get("referrer"), own_host)
    named = {name: _text(values.get(f"utm_{name}") or values.get(name)) for name in ("medium", "campaign")}
    return Seen(storable(who)[:180], view, product, device, _language(values.get("language")), source, **named)


def device_of(headers: Mapping[str, str], *, is_touched: bool = False) -> str:
    """By Client Hints where the browser sends them, else by what it calls itself. `is_touched`: it has a touch screen,
    by which a tablet is known that calls itself a Mac."""
    agent = headers.get("User-Agent", "")[:500]
    if headers.get("Sec-CH-UA-Mobile", "") == "?1":
        return "mobile"
    platform = headers.get("Sec-CH-UA-Platform", "").strip('"').lower()
    if platform == "android" or (is_touched and "Macintosh" in agent):
        return "tablet"
    if platform in ("windows", "macos", "linux", "chrome os", "chromium os"):
        return "desktop"
    return seen_in(agent)["device"]


def is_machine(agent: str) -> bool:
    """Whether it says of itself that it is a program, or says nothing."""
    return not agent.strip() or _MACHINE.search(agent) is not None


def host_of(address: object, own_host: str = "") -> str:
    """The host of a link from elsewhere, without `www.`; "" for a page of the shop's own."""
    try:
        host = (urlsplit(str(address or "")[:2000]).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""
    own = own_host.lower().removeprefix("www.")
    is_own = bool(own) and (host == own or host.endswith(f".{own}") or own.endswith(f".{host}"))
    return "" if is_own else storable(host)[:LONGEST]


def _text(value: object) -> str:
    return " ".join(storable(value).split())[:LONGEST] if isinstance(value, str) else ""


def _language(value: object) -> str:
    text = str(value or "").replace("_", "-")[:16]
    return text if _LANGUAGE.fullmatch(text) else ""
