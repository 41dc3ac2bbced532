"""What became of messages: pages, rows, file, API and command line say the same; nothing is worse for being large."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from plans import is_query, scanned, statements
from seeding import person

from sereno.modules.insights.models import OrderCredit, SentMessage
from sereno.runtime import services
from sereno.runtime.results.counting import Spot, Sums
from sereno.store.database import default_database
from sereno.store.keys import issue
from sereno.store.models import Flow, Shop

FLOW = """\
flow: recover
name: Win carts back
trigger: {event: checkout.abandoned}
steps:
  - messages.send_email: {subject: Your cart, text: Hi, purpose: marketing}
  - wait: 1d
  - messages.send_email: {subject: Still there, text: Hi, purpose: marketing}
"""
NOW = datetime.now(UTC)
TODAY = int(NOW.timestamp()) // 86400
MOST_QUERIES = 15


@pytest.fixture
def flow(shop: Shop) -> Flow:
    services.save_draft(shop.pk, FLOW)
    services.publish(shop.pk, "recover", "ana")
    return Flow.objects.get(name="recover")


@pytest.fixture
def owner(shop: Shop) -> User:
    return person(shop, "ana@example.com", "owner")


@pytest.fixture
def client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def tally(flow: Flow, step: str, ago: int, locale: str = "es", currency: str = "", **counts: int) -> None:
    sums = Sums()
    for what, number in counts.items():
        sums.add(Spot(flow.shop_id, TODAY - ago, "flow", flow.pk, step, locale=locale), what, number, currency)
    with default_database().transaction() as tx:
        sums.write(tx, "tests")


def message(flow: Flow, number: int, step: str = "0", **more: Any) -> None:
    at = {"source": "flow", "source_id": flow.pk, "step": step, "variant": "", "channel": "email", "locale": "es"}
    given = {"purpose": "marketing", "person": f"c{number}", "address": f"p{number}@example.com", "segments": 1}
    SentMessage.objects.create(shop_id=flow.shop_id, key=f"k{number}", day=TODAY, sent_at=NOW, **at, **given, **more)


@pytest.fixture
def counted(flow: Flow) -> Flow:
    tally(flow, "0", 1, sent=1000, delivered=990, opened=400, machine=100, clicked=50, unsubscribed=2)
    tally(flow, "0", 1, locale="en", sent=100, opened=10)
    tally(flow, "2", 2, sent=500, opened=100, bounced=5)
    tally(flow, "0", 1, currency="EUR", orders=20, revenue=100000, known=20, margin=30000)
    tally(flow, "0", 40, sent=800, opened=300)
    return flow


def test_a_flow_is_told_by_step_day_and_language(client: Client, counted: Flow) -> None:
    page = client.get("/results/messages?flow=recover").content.decode()
    assert "1,600" in page and "800 before" in page
    assert "510" in page and "100 by machines alone" in page
    assert "€1,000.00" in page and "€300.00" in page, "revenue, and profit where every cost is known"
    assert "Each message" in page and "Each language" in page and "Español" in page
    assert "Each channel" not in page, "there was only one"
    step = client.get("/results/messages?flow=recover&step=2").content.decode()
    assert "1,600" not in step and ">500<" in step
    nothing = client.get("/results/messages?flow=recover&days=7&step=9").content.decode()
    assert "Nothing was sent in these days" in nothing
    assert client.get("/results/messages?flow=nobody").status_code == 404
    assert client.get("/results/messages?newsletter=1").status_code == 404
    assert client.get("/results/messages").headers["Location"] == "/results"


def test_no_page_scans_a_table_or_asks_often(client: Client, counted: Flow) -> None:
    message(counted, 1, opened_at=NOW)
    pages = ["/results", "/results/messages?flow=recover"]
    pages += [f"/results/rows?flow=recover&what={what}" for what in ("sent", "opened", "orders")]
    for page in pages:
        client.get(page)
        with statements() as found:
            assert client.get(page).status_code == 200
        queries = [one for one in found if is_query(one)]
        assert len(queries) <= MOST_QUERIES, (page, queries)
        assert [table for one in queries for table in scanned(one)] == [], page


def test_the_overview_says_what_is_credit_and_what_was_measured(client: Client, counted: Flow) -> None:
    page = client.get("/results").content.decode()
    assert "Win carts back" in page and "not measured" in page
    assert "each order counts once" in page


def test_every_number_leads_to_its_rows(client: Client, counted: Flow) -> None:
    message(counted, 1, opened_at=NOW, clicked_at=NOW)
    message(counted, 2, step="2", opened_at=NOW, trouble="complained")
    message(counted, 3)
    asked = "/results/rows?flow=recover"
    shown = {
        what: [f"p{number}@" in client.get(f"{asked}&what={what}").content.decode() for number in (1, 2, 3)]
        for what in ("sent", "opened", "clicked", "trouble")
    }
    assert shown == {
        "sent": [True, True, True],
        "opened": [True, True, False],
        "clicked": [True, False, False],
        "trouble": [False, True, False],
    }
    assert "p1@" not in client.get(f"{asked}&what=sent&step=2").content.decode()
    OrderCredit.objects.create(
        shop_id=counted.shop_id, source="flow", source_id=counted.pk, step="0", variant="", channel="email", day=TODAY,
        locale="es", order_key="o1", message_key="k1", currency="EUR", amount=5000, counted=1, placed_at=NOW,
    )  # fmt: skip
    assert "€50.00" in client.get(f"{asked}&what=orders").content.decode()


def test_the_file_and_the_api_say_the_same(client: Client, owner: User, counted: Flow) -> None:
    answer = client.get("/results/table.csv?flow=recover&by=locale")
    lines = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [(line["locale"], line["sent"], line["revenue"]) for line in lines] == [
        ("es", "1500", "1000.00"),
        ("en", "100", "0.00"),
    ]
    text = issue(counted.shop_id, "test", "read", "ana")
    asked = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    found = Client().get("/api/v1/results/messages?flow=recover", **asked).json()
    assert found["total"]["sent"] == 1600 and found["before"]["sent"] == 800
    assert found["total"]["profit"] == "300.00" and len(found["days"]) == 30
    assert [one["name"] for one in found["by"]["step"]] == ["0", "2"]
    whole = Client().get("/api/v1/results/messages", **asked).json()
    assert whole["sources"][0]["flow"] == "recover"
    assert Client().get("/api/v1/results/messages?flow=nobody", **asked).status_code == 404
    wrong = f"since={NOW.date()}&until={NOW.date() - timedelta(days=1)}"
    assert Client().get(f"/api/v1/results/messages?{wrong}", **asked).status_code == 422
