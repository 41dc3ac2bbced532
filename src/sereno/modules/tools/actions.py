"""What flows ask of outside tools. One action for each ability, whichever tool has it; the effect's key goes along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from pydantic import field_validator

from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.records.fields import string
from sereno.commerce.schema import Field, record
from sereno.engine.durations import parse_duration
from sereno.modules.tools import looking as looking  # Its action comes with ours.
from sereno.modules.tools.people import person_of
from sereno.sdk.audience import PushPeople, RemovePeople
from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.config import text as line
from sereno.sdk.context import Context
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.tools import (
    AddCard,
    CommentTicket,
    GivePoints,
    MoveCard,
    OpenDeal,
    OpenTicket,
    TrackEvent,
    use_tool,
)

NOBODY = "Nobody's address is known here: the run is about no customer with one."
CUSTOMER = frozenset({"customer"})


def connection(config: Mapping[str, Any]) -> str:
    """The budget it draws on: of the tool named, else the one all others share."""
    return f"tool:{config.get('tool') or 'any'}"[:64]


def _tool() -> Any:
    return line(
        _("By"),
        default="",
        max_length=64,
        suggest="tools",
        help=_("The name of a connection; empty: the one that can do it."),
    )


def _tags(said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for one in said.split(",") if (part := " ".join(one.split())[:100])))


# --- lists of people --------------------------------------------------------------------------------


class AddConfig(Config):
    list: str = line(_("List"), default="", template=True, max_length=200, help=_("The tool's own id of it."))
    tags: str = line(_("Tags"), default="", template=True, max_length=500, help=_("With commas between them."))
    fields: dict[str, str] = option(_("Fields"), default={}, template=True, help=_("By the names the tool has."))
    tool: str = _tool()


class RemoveConfig(Config):
    list: str = line(_("List"), default="", template=True, max_length=200, help=_("The tool's own id of it."))
    erase: bool = option(
        _("Forget them altogether"), default=False, help=_("The tool erases what it knows of the person.")
    )
    tool: str = _tool()


TAKEN = record(
    "taken_people",
    "What the tool made of it.",
    [
        string("tool", "The connection it went by."),
        Field("taken", "integer", "How many people the tool took: 1 or 0."),
        Field("turned_count", "integer", "How many it turned away."),
    ],
)


@action(
    "audience.add",
    label=_("Put the customer on the list {list}"),
    icon="users",
    config=AddConfig,
    needs=CUSTOMER,
    result=TAKEN,
    connection=connection,
    ability=PushPeople,
)
def add(config: AddConfig, ctx: Context) -> Result:
    """Put the customer on a list of another tool, or bring them up to date there: name, address, tags and fields, and
    what they allow. Who never said yes is kept there as somebody not to be written to; who said no is taken off its
    mail. Done twice it is the same."""
    person = person_of(ctx, config.fields, _tags(config.tags))
    if not (person.email or person.phone):
        return Fail("recipient.missing", NOBODY)
    return _one(use_tool(ctx, PushPeople(config.list.strip(), (person,)), config.tool))


@action(
    "audience.remove",
    label=_("Take the customer off the list {list}"),
    icon="users",
    config=RemoveConfig,
    needs=CUSTOMER,
    result=TAKEN,
    connection=connection,
    ability=RemovePeople,
)
def remove(config: RemoveConfig, ctx: Context) -> Result:
    """Take the customer off a list of another tool, or have it forget them. Who is not there is no trouble."""
    person = person_of(ctx)
    if not (person.email or person.phone):
        return Fail("recipient.missing", NOBODY)
    return _one(use_tool(ctx, RemovePeople(config.list.strip(), (person,), config.erase), config.tool))


def _one(done: Result) -> Result:
    """Of one person: turned away is no success."""
    if not isinstance(done, Done) or not done.value.get("turned"):
        return done
    first = done.value["turned"][0]
    return Fail(str(first.get("code") or "person.refused"), str(first.get("text") or "The tool turned them away."))


# --- the help desk ----------------------------------------------------------------------------------


class TicketConfig(Config):
    subject: str = line(_("Subject"), template=True, max_length=300)
    text: str = line(_("Text"), template=True, max_length=10_000, multiline=True)
    urgency: Literal["low", "normal", "high", "urgent"] = option(_("Urgency"), default="normal")
    tags: str = line(_("Tags"), default="", template=True, max_length=500, help=_("With commas between them."))
    tool: str = _tool()


class CommentConfig(Config):
    ticket: str = line(_("Ticket"), template=True, max_length=60, help=_("Such as {{ event.id }}"))
    text: str = line(_("Text"), default="", template=True, max_length=10_000, multiline=True)
    public: bool = option(_("The customer sees it"), default=False)
    status: Literal["", "open", "pending", "solved"] = option(_("Then it is"), default="")
    tool: str = _tool()


MADE = record(
    "made_in_tool",
    "What was made.",
    [
        string("tool", "The connection it went by."),
        string("id", "The tool's own id of it."),
        string("url", "Where it can be seen."),
    ],
)


@action(
    "tickets.create",
    label=_("Open a ticket: {subject}"),
    icon="headset",
    config=TicketConfig,
    needs=CUSTOMER,
    result=MADE,
    connection=connection,
    priority=URGENT,
    ability=OpenTicket,
)
def open_ticket(config: TicketConfig, ctx: Context) -> Result:
    """Open a ticket at the help desk in the customer's name, for those who answer. One effect opens one, also when the
    answer was lost."""
    person = person_of(ctx)
    if not person.email:
        return Fail("recipient.missing", NOBODY)
    words = OpenTicket(config.subject.strip(), config.text, person, config.urgency, _tags(config.tags))
    return use_tool(ctx, words, config.tool)


@action(
    "tickets.comment",
    label=_("Add to the ticket {ticket}"),
    icon="headset",
    config=CommentConfig,
    result=MADE,
    connection=connection,
    ability=CommentTicket,
)
def comment(config: CommentConfig, ctx: Context) -> Result:
    """Add a note or an answer to a ticket, and say how it stands."""
    ticket = config.ticket.strip()
    if not ticket:
        return Fail("ticket.missing", "The ticket came out empty: see which value its text uses.")
    if not config.text.strip() and not config.status:
        return Fail("ticket.nothing", "There is nothing to add: write a text, or say how the ticket stands.")
    return use_tool(ctx, CommentTicket(ticket, config.text, config.public, config.status), config.tool)


# --- boards -----------------------------------------------------------------------------------------


class CardConfig(Config):
    title: str = line(_("Title"), template=True, max_length=300)
    text: str = line(_("Text"), default="", template=True, max_length=10_000, multiline=True)
    list: str = line(_("List"), default="", template=True, max_length=60, help=_("Its id; empty: the usual one."))
    due: str = line(_("Due in"), default="", max_length=20, help=_("Such as 2d; empty: no date."))
    labels: str = line(_("Labels"), default="", template=True, max_length=500, help=_("Ids, with commas between them."))
    tool: str = _tool()

    @field_validator("due")
    @classmethod
    def _is_length(cls, value: str) -> str:
        _length(value)
        return value


class MoveConfig(Config):
    card: str = line(_("Card"), template=True, max_length=60, help=_("Such as {{ vars.card.id }}"))
    list: str = line(_("Into the list"), default="", template=True, max_length=60)
    done: bool = option(_("Its task is done"), default=False)
    tool: str = _tool()


def _length(value: str) -> timedelta | None:
    return parse_duration(value) if value.strip() else None


@action(
    "cards.create",
    label=_("Put a card on the board: {title}"),
    icon="clipboard",
    config=CardConfig,
    result=MADE,
    connection=connection,
    ability=AddCard,
)
def add_card(config: CardConfig, ctx: Context) -> Result:
    """Put a task for the shop's people on a board. One effect makes one card, also when the answer was lost."""
    length = _length(config.due)
    due = (ctx.asked_at or ctx.now) + length if length is not None else None
    words = AddCard(config.title.strip(), config.text, config.list.strip(), due, _tags(config.labels))
    return use_tool(ctx, words, config.tool)


@action(
    "cards.move",
    label=_("Move the card {card}"),
    icon="clipboard",
    config=MoveConfig,
    result=MADE,
    connection=connection,
    ability=MoveCard,
)
def move_card(config: MoveConfig, ctx: Context) -> Result:
    """Move a card into another list of its board, or put it away as done. Done twice it is the same."""
    if not config.card.strip() or not (config.list.strip() or config.done):
        return Fail("card.nothing", "Say which card, and into which list or that it is done.")
    return use_tool(ctx, MoveCard(config.card.strip(), config.list.strip(), config.done), config.tool)


# --- what customers do, points, deals ---------------------------------------------------------------


class TrackConfig(Config):
    name: str = line(_("Event"), template=True, max_length=120, help=_("What the tool calls it, such as Placed Order."))
    facts: dict[str, str] = option(_("Facts"), default={}, template=True)
    amount: str = line(_("Amount"), default="", template=True, max_length=40)
    currency: str = line(_("Currency"), default="", template=True, max_length=10, help=_("Left out: the shop's"))
    tool: str = _tool()


class PointsConfig(Config):
    points: str = line(_("Points"), template=True, max_length=20, help=_("Below zero they are taken away."))
    reason: str = line(_("Reason"), default="", template=True, max_length=200, help=_("The customer sees it."))
    tool: str = _tool()


class DealConfig(Config):
    title: str = line(_("Title"), template=True, max_length=200)
    amount: str = line(_("Amount"), default="", template=True, max_length=40)
    currency: str = line(_("Currency"), default="", template=True, max_length=10, help=_("Left out: the shop's"))
    stage: str = line(_("Stage"), default="", max_length=100, help=_("The tool's own id; empty: its first one."))
    pipeline: str = line(_("Pipeline"), default="", max_length=100, help=_("The tool's own id; empty: its first one."))
    tool: str = _tool()


@action(
    "tools.track",
    label=_("Tell a tool that the customer did: {name}"),
    icon="activity",
    config=TrackConfig,
    needs=CUSTOMER,
    connection=connection,
    ability=TrackEvent,
)
def track(config: TrackConfig, ctx: Context) -> Result:
    """Tell another tool that the customer did something, with facts and an amount; once, by the effect's key."""
    person = person_of(ctx)
    if not (person.email or person.phone):
        return Fail("recipient.missing", NOBODY)
    try:
        value = _money(config.amount, config.currency, ctx)
    except AmountInvalid as error:
        return Fail("amount.invalid", str(error))
    facts = {key: said for key, said in config.facts.items() if said != ""}
    return use_tool(ctx, TrackEvent(config.name.strip(), person, ctx.asked_at or ctx.now, facts, value), config.tool)


@action(
    "tools.give_points",
    label=_("Give the customer {points} points in another programme"),
    icon="star",
    config=PointsConfig,
    needs=CUSTOMER,
    connection=connection,
    ability=GivePoints,
)
def give_points(config: PointsConfig, ctx: Context) -> Result:
    """Give points in a programme that another tool keeps, or take them away."""
    said = config.points.strip()
    if not said.lstrip("-").isdigit() or int(said) == 0:
        return Fail("points.invalid", f"{said!r} is no number of points: see which value its text uses.")
    person = person_of(ctx)
    if not person.key:
        return Fail("recipient.missing", NOBODY)
    return use_tool(ctx, GivePoints(person, int(said), config.reason.strip()), config.tool)


@action(
    "tools.open_deal",
    label=_("Open a deal: {title}"),
    icon="trending-up",
    config=DealConfig,
    needs=CUSTOMER,
    result=MADE,
    connection=connection,
    ability=OpenDeal,
)
def open_deal(config: DealConfig, ctx: Context) -> Result:
    """Open a deal with the customer for those who sell. One effect opens one, also when the answer was lost."""
    person = person_of(ctx)
    if not person.email:
        return Fail("recipient.missing", NOBODY)
    try:
        amount = _money(config.amount, config.currency, ctx)
    except AmountInvalid as error:
        return Fail("amount.invalid", str(error))
    words = OpenDeal(config.title.strip(), person, amount, config.stage.strip(), config.pipeline.strip())
    return use_tool(ctx, words, config.tool)


def _money(amount: str, currency: str, ctx: Context) -> Money | None:
    said = amount.strip()
    return Money.parse(said, currency.strip() or ctx.shop.currency) if said else None
