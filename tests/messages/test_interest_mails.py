"""From a shelf that fills again to the mails of those who waited, through the runtime and a mail server; and no mail
about what is gone by the time it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from messages.mailing import MailServer
from messages.test_through_the_runtime import Shop
from sereno.runtime.interests import asking
from sereno.store.database import Database


def stock(shop: Shop, available: int) -> None:
    shop.wait(minutes=1)
    shop.tell("stock.changed", "stock:v1", variant_id="v1", product_id="p1", sku="T", available=available)


@pytest.fixture
def shop(sqlite_template: Any, sqlite: Database, server: MailServer) -> Iterator[Shop]:
    shop = Shop(sqlite, server, "back-in-stock", recovery_code="VUELVE", recovery_percent="5")
    variants = [{"variant_id": "v1", "product_id": "p1", "sku": "T", "price": "18.00"}]
    page = {"url": "https://nandu.example/taza", "image_url": "https://nandu.example/taza.jpg"}
    shop.tell("product.updated", "product:p1", id="p1", title="Taza azul", variants=variants, status="active", **page)
    stock(shop, 0)
    yield shop
    shop.runtime.stop()
    shop.mailer.close()


def wait(shop: Shop, who: str, **more: Any) -> None:
    given = {"what": "wait", "product": "p1", "variant": "v1", "email": f"{who}@example.com", "locale": "es", **more}
    assert asking.say(shop.id, asking.said_of(given), database=shop.database) == "kept"
    shop.drain()


def test_who_waits_gets_the_mail_with_what_is_there_now(shop: Shop, server: MailServer) -> None:
    for who in ("ana", "eva"):
        wait(shop, who)
    stock(shop, 1)
    (mail,) = server.mails()
    assert mail["To"] == "ana@example.com", "one piece, one mail: first come, first told"
    assert "Taza azul" in mail["Subject"] and "List-Unsubscribe" not in mail, "it was asked for"
    text = mail.get_body(("plain",)).get_content()
    assert "18,00" in text and "https://nandu.example/taza" in text
    assert "has hecho un pedido" not in text and "se pidió a" in text, "who waits has ordered nothing"
    shop.wait(hours=25)
    assert [one["To"] for one in server.mails()] == ["ana@example.com", "eva@example.com"]


def test_a_thing_that_went_meanwhile_is_not_written_about(shop: Shop, server: MailServer) -> None:
    wait(shop, "ana")
    shop.tell("customer.created", "customer:7", id="7", email="ana@example.com", accepts_email=True)
    stock(shop, 9)
    shop.wait(hours=25)
    assert len(server.mails()) == 2 and "VUELVE" in server.mails()[1].get_body(("plain",)).get_content()
    stock(shop, 0)
    shop.wait(days=6)
    assert len(server.mails()) == 2
