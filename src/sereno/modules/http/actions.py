"""The action that calls any other system over HTTP, signed and behind the guard."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import JsonValue, field_validator

from sereno.commerce.schema import Field, record
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.standard_webhooks import signed_headers

_DEFAULT_WAIT = timedelta(seconds=60)
_LONGEST_WAIT = timedelta(days=1)
_KEPT_TEXT = 10_000


with warnings.catch_warnings():
    # The key is named `json` by promise; pydantic warns of its own old method of that name, which nobody calls.
    warnings.filterwarnings("ignore", message='Field name "json"')

    class RequestConfig(Config):
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = option(_("Method"), default="POST")
        url: str = text(_("Address"), template=True, max_length=2000)
        json: JsonValue = option(_("JSON to send"), default=None, template=True)
        headers: dict[str, str] = option(_("Headers"), default={}, template=True)
        secret: str | None = text(
            _("Signing secret"),
            default=None,
            max_length=200,
            help=_("A secret, or the name of one in the shop's setting `secrets`. Signs as Standard Webhooks do."),
        )

        @field_validator("url")
        @classmethod
        def _is_web_address(cls, value: str) -> str:
            if not value.startswith(("http://", "https://", "{{", "{%")):
                raise ValueError("an address begins with http:// or https://")
            return value


RESULT = record(
    "http_answer",
    "What the other system answered.",
    [
        Field("status", "integer", "The HTTP status, 200 to 299."),
        Field("json", "any", "The answer's body where it is JSON."),
        Field("text", "string", "The answer's body otherwise, at most 10,000 characters."),
    ],
)


def connection(config: Mapping[str, Any]) -> str:
    """The budget a request draws on: one per host."""
    return f"http:{urlsplit(str(config.get('url', ''))).netloc.rpartition('@')[2].lower()}"


@action(
    "http.request",
    label=_("Call {method} {url}"),
    icon="globe",
    config=RequestConfig,
    on_error="stop",
    result=RESULT,
    connection=connection,
)
def request(config: RequestConfig, ctx: Context) -> Result:
    """Call another system over HTTP. The idempotency key travels in the `Idempotency-Key` header and stays the same on
    every attempt. With `secret` the request is signed as Standard Webhooks do. A 2xx answer is the result; 429 waits as
    long as the other side asks, time-outs and 5xx are tried again, any other answer fails for good."""
    body = None if config.json is None else json.dumps(config.json, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    headers |= config.headers
    headers["Idempotency-Key"] = ctx.effect_key
    if config.secret:
        headers |= signed_headers(_secret(config.secret, ctx), body or b"", ctx.effect_key, ctx.now)
    try:
        answer = ctx.port(Http).send(HttpRequest(config.method, config.url, headers, body))
    except HttpBlocked as blocked:
        return Fail(
            "http.address_blocked",
            f"{blocked}: flows may call public addresses only. Add the host to the shop's setting `allowed_hosts` if "
            "you trust it, then replay.",
        )
    except HttpFailed as failed:
        return Retry("http.no_answer", str(failed))
    return judge(answer, ctx.now)


def judge(answer: HttpAnswer, now: datetime) -> Result:
    """What an answer means for the effect."""
    status = answer.status
    if 200 <= status < 300:
        return Done(_value(answer))
    message = f"HTTP {status}: {_text(answer)[:500]}"
    wait = retry_after(answer.headers.get("retry-after"), now)
    if status == 429:
        return Retry("http.rate_limited", message, kind="limited", after=wait or _DEFAULT_WAIT)
    if status == 503 and wait is not None:
        return Retry("http.unavailable", message, kind="limited", after=wait)
    if status >= 500 or status in (408, 425):
        return Retry("http.server_error", message)
    if 300 <= status < 400:
        return Fail("http.redirected", f"{message} Redirects are not followed; use {answer.headers.get('location')!r}.")
    return Fail("http.refused", message)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait a `Retry-After` header asks for, as seconds or as a date; at most a day, None when it says nothing."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(timedelta(), min(at - now, _LONGEST_WAIT))


def _value(answer: HttpAnswer) -> dict[str, Any]:
    try:
        # As the store reads it: what Python alone takes for JSON (NaN, half characters) could not be kept.
        return {"status": answer.status, "json": msgspec.json.decode(answer.body)}
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {"status": answer.status, "text": _text(answer)[:_KEPT_TEXT]}


def _text(answer: HttpAnswer) -> str:
    return answer.body.decode("utf-8", "replace")


def _secret(named: str, ctx: Context) -> str:
    secrets = ctx.shop.settings.get("secrets")
    if isinstance(secrets, str):
        # Typed on the command line, a setting is a text even where it means a mapping.
        with suppress(ValueError):
            secrets = json.loads(secrets)
    held = secrets.get(named) if isinstance(secrets, Mapping) else None
    return held if isinstance(held, str) else named
