"""What is written into a store's site and put back: late edits survive whatever happens, and nothing is left behind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.sdk import site
from sereno.sdk.content import CampaignInvalid, Showing, read_campaign, wanted, write_campaign
from sereno.sdk.site import Held, Target, done, leave_theirs, plan, read_held, take_ours, write_held
from sereno.sdk.site_files import NoJson, values_at, with_values

PAGE = {"title": "Shipping", "body": "Old", "is_published": True}


class Site:
    """A platform and what is held of one thing of it."""

    def __init__(self, kind: site.Kind = "page", there: dict[str, Any] | None = None) -> None:
        self.kind: site.Kind = kind
        self.there = None if there is None else dict(there)
        self.held: Held | None = None
        self.told: list[str] = []

    def settle(self, wanted: dict[str, Any] | None, *, dies: str = "") -> None:
        """`dies`: the worker does, `before` or `after` the platform did it."""
        found = plan(self.kind, self.held, self.there, wanted)
        self.held = self._kept(found.held)
        self.told += found.edited
        if not found.changes or dies == "before":
            return
        self.there = {**(self.there or site.nothing(self.kind)), **found.changes}
        if dies == "after":
            return
        assert self.held is not None
        self.held = self._kept(plan(self.kind, done(self.held, self.there), self.there, wanted).held)

    def _kept(self, held: Held | None) -> Held | None:
        return None if held is None else read_held(write_held(held))


def test_what_was_there_is_there_again_and_nothing_is_held() -> None:
    one = Site(there=PAGE)
    one.settle({"title": "Sale", "body": "New"})
    assert one.there == {**PAGE, "title": "Sale", "body": "New"}
    one.settle(None)
    assert (one.there, one.held, one.told) == (PAGE, None, [])


def test_a_late_edit_of_what_we_wrote_stays_whole_and_is_told_once() -> None:
    one = Site(there=PAGE)
    one.settle({"title": "Sale", "body": "New"})
    one.there = {**(one.there or {}), "body": "New, corrected"}
    one.settle(None)
    one.settle(None)
    assert one.there == {**PAGE, "title": "Sale", "body": "New, corrected"}, "half of a page is nobody's page"
    assert sorted(one.told) == ["body", "title"]


def test_a_late_edit_beside_what_we_wrote_stays_and_the_rest_goes_back() -> None:
    one = Site(there={**PAGE, "seo_title": "Old words"})
    one.settle({"body": "New"})
    one.there = {**(one.there or {}), "seo_title": "Their words"}
    one.settle(None)
    assert (one.there, one.held) == ({**PAGE, "seo_title": "Their words"}, None)


def test_what_we_made_is_hidden_in_the_end_with_the_words_somebody_corrected() -> None:
    one = Site()
    one.settle({"title": "Launch", "body": "Here", "is_published": True})
    assert one.there is not None and one.there["is_published"] is True
    one.there["body"] = "Here it is"
    one.settle(None)
    assert one.there["is_published"] is False and one.there["body"] == "Here it is"
    assert (one.held, one.told) == (None, [])


def test_what_somebody_took_away_is_not_made_again() -> None:
    one = Site(there=PAGE)
    one.settle({"body": "New"})
    one.there = None
    one.settle({"body": "Newer"})
    assert (one.there, one.told) == (None, ["body"])


def test_a_person_decides_for_theirs_and_it_outlives_the_end() -> None:
    one = Site(there=PAGE)
    one.settle({"body": "New"})
    one.there = {**PAGE, "body": "Theirs"}
    one.settle({"body": "Newer"})
    assert one.held is not None and one.held.edited == {"body": "Theirs"}
    one.held = leave_theirs(one.held, {"body": "Newer"})
    one.settle({"body": "Newer"})
    assert one.there["body"] == "Theirs"
    one.settle(None)
    assert (one.there["body"], one.held) == ("Theirs", None)


def test_a_person_decides_for_ours_and_only_what_they_saw_is_written_over() -> None:
    one = Site(there=PAGE)
    one.settle({"body": "New"})
    one.there = {**PAGE, "body": "Theirs"}
    one.settle(None)
    assert one.held is not None
    kept = one.held
    one.held = take_ours(kept)
    one.there = {**PAGE, "body": "Theirs, again"}
    one.settle(None)
    assert one.there["body"] == "Theirs, again", "it was changed since the person looked"
    one.held = take_ours(kept)
    one.there = {**PAGE, "body": "Theirs"}
    one.settle(None)
    assert (one.there, one.held) == (PAGE, None)


WORDS = st.sampled_from(["a", "b", "c"])
WANTED = st.none() | st.dictionaries(st.sampled_from(["title", "body"]), WORDS, min_size=1)
STEP = st.tuples(WANTED, st.sampled_from(["", "before", "after"]))


@given(st.lists(STEP, max_size=8), st.booleans())
def test_however_campaigns_overlap_and_workers_die_the_end_is_the_beginning(
    steps: list[tuple[dict[str, str] | None, str]], is_there: bool
) -> None:
    one = Site(there=PAGE if is_there else None)
    for named, dies in steps:
        one.settle(named, dies=dies)
    one.settle(None)
    assert one.told == [] and one.held is None
    assert one.there == PAGE if is_there else not (one.there or {}).get("is_published")


@given(st.lists(STEP, max_size=5), st.lists(STEP, max_size=5), st.sampled_from(["title", "body"]))
def test_whatever_follows_an_edit_it_is_never_written_over(
    before: list[tuple[dict[str, str] | None, str]], after: list[tuple[dict[str, str] | None, str]], name: str
) -> None:
    one = Site(there=PAGE)
    for named, _dies in before:
        one.settle(named)
    is_ours = one.held is not None and name in one.held.fields
    one.there = {**(one.there or {}), name: "somebody's"}
    for named, dies in after:
        one.settle(named, dies=dies)
    one.settle(None)
    assert one.there[name] == "somebody's"
    assert bool(one.told) is (is_ours or bool(one.told))


def test_one_value_of_a_file_goes_back_and_another_keeps_what_was_edited_meanwhile() -> None:
    text = '/* by the editor */\n{"current": {"accent": "#000", "logo": "a.png", "list": [1, 2]}, "on": false}'
    places = ["current.accent", "on", "current.new"]
    assert values_at(text, places) == {"current.accent": "#000", "on": False, "current.new": None}
    one = Site("theme_file", values_at(text, places))
    one.settle({"current.accent": "#f00", "on": True, "current.new": 3})
    assert one.there is not None
    changed = with_values(text, one.there)
    assert changed.startswith("/* by the editor */\n") and values_at(changed, ["on"]) == {"on": True}
    edited = with_values(changed, {"current.logo": "b.png", "current.list.1": 5})
    one.settle(None)
    back = values_at(with_values(edited, one.there), [*places, "current.logo", "current.list"])
    assert back == {"current.accent": "#000", "on": False, "current.new": None, "current.logo": "b.png",
                    "current.list": [1, 5]}  # fmt: skip
    for wrong, values in ((text, {"gone.deep": 1}), ("{", {"a": 1}), (text, {"current.list.0": None})):
        with pytest.raises(NoJson):
            with_values(wrong, values)


SALE = {"kind": "page", "key": "sale", "fields": {"title": "Sale", "body": "<p>Now</p>"}}


def test_a_campaign_says_what_the_site_says_meanwhile_and_the_first_has_each_field() -> None:
    from datetime import UTC, datetime, timedelta

    at = datetime(2026, 7, 1, tzinfo=UTC)
    low = read_campaign("low", {"title": "Low", "writings": [SALE]})
    other = {**SALE, "fields": {"body": "<p>Higher</p>"}}
    high = read_campaign("high", {"title": "High", "priority": 90, "writings": [other], "ends_at": at.isoformat()})
    asked = read_campaign("asked", {"title": "Asked", "is_asked": True, "priority": 99, "writings": [SALE]})
    target, both = Target("page", "sale"), (low, high, asked)
    before = at - timedelta(seconds=1)
    assert wanted(both, [], before) == {target: {"title": "Sale", "body": "<p>Higher</p>"}}
    assert wanted(both, [], at)[target]["body"] == "<p>Now</p>"
    assert wanted([asked], [Showing("asked", product="p1")], at) == {}
    assert target in wanted([asked], [Showing("asked")], at)
    assert read_campaign("low", write_campaign(low)) == low


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "poem"}, "kind.unknown"),
        ({"key": "No Handle"}, "handle.invalid"),
        ({"kind": "theme_file", "key": "../../etc"}, "file.invalid"),
        ({"fields": {"colour": "red"}}, "field.unknown"),
        ({"fields": {}}, "text.missing"),
        ({"fields": {"title": "x" * 501}}, "text.long"),
        ({"kind": "theme_file", "key": "config/a.json", "fields": {"": "{}", "a": 1}}, "fields.mixed"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_reason(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(CampaignInvalid) as wrong:
        read_campaign("sale", {"title": "Sale", "writings": [{**SALE, **changes}]})
    assert wrong.value.code == code


def test_what_is_for_a_segment_is_not_written_into_the_store() -> None:
    with pytest.raises(CampaignInvalid):
        read_campaign("sale", {"title": "Sale", "segment": "vip", "writings": [SALE]})
