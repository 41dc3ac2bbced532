"""The devices people are signed in on: a row beside each session, so that it can be seen and ended.

Invariant: ending one deletes Django's session itself; nothing else has to be asked whether a sign-in still holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from sereno.store.access import ROTATE, end_sign_ins
from sereno.store.models import SignIn
from sereno.web.people.addresses import client_address

_SEEN_EVERY = 60
HOW = "how"


class SessionList:
    """Keeps the list of sign-ins: a new one is added, a known one marked as seen, at most once a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            if request.session.pop(ROTATE, None):
                rotate(request)
            _seen(request)
        return self.get_response(request)


def begin(request: HttpRequest, how: str) -> None:
    """Note a sign-in that has just happened. `how` is `password code recovery company link`."""
    request.session[HOW] = how
    if request.session.session_key is None:
        request.session.save()
    _add(request)


def rotate(request: HttpRequest) -> None:
    """Give the session a new key: what somebody may have learnt of the old one is worth nothing any more."""
    former = request.session.session_key
    request.session.cycle_key()
    SignIn.objects.filter(session_key=former).update(session_key=request.session.session_key)


def end(user: User, row_id: int) -> bool:
    """End one; False when the person has no such sign-in."""
    row = SignIn.objects.filter(user=user, pk=row_id).first()
    if row is None:
        return False
    end_sign_ins([row])
    return True


def listed(user: User) -> list[SignIn]:
    """Those that still hold, the one used last first. Rows of sessions that have run out are dropped."""
    rows = list(SignIn.objects.filter(user=user).order_by("-seen_at"))
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=datetime.now(UTC)).values_list(
            "session_key", flat=True
        )
    )
    SignIn.objects.filter(pk__in=[row.pk for row in rows if row.session_key not in alive]).delete()
    return [row for row in rows if row.session_key in alive]


def device_name(agent: str) -> tuple[str, str]:
    """(browser, system) by the User-Agent's own words; "" for what it does not say. Good enough to tell a telephone
    from a desktop, and not believed for anything."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("FxiOS", "Firefox"),
                ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"))  # fmt: skip
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
               ("Macintosh", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
    browser = next((name for word, name in browsers if re.search(rf"\b{word}\b", agent)), "")
    return browser, next((name for word, name in systems if word in agent), "")


def _seen(request: HttpRequest) -> None:
    key = f"seen:{request.session.session_key}"
    if not cache.add(key, True, _SEEN_EVERY):
        return
    known = SignIn.objects.filter(session_key=request.session.session_key, user=request.user)
    if not known.update(seen_at=datetime.now(UTC), **_where(request)):
        _add(request)


def _add(request: HttpRequest) -> None:
    now = datetime.now(UTC)
    try:
        with transaction.atomic():
            SignIn.objects.create(
                user=request.user,
                session_key=request.session.session_key,
                how=request.session.get(HOW, ""),
                began_at=now,
                seen_at=now,
                **_where(request),
            )
    except IntegrityError:
        return  # two first requests at once


def _where(request: HttpRequest) -> dict[str, Any]:
    return {"address": client_address(request)[:64], "device": request.headers.get("User-Agent", "")[:300]}
