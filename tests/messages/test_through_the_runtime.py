"""From a cart in the inbox to five mails on a real server, through the runtime and the live ports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from messages.mailing import NOW, MailServer
from sereno.commerce.identity import refs_of
from sereno.runtime import services
from sereno.runtime.clock import VirtualClock
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import open_staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Mailer
from sereno.sdk.templates import shipped_flow
from sereno.store.database import Database


class Shop:
    """A shop with one shipped flow, on a clock that the test moves."""

    def __init__(self, database: Database, server: MailServer, flow: str, **settings: Any) -> None:
        from sereno.site.composition import build_ports
        from sereno.site.environment import read

        environment = replace(read(), smtp_url=server.url, base_url="https://sereno.example", secret_key="secret")
        self.database = database
        self.clock = VirtualClock(NOW)
        open_staff(database).world.clock = self.clock
        ports = build_ports(environment, database)
        facts = ShopFacts(0, "", "EUR", "UTC", "en", "")
        self.mailer: Any = ports(Mailer, facts)
        self.runtime = Runtime(database, registry(), ports, self.clock, base_url=environment.base_url, threads=2)
        self.id = services.create_shop(
            slug="nandu",
            name="Cerámica Ñandú",
            currency="EUR",
            timezone="Europe/Madrid",
            locale="es",
            settings={"sender_email": "hola@nandu.example", **settings},
            database=database,
        )
        shipped = shipped_flow(flow)
        assert shipped is not None
        services.save_draft(self.id, shipped.text, database=database)
        services.publish(self.id, flow, "tester", database=database)

    def tell(self, type: str, subject: str, *, days_ago: float = 0, **data: Any) -> None:
        at = self.clock.now() - timedelta(days=days_ago)
        data = {"updated_at": at.isoformat(), **data}
        event = NewEvent(f"{type}|{at.isoformat()}", type, subject, at, data, refs_of(type, subject, data))
        services.insert_events(self.id, None, "shop", [event], database=self.database)
        self.drain()

    def wait(self, **length: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**length))
        self.drain()

    def drain(self) -> None:
        self.runtime.world.flows.invalidate()
        self.runtime.drain()

    def skips(self, flow: str) -> list[tuple[str, str]]:
        with self.database.read() as tx:
            sql = "SELECT reason, details, name FROM skip JOIN flow ON flow.id = skip.flow_id ORDER BY skip.id"
            return [(reason, details) for reason, details, name in tx.text(sql) if name == flow]

    def results(self) -> list[tuple[str, str, str]]:
        with self.database.read() as tx:
            sql = "SELECT status, result, error FROM effect WHERE action = 'messages.send_email' ORDER BY id"
            return [(row[0], row[1] or "", row[2] or "") for row in tx.text(sql)]


Open = Callable[..., Shop]


@pytest.fixture
def open_shop(sqlite_template: Any) -> Iterator[Open]:
    """`sqlite_template` is made with everything set up and every plugin loaded."""
    shops: list[Shop] = []

    def start(database: Database, server: MailServer, flow: str, **settings: Any) -> Shop:
        shops.append(Shop(database, server, flow, **settings))
        return shops[-1]

    yield start
    for shop in shops:
        shop.runtime.stop()
        shop.mailer.close()


LINES = [
    {"variant_id": "v1", "product_id": "p1", "title": "Taza", "quantity": 1, "price": "14.90", "total": "14.90"},
    {"variant_id": "v2", "product_id": "p1", "title": "Plato", "quantity": 1, "price": "18.00", "total": "18.00"},
]


def fill(shop: Shop) -> None:
    shop.tell("customer.created", "customer:7", id="7", email="ana@example.com", first_name="Ana", accepts_email=True)
    shop.tell(
        "product.updated",
        "product:p1",
        id="p1",
        title="Vajilla",
        url="https://nandu.example/p1",
        variants=[
            {"variant_id": "v1", "sku": "TZ", "price": "12.90", "available": 4, "is_tracked": True},
            {"variant_id": "v2", "sku": "PL", "price": "18.00", "available": 9, "is_tracked": True},
        ],
    )
    shop.tell(
        "cart.updated",
        "cart:c1",
        id="c1",
        customer_id="7",
        email="ana@example.com",
        currency="EUR",
        total="32.90",
        item_count=2,
        lines=LINES,
    )


def test_five_mails_with_todays_price_and_stock(database: Database, server: MailServer, open_shop: Open) -> None:
    shop = open_shop(database, server, "cart-recovery")
    fill(shop)
    shop.wait(hours=1)
    shop.wait(hours=3)
    (first,) = server.mails()
    text = first.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert first["Subject"] == "Ana, tu carrito sigue aquí"
    assert "1 × Taza: 12,90\xa0€ - Solo quedan 4" in text
    assert "1 × Plato: 18,00\xa0€" in text
    shop.tell("stock.changed", "variant:v2", variant_id="v2", sku="PL", available=0)
    shop.wait(hours=21)
    second = server.mails()[1]
    assert "Ya no disponible: Plato" in second.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for days in (1, 2, 2):
        shop.wait(days=days)
    mails = server.mails()
    assert len(mails) == 5
    assert len({mail["Message-ID"] for mail in mails}) == 5
    assert all(mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" for mail in mails)
    assert [status for status, _result, _error in shop.results()] == ["done"] * 5


def test_unsubscribing_stops_what_is_still_to_come(database: Database, server: MailServer, open_shop: Open) -> None:
    shop = open_shop(database, server, "cart-recovery")
    fill(shop)
    shop.wait(hours=1)
    shop.wait(hours=3)
    with database.transaction() as tx:
        ledger = (shop.id, "ana@example.com", "email", "marketing", False, 1, "unsubscribe", "{}", "u1")
        tx.many("add_consents", [ledger])
    shop.wait(hours=21)
    assert len(server.mails()) == 1
    status, result, _error = shop.results()[1]
    assert status == "done"
    assert '"consent.refused"' in result


def test_a_busy_server_is_waited_for_and_the_mail_goes_once(
    sqlite: Database, server: MailServer, open_shop: Open
) -> None:
    shop = open_shop(sqlite, server, "order-confirmation")
    server.answer(data="451 4.3.0 later")
    order = {"id": "1", "number": "#1", "email": "ana@example.com", "currency": "EUR", "total": "5.00", "lines": LINES}
    shop.tell("order.created", "order:1", **order)
    assert server.mails() == []
    server.answer(data="421 4.7.0 too busy")
    shop.wait(minutes=1)
    assert shop.results()[0][0] == "pending"
    server.answer()
    shop.wait(minutes=5)
    assert len(server.mails()) == 1
    assert shop.results()[0][0] == "done"


def test_a_refused_address_is_on_the_attention_list_until_it_is_replayed(
    sqlite: Database, server: MailServer, open_shop: Open
) -> None:
    shop = open_shop(sqlite, server, "order-confirmation")
    server.answer(rcpt={"ana@example.com": "550 5.7.1 not from you"})
    order = {"id": "1", "number": "#1", "email": "ana@example.com", "currency": "EUR", "total": "5.00", "lines": LINES}
    shop.tell("order.created", "order:1", **order)
    assert [(status, error) for status, _result, error in shop.results()] == [("failed", "recipient.refused")]
    server.answer()
    with sqlite.read() as tx:
        ids = [row[0] for row in tx.text("SELECT id FROM effect")]
    assert services.replay_effects(ids, "tester", database=sqlite) == 1
    shop.drain()
    assert len(server.mails()) == 1


def suppressed(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as tx:
        return [tuple(row) for row in tx.text("SELECT address, channel, reason FROM suppression")]  # type: ignore[misc]


def test_an_address_that_is_not_there_is_never_written_to_again(
    database: Database, server: MailServer, open_shop: Open
) -> None:
    shop = open_shop(database, server, "order-confirmation")
    server.answer(rcpt={"Ana@example.com": "550 5.1.1 no such user"})
    shop.tell("order.created", "order:1", **{**ORDER, "email": "Ana@example.com"})
    server.answer()
    shop.wait(minutes=1)
    shop.tell("order.created", "order:2", **{**ORDER, "id": "2"})
    first, second = shop.results()
    assert (first[0], first[2]) == ("failed", "recipient.unknown")
    assert suppressed(database) == [("ana@example.com", "email", "bounce.permanent")]
    assert second[0] == "done"
    assert '"address.suppressed"' in second[1]
    assert server.mails() == []


@pytest.mark.parametrize(
    ("said", "error"),
    [("550 no", "recipient.refused"), ("550 5.1.8 your domain", "recipient.refused"), ("450 4.1.1 later", "")],
)
def test_other_refusals_suppress_nobody(
    sqlite: Database, server: MailServer, open_shop: Open, said: str, error: str
) -> None:
    shop = open_shop(sqlite, server, "order-confirmation")
    server.answer(rcpt={"ana@example.com": said})
    shop.tell("order.created", "order:1", **ORDER)
    ((status, _result, reason),) = shop.results()
    assert (status, reason) == (("failed", error) if error else ("pending", "smtp.deferred"))
    assert suppressed(sqlite) == []


ORDER = {"id": "1", "number": "#1", "email": "ana@example.com", "currency": "EUR", "total": "5.00", "lines": LINES}
NOTICES = [
    ("order-confirmation", "order.created", {}),
    ("order-paid", "order.paid", {}),
    ("order-shipped", "shipment.shipped", {"order_id": "1"}),
    ("order-out-for-delivery", "shipment.out_for_delivery", {"order_id": "1"}),
    ("order-delivered", "order.delivered", {}),
    ("order-cancelled", "order.cancelled", {}),
    ("order-refunded", "order.refunded", {"total_refunded": "5.00"}),
]


@pytest.mark.parametrize(("flow", "type", "changes"), NOTICES)
def test_history_brought_in_is_not_mailed(
    sqlite: Database, server: MailServer, open_shop: Open, flow: str, type: str, changes: dict[str, Any]
) -> None:
    shop = open_shop(sqlite, server, flow)
    if flow != "order-confirmation":
        shop.tell("order.created", "order:1", days_ago=40, **ORDER)
    shop.tell(type, "order:1", days_ago=3.1, **ORDER, **changes)
    assert server.mails() == []
    ((reason, details),) = shop.skips(flow)
    assert reason == "when_false"
    values = json.loads(details)["values"]
    assert values["event.occurred_at"] == "2026-11-19T06:36:00Z"
    assert values["now"] == "2026-11-22T09:00:00Z"
    shop.tell(type, "order:1", days_ago=2.9, **ORDER, **changes)
    assert len(server.mails()) == 1


def test_an_old_order_told_of_today_is_not_confirmed(sqlite: Database, server: MailServer, open_shop: Open) -> None:
    shop = open_shop(sqlite, server, "order-confirmation")
    shop.tell("order.created", "order:1", placed_at=(NOW - timedelta(days=4)).isoformat(), **ORDER)
    assert server.mails() == []
    assert [reason for reason, _details in shop.skips("order-confirmation")] == ["when_false"]


@pytest.mark.parametrize(("days_ago", "number"), [(6, 1), (8, 0)])
def test_old_carts_brought_in_are_let_be(
    sqlite: Database, server: MailServer, open_shop: Open, days_ago: float, number: int
) -> None:
    shop = open_shop(sqlite, server, "cart-recovery")
    shop.tell("customer.created", "customer:7", id="7", email="ana@example.com", accepts_email=True)
    cart = {**ORDER, "id": "c1", "customer_id": "7", "item_count": 2}
    shop.tell("cart.updated", "cart:c1", days_ago=days_ago, **cart)
    shop.wait(hours=1)
    shop.wait(hours=3)
    assert len(server.mails()) == number
    assert [reason for reason, _details in shop.skips("cart-recovery")] == ([] if number else ["when_false"])
