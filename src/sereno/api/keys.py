"""Who asks: a bearer key of one shop, with the scopes of `store.keys`. Every answer is of that shop alone.

Invariant: an operation nobody put into `SCOPES_NEEDED` needs the scope `settings`, the most there is.
"""

from __future__ import annotations

import re
from typing import Any, cast

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from sereno.store.keys import find
from sereno.store.models import ApiKey, Shop

SCOPES_NEEDED = (
    # Looking at who may come in, and at what they did, is part of the settings.
    (r"GET (people|members|invitations|keys|audit|webhooks)\b.*", "settings"),
    (r"GET privacy\b.*", "settings"),
    (r"GET storefront-keys", "settings"),
    (r"GET (consents|topics/choices)", "work"),
    (r"POST (consents|interests|visits|topics/choices)", "events:write"),
    (r"GET interests", "work"),
    (r"PUT interests/rules", "flows:write"),
    (r"GET customers\b.*", "work"),
    (r"GET .*", "read"),
    (r"POST events", "events:write"),
    (r"POST orders/.*", "work"),
    (r"(POST|DELETE) risk/.*", "work"),
    (r"(PUT|POST|DELETE) channels/.*", "settings"),
    (r"PUT risk/rules", "settings"),
    (r"POST stock/places", "settings"),
    (r"POST stock/.*", "work"),
    (r"PUT stock/(kept-back|barcodes)", "work"),
    (r"POST catalog/differences/.*", "work"),
    (r"POST feeds/[^/]+/files(/.*)?", "work"),
    (r"POST feeds/held/.*", "work"),
    (r"POST recommendations/learn", "work"),
    (r"(POST|DELETE) recommendations/rules\b.*", "flows:write"),
    (r"POST purchases/reorder", "work"),
    (r"POST purchases", "work"),
    (r"POST purchases/[^/]+/receipts", "work"),
    (r"POST demand/forecasts", "work"),
    (r"(POST|DELETE) demand/events(/[^/]+)?", "work"),
    (r"POST scores", "work"),
    (r"(POST|DELETE) customers/.*", "work"),
    (r"PUT codes/.*", "flows:write"),
    (r"POST loyalty/.*", "work"),
    (r"(POST|PUT|DELETE) newsletters\b.*", "flows:write"),
    (r"(PUT|DELETE) social/(accounts|times)\b.*", "settings"),
    (r"(POST|PUT|DELETE) social/posts\b.*", "flows:write"),
    (r"POST deliverability/bounces", "events:write"),
    (r"(POST|PUT|DELETE) deliverability/.*", "settings"),
    (r"PUT topics", "flows:write"),
    # Trying a definition changes nothing.
    (r"POST segments/previews", "read"),
    (r"POST segments/[^/]+/snapshots", "work"),
    (r"(POST|PUT|DELETE) segments\b.*", "flows:write"),
    (r"(PUT|POST|DELETE) content/.*", "flows:write"),
    (r"(PUT|POST) (forms/.*|leads/rules)", "flows:write"),
    (r"POST surveys/[^/]+/links", "work"),
    (r"(PUT|POST) surveys/.*", "flows:write"),
    (r"POST (deliveries|effects)/(replay|retry|skip)", "work"),
    (r"POST (runs|approvals|attention|effects|deliveries|alerts)/.*", "work"),
    (r"POST flows/[^/]+/start", "work"),
    (r"(POST|DELETE|PUT) (switches|limits)\b.*", "settings"),
    (r"(POST|DELETE) backtests\b.*", "flows:write"),
    (r"POST decisions", "events:write"),
    (r"POST decisions/trials", "work"),
    (r"(POST|PUT) decisions/.*", "flows:write"),
    # Trying a document changes nothing.
    (r"POST (checks|trials)", "read"),
    (r"(POST|PUT|PATCH|DELETE) (flows|templates|messages|drafts|gallery|guardrails)\b.*", "flows:write"),
)
"""Method and path below `/api/v1/`, first match wins."""
PREFIX = "/api/v1/"


def scope_needed(method: str, path: str) -> str:
    """The scope that a request needs; `path` is the whole path or an OpenAPI one with `{name}` in it."""
    asked = f"{'GET' if method.upper() == 'HEAD' else method.upper()} {path.removeprefix(PREFIX).strip('/')}"
    return next((scope for rule, scope in SCOPES_NEEDED if re.fullmatch(rule, asked)), "settings")


class Key(HttpBearer):
    """`Authorization: Bearer sereno_...`; what a key may do is in its scopes."""

    openapi_description = "An API key, made on the page “API keys”."

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = find(token)
        if key is None:
            return None
        needed = scope_needed(request.method or "", request.path_info)
        if needed not in key.scopes.split():
            raise HttpError(403, f"this key has no scope {needed!r}; make one that has it on the page API keys")
        return key


def shop_of(request: HttpRequest) -> Shop:
    return cast(Any, request).auth.shop


def caller(request: HttpRequest) -> str:
    """Who did it, for the audit."""
    return f"api:{cast(Any, request).auth.name}"
