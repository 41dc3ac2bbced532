"""What a page makes a browser load, counted from what it links: scripts and styles, as they go over the wire."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from addresses import own_message, pages
from django.test import Client
from seeding import seed

import sereno.web

STATIC = Path(sereno.web.__file__).parent / "static"
SCRIPTS, BUILDER_SCRIPTS, STYLES = 30 * 1024, 45 * 1024, 15 * 1024
_SCRIPT = re.compile(r'<script[^>]*\ssrc="([^"]+)"')
_STYLE = re.compile(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"')
_IMPORT = re.compile(r'^\s*import\s[^"\n]*"(\./[^"]+)"|@import\s+(?:url\()?"([^"]+)"', re.MULTILINE)


@cache
def weight(address: str) -> int:
    """Bytes of the file, compressed, and of those it imports."""
    path = STATIC / urlsplit(address).path.removeprefix("/static/")
    body = path.read_bytes()
    inner = (one or other for one, other in _IMPORT.findall(body.decode()))
    return len(gzip.compress(body)) + sum(
        weight(f"/static/{(path.parent / name).relative_to(STATIC)}") for name in inner
    )


def test_no_page_is_heavier_than_it_may() -> None:
    seeded = seed()
    own_message(seeded.owner)
    client = Client()
    client.force_login(seeded.owner)
    heavy: dict[str, tuple[int, int]] = {}
    for _name, page in [*pages(seeded.shop), ("sign-in", "/sign-in")]:
        answer = client.get(page)
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        linked = _SCRIPT.findall(text)
        scripts = sum(weight(one) for one in linked)
        styles = sum(weight(one) for one in _STYLE.findall(text))
        most = BUILDER_SCRIPTS if any("/builder" in one for one in linked) else SCRIPTS
        if scripts > most or styles > STYLES:
            heavy[page] = (scripts, styles)
    assert heavy == {}


def test_what_is_weighed_is_what_is_sent() -> None:
    client = Client()
    client.force_login(seed().owner)
    text = client.get("/").content.decode()
    assert len(_SCRIPT.findall(text)) >= 3 and len(_STYLE.findall(text)) >= 4
    assert weight(_SCRIPT.findall(text)[0]) > 100
