"""Scores as people see them: on the page, by API key, and asked for anew."""

from __future__ import annotations

from datetime import date

from calling import call
from django.test import Client
from seeding import Seeded

from sereno.modules.scores.models import CustomerScore, LeadScore, ScoreJob, ScoreState
from sereno.store.keys import issue
from sereno.store.models import Audit

QUALITY = {
    "horizon": 90,
    "customers": 2,
    "used": {"lead": True, "chance": True, "date": False, "orders": True, "value": True},
    "chance": {"auc": 0.764, "low": 0.747, "high": 0.781, "rule": 0.736, "is_learned": True},
    "leads": 2,
    "lead": {
        "auc": 0.71,
        "low": 0.66,
        "high": 0.76,
        "rule": 0.65,
        "brier": 0.04,
        "rule_brier": 0.05,
        "expected": 61.2,
        "came": 58,
        "lift": 2.31,
        "lift_low": 1.7,
        "lift_high": 3.1,
        "is_learned": True,
    },
    "date": {"days": 15.53, "rule": 15.2, "within": 0.39, "is_learned": False},
    "orders": {"expected": 2463.1, "came": 2499.0, "rmse": 0.95, "rule": 1.05, "is_learned": True},
    "value": {"top": 0.599, "rule": 0.598, "error": 30.4, "rule_error": 36.0, "is_learned": True},
}


def scored(seeded: Seeded) -> None:
    ScoreState.objects.create(
        shop=seeded.shop, currency="EUR", quality=QUALITY, groups={"champions": 1, "lost": 1}, made_at=0, model={}
    )
    for key, group, value, due in (("17", "champions", 812.5, date(2026, 3, 20)), ("18", "lost", 0.4, None)):
        CustomerScore.objects.create(
            shop=seeded.shop, key=key, order_days=3, spent=99.0, last_on=date(2026, 2, 1), recency=5, frequency=4,
            money=4, group=group, risk=0.125, alive=0.9, orders=4.2, value=value, next_on=due, next_from=due,
            next_until=due, due_on=due, told="", told_risk=0.1, job=1, scored_at=0,
        )  # fmt: skip
    for key, chance, signals, last in (
        ("30", 0.184, {"till": 2, "look": 1}, date(2026, 2, 20)),
        ("31", 0.002, {}, None),
    ):
        LeadScore.objects.create(
            shop=seeded.shop, key=key, known_on=date(2026, 2, 1), last_on=last, chance=chance, signals=signals,
            told=18.4, job=1, scored_at=0,
        )  # fmt: skip


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_page_teaches_then_shows_and_narrows(boss: Client, seeded: Seeded) -> None:
    assert "No scores yet" in read(boss, "/scores")
    scored(seeded)
    page = read(boss, "/scores")
    assert "812.50" in page and "12 %" in page and "simple rule" in page
    assert "76 % of pairs (75 to 78)" in page and "Off by 15.5 days" in page
    assert "What was learned did not do better in every respect" in page
    lost = read(boss, "/scores?group=lost")
    assert "812.50" not in lost and "0.40" in lost
    assert "Nobody here" in read(boss, "/scores?group=new")
    assert "Nobody here" in read(boss, "/scores?group=new&by=due&after=x")


def test_scoring_anew_is_asked_for_once_and_written_down(boss: Client, seeded: Seeded) -> None:
    boss.post("/scores/anew")
    boss.post("/scores/anew")
    assert ScoreJob.objects.filter(shop=seeded.shop).count() == 1
    assert Audit.objects.filter(shop=seeded.shop, action="scores.asked").count() == 1
    assert "0 orders read" in read(boss, "/scores")


def test_the_same_by_key(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "tests", "read work", "ana@example.com")
    scored(seeded)
    found = call(key, "GET", "scores")["items"]
    assert [one["customer"] for one in found] == ["17", "18"]
    assert (found[0]["value"], found[0]["currency"], found[0]["next_on"]) == ("812.50", "EUR", "2026-03-20")
    assert [one["customer"] for one in call(key, "GET", "scores?group=lost")["items"]] == ["18"]
    assert [one["customer"] for one in call(key, "GET", "scores?due_by=2026-03-25")["items"]] == ["17"]
    assert call(key, "GET", "scores/customer?customer=18")["group"] == "lost"
    made = call(key, "GET", "scores/quality")
    assert (made["customers"], made["quality"]["chance"]["auc"]) == (2, 0.764)
    assert call(key, "POST", "scores") == {"begun": True}
    assert call(key, "POST", "scores") == {"begun": False}


def test_who_has_not_bought_yet_is_shown_with_what_they_did(boss: Client, seeded: Seeded) -> None:
    assert "No scores yet" in read(boss, "/scores/leads")
    scored(seeded)
    page = read(boss, "/scores/leads?after=x")
    assert page.index("18.4 %") < page.index("0.2 %")
    assert "went to the till" in page and "2 days" in page and "2 people" in page
    assert "71 % of pairs (66 to 76)" in page and "Expected 61 first orders, and 58 came." in page
    assert "2.3 times as often as all (1.7 to 3.1)" in page
    LeadScore.objects.all().delete()
    assert "Everybody you know has ordered" in read(boss, "/scores/leads")


def test_leads_by_key(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "tests", "read", "ana@example.com")
    scored(seeded)
    found = call(key, "GET", "scores/leads")["items"]
    assert [(one["customer"], one["score"], one["signals"]) for one in found] == [
        ("30", 18.4, {"till": 2, "look": 1}), ("31", 0.2, {}),
    ]  # fmt: skip
    assert [one["customer"] for one in call(key, "GET", "scores/leads?least=10")["items"]] == ["30"]
    assert [one["customer"] for one in call(key, "GET", "scores/leads?customer=31")["items"]] == ["31"]
