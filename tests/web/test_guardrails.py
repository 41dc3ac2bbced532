"""The guardrails: changed on their page, by the API and the command line; tried on last month; what waits, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from seeding import make_shop, person
from test_actions import signed_in

from sereno.runtime import services
from sereno.runtime.arbiter import changing
from sereno.runtime.arbiter.rules import USUAL, Cap, RulesInvalid, document_of, rules_of
from sereno.store.keys import issue
from sereno.store.models import Audit, Effect, Flow, MessageSlot, Run, Shop

FLOW = (
    "flow: {name}\nname: {title}\ntrigger: {{event: order.paid}}\n{extra}steps:\n"
    "  - messages.send_email: {{subject: Hello, text: Hi, purpose: marketing}}\n"
)


def writing(shop: Shop, name: str, title: str, extra: str = "") -> None:
    services.save_draft(shop.pk, FLOW.format(name=name, title=title, extra=extra))
    services.publish(shop.pk, name, "tester")


def slot(shop: Shop, key: str, status: str, hours: float, who: str = "ana@example.com", **more: Any) -> MessageSlot:
    """A message wanted so many hours from now."""
    flow = Flow.objects.filter(shop=shop, is_derived=False).order_by("pk").first()
    assert flow is not None
    at = datetime.now(UTC) + timedelta(hours=hours)
    run = Run.objects.create(
        uid=f"run-{key}",
        shop=shop,
        flow=flow,
        version=1,
        subject=f"order:{key}",
        key=key,
        status="parked",
        step="0",
        started_at=at,
        updated_at=at,
        state="{}",
    )
    Effect.objects.create(
        key=key,
        shop=shop,
        flow=flow,
        run=run,
        step="0",
        action="messages.send_email",
        subject=run.subject,
        config={},
        status="pending" if status == "waiting" else "done",
        due_at=at,
        created_at=at,
    )
    values = {"channel": "email", "purpose": "marketing", "person": who, "address": who, "priority": 5, **more}
    return MessageSlot.objects.create(
        key=key, shop=shop, flow_id=flow.pk, run_id=run.pk, status=status, at=at, wanted_at=at, **values
    )


def rules(shop: Shop) -> Any:
    shop.refresh_from_db()
    return changing.current(shop.settings)


def act(client: Client, shop: Shop, do: str, **more: Any) -> Any:
    return client.post("/guardrails/change", {"do": do, "tag": rules(shop).tag, **more}, follow=True)


@pytest.fixture
def shop() -> Shop:
    shop = make_shop()
    writing(shop, "cart", "Carts left behind", "priority: 2\n")
    writing(shop, "news", "What is new")
    return shop


def test_a_limit_is_added_taken_away_and_brought_back(shop: Shop) -> None:
    client = signed_in(person(shop, "marketer@example.com", "marketer"))
    page = client.get("/guardrails").content.decode()
    assert "at most <b>1</b> marketing message to one person in 16 hours" in page
    said = act(client, shop, "add-cap", channel="any", most="3", period="2", unit="d", counts="all").content.decode()
    assert "All channels together" in said and "Undo the last change" in said
    assert rules(shop).rules.caps == (*USUAL.caps, Cap("any", 3, timedelta(days=2), "all"))
    act(client, shop, "remove-cap:0")
    assert len(rules(shop).rules.caps) == 2
    act(client, shop, "undo")
    assert len(rules(shop).rules.caps) == 3
    lines = list(Audit.objects.filter(action="guardrails.changed").order_by("id"))
    assert len(lines) == 3
    assert len(lines[0].details["before"]["caps"]) == 2 and len(lines[0].details["after"]["caps"]) == 3
    assert (
        "Changed the guardrails" in signed_in(person(shop, "owner@example.com", "owner")).get("/audit").content.decode()
    )


def test_what_is_no_rule_says_so_and_keeps_what_was_typed(shop: Shop) -> None:
    client = signed_in(person(shop, "marketer@example.com", "marketer"))
    answer = act(client, shop, "add-cap", channel="email", most="none", period="9", unit="d")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "At most: should be a whole number from 1 to 1000" in page and 'value="none"' in page
    answer = act(client, shop, "add-quiet", channel="email", **{"from": "00:00", "until": "00:00"})
    assert rules(shop).rules.quiet[-1].start == rules(shop).rules.quiet[-1].end
    assert rules(shop).rules.caps == USUAL.caps


def test_somebody_elses_change_is_not_overwritten(shop: Shop) -> None:
    client = signed_in(person(shop, "marketer@example.com", "marketer"))
    tag = rules(shop).tag
    changing.change_rules(shop.pk, {**document_of(USUAL), "caps": []}, "other")
    page = client.post("/guardrails/change", {"do": "remove-cap:0", "tag": tag}, follow=True).content.decode()
    assert "Look at the" in page
    client.post("/guardrails/change", {"do": "expires", "marketing": "1d", "tag": tag}, follow=True)
    assert rules(shop).rules.expires == USUAL.expires


def test_the_order_of_flows(shop: Shop) -> None:
    client = signed_in(person(shop, "marketer@example.com", "marketer"))
    page = client.get("/guardrails").content.decode()
    assert page.index("Carts left behind") < page.index("What is new")
    act(client, shop, "priority:news", **{"priority-news": "1"})
    assert rules(shop).rules.priorities == {"news": 1}
    page = client.get("/guardrails").content.decode()
    assert page.index("What is new") < page.index("Carts left behind")
    act(client, shop, "priority:news", **{"priority-news": "5"})
    assert rules(shop).rules.priorities == {}
    act(client, shop, "down:cart")
    assert rules(shop).rules.priorities == {"cart": 3}


def test_trying_changes_nothing_and_says_what_would_have_been(shop: Shop) -> None:
    for number in range(4):
        slot(shop, f"s{number}", "sent", -50 + number)
    client = signed_in(person(shop, "marketer@example.com", "marketer"))
    before = rules(shop).tag
    page = client.post(
        "/guardrails/change",
        {"do": "add-cap", "try": "1", "channel": "email", "most": "1", "period": "1", "unit": "h", "tag": before},
    ).content.decode()
    assert "With this rule, last month" in page and rules(shop).tag == before
    tried = changing.try_rules(shop.pk, rules(shop).rules, ZoneInfo("UTC"))
    assert (tried.messages, tried.deferred, tried.expired) == (4, 3, 0)
    strict = rules_of({"guardrails": {**document_of(USUAL), "expires": {"marketing": "20h"}}})
    tried = changing.try_rules(shop.pk, strict, ZoneInfo("UTC"))
    assert (tried.deferred, tried.expired) == (1, 2)
    assert timedelta(hours=14) < tried.longest < timedelta(hours=16)


def test_what_waits_and_one_persons_calendar(shop: Shop) -> None:
    details = {"counted": 1, "most": 1, "period": "16h"}
    other = make_shop(slug="other")
    writing(other, "cart", "Theirs")
    slot(other, "x", "waiting", 1, "secret@example.com")
    slot(shop, "w", "waiting", 2, reason="message.capped", details=details)
    slot(shop, "s", "sent", -3)
    client = signed_in(person(shop, "support@example.com", "support"))
    page = client.get("/guardrails").content.decode()
    assert "ana@example.com" in page and "secret@example.com" not in page
    assert "This person has had 1 message in 16 hours; the limit is 1" in page
    calendar = client.get("/guardrails/person?who=ANA@example.com").content.decode()
    assert calendar.index("Waits") < calendar.index("Sent")
    assert "Nothing in the last month" in client.get("/guardrails/person?who=secret@example.com").content.decode()
    assert act(client, shop, "remove-cap:0").status_code == 403


def test_the_list_of_what_waits_has_pages(shop: Shop) -> None:
    for number in range(changing.PAGE + 3):
        slot(shop, f"w{number:03}", "waiting", 1, f"p{number:03}@example.com", reason="message.capped", details={})
    first = changing.waiting(shop.pk)
    rest = changing.waiting(shop.pk, after=(0, ""), limit=1000)[changing.PAGE :]
    client = signed_in(person(shop, "support@example.com", "support"))
    page = client.get("/guardrails").content.decode()
    assert "Later ones" in page and first[-1]["address"] in page and rest[0]["address"] not in page
    page = client.get(f"/guardrails?after={quote(changing.place_of(first[-1]))}").content.decode()
    assert rest[0]["address"] in page and first[0]["address"] not in page and "Later ones" not in page


def test_the_api(shop: Shop) -> None:
    reader, writer = (issue(shop.pk, scopes, scopes, "tester") for scopes in ("read", "read flows:write"))
    client = Client()

    def ask(method: str, path: str, key: str, body: Any = None, **headers: str) -> Any:
        given = {"authorization": f"Bearer {key}", **headers}
        return client.generic(
            method, f"/api/v1/guardrails{path}", json.dumps(body) if body else "", "application/json", headers=given
        )

    found = ask("GET", "", reader)
    assert found.status_code == 200 and found.json()["caps"] == document_of(USUAL)["caps"]
    wanted = {**found.json(), "caps": [{"channel": "email", "most": 2, "period": "1d", "counts": "marketing"}]}
    assert ask("PUT", "", reader, wanted).status_code == 403
    assert ask("PUT", "", writer, wanted).json()["code"] == "precondition.missing"
    kept = ask("PUT", "", writer, wanted, **{"if-match": found["ETag"]})
    assert kept.status_code == 200 and rules(shop).rules.caps == (Cap("email", 2, timedelta(days=1)),)
    late = ask("PUT", "", writer, found.json(), **{"if-match": found["ETag"]})
    assert late.status_code == 412 and late["ETag"] == kept["ETag"]
    assert late.json()["current"]["caps"] == wanted["caps"]
    wrong = ask("PUT", "", writer, {**wanted, "caps": [{"channel": "fax"}]}, **{"if-match": kept["ETag"]})
    assert wrong.status_code == 422 and "caps.0.channel" in {one["field"] for one in wrong.json()["fields"]}
    for number in range(3):
        slot(shop, f"w{number}", "waiting", number, reason="message.capped", details={"counted": 2})
    page = ask("GET", "/waiting?limit=2", reader).json()
    assert [row["key"] for row in page["items"]] == ["w0", "w1"] and page["items"][0]["details"] == {"counted": 2}
    rest = ask("GET", f"/waiting?after={page['next']}", reader).json()
    assert [row["key"] for row in rest["items"]] == ["w2"] and rest["next"] is None
    to = ask("GET", "/messages?who=ana@example.com", reader).json()["items"]
    assert [row["status"] for row in to] == ["waiting"] * 3


def test_what_waits_is_looked_at_when_the_rules_change(shop: Shop) -> None:
    slot(shop, "w", "waiting", 5)
    changing.change_rules(shop.pk, {**document_of(USUAL), "caps": []}, "tester")
    assert Effect.objects.get(key="w").due_at <= datetime.now(UTC)
    with pytest.raises(RulesInvalid):
        changing.change_rules(shop.pk, {"caps": 3}, "tester")
