"""When people answer: told apart from when they are written to, drawn towards the shop, and claimed only where sure."""

from __future__ import annotations

import random

import pytest

from sereno.modules.scores.answering import UNANSWERED, VISIT, Acts, Learned, act, before, fit
from sereno.modules.scores.timeliness import Arm, Sent, contrast, gain, judge

HOUR, DAYS = 3600, 120
CUT = (DAYS - 28) * 24 * HOUR


def shop(number: int, seed: int, favourites: list[int], lift: float) -> tuple[dict[str, Acts], list[Sent]]:
    """People who answer within some hours with a chance that is higher near their favourite hour, by `lift`. The
    newsletter goes at ten, carts when they are left; carts are answered more. Some find what they left when it is that
    hour."""
    dice = random.Random(seed)
    people: dict[str, Acts] = {}
    sent: list[Sent] = []
    for person in range(number):
        favourite, eager, acts = dice.choice(favourites), dice.betavariate(2, 6), list[int]()
        for day in range(DAYS):
            for source in ("news", "cart", "browse"):
                if dice.random() >= 0.12:
                    continue
                hour = 10 if source == "news" else dice.randrange(7, 23)
                at = (day * 24 + hour) * HOUR + dice.randrange(HOUR)
                chance = eager + (0.15 if source == "cart" else 0) + (lift if abs(hour - favourite) <= 1 else 0)
                lag = int(dice.expovariate(0.8)) if dice.random() < chance else UNANSWERED
                if lag == UNANSWERED and lift and dice.random() < 0.1:
                    lag = (favourite - hour) % 24
                is_late = lag == UNANSWERED
                acts.append(act(at + (0 if is_late else lag * HOUR), at // HOUR % 168, lag))
                if at >= CUT:
                    sent.append(Sent(str(person), source, hour, lag < 3))
        people[str(person)] = sorted(acts)
    return people, sent


def test_own_hours_are_found_and_surely_better() -> None:
    people, sent = shop(1200, 1, [8, 12, 19, 21], 0.15)
    found = judge(people, CUT, sent)
    assert found.own is not None and found.own.low > 0.02 and found.own.value < 0.25
    assert found.over is not None and found.over.low > 0
    assert found.takes_own


def test_one_hour_of_all_is_the_shops_and_nobodys_own() -> None:
    people, sent = shop(1200, 2, [20], 0.15)
    found = judge(people, CUT, sent)
    assert found.shop is not None and found.shop.low < 0.15 < found.shop.high + 0.03
    assert found.takes_shop and not found.takes_own
    assert fit(people.values(), CUT).whole.best_hour in (19, 20)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_where_hours_do_not_matter_nothing_is_claimed(seed: int) -> None:
    people, sent = shop(800, seed, [20], 0.0)
    found = judge(people, CUT, sent)
    assert not found.takes_own and not found.takes_shop
    assert found.messages == len(sent) == sum(went for went, _ in found.hours)


def test_a_shop_that_always_writes_at_ten_claims_nothing() -> None:
    """All answer at eleven, for all were written to at ten: that says nothing of eleven."""
    people = {
        str(number): [act((day * 24 + 11) * HOUR, (day * 24 + 10) % 168, 1) for day in range(0, DAYS, 3)]
        for number in range(200)
    }
    sent = [Sent(person, "news", 10, day % 2 == 0) for person in people for day in range(8)]
    found = judge(people, CUT, sent)
    assert (found.own, found.over, found.shop) == (None, None, None)
    taught = fit(people.values(), CUT)
    assert max(taught.hours) / min(taught.hours) < 1.1, "soon after the message, and no hour better than another"
    assert taught.whole.best_hour == 10


def test_few_acts_move_little_and_many_decide() -> None:
    people, _ = shop(600, 6, [8, 21], 0.2)
    learned = Learned(fit(people.values(), CUT))
    whole = learned.taught.whole
    visits = [act(day * 24 * HOUR + 15 * HOUR, day % 7 * 24 + 15, VISIT) for day in range(60)]
    few, many = learned.profile(visits[:1]), learned.profile(visits)
    assert few.acts == 1 and many.acts == 60
    assert few.best_hour == whole.best_hour
    assert many.best_hour in (13, 14, 15), "the three hours from there hold three o'clock"
    night = [act(day * 24 * HOUR + 3 * HOUR, day % 7 * 24 + 3, VISIT) for day in range(60)]
    assert 7 <= learned.profile(night).best_hour < 23, "the shop never wrote at night: nothing is known of that"


def test_nothing_after_the_cut_is_seen() -> None:
    people, sent = shop(100, 7, [20], 0.2)
    cut_off = {key: list(before(acts, CUT)) for key, acts in people.items()}
    assert fit(people.values(), CUT) == fit(cut_off.values(), 10**10)
    assert judge(people, CUT, sent) == judge(cut_off, CUT, sent)


def test_an_eager_reader_and_a_loved_newsletter_are_no_good_hour() -> None:
    """Eager people happen to be written to at eight; the loved newsletter always goes at eight."""
    dice = random.Random(8)
    sent = [
        Sent(str(person), source, hour, dice.random() < eager + (0.3 if source == "loved" else 0))
        for person in range(400)
        for eager in (0.6 if person % 2 else 0.1,)
        for source, hours in (("loved", [8]), ("plain", [8, 14] if person % 2 else [14, 14]))
        for hour in hours
        for _ in range(3)
    ]
    plainly = [one.is_answered for one in sent if one.hour == 8], [one.is_answered for one in sent if one.hour != 8]
    assert sum(plainly[0]) / len(plainly[0]) - sum(plainly[1]) / len(plainly[1]) > 0.2
    found = gain(sent, [lambda one: float(one.hour == 8)])
    assert found is not None and found.low < 0 < found.high


def test_two_groups_are_compared_by_people() -> None:
    assert contrast(Arm(49, 100, 10, 1, 1, 1), Arm(500, 100, 10, 1, 1, 1)) is None
    # A hundred people with one message each: as for plain shares.
    plain = contrast(Arm(100, 100, 30, 100, 30, 30), Arm(100, 100, 10, 100, 10, 10))
    assert plain is not None and plain.value == pytest.approx(0.2)
    assert plain.high - plain.value == pytest.approx(1.96 * ((0.21 + 0.09) / 99) ** 0.5)
    # The same from fifty people who did all or nothing with both of theirs: less is known.
    paired = contrast(Arm(50, 100, 30, 200, 60, 60), Arm(50, 100, 10, 200, 20, 20))
    assert paired is not None and paired.high - paired.low > 1.3 * (plain.high - plain.low)
