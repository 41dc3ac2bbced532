"""A question is mailed to the people it is put to, once each, over the real outbox to a real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from messages.mailing import NOW, MailServer
from sereno.modules.messages.smtp import SmtpMailer
from sereno.runtime import asking, services
from sereno.runtime.asking import Answerer, SignedQuestions, TokenInvalid, make_token, may_answer, read_token, whom
from sereno.runtime.clock import VirtualClock
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import open_staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Mailer, Questions
from sereno.store.database import Database

FLOW = """\
flow: big-gift
name: Big gift
trigger: {event: order.paid}
steps:
  - approve: {by: BY, text: "Put a note into {{ order.number }}?", timeout: 2d, then: [{log: {text: "yes"}}]}
"""
KEY = "a key of the installation"
PEOPLE = (("ana@example.com", "owner"), ("ben@example.com", "operator"), ("cleo@example.com", "operator"))


class Desk:
    """A shop whose flow asks, with people and a mail server."""

    def __init__(self, database: Database, server: MailServer | None, by: str, locale: str = "es") -> None:
        self.database = database
        self.clock = VirtualClock(NOW)
        open_staff(database).world.clock = self.clock
        self.mailer = SmtpMailer.from_url(server.url) if server else None
        self.runtime = Runtime(
            database, registry(), self._port, self.clock, "asker", base_url="https://desk.example", threads=2
        )
        settings = {"sender_email": "hola@casa.example"}
        self.shop = services.create_shop(
            slug="casa", name="Casa Azahar", currency="EUR", timezone="Europe/Madrid", locale=locale, settings=settings,
            database=database,
        )  # fmt: skip
        with database.transaction() as tx:
            for number, (address, role) in enumerate(PEOPLE, start=1):
                add_person(tx, number, address, role, self.shop)
        services.save_draft(self.shop, FLOW.replace("BY", by), database=database)
        services.publish(self.shop, "big-gift", "tester", database=database)

    def _port(self, kind: type[Any], shop: Any) -> object | None:
        if kind is Mailer:
            return self.mailer
        return SignedQuestions(self.database, KEY, "https://desk.example", shop.id) if kind is Questions else None

    def ask(self, number: str = "1") -> None:
        data = {"id": number, "number": f"#{number}", "total": "250.00", "currency": "EUR"}
        event = NewEvent(f"paid-{number}", "order.paid", f"order:{number}", self.clock.now(), data, {"order": number})
        services.insert_events(self.shop, None, "tests", [event], database=self.database)
        self.drain()

    def drain(self) -> None:
        self.runtime.world.flows.invalidate()
        self.runtime.drain()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.read() as tx:
            return tx.text(sql)


def add_person(tx: Any, number: int, address: str, role: str, shop: int) -> None:
    tx.text(
        "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,"
        f" is_active, date_joined) VALUES ({number + 900}, '', FALSE, '{address}', '', '', '{address}', FALSE, TRUE,"
        " '2026-01-01')"
        " ON CONFLICT DO NOTHING"
    )
    tx.text(f"INSERT INTO membership (user_id, shop_id, role) VALUES ({number + 900}, {shop}, '{role}')")


@pytest.fixture
def desks(server: MailServer) -> Iterator[Any]:
    made: list[Desk] = []

    def make(database: Database, by: str, *, mail: bool = True, locale: str = "es") -> Desk:
        made.append(Desk(database, server if mail else None, by, locale))
        return made[-1]

    yield make
    for desk in made:
        desk.runtime.stop()
        if desk.mailer:
            desk.mailer.close()


def test_everybody_of_the_role_gets_one_mail_with_links_of_their_own(
    database: Database, server: MailServer, desks: Any
) -> None:
    desk = desks(database, "operator", locale="en")
    desk.ask()
    desk.drain()
    mails = server.mails()
    assert sorted(mail["To"] for mail in mails) == ["ben@example.com", "cleo@example.com"]
    assert len({mail["Message-ID"] for mail in mails}) == 2
    for mail in mails:
        assert mail["Subject"] == "[Casa Azahar] Put a note into #1?"
        text = mail.get_body(("plain",)).get_content()
        html = mail.get_body(("html",)).get_content()
        assert "#1, 250.00 EUR" in text and "Flow: Big gift" in text and "24 November, 10:00" in text
        links = re.findall(r"https://desk\.example/answer/(\S+)\?answer=(yes|no)", text)
        assert [answer for _token, answer in links] == ["yes", "no"]
        assert all(f"/answer/{token}?answer={answer}" in html for token, answer in links)
        (approval,) = desk.rows("SELECT id FROM approval")
        assert read_token(KEY, links[0][0]) == Answerer(desk.shop, approval[0], mail["To"])
    assert desk.rows("SELECT action, status FROM effect ORDER BY id")[:2] == [("alerts.ask", "done")] * 2


def test_the_mail_is_in_the_shops_language(sqlite: Database, server: MailServer, desks: Any) -> None:
    desks(sqlite, "owner").ask()
    (mail,) = server.mails()
    assert mail["To"] == "ana@example.com"
    assert '<html lang="es">' in mail.get_body(("html",)).get_content()


def test_a_busy_server_is_waited_for_and_the_mail_goes_once(sqlite: Database, server: MailServer, desks: Any) -> None:
    desk = desks(sqlite, "owner")
    server.answer(data="451 4.3.0 later")
    desk.ask()
    assert server.mails() == []
    server.answer()
    desk.clock.move_to(NOW + timedelta(minutes=1))
    desk.drain()
    desk.drain()
    assert len(server.mails()) == 1


def test_a_question_answered_meanwhile_is_not_mailed(sqlite: Database, server: MailServer, desks: Any) -> None:
    desk = desks(sqlite, "owner")
    server.answer(data="451 4.3.0 later")
    desk.ask()
    ((approval,),) = desk.rows("SELECT id FROM approval")
    services.decide_approval(approval, True, "ana@example.com", database=sqlite)
    server.answer()
    desk.clock.move_to(NOW + timedelta(minutes=1))
    desk.drain()
    assert server.mails() == []
    ((status, result),) = desk.rows("SELECT status, result FROM effect WHERE action = 'alerts.ask'")
    assert status == "done" and "question.answered" in result


def test_without_a_mail_server_nobody_is_bothered(sqlite: Database, server: MailServer, desks: Any) -> None:
    desk = desks(sqlite, "owner", mail=False)
    desk.ask()
    assert desk.rows("SELECT status FROM effect WHERE action = 'alerts.ask'") == [("done",)]
    assert desk.rows("SELECT status FROM approval") == [("open",)]


def test_in_shadow_the_mail_is_recorded_and_not_sent(sqlite: Database, server: MailServer, desks: Any) -> None:
    desk = desks(sqlite, "owner")
    services.set_status(desk.shop, "big-gift", "shadow", "tester", database=sqlite)
    desk.ask()
    assert server.mails() == []
    assert desk.rows("SELECT status FROM effect WHERE action = 'alerts.ask'") == [("shadow",)]


def test_no_flow_can_name_the_action() -> None:
    assert asking.ACTION not in registry().action_names()
    assert registry().action(asking.ACTION) is None
    assert registry().actions.get(asking.ACTION) is not None


@pytest.mark.parametrize(
    ("by", "addresses"),
    [
        ("owner", ["o@x"]),
        ("operator", ["p@x", "q@x"]),
        ("marketer", ["o@x"]),
        ("the boss", ["o@x"]),
        ("Boss@X.example", ["boss@x.example"]),
    ],
)
def test_whom_a_question_is_put_to(by: str, addresses: list[str]) -> None:
    people = [("owner", "o@x"), ("operator", "p@x"), ("operator", "q@x"), ("viewer", "v@x"), ("operator", "no address")]
    assert whom(by, people) == addresses


@pytest.mark.parametrize(
    ("by", "role", "address", "may"),
    [
        ("owner", "owner", "o@x", True),
        ("operator", "owner", "o@x", True),
        ("operator", "operator", "p@x", True),
        ("owner", "operator", "p@x", False),
        ("owner", "viewer", "v@x", False),
        ("owner", None, "o@x", False),
        ("a@x", None, "A@x", True),
        ("a@x", "support", "s@x", False),
        ("a@x", "viewer", "a@x", True),
        ("the boss", "support", "s@x", True),
        ("the boss", None, "s@x", False),
    ],
)
def test_who_may_answer(by: str, role: str | None, address: str, may: bool) -> None:
    assert may_answer(by, role, address) is may


def test_a_token_is_of_one_installation_and_whole() -> None:
    token = make_token(KEY, Answerer(1, 2, "a@x"))
    assert read_token(KEY, token) == Answerer(1, 2, "a@x")
    for wrong in (token[:-3], token + "x", "", "é", token.swapcase()):
        with pytest.raises(TokenInvalid):
            read_token(KEY, wrong)
    with pytest.raises(TokenInvalid):
        read_token("another key", token)
