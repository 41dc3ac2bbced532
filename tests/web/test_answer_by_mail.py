"""One way through: a run asks, the mail goes over SMTP, its link opens the page, the answer moves the run on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from seeding import make_shop, person

from messages.mailing import SERVER, MailServer
from sereno.modules.messages.smtp import SmtpMailer
from sereno.runtime import services
from sereno.runtime.asking import SignedQuestions
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Mailer, Questions
from sereno.store import secrets
from sereno.store.database import default_database
from sereno.store.models import Approval, Run

BASE = "https://desk.example"
FLOW = """\
flow: big-refund
name: Big refund
trigger: {event: order.paid}
steps:
  - approve:
      by: [operator, {by: owner, when: "order.total >= 100"}]
      need: all
      in_order: true
      text: "Refund {{ order.number }}?"
      then: [{stop: refunded}]
      else: [{stop: kept}]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    process = subprocess.Popen([sys.executable, str(SERVER), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield MailServer(tmp_path, int(process.stdout.readline()))
    process.terminate()
    process.wait(120)
    process.stdout.close()


def link_in(mail: Any) -> str:
    found = re.search(rf"{BASE}(/answer/\S+\?answer=yes)", mail.get_body(("plain",)).get_content())
    assert found is not None
    return found.group(1)


def test_from_the_mail_to_the_decision(server: MailServer) -> None:
    shop = make_shop()
    person(shop, "op@example.com", "operator")
    person(shop, "boss@example.com", "owner")
    browser = Client()
    browser.get("/sign-in")  # The pages are wired when they are first asked for.
    mailer = SmtpMailer.from_url(server.url)
    questions = SignedQuestions(default_database(), secrets.newest(), BASE, shop.pk)
    ports = {Mailer: mailer, Questions: questions}
    runtime = Runtime(
        default_database(), registry(), lambda kind, facts: ports.get(kind), worker_name="m", base_url=BASE, threads=2
    )
    try:
        services.save_draft(shop.pk, FLOW)
        services.publish(shop.pk, "big-refund", "tester")
        now = datetime.now(UTC)
        data = {"id": "1", "number": "#1", "total": "250.00", "currency": "EUR"}
        services.insert_events(
            shop.pk, None, "tests", [NewEvent("paid-1", "order.paid", "order:1", now, data, {"order": "1"})]
        )
        runtime.drain()
        first = _asked(server, "op@example.com")

        assert "Refund #1?" in browser.get(first).content.decode()
        assert Approval.objects.get().status == "open"  # Mail programs open links by themselves.
        assert browser.post(first, {"answer": "yes", "note": "fair"}).status_code == 200
        runtime.drain()
        second = _asked(server, "boss@example.com")
        assert browser.post(second, {"answer": "yes"}).status_code == 200
        runtime.drain()
        run = Run.objects.get(flow__name="big-refund")
        assert (run.status, run.reason) == ("stopped", "refunded")
        assert "answered it" in browser.get(second).content.decode()
        assert len(server.mails()) == 2
    finally:
        runtime.stop()
        mailer.close()


def _asked(server: MailServer, address: str) -> str:
    (mail,) = [one for one in server.mails() if one["To"] == address]
    return link_in(mail)
