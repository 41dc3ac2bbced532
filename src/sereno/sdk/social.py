"""The contract of a social network: how long its posts may be, how a connector publishes one, looks for it, takes it
back and counts what came of it; and the port by which actions ask for that.

Invariant: as with channels, a connector says what it knows: published, surely not, or unclear. What is unclear is
looked for, or published again only under a key by which the network knows it (`is_keyed`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from sereno.sdk.channels import ChannelCall
from sereno.sdk.connector import Setting
from sereno.sdk.registry import Registry
from sereno.sdk.result import Result

URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'}]")
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Picture:
    """`url` is where everybody can fetch it; `kind` is `png jpg gif webp`."""

    body: bytes
    kind: str
    alt: str
    url: str
    width: int = 0
    height: int = 0

    @property
    def mime(self) -> str:
        return "image/jpeg" if self.kind == "jpg" else f"image/{self.kind}"


class Held:
    """What the network holds of a post that is not public yet (pictures, containers), under the connector's own names.
    Kept as it is told, so that a network which takes its time is not given the same things anew at every try."""

    def __init__(
        self, known: Mapping[str, str] | None = None, keep: Callable[[Mapping[str, str]], None] | None = None
    ) -> None:  # fmt: skip
        self._known, self._keep = dict(known or {}), keep

    def get(self, name: str) -> str:
        return self._known.get(name, "")

    def once(self, name: str, make: Callable[[], str]) -> str:
        """What is held under the name, else what `make` gives, kept from then on."""
        return self.get(name) or self.put(name, make())

    def put(self, name: str, id: str) -> str:
        """ "": it is of no use any more."""
        if id:
            self._known[name] = id
        else:
            self._known.pop(name, None)
        if self._keep is not None:
            self._keep(self._known)
        return id


@dataclass(frozen=True, slots=True)
class Post:
    """What one account is to say. `text` is whole, its link in it; `at` the instant it was planned for, the same on
    every attempt; `begun_at` when it was first tried; `held` what earlier tries brought there."""

    text: str
    link: str = ""
    language: str = ""
    pictures: tuple[Picture, ...] = ()
    at: datetime | None = None
    begun_at: datetime | None = None
    held: Held = field(default_factory=Held, compare=False)


@dataclass(frozen=True, slots=True)
class Published:
    """The network has it. `id` is its name there, `url` where people see it ("" where the network does not say)."""

    id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the network says of an account. `settings` are to be kept with it; `expires_at`: when its key ends."""

    name: str
    url: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a post; None where the network does not tell."""

    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    clicks: int | None = None
    views: int | None = None

    @property
    def answers(self) -> int:
        """What people did: a repost and a reply weigh no more than a like."""
        return sum(one or 0 for one in (self.likes, self.reposts, self.replies, self.clicks))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a post may be. `count` tells the length as the network does."""

    longest: int
    pictures: int
    count: Callable[[str], int]
    alt: int = 1500
    needs_picture: bool = False
    largest: int = 1024 * 1024
    kinds: tuple[str, ...] = ("png", "jpg", "gif", "webp")


@dataclass(frozen=True, slots=True)
class Network:
    """One network. `access` is what has to be given so that Sereno may post (secret), `settings` what is not.

    `find` looks whether the post was published before (None: it was not; no function: nobody can tell). `is_keyed`: a
    second try of the same post is known by the network as the first, for `keyed_for` (None: always). `remove` takes a
    post back, `measure` counts what came of posts."""

    name: str
    label: str
    icon: str
    access: tuple[Setting, ...]
    settings: tuple[Setting, ...]
    steps: tuple[str, ...]
    rules: Callable[[Mapping[str, Any]], Rules]
    probe: Callable[[ChannelCall], Known]
    publish: Callable[[ChannelCall, Post], Published]
    find: Callable[[ChannelCall, Post], Published | None] | None = None
    is_keyed: bool = False
    keyed_for: timedelta | None = None
    remove: Callable[[ChannelCall, str], None] | None = None
    measure: Callable[[ChannelCall, Sequence[str]], Mapping[str, Figures]] | None = None


NETWORKS: Registry[Network] = Registry("network")


def network(item: Network) -> Network:
    return NETWORKS.add(item.name, item)


# --- lengths ----------------------------------------------------------------------------------------


def by_letters(text: str) -> int:
    """Unicode code points."""
    return len(text)


def by_bytes_of_16(text: str) -> int:
    """UTF-16 units, as Facebook's and Telegram's servers count."""
    return len(text.encode("utf-16-le")) // 2


def by_graphemes(text: str) -> int:
    """What a reader takes for one sign: marks, joined emoji, flags and skin tones count with what they belong to."""
    count, joined, flags = 0, False, 0
    for sign in text:
        is_flag = "\U0001f1e6" <= sign <= "\U0001f1ff"
        flags = flags + 1 if is_flag else 0
        is_more = (
            unicodedata.combining(sign) != 0
            or unicodedata.category(sign) in ("Mn", "Me", "Mc")
            or sign in (_JOINER, "\ufe0f")
            or "\U0001f3fb" <= sign <= "\U0001f3ff"
            or "\U000e0020" <= sign <= "\U000e007f"
            or (is_flag and flags % 2 == 0)
        )
        count += 0 if is_more or joined else 1
        joined = sign == _JOINER
    return count


# --- the port ---------------------------------------------------------------------------------------


class Social(Protocol):
    """The social accounts and posts of one shop."""

    def write(self, origin: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep a post and plan it: once for each `origin`. Gives `post`, `at` and how many accounts. Raises ValueError
        with what is wrong with it."""
        ...

    def open(self, post: int, revision: int) -> Sequence[Mapping[str, Any]]:
        """The copies of a post that are due (`copy`, `account`), and what comes next where it repeats."""
        ...

    def publish(self, copy: int, revision: int) -> Result:
        """Hand one copy to its network, at most once."""
        ...

    def measure(self, post: int) -> int:
        """Read what came of a post. Gives of how many copies."""
        ...

    def refuse(self, post: int, revision: int, what: Literal["refused", "approved"]) -> None:
        """Note what a person decided."""
        ...
