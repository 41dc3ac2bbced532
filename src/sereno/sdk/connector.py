"""The contract of a connector: how a platform signs, names and repeats its deliveries, and what they mean.

All of it is pure. A connector verifies over the raw bytes, names the delivery for deduplication, and maps a body to
canonical events; it never touches a database or the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sereno.sdk.channels import ChannelApi
    from sereno.sdk.stores import StoreApi
    from sereno.sdk.tables import TableReader


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as received: header names are lower case, `body` the raw bytes. `topic` as the connector read it (or as
    `sereno ingest --topic` gave it). Where it was read back, not received: `value` is what the body says, its JSON with
    exact numbers (decimals may be texts), and `key` its dedupe key, so that neither need be found again."""

    headers: Mapping[str, str]
    body: bytes
    topic: str
    received_at: datetime
    value: Any = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A canonical event found in a delivery. `id` is unique within the connection and the same on every repeat of the
    same fact. `data` follows the record of its type; `refs` names what it is about (see commerce.event). `source`
    when the delivery itself says where the fact is from; None: the connection's name."""

    id: str
    type: str
    subject: str
    occurred_at: datetime
    data: Mapping[str, Any]
    refs: Mapping[str, str] = field(default_factory=dict[str, str])
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a delivery means: `events`, or none with the `reason` why it is kept and not used (`ping`,
    `topic.not_used`, ...). `notes` say what was odd but tolerated (`customer.missing`, `id.damaged`)."""

    events: Sequence[NewEvent] = ()
    reason: str | None = None
    notes: Sequence[str] = ()


class Unmappable(Exception):  # noqa: N818
    """The delivery cannot be understood: it is kept as failed, with this reason, and can be replayed after a fix."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a connection needs to be told. `kind` is `secret` (kept encrypted, several may be valid at once),
    `url`, `text`, `currency`, `zone` (an IANA time zone), `header` (the name of an HTTP header) or `choice` (one of
    `options`). `begins`: how the platform's own values of it begin."""

    name: str
    label: str
    kind: Literal["secret", "url", "text", "currency", "zone", "header", "choice"]
    is_required: bool
    help: str = ""
    options: tuple[str, ...] = ()
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """How a shop owner connects the platform: what to fill in, and what to do over there, step by step. `topics` are
    the notices to subscribe to, `topic_names` how the platform calls them where people click. `brings` says what one
    gets from it. `is_store`: its records' ids are its own, so a second one of a shop gets a namespace.
    `is_secret_theirs`: the platform chooses the secret; otherwise one can be made here. `is_polled`: it sends nothing
    by itself, so a connection without a secret lacks nothing."""

    settings: tuple[Setting, ...]
    steps: tuple[str, ...]
    topics: tuple[str, ...] = ()
    topic_names: Mapping[str, str] = field(default_factory=dict[str, str])
    brings: str = ""
    is_store: bool = True
    is_secret_theirs: bool = False
    is_polled: bool = False

    @property
    def secret(self) -> Setting | None:
        return next((one for one in self.settings if one.kind == "secret"), None)


Verdict = Literal["ok", "bad_signature", "too_old", "key_unknown"]


@dataclass(frozen=True, slots=True)
class Connector:
    """One platform.

    - `verify(secrets, headers, body, now, settings)`: true signature by any of the secrets (several live during a
      rotation). `too_old` where the scheme carries a timestamp and it is outside its tolerance.
    - `topic(headers, body, settings)`: what kind of delivery it is; must be cheap.
    - `dedupe_key(headers, body, settings)`: the platform's own rule (see platforms.md); must outlive its longest retry.
    - `map(delivery, settings)`: pure; raises Unmappable.
    - `sign(secret, body, headers, now, settings)`: gives the headers with a valid signature: for the test kit, the
      simulator and `sereno ingest`.
    - `guide`: what `sereno connect` and the pages ask for and explain.
    - `load_store`: gives what can be done on the platform itself, when somebody first asks (`store`): a shop has one
      platform, not all; None: events only come in.
    - `greet(query, settings)`: what a platform that asks by GET whether the door is ours is answered; None: it is not.
    - `learn(body, settings, fetch)`: finds the key a delivery is signed with, where `verify` says `key_unknown`; raises
      ValueError. `fetch` gives what stands at a public address. The sender is asked to come back meanwhile.
    - `load_channel`: gives how customers are written to by it (`channel`).
    - `load_tables`: gives how it reads tables from files and feeds (`tables`).
    """

    kind: str
    name: str
    verify: Callable[[Sequence[str], Mapping[str, str], bytes, datetime, Mapping[str, Any]], Verdict]
    topic: Callable[[Mapping[str, str], bytes, Mapping[str, Any]], str]
    dedupe_key: Callable[[Mapping[str, str], bytes, Mapping[str, Any]], str]
    map: Callable[[Delivery, Mapping[str, Any]], Mapped]
    sign: Callable[[str, bytes, Mapping[str, str], datetime, Mapping[str, Any]], dict[str, str]]
    guide: Guide | None = None
    load_store: Callable[[], StoreApi] | None = None
    load_tables: Callable[[], TableReader] | None = None
    load_channel: Callable[[], ChannelApi] | None = None
    greet: Callable[[Mapping[str, str], Mapping[str, Any]], str | None] = lambda query, settings: None
    learn: Callable[[bytes, Mapping[str, Any], Callable[[str], bytes]], None] | None = None

    @property
    def store(self) -> StoreApi | None:
        return _loaded(self.load_store) if self.load_store is not None else None

    @property
    def channel(self) -> ChannelApi | None:
        return self.load_channel() if self.load_channel is not None else None

    @property
    def tables(self) -> TableReader | None:
        return self.load_tables() if self.load_tables is not None else None


@cache
def _loaded(load: Callable[[], StoreApi]) -> StoreApi:
    return load()
