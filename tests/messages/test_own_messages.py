"""A shop's own mail, from the editor's tables to a real server: named by a flow, sent, replaced, missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from messages.mailing import MailServer
from messages.test_through_the_runtime import ORDER, Shop
from sereno.engine.catalog import FlowInvalid
from sereno.engine.durations import format_instant
from sereno.modules.messages import own, templates
from sereno.runtime import services
from sereno.runtime.backtest import backtest
from sereno.runtime.trying import try_flow
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Messages
from sereno.store import scope
from sereno.store.database import Database
from sereno.store.scratch import open_scratch

FLOW = """\
flow: greet
name: Greet
trigger: {event: order.created}
steps:
  - messages.send_email: {template: welcome}
"""


def document(text: str, *, purpose: str = "transactional", languages: tuple[str, ...] = ("es", "en")) -> dict[str, Any]:
    texts = {
        locale: {"subject": f"{text} {locale} {{{{ order_number }}}}", "b1.text": f"**{text}**"} for locale in languages
    }
    return {
        "kind": "email", "purpose": purpose, "about": "order", "languages": list(languages),
        "blocks": [{"id": "b1", "kind": "text"}, {"id": "b2", "kind": "items"}], "texts": texts,
    }  # fmt: skip


def make_shop(database: Database, slug: str) -> int:
    return services.create_shop(slug=slug, name="Other", currency="EUR", timezone="UTC", locale="es", database=database)


def publish(database: Database, shop_id: int, name: str, version: int, held: dict[str, Any]) -> None:
    """As the editor leaves it."""
    text = json.dumps(held).replace("'", "''")
    with database.transaction() as tx:
        if version == 1:
            tx.text(
                "INSERT INTO message_template (shop_id, name, title, kind, purpose, about, draft, revision, position, "
                f"version, created_at, updated_at, updated_by) VALUES ({shop_id}, '{name}', 'Welcome', 'email', "
                f"'{held['purpose']}', 'order', '{text}', 1, 0, 1, 1, 1, 'ana')"
            )
        else:
            tx.text(f"UPDATE message_template SET version = {version} WHERE shop_id = {shop_id} AND name = '{name}'")
        tx.text(
            "INSERT INTO message_version (template_id, number, document, published_at, published_by, note) "
            f"SELECT id, {version}, '{text}', 1, 'ana', '' FROM message_template "
            f"WHERE shop_id = {shop_id} AND name = '{name}'"
        )
    own.library(database).forget()


@pytest.fixture
def open_shop(sqlite_template: Any) -> Iterator[Any]:
    shops: list[Shop] = []

    def start(database: Database, server: MailServer) -> Shop:
        shops.append(Shop(database, server, "order-paid"))
        return shops[-1]

    yield start
    for shop in shops:
        shop.runtime.stop()
        shop.mailer.close()


def test_a_flow_sends_the_shops_own_mail_and_its_newer_version(
    database: Database, server: MailServer, open_shop: Any
) -> None:
    shop = open_shop(database, server)
    with pytest.raises(FlowInvalid, match="welcome"):
        services.save_draft(shop.id, FLOW, database=database)
    publish(database, shop.id, "welcome", 1, document("Hola"))
    services.save_draft(shop.id, FLOW, database=database)
    services.publish(shop.id, "greet", "tester", database=database)
    shop.tell("order.created", "order:1", **ORDER)
    publish(database, shop.id, "welcome", 2, document("Salut"))
    shop.wait(minutes=1)
    shop.tell("order.created", "order:2", **{**ORDER, "id": "2", "number": "#2"})
    first, second = server.mails()
    assert (first["Subject"], second["Subject"]) == ("Hola es #1", "Salut es #2")
    body = first.get_body(("html",))
    assert body is not None and "<strong>Hola</strong>" in body.get_content() and "Taza" in body.get_content()


def test_an_own_mail_of_a_shipped_ones_name_is_sent_in_its_place(
    sqlite: Database, server: MailServer, open_shop: Any
) -> None:
    shop = open_shop(sqlite, server)
    shop.tell("order.paid", "order:1", **ORDER)
    publish(sqlite, shop.id, "order-paid", 1, document("Nuestro"))
    shop.wait(minutes=1)
    shop.tell("order.paid", "order:2", **{**ORDER, "id": "2", "number": "#2"})
    assert server.mails()[0]["Subject"] != server.mails()[1]["Subject"] == "Nuestro es #2"
    found = templates.find("order-paid", "ro", shop=shop.id, fallback="es", database=sqlite)
    assert found is not None and (found.locale, found.version) == ("es", 1)
    assert templates.find("order-paid", "es", shop=shop.id + 1, database=sqlite) is not found
    names = {one.name: one for one in templates.template_names(shop.id, database=sqlite)}
    assert names["order-paid"].is_own and not names["cart-help"].is_own
    assert len(names) == len(templates.names())


def test_marketing_of_the_shops_own_needs_consent(sqlite: Database, server: MailServer, open_shop: Any) -> None:
    shop = open_shop(sqlite, server)
    publish(sqlite, shop.id, "welcome", 1, document("Oferta", purpose="marketing"))
    services.save_draft(shop.id, FLOW, database=sqlite)
    services.publish(shop.id, "greet", "tester", database=sqlite)
    shop.tell("order.created", "order:1", **ORDER)
    assert server.mails() == []
    assert '"consent.missing"' in shop.results()[0][1]


def test_a_mail_that_was_withdrawn_fails_with_its_reason_and_the_flow_lives(
    sqlite: Database, server: MailServer, open_shop: Any
) -> None:
    shop = open_shop(sqlite, server)
    publish(sqlite, shop.id, "welcome", 1, document("Hola"))
    services.save_draft(shop.id, FLOW, database=sqlite)
    services.publish(shop.id, "greet", "tester", database=sqlite)
    with sqlite.transaction() as tx:
        tx.text("UPDATE message_template SET version = NULL")
    own.library(sqlite).forget()
    shop.tell("order.created", "order:1", **ORDER)
    assert [(status, error) for status, _value, error in shop.results()] == [("failed", "template.missing")]


def test_another_shops_mail_cannot_be_named(sqlite: Database, server: MailServer, open_shop: Any) -> None:
    shop = open_shop(sqlite, server)
    publish(sqlite, make_shop(sqlite, "other"), "welcome", 1, document("Hola"))
    with pytest.raises(FlowInvalid, match="welcome"):
        services.save_draft(shop.id, FLOW, database=sqlite)


def test_a_back_test_knows_the_shops_own_mails(sqlite: Database, server: MailServer, open_shop: Any) -> None:
    shop = open_shop(sqlite, server)
    publish(sqlite, shop.id, "welcome", 1, document("Hola"))
    at = format_instant(shop.clock.now())
    event = {"id": "1", "source": "s", "type": "order.created", "subject": "order:1", "occurred_at": at, "data": ORDER}
    facts = ShopFacts(1, "Ñandú", "EUR", "Europe/Madrid", "es", "https://sereno.example")
    with pytest.raises(FlowInvalid):
        backtest([FLOW], [event], shop=facts, plugins=registry())
    with scope.in_shop(shop.id, sqlite, is_given=True):
        report = backtest([FLOW], [event], shop=facts, plugins=registry())
    (effect,) = report["effects"]
    assert (effect["status"], effect["config"]["template"]) == ("shadow", "welcome")


def test_mails_cost_no_query_of_their_own(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop_id = make_shop(sqlite, "one")
    publish(sqlite, shop_id, "welcome", 1, document("Hola"))
    asked: list[str] = []
    peek = sqlite.peek
    monkeypatch.setattr(sqlite, "peek", lambda name, values: (asked.append(name), peek(name, values))[1])
    library = own.library(sqlite)
    for _ in range(1000):
        assert library.find(shop_id, "welcome") is not None
    assert asked == ["messages_changed", "published_messages"]
    library.forget()
    assert library.find(shop_id, "welcome") is not None
    assert asked[2:] == ["messages_changed"]


def test_a_library_goes_with_its_database() -> None:
    from gc import collect

    before = len(own._libraries)
    database = open_scratch()
    assert own.library(database).of_shop(1) == {}
    assert len(own._libraries) == before + 1
    database.close()
    del database
    collect()
    assert len(own._libraries) <= before


def test_trying_a_flow_shows_the_shops_own_mail(sqlite: Database, server: MailServer, open_shop: Any) -> None:
    shop = open_shop(sqlite, server)
    publish(sqlite, shop.id, "welcome", 1, document("Hola"))
    shop.tell("order.created", "order:1", **ORDER)
    with sqlite.read() as tx:
        (event,) = [row[0] for row in tx.text("SELECT id FROM event WHERE type = 'order.created'")]

    def ports(kind: type[Any], facts: ShopFacts) -> object | None:
        return own.ShopMessages(sqlite, shop.id, "es") if kind is Messages else None

    trial = try_flow(shop.id, FLOW, event=event, ports=ports, database=sqlite)
    (effect,) = trial.effects.values()
    assert effect.rehearsed is not None
    assert effect.rehearsed.mails["es"].subject == "Hola es #1"
    assert effect.rehearsed.mails["en"].subject == "Hola en #1"
    assert server.mails() == []
