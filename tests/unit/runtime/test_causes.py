"""One cause is told once: what hangs on a silent or busy connection or event is no news of its own."""

from __future__ import annotations

import pytest

from sereno.runtime.watching.judging import BUSY, SILENT, Problem, Series, _causes

NOW = 0


def series(kind: str, about: str, *feeds: str) -> Series:
    return Series(
        id=hash(about) % 1000,
        shop_id=1,
        kind=kind,
        name=about,
        about=about,
        title=about,
        last_at=NOW,
        learned_hour=0,
        tolerance=1.0,
        feeds=feeds,
    )


WATCHED = [
    series("connection", "connection:shop"),
    series("event", "event:order.created", "flow:thanks"),
    series("flow", "flow:thanks"),
    series("flow", "flow:other"),
]


def problem(codes: dict[str, str], one: Series, shop: int = 1) -> Problem:
    return Problem(shop, codes[one.kind], one.about, codes[one.kind], {})


@pytest.mark.parametrize("codes", [SILENT, BUSY])
def test_a_connection_hides_what_comes_through_it(codes: dict[str, str]) -> None:
    found = [problem(codes, one) for one in WATCHED]
    assert [one.about for one in _causes(found, WATCHED)] == ["connection:shop"]
    assert [one.about for one in _causes(found[1:], WATCHED)] == ["event:order.created", "flow:other"]
    assert [one.about for one in _causes(found[2:], WATCHED)] == ["flow:thanks", "flow:other"]
    elsewhere = problem(codes, WATCHED[2], shop=2)
    assert elsewhere in _causes([found[0], elsewhere], WATCHED)
