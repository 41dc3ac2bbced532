"""The action that calls any other system over HTTP, signed and behind the guard."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Self, cast
from urllib.parse import urlsplit

import msgspec
from pydantic import JsonValue, field_validator, model_validator

from sereno.commerce.money import Money
from sereno.commerce.schema import Field, record
from sereno.engine.catalog import ConfigProblem
from sereno.engine.limits import as_money
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.masking import REFERENCE, is_secret_name, is_secret_text
from sereno.sdk.plugin import action
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.standard_webhooks import signed_headers

_DEFAULT_WAIT = timedelta(seconds=60)
_LONGEST_WAIT = timedelta(days=1)
_KEPT_TEXT = 10_000
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ADVICE = (
    "a secret must not stand in a flow, where everybody reads it: keep it in the shop's setting `secrets` and write "
    "`secret:its-name` here (or `Bearer secret:its-name`)"
)
_ADVICE_BODY = (
    "a secret must not stand in a flow, where everybody reads it: send it in a header, as `secret:its-name` of the "
    "shop's setting `secrets`"
)


class CostConfig(Config):
    amount: str = text(_("Amount"), max_length=20)
    currency: str = text(_("Currency"), max_length=3)

    @model_validator(mode="after")
    def _is_money(self) -> Self:
        if as_money(self.amount, self.currency) is None:
            raise ValueError("a cost is an amount above zero and a currency, such as {amount: '0.07', currency: EUR}")
        return self


with warnings.catch_warnings():
    # The key is named `json` by promise; pydantic warns of its own old method of that name, which nobody calls.
    warnings.filterwarnings("ignore", message='Field name "json"')

    class RequestConfig(Config):
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = option(_("Method"), default="POST")
        url: str = text(_("Address"), template=True, max_length=2000)
        json: JsonValue = option(_("JSON to send"), default=None, template=True)
        headers: dict[str, str] = option(
            _("Headers"),
            default={},
            template=True,
            help=_(
                "A secret is written by its name: Authorization: Bearer secret:erp, of the shop's setting `secrets`."
            ),
        )
        secret: str | None = text(
            _("Signing secret"),
            default=None,
            max_length=200,
            help=_("A secret, or the name of one in the shop's setting `secrets`. Signs as Standard Webhooks do."),
        )

        cost: CostConfig | None = option(
            _("What a call costs"), default=None, help=_("Counts against the flow's limit of money in a day.")
        )

        @field_validator("url")
        @classmethod
        def _is_web_address(cls, value: str) -> str:
            if not value.startswith(("http://", "https://", "{{", "{%")):
                raise ValueError("an address begins with http:// or https://")
            return value

        @classmethod
        def unwise(cls, values: Mapping[str, Any]) -> list[ConfigProblem]:
            """A flow is read by everybody who may see the shop: secrets have a place of their own."""
            found: list[ConfigProblem] = []
            headers = values.get("headers")
            for name, value in (cast("Mapping[Any, Any]", headers) if isinstance(headers, Mapping) else {}).items():
                text = str(value)
                is_open = is_secret_name(str(name)) and "{{" not in text and not REFERENCE.fullmatch(text.strip())
                if is_open or is_secret_text(text):
                    found.append(ConfigProblem(f"headers.{name}", _ADVICE))
            if _holds_secret(values.get("json")):
                found.append(ConfigProblem("json", _ADVICE_BODY))
            return found


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


def spend(config: Mapping[str, Any]) -> Money | None:
    """What the flow's author says a call costs."""
    cost: Any = config.get("cost")
    if not isinstance(cost, Mapping):
        return None
    values = cast("Mapping[str, Any]", cost)
    return as_money(values.get("amount"), str(values.get("currency")))


@action(
    "http.request",
    label=_("Call {method} {url}"),
    icon="globe",
    config=RequestConfig,
    on_error="stop",
    result=RESULT,
    connection=connection,
    spend=spend,
)
def request(config: RequestConfig, ctx: Context) -> Result:
    """Call another system over HTTP. The idempotency key travels in the `Idempotency-Key` header and stays the same on
    every attempt. A header such as `Authorization: Bearer secret:erp` gets the secret `erp` of the shop's setting
    `secrets`; one written out is refused when the flow is saved. With `secret` the request is signed as Standard
    Webhooks do. A 2xx answer is the result; 429 waits as long as the other side asks, time-outs and 5xx are tried
    again, any other answer fails for good."""
    body = None if config.json is None else json.dumps(config.json, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    for name, value in config.headers.items():
        if not _HEADER.fullmatch(name) or _CONTROL.search(value):
            return Fail(
                "http.header_invalid", f"The header {name[:100]!r} holds a line break or a letter none may hold."
            )
        try:
            headers[name] = _with_secret(name, value, ctx)
        except LookupError as missing:
            return Fail("http.secret_missing", f"{missing}: add it to the shop's setting `secrets`, then replay.")
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


def _with_secret(name: str, value: str, ctx: Context) -> str:
    """`secret:erp` in a header that carries secrets is the shop's secret of that name. Nowhere else, for what customers
    write must never be taken for one. Raises LookupError."""
    if not is_secret_name(name) or not REFERENCE.fullmatch(value.strip()):
        return value
    before, _colon, wanted = value.strip().rpartition("secret:")
    held = _secrets(ctx).get(wanted)
    if not isinstance(held, str) or _CONTROL.search(held):
        raise LookupError(f"there is no secret {wanted!r}")
    return f"{before}{held}"


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return any(
            (isinstance(item, str) and item and "{{" not in item and is_secret_name(str(key))) or _holds_secret(item)
            for key, item in items
        )
    if isinstance(value, list):
        return any(_holds_secret(item) for item in cast("list[Any]", value))
    return isinstance(value, str) and is_secret_text(value)


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
    held = _secrets(ctx).get(named)
    return held if isinstance(held, str) else named


def _secrets(ctx: Context) -> Mapping[str, Any]:
    secrets = ctx.shop.settings.get("secrets")
    if isinstance(secrets, str):
        # Typed on the command line, a setting is a text even where it means a mapping.
        with suppress(ValueError):
            secrets = json.loads(secrets)
    return cast("Mapping[str, Any]", secrets) if isinstance(secrets, Mapping) else {}
