"""Back-tests on the pages: asked for, watched, read from the headline to one run and its message."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from plans import is_query, scanned, statements
from seeding import NOW, Seeded, make_event, make_flow, make_shop, seed
from test_api_writes import Writer

from sereno.runtime.rehearsals.carrying import carry_out
from sereno.runtime.rehearsals.requests import Wanted, ask
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.models import Audit, Backtest, BacktestRun

LIVE = """\
flow: letters
name: Letters
trigger: {event: order.paid, when: "order.total >= 100"}
steps:
  - messages.send_email: {subject: "Thanks for {{ order.number }}", text: "Dear {{ customer.first_name }}"}
"""
DRAFT = """\
flow: letters
name: Letters
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - wait: 2h
  - messages.send_email: {subject: "Thanks for {{ order.number }}", text: "Dear {{ customer.first_name }}"}
  - log: {text: "thanked"}
"""


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    row = make_flow(found.shop, "letters", "Letters", LIVE)
    row.draft = DRAFT
    row.save()
    for number, total in enumerate(("50.00", "120.00", "260.00", "300.00"), start=10):
        data: dict[str, Any] = {
            "id": str(number),
            "number": f"#{number}",
            "total": total,
            "currency": "EUR",
            "email": f"c{number}@example.com",
            "customer_id": str(number),
            "customer": {"id": str(number), "email": f"c{number}@example.com", "first_name": f"Person{number}"},
        }
        refs = {"order": str(number), "customer": str(number), "email": f"c{number}@example.com"}
        make_event(found.shop, found.connection, None, number * 60, "order.paid", f"order:{number}", refs, data)
    return found


@pytest.fixture
def client(seeded: Seeded) -> Client:
    found = Client()
    found.force_login(seeded.owner)
    return found


def worked_off() -> None:
    """What the process of its own does."""
    now = to_micros(NOW + timedelta(days=1))
    with default_database().transaction() as tx:
        row = tx.one("claim_backtest", {"worker": "me", "now": now, "until": now + 60_000_000, "most": 3})
    assert row is not None
    assert carry_out(row[0], "me") == "done"


def begun(client: Client, **form: str) -> str:
    answer = client.post("/flows/letters/backtests", {"period": "7", "compare": "on", **form})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return answer["Location"]


def test_asked_for_watched_and_read(client: Client, seeded: Seeded) -> None:
    page = client.get("/flows/letters/backtests").content.decode()
    assert "7 events" in re.sub(r"\s+", " ", page)
    address = begun(client)
    assert 'hx-trigger="every 1s"' in client.get(address).content.decode()
    assert Audit.objects.filter(action="backtest.asked", target="letters").count() == 1
    worked_off()
    page = client.get(address).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "1 fewer message, 2 messages that differ, 2 other actions differ." in text
    assert "1 still to come" in text, "what still waits at the end is not missing"
    assert "1 run no more" in text
    assert "3 runs do other things" in text
    assert Backtest.objects.filter(flow="letters").get().summary["own"]["runs"] == 3
    assert "every 1s" not in page


def test_from_a_number_to_a_run_and_its_message(client: Client, seeded: Seeded) -> None:
    address = begun(client)
    worked_off()
    who = client.get(f"{address}/runs?change=changed").content.decode()
    assert "c12@example.com" in who
    assert "c11@example.com" not in who
    run = BacktestRun.objects.get(subject="order:12", is_live_version=False)
    page = client.get(f"{address}/runs/{run.pk}").content.decode()
    assert "Version 1, which is live" in page
    assert "The draft" in page
    assert "Thanks for #12" in page
    assert "Dear Person12" in client.get(f"{address}/runs/{run.pk}?look=text").content.decode()
    gone = BacktestRun.objects.get(change="gone", is_live_version=True)
    page = client.get(f"{address}/runs/{gone.pk}").content.decode()
    assert "It would not have started" in page
    assert "Thanks for #11" in page

    found = client.get(f"{address}/runs?q=c13@example.com").content.decode()
    assert "order:13" in found or "#13" in found
    assert "c12@example.com" not in found
    assert "c12@example.com" in client.get(f"{address}/runs?step=2").content.decode()
    what = next(
        n
        for n, one in enumerate(Backtest.objects.filter(flow="letters").get().summary["whats"])
        if one["action"] == "log"
    )
    assert "c12@example.com" in client.get(f"{address}/runs?what={what}").content.decode()
    skipped = client.get(f"{address}/not-started").content.decode()
    assert "order.total &gt;= 200" in skipped


def test_a_form_that_is_wrong_says_what_to_do(client: Client) -> None:
    answer = client.post("/flows/letters/backtests", {"period": "own", "from": "2026-10-31", "to": "2026-10-01"})
    assert answer.status_code == 422
    assert "Turn the two days round" in answer.content.decode()
    answer = client.post("/flows/letters/backtests", {"period": "own", "from": "yesterday", "seed": "x"})
    page = answer.content.decode()
    assert "Write a day as 2026-10-31." in page
    assert "Write a whole number" in page
    assert Backtest.objects.filter(flow="letters").count() == 0


def test_cancelled_and_deleted(client: Client, seeded: Seeded) -> None:
    address = begun(client)
    assert client.post(f"{address}/cancel").status_code == 302
    assert "nothing of it was kept" in client.get(address).content.decode()
    address = begun(client)
    worked_off()
    assert client.post(f"{address}/forget").status_code == 302
    assert client.get(address).status_code == 404
    assert client.get(f"{address}/runs").status_code == 404


def test_a_viewer_reads_and_does_not_begin(client: Client, seeded: Seeded) -> None:
    address = begun(client)
    worked_off()
    viewer = Client()
    viewer.force_login(seeded.viewer)
    assert viewer.get(address).status_code == 200
    viewer.post("/flows/letters/backtests", {"period": "7"})
    assert Backtest.objects.filter(flow="letters").count() == 1
    assert viewer.post(f"{address}/cancel").status_code == 403


def test_publishing_shows_the_back_test_of_this_text(client: Client, seeded: Seeded) -> None:
    page = client.get("/flows/letters/builder?publish=1").content.decode()
    assert "/flows/letters/backtests" in page
    begun(client)
    worked_off()
    page = client.get("/flows/letters/builder?publish=1").content.decode()
    assert "1 fewer message" in page


def test_pages_read_no_table_from_end_to_end(client: Client, seeded: Seeded) -> None:
    address = begun(client)
    worked_off()
    run = BacktestRun.objects.filter(change="changed", backtest__flow="letters").first()
    assert run is not None
    for page in (
        "/flows/letters/backtests",
        address,
        f"{address}/runs",
        f"{address}/runs?change=gone",
        f"{address}/runs?step=1",
        f"{address}/runs?what=0",
        f"{address}/runs?outcome=refused",
        f"{address}/runs?q=c12@example.com",
        f"{address}/not-started",
        f"{address}/runs/{run.pk}",
    ):
        cache.clear()
        with statements() as found:
            assert client.get(page).status_code == 200, page
        queries = [one for one in found if is_query(one)]
        assert len(queries) <= 15, (page, len(queries))
        assert [(table, one) for one in queries for table in scanned(one) if "backtest" in table] == [], page


def test_another_shop_sees_none_of_it(client: Client, seeded: Seeded) -> None:
    id_ = ask(seeded.shop.pk, Wanted("letters"), "ana")
    row = Backtest.objects.get(pk=id_)
    assert client.get(f"/flows/thanks/backtests/{row.pk}").status_code == 404
    assert client.get(f"/flows/letters/backtests/{row.pk}").status_code == 200


def test_the_api_asks_watches_and_pages_through_it(seeded: Seeded) -> None:
    caller, reader = Writer(seeded.shop), Writer(seeded.shop, "read")
    assert reader.call("POST", "backtests", {"flow": "letters"}).status_code == 403
    asked = {"flow": "letters", "begin": (NOW - timedelta(days=7)).isoformat()}
    made = caller.call("POST", "backtests", asked, idempotency_key="one")
    assert made.status_code == 202
    id_ = made.json()["id"]
    assert made["Location"] == f"/api/v1/backtests/{id_}"
    assert caller.call("POST", "backtests", asked, idempotency_key="one").json()["id"] == id_
    assert reader.get(f"backtests/{id_}").json()["status"] == "waiting"
    worked_off()
    done = reader.get(f"backtests/{id_}").json()
    assert (done["status"], done["done"]) == ("done", done["total"])
    assert done["summary"]["difference"]["runs"] == {"new": 0, "gone": 1, "changed": 3, "same": 0}
    first = reader.get(f"backtests/{id_}/runs?limit=2").json()
    rest = reader.get(f"backtests/{id_}/runs?limit=2&before={first['next']}").json()
    assert len(first["items"] + rest["items"]) == 3
    assert rest["next"] is None
    (gone,) = reader.get(f"backtests/{id_}/runs?change=gone").json()["items"]
    assert reader.get(f"backtests/{id_}/runs/{gone['id']}").json()["done"][0]["action"] == "messages.send_email"
    changed = reader.get(f"backtests/{id_}/runs?change=changed").json()["items"][0]
    assert reader.get(f"backtests/{id_}/runs/{changed['id']}").json()["pair"]["is_live_version"] is True
    effects = reader.get(f"backtests/{id_}/effects?outcome=done").json()["items"]
    assert {effect["action"] for effect in effects} == {"log"}
    assert reader.get(f"backtests/{id_}/skipped").json()["items"][0]["reason"] == "when_false"
    assert [one["id"] for one in reader.get("backtests?flow=letters").json()["items"]] == [id_]
    assert caller.call("POST", f"backtests/{id_}/cancel").status_code == 409
    assert caller.call("DELETE", f"backtests/{id_}").status_code == 204
    assert reader.get(f"backtests/{id_}").status_code == 404
    stranger = Writer(make_shop("other", "Other"))
    assert stranger.get(f"backtests/{id_}/runs").status_code == 404
    assert caller.call("POST", "backtests", {"flow": "absent"}).status_code == 404
    wrong = caller.call("POST", "backtests", {"flow": "letters", "text": "flow: letters\nsteps: 1\n"})
    assert wrong.json()["code"] == "flow.invalid"
