"""What every address for storefronts stands on: a live key, a page of a site it knows, not too often, not too much.

Invariant: an answer never carries cookies or depends on them, so that a page of another site learns nothing by
somebody's being signed in here.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from time import monotonic
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from sereno.store.storefronts import Storefront, find
from sereno.web.people.addresses import client_address, place_of

SCRIPTS = Path(__file__).resolve().parent.parent / "static" / "js"
LARGEST = 64 * 1024
PER_SECOND, BURST = 50.0, 200.0
"""Requests of one address by one key, in this process."""
PREFLIGHT_SECONDS = "86400"
_MOST = 50_000
View = Callable[..., HttpResponse]


class Buckets:
    """How often somebody may still ask: `BURST` at once, then `PER_SECOND`."""

    def __init__(self, per_second: float = PER_SECOND, burst: float = BURST) -> None:
        self._per_second, self._burst = per_second, burst
        self._held: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str, address: str, now: float) -> bool:
        with self._lock:
            if len(self._held) >= _MOST:
                self._held.clear()
            left, at = self._held.get((key, address), (self._burst, now))
            left = min(self._burst, left + (now - at) * self._per_second)
            self._held[key, address] = (max(0.0, left - 1.0), now)
            return left >= 1.0


BUCKETS = Buckets()


def storefront(view: Callable[[HttpRequest, Storefront, Any], HttpResponse]) -> View:
    """The view gets the key and the JSON that was posted. A ValueError of it is answered 422 with its words. The body
    may come as `text/plain`, which a browser sends to another site without asking first."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, key: str) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        shop = find(key)
        if shop is None:
            return told({"error": "key.unknown"}, 404)
        if not shop.lets_in(origin):
            return told({"error": "origin.unknown"}, 403)
        return _open(_answer(request, shop, view), origin)

    return guarded


def _answer(request: HttpRequest, shop: Storefront, view: Callable[..., HttpResponse]) -> HttpResponse:
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
        return response
    if request.method != "POST":
        response = told({"error": "method.not_allowed"}, 405)
        response["Allow"] = "POST, OPTIONS"
        return response
    if not BUCKETS.take(shop.token, place_of(client_address(request)), monotonic()):
        response = told({"error": "too.often"}, 429)
        response["Retry-After"] = "1"
        return response
    length = request.headers.get("Content-Length") or "0"
    if not (length.isascii() and length.isdigit()):
        return told({"error": "request.unreadable"}, 400)
    if int(length[:12]) > LARGEST or len(request.body) > LARGEST:
        return told({"error": "request.too_large"}, 413)
    try:
        return view(request, shop, json.loads(request.body or b"{}"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return told({"error": "request.unreadable"}, 400)
    except ValueError as error:
        return told({"error": "request.invalid", "detail": str(error)}, 422)


def told(document: Mapping[str, Any], status: int = 200) -> HttpResponse:
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    return response


def script(name: str) -> Callable[[HttpRequest, str], HttpResponse]:
    """The view that gives JavaScript of ours to a page of another site; browsers keep it for five minutes. The script
    knows its key and its home by its own address."""

    @require_GET
    def view(request: HttpRequest, key: str) -> HttpResponse:
        if find(key) is None:
            raise Http404
        text, tag = _text_of(name)
        if request.headers.get("If-None-Match") == tag:
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
        response["ETag"] = tag
        response["Cache-Control"] = "public, max-age=300"
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return view


@cache
def _text_of(name: str) -> tuple[bytes, str]:
    text = (SCRIPTS / name).read_bytes()
    return text, f'"{hashlib.sha256(text).hexdigest()[:16]}"'


def _open(response: HttpResponse, origin: str) -> HttpResponse:
    if origin:
        response["Access-Control-Allow-Origin"] = origin
        response["Vary"] = "Origin"
    return response
