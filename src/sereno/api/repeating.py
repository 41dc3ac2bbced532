"""Writes that come twice: with an `Idempotency-Key` the first answer is kept for a day and given to every repeat.

Invariant: of requests with one key at most one is worked on at a time; an answer is only given to the key's own caller,
for the same request. What is kept is encrypted, for it may hold a secret that is shown once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from sereno.api import problems
from sereno.store.keys import find
from sereno.store.models import ApiAnswer, ApiKey
from sereno.store.secrets import decrypt, encrypt

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
GIVEN_UP = timedelta(seconds=60)
"""After which a request without an answer is taken for dead, its process killed say, and may be made again."""
LONGEST = 200
_LARGEST = 1_000_000
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
_KEY = re.compile(rf"[!-~]{{1,{LONGEST}}}")
View = Callable[..., HttpResponse]


def once(run: View) -> View:
    """Around every operation of the API."""

    @wraps(run)
    def guarded(request: HttpRequest, **kw: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None or request.method in ("GET", "HEAD", "OPTIONS"):
            return run(request, **kw)
        if not _KEY.fullmatch(key):
            return problems.answer(
                "request.invalid", f"{HEADER} has 1 to {LONGEST} letters, digits and signs, without spaces.", fields=[]
            )
        caller = find(request.headers.get("Authorization", "").removeprefix("Bearer ").strip())
        if caller is None:
            return run(request, **kw)  # which says that the key is missing
        return _first_or_again(request, caller, key, lambda: run(request, **kw))

    return guarded


def _first_or_again(request: HttpRequest, caller: ApiKey, key: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    asked = _digest(request)
    place = {"shop": caller.shop_id, "caller": caller.digest, "key": key}
    now = datetime.now(UTC)
    row, is_first = _take(place, asked, now)
    if not is_first:
        if row.request != asked:
            return problems.answer("idempotency.mismatch", "Use a new Idempotency-Key for a new request.")
        if row.status is not None:
            return _again(row)
        took_over = ApiAnswer.objects.filter(pk=row.pk, status=None, begun_at__lt=now - GIVEN_UP).update(begun_at=now)
        if not took_over:
            detail = "The first request with this key is not through yet; ask again in a moment."
            return problems.answer("idempotency.in_progress", detail, headers={"Retry-After": "1"})
    try:
        response = run()
    except BaseException:
        ApiAnswer.objects.filter(pk=row.pk).delete()
        raise
    if response.status_code >= 500 or response.status_code in (401, 403) or len(response.content) > _LARGEST:
        # Nothing was done; the same request may do better later.
        ApiAnswer.objects.filter(pk=row.pk).delete()
        return response
    headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    kept = encrypt([response.content.decode("utf-8", "replace")]).encode()
    ApiAnswer.objects.filter(pk=row.pk).update(status=response.status_code, headers=headers, body=kept)
    return response


def _take(place: dict[str, Any], asked: str, now: datetime) -> tuple[ApiAnswer, bool]:
    """The row of this key, and whether it is ours to work on."""
    ApiAnswer.objects.filter(begun_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            return ApiAnswer.objects.create(**place, request=asked, begun_at=now), True
    except IntegrityError:
        held = ApiAnswer.objects.filter(**place).first()
        if held is None:  # given up by the other between our two looks
            return _take(place, asked, now)
        return held, False


def _again(row: ApiAnswer) -> HttpResponse:
    (body,) = decrypt(bytes(row.body).decode()) or [""]
    response = HttpResponse(body, status=row.status)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _digest(request: HttpRequest) -> str:
    said = f"{request.method} {request.get_full_path()}\n{request.headers.get('If-Match', '')}\n".encode()
    return hashlib.sha256(said + request.body).hexdigest()
