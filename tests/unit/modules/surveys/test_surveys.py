"""Surveys as documents, answers as they are read, and what many of them say."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.modules.surveys import counting, reading
from sereno.modules.surveys.reading import LOCALES, SurveyInvalid

AFTER = reading.shipped()["after-purchase"]
WHY = reading.shipped()["why-away"]
RECOMMEND = reading.shipped()["recommend"]


@pytest.mark.parametrize("survey", reading.shipped().values(), ids=lambda one: one.name)
def test_what_ships_is_whole_in_every_language(survey: reading.Survey) -> None:
    texts = [survey.title, survey.intro, survey.thanks, *(one.label for one in survey.questions)]
    texts += [choice.label for one in survey.questions for choice in one.choices]
    assert all(set(words) == set(LOCALES) for words in texts)
    assert reading.read(survey.name, reading.write(survey)) == survey


def test_answers_are_only_what_the_survey_knows() -> None:
    given = {"overall": ["4"], "ease": ["6"], "product": ["x"], "shipping": [""], "comment": [" Fine "], "else": ["1"]}
    said, missing = reading.read_answers(AFTER, given)
    assert said.answers == {"overall": 4, "comment": "Fine"} and missing == []
    assert (said.satisfaction, said.nps) == (4, None)
    said, missing = reading.read_answers(WHY, {"reasons": ["price", "nothing", "price", "delivery"]})
    assert said.answers == {"reasons": ["delivery", "price"]}
    assert reading.read_answers(WHY, {"reasons": ["nothing"]})[1] == ["reasons"]


@pytest.mark.parametrize(("pressed", "kept"), [("0", 0), ("10", 10), ("11", None), ("-1", None), ("٣", None)])
def test_a_scale_ends_where_it_ends(pressed: str, kept: int | None) -> None:
    assert reading.read_answers(RECOMMEND, {"recommend": [pressed]})[0].nps == kept


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"questions": []}, "questions.missing"),
        ({"questions": [{"id": "a", "kind": "rating", "label": {}}]}, "text.missing"),
        ({"questions": [{"id": "a", "kind": "stars", "label": {"en": "A"}}]}, "question.kind"),
        ({"questions": [{"id": "A b", "kind": "text", "label": {"en": "A"}}]}, "question.id"),
        ({"questions": [{"id": "a", "kind": "choice", "label": {"en": "A"}}]}, "choices.wrong"),
        ({"questions": [{"id": "a", "kind": "text", "label": {"en": "A"}}] * 2}, "question.twice"),
        ({"title": {}}, "text.missing"),
        ({"title": {"xx": "?"}}, "text.language"),
        ({"title": "Hello"}, "not.a.mapping"),
    ],
)
def test_what_is_no_survey_says_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(SurveyInvalid) as caught:
        reading.read("own", {**reading.write(AFTER), **change})
    assert caught.value.code == code


def test_a_missing_language_is_read_in_the_shops() -> None:
    words = {"es": "Hola", "ro": "Salut"}
    assert [reading.said(words, one, "ro") for one in ("es-ES", "ro", "pt", "en")] == [
        "Hola",
        "Salut",
        "Salut",
        "Salut",
    ]
    assert reading.said(words, "pt", "en") == "Hola"


def test_shares_means_and_intervals() -> None:
    answers = [{"overall": value, "comment": "well"} for value in [5] * 8 + [3] * 2]
    overall, *_others, comment = counting.count(AFTER, answers)
    assert overall.shares == ((1, 0), (2, 0), (3, 2), (4, 0), (5, 8)) and overall.answered == 10
    assert overall.mean is not None and overall.mean.value == pytest.approx(4.6)
    assert overall.mean.low == pytest.approx(4.6 - 1.96 * (0.7111 / 10) ** 0.5, abs=1e-3)
    assert overall.mean.high == 5.0, "an interval does not leave the scale"
    assert comment.answered == 10 and comment.shares == ()


def test_few_answers_have_no_interval() -> None:
    (asked, _why) = counting.count(RECOMMEND, [{"recommend": 9}, {"recommend": 3}, {"recommend": 8}])
    assert asked.promoters == counting.Estimate(0.0, None, None)
    assert counting.count(RECOMMEND, [])[0].mean is None


def test_promoters_less_detractors() -> None:
    (asked, _why) = counting.count(RECOMMEND, [{"recommend": value} for value in [10, 9] * 5 + [7, 8] * 3 + [6] * 4])
    assert asked.promoters is not None and asked.promoters.value == pytest.approx(100 * (10 - 4) / 20)


def test_any_of_several_is_counted_by_person() -> None:
    (reasons, _else) = counting.count(WHY, [{"reasons": ["price", "range"]}, {"reasons": ["price"]}])
    assert reasons.answered == 2 and dict(reasons.shares)["price"] == 2 and dict(reasons.shares)["range"] == 1
