"""The test behind the automatic stop: right in its promises when it is looked at after every single try."""

from __future__ import annotations

import random
from math import exp

import pytest

from sereno.engine.evidence import ODDS, RISK, at_least, between, exceeds, share_allowed, weight


@pytest.mark.parametrize(
    ("hits", "tries", "limit", "is_beyond"),
    [
        (1, 3, 0.05, False),
        (30, 100, 0.05, True),
        (0, 1000, 0.05, False),
        (5, 100, 0.05, False),
        (1, 1, 0.003, False),
        (1, 30, 0.003, False),
        (8, 300, 0.003, True),
        (3, 3, 0.05, True),
        (0, 0, 0.05, False),
        (50, 100, 1.0, False),
        (60, 100, 0.5, False),
        (80, 100, 0.5, True),
    ],
)
def test_what_counts_as_evidence(hits: int, tries: int, limit: float, is_beyond: bool) -> None:
    assert exceeds(hits, tries, limit) is is_beyond


def test_the_weight_is_the_mean_of_the_likelihood_ratios() -> None:
    limit, hits, tries = 0.2, 3, 7
    ratios = []
    for odds in ODDS:
        rate = limit * odds / (1 - limit + limit * odds)
        ratios.append((rate / limit) ** hits * ((1 - rate) / (1 - limit)) ** (tries - hits))
    assert exp(weight(hits, tries, limit)) == pytest.approx(sum(ratios) / len(ratios))


@pytest.mark.parametrize("limit", [0.003, 0.05, 0.5])
def test_peeking_after_every_try_hardly_ever_stops_what_is_right(limit: float) -> None:
    chance = random.Random(7)
    tries, rounds = 1500, 1200
    wrong = 0
    for _ in range(rounds):
        hits = 0
        for number in range(1, tries + 1):
            if chance.random() < limit:
                hits += 1
                if exceeds(hits, number, limit):
                    wrong += 1
                    break
    # The promise is 1 %; more than 24 of 1,200 at 1 % happens once in a thousand times.
    assert wrong <= 2 * RISK * rounds


def test_what_is_clearly_wrong_is_stopped_soon() -> None:
    chance = random.Random(11)
    taken: list[int] = []
    for _ in range(200):
        hits = number = 0
        while not exceeds(hits, number, 0.05):
            number += 1
            hits += chance.random() < 0.3
        taken.append(number)
    assert sorted(taken)[len(taken) // 2] <= 20
    assert sorted(taken)[-3] <= 60


def test_the_interval_agrees_with_the_test_and_closes_in() -> None:
    for hits, tries in ((1, 3), (30, 100), (8, 300), (500, 1000)):
        low, high = between(hits, tries)
        assert low <= hits / tries <= high
        assert exceeds(hits, tries, low * 0.999)
        assert not exceeds(hits, tries, low * 1.001 + 1e-9)
    narrow, wide = between(3000, 10_000), between(30, 100)
    assert narrow[1] - narrow[0] < (wide[1] - wide[0]) / 3
    assert between(0, 0) == (0.0, 1.0)
    assert at_least(0, 50) == 0.0 and between(0, 500)[1] < 0.03


def test_the_share_of_effects_allowed() -> None:
    assert share_allowed(0.05, 0.95, 1.0) == pytest.approx(0.05)
    assert share_allowed(1.0, 1.0, 2.0) == pytest.approx(2 / 3)
    assert share_allowed(0.0, 0.0, 2.0) == 1.0
