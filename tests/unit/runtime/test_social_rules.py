"""What a post is told, without a database: its words, its hours, what was learned of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest

from sereno.runtime.social import hours
from sereno.runtime.social.plan import (
    Plan,
    PostInvalid,
    compose,
    fit,
    next_slot,
    read_habits,
    read_written,
    with_utm,
    wrong,
)
from sereno.sdk.social import NETWORKS

for _name in ("mastodon", "x", "instagram"):
    import_module(f"sereno.connectors.{_name}.posts")
MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
"""Nine in the morning in Madrid, the week before the clocks change."""
X = NETWORKS.get("x").rules({})  # type: ignore[union-attr]
INSTAGRAM = NETWORKS.get("instagram").rules({})  # type: ignore[union-attr]


def test_a_link_gets_its_marks_once() -> None:
    assert with_utm("https://s.example/l?a=1#x", "x", "spring") == (
        "https://s.example/l?a=1&utm_source=x&utm_medium=social&utm_campaign=spring#x"
    )
    own = "https://s.example/l?utm_source=mine"
    assert with_utm(own, "x", "spring") == own and with_utm("", "x", "spring") == ""


def test_the_link_stands_where_the_text_says() -> None:
    assert compose("See {link} now", "https://l") == "See https://l now"
    assert compose("See", "https://l") == "See\n\nhttps://l"
    assert compose("See {link}", "") == "See"


@pytest.mark.parametrize("text", ["word " * 200, "見" * 400, "word " * 200 + "{link}", "a" * 900])
def test_what_is_too_long_is_cut_and_the_link_stays_whole(text: str) -> None:
    link = "https://shop.example/a-lamp-with-a-very-long-name?utm_source=x"
    found = fit(text, link, X)
    assert 200 < X.count(found) <= 280 and link in found and "…" in found
    assert fit("short", link, X) == f"short\n\n{link}"


def test_every_reason_an_account_would_not_take_it() -> None:
    picture = ("png", "a" * 1200, 2 * 1024 * 1024)
    codes = [one.code for one in wrong("a" * 3000, [picture] * 11, INSTAGRAM)]
    assert codes == ["post.long", "picture.many", "picture.kind", "picture.large", "picture.alt"]
    assert [one.code for one in wrong("", [], X)] == ["post.empty"]
    assert [one.code for one in wrong("a", [], INSTAGRAM)] == ["picture.missing"]


def test_words_are_by_network_then_language_then_the_usual() -> None:
    written = read_written({"text": "Lamp", "texts": {"es": "Lámpara", "x": "Lamp!"}})
    found = [written.text_for(*one) for one in (("x", "es"), ("mastodon", "es"), ("mastodon", "pt"))]
    assert found == ["Lamp!", "Lámpara", "Lamp"] and written.title == "Lamp"


@pytest.mark.parametrize(
    "given",
    [
        {"texts": {"fr": "Lampe"}},
        {"link": "javascript:alert(1)"},
        {"pictures": [{"name": "../../etc/passwd"}]},
        {"plan": {"kind": "at"}},
        {"plan": {"kind": "never"}},
        {"plan": {"kind": "at", "at": "tomorrow"}},
        {"plan": {"every": 400}},
    ],
)
def test_what_cannot_be_kept_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(PostInvalid):
        read_written({"text": "Lamp", **given})


def test_times_are_the_shops_own_and_none_is_taken_twice() -> None:
    times = read_habits({"times": ["fri 18:00", "Mon 09:00"]}).times
    assert times == ("mon 09:00", "fri 18:00")
    first = next_slot(times, frozenset(), MONDAY, MADRID)
    assert first == datetime(2026, 3, 27, 17, 0, tzinfo=UTC)
    second = next_slot(times, frozenset({first}), MONDAY, MADRID)
    # The clocks went forward on Sunday: nine in Madrid is seven in Greenwich.
    assert second == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert next_slot((), frozenset(), MONDAY, MADRID) is None
    with pytest.raises(PostInvalid):
        read_habits({"times": ["mon 9"]})


def test_a_plan_repeats_at_the_same_hour_on_the_clock_until_it_ends() -> None:
    plan = Plan("at", MONDAY, 7, MONDAY + timedelta(days=8))
    following = plan.next(MONDAY, MADRID)
    assert following == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert plan.next(following, MADRID) is None and Plan().next(MONDAY, MADRID) is None


def _past(count: int, effect: float, seed: int) -> list[tuple[int, datetime, int]]:
    """Posts of two accounts, one ten times as large; those in the evening are answered `effect` times as often."""
    luck = random.Random(seed)
    found: list[tuple[int, datetime, int]] = []
    for number in range(count):
        at = MONDAY - timedelta(days=number, hours=luck.choice((0, 3, 6, 9, 12)))
        size = 20 if number % 2 else 200
        is_evening = at.astimezone(MADRID).hour >= 18
        found.append((number % 2, at, round(size * luck.uniform(0.6, 1.4) * (effect if is_evening else 1))))
    return found


def test_an_hour_is_learned_where_it_tells_the_shops_own_past() -> None:
    learned = hours.learn(hours.past_of(_past(80, 3.0, 1), MADRID))
    assert learned.is_learned and learned.count == 80
    assert hours.best(learned, [], MONDAY, MADRID).astimezone(MADRID).hour >= 18


def test_chance_is_seldom_taken_for_knowledge_and_few_posts_never() -> None:
    fooled = sum(hours.learn(hours.past_of(_past(80, 1.0, seed), MADRID)).is_learned for seed in range(60))
    assert fooled <= 6
    assert not hours.learn(hours.past_of(_past(29, 5.0, 1), MADRID)).is_learned
    assert not hours.learn([]).is_learned


def test_without_knowledge_the_next_usual_hour_is_taken_away_from_others() -> None:
    usual = hours.learn([])
    noon = datetime(2026, 3, 23, 11, 0, tzinfo=UTC)
    assert hours.best(usual, [], MONDAY, MADRID) == noon
    assert hours.best(usual, [noon], MONDAY, MADRID) == datetime(2026, 3, 23, 17, 0, tzinfo=UTC)
    saturday = datetime(2026, 3, 28, 8, 0, tzinfo=UTC)
    assert hours.best(usual, [], saturday, MADRID).astimezone(MADRID).isoformat() == "2026-03-30T09:00:00+02:00"
