"""How a connector carries out writes on its platform, reads records back and keeps its subscriptions; and the port by
which actions ask for it.

Invariant: a connector's functions speak HTTP through the `Exchange` they are given and nothing else: no clock, no
database, no retries. What goes wrong is one of the StoreErrors; the runtime makes a Result of it. The same write with
the same `Call.key` changes the store once, however often it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from sereno.sdk.connector import Setting
from sereno.sdk.context import Context
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest, Mail
from sereno.sdk.result import Fail, Result
from sereno.sdk.site import Found
from sereno.sdk.tools import ToolApi
from sereno.sdk.writes import Write

# --- what goes wrong --------------------------------------------------------------------------------


class StoreError(Exception):
    """The platform did not do it."""


class StoreLimited(StoreError):  # noqa: N818
    """Too many requests: `after` is when to come back (None: it did not say)."""

    def __init__(self, after: timedelta | None = None, text: str = "") -> None:
        super().__init__(text or "the store asks to come back later")
        self.after = after


class StoreBusy(StoreError):  # noqa: N818
    """A time-out, a 5xx: it may have happened or not. The next attempt must look first; it comes `after` so long at the
    soonest. Unlike StoreLimited it holds nothing else back."""

    def __init__(self, text: str = "", after: timedelta | None = None) -> None:
        super().__init__(text)
        self.after = after


class StoreRefused(StoreError):  # noqa: N818
    """Not ever, as things are. `code` is stable (`store.key_refused`, `order.gone`, `refund.too_much`, ...); the text
    says what to do, in English."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


T = TypeVar("T")


def if_there(ask: Callable[[], T]) -> T | None:
    """What is asked for; None when the platform has it no more."""
    try:
        return ask()
    except StoreRefused as error:
        if error.code == "store.not_found":
            return None
        raise


# --- the way to the platform ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the answer's JSON with exact numbers (decimals as text are left as text), None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class StoreHttp(Http, Protocol):
    """The port by which platforms are read: as `Http`, for answers of many megabytes."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One connection's way to its platform. `settings` are the connection's, `access` what was given so that Sereno may
    write (secret). `signed(exchange, request)` may put the credentials on each request."""

    http: Http
    settings: Mapping[str, Any]
    access: Mapping[str, str]
    sign: Callable[[Exchange, HttpRequest], HttpRequest] = lambda exchange, request: request
    timeout: timedelta = timedelta(seconds=30)

    def send(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        good: Sequence[int] = (),
    ) -> Answer:
        """JSON there and back (a body of bytes goes as it is). Answers of 2xx, and those in `good`, are given; 429 is
        StoreLimited, 408, 5xx and no answer StoreBusy, 401 and 403 StoreRefused `store.key_refused`, 404 and 410
        `store.not_found`, any other 4xx `store.refused` with the platform's words."""
        address = f"{url}?{urlencode(query, doseq=True)}" if query else url
        is_ready = body is None or isinstance(body, bytes)
        data: bytes | None = body if is_ready else json.dumps(body, ensure_ascii=False, default=str).encode()
        given = {"Accept": "application/json", **({} if is_ready else {"Content-Type": "application/json"})}
        request = HttpRequest(method, address, {**given, **(headers or {})}, data, self.timeout)
        try:
            answer = self.http.send(self.sign(self, request))
        except HttpBlocked as error:
            raise StoreRefused("store.blocked", str(error)) from error
        except HttpFailed as error:
            raise StoreBusy(str(error)) from error
        return _judged(answer, good)


def _judged(answer: HttpAnswer, good: Sequence[int]) -> Answer:
    if 200 <= answer.status < 300 or answer.status in good:
        return Answer(answer.status, answer.headers, _json(answer.body))
    said = answer.body[:500].decode("utf-8", "replace").strip()
    if answer.status == 429:
        raise StoreLimited(retry_after(answer.headers), said)
    if answer.status in (408, 425) or answer.status >= 500:
        raise StoreBusy(f"the store answered {answer.status}: {said}")
    if answer.status in (401, 403):
        raise StoreRefused("store.key_refused", f"The store refused the key ({answer.status}): {said}")
    if answer.status in (404, 410):
        raise StoreRefused("store.not_found", f"The store does not know it ({answer.status}): {said}")
    raise StoreRefused("store.refused", f"The store refused ({answer.status}): {said}")


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Of the header `Retry-After`, in seconds."""
    try:
        return timedelta(seconds=min(max(float(headers.get("retry-after", "")), 0.0), 86_400.0))
    except ValueError:
        return None


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=str)


def _json(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _json_leniently(body)


def _json_leniently(body: bytes) -> Any:
    """With a byte order mark, half a surrogate pair, NaN: the standard library takes what some platforms send."""
    if not body.strip():
        return None
    try:
        return json.loads(body, parse_float=str)
    except (ValueError, UnicodeDecodeError) as error:
        raise StoreBusy(f"the store's answer is no JSON: {body[:200]!r}") from error


# --- writing ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One try of a write. `key` is the idempotency key, the same on every attempt; from the second `attempt` on the
    connector looks first whether it has happened, where the platform has no such keys of its own. `record` is the
    newest known canonical record it is about (its ids are the platform's own)."""

    exchange: Exchange
    key: str
    attempt: int
    now: datetime
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """It is so now, or was already. `value` is kept with the effect (ids the platform gave, say). `version` is the
    record's `updated_at` after the write where the platform says it: a notice no newer than it is our own echo."""

    value: Mapping[str, Any] = field(default_factory=dict[str, Any])
    version: datetime | None = None


# --- reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read: records changed at or after `since` (None: all), from `cursor` on (None: the first page)."""

    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = None
    size: int = 250


@dataclass(frozen=True, slots=True)
class Item:
    """One record as its webhook would have brought it: what the connector's `map` takes. `id` and `updated_at` are the
    record's own."""

    topic: str
    body: Mapping[str, Any]
    id: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor of the next page (None: that was the last), `total` how many there are in all, if known."""

    items: Sequence[Item]
    next: str | None = None
    total: int | None = None


# --- subscriptions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook as the platform has it. `is_active` is False for one the platform switched off."""

    id: str
    topic: str
    address: str
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """How webhooks are looked at, made and taken away. `make` and `repair` get the address of the door and the signing
    secret; `repair` switches one on again."""

    topics: Sequence[str]
    list: Callable[[Exchange], Sequence[Subscription]]
    make: Callable[[Exchange, str, str, str], Subscription]
    remove: Callable[[Exchange, str], None]
    repair: Callable[[Exchange, Subscription, str, str], Subscription] | None = None


# --- a platform -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Probe:
    """What the platform says about itself and the key: `shop`, `currency`, `version`; `lacking` are permissions the key
    does not have and what cannot be done without them."""

    shop: str = ""
    currency: str = ""
    version: str = ""
    lacking: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """A person is about to say yes on the platform's own page. `given` are the values of `Grant.asks`; `back` is where
    their browser comes back to, `inbox` where the platform itself may send the key; `state` is to be brought back."""

    given: Mapping[str, str]
    back: str
    inbox: str
    state: str


@dataclass(frozen=True, slots=True)
class Grant:
    """How the platform hands over a key when a person says yes there (OAuth and its like).

    `asks` are the values of `StoreApi.access` that must be known before. `address` is the platform's page. The key
    comes back with the browser (`redirect`: `?state=...&code=...`), or the platform sends it to the inbox (`post`).
    `state_of` finds the state in what came; `take` makes values of `access` of it, and raises StoreErrors.
    """

    asks: tuple[str, ...]
    address: Callable[[Asking], str]
    take: Callable[[Exchange, Asking, Mapping[str, str]], Mapping[str, str]]
    comes_by: Literal["redirect", "post"] = "redirect"
    state_of: Callable[[Mapping[str, str]], str] = lambda came: came.get("state", "")


Handler = Callable[[Call, Any], Written]


@dataclass(frozen=True, slots=True)
class StoreApi:
    """What a connector can do on its platform.

    `access` is what has to be given so that Sereno may write, and `steps` how to get it. `writes` carries out each kind
    of write it has; what is not in it the platform lacks. `reads` gives pages of records by kind (`order`, `customer`,
    `product`, `stock_level`). `fetch` gives one record of a kind as it is now, by the platform's own id: what a thin
    notice (`is_thin`) leaves out; None when the platform has it no more; what has no kind of its own there (a refund, a
    parcel) comes with its order. `looks` tells how a thing of the site (`sdk.site.Kind`) is now. `grant`: the platform
    can hand over the key itself. `per_second` is how many calls the platform takes. `sign` puts the credentials on.
    `poll_every`: seconds between two readings of a platform without subscriptions, unless the shop chooses.
    """

    access: tuple[Setting, ...]
    steps: tuple[str, ...]
    probe: Callable[[Exchange], Probe]
    writes: Mapping[type[Write], Handler] = field(default_factory=dict[type[Write], Handler])
    reads: Mapping[str, Callable[[Exchange, Reading], Page]] = field(
        default_factory=dict[str, Callable[[Exchange, Reading], Page]]
    )
    fetch: Mapping[str, Callable[[Exchange, str], Item | None]] = field(
        default_factory=dict[str, Callable[[Exchange, str], Item | None]]
    )
    looks: Mapping[str, Callable[[Exchange, str], Found | None]] = field(
        default_factory=dict[str, Callable[[Exchange, str], Found | None]]
    )
    subscriptions: Subscriptions | None = None
    grant: Grant | None = None
    per_second: float = 2.0
    poll_every: int = 60
    sign: Callable[[Exchange, HttpRequest], HttpRequest] = lambda exchange, request: request
    mail: Callable[[Exchange, Mail, bytes], Result] | None = None
    """Of a mail provider: hands over a mail, given as its parts and whole as RFC 5322 has it."""
    tool: ToolApi | None = None
    """Of a tool that is no store: what it can do."""

    @property
    def abilities(self) -> frozenset[str]:
        of_tool = self.tool.abilities if self.tool is not None else frozenset[str]()
        return frozenset(one.ability for one in self.writes) | of_tool

    @property
    def is_platform(self) -> bool:
        """Whether it has records of its own that flows change: neither a mail provider nor a tool."""
        return self.mail is None and self.tool is None


class Stores(Protocol):
    """The port of actions that change something in a shop's own platform."""

    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        """Done once it is so (value as the connector gave it), Retry when the platform is busy or wants less, Fail with
        `store.none` (no store may be written to), `store.cannot` (the platform lacks it) or the platform's reason."""
        ...

    def look(self, kind: str, key: str) -> Found | Result | None:
        """A thing of the site as it is now, by its key with the store's namespace before it; None where there is none.
        A Retry or a Fail as `write` gives them."""
        ...


def write_to_store(ctx: Context, write: Write) -> Result:
    """What an action does that changes the store: the write under the effect's own key."""
    try:
        stores = ctx.port(Stores)
    except LookupError:
        return Fail("store.none", "No store of this shop may be written to: give one the permission under Connections.")
    return stores.write(write, key=ctx.effect_key, attempt=ctx.attempt, now=ctx.now)
