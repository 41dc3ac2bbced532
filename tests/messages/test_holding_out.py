"""Who is held out gets no mail, on a real server; what is transactional reaches everybody: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from messages.mailing import NOW, MailServer
from sereno.commerce.identity import refs_of
from sereno.engine.control import is_in_holdout
from sereno.runtime import services
from sereno.runtime.clock import VirtualClock
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import open_staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Mailer
from sereno.store.database import Database
from sereno.store.documents import decode

FLOW = """\
flow: {name}
trigger: {{event: customer.created}}
{control}steps:
  - messages.send_email: {{subject: "{name}", text: Hello, purpose: {purpose}}}
"""
PEOPLE = [f"p{number}@example.com" for number in range(30)]


class Shop:
    def __init__(self, database: Database, server: MailServer, **settings: Any) -> None:
        from sereno.site.composition import build_ports
        from sereno.site.environment import read

        environment = replace(read(), smtp_url=server.url, base_url="https://sereno.example", secret_key="secret")
        self.database, self.server = database, server
        clock = VirtualClock(NOW)
        open_staff(database).world.clock = clock
        ports = build_ports(environment, database)
        self.mailer: Any = ports(Mailer, ShopFacts(0, "", "EUR", "UTC", "en", ""))
        self.runtime = Runtime(database, registry(), ports, clock, base_url=environment.base_url, threads=2)
        self.id = services.create_shop(
            slug="nandu", name="Ñandú", currency="EUR", timezone="Europe/Madrid", locale="es",
            settings={"sender_email": "hola@nandu.example", **settings}, database=database,
        )  # fmt: skip

    def publish(self, name: str, purpose: str = "marketing", control: str = "") -> None:
        services.save_draft(self.id, FLOW.format(name=name, purpose=purpose, control=control), database=self.database)
        services.publish(self.id, name, "tester", database=self.database)

    def meet(self) -> None:
        """Everybody becomes a customer."""
        events: list[NewEvent] = []
        for email in PEOPLE:
            data = {"id": email, "email": email, "accepts_email": True, "updated_at": NOW.isoformat()}
            subject = f"customer:{email}"
            refs = refs_of("customer.created", subject, data)
            events.append(NewEvent(f"new-{email}", "customer.created", subject, NOW, data, refs))
        services.insert_events(self.id, None, "shop", events, database=self.database)
        self.runtime.world.flows.invalidate()
        self.runtime.drain()

    def written_to(self, subject: str) -> set[str]:
        return {str(mail["To"]) for mail in self.server.mails() if mail["Subject"] == subject}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.read() as tx:
            return tx.text(sql)


@pytest.fixture
def shops(database: Database, server: MailServer, sqlite_template: Any) -> Iterator[Any]:
    opened: list[Shop] = []

    def start(**settings: Any) -> Shop:
        opened.append(Shop(database, server, **settings))
        return opened[-1]

    yield start
    for shop in opened:
        shop.runtime.stop()
        shop.mailer.close()


def test_the_control_group_gets_no_mail_and_everybody_else_does(shops: Any) -> None:
    shop = shops()
    shop.publish("welcome", control="control: {share: 40}\n")
    shop.meet()
    arms = dict(shop.rows("SELECT unit, arm FROM exposure WHERE experiment = 'control'"))
    assert set(arms) == {f"email:{one}" for one in PEOPLE}
    treated = {unit.removeprefix("email:") for unit, arm in arms.items() if arm == "treated"}
    assert 3 < len(treated) < len(PEOPLE) - 3
    assert shop.written_to("welcome") == treated


def test_the_shops_holdout_gets_no_marketing_from_any_flow_but_what_it_must_know(shops: Any) -> None:
    shop = shops(holdout_share=30)
    shop.publish("welcome")
    shop.publish("again")
    shop.publish("receipt", purpose="transactional")
    shop.meet()
    left_out = {one for one in PEOPLE if is_in_holdout(3000, f"email:{one}")}
    assert 3 < len(left_out) < len(PEOPLE) - 3
    # The second may wait for another day by the shop's own caps.
    assert shop.written_to("welcome") | shop.written_to("again") == set(PEOPLE) - left_out
    assert shop.written_to("receipt") == set(PEOPLE)
    # One exposure each, whichever flow would have written first, in the experiment of the whole shop.
    rows = shop.rows("SELECT unit, arm FROM exposure WHERE experiment = 'holdout' AND flow_id = 0")
    assert {unit.removeprefix("email:") for unit, arm in rows if arm == "control"} == left_out
    assert len(rows) == len(PEOPLE)
    results = [decode(row[0]) for row in shop.rows("SELECT result FROM effect WHERE result IS NOT NULL")]
    assert sum(found.get("reason") == "control.shop_holdout" for found in results) == 2 * len(left_out)
    codes = [entry["code"] for (entries,) in shop.rows("SELECT entries FROM run_trace") for entry in decode(entries)]
    assert codes.count("control.held_out") == 0
