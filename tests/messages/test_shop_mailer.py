"""By which way a shop's mail goes; what goes by SMTP arrives signed, as another library finds on a real server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import dkim
import pytest

from messages.mailing import MailServer
from sereno.modules.messages.smtp import SmtpMailer
from sereno.runtime import connecting, services
from sereno.runtime.deliverability import domains
from sereno.runtime.stores import permitting
from sereno.sdk.context import ShopFacts
from sereno.sdk.ports import HttpAnswer, HttpRequest, Mail
from sereno.sdk.result import Done, Fail
from sereno.store.database import Database

MAIL = Mail(
    "ana@example.com",
    "¡Tu cesta!",
    "Hola  Ana\n\n.punto",
    "<p>Hola</p>",
    "<abc@nandu.example>",
    {"List-Unsubscribe": "<https://s.example/u>", "X-Sereno-Effect": "run1/0"},
    '"Ñandú" <hola@nandu.example>',
)


def facts(database: Database, **settings: Any) -> ShopFacts:
    id_ = services.create_shop(
        slug="nandu", name="Ñandú", currency="EUR", timezone="Europe/Madrid", locale="es", database=database
    )
    return ShopFacts(id_, "Ñandú", "EUR", "Europe/Madrid", "es", "https://s.example", settings)


def test_a_signed_mail_is_found_good_where_it_arrives(
    database: Database, server: MailServer, mailer: SmtpMailer, secret: None
) -> None:
    from sereno.site.composition import shop_mailer

    shop = facts(database)
    ours = shop_mailer(mailer, shop, database)
    assert ours is not None and isinstance(ours.send(MAIL), Done)
    made = domains.add_domain(shop.id, "nandu.example", "eva", database=database)
    domains.sign_by(shop.id, "nandu.example", "eva", is_on=True, database=database)
    assert isinstance(ours.send(replace(MAIL, message_id="<def@nandu.example>")), Done)
    plain, signed = server.raw()
    assert b"DKIM-Signature" not in plain
    assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: made.record.encode())
    assert made.record_name == f"sereno{made.record_name[6:10]}._domainkey.nandu.example"
    assert isinstance(ours.send(replace(MAIL, sender="x@other.example")), Done)
    assert b"DKIM-Signature" not in server.raw()[-1]


def test_a_connected_provider_takes_the_mail(
    database: Database, server: MailServer, mailer: SmtpMailer, secret: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sereno.site import composition

    asked: list[HttpRequest] = []

    class Http:
        def send(self, request: HttpRequest) -> HttpAnswer:
            asked.append(request)
            return HttpAnswer(200, {}, b'{"MessageID":"pm-1"}')

    monkeypatch.setattr(composition, "shop_http", lambda settings, **_: Http())
    shop = facts(database)
    assert composition.shop_mailer(None, shop, database) is None
    connecting.connect(shop.id, "postmark", "mail", by="eva", secrets=["pw"], database=database)
    given = {"by": "eva", "shop_id": shop.id, "http": Http(), "is_asked": False, "database": database}
    permitting.give_access("mail", {"token": "key"}, **given)  # type: ignore[arg-type]
    ours = composition.shop_mailer(mailer, shop, database)
    assert ours is not None and isinstance(ours.send(MAIL), Done)
    assert json.loads(asked[0].body or b"")["To"] == "ana@example.com" and server.raw() == []
    bad = ours.send(replace(MAIL, headers={"X-Bad": "a\r\nBcc: eve@evil.example"}))
    assert isinstance(bad, Fail) and len(asked) == 1
    by_smtp = composition.shop_mailer(mailer, replace(shop, settings={"mail_by": "smtp"}), database)
    assert by_smtp is not None and isinstance(by_smtp.send(MAIL), Done) and len(server.raw()) == 1


@pytest.fixture
def secret() -> Any:
    from sereno.store import secrets

    before = secrets._keys
    secrets.configure("a key for tests")
    yield
    if before:
        secrets.configure(*before)
