"""Risk as staff see it: the queue and what is decided in it, lists, rules, what was learned, and an order's card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from calling import text_of
from django.test import Client
from seeding import NOW, Seeded, make_shop

from sereno.modules.orders.models import Order, OrderStanding
from sereno.modules.risk.models import RiskAssessment, RiskEntry, RiskOutbreak, RiskPolicy
from sereno.runtime.risk import reviewing
from sereno.store.models import Audit, Effect, Shop

REASONS = [
    {"code": "card.shared", "points": 35, "facts": {"count": "3"}},
    {"code": "history.good", "points": -25, "facts": {"count": "2"}},
]


def make_risky(shop: Shop, key: str, *, score: int = 70, **columns: Any) -> RiskAssessment:
    data = {"id": key, "number": f"#{key}", "email": f"b{key}@shop.example", "ip_address": "81.40.1.7"}
    values = {"number": f"#{key}", "status": "open", "currency": "EUR", "total": "52.75", "email": data["email"]}
    Order.objects.create(
        shop=shop, key=key, version=1, data=data, seen_at=NOW, placed_at=NOW - timedelta(hours=1), **values
    )
    verdict = {"id": key, "risk_score": score, "risk_level": "high", "reasons": REASONS, "needs_review": True}
    held = {"score": score, "level": "high", "is_waiting": True, "subject": f"order:{key}", **columns}
    facts = {"facts": {"card_people": 3}}
    return RiskAssessment.objects.create(
        shop=shop, key=key, version=0, data={**verdict, **facts}, seen_at=NOW, assessed_at=NOW, **held
    )


def test_the_riskiest_comes_first_with_its_reasons_and_what_is_over_is_left_out(seeded: Seeded, boss: Client) -> None:
    make_risky(seeded.shop, "r1", score=65)
    make_risky(seeded.shop, "r2", score=90)
    make_risky(seeded.shop, "r3", score=99)
    Order.objects.filter(key="r3").update(status="cancelled")
    page = text_of(boss, "/risk")
    assert page.index("#r2") < page.index("#r1")
    assert "#r3" not in page
    assert "One card, several people" in page
    assert "+35" in page
    assert "-25" in page


def test_a_queue_of_none_teaches(boss: Client) -> None:
    assert "Nothing waits to be looked at" in text_of(boss, "/risk")
    for path in ("judged", "buying-out", "lists", "learned"):
        assert 'class="empty' in text_of(boss, f"/risk/{path}")


def test_letting_go_on_and_taking_it_back(seeded: Seeded, boss: Client) -> None:
    row = make_risky(seeded.shop, "r1")
    page = boss.post("/risk/decide", {"id": row.pk, "decision": "released"}, follow=True).content.decode()
    assert "1 order may go on." in page
    row.refresh_from_db()
    assert (row.is_waiting, row.decision) == (False, "released")
    assert "Take it back" in page
    assert "1 order waits again." in boss.post("/risk/undo", follow=True).content.decode()
    row.refresh_from_db()
    assert row.is_waiting
    assert OrderStanding.objects.get(key="r1").is_held
    assert [one.action for one in Audit.objects.filter(target="r1").order_by("id")] == [
        "risk.released",
        "risk.reopened",
    ]


def test_refusing_many_holds_them_all(seeded: Seeded, boss: Client) -> None:
    rows = [make_risky(seeded.shop, f"r{one}") for one in range(3)]
    given = {"id": [row.pk for row in rows], "decision": "refused", "note": "stolen"}
    assert "3 orders are refused and held" in boss.post("/risk/decide", given, follow=True).content.decode()
    assert OrderStanding.objects.filter(is_held=True).count() == 3
    assert RiskAssessment.objects.filter(decision="refused").count() == 3


def test_nothing_ticked_or_no_decision_changes_nothing(seeded: Seeded, boss: Client) -> None:
    row = make_risky(seeded.shop, "r1")
    for given in ({"decision": "released"}, {"id": row.pk, "decision": "eaten"}):
        assert "Nothing was ticked" in boss.post("/risk/decide", given, follow=True).content.decode()
    assert RiskAssessment.objects.get().is_waiting


def test_blocking_puts_what_was_ticked_on_the_list(seeded: Seeded, boss: Client) -> None:
    row = make_risky(seeded.shop, "r1")
    boss.post("/risk/block", {"id": row.pk, "kind": ["email", "card"]})
    assert [(one.list, one.kind, one.value) for one in RiskEntry.objects.all()] == [
        ("block", "email", "br1@shop.example")
    ]
    assert "br1@shop.example" in text_of(boss, "/risk/lists?list=block")


def test_lists_take_many_lines_and_refuse_what_is_none(seeded: Seeded, boss: Client) -> None:
    given = {"list": "allow", "kind": "ip", "values": "81.40.1.7\n81.40.1.8\n", "reason": "our till", "days": "30"}
    assert "2 entries are on the list." in boss.post("/risk/lists/add", given, follow=True).content.decode()
    entry = RiskEntry.objects.first()
    assert entry is not None
    assert entry.expires_at is not None
    page = boss.post("/risk/lists/add", {**given, "values": "house"}, follow=True).content.decode()
    assert "Not added" in page
    boss.post("/risk/lists/remove", {"id": entry.pk})
    assert RiskEntry.objects.count() == 1
    assert not any("81.40" in str(one.details) + one.target for one in Audit.objects.all())


def test_rules_are_kept_and_refused_with_the_reason(seeded: Seeded, boss: Client) -> None:
    page = text_of(boss, "/risk/rules")
    assert "One card, several people" in page
    given = {"medium": "20", "high": "50", "review": "medium", "watched": "GIFT-*", "on-card.cvv": "on",
             "points-card.cvv": "44"}  # fmt: skip
    boss.post("/risk/rules", given)
    kept = RiskPolicy.objects.get(shop=seeded.shop)
    assert (kept.document["high"], kept.document["watched"]) == (50, ["GIFT-*"])
    assert {"code": "card.cvv", "is_on": True, "points": 44, "limit": None} in kept.document["rules"]
    page = boss.post("/risk/rules", {**given, "medium": "60"}, follow=True).content.decode()
    assert "medium must begin below high" in page
    assert RiskPolicy.objects.get().version == 1


def test_what_was_learned_says_what_it_is_worth(seeded: Seeded, boss: Client) -> None:
    report: dict[str, Any] = {
        "reason": "risk.not_better", "orders": 900, "bad": 90, "judged": 225, "judged_bad": 31, "rules": 0.61,
        "learned": 0.6, "difference": -0.01, "low": -0.05, "high": 0.03, "calibration": [[0.1, 0.2, 45]],
    }  # fmt: skip
    RiskPolicy.objects.create(shop=seeded.shop, document={}, learned={"model": None, "report": report})
    page = text_of(boss, "/risk/learned")
    assert "No evidence that it beats the rules" in page
    assert "-0.010 (-0.050 … +0.030)" in page
    boss.post("/risk/learn")
    assert Effect.objects.filter(action="risk.learn", status="pending").exists()


def test_an_orders_page_has_its_risk_and_judges_it(seeded: Seeded, boss: Client) -> None:
    make_risky(seeded.shop, "r1")
    order = Order.objects.get(key="r1")
    page = text_of(boss, f"/orders/{order.pk}")
    assert "One card, several people" in page
    assert "card_people" in page
    boss.post(f"/orders/{order.pk}/assess")
    assert Effect.objects.filter(action="risk.assess", subject="order:r1").exists()


def test_judged_orders_are_narrowed_and_buying_out_is_told(seeded: Seeded, boss: Client) -> None:
    make_risky(seeded.shop, "r1")
    make_risky(seeded.shop, "r2", decision="refused", is_waiting=False)
    assert "#r1" in text_of(boss, "/risk/judged?level=high")
    page = text_of(boss, "/risk/judged?decision=refused")
    assert "#r2" in page
    assert "#r1" not in page
    found = text_of(boss, "/risk/judged?q=br1@shop.example")
    assert "#r1" in found and "#r2" not in found, "by the customer's address"
    assert "Nothing matches" in text_of(boss, "/risk/judged?q=br1@shop.example&decision=refused")
    assert "#r2" in text_of(boss, "/risk/judged?q=r2&decision=refused")
    assert "Nothing matches" in text_of(boss, "/risk/judged?q=nobody@shop.example")
    RiskOutbreak.objects.create(
        shop=seeded.shop, item="TAZA-1", pattern="ip", mark="x", units=40, orders=9, first_at=NOW, last_at=NOW
    )
    assert "one IP address" in text_of(boss, "/risk/buying-out")


def test_a_viewer_looks_and_changes_nothing(seeded: Seeded) -> None:
    row = make_risky(seeded.shop, "r1")
    client = Client()
    client.force_login(seeded.viewer)
    assert "Cancel and refund" not in text_of(client, "/risk")
    assert client.post("/risk/decide", {"id": row.pk, "decision": "released"}).status_code == 403
    assert client.post("/risk/rules", {"medium": "1", "high": "2"}).status_code == 403


def test_another_shops_orders_are_out_of_reach(seeded: Seeded, boss: Client) -> None:
    other = make_risky(make_shop("other"), "r9")
    assert "#r9" not in text_of(boss, "/risk")
    boss.post("/risk/decide", {"id": other.pk, "decision": "refused"})
    assert boss.post("/risk/block", {"id": other.pk, "kind": "email"}).status_code == 404
    other.refresh_from_db()
    assert other.is_waiting
    assert reviewing.REFUSED not in set(RiskAssessment.objects.values_list("decision", flat=True))
