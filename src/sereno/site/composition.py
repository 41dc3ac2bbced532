"""Wires the live installation: what actions reach the outside through, the runtime, the door and the pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from sereno.modules.http.shops import shop_http
from sereno.sdk.context import ShopFacts
from sereno.sdk.newsletters import Presses
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Alerts, Http, Links, Mailer, Messages, Products, Questions, Recommendations, Subscribers
from sereno.sdk.purchasing import Purchasing
from sereno.sdk.stores import StoreHttp, Stores
from sereno.sdk.tools import Tools
from sereno.site.environment import Environment, SettingInvalid
from sereno.store.database import Database, default_database

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sereno.ingest.door import Door
    from sereno.ingest.front import Front
    from sereno.ingest.inbox import Inbox
    from sereno.modules.messages.smtp import SmtpMailer
    from sereno.runtime.newsletters.keeping import Newsletters
    from sereno.runtime.nightly import Nightly
    from sereno.runtime.reading.keeping import Readers
    from sereno.runtime.reading.working import Reader
    from sereno.runtime.recommending import Learner
    from sereno.runtime.rehearsals.keeping import Keeper
    from sereno.runtime.runtime import Runtime
    from sereno.sdk.connector import Connector
    from sereno.site.deciding import Deciders

PortFactory = Callable[[type[Any], ShopFacts], object | None]

PAGE_THREADS = 6


class Minds(Protocol):
    """Looks after long work in a thread of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def build_ports(environment: Environment, database: Database | None = None) -> PortFactory:
    """The live ports of this installation. Raises SettingInvalid for an SMTP address that cannot be used."""
    mailer = build_mailer(environment)

    def find(kind: type[Any], shop: ShopFacts) -> object | None:
        if kind is Mailer:
            return shop_mailer(mailer, shop, database or default_database())
        if kind is Http:
            return shop_http(shop.settings)
        if kind is StoreHttp:
            return shop_http(shop.settings, takes_pages=True)
        if kind is Stores:
            from sereno.runtime.stores.writing import LiveStores

            http = shop_http(shop.settings)
            return LiveStores(database or default_database(), registry(), shop.id, http)
        if kind is Tools:
            from sereno.runtime.tools.port import LiveTools

            return LiveTools(database or default_database(), registry(), shop.id, shop_http(shop.settings))
        if kind is Links:
            from sereno.modules.messages.unsubscribe import SignedLinks

            return SignedLinks(environment.secret_key, environment.base_url, shop.id)
        if kind is Messages:
            from sereno.modules.messages.own import ShopMessages

            return ShopMessages(database or default_database(), shop.id, shop.locale)
        if kind is Presses:
            from sereno.modules.messages.printing import ShopPresses

            return ShopPresses(shop)
        if kind is Questions:
            from sereno.runtime.asking import SignedQuestions

            opened = database or default_database()
            return SignedQuestions(opened, environment.secret_key, environment.base_url, shop.id)
        if kind is Alerts:
            from sereno.runtime.watching.telling import AlertLookup

            return AlertLookup(database or default_database(), shop.id)
        if kind is Subscribers:
            from sereno.runtime.webhooks import WebhookLookup

            return WebhookLookup(database or default_database(), shop.id)
        if kind is Purchasing:
            from sereno.runtime.purchasing.port import ShopPurchasing

            opened = database or default_database()
            return ShopPurchasing(opened, shop.id, secret=environment.secret_key, base_url=environment.base_url)
        if kind is Recommendations:
            from sereno.modules.recommendations.port import LiveRecommendations

            return LiveRecommendations(database or default_database(), shop.id)
        if kind is Products:
            from sereno.runtime.products import ProductLookup

            return ProductLookup(database or default_database(), registry(), shop.id)
        return None

    return find


def shop_mailer(server: SmtpMailer | None, shop: ShopFacts, database: Database) -> Mailer | None:
    """What the shop's mail goes through: the provider its setting `mail_by` names, else the first it has connected
    (unless that says `smtp`), else the mail server; None where there is none of these."""
    from sereno.modules.messages.sending import ShopMailer
    from sereno.runtime.stores.finding import mail_ways
    from sereno.runtime.stores.writing import exchange_of

    wished = str(shop.settings.get("mail_by") or "")
    with database.read() as tx:
        ways = [] if wished == "smtp" else mail_ways(tx, registry(), shop.id)
    chosen = next((one for one in ways if wished in ("", one.connection)), None)
    if chosen is None or chosen.api.mail is None:
        return ShopMailer(shop.id, database, server) if server is not None else None
    hand_over, exchange = chosen.api.mail, exchange_of(chosen, shop_http(shop.settings))
    return ShopMailer(shop.id, database, server, lambda mail, whole: hand_over(exchange, mail, whole))


def build_mailer(environment: Environment) -> SmtpMailer | None:
    """The way to the mail server, one for all who send; None where none is set. Raises SettingInvalid."""
    return _mailer(environment.smtp_url) if environment.smtp_url else None


@lru_cache(maxsize=4)
def _mailer(url: str) -> SmtpMailer:
    # What speaks to the outside is imported when it is first wanted: it is a third of the memory of an idle process.
    from sereno.modules.messages.smtp import SmtpMailer

    try:
        return SmtpMailer.from_url(url)
    except ValueError as error:
        raise SettingInvalid(f"SERENO_SMTP_URL: {error}") from error


def build_runtime(environment: Environment, *, database: Database | None = None, name: str | None = None) -> Runtime:
    """The live runtime of one worker."""
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import worker_name
    from sereno.site.demo.forgetting import watch_inbox

    database = database or default_database()
    ports = build_ports(environment, database)
    watch_inbox(environment.data_dir / "demo" / "inbox")
    return Runtime(database, registry(), ports, worker_name=name or worker_name(), base_url=environment.base_url)


def build_backtests(database: Database) -> Keeper:
    """Who has this installation's back-tests carried out, in processes of their own."""
    from sereno.runtime.rehearsals.keeping import Keeper
    from sereno.site.rehearsing import command

    return Keeper(database, command)


def build_readers(environment: Environment, database: Database) -> Readers:
    """Who reads platforms back: history, and what webhooks missed."""
    from sereno.runtime.clock import SystemClock
    from sereno.runtime.reading.keeping import Readers
    from sereno.runtime.world import World, make_world

    ports = build_ports(environment, database)

    def make(worker: str) -> World:
        return make_world(database, registry(), ports, SystemClock(), worker, base_url=environment.base_url)

    return Readers(database, make, environment.base_url, folder=environment.data_dir / "feeds")


def build_reader(environment: Environment, database: Database) -> Reader:
    """One who reads for whoever waits for it."""
    from sereno.runtime.clock import SystemClock
    from sereno.runtime.reading.working import Reader
    from sereno.runtime.worker import worker_name
    from sereno.runtime.world import make_world

    ports = build_ports(environment, database)
    name = f"{worker_name()[:56]}:read"
    world = make_world(database, registry(), ports, SystemClock(), name, base_url=environment.base_url)

    def wait(seconds: float) -> bool:
        time.sleep(seconds)
        return False

    return Reader(world, environment.base_url, wait)


def build_forecasts(database: Database) -> Nightly:
    """Who has forecasts of demand and scores of customers made, in processes of their own."""
    from sereno.runtime.nightly import Nightly
    from sereno.runtime.purchasing.forecasting import forecasts_by
    from sereno.runtime.scoring import scores_by
    from sereno.runtime.worker import worker_name
    from sereno.site import forecasting, scoring
    from sereno.store.jobs import LEASE

    kinds = (forecasts_by(forecasting.command), scores_by(scoring.command))
    return Nightly(database, kinds, worker_name(), LEASE)


def build_learner(database: Database) -> Learner:
    """Who has what is new learned for recommendations, in processes of their own."""
    from sereno.modules.recommendations.learning import LEASE
    from sereno.runtime.recommending import Learner
    from sereno.runtime.worker import worker_name
    from sereno.site.learning import command

    return Learner(database, command, worker_name(), LEASE)


def build_newsletters(database: Database) -> Newsletters:
    """Who has newsletters sent when they are due, in processes of their own."""
    from sereno.runtime.newsletters.keeping import Newsletters
    from sereno.runtime.worker import worker_name
    from sereno.site.mailing import command

    return Newsletters(database, command, worker_name())


def build_deciders(database: Database) -> Deciders:
    """Who ends comparisons of a checkout's variants by their rule."""
    from sereno.site.deciding import Deciders

    return Deciders(database)


def build_minders(environment: Environment, database: Database) -> list[Minds]:
    """All who have long work done beside the live work, in the order to start them."""
    return [
        build_backtests(database),
        build_readers(environment, database),
        build_forecasts(database),
        build_learner(database),
        build_deciders(database),
        build_newsletters(database),
    ]


def build_inbox(database: Database | None = None) -> Inbox:
    from sereno.ingest.inbox import open_inbox

    return open_inbox(database or default_database())


def find_connector(kind: str) -> Connector:
    """The connector of this kind; the generic one for a kind that has none of its own."""
    connectors = registry().connectors
    found = connectors.get(kind) or connectors.get("generic")
    assert found is not None, "the generic connector is always there"
    return found


def fetch_public(url: str) -> bytes:
    """What stands at a public address. Raises ValueError, HttpFailed, HttpBlocked."""
    from sereno.sdk.ports import HttpRequest

    answer = shop_http({}).send(HttpRequest("GET", url, {}, None))
    if answer.status != 200:
        raise ValueError(f"{url} answered {answer.status}")
    return answer.body


def build_door(*, on_stored: Callable[[], None] | None = None, database: Database | None = None) -> Door:
    from sereno.ingest.door import Door
    from sereno.store.secrets import decrypt
    from sereno.web.wiring import watch_door

    door = Door(build_inbox(database), find_connector, decrypt, on_stored=on_stored, fetch=fetch_public)
    watch_door(door.refusals_of)
    return door


def build_front(door: Door, executor: Executor, database: Database | None = None) -> Front:
    """Door, health and pages as one ASGI application. `executor` asks the database for the watchdogs."""
    from a2wsgi import WSGIMiddleware

    from sereno.ingest.front import Front
    from sereno.ingest.health import Health
    from sereno.site.wsgi import application as pages

    health = Health(database or default_database(), door, is_migrated, executor)
    return Front(door, health, WSGIMiddleware(pages, workers=PAGE_THREADS))  # pyright: ignore[reportArgumentType]


def is_migrated() -> bool:
    """Whether the database has all migrations of this code. Raises when it does not answer."""
    from django.db import connection

    from sereno.store.pending import pending_migrations

    try:
        return not pending_migrations()
    finally:
        connection.close()
