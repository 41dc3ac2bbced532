"""Results: what the pages, the API and the command line say of sums, and what they refuse to say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import make_shop, person

from sereno.engine.catalog import FlowInvalid
from sereno.runtime import services
from sereno.runtime.experiments.measuring import measured
from sereno.store.keys import issue
from sereno.store.models import Audit, ExperimentSum, Flow, FlowDraftChange, FlowVersion, Shop

FLOW = """\
flow: recover
name: Win carts back
trigger: {event: checkout.abandoned}
control: {share: 10, window: 14d}
steps:
  - split: {weights: {short: 50, long: 50}, short: [{log: {text: one}}], long: [{log: {text: two}}]}
"""
TODAY = int(datetime.now(UTC).timestamp()) // 86400


@pytest.fixture
def owner(shop: Shop) -> User:
    return person(shop, "ana@example.com", "owner")


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)


@pytest.fixture
def flow(shop: Shop) -> Flow:
    services.save_draft(shop.pk, FLOW)
    services.publish(shop.pk, "recover", "ana")
    return Flow.objects.get(name="recover")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def arm(flow: Flow, name: str, units: int, buyers: int, experiment: str = "control", **more: Any) -> None:
    """An arm in which each buyer ordered once for 20.00, evenly over the last 40 days."""
    design = more.pop("design", None) or measured(flow.shop_id, flow.name).experiments[experiment].design
    days = 40
    for number in range(days):
        mine = [units * (number + 1) // days - units * number // days]
        mine.append(buyers * (number + 1) // days - buyers * number // days)
        values = {"exposed": mine[0], "units": mine[0], "orders": mine[1], "EUR": mine[1] * 2000}
        for metric, total in values.items():
            _sum(flow, experiment, design, name, metric, TODAY - days + number, total, mine[1] or mine[0])
    for metric, total in {"exposed": units, "units": units, "orders": buyers, "EUR": buyers * 2000, **more}.items():
        _sum(flow, experiment, design, name, metric, 0, total, buyers if metric in ("orders", "EUR") else units)


def _sum(flow: Flow, experiment: str, design: str, arm: str, metric: str, day: int, total: int, events: int) -> None:
    squares = float(total) * (2000 if metric == "EUR" else 1)
    ExperimentSum.objects.update_or_create(
        shop_id=flow.shop_id, flow_id=flow.pk, experiment=experiment, design=design, arm=arm, metric=metric, day=day,
        defaults={"total": total, "squares": squares, "events": events},
    )  # fmt: skip


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    body = re.sub(r"<(script|style).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_without_a_control_group_the_page_says_what_one_is_for(client: Client, shop: Shop) -> None:
    services.save_draft(shop.pk, FLOW.replace("control: {share: 10, window: 14d}\n", ""))
    services.publish(shop.pk, "recover", "ana")
    page = text_of(client, "/flows/recover/results")
    assert "What would have happened without it?" in page
    assert "Add a control group" in page
    assert "Not measured" not in text_of(client, "/results")
    mail = "{subject: Hi, text: Hi, purpose: marketing}"
    services.save_draft(
        shop.pk, f"flow: news\ntrigger: {{event: order.paid}}\nsteps: [{{messages.send_email: {mail}}}]"
    )
    services.publish(shop.pk, "news", "ana")
    assert re.search("Not measured news", text_of(client, "/results"))


def test_a_sure_lift_is_said_in_orders_and_money(client: Client, flow: Flow) -> None:
    arm(flow, "control", 1000, 60)
    arm(flow, "treated", 9000, 990)
    page = text_of(client, "/flows/recover/results")
    found = re.search(r"Between (\d+) and (\d+) more orders in (\d+) days than without the flow\.", page)
    assert found is not None
    low, high, days = map(int, found.groups())
    # 5 of 100 more of 9,000 people; the interval holds it and is of use.
    assert 0 < low < 450 < high < 1000
    assert days == 41
    assert "more revenue" in page
    assert "Without the flow" in page
    assert "1,000" in page
    assert 'class="band"' in client.get("/flows/recover/results").content.decode()
    assert f"in {days} days" in text_of(client, "/results")


def test_nothing_is_called_proven_that_is_not(client: Client, flow: Flow) -> None:
    arm(flow, "control", 1000, 60)
    arm(flow, "treated", 9000, 560)
    page = text_of(client, "/flows/recover/results")
    assert "Not proven yet: from" in page
    assert "Between" not in page
    assert re.search(r"To see 10% more or fewer orders, it takes [\d,]+ more people : years at this pace", page), page
    assert "it takes" not in text_of(client, "/flows/recover/results?effect=0.5").partition("Still needed")[0]


def test_few_people_mean_too_early(client: Client, flow: Flow) -> None:
    arm(flow, "control", 12, 0)
    arm(flow, "treated", 80, 40)
    page = text_of(client, "/flows/recover/results")
    assert "Too early to say what the flow brings." in page
    assert "The smallest group has 12." in page


def test_groups_that_do_not_match_are_told_of(client: Client, flow: Flow) -> None:
    arm(flow, "control", 2000, 120)
    arm(flow, "treated", 9000, 990)
    assert "The groups do not match" in text_of(client, "/flows/recover/results")
    assert "The groups do not match" in text_of(client, "/results")


def test_credit_stands_beside_and_other_money_apart(client: Client, flow: Flow) -> None:
    arm(flow, "control", 1000, 60)
    arm(flow, "treated", 9000, 990, USD=12345, credited=500, **{"credited:EUR": 1234500})
    page = text_of(client, "/flows/recover/results")
    assert "Attributed €12,345.00" in page
    assert "and $123.45" in page


def test_a_winner_needs_evidence_before_it_can_be_adopted(client: Client, flow: Flow) -> None:
    arm(flow, "short", 3000, 200, "0")
    arm(flow, "long", 3000, 215, "0")
    page = text_of(client, "/flows/recover/results")
    assert "No winner yet: long is ahead" in page
    assert "Send everybody" not in page
    client.post("/flows/recover/results/adopt", {"split": "0"})
    assert not FlowDraftChange.objects.filter(flow=flow).exists()
    assert "short: 50" in Flow.objects.get(pk=flow.pk).draft


def test_the_winning_branch_becomes_the_draft_and_nothing_goes_live(client: Client, flow: Flow) -> None:
    arm(flow, "short", 3000, 200, "0")
    arm(flow, "long", 3000, 420, "0")
    page = text_of(client, "/flows/recover/results")
    assert "long wins" in page
    assert "Send everybody to long" in page
    answer = client.post("/flows/recover/results/adopt", {"split": "0"})
    assert answer["Location"] == "/flows/recover/builder?at=0"
    draft = Flow.objects.get(pk=flow.pk).draft
    assert re.search(r"short: 0,?\s+long: 100", draft)
    assert FlowVersion.objects.filter(flow=flow).count() == 1
    assert Audit.objects.filter(action="flow.draft_changed", target="recover").exists()


def test_the_winning_words_become_the_message(client: Client, shop: Shop) -> None:
    mail = "{subject: Hi, text: Hi, purpose: marketing}"
    test = "test: {a: {}, b: {subject: Hello}}"
    services.save_draft(
        shop.pk, f"flow: recover\ntrigger: {{event: order.paid}}\nsteps: [{{messages.send_email: {mail}, {test}}}]"
    )
    services.publish(shop.pk, "recover", "ana")
    flow = Flow.objects.get(name="recover")
    arm(flow, "a", 3000, 150, "0")
    arm(flow, "b", 3000, 450, "0")
    page = text_of(client, "/flows/recover/results")
    assert "Message: a / b" in page and "Send everybody to b" in page
    client.post("/flows/recover/results/adopt", {"split": "0"})
    flow.refresh_from_db()
    assert "Hello" in flow.draft and "test:" not in flow.draft
    assert "test" in FlowVersion.objects.get(flow=flow).document, "nothing goes live"


def test_people_without_the_right_cannot_adopt(shop: Shop, flow: Flow) -> None:
    arm(flow, "short", 3000, 200, "0")
    arm(flow, "long", 3000, 420, "0")
    viewer = signed_in(person(shop, "vi@example.com", "viewer"))
    assert "Send everybody" not in text_of(viewer, "/flows/recover/results")
    assert viewer.post("/flows/recover/results/adopt", {"split": "0"}).status_code == 403


def test_a_changed_share_begins_anew_and_the_first_numbers_stay_readable(client: Client, flow: Flow) -> None:
    arm(flow, "control", 1000, 60)
    arm(flow, "treated", 9000, 990)
    services.save_draft(flow.shop_id, FLOW.replace("share: 10", "share: 20"))
    services.publish(flow.shop_id, "recover", "ana")
    page = text_of(client, "/flows/recover/results")
    assert "Too early" in page.partition("Measured before")[0]
    assert "Between" in page.partition("Measured before")[2]


def test_the_holdout_of_the_whole_shop_is_on_the_overview(client: Client, flow: Flow, shop: Shop) -> None:
    shop.settings = {"holdout_share": 5}
    shop.save()
    whole = Flow(pk=0, shop=shop, name="")
    arm(whole, "control", 500, 20, "holdout", design="500/2w")
    arm(whole, "treated", 9500, 950, "holdout", design="500/2w")
    page = text_of(client, "/results")
    assert "All marketing together" in page
    assert "than without any marketing" in page


def test_numbers_of_another_shop_are_never_shown(client: Client, flow: Flow) -> None:
    other = make_shop("other", "Other")
    services.save_draft(other.pk, FLOW)
    services.publish(other.pk, "recover", "eve")
    arm(Flow.objects.get(shop=other), "control", 1000, 60)
    arm(Flow.objects.get(shop=other), "treated", 9000, 990)
    assert "9,000" not in text_of(client, "/flows/recover/results")
    assert "Between" not in text_of(client, "/results")


def test_a_control_group_around_a_transactional_mail_is_not_published(shop: Shop) -> None:
    mail = "{subject: Hi, text: Hi}"
    with pytest.raises(FlowInvalid, match="nobody may be kept from"):
        services.save_draft(
            shop.pk,
            f"flow: t\ntrigger: {{event: order.paid}}\ncontrol: {{share: 5}}\nsteps: [{{messages.send_email: {mail}}}]",
        )


def test_the_api_gives_the_same_numbers(flow: Flow, shop: Shop) -> None:
    arm(flow, "control", 1000, 60)
    arm(flow, "treated", 9000, 990, credited=500, **{"credited:EUR": 1234500})
    key = {"HTTP_AUTHORIZATION": f"Bearer {issue(shop.pk, 'test', 'read', 'ana@example.com')}"}
    found = Client().get("/api/v1/flows/recover/results?effect=0.2", **key)
    assert found.status_code == 200, found.content
    document = found.json()
    control = next(one for one in document["experiments"] if one["experiment"] == "control")
    arms = {one["arm"]: one for one in control["arms"]}
    assert arms["treated"]["revenue"] == "19800.00"
    assert arms["treated"]["attributed"] == {"orders": 500, "revenue": {"EUR": "12345.00"}}
    (lift,) = control["lifts"]
    assert (lift["arm"], lift["against"], lift["orders"]["verdict"]) == ("treated", "control", "better")
    assert lift["orders"]["low"] < 450 < lift["orders"]["high"]
    assert lift["orders"]["estimate"] == pytest.approx(450)
    assert lift["orders"]["per_person"]["estimate"] == pytest.approx(0.05)
    assert control["needed"]["effect"] == 0.2
    assert control["history"][-1]["revenue"]["estimate"] == "9000.00"
    (item,) = Client().get("/api/v1/results", **key).json()["items"]
    assert item["experiments"][0]["history"] == []
    assert item["experiments"][0]["lifts"] == control["lifts"]
    assert Client().get("/api/v1/flows/nothing/results", **key).status_code == 404
    assert Client().get("/api/v1/flows/recover/results?effect=0", **key).status_code == 422
