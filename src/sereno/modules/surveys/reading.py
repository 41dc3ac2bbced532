"""A survey as a document, and what somebody answers to it. Pure.

Invariant: what is kept of an answer names only questions and choices the survey has, so that a report never meets a
value it cannot count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from sereno.sdk.languages import LOCALES as LOCALES
from sereno.sdk.languages import Words
from sereno.sdk.languages import said as said
from sereno.sdk.opening import DocumentInvalid

Kind = Literal["rating", "nps", "choice", "choices", "yes_no", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SCALES: Mapping[str, range] = {"rating": range(1, 6), "nps": range(11)}
SHIPPED = Path(__file__).parent / "documents"
MOST_QUESTIONS, MOST_CHOICES, LONGEST_LABEL, LONGEST_TEXT = 20, 12, 300, 2000
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SurveyInvalid(DocumentInvalid):
    """A document that is no survey. `code` says why, `at` where."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Words


@dataclass(frozen=True, slots=True)
class Question:
    """`rating` goes from 1 to 5, `nps` from 0 to 10; `choice` is one of `choices`, `choices` any of them."""

    id: str
    kind: Kind
    label: Words
    is_needed: bool = False
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """Its words by language; a language that is missing is read in another, see `said`."""

    name: str
    title: Words
    intro: Words
    thanks: Words
    questions: tuple[Question, ...]

    def question(self, id: str) -> Question | None:
        return next((one for one in self.questions if one.id == id), None)


@dataclass(frozen=True, slots=True)
class Said:
    """`answers` by question: a number, a choice's value, a list of them, true or false, or a text. `satisfaction` is
    the first rating, from 1 to 5; `nps` from 0 to 10."""

    answers: Mapping[str, Any]
    satisfaction: int | None
    nps: int | None

    @property
    def comment(self) -> str:
        """All that was said in words of one's own."""
        return "\n".join(one for one in self.answers.values() if isinstance(one, str) and " " in one)


# --- documents --------------------------------------------------------------------------------------


@cache
def shipped() -> Mapping[str, Survey]:
    """Those that come with Sereno, by name."""
    found = [read(path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in sorted(SHIPPED.glob("*.yaml"))]
    return {one.name: one for one in found}


def read(name: str, document: Any) -> Survey:
    """Raises SurveyInvalid."""
    if not NAME.fullmatch(name):
        raise SurveyInvalid("name.invalid", "name")
    held = SurveyInvalid.mapping(document, "survey")
    questions = held.get("questions")
    if not isinstance(questions, list) or not questions:
        raise SurveyInvalid("questions.missing", "questions")
    asked = cast("list[Any]", questions)
    if len(asked) > MOST_QUESTIONS:
        raise SurveyInvalid("questions.many", "questions")
    found = tuple(_question(one, f"questions[{at}]") for at, one in enumerate(asked))
    if len({one.id for one in found}) < len(found):
        raise SurveyInvalid("question.twice", "questions")
    titled = _words(held.get("title"), "title")
    if not titled:
        raise SurveyInvalid("text.missing", "title")
    return Survey(name, titled, _words(held.get("intro"), "intro"), _words(held.get("thanks"), "thanks"), found)


def write(survey: Survey) -> dict[str, Any]:
    """As it is kept."""

    def question(one: Question) -> dict[str, Any]:
        held: dict[str, Any] = {"id": one.id, "kind": one.kind, "label": dict(one.label)}
        if one.is_needed:
            held["is_needed"] = True
        if one.choices:
            held["choices"] = [{"value": choice.value, "label": dict(choice.label)} for choice in one.choices]
        return held

    words = {"title": survey.title, "intro": survey.intro, "thanks": survey.thanks}
    return {**{key: dict(value) for key, value in words.items()}, "questions": [question(q) for q in survey.questions]}


def _question(value: Any, at: str) -> Question:
    held = SurveyInvalid.mapping(value, at)
    id, kind = str(held.get("id") or ""), str(held.get("kind") or "")
    if not _ID.fullmatch(id):
        raise SurveyInvalid("question.id", f"{at}.id")
    if kind not in KINDS:
        raise SurveyInvalid("question.kind", f"{at}.kind")
    label = _words(held.get("label"), f"{at}.label")
    if not label:
        raise SurveyInvalid("text.missing", f"{at}.label")
    raw = cast("list[Any]", held.get("choices") or [])
    choices = tuple(_choice(one, f"{at}.choices[{place}]") for place, one in enumerate(raw))
    if (kind in ("choice", "choices")) is not bool(choices) or not len(choices) <= MOST_CHOICES:
        raise SurveyInvalid("choices.wrong", f"{at}.choices")
    if len({one.value for one in choices}) < len(choices):
        raise SurveyInvalid("choice.twice", f"{at}.choices")
    return Question(id, kind, label, held.get("is_needed") is True, choices)


def _choice(value: Any, at: str) -> Choice:
    held = SurveyInvalid.mapping(value, at)
    named, label = str(held.get("value") or ""), _words(held.get("label"), f"{at}.label")
    if not _ID.fullmatch(named) or not label:
        raise SurveyInvalid("choice.invalid", at)
    return Choice(named, label)


def _words(value: Any, at: str) -> Words:
    return SurveyInvalid.words(value, LONGEST_LABEL * 3, at)


# --- answers ----------------------------------------------------------------------------------------


def read_answers(survey: Survey, given: Mapping[str, Sequence[str]]) -> tuple[Said, list[str]]:
    """What was said, by question; and the questions that want an answer and have none. What no question or choice of
    this survey is meant by is left out."""
    answers: dict[str, Any] = {}
    for one in survey.questions:
        value = _answer(one, [text.strip() for text in given.get(one.id, ()) if text.strip()])
        if value is not None:
            answers[one.id] = value
    missing = [one.id for one in survey.questions if one.is_needed and one.id not in answers]
    return measured(survey, answers), missing


def measured(survey: Survey, answers: Mapping[str, Any]) -> Said:
    def first(kind: Kind) -> int | None:
        return next((answers[one.id] for one in survey.questions if one.kind == kind and one.id in answers), None)

    return Said(answers, first("rating"), first("nps"))


def _answer(question: Question, given: Sequence[str]) -> Any:
    if not given:
        return None
    first, values = given[0], {one.value for one in question.choices}
    match question.kind:
        case "rating" | "nps":
            number = int(first) if first.isascii() and first.isdigit() and len(first) < 3 else -1
            return number if number in SCALES[question.kind] else None
        case "choice":
            return first if first in values else None
        case "choices":
            return sorted({one for one in given if one in values}) or None
        case "yes_no":
            return {"yes": True, "no": False}.get(first)
        case "text":
            return first[:LONGEST_TEXT]
