"""The contract of a channel other than mail: how a connector hands one message to its provider, and the port by which
actions ask for it.

Invariant: a connector says clearly what it knows: it was taken (`Sent`), it surely was not (`ChannelBusy`,
`ChannelLimited`, `ChannelRefused`), or nobody can tell (`ChannelUnclear`). Only what surely was not sent is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from sereno.sdk.connector import Setting
from sereno.sdk.desk import DeskApi
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest, HttpUnreached
from sereno.sdk.result import Fail, Result
from sereno.sdk.stores import retry_after

CHANNELS = ("sms", "whatsapp", "telegram", "push")
"""By which customers are written to, beside mail."""
USUAL_ORDER = ("own", "last", "whatsapp", "sms", "email")
"""How a message goes whose step names no channels. `own`: as the customer wants; `last`: by which they wrote last."""


class ChannelError(Exception):
    """It was not handed over."""


class ChannelLimited(ChannelError):  # noqa: N818
    """Too many: come back `after` (None: it did not say). It was not sent."""

    def __init__(self, after: timedelta | None, text: str) -> None:
        super().__init__(text)
        self.after = after


class ChannelBusy(ChannelError):  # noqa: N818
    """Not now, and surely not sent."""


class ChannelUnclear(ChannelError):  # noqa: N818
    """No answer, or one that does not tell: it may have been sent."""


class ChannelRefused(ChannelError):  # noqa: N818
    """Not ever, as things are; surely not sent. `code` is stable: `address.*` speaks of the reader's address
    (`address.invalid`, `address.unreachable`, `address.unsubscribed`, `address.gone`), `window.closed` of a reader who
    has to write first, `channel.*` of the account (`channel.key_refused`), `message.refused` of the words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press under a message: a reply where `url` is "", else a page. `id` comes back with the reply."""

    label: str
    id: str = ""
    url: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """A text the provider approved, by name and language, with the values of its places."""

    name: str
    language: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, fully rendered. `to` is the address as the channel has it: a number in E.164, a chat's id, or (push)
    a browser's subscription as JSON. `country`: of the reader, two letters, where known. `listed` are the rows of a
    list behind the button `list_label`."""

    to: str
    text: str
    title: str = ""
    footer: str = ""
    url: str = ""
    buttons: tuple[Button, ...] = ()
    listed: tuple[Button, ...] = ()
    list_label: str = ""
    approved: Approved | None = None
    country: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it. `id` is its name for the message; `segments` how many it is paid in."""

    id: str
    segments: int = 1


@dataclass(frozen=True, slots=True)
class ChannelCall:
    """One try. `key` is the effect's, the same on every attempt; `hook` the address of this connection's door."""

    http: Http
    settings: Mapping[str, Any]
    access: Mapping[str, str]
    key: str
    now: datetime
    hook: str = ""
    timeout: timedelta = timedelta(seconds=20)

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> HttpAnswer:
        """2xx and 4xx answers but 429 are given. 429 is ChannelLimited; a 503 with Retry-After too; any other 5xx and
        an answer that never came ChannelUnclear; an address that cannot be reached at all ChannelBusy."""
        try:
            answer = self.http.send(HttpRequest(method, url, headers, body, self.timeout))
        except HttpBlocked as error:
            raise ChannelRefused("channel.blocked", f"{error}: add the host to the shop's `allowed_hosts`.") from error
        except HttpUnreached as error:
            raise ChannelBusy(str(error)) from error
        except HttpFailed as error:
            raise ChannelUnclear(str(error)) from error
        said = answer.body[:300].decode("utf-8", "replace")
        if answer.status == 429 or (answer.status == 503 and retry_after(answer.headers) is not None):
            raise ChannelLimited(retry_after(answer.headers), said)
        if answer.status >= 500:
            raise ChannelUnclear(f"HTTP {answer.status}: {said}")
        return answer

    def ask_json(self, method: str, url: str, headers: Mapping[str, str], body: Any = None) -> tuple[int, Any]:
        """As `ask`, JSON there and back; what is no JSON is an empty mapping."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        given = {"Accept": "application/json", **({} if data is None else {"Content-Type": "application/json"})}
        answer = self.ask(method, url, {**given, **headers}, data)
        return answer.status, json_of(answer.body)


def json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {}


@dataclass(frozen=True, slots=True)
class ChannelApi:
    """What a connector can do by its channel.

    `access` is what has to be given so that Sereno may send (secret), `settings` what is not secret. `steps` say how to
    get them. `probe` asks the provider whether the account works and gives its name. `find` looks whether the message
    of this key was taken before (None: it was not); without it, one whose outcome is unclear is not sent again, unless
    `collapses`: a second copy takes the place of the first at the reader's. `window`: for so long after the reader
    wrote, free words are taken; past it approved ones alone. `secret_of(access)` is what its webhooks are signed with.
    """

    channel: str
    access: tuple[Setting, ...]
    settings: tuple[Setting, ...]
    steps: tuple[str, ...]
    probe: Callable[[ChannelCall], str]
    send: Callable[[ChannelCall, Outgoing], Sent]
    find: Callable[[ChannelCall, Outgoing, datetime], Sent | None] | None = None
    collapses: bool = False
    window: timedelta | None = None
    secret_of: Callable[[Mapping[str, str]], str] = lambda access: ""
    set_up: Callable[[ChannelCall, str], None] | None = None
    """Tells the provider where its webhooks go (with the secret to sign them), where it can be told."""
    make_access: Callable[[], Mapping[str, str]] = dict[str, str]
    """Of what Sereno makes the key itself: a new one."""
    public_of: Callable[[Mapping[str, str]], str] = lambda access: ""
    """The public half of such a key."""
    desk: DeskApi | None = None
    """How the shop's own people are asked by it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a channel brought from a person. `link`: of a conversation begun by a link we made."""

    channel: str
    address: str
    at: datetime
    name: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Whose address it is ("" where nobody knows), whether what was noted is news, and how that person is reached now:
    the record `reach` of a customer. `effect`: of a message, its effect's key."""

    customer: str
    is_news: bool
    reach: Mapping[str, Any]
    address: str = ""
    effect: str = ""


class Channels(Protocol):
    """The channels of one shop."""

    def connected(self) -> frozenset[str]:
        """Which channels the shop can send by."""
        ...

    def is_off(self, channel: str) -> bool:
        """Whether people have switched it off."""
        ...

    def send(self, channel: str, message: Outgoing, *, customer: str, key: str) -> Result:
        """Hand it over, at most once for each key and channel. Done with `provider_id` and `segments`; Fail with the
        code of ChannelRefused, `channel.not_connected`, `window.closed` or `channel.unclear`."""
        ...

    def failed(self, key: str) -> Mapping[str, str]:
        """The channels by which the message of this effect failed for good, and why."""
        ...

    def begun(self, key: str) -> tuple[str, str] | None:
        """The channel and the address by which the message of this effect went, or may have gone: no other is tried
        while that stands. None where it surely went by none."""
        ...

    def begin_mail(self, address: str, customer: str, key: str) -> None:
        """Note that the message of this effect is about to go by mail."""
        ...

    def note_mail(self, address: str, customer: str, key: str, trouble: Fail | None) -> None:
        """Note that the message of this effect went by mail, or could not."""
        ...

    def forget_mail(self, key: str) -> None:
        """Note that the message of this effect surely did not go by mail, and may yet."""
        ...

    def heard(self, heard: Heard) -> Known:
        """Note that somebody wrote."""
        ...

    def told(
        self, channel: str, provider_id: str, effect: str, status: str, reason: str, said: str, at: datetime
    ) -> Known | None:
        """Note what became of a message; an older or lesser word changes nothing. None when the message is not (yet)
        known."""
        ...

    def fall_back(self, effect: str) -> Literal["asked", "busy", "none"]:
        """Have the message go by its next channel, where its step names one and nothing of it has arrived. `busy`: it
        is just being sent; ask again."""
        ...
