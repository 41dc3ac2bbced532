"""The ports actions work through. The runtime plugs in live ones; shadow mode and back-tests plug in recorders.

Local ports (`Tags`, `Consents`, `Events`) do not write at once: what they are told is committed in the same transaction
as the effect's outcome, so that a local action happens exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from sereno.sdk.result import Result
from sereno.sdk.write_values import Write

TagKind = Literal["order", "customer"]


class Tags(Protocol):
    """Tags in Sereno's own model. Adding a tag twice is a no-op."""

    def add(self, kind: TagKind, key: str, tag: str) -> None: ...

    def remove(self, kind: TagKind, key: str, tag: str) -> None: ...

    def holds(self, kind: TagKind, key: str, tag: str) -> bool:
        """Whether Sereno's own tag is on, as was last committed."""
        ...


class Events(Protocol):
    """Facts that Sereno itself finds, such as `checkout.abandoned`. They enter by the same inbox as any other."""

    def emit(self, id: str, type: str, subject: str, data: Mapping[str, Any], refs: Mapping[str, str]) -> None:
        """`id` must be made from the facts (a run's id, say): emitting it twice is a no-op."""
        ...


class Consents(Protocol):
    """The consent ledger. `channel` is `email sms whatsapp push`; `address` the e-mail or number, normalised."""

    def allows(self, address: str, channel: str, purpose: str) -> bool | None:
        """True or False as last said by the person; None when nothing is on record."""
        ...

    def is_suppressed(self, address: str, channel: str) -> bool:
        """The address must not be written to at all: it bounced for good, complained, or said farewell."""
        ...

    def record(
        self, address: str, channel: str, purpose: str, granted: bool, source: str, proof: Mapping[str, Any]
    ) -> None: ...

    def suppress(self, address: str, channel: str, reason: str) -> None:
        """Never write to this address again. Unlike all else it is kept when the action fails: that is when one learns
        that an address is dead."""
        ...


class Products(Protocol):
    """What the shop sells, as it is now: a mail about a cart shows today's price and stock, not yesterday's."""

    def today(self, variants: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The newest known records of these variants (by id or SKU), keyed as asked; unknown ones are left out."""
        ...

    def elsewhere(self, product: str) -> tuple[Sequence[str], Sequence[str]]:
        """The same product in the shop's other stores, by a SKU they share: its keys there; and the SKUs by which a
        store has several, of which nobody can say which it is."""
        ...


class Recommendations(Protocol):
    """What may please somebody, as far as the shop's past tells."""

    def products(self, way: str, items: Sequence[str], person: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """The best first, each with `id`, `title`, `price`, `currency`, `url`, `image_url`; only what can be bought.
        `way` as in the API; `items` are what it is about, by product, variant or SKU; `person` a customer's key."""
        ...


@dataclass(frozen=True, slots=True)
class Short:
    """A line that cannot be reserved. `code`: `stock.short` (there are fewer), `stock.unknown` (nobody has said how
    many there are: it is left to the caller, and keeps no other line from being reserved)."""

    item: str
    wanted: int
    available: int
    code: Literal["stock.short", "stock.unknown"] = "stock.short"


class Reservations(Protocol):
    """Stock that is promised to orders. Exact: however many ask at the same moment, no unit is promised twice."""

    def reserve(
        self, order: str, lines: Sequence[Mapping[str, Any]], *, placed_at: str | None = None
    ) -> Sequence[Short]:
        """Reserve the lines (canonical ones) for the order of this key: all of them, or none when one is
        `stock.short`. Asked again it changes nothing; asked with other lines, only the difference. What is not counted
        (`is_tracked` false) needs no reservation; what may be sold below zero is never short. `placed_at`: the order's
        own instant, ISO 8601, for an order of a store whose stock falls with it; None for what no store knows of."""
        ...

    def release(self, order: str) -> int:
        """Give back what is reserved for the order and has not left. Gives how many lines that were."""
        ...

    def holds(self, order: str) -> bool:
        """Whether anything is reserved for the order and has not left."""
        ...

    def available(self, items: Sequence[str], *, order: str = "") -> Mapping[str, int]:
        """How many can still be promised, by SKU (or variant's key where it has no SKU); unknown ones are left out.
        With `order`, its key: from the places that serve the channel it came by."""
        ...


class Holds(Protocol):
    """Which orders are held, as of the newest committed fact: not as of the last projection. An order that its customer
    is just changing counts as held until the store has answered."""

    def is_held(self, order: str) -> bool: ...


class Transfers(Protocol):
    """Moves of goods between a shop's own places."""

    def propose(self, cover_days: int, keep_days: int, by: str) -> Sequence[int]:
        """Propose what lets each place sell for `cover_days`, from those that keep enough for `keep_days`. Gives the
        numbers of the new transfers; nobody is sent anywhere before a person says so."""
        ...


class Snapshots(Protocol):
    """Who is in a segment at one moment, kept."""

    def keep(self, segment: str, title: str, *, by: str, key: str) -> tuple[int, str, int]:
        """Number, title and size of the snapshot. Under the same key it is kept once, and that one is given. Raises
        LookupError where there is no such segment, ValueError for a title that cannot be."""
        ...


class Marks(Protocol):
    """What Sereno changed on products in the store, so that it takes back its own changes and nobody else's."""

    def get(self, product: str, kind: str) -> str | None:
        """The mark's text; None where there is none."""
        ...

    def put(self, product: str, kind: str, text: str) -> None:
        """Durable at once: before the store is asked, so that a change that was asked for is known to be ours."""
        ...

    def remove(self, product: str, kind: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What one store is to be told: so many of this variant can be sold at this place of it. `expected`: what it said
    last, where it is the store that counts."""

    item: str
    variant: str
    product: str
    inventory_item: str
    location: str
    available: int
    expected: int | None = None


class Availability(Protocol):
    """What the shop's stores are to be told of their stock."""

    def offers(self, item: str) -> Sequence[Offer]:
        """For the item of this SKU; nothing for a store that says so already, or is not to be written to."""
        ...

    def said(self, offer: Offer) -> None:
        """The store took it."""
        ...


@dataclass(frozen=True, slots=True)
class Alignment:
    """What makes one store say of one thing what it should. `id`, `own` and `target` name the difference as it was
    read; `seen` is of when the store's record is, in microseconds."""

    id: int
    write: Write
    own: str
    target: str
    seen: int


class Alignments(Protocol):
    """Differences between what the shop's stores say of their products."""

    def find(self, sku: str, field: str, connection: str, target: str) -> Alignment | str:
        """What is to be written now, where the store is still to say this; else why nothing is: `equal`, `held`,
        `left`, `waiting`, `target.changed`."""
        ...

    def begin(self, alignment: Alignment) -> bool:
        """Durable at once, before the store is asked: what it then says is its answer, and no change of its own. False
        when the difference is another by now."""
        ...

    def told(self, alignment: Alignment) -> None:
        """The store took it: what it says of it is waited for."""
        ...


class Messages(Protocol):
    """The shop's own messages, as published. What comes back is the module `messages`'s own kind of template."""

    def find(self, name: str, locale: str) -> Any | None:
        """The message in this language, else in the shop's; None when the shop has none of its own by this name."""
        ...

    def text(self, name: str) -> Any | None:
        """The text message or WhatsApp message of this name, in all its languages; None when the shop has none."""
        ...


class Links(Protocol):
    """Signed addresses of the shop's public pages, for one recipient. `effect` is the key of the effect whose message
    they stand in, so that an answer is known to be one to it."""

    def unsubscribe(self, address: str, channel: str, effect: str = "") -> str: ...

    def preferences(self, address: str, channel: str, effect: str = "") -> str: ...

    def keep(self, address: str, channel: str, effect: str = "") -> str:
        """Where somebody says that marketing is still welcome."""
        ...

    def tracked(self, html: str | None, text: str, stamp: Any, tracking: Any) -> tuple[str | None, str]:
        """A mail's HTML and text with their links and opening followed. `stamp` and `tracking` are the module
        `messages`'s own (`tracking.rewrite`)."""
        ...

    def order(self, key: str) -> str:
        """Where the customer sees the order of this key, and changes it while the shop's rules allow."""
        ...

    def pay(self, key: str) -> str:
        """Where what is open of the order is paid; it leads nowhere once nothing is."""
        ...

    def survey(self, name: str, address: str, order: str = "", effect: str = "") -> str:
        """Where this person answers the survey of this name, about the order of this key."""
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, fully rendered. `headers` are extra ones (List-Unsubscribe, ...)."""

    to: str
    subject: str
    text: str
    html: str | None
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    sender: str | None = None
    reply_to: str | None = None


class Mailer(Protocol):
    def send(self, mail: Mail) -> Result:
        """Hand the mail to the shop's server. Done once the server took it; a refused recipient is Fail, a busy or
        absent server Retry."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """A question that waits for a person. `answer` is a signed address for one person: it shows the question, and takes
    the answer only when that person confirms it there. `flow` is the flow's title. `facts`: of a question about a limit
    (`kind`, `limit`, `wanted`, `currency`), which has no text of its own."""

    text: str
    flow: str
    expires_at: datetime | None
    answer: str
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


class Questions(Protocol):
    def open(self, key: str, address: str) -> Question | None:
        """The question of this key, for the person of this address; None when nobody waits for an answer any more."""
        ...


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """Something that is amiss in the shop. `facts` fill the words of `code`; `status` is `open acknowledged snoozed
    settled`."""

    id: int
    kind: str
    about: str
    severity: str
    code: str
    facts: Mapping[str, Any]
    status: str
    count: int
    first_at: datetime
    last_at: datetime
    settled_at: datetime | None


class Alerts(Protocol):
    def read(self, ids: Sequence[int]) -> list[AlertFacts]:
        """The alerts of these ids as they are now."""
        ...


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An outgoing request. `timeout` covers the whole exchange."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`body` is at most 1 MiB; more is cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """Outgoing HTTP behind the SSRF guard."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Raises HttpBlocked for an address that is not public and not allowed, HttpFailed when nothing came back."""
        ...


class HttpBlocked(Exception):  # noqa: N818
    """The address is not one an action may call."""


class HttpFailed(Exception):  # noqa: N818
    """No answer: connection refused, time-out, broken TLS."""


class HttpUnreached(HttpFailed):
    """Nobody was reached: the request surely was not sent."""


class Log(Protocol):
    def write(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An outgoing webhook: where messages go, and the secrets that sign them, the newest first. `status` is `active`,
    `paused` or `disabled`."""

    url: str
    secrets: tuple[str, ...]
    status: str


class Subscribers(Protocol):
    """The shop's outgoing webhooks."""

    def find(self, id: int) -> Subscriber | None:
        """None when there is no such webhook any more."""
        ...
