"""What waits for a person: causes of failure, questions and their answers, by page and by the link of a mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calling import text_of
from django.core.cache import cache
from django.test import Client
from plans import is_query, scanned, statements
from seeding import NOW, Seeded, make_shop, person, seed

from sereno.runtime.asking import Answerer, make_token
from sereno.runtime.watching.alerting import raise_alert
from sereno.sdk.plugin import registry
from sereno.store import secrets
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.models import Approval, Audit, Connection, Delivery, Effect, Membership
from sereno.web.desk.advice import advice


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fail(seeded: Seeded, count: int, error: str = "http.refused", action: str = "http.request", **more: Any) -> None:
    at = more.pop("at", NOW)
    Effect.objects.bulk_create(
        Effect(
            key=f"{action}/{error}/{number}", shop=seeded.shop, flow=seeded.thanks, run=seeded.finished, step="0",
            action=action, subject="order:1001", config={"method": "POST", "url": "https://erp.example"},
            status="failed", due_at=at, created_at=at, finished_at=at - timedelta(minutes=number), error=error,
            message="HTTP 422: unknown SKU", connection="http:erp.example", **more,
        )
        for number in range(count)
    )  # fmt: skip


def statuses(error: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for status in Effect.objects.filter(error=error).values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


# --- the attention list --------------------------------------------------------------------------


def test_what_failed_stands_together_by_its_cause() -> None:
    seeded = seed()
    fail(seeded, 12)
    page = text_of(signed_in(seeded.owner), "/attention")
    assert len(re.findall(r'class="card cause"', page)) == 3  # the call, the tag, the delivery
    assert ">12</b>" in page and "HTTP 422: unknown SKU" in page and "Read what it said" in page
    assert f"/flows/{seeded.thanks.name}" in page
    assert "Try all again" in page and "Skip all" in page


def test_all_of_a_cause_are_tried_again() -> None:
    seeded = seed()
    fail(seeded, 5)
    client = signed_in(seeded.owner)
    cause = {"action": "http.request", "error": "http.refused", "connection": "http:erp.example"}
    page = client.post("/attention/act", {**cause, "do": "retry-all"}, follow=True).content.decode()
    assert "5 effects are tried again." in page
    assert Effect.objects.filter(status="pending", action="http.request").count() == 5
    seeded.failed_effect.refresh_from_db()
    assert seeded.failed_effect.status == "failed", "another cause"


def test_a_skip_can_be_undone() -> None:
    seeded = seed()
    fail(seeded, 5)
    client = signed_in(seeded.owner)
    cause = {"action": "http.request", "error": "http.refused", "connection": "http:erp.example"}
    answer = client.post("/attention/act", {**cause, "do": "skip-all"})
    assert statuses("http.refused") == {"cancelled": 5}
    page = text_of(client, answer["Location"])
    assert "5 effects were skipped" in page and "Undo" in page
    hidden = dict(re.findall(r'name="(count|first|last|at)" value="(\d+)"', page))
    page = client.post("/attention/unskip", hidden, follow=True).content.decode()
    assert "5 effects are back on the list." in page
    assert statuses("http.refused") == {"failed": 5}


def test_some_of_a_cause_are_chosen() -> None:
    seeded = seed()
    fail(seeded, 4)
    client = signed_in(seeded.owner)
    query = "action=http.request&error=http.refused&connection=http%3Aerp.example"
    page = text_of(client, f"/attention/cause?{query}")
    ids = sorted({int(found) for found in re.findall(r'name="id" value="(\d+)"', page)})
    assert len(ids) == 4
    client.post("/attention/act", {"do": "retry", "id": ids[:1]})
    client.post("/attention/act", {"do": "skip", "id": ids[1:3]})
    assert statuses("http.refused") == {"cancelled": 2, "failed": 1}
    assert "Nothing was ticked" in client.post("/attention/act", {"do": "skip"}, follow=True).content.decode()
    assert "Nothing of this cause is left" in text_of(client, "/attention/cause?action=x")


def test_deliveries_of_one_reason_are_read_again_together() -> None:
    seeded = seed()
    client = signed_in(seeded.owner)
    page = text_of(client, "/attention")
    assert "not JSON: unexpected byte at 0" in page and "Read all again" in page
    given = {"connection": seeded.connection.name, "reason": "not JSON: unexpected byte at 0"}
    client.post("/attention/reread", given)
    seeded.broken_delivery.refresh_from_db()
    assert seeded.broken_delivery.status == "pending"
    assert Delivery.objects.get(pk=seeded.delivery.pk).status == "done"


def test_silent_connections_and_paused_flows_are_on_the_list() -> None:
    seeded = seed()
    last = datetime.now(UTC) - timedelta(days=4)
    row = Connection.objects.create(
        shop=seeded.shop, name="till", kind="shopify", secrets="", settings={"title": "Our till"}, created_at=NOW
    )
    for number in range(40, 0, -1):
        at = last - timedelta(hours=number)
        Delivery.objects.create(
            connection=row, dedupe_key=str(number), topic="t", headers={}, body=b"", received_at=at, status="done"
        )
    with default_database().transaction() as tx:
        raise_alert(
            tx,
            seeded.shop.pk,
            kind="connection.silent",
            about="connection:till",
            text_code="connection.silent",
            values={"name": "till"},
            now=to_micros(datetime.now(UTC)),
        )
    page = text_of(signed_in(seeded.owner), "/attention")
    assert "Our till" in page and "Quiet for 4 days, which is unusual here" in page
    assert "Thank big orders" in page and "Paused by a person" in page


def test_when_nothing_waits_the_page_says_so() -> None:
    shop = make_shop("calm", "Calm")
    assert "All is calm" in text_of(signed_in(person(shop, "o@example.com", "owner")), "/attention")


def test_every_code_has_advice() -> None:
    for code in ("smtp.unavailable", "http.no_answer", "alerts.no_address", "recipient.unknown", "nobody.knows", ""):
        found = advice(code, None)
        assert len(found.text) > 20
        assert bool(found.href) == bool(found.label)
    assert advice("alerts.no_address", None).href == "/shop"


def test_a_hundred_thousand_failures_cost_no_more_than_a_look() -> None:
    seeded = seed()
    fail(seeded, 3000)
    client = signed_in(seeded.owner)
    for path in ("/attention", "/attention/cause?action=http.request&error=http.refused&connection=http%3Aerp.example"):
        client.get("/")
        cache.clear()
        with statements() as found:
            assert client.get(path).status_code == 200
        queries = [one for one in found if is_query(one)]
        assert len(queries) <= 15, queries
        assert not [table for one in queries for table in scanned(one)]


# --- the inbox of questions ----------------------------------------------------------------------


def ask(seeded: Seeded, by: str, text: str, **more: Any) -> Approval:
    return Approval.objects.create(
        key=f"k/{text}", shop=seeded.shop, step="3", by=by, text=text, created_at=NOW, **{"run": seeded.run, **more}
    )


def test_questions_stand_in_the_order_of_their_time_with_the_run_so_far() -> None:
    seeded = seed()
    ask(seeded, "owner", "Later?", expires_at=NOW + timedelta(days=9))
    ask(seeded, "owner", "Never ends?")
    ask(seeded, "owner", "Soon?", expires_at=datetime.now(UTC) + timedelta(hours=1))
    page = text_of(signed_in(seeded.owner), "/approvals")
    places = [page.index(text) for text in ("Soon?", "Send the last one?", "Later?", "Never ends?")]
    assert places == sorted(places)
    assert page.count("until small late") == 1
    assert "Waits until" in page and "/runs/a1b2c3d4e5f6a7b8c9d0" in page and "cannot be taken back" in page


def test_only_who_is_asked_may_answer() -> None:
    seeded = seed()
    question = ask(seeded, "marketer", "Send it?")
    support = signed_in(person(seeded.shop, "sue@example.com", "support"))
    page = text_of(support, "/approvals")
    assert "For Marketer to answer" in page
    assert support.post(f"/approvals/{question.pk}/decide", {"answer": "yes"}).status_code == 403
    assert "Refuse" not in text_of(signed_in(seeded.viewer), "/approvals").partition("<main")[2]
    stranger = signed_in(person(make_shop("other", "Other"), "eve@example.com", "owner"))
    assert stranger.post(f"/approvals/{question.pk}/decide", {"answer": "yes"}).status_code == 404
    assert "Send it?" not in text_of(stranger, "/approvals")


def test_several_get_one_answer_and_those_of_others_are_left() -> None:
    seeded = seed()
    mine, other = ask(seeded, "support", "Mine?"), ask(seeded, "owner", "The owner's?", run=seeded.finished)
    support = signed_in(person(seeded.shop, "sue@example.com", "support"))
    page = support.post("/approvals/decide", {"answer": "no", "id": [mine.pk, other.pk]}, follow=True).content.decode()
    # The seeded run stands still in no engine: what counts is that nobody else's question was touched.
    assert "could not be answered" in page
    other.refresh_from_db()
    assert other.status == "open"
    assert "Nothing was ticked" in support.post("/approvals/decide", {"answer": "no"}, follow=True).content.decode()


def test_what_was_answered_stays_to_be_read() -> None:
    seeded = seed()
    ask(seeded, "owner", "Done?", status="approved", decided_at=NOW, decided_by="ana@example.com", note="of course")
    page = text_of(signed_in(seeded.owner), "/approvals?state=answered")
    assert "Done?" in page and "of course" in page and "ana@example.com" in page


def test_nobody_waiting_is_an_empty_page_that_teaches() -> None:
    shop = make_shop("calm", "Calm")
    assert "Nobody waits for you" in text_of(signed_in(person(shop, "o@example.com", "owner")), "/approvals")


# --- the link of a mail --------------------------------------------------------------------------


def link(seeded: Seeded, approval: Approval, address: str = "ana@example.com") -> str:
    return f"/answer/{make_token(secrets.newest(), Answerer(seeded.shop.pk, approval.pk, address))}"


@pytest.fixture
def asked() -> tuple[Seeded, Approval]:
    """A question of a run that really waits for it."""
    from sereno.runtime import services
    from sereno.runtime.runtime import Runtime
    from sereno.sdk.connector import NewEvent
    from sereno.store.database import default_database

    seeded = seed()
    text = (
        "flow: ask-first\nname: Ask first\ntrigger: {event: order.paid}\nsteps:\n"
        '  - approve: {by: owner, text: "Put a note into {{ order.number }}?", timeout: 2d, then: [{log: {text: y}}]}\n'
    )
    services.save_draft(seeded.shop.pk, text)
    services.publish(seeded.shop.pk, "ask-first", "ana@example.com")
    data = {"id": "77", "number": "#77", "total": "9.00", "currency": "EUR"}
    event = NewEvent("paid-77", "order.paid", "order:77", datetime.now(UTC), data, {"order": "77"})
    services.insert_events(seeded.shop.pk, None, "tests", [event])
    runtime = Runtime(default_database(), registry(), worker_name="asker", threads=2)
    try:
        runtime.drain()
    finally:
        runtime.stop()
    return seeded, Approval.objects.get(text="Put a note into #77?")


def test_opening_the_link_decides_nothing_and_confirming_does(asked: tuple[Seeded, Approval]) -> None:
    seeded, approval = asked
    client, path = Client(), link(seeded, approval)
    for query in ("", "?answer=yes", "?answer=no"):
        page = text_of(client, path + query)
        assert "Put a note into #77?" in page and "ana@example.com" in page
    assert "Yes, refuse it" in page
    assert client.head(path).status_code in (200, 405)
    approval.refresh_from_db()
    assert approval.status == "open"
    page = client.post(path, {"answer": "yes", "note": "nicely"}).content.decode()
    assert "Approved. The run goes on." in page
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by, approval.note) == ("approved", "ana@example.com", "nicely")
    line = Audit.objects.get(action="approval.approved")
    assert (line.by, line.details["via"]) == ("ana@example.com", "mail")


def test_the_link_is_used_up_by_its_answer(asked: tuple[Seeded, Approval]) -> None:
    seeded, approval = asked
    client, path = Client(), link(seeded, approval)
    client.post(path, {"answer": "no"})
    page = text_of(client, path + "?answer=yes")
    assert "It was refused already" in page and "ana@example.com answered it" in page
    assert "It was refused already" in client.post(path, {"answer": "yes"}).content.decode()
    approval.refresh_from_db()
    assert approval.status == "refused"


def test_the_link_ends_with_the_question(asked: tuple[Seeded, Approval]) -> None:
    seeded, approval = asked
    Approval.objects.filter(pk=approval.pk).update(expires_at=NOW - timedelta(minutes=1))
    client, path = Client(), link(seeded, approval)
    assert "too late" in text_of(client, path)
    assert "too late" in client.post(path, {"answer": "yes"}).content.decode()
    approval.refresh_from_db()
    assert approval.status == "open"


def test_who_left_the_shop_or_its_role_cannot_answer_any_more(asked: tuple[Seeded, Approval]) -> None:
    seeded, approval = asked
    client, path = Client(), link(seeded, approval)
    Membership.objects.filter(user=seeded.owner).update(role="support")
    assert "no longer yours" in client.post(path, {"answer": "yes"}).content.decode()
    Membership.objects.filter(user=seeded.owner).delete()
    assert "no longer yours" in text_of(client, path)
    approval.refresh_from_db()
    assert approval.status == "open"


def test_a_link_is_of_one_person_and_one_question(asked: tuple[Seeded, Approval]) -> None:
    seeded, approval = asked
    client = Client()
    assert "no longer yours" in text_of(client, link(seeded, approval, "vic@example.com"))
    assert "does not work" in text_of(client, link(seeded, approval)[:-4], 404)
    other = make_token(secrets.newest(), Answerer(seeded.shop.pk + 1, approval.pk, "ana@example.com"))
    assert "does not work" in text_of(client, f"/answer/{other}", 404)
    approval.refresh_from_db()
    assert approval.status == "open"


def test_confirming_needs_the_pages_own_token(asked: tuple[Seeded, Approval]) -> None:
    seeded, approval = asked
    client = Client(enforce_csrf_checks=True)
    assert client.post(link(seeded, approval), {"answer": "yes"}).status_code == 403
    approval.refresh_from_db()
    assert approval.status == "open"
