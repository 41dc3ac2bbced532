"""A definition as text of conditions: what is written is read as the same, and what cannot be asked is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.segments.definition import Group, Not, Part, SegmentInvalid, read, written
from sereno.engine.segments.text import from_text, to_text


def plainer(part: Part) -> Part:
    """Without groups of one and groups within groups of their kind."""
    if isinstance(part, Not):
        return Not(plainer(part.part))
    if not isinstance(part, Group):
        return part
    parts: list[Part] = []
    for one in map(plainer, part.parts):
        parts += one.parts if isinstance(one, Group) and one.how == part.how else [one]
    return parts[0] if len(parts) == 1 else Group(part.how, tuple(parts))


WORDS = st.sampled_from(["es", 'a "b" \\ c', "ñ\u2028é", "it's"])
one = st.sampled_from
SPANS = one([{}, {"within": "7d"}])


def where(field: str, operators: list[str], values: Any) -> Any:
    return st.builds(lambda op, value: {"field": field, "is": op, "value": value}, one(operators), values)


LEAVES: Any = st.one_of(
    where("country", ["is"], WORDS),
    where("city", ["one_of"], st.lists(WORDS, min_size=1, max_size=3)),
    where("custom.size of", ["contains", "ends_with"], WORDS),
    st.builds(lambda op: {"field": "accepts_email", "is": op}, one(["yes", "no", "known"])),
    where("last_order_on", ["within", "over", "next"], st.just("30d")),
    where("created_on", ["since", "until"], st.just("2026-02-20")),
    where("total_spent", ["at_least", "at_most"], one(["-3.50", "100", "0.000001"])),
    where("tags", ["has"], WORDS),
    where("answer.skin type", ["has", "contains"], WORDS),
    st.just({"field": "answer.skin", "is": "known"}),
    where("birthday", ["next", "within"], st.just("7d")),
    where("lead_score", ["at_least"], one(["2.5", "12"])),
    where("lead_stage", ["is", "one_of"], st.just(["qualified"])).map(
        lambda leaf: leaf if leaf["is"] == "one_of" else {**leaf, "value": "qualified"}
    ),
    st.builds(
        lambda what, span, of: {"did": what, "times": {"at_least": 2}, **span, "of": of},
        one(["product.viewed", "wish.added", "waiting.joined"]),
        SPANS,
        one([{"category": "té verde"}, {"product": "gid://A/1"}]),
    ),
    where("place", ["near"], st.just("-37.3886 5.9823 25km")),
    st.just({"segment": "other"}),
    st.builds(lambda span: {"did": "message.opened", "times": {"at_most": 2}, **span}, SPANS),
    st.builds(
        lambda measure, span, of: {"did": "order", measure: {"at_least": "12"}, **span, **of},
        one(["times", "spent"]),
        SPANS,
        one([{}, {"of": {"category": "té verde"}}, {"of": {"product": "gid://A/1"}}]),
    ),
)
DEFINITIONS: Any = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda how, parts: {how: parts}, one(["all", "any"]), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


@given(DEFINITIONS)
def test_what_is_written_is_read_as_the_same(document: Any) -> None:
    part = read(document)
    text = to_text(part)
    assert plainer(from_text(text)) == plainer(part), text
    assert to_text(from_text(text)) == to_text(plainer(from_text(text)))
    assert written(read(written(part))) == written(part)


def test_what_leads_said_and_did_reads_as_a_person_writes_it() -> None:
    text = """customer.lead_score >= 5 && "dry" in customer.answers.skin && customer.birthday.next("7d")
        && events("product.viewed", "30d").of("category", "Tea").count() >= 3"""
    assert written(from_text(text)) == {
        "all": [
            {"field": "lead_score", "is": "at_least", "value": "5"},
            {"field": "answer.skin", "is": "has", "value": "dry"},
            {"field": "birthday", "is": "next", "value": "7d"},
            {"did": "product.viewed", "times": {"at_least": 3}, "within": "30d", "of": {"category": "tea"}},
        ]
    }


def test_it_reads_as_a_person_writes_it() -> None:
    text = """customer.country in ["ES", 'pt'] && (orders("90d").of("category", "tea").count() >= 3
        || !("regulars" in customer.segments) || customer.custom.size == "XL")"""
    assert written(from_text(text)) == {
        "all": [
            {"field": "country", "is": "one_of", "value": ["es", "pt"]},
            {
                "any": [
                    {"did": "order", "times": {"at_least": 3}, "within": "90d", "of": {"category": "tea"}},
                    {"not": {"segment": "regulars"}},
                    {"field": "custom.size", "is": "is", "value": "xl"},
                ]
            },
        ]
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("customer.country == ", "segment.text_unreadable"),
        ("customer.total_spent > 100", "segment.text_unreadable"),
        ("order.total >= 100", "segment.text_unreadable"),
        ("orders('90d').of('colour', 'red').count() >= 1", "segment.thing_unknown"),
        ("events().count() >= 1", "segment.text_unusable"),
        ("events('product.viewed').of('sku', 'A-1').count() >= 1", "segment.thing_unknown"),
        ("events('message.opened').of('product', '1').count() >= 1", "segment.thing_unknown"),
        ("customer.birthday >= '2026-01-01'", "segment.operator_unknown"),
        ("customer.answers['skin'] == 'dry'", "segment.operator_unknown"),
        ("orders('90d', '3d').count() >= 1", "segment.text_unreadable"),
        ("customer.country.within('3d')", "segment.operator_unknown"),
        ("customer.total_spent >= 0x10 && customer.country >= 3", "segment.operator_unknown"),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, code: str) -> None:
    with pytest.raises(SegmentInvalid) as refusal:
        from_text(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customer.total_spent > 100", "a segment compares with >= and <=, not with > and < (column 22)"),
        (
            "customer.totl_spent >= 100",
            "a segment knows no field 'totl_spent' of customers; did you mean 'total_spent'?",
        ),
        ("customer.qqqq == 'x'", "a segment knows no field 'qqqq' of customers (column"),
        ("order.total >= 100", "a segment cannot ask that (column"),
    ],
)
def test_a_refusal_says_what_would_do(text: str, said: str) -> None:
    with pytest.raises(SegmentInvalid) as refusal:
        from_text(text)
    assert refusal.value.given.startswith(said)
