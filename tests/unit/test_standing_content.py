"""What stands where on a shop's site: by dates, priority, segment, tag and showing; and what is no campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.sdk.content import (
    Campaign,
    CampaignInvalid,
    Piece,
    Showing,
    Visitor,
    read_campaign,
    standing,
    write_campaign,
)

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BAR: dict[str, Any] = {"id": "p1", "kind": "bar", "text": {"en": "Free shipping"}}


def campaign(name: str = "sale", priority: int = 50, **more: Any) -> Campaign:
    pieces = more.pop("pieces", (Piece("p1", "bar", "bar", {"en": name}),))
    return Campaign(name, name, pieces, priority, **more)


def seen(*campaigns: Campaign, showings: tuple[Showing, ...] = (), at: datetime = NOW, **who: Any) -> dict[str, str]:
    return {place: one.name for place, (one, _) in standing(campaigns, showings, Visitor(**who), at).items()}


def test_of_two_at_one_place_the_higher_has_it_and_the_other_stands_again_when_it_ends() -> None:
    usual, sale = campaign("usual", 10), campaign("sale", 90, starts_at=NOW, ends_at=NOW + HOUR)
    assert seen(usual, sale, at=NOW - timedelta(microseconds=1)) == {"bar": "usual"}
    assert seen(usual, sale) == {"bar": "sale"}
    assert seen(usual, sale, at=NOW + HOUR) == {"bar": "usual"}, "the end is the first instant without it"


def test_of_equals_the_later_start_has_it_then_the_name() -> None:
    old, new = campaign("old", starts_at=NOW - HOUR), campaign("new", starts_at=NOW)
    assert seen(old, new) == seen(new, old) == {"bar": "new"}
    assert seen(campaign("b"), campaign("a")) == {"bar": "a"}


def test_who_is_not_in_the_segment_does_not_see_it() -> None:
    vip = campaign("vip", segment="vip")
    assert seen(vip) == {}
    assert seen(vip, customer="7", segments=frozenset({"vip"})) == {"bar": "vip"}


def test_what_is_asked_for_stands_only_there_and_so_long() -> None:
    asked = campaign("back", is_asked=True)
    assert seen(asked) == {}
    mine = (Showing("back", customer="7", until=NOW + HOUR),)
    assert seen(asked, showings=mine, customer="7") == {"bar": "back"}
    assert seen(asked, showings=mine, customer="8") == seen(asked, showings=mine) == {}
    assert seen(asked, showings=mine, customer="7", at=NOW + HOUR) == {}
    assert seen(asked, showings=(Showing("back"),)) == {"bar": "back"}


def test_badges_stand_on_named_products_on_a_tag_or_where_they_were_asked_for() -> None:
    def badge(**more: Any) -> Campaign:
        is_asked = more.pop("is_asked", False)
        return campaign("b", is_asked=is_asked, pieces=(Piece("p1", "badge", "badge", {"en": "New"}, **more),))

    assert seen(badge(products=("1",)), product="1") == {"badge": "b"}
    assert seen(badge(products=("1",)), product="2") == seen(badge(products=("1",))) == {}
    assert seen(badge(tag="new"), product="2", tags=frozenset({"new"})) == {"badge": "b"}
    assert seen(badge(tag="new"), product="2", tags=frozenset({""})) == {}
    shown = (Showing("b", product="3"),)
    assert seen(badge(is_asked=True), showings=shown, product="3") == {"badge": "b"}
    assert seen(badge(is_asked=True), showings=shown, product="4") == {}


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(-5, 5), st.integers(1, 5)), max_size=8), st.integers(-9, 9))
def test_whatever_overlaps_taking_one_away_leaves_what_would_stand_without_it(
    drawn: list[tuple[int, int, int]], hour: int
) -> None:
    held = [
        campaign(f"c{n}", priority, starts_at=NOW + start * HOUR, ends_at=NOW + (start + length) * HOUR)
        for n, (priority, start, length) in enumerate(drawn)
    ]
    at = NOW + hour * HOUR
    first = seen(*held, at=at)
    if first:
        rest = [one for one in held if one.name != first["bar"]]
        over = [one if one.name != first["bar"] else campaign(one.name, 100, ends_at=at) for one in held]
        assert seen(*over, at=at) == seen(*rest, at=at)
    assert seen(*reversed(held), at=at) == first


def test_a_document_comes_back_as_it_was_kept() -> None:
    document = {
        "title": "Black Friday",
        "priority": 80,
        "is_asked": True,
        "starts_at": "2026-11-27T00:00:00+01:00",
        "ends_at": "2026-11-30T00:00:00+01:00",
        "segment": "vip",
        "pieces": [
            BAR,
            {"id": "p2", "kind": "banner", "place": "hero", "image": "https://x.example/a.jpg", "alt": {"en": "Mugs"}},
            {"id": "p3", "kind": "setting", "place": "hue", "value": "#222", "tone": "urgent"},
            {"id": "p4", "kind": "badge", "text": {"es": "Nuevo"}, "products": ["1", "2"], "tag": "new"},
        ],
    }
    found = read_campaign("black-friday", document)
    assert found.pieces[2].place == "setting:hue" and found.pieces[0].place == "bar"
    assert read_campaign("black-friday", write_campaign(found)) == found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pieces": []}, "pieces.number"),
        ({"pieces": [BAR, BAR]}, "piece.twice"),
        ({"title": " "}, "text.missing"),
        ({"priority": 101}, "priority.invalid"),
        ({"priority": True}, "priority.invalid"),
        ({"starts_at": "2026-11-27T00:00:00"}, "dates.wrong"),
        ({"starts_at": "2026-11-27T00:00:00Z", "ends_at": "2026-11-27T00:00:00Z"}, "dates.wrong"),
        ({"segment": "A B"}, "segment.invalid"),
        ({"pieces": [{**BAR, "kind": "blink"}]}, "kind.unknown"),
        ({"pieces": [{**BAR, "text": {}}]}, "text.missing"),
        ({"pieces": [{**BAR, "url": "javascript:alert(1)"}]}, "url.invalid"),
        ({"pieces": [{**BAR, "url": "//evil.example"}]}, "url.invalid"),
        ({"pieces": [{**BAR, "url": "/\\evil.example"}]}, "url.invalid"),
        ({"pieces": [{**BAR, "button": {"en": "Go"}}]}, "url.missing"),
        ({"pieces": [{"id": "p1", "kind": "banner", "place": "bar", "text": {"en": "x"}}]}, "place.invalid"),
        ({"pieces": [{"id": "p1", "kind": "banner", "place": "a", "image": "/x.png"}]}, "alt.missing"),
        ({"pieces": [{**BAR, "text": {"de": "Hallo"}}]}, "text.language"),
        ({"pieces": [{**BAR, "tone": "loud"}]}, "tone.unknown"),
    ],
)
def test_what_is_no_campaign_says_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(CampaignInvalid) as found:
        read_campaign("sale", {"title": "Sale", "pieces": [BAR], **change})
    assert found.value.code == code
