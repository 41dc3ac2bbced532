"""A small shop for tests of store and runtime: events, flows, and actions that say how they went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.runtime import services
from sereno.runtime.clock import VirtualClock
from sereno.runtime.ports import PortFactory, no_ports
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import open_staff
from sereno.sdk.config import Config, option, text
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import Context
from sereno.sdk.plugin import action, registry
from sereno.sdk.result import Done, Result
from sereno.store.database import Database

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class TryConfig(Config):
    """`to` names what is tried; what comes of it is in `ANSWERS`."""

    to: str = text("To", template=True)
    extra: dict[str, Any] = option("Extra", default={})


ANSWERS: dict[str, Callable[[TryConfig, Context], Result]] = {}
TRIED: list[str] = []


def register_actions() -> None:
    """`tests.call` leaves the house, `tests.crash` is local and broken."""
    if registry().actions.get("tests.call") is not None:
        return

    @action("tests.call", label="Call {to}", config=TryConfig, connection=lambda config: "tests")
    def call(config: TryConfig, ctx: Context) -> Result:
        """Call somebody outside."""
        TRIED.append(ctx.effect_key)
        return ANSWERS.get(config.to, lambda config, ctx: Done({"to": config.to}))(config, ctx)

    @action("tests.crash", label="Crash", config=TryConfig)
    def crash(config: TryConfig, ctx: Context) -> Result:
        """Break."""
        raise RuntimeError("broken on purpose")


class Place:
    """A shop on a database, with a runtime on a clock that the test moves."""

    def __init__(self, database: Database, ports: PortFactory = no_ports, name: str = "worker") -> None:
        register_actions()
        self.database = database
        self.clock = VirtualClock(START)
        open_staff(database).world.clock = self.clock
        self.runtime = Runtime(database, registry(), ports, self.clock, name, threads=4)
        self.shop = services.create_shop(
            slug="demo", name="Demo", currency="EUR", timezone="Europe/Madrid", locale="es", database=database
        )

    def flow(self, text: str) -> str:
        name = services.save_draft(self.shop, text, database=self.database).name
        services.publish(self.shop, name, "tester", database=self.database)
        return name

    def send(self, *events: NewEvent, source: str = "tests") -> int:
        return services.insert_events(self.shop, None, source, events, database=self.database)

    def drain(self) -> int:
        self.runtime.world.flows.invalidate()
        return self.runtime.drain()

    def after(self, **length: float) -> int:
        """Let time pass, then do all that is due."""
        self.clock.move_to(self.clock.now() + timedelta(**length))
        return self.drain()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.read() as tx:
            return tx.text(sql)

    def runs(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT key, status, step, reason FROM run WHERE flow_id NOT IN "
            "(SELECT id FROM flow WHERE is_derived) ORDER BY id"
        )

    def effects(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT action, status, attempts, error FROM effect ORDER BY id")

    def skips(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT reason FROM skip ORDER BY id")]


def fact(
    id: str,
    type: str,
    subject: str = "thing:1",
    data: Mapping[str, Any] | None = None,
    at: datetime = START,
    **refs: str,
) -> NewEvent:
    kind, _, key = subject.partition(":")
    return NewEvent(id, type, subject, at, dict(data or {}), {kind: key, **refs})


def order(id: str, type: str = "order.created", at: datetime = START, **changes: Any) -> NewEvent:
    """An order of customer 17."""
    data: dict[str, Any] = {
        "id": id,
        "number": id,
        "currency": "EUR",
        "total": "120.00",
        "email": "ana@example.com",
        "customer_id": "17",
        "customer": {"id": "17", "email": "ana@example.com", "first_name": "Ana"},
        "placed_at": at.isoformat(),
        "updated_at": at.isoformat(),
        "lines": [],
        **changes,
    }
    refs = {"order": id, "customer": "17", "email": "ana@example.com"}
    return NewEvent(f"{type}|{id}|{at.isoformat()}", type, f"order:{id}", at, data, refs)
