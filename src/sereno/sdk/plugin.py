"""The decorators with which a room or a plugin adds events, records, actions, projections and connectors.

`registry()` is the one place they land in; runtime, builder and docs read it. Adding a thing touches one file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeVar

from sereno.commerce.money import Money
from sereno.commerce.schema import Record
from sereno.engine.catalog import ActionType, EventType
from sereno.sdk.config import Config, html_keys, problems, template_keys
from sereno.sdk.connector import Connector
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import Consents
from sereno.sdk.registry import Registry
from sereno.sdk.result import Result
from sereno.sdk.tools import Act
from sereno.sdk.writes import Write

C = TypeVar("C", bound=Config)

URGENT, ORDINARY, BULK = 0, 1, 2
"""In which order effects go out when many wait: what somebody waits for, anything else, what may take its time."""

ALL_ROOTS = frozenset({"customer", "order", "cart", "product", "store"})


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """A type of event. `name` is `noun.past`. `projects` names the projection its data belongs to (None: no record is
    kept). `supplies` are the roots a run started by it can read."""

    name: str
    description: str
    data: Record | None
    supplies: frozenset[str]
    projects: str | None = None


PATCH = 0
"""The version of data that is only a part of a record."""


def nothing_inside(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """For records that carry no others."""
    return []


@dataclass(frozen=True, slots=True)
class Projection:
    """How events become the newest known state of one kind of record.

    Rows live in `table`, keyed by (shop_id, key); `key(data)` finds the record's id. `project(old, data, type)` is pure
    and gives the record to keep, or None to leave things as they are. `version(data)` orders the states of one record
    (microseconds since the epoch: the record's own `updated_at`; None: the event's `occurred_at` is taken), and an
    older version never overwrites a newer one; an equal one is merged again. `PATCH` says that the data is only a part
    of the record (a refund of an order, the customer inside an order): it is always merged, never called stale, and
    leaves the row's version as it is (a row it makes gets version `PATCH`), so that a late full record still finds its
    place. `columns` are copied out of the record into columns of their own, for pages and queries. `also(data)` gives
    further records carried inside, as (projection name, data), each projected by its own projection's rules; `carries`
    names those projections (None: it may be any).
    """

    name: str
    table: str
    key: Callable[[Mapping[str, Any]], str | None]
    project: Callable[[Mapping[str, Any] | None, Mapping[str, Any], str], Mapping[str, Any] | None]
    version: Callable[[Mapping[str, Any]], int | None]
    columns: Mapping[str, Callable[[Mapping[str, Any]], Any]] = field(
        default_factory=dict[str, Callable[[Mapping[str, Any]], Any]]
    )
    also: Callable[[Mapping[str, Any]], list[tuple[str, Mapping[str, Any]]]] = nothing_inside
    carries: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class MessageKind:
    """That an action writes to a person. `channel`: `email sms whatsapp telegram push`. `purpose`: `transactional` or
    `marketing`; None where only the shop's own template tells, which is not read here."""

    channel: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message with today's records at hand: to whom, for what, until when it is worth sending, and which older one
    it replaces. `refusal(consents)` is why it may not go (a code), or None; it decides by nothing but what it is
    given. `best_within`: for so long marketing may wait for its reader's best moment. `is_own`: the address is that of
    the customer the run is about, however it is written in their record. `others`: where it may go instead, in this
    order, where this one is refused."""

    channel: str
    to: str
    purpose: str
    refusal: Callable[[Consents], str | None] = lambda consents: None
    expires: timedelta | None = None
    merge: str | None = None
    is_own: bool = False
    others: tuple[Addressed, ...] = ()
    best_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """An action. `run` carries it out. `label` is the card's sentence with `{key}` places. `connection(config, shop)`
    names the budget it draws on (`smtp`, `http:host`); None: it is local and costs nothing outside. `priority(config)`:
    `URGENT`, `ORDINARY` or `BULK`. `is_internal`: Sereno itself asks for it; no flow can name it. `message(config)`
    says that it writes to a person (None: it does not); `addressed(config, context)` then says to whom, None where
    nobody's address is known. `spend(config)`: what carrying it out costs the shop, as far as that is known;
    `costs(config, shop)`: where the shop says the price.
    `ability`: what it asks of the shop's platform or of another tool; where none that is connected has it, the builder
    says so.
    `decides`: steps after it go by its result, so a flow in shadow carries it out too, with `ctx.is_shadow`, and drops
    what it wants written; only local actions can."""

    name: str
    label: str
    icon: str
    config: type[Config]
    run: Callable[[Any, Context], Result]
    description: str
    needs: Callable[[Mapping[str, Any]], frozenset[str]]
    writes: frozenset[str]
    on_error: Literal["stop", "continue"]
    result: Record | None
    connection: Callable[[Mapping[str, Any]], str] | None
    priority: Callable[[Mapping[str, Any]], int]
    is_internal: bool = False
    message: Callable[[Mapping[str, Any]], MessageKind | None] = lambda config: None
    addressed: Callable[[Mapping[str, Any], Context], Addressed | None] = lambda config, context: None
    spend: Callable[[Mapping[str, Any]], Money | None] = lambda config: None
    ability: type[Write] | type[Act] | None = None
    decides: bool = False
    costs: Callable[[Mapping[str, Any], ShopFacts], Money | None] = lambda config, shop: None

    def as_type(self) -> ActionType:
        """The action as the engine sees it."""
        return ActionType(
            name=self.name,
            validate=lambda values: problems(self.config, values),
            keys=frozenset(self.config.model_fields),
            templates=template_keys(self.config),
            needs=self.needs,
            writes=self.writes,
            on_error=self.on_error,
            result=self.result,
            html=html_keys(self.config),
            purpose=self._purpose,
        )

    def _purpose(self, values: Mapping[str, Any]) -> str | None:
        kind = self.message(values)
        return None if kind is None else kind.purpose or ""


@dataclass(frozen=True, slots=True)
class DerivedFlow:
    """A flow every shop always has, which finds a fact from other facts (`checkout.abandoned`). `document` is YAML."""

    name: str
    document: str


@dataclass(frozen=True, slots=True)
class Root:
    """What `order`, `customer`, ... is in an expression.

    `parts` are pairs (kind of ref, projection name): the record of each ref at hand is read, and they are merged in
    this order, a later part's values over an earlier one's unless they are null. So `product` is the product, then the
    variant, then its stock.
    """

    name: str
    record: Record
    parts: tuple[tuple[str, str], ...]


class Plugins:
    """Everything that is registered. It satisfies the engine's `Catalog`."""

    def __init__(self) -> None:
        self.events: Registry[EventDefinition] = Registry("event")
        self.records: Registry[Record] = Registry("record")
        self.roots: Registry[Root] = Registry("root")
        self.projections: Registry[Projection] = Registry("projection")
        self.actions: Registry[ActionDefinition] = Registry("action")
        self.derived: Registry[DerivedFlow] = Registry("derived flow")
        self.connectors: Registry[Connector] = Registry("connector")
        self._action_types: dict[str, ActionType] = {}
        self._event_types: dict[str, EventType] = {}

    def event_type(self, name: str) -> EventType | None:
        if name.startswith("custom.") and len(name) > len("custom."):
            return EventType(name, ALL_ROOTS, None)
        found = self._event_types.get(name)
        if found is None and (definition := self.events.get(name)) is not None:
            found = EventType(name, definition.supplies | {"store"}, definition.data)
            self._event_types[name] = found
        return found

    def event_names(self) -> list[str]:
        return self.events.names()

    def action(self, name: str) -> ActionType | None:
        found = self._action_types.get(name)
        if found is None and (definition := self.actions.get(name)) is not None and not definition.is_internal:
            found = definition.as_type()
            self._action_types[name] = found
        return found

    def action_names(self) -> list[str]:
        """Of those a flow can name."""
        return sorted(one.name for one in self.actions if not one.is_internal)

    def root(self, name: str) -> Record | None:
        return self.records.get(name)


_plugins = Plugins()


def registry() -> Plugins:
    """The process's registry. Rooms fill it when they are imported; the composition root imports them all."""
    return _plugins


def event(
    name: str,
    *,
    description: str,
    data: Record | None,
    supplies: frozenset[str] | set[str],
    projects: str | None = None,
) -> EventDefinition:
    """Register a type of event. Raises AlreadyRegistered."""
    return _plugins.events.add(name, EventDefinition(name, description, data, frozenset(supplies), projects))


def projection(item: Projection) -> Projection:
    return _plugins.projections.add(item.name, item)


def root_record(name: str, item: Record, parts: tuple[tuple[str, str], ...] | None = None) -> Record:
    """Say what `customer`, `order`, ... is in an expression, and which projections it is read from; by default the
    projection of the same name, by the ref of the same name."""
    _plugins.roots.add(name, Root(name, item, parts if parts is not None else ((name, name),)))
    return _plugins.records.add(name, item)


def derived_flow(name: str, document: str) -> DerivedFlow:
    return _plugins.derived.add(name, DerivedFlow(name, document))


def connector(item: Connector) -> Connector:
    return _plugins.connectors.add(item.kind, item)


def action(
    name: str,
    *,
    label: str,
    config: type[C],
    icon: str = "bolt",
    needs: Callable[[Mapping[str, Any]], frozenset[str]] | frozenset[str] = frozenset(),
    writes: frozenset[str] = frozenset(),
    on_error: Literal["stop", "continue"] = "continue",
    result: Record | None = None,
    connection: Callable[[Mapping[str, Any]], str] | None = None,
    priority: Callable[[Mapping[str, Any]], int] | int = ORDINARY,
    is_internal: bool = False,
    message: Callable[[Mapping[str, Any]], MessageKind | None] = lambda config: None,
    addressed: Callable[[Mapping[str, Any], Context], Addressed | None] = lambda config, context: None,
    spend: Callable[[Mapping[str, Any]], Money | None] = lambda config: None,
    ability: type[Write] | type[Act] | None = None,
    decides: bool = False,
    costs: Callable[[Mapping[str, Any], ShopFacts], Money | None] = lambda config, shop: None,
) -> Callable[[Callable[[C, Context], Result]], Callable[[C, Context], Result]]:
    """Register a function as the action `module.verb_noun`. Its docstring is its description in docs and builder."""

    def register(function: Callable[[C, Context], Result]) -> Callable[[C, Context], Result]:
        roots = needs if callable(needs) else _always(needs)
        description = " ".join((function.__doc__ or "").split())
        if not description:
            raise ValueError(f"action {name} has no docstring")
        definition = ActionDefinition(
            name,
            label,
            icon,
            config,
            function,
            description,
            roots,
            writes,
            on_error,
            result,
            connection,
            _level(priority),
            is_internal,
            message,
            addressed,
            spend,
            ability,
            decides,
            costs,
        )
        _plugins.actions.add(name, definition)
        return function

    return register


def _level(priority: Callable[[Mapping[str, Any]], int] | int) -> Callable[[Mapping[str, Any]], int]:
    return priority if callable(priority) else lambda config: priority


def _always(roots: frozenset[str]) -> Callable[[Mapping[str, Any]], frozenset[str]]:
    return lambda config: roots
