"""The lifecycle's mails on a real server: what they need, what they show, and a farewell that is one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from messages.mailing import CUSTOMER, MailServer, make_context
from messages.matter import full_context
from messages.test_through_the_runtime import Open, open_shop
from sereno.modules.messages.actions import EmailConfig, send_email
from sereno.modules.messages.smtp import SmtpMailer
from sereno.modules.messages.unsubscribe import read_token
from sereno.runtime.consenting import renew
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done
from sereno.store.database import Database

__all__ = ["open_shop"]
PERSON = {"id": "7", "email": "ana@example.com", "first_name": "Ana", "accepts_email": True}
REVIEWS = [{"text": "La taza ha sobrevivido a dos mudanzas.", "author": "Eva", "product_id": "p9", "rating": 5}]


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def send(mailer: SmtpMailer, template: str, vars: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    context = replace(make_context(mailer, records={"customer": CUSTOMER}, settings=settings), vars=vars or {})
    outcome = send_email(EmailConfig(template=template), context)
    assert isinstance(outcome, Done)
    return dict(outcome.value)


@pytest.mark.parametrize(
    ("template", "reason", "settings"),
    [
        ("welcome-code", "offer.none", {"recovery_code": "HOLA10"}),
        ("inactive-incentive", "offer.none", {"recovery_code": "HOLA10"}),
        ("inactive-last-offer", "offer.none", {"recovery_code": "HOLA10"}),
        ("birthday-reminder", "offer.none", {"recovery_code": "HOLA10"}),
        ("welcome-reviews", "reviews.none", {"reviews": REVIEWS}),
    ],
)
def test_a_mail_is_skipped_that_lacks_its_matter(
    server: MailServer, mailer: SmtpMailer, template: str, reason: str, settings: dict[str, Any]
) -> None:
    skipped = send(mailer, template)
    assert (skipped["sent"], skipped["reason"]) == (False, reason)
    assert server.mails() == []
    assert send(mailer, template, **settings)["sent"] is True
    (mail,) = server.mails()
    assert ("HOLA10" in plain(mail)) == ("recovery_code" in settings)
    assert ("dos mudanzas" in plain(mail)) == ("reviews" in settings)


def test_the_code_of_the_run_stands_before_the_shops(server: MailServer, mailer: SmtpMailer) -> None:
    gift = {
        "is_issued": True,
        "code": "DAY-7KQ",
        "percent": 15,
        "issued_at": "2026-11-22T08:00:00Z",
        "expires_at": "2026-12-13T08:00:00Z",
    }
    send(mailer, "birthday-wishes", {"gift": gift}, recovery_code="HOLA10")
    send(mailer, "birthday-wishes")
    with_code, without = server.mails()
    assert with_code["Subject"] == "Feliz cumpleaños, Ana"
    assert "DAY-7KQ" in plain(with_code) and "15 % menos" in plain(with_code) and "13 de diciembre" in plain(with_code)
    assert "HOLA10" not in plain(with_code)
    assert "código" not in plain(without) and "te desea un buen día" in plain(without)


WORTH = {"en": "€5.00 off", "es": "5,00 € menos", "pt": "Menos 5,00 €", "ro": "Reducere de 5,00 EUR"}
FROM = {"en": "from €30.00", "es": "desde 30,00 €", "pt": "a partir de 30,00 €", "ro": "de la 30,00 EUR"}
OFFERS = (
    "birthday-reminder", "birthday-wishes", "cart-incentive", "cart-last-chance", "inactive-incentive",
    "inactive-last-offer", "lead-thanks", "picks-incentive", "restock-incentive", "vip-thanks", "welcome-code",
    "welcome-invitation",
)  # fmt: skip


@pytest.mark.parametrize("locale", WORTH)
def test_a_code_says_what_it_is_worth_and_only_the_day_it_has(locale: str) -> None:
    """An amount off from an order of 30 on, for good: no mail promises free shipping, a percentage or a last day."""
    gift = {"is_issued": True, "code": "ANA-7KQ", "kind": "amount", "amount": "5.00", "currency": "EUR"}
    mails: list[Mail] = []

    class Kept:
        def send(self, mail: Mail) -> Done:
            mails.append(mail)
            return Done({})

    for name in OFFERS:
        context = full_context(Kept(), name, locale=locale)
        issued = {**gift, "minimum": "30.00", "issued_at": "2026-11-22T08:00:00Z", "expires_at": None}
        standing = replace(context.shop, settings={**context.shop.settings, "recovery_code": "VUELVE"})
        own = replace(context, vars={**context.vars, "gift": issued})
        for found in (own, replace(context, vars={**context.vars, "gift": None}, shop=standing)):
            assert isinstance(send_email(EmailConfig(template=name, to="ana@example.com"), found), Done)
        theirs, everybodys = mails[-2:]
        assert "ANA-7KQ" in theirs.text and "VUELVE" in everybodys.text, name
        for body in (theirs.text, str(theirs.html)):
            assert WORTH[locale] in body.replace("\xa0", " ") and FROM[locale] in body.replace("\xa0", " "), name
        for mail in (theirs, everybodys):
            assert not re.search(r"\b(until|hasta el|até|pe|on|em) ?[.:,]|%|2026", mail.subject + mail.text), (
                name,
                mail,
            )
        for words in ("shipping", "envío", "envio", "Livrare", "livrare"):
            assert words not in theirs.subject + theirs.text.split("-- ")[0], (name, words)
        for words in ("yours alone", "solo tuyo", "só seu", "doar al tău"):
            assert words not in everybodys.text, (name, words)


def test_the_shops_own_words_are_only_in_its_own_language(server: MailServer, mailer: SmtpMailer) -> None:
    story = {"story": "Hacemos vajilla a mano en Murcia.", "story_pt": "Fazemos loiça à mão em Múrcia."}
    for locale in ("es", "pt", "en"):
        context = make_context(mailer, records={"customer": {**CUSTOMER, "locale": locale}}, settings=story)
        send_email(EmailConfig(template="welcome-thanks"), context)
    spanish, portuguese, english = (plain(mail) for mail in server.mails())
    assert "Hacemos vajilla" in spanish and "Fazemos loiça" in portuguese
    assert "Hacemos" not in english and "Fazemos" not in english


def link(mail: EmailMessage, page: str) -> str:
    found = re.search(rf"https://sereno\.example/{page}/(\S+)", plain(mail))
    assert found is not None, plain(mail)
    return found.group(1)


def lines(shop: Any) -> list[tuple[bool, str, dict[str, Any]]]:
    with shop.database.read() as tx:
        rows = tx.text("SELECT granted, source, proof FROM consent ORDER BY id")
    return [(bool(row[0]), row[1], json.loads(row[2])) for row in rows]


def test_a_farewell_is_one_until_they_come_back(database: Database, server: MailServer, open_shop: Open) -> None:
    shop = open_shop(database, server, "farewell", track_clicks="off", track_opens="off")
    shop.tell("customer.created", "customer:7", **PERSON, created_at=shop.clock.now().isoformat())
    for days in (181, 11, 8):
        shop.wait(days=days)
    question, chance, goodbye = server.mails()
    assert [question["Subject"], chance["Subject"]] == [
        "Ana, ¿seguimos escribiéndote?",
        "Dentro de una semana dejamos de escribirte",
    ]
    assert "ya no estás en la lista" in plain(goodbye)
    ((granted, source, proof),) = lines(shop)
    assert (granted, source) == (False, "farewell")
    assert proof["reason"].startswith("Sin señales desde 2026-11-22; se le preguntó el 2027-05-22")
    assert "/" in proof["effect"]
    # Nothing of marketing goes any more, from whatever flow, and what was said stays said.
    shop.tell("customer.updated", "customer:7", **PERSON)
    shop.wait(days=400)
    assert len(server.mails()) == 3
    who = read_token("secret", link(goodbye, "keep"))
    renew(shop.id, who.address, who.channel, who.effect, {"by": "page"}, database=database)
    shop.drain()
    assert [line[:2] for line in lines(shop)] == [(False, "farewell"), (True, "keep")]
    with database.read() as tx:
        ((accepts, data),) = tx.text("SELECT accepts_email, data FROM customers_customer")
    assert bool(accepts) is True and json.loads(data)["last_seen_on"] == shop.clock.now().date().isoformat()


def test_a_press_on_the_page_keeps_and_is_thanked_for(database: Database, server: MailServer, open_shop: Open) -> None:
    shop = open_shop(database, server, "farewell", track_clicks="off", track_opens="off")
    shop.tell("customer.created", "customer:7", **PERSON, created_at=shop.clock.now().isoformat())
    shop.wait(days=181)
    (question,) = server.mails()
    shop.wait(days=3)
    who = read_token("secret", link(question, "keep"))
    for _press in range(2):
        renew(shop.id, who.address, who.channel, who.effect, {"by": "page"}, database=database)
        shop.drain()
    shop.wait(days=30)
    assert [mail["Subject"] for mail in server.mails()][1:] == ["Qué bien que te quedes, Ana"]
    # A yes was there before: it is a line of its own even so, once a day.
    assert [(granted, source) for granted, source, _proof in lines(shop)] == [(True, "keep")]


def test_nobody_is_taken_off_who_could_not_be_asked(database: Database, server: MailServer, open_shop: Open) -> None:
    shop = open_shop(database, server, "farewell")
    shop.tell("customer.created", "customer:7", **PERSON, created_at=shop.clock.now().isoformat())
    with database.transaction() as tx:
        tx.many("suppress", [(shop.id, "ana@example.com", "email", "bounce.permanent", 0)])
    for days in (181, 11, 8):
        shop.wait(days=days)
    assert server.mails() == [] and lines(shop) == []
