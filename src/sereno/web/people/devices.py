"""A cookie that says "this account was signed in here before". It opens nothing; it only keeps other people's wrong
tries from counting against the person whose device this is (OWASP's device cookies)."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "sereno-device"
_AGE = 180 * 86_400
_SALT = "sereno.device"


def known_device(request: HttpRequest, email: str) -> str | None:
    """The device's own id when this account was signed in on it in the last half-year."""
    try:
        held = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_AGE)
    except signing.BadSignature:
        return None
    return held["id"] if held.get("account") == _account(email) else None


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    device = known_device(request, email) or secrets.token_urlsafe(16)
    value = signing.dumps({"id": device, "account": _account(email)}, salt=_SALT)
    response.set_cookie(
        COOKIE, value, max_age=_AGE, httponly=True, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )


def _account(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:24]
