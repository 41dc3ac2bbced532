"""Limits and switches as pages show them, the answer behind a mail's link, and deputies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from calling import text_of
from django.test import Client
from seeding import NOW, Seeded, make_shop, person, seed

from sereno.runtime import asking, services
from sereno.runtime.asking import LIMIT, Answerer, make_token
from sereno.runtime.limiting.spending import hour_span
from sereno.store import secrets
from sereno.store.models import Approval, Audit, Deputy, Effect, Flow, FlowUse, LimitQuestion, Shop, Switch


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    found.shop.settings = {"limits": {"effects_per_hour": 500}}
    found.shop.save()
    return found


def wait_behind(seeded: Seeded, count: int) -> None:
    at = NOW - timedelta(hours=5)
    Effect.objects.bulk_create(
        Effect(key=f"w/{number}", shop=seeded.shop, flow=seeded.thanks, run=seeded.finished, step="0",
               action="messages.send_email", subject="order:1001", config={}, status="pending", priority=1,
               due_at=at, created_at=at, connection="smtp")
        for number in range(count)
    )  # fmt: skip


def test_an_operator_switches_a_channel_off_and_everybody_sees_it(seeded: Seeded) -> None:
    operator = signed_in(person(seeded.shop, "op@example.com", "operator"))
    viewer = signed_in(person(seeded.shop, "v@example.com", "viewer"))
    wait_behind(seeded, 7)
    page = text_of(operator, "/limits")
    assert "E-mail to customers" in page and "7 wait" in page
    given = {"kind": "channel", "name": "email", "to": "off", "reason": "a wrong price"}
    assert viewer.post("/limits/switch", given).status_code == 403
    assert operator.post("/limits/switch", {**given, "reason": " "}).status_code == 302
    assert not Switch.objects.exists()
    assert operator.post("/limits/switch", given).status_code == 302
    row = Switch.objects.get()
    assert (row.kind, row.name, row.reason, row.by) == ("channel", "email", "a wrong price", "op@example.com")
    assert "op@example.com switched it off" in text_of(operator, "/limits")
    page = text_of(viewer, "/limits")
    assert "a wrong price" in page and "switched it off" in page
    assert ">Switch on<" not in page and "limits/switch" not in page
    assert "1 switch is off" in text_of(viewer, "/flows")
    operator.post("/limits/switch", {"kind": "channel", "name": "email", "to": "on", "older": "1h"})
    assert not Switch.objects.exists()
    assert "switch is off" not in text_of(viewer, "/flows")
    assert set(Effect.objects.filter(key__startswith="w/").values_list("status", flat=True)) == {"cancelled"}
    assert [row.action for row in Audit.objects.filter(action__startswith="switch").order_by("id")] == [
        "switch.off", "switch.cancelled", "switch.on",
    ]  # fmt: skip


def test_a_flow_is_switched_off_and_on(seeded: Seeded) -> None:
    owner = signed_in(seeded.owner)
    row = Flow.objects.get(name="cart-recovery")
    owner.post("/limits/switch", {"kind": "flow", "name": row.name, "to": "off", "reason": "too many"})
    row.refresh_from_db()
    assert row.status == "paused" and "too many" in text_of(owner, "/limits")
    owner.post("/limits/switch", {"kind": "flow", "name": row.name, "to": "on"})
    row.refresh_from_db()
    assert row.status == "live"


def test_what_is_no_switch_is_refused(seeded: Seeded) -> None:
    owner = signed_in(seeded.owner)
    assert owner.post("/limits/switch", {"kind": "moon", "to": "off", "reason": "x"}).status_code == 404
    owner.post("/limits/switch", {"kind": "flow", "name": "no-such", "to": "off", "reason": "x"})
    owner.post("/limits/switch", {"kind": "channel", "name": "pigeon", "to": "off", "reason": "x"})
    assert not Switch.objects.exists()


def ask(seeded: Seeded) -> LimitQuestion:
    services.set_status(seeded.shop.pk, seeded.thanks.name, "paused", "sereno", reason="limit.effects_per_hour")
    return LimitQuestion.objects.create(
        shop=seeded.shop, flow=seeded.thanks, kind="effects_per_hour", span="h:1", limit="500", wanted="501",
        created_at=NOW,
    )  # fmt: skip


def test_a_flows_question_is_answered_on_the_page(seeded: Seeded) -> None:
    row = ask(seeded)
    support = signed_in(person(seeded.shop, "s@example.com", "support"))
    assert "came to its limit" in text_of(support, "/flows")
    assert support.post(f"/limits/questions/{row.pk}/answer", {"answer": "yes"}).status_code == 403
    owner = signed_in(seeded.owner)
    page = text_of(owner, "/limits")
    assert "wanted to send its effect number 501 within the hour; its limit is 500" in page and 'value="1000"' in page
    owner.post(f"/limits/questions/{row.pk}/answer", {"answer": "yes", "allowed": "600"})
    row.refresh_from_db()
    assert (row.status, row.allowed) == ("raised", "600")
    assert Flow.objects.get(pk=seeded.thanks.pk).status == "live"


def test_anothers_question_is_not_there(seeded: Seeded) -> None:
    row = ask(seeded)
    other = make_shop("other", "Other")
    stranger = signed_in(person(other, "x@example.com", "owner"))
    assert stranger.post(f"/limits/questions/{row.pk}/answer", {"answer": "yes"}).status_code == 404


def test_the_link_of_the_mail_decides_after_a_person_confirms(seeded: Seeded) -> None:
    row = ask(seeded)
    person(seeded.shop, "op@example.com", "operator")
    answerer = Answerer(seeded.shop.pk, row.pk, "op@example.com")
    path = f"/limits/answer/{make_token(secrets.newest(), answerer, LIMIT)}"
    anybody = Client()
    assert "Let it go on" in text_of(anybody, f"{path}?answer=yes")
    row.refresh_from_db()
    assert row.status == "open"
    assert anybody.post(path, {"answer": "yes", "allowed": "3"}).status_code == 422
    assert "It goes on" in anybody.post(path, {"answer": "yes"}).content.decode()
    assert "answered already" in text_of(anybody, path)
    for_runs = make_token(secrets.newest(), answerer)
    assert "does not work" in text_of(anybody, f"/limits/answer/{for_runs}", 404)
    gone = make_token(secrets.newest(), Answerer(seeded.shop.pk, row.pk, "gone@example.com"), LIMIT)
    LimitQuestion.objects.update(status="open")
    assert "no longer yours" in text_of(anybody, f"/limits/answer/{gone}")


def test_the_limits_of_flows_that_set_none(seeded: Seeded) -> None:
    owner = signed_in(seeded.owner)
    owner.post("/limits/usual", {"effects": "250", "spend": "12,50"})
    shop = Shop.objects.get(pk=seeded.shop.pk)
    assert shop.settings["limits"] == {"effects_per_hour": 250, "spend_per_day": {shop.currency: "12.50"}}
    for effects, spend in (("many", ""), ("5", "-3"), ("0", "")):
        owner.post("/limits/usual", {"effects": effects, "spend": spend})
    assert Shop.objects.get(pk=seeded.shop.pk).settings == shop.settings
    owner.post("/limits/usual", {"effects": "", "spend": ""})
    assert "limits" not in Shop.objects.get(pk=seeded.shop.pk).settings


def test_flows_without_a_limit_are_folded(seeded: Seeded) -> None:
    owner, flows = signed_in(seeded.owner), Flow.objects.filter(shop=seeded.shop, is_derived=False)
    owner.post("/limits/usual", {"effects": "", "spend": ""})
    page = text_of(owner, "/limits")
    assert "No flow has a limit yet" in page and "without a limit" not in page and "<meter" not in page
    FlowUse.objects.create(flow=seeded.thanks, span=hour_span(datetime.now(UTC)), used="7", at=NOW)
    page = text_of(owner, "/limits")
    assert page.count(">no limit<") == 2 and ">7<" in page, "it has used some, of neither limit"
    left = int(re.search(r"(\d+) flows? without a limit", page)[1])  # type: ignore[index]
    assert 0 < left < flows.count()
    owner.post("/limits/usual", {"effects": "250", "spend": ""})
    page = text_of(owner, "/limits")
    assert page.count("<meter") == left + 1 and "without a limit" not in page


def question(seeded: Seeded, by: str, **more: Any) -> Approval:
    return Approval.objects.create(
        key=f"q/{by}/{more}", shop=seeded.shop, run=seeded.finished, step="0", by=by, text="Go on?", created_at=NOW,
        **more,
    )  # fmt: skip


def test_a_deputy_answers_in_the_place_of_somebody_away(seeded: Seeded) -> None:
    person(seeded.shop, "op@example.com", "operator")
    person(seeded.shop, "sue@example.com", "support")
    row = question(seeded, "operator")
    sue, op = (signed_in(user) for user in (_user("sue@example.com"), _user("op@example.com")))
    assert sue.post(f"/approvals/{row.pk}/decide", {"answer": "yes"}).status_code == 403
    today = datetime.now(ZoneInfo(seeded.shop.timezone)).date()
    wrong = {"deputy": "nobody@example.com", "since": str(today), "until": str(today)}
    assert op.post("/account/deputy", wrong).status_code == 422
    backwards = {"deputy": "sue@example.com", "since": str(today), "until": str(today - timedelta(days=3))}
    assert op.post("/account/deputy", backwards).status_code == 422
    assert op.post("/account/deputy", {**wrong, "deputy": "sue@example.com"}).status_code == 302
    assert "You answer for op@example.com" in text_of(sue, "/account/deputy")
    # The run itself is over, so the answer is refused there; what counts is that she may give it.
    assert sue.post(f"/approvals/{row.pk}/decide", {"answer": "yes"}).status_code == 302
    op.post("/account/deputy", {"do": "end"})
    assert not Deputy.objects.exists()
    assert sue.post(f"/approvals/{row.pk}/decide", {"answer": "yes"}).status_code == 403


def _user(name: str) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(username=name)


def test_nobody_answers_their_own_request(seeded: Seeded) -> None:
    row = question(seeded, "owner", not_by=seeded.owner.username.lower())
    assert signed_in(seeded.owner).post(f"/approvals/{row.pk}/decide", {"answer": "yes"}).status_code == 403
    assert not asking.may_answer("owner", "owner", "a@x", [("owner", "b@x")], "a@x")
    assert not asking.may_answer("b@x", "support", "a@x", [("owner", "b@x")], "b@x")
    assert asking.may_answer("owner", "support", "a@x", [("owner", "b@x")])


def test_the_page_reads_little(seeded: Seeded, django_assert_max_num_queries: Any = None) -> None:
    from plans import is_query, statements

    owner = signed_in(seeded.owner)
    text_of(owner, "/limits")
    with statements() as said:
        text_of(owner, "/limits")
    assert len([one for one in said if is_query(one)]) <= 15
