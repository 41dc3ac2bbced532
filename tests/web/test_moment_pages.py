"""When customers answer, on the page, by key and among the results; a newsletter at everybody's best moment."""

from __future__ import annotations

from typing import Any

from calling import call
from django.test import Client
from seeding import Seeded

from sereno.engine.moments import Profile
from sereno.modules.newsletters.models import Newsletter
from sereno.modules.scores.models import CustomerMoment, MomentState
from sereno.store.keys import issue

EVENING = Profile((0,) * 7 + (40,) * 12 + (255, 250, 100, 0, 0), (255,) * 7, 12)
GAIN = {"value": 0.081, "low": 0.052, "high": 0.11, "people": 1240, "messages": 9000}
HOURS = [[0, 0]] * 7 + [[500, 60]] * 12 + [[700, 190], [650, 170], [400, 60], [0, 0], [0, 0]]
ARMS = {
    "treated": {"people": 900, "messages": 1800, "went": 1700, "opened": 720, "clicked": 90, "soon": 500},
    "control": {"people": 100, "messages": 200, "went": 198, "opened": 60, "clicked": 8, "soon": 30},
}


def learned(seeded: Seeded, *, own: bool = True, measured: dict[str, Any] | None = None, **gains: Any) -> None:
    hours, days = EVENING.texts()
    tried = {"window": 3, "messages": 12000, "answered": 2000, "own": GAIN, "over": GAIN, "shop": None, "hours": HOURS}
    arms = {"arms": {name: dict.fromkeys(arm, 0) for name, arm in ARMS.items()}, "answered_in": 5}
    facts = {"people": 1, "acts": 12, "strength": 16.0, "tried": {**tried, **gains}, "measured": measured or arms}
    MomentState.objects.create(
        shop=seeded.shop, takes_own=own, takes_shop=False, hours=hours, days=days, facts=facts, made_at=0
    )
    CustomerMoment.objects.create(shop=seeded.shop, key="17", hours=hours, days=days, acts=12, job=1, made_at=0)


def outcome(low: float, high: float) -> dict[str, Any]:
    gap = {"value": (low + high) / 2, "low": low, "high": high, "people": 1000, "messages": 2000}
    return {"share": 1000, "days": 90, "answered_in": 5, "arms": ARMS, "opened": gap, "clicked": None, "soon": gap}


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_page_teaches_then_says_what_is_used_and_why(boss: Client, seeded: Seeded) -> None:
    assert "No hours yet" in read(boss, "/scores/moments")
    learned(seeded)
    page = read(boss, "/scores/moments")
    assert "own hours are used" in page and "Nobody has waited for a best moment yet" in page
    assert "8.1 points more were answered within 3 hours (between 5.2 and 11" in page
    assert "Too few people were written to both near that hour" in page
    assert page.count("<rect") >= 24 and "19:00" in page and "of 1 person." in page


def test_what_is_not_sure_is_not_used_and_said_so(boss: Client, seeded: Seeded) -> None:
    learned(seeded, own=False, over={**GAIN, "low": -0.01})
    page = read(boss, "/scores/moments")
    assert "No hour surely does better" in page and "not sure" in page


def test_what_waiting_brings_stands_among_the_results(boss: Client, seeded: Seeded) -> None:
    assert "waiting for the best moment" not in read(boss, "/results")
    learned(seeded, measured=outcome(0.02, 0.18))
    for path in ("/results", "/scores/moments"):
        page = read(boss, path)
        assert "had 10 points more opened (2 to 18)" in page.replace("<b>", "").replace("</b>", "")
        assert "Left alone" in page and "40 %" in page and "too early" in page
    MomentState.objects.all().delete()
    CustomerMoment.objects.all().delete()
    learned(seeded, measured=outcome(-0.02, 0.18))
    assert "cannot be told" in read(boss, "/results")


def test_hours_by_key(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "tests", "read", "ana@example.com")
    call(key, "GET", "scores/moments", status=404)
    learned(seeded, measured=outcome(0.02, 0.18))
    found = call(key, "GET", "scores/moments")
    assert found["used"] == "own" and found["hours"][19] == 255 and found["tried"]["own"]["people"] == 1240
    assert found["measured"]["arms"]["control"]["messages"] == 200 and "tried" not in found["learned"]
    one = call(key, "GET", "scores/moments/customer?customer=17")
    assert (one["best_hour"], one["acts"], len(one["days"])) == (19, 12, 7)
    call(key, "GET", "scores/moments/customer?customer=99", status=404)


def test_a_newsletter_asks_for_everybodys_best_moment(boss: Client, seeded: Seeded) -> None:
    form = {"name": "Autumn", "message": "", "when": "best", "hour": "2027-03-02T09:00", "within": "12h"}
    answer = boss.post("/newsletters/new", form)
    assert answer.status_code == 302, answer.content[:300]
    row = Newsletter.objects.get()
    assert row.schedule == {"kind": "best", "at": row.schedule["at"], "within": "12h"}
    page = read(boss, f"/newsletters/{row.pk}")
    assert 'value="best" checked' in page and 'value="12h"' in page and "2027-03-02T09:00" in page
    wrong = boss.post("/newsletters/new", {**form, "within": "9d"})
    assert "within 1h to 3d" in wrong.content.decode()
    boss.post("/newsletters/new", {**form, "hour": ""})
    assert Newsletter.objects.latest("pk").schedule == {"kind": "best", "within": "12h"}
