"""The contract of a tool outside: a help desk, a board of tasks, a list of readers, a programme of points. What can be
asked of it, one value class per ability, and the port by which actions ask.

Invariant: what is asked is a value under a key that is the same on every attempt; asked again it changes the tool once.
A connector speaks HTTP through its `Exchange` alone, and what goes wrong is a StoreError (`sereno.sdk.stores`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from sereno.sdk.context import Context
from sereno.sdk.result import Fail, Result

if TYPE_CHECKING:
    from sereno.commerce.money import Money
    from sereno.sdk.audience import AudienceApi, Person
    from sereno.sdk.stores import Call, Exchange, Written


@dataclass(frozen=True, slots=True)
class Act:
    """Base of all. `ability` is its stable name."""

    ability: ClassVar[str]


Urgency = Literal["low", "normal", "high", "urgent"]
TicketStatus = Literal["open", "pending", "solved"]


@dataclass(frozen=True, slots=True)
class OpenTicket(Act):
    """A question of a customer for those who answer. `person` is who asks. Written.value: `id`, `url`."""

    subject: str
    text: str
    person: Person
    urgency: Urgency = "normal"
    tags: tuple[str, ...] = ()
    ability: ClassVar[str] = "open_ticket"


@dataclass(frozen=True, slots=True)
class CommentTicket(Act):
    """Words added to a ticket, by the tool's own id; the customer sees them where `is_public`. `status`: how it stands
    after it; "" leaves that."""

    ticket: str
    text: str = ""
    is_public: bool = False
    status: TicketStatus | Literal[""] = ""
    ability: ClassVar[str] = "comment_ticket"


@dataclass(frozen=True, slots=True)
class AddCard(Act):
    """A task for the shop's people, into a list of a board ("" is the one the connection names). Written.value: `id`,
    `url`."""

    title: str
    text: str = ""
    list: str = ""
    due_at: datetime | None = None
    labels: tuple[str, ...] = ()
    ability: ClassVar[str] = "add_card"


@dataclass(frozen=True, slots=True)
class MoveCard(Act):
    """A card, by the tool's own id, into another list (an id), or put away where `is_done`."""

    card: str
    list: str = ""
    is_done: bool = False
    ability: ClassVar[str] = "move_card"


@dataclass(frozen=True, slots=True)
class TrackEvent(Act):
    """That a customer did something, told to a tool that keeps such things. `facts` are JSON values."""

    name: str
    person: Person
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    value: Money | None = None
    ability: ClassVar[str] = "track_event"


@dataclass(frozen=True, slots=True)
class GivePoints(Act):
    """Points in a programme that another tool keeps; fewer than none takes them away."""

    person: Person
    points: int
    reason: str
    ability: ClassVar[str] = "give_points"


@dataclass(frozen=True, slots=True)
class OpenDeal(Act):
    """A sale that may come, for those who sell. `stage` and `pipeline` are the tool's own ids ("": its first ones).
    Written.value: `id`."""

    title: str
    person: Person
    amount: Money | None = None
    stage: str = ""
    pipeline: str = ""
    ability: ClassVar[str] = "open_deal"


@dataclass(frozen=True, slots=True)
class FindPerson(Act):
    """Who it is that a notice only names by the tool's own id. Written.value: `email` ("" where the tool has nobody, or
    no address), `accepts_email` (true, false or null), `stage` and `owner` ("" where the tool has none)."""

    person: str
    ability: ClassVar[str] = "find_person"


@dataclass(frozen=True, slots=True)
class FindDeal(Act):
    """A sale that a notice only names by the tool's own id. Written.value: `emails` of whom it is with, `stage`,
    `pipeline`, `title`, `owner` and `amount` with `currency`, each "" where the tool does not say."""

    deal: str
    ability: ClassVar[str] = "find_deal"


ActHandler = Callable[["Call", Any], "Written"]


@dataclass(frozen=True, slots=True)
class Place:
    """Something of the tool's that people choose: a list of readers, a board's list. `count`: how many are in it, where
    the tool says."""

    id: str
    name: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ToolApi:
    """What a connector can do in its tool. `acts` carries out each kind of act it has; `audience` where it keeps lists
    of people; `boards` gives the lists cards go into. `set_up` has the tool tell us what happens there, at the address
    of the connection's door, where it can be told by its API; asked again it changes nothing."""

    acts: Mapping[type[Act], ActHandler] = field(default_factory=dict[type[Act], ActHandler])
    audience: AudienceApi | None = None
    boards: Callable[[Exchange], Sequence[Place]] | None = None
    set_up: Callable[[Exchange, str], None] | None = None

    @property
    def abilities(self) -> frozenset[str]:
        of_audience = self.audience.abilities if self.audience is not None else frozenset[str]()
        return frozenset(one.ability for one in self.acts) | of_audience


class Tools(Protocol):
    """The tools of one shop."""

    def do(self, act: Act, *, connection: str, key: str, attempt: int, now: datetime) -> Result:
        """By the connection named, else ("") by the oldest that can. Done once it is so (`tool`, and what the connector
        gave); Retry when the tool is busy or wants less; Fail with `tool.none` (nothing connected can), `tool.unknown`
        (no such connection) or the tool's reason."""
        ...


def use_tool(ctx: Context, act: Act, connection: str = "") -> Result:
    """What an action does that asks a tool: the act under the effect's own key."""
    try:
        tools = ctx.port(Tools)
    except LookupError:
        return Fail("tool.none", "No tool is connected: connect one under Connections.")
    return tools.do(act, connection=connection, key=ctx.effect_key, attempt=ctx.attempt, now=ctx.now)
