"""The roll-out of a new version by its pages: begin, compare, up, back, limits; and who may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from seeding import make_shop, person

from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.runtime import services
from sereno.runtime.clock import VirtualClock
from sereno.runtime.runtime import Runtime
from sereno.runtime.staging import stages
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import default_database
from sereno.store.models import Audit, FlowStage, FlowStageTally, Run, Shop

FLOW = """\
flow: greet
name: Greet
trigger: {event: custom.begun}
steps:
  - log: {text: "old words"}
  - wait: 1d
"""
NEW = FLOW.replace("old words", "new words")
PAGE = "/flows/greet/roll-out"


@pytest.fixture
def shop() -> Shop:
    shop = make_shop()
    services.save_draft(shop.pk, FLOW)
    services.publish(shop.pk, "greet", "ana")
    return shop


@pytest.fixture
def client(shop: Shop) -> Client:
    return signed_in(shop, "owner")


def signed_in(shop: Shop, role: str) -> Client:
    client = Client()
    client.force_login(person(shop, f"{role}@example.com", role))
    return client


def begin(shop: Shop, *numbers: int) -> None:
    events = [
        NewEvent(f"b{n}", "custom.begun", f"thing:{n}", datetime.now(UTC), {}, {"thing": str(n)}) for n in numbers
    ]
    services.insert_events(shop.pk, None, "store", events)
    Runtime(default_database(), registry()).drain()


def text(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_without_a_draft_the_page_teaches(client: Client) -> None:
    page = text(client)
    assert "Let a new version out step by step" in page and "/flows/greet/builder" in page
    assert "Nothing to compare" in text(client, f"{PAGE}/side-by-side")


def test_from_shadow_to_everybody(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, NEW)
    assert "In shadow, beside the live version" in text(client)
    client.post(f"{PAGE}/start", {"how": "shadow", "note": "new words"})
    begin(shop, 1, 2)
    page = text(client)
    assert "Version 2 on its way in" in page and 'aria-current="step"' in page
    beside = text(client, f"{PAGE}/side-by-side?only=different")
    assert "Of the newest 2" in beside and "2 events made a difference" in beside
    assert "old words" in beside and "new words" in beside
    client.post(f"{PAGE}/step", {"step": "0"})
    assert "5 % of the people have version 2" in text(client)
    stale = text(client, client.post(f"{PAGE}/step", {"step": "0"})["Location"])
    assert "has been changed in the meantime" in stale
    client.post(f"{PAGE}/step", {"step": "1"})
    client.post(f"{PAGE}/step", {"step": "2"})
    assert "went all the way" in text(client)
    assert FlowStage.objects.get().outcome == "live"
    assert list(
        Audit.objects.filter(action__startswith="flow.stage_").values_list("action", flat=True).order_by("id")
    ) == [
        "flow.stage_started",
        "flow.stage_stepped",
        "flow.stage_stepped",
        "flow.stage_live",
    ]


def test_back_in_one_click_and_why(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, NEW)
    client.post(f"{PAGE}/start", {"how": "share", "share": "99,5"})
    begin(shop, *range(5))
    assert "99.5 % of the people" in text(client)
    client.post(f"{PAGE}/back", {"inflight": "end", "reason": "too loud"})
    page = text(client)
    assert "was taken back" in page and "too loud" in page and "Let the draft out step by step" in page


def test_limits_and_steps_are_changed_and_refused_with_words(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, NEW)
    client.post(f"{PAGE}/start", {"how": "shadow"})
    given = {"ladder": "10 100", "up": "itself", "hours": "12", "runs": "", "limit-errors": "1,5", "limit-effects": ""}
    client.post(f"{PAGE}/terms", {**given, "inflight": "end"})
    stage = FlowStage.objects.get()
    assert stage.ladder == [1000, 10000] and stage.advance == {"hours": 12.0} and stage.inflight == "end"
    assert stage.limits["errors"] == 1.5 and stage.limits["effects"] is None
    assert "Goes up by itself after 12 hours" in text(client)
    client.post(f"{PAGE}/terms", {**given, "ladder": "fifty"})
    assert "“fifty” is not a number" in text(client)
    client.post(f"{PAGE}/terms", {**given, "ladder": "50 10"})
    assert "the steps rise" in text(client)
    assert FlowStage.objects.get().ladder == [1000, 10000]


def test_it_says_which_limit_was_passed(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, NEW)
    client.post(f"{PAGE}/start", {"how": "share", "share": "5"})
    stage = FlowStage.objects.get()
    for what, count in (("sent", 100), ("unsubscribed", 30)):
        FlowStageTally.objects.create(stage=stage, is_candidate=True, step=1, what=what, shard=0, count=count)
    assert "Over the limit" in text(client)
    Runtime(default_database(), registry()).stages.check()
    page = text(client)
    assert "taken back by itself" in page
    assert "Unsubscribed: 30 of 100. That is surely more than 1" in page and "the limit is 2 %" in page


def test_who_may_only_look(shop: Shop) -> None:
    services.save_draft(shop.pk, NEW)
    stages.start(shop.pk, "greet", "ana")
    viewer = signed_in(shop, "viewer")
    assert "Take it back" not in text(viewer)
    for what in ("start", "step", "back", "terms"):
        assert viewer.post(f"{PAGE}/{what}").status_code == 403
    other = make_shop("other")
    assert signed_in(other, "operator").get(PAGE).status_code == 404
    assert signed_in(other, "marketer").post(f"{PAGE}/back").status_code == 404
    assert FlowStage.objects.get().ended_at is None


def test_who_unsubscribes_by_the_link_counts_for_the_version_that_wrote(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, NEW)
    client.post(f"{PAGE}/start", {"how": "share", "share": "99"})
    begin(shop, 1)
    run = Run.objects.get(version=2)
    who = Recipient(shop.pk, "mara@example.com", "email", f"{run.uid}/0")
    address = f"/unsubscribe/{make_token(settings.ENVIRONMENT.secret_key, who)}"
    for _ in range(2):
        assert Client().post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    found = FlowStageTally.objects.get(what="unsubscribed")
    assert (found.is_candidate, found.count) == (True, 1)


def test_side_by_side_says_what_the_guardrails_would_have_done(client: Client, shop: Shop) -> None:
    day = {"channel": "email", "from": "00:00", "until": "00:00", "holds": "all"}
    today = datetime.now(ZoneInfo(shop.timezone))
    days = [(today + timedelta(days=number)).strftime("%a").lower() for number in range(2)]
    shop.settings = {"guardrails": {"quiet": [{**day, "days": days}]}}
    shop.save()
    mail = "  - messages.send_email: {subject: Hello, text: Hi, purpose: transactional}\n"
    services.save_draft(shop.pk, f"flow: paid\nname: Paid\ntrigger: {{event: order.paid}}\nsteps:\n{mail}")
    services.publish(shop.pk, "paid", "ana")
    services.save_draft(
        shop.pk, f"flow: paid\nname: Paid\ntrigger: {{event: order.paid}}\nsteps:\n  - wait: 1s\n{mail}"
    )
    stages.start(shop.pk, "paid", "ana")
    data = {"id": "7", "number": "7", "email": "ana@example.com", "currency": "EUR", "total": "1.00", "lines": []}
    now = datetime.now(UTC)
    refs = {"order": "7", "email": "ana@example.com"}
    event = NewEvent("p7", "order.paid", "order:7", now, {**data, "updated_at": now.isoformat()}, refs)
    services.insert_events(shop.pk, None, "store", [event])
    clock = VirtualClock(now + timedelta(seconds=1))
    runtime = Runtime(default_database(), registry(), clock=clock)
    runtime.drain()
    clock.move_to(now + timedelta(seconds=5))
    runtime.drain()
    page = text(client, "/flows/paid/roll-out/side-by-side")
    assert "Waits: It is quiet hours where this person is." in page
    assert "Would have waited until" in page
    run = Run.objects.get(flow__name="paid", version=2)
    assert run.is_shadow and "Would have waited until" in text(client, f"/runs/{run.uid}")
