"""The queue of risky orders is worked off by keys: one let go and taken back, one whose buyer is blocked."""

from __future__ import annotations

import pytest
from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

RISKY = """
from sereno.modules.orders.models import Order
from sereno.modules.risk.models import RiskAssessment
for key, score in (("risk1", 95), ("risk2", 80)):
    data = {"id": key, "number": f"#{key}", "email": f"{key}@mail.example", "total": "900.00", "currency": "EUR",
        "shipping_address": {"name": "N. N.", "line1": "Quay 4", "city": "Porto", "country": "PT"}}
    Order.objects.create(shop=shop, key=key, version=1, data=data, seen_at=now, placed_at=now, number=f"#{key}",
        status="open", email=data["email"], total="900.00", currency="EUR")
    reasons = [{"code": "card.cvv", "points": 40, "facts": {}}]
    verdict = {"risk_score": score, "risk_level": "high", "reasons": reasons, "needs_review": True, "facts": {}}
    RiskAssessment.objects.create(shop=shop, key=key, version=0, seen_at=now, assessed_at=now, score=score,
        level="high", is_waiting=True, subject=f"order:{key}", data={"id": key, **verdict})
"""


@pytest.fixture(scope="module")
def _risky(installation: Installation) -> None:
    installation.run(RISKY)


@pytest.mark.usefixtures("_risky")
def test_the_riskiest_first_by_keys(desk: Page, address: str) -> None:
    desk.goto(f"{address}/risk")
    rows = desk.locator("ol[data-keys] > li")
    worst, next_ = (rows.filter(has_text=f"#{key}") for key in ("risk1", "risk2"))
    expect(worst).to_contain_text("security code was wrong")
    assert faults(desk) == []
    _go_to(desk, worst)
    desk.keyboard.press("l")
    expect(desk.get_by_text("1 order was decided last.")).to_be_visible()
    expect(worst).to_have_count(0)
    expect(next_).to_have_count(1)
    desk.get_by_role("button", name="Take it back").click()
    expect(worst).to_have_count(1)
    _go_to(desk, next_)
    next_.locator("summary").click()
    expect(next_.get_by_role("checkbox", name="E-mail")).to_be_checked()
    next_.focus()
    desk.keyboard.press("b")
    expect(desk.get_by_text("Blocked. The next order")).to_be_visible()
    desk.goto(f"{address}/risk/lists")
    expect(desk.get_by_text("risk2@mail.example")).to_be_visible()
    assert faults(desk) == []


def _go_to(desk: Page, row: object) -> None:
    desk.wait_for_load_state("load")
    for _ in range(30):
        desk.keyboard.press("j")
        if row.evaluate("one => one === document.activeElement"):  # type: ignore[attr-defined]
            return
    raise AssertionError("the row is not reached by keys")
