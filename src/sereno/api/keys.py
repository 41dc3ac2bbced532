"""Who asks: a bearer key of one shop, with the scopes `read` or `read write`. Every answer is of that shop alone."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from sereno.store.keys import find
from sereno.store.models import ApiKey, Shop


class KeyRequest(HttpRequest):
    """A request with a good key."""

    auth: ApiKey


class Key(HttpBearer):
    """`Authorization: Bearer sereno_...`; a request that changes something needs the scope `write`."""

    openapi_description = "An API key, made on the page “API keys”."

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = find(token)
        if key is not None and request.method not in ("GET", "HEAD") and "write" not in key.scopes.split():
            raise HttpError(403, "this key may only read; make one that may write")
        return key


def shop_of(request: HttpRequest) -> Shop:
    return cast(Any, request).auth.shop


def caller(request: HttpRequest) -> str:
    """Who did it, for the audit."""
    return f"api:{cast(Any, request).auth.name}"
