"""Definitions of segments: what is well formed, what is refused and where, and in which order they are decided."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.engine.segments.deciding import Known, holds
from sereno.engine.segments.definition import SegmentInvalid, events_of, ordered, read, segments_of, tags_of, written

GOOD: dict[str, Any] = {
    "all": [
        {"did": "order", "times": {"at_least": 3}, "within": "90d"},
        {"did": "order", "spent": {"at_least": "150.50"}},
        {"any": [{"field": "country", "is": "one_of", "value": ["es", "pt"]}, {"field": "custom.club", "is": "known"}]},
        {"not": {"did": "message.opened", "times": {"at_least": 1}, "within": "30d"}},
        {"field": "created_on", "is": "since", "value": "2026-01-31"},
        {"field": "churn_risk", "is": "at_most", "value": "0.5"},
        {"field": "tags", "is": "has", "value": "VIP"},
        {"segment": "regulars"},
    ]
}


def test_a_definition_is_read_and_written_without_loss() -> None:
    part = read(GOOD)
    assert written(part) == GOOD
    assert read(written(part)) == part
    assert (events_of(part), segments_of(part), tags_of(part)) == ({"message.opened"}, {"regulars"}, {"VIP"})


@pytest.mark.parametrize(
    ("wrong", "code", "at"),
    [
        ({"all": []}, "segment.empty", ""),
        ("country", "segment.not_a_condition", ""),
        ({"all": {"field": "country"}}, "segment.not_a_list", ""),
        ({"all": [{"field": "shoe", "is": "is", "value": "1"}]}, "segment.field_unknown", "all.0"),
        ({"any": [{"not": {"field": "country", "is": "over", "value": "3"}}]}, "segment.operator_unknown", "any.0.not"),
        ({"field": "country", "is": "is", "value": " "}, "segment.text_unusable", ""),
        ({"field": "country", "is": "known", "value": "x"}, "segment.key_unknown", ""),
        ({"field": "order_count", "is": "at_least", "value": "many"}, "segment.number_unusable", ""),
        ({"field": "last_order_on", "is": "within", "value": "0"}, "segment.days_unusable", ""),
        ({"field": "created_on", "is": "until", "value": "yesterday"}, "segment.day_unusable", ""),
        ({"did": "message.opened", "spent": {"at_least": 1}}, "segment.only_orders_have_sums", ""),
        ({"did": "order", "times": {"about": 1}}, "segment.bound_unknown", ""),
        ({"did": "order", "times": {"at_least": 1.5}}, "segment.number_unusable", ""),
        ({"did": "order", "within": "3661d"}, "segment.days_unusable", ""),
        ({"all": [{"segment": "a"}] * 200}, "segment.too_large", "all.99"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(wrong: Any, code: str, at: str) -> None:
    with pytest.raises(SegmentInvalid) as refusal:
        read(wrong)
    assert (refusal.value.code, refusal.value.at) == (code, at)


def test_depth_has_an_end() -> None:
    document: Any = {"segment": "a"}
    for _ in range(40):
        document = {"not": document}
    with pytest.raises(SegmentInvalid, match=r"segment\.too_large"):
        read(document)


def test_those_asked_for_come_first_and_a_circle_is_refused() -> None:
    parts = {name: read(one) for name, one in {
        "a": {"segment": "b"},
        "b": {"not": {"segment": "c"}},
        "c": {"did": "order"},
        "d": {"field": "tags", "is": "has", "value": "x"},
    }.items()}  # fmt: skip
    assert ordered(parts) == ["c", "b", "a", "d"]
    assert ordered(parts, {"a": "x"}) == ["c", "b", "a", "d"]
    with pytest.raises(SegmentInvalid, match=r"segment\.cycle.*a → b → c → a"):
        ordered({**parts, "c": read({"segment": "a"})})
    with pytest.raises(SegmentInvalid, match=r"segment\.cycle"):
        ordered({**parts, "c": parts["d"]}, {"a": "x"})


def test_windows_are_days_with_today_among_them() -> None:
    part = read({"did": "order", "within": "2d"})
    assert holds(part, Known(orders=[(100, 5)]), 101)
    assert not holds(part, Known(orders=[(100, 5)]), 102)
    over = read({"field": "last_order_on", "is": "over", "value": "2d"})
    assert not holds(over, Known({"last_order_on": 100}), 101)
    assert holds(over, Known({"last_order_on": 100}), 102)
    assert not holds(over, Known(), 102), "what is not known is not long ago"


def test_money_is_exact() -> None:
    part = read({"did": "order", "spent": {"at_least": "0.3"}})
    assert holds(part, Known(orders=[(1, 10), (2, 10), (3, 10)]), 5)
    assert not holds(part, Known(orders=[(1, 10), (2, 19)]), 5)
    assert holds(part, Known(orders=[(1, 1)]), 5, exponent=0), "one yen is more than three tenths"
