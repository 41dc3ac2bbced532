"""Surveys: what is asked, what was answered, counted; and the link of one person."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, version_unless_new
from sereno.api.problems import Problem
from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.modules.surveys import reading, services
from sereno.modules.surveys.counting import Counted, Estimate
from sereno.modules.surveys.models import SurveyAnswer
from sereno.modules.surveys.reading import SurveyInvalid
from sereno.modules.surveys.services import Kept, SurveyConflict
from sereno.store import secrets
from sereno.store.fields import instant_text

router = Router(tags=["Surveys"])
Name = Annotated[str, Path(pattern=reading.NAME.pattern, description="The survey's name.")]


class SurveyRow(Schema):
    name: str
    is_open: bool
    is_own: bool = Field(description="Whether it is the shop's own and no edition of one that ships.")
    version: int
    answers: int


class SurveyList(Schema):
    items: list[SurveyRow]


class SurveyWords(Schema):
    """Texts by language (`en es pt ro`). A question is `{id, kind, label, is_needed?, choices?}`; kinds are `rating`
    (1 to 5), `nps` (0 to 10), `choice`, `choices`, `yes_no` and `text`; a choice is `{value, label}`."""

    title: dict[str, str]
    intro: dict[str, str] = Field({})
    thanks: dict[str, str] = Field({})
    questions: list[dict[str, Any]] = Field(max_length=reading.MOST_QUESTIONS)


class SurveyOut(SurveyWords):
    name: str
    is_open: bool
    version: int


class SurveySwitch(Schema):
    is_open: bool


class SurveyEstimate(Schema):
    """`low` and `high` bound the 95 % interval; null with fewer than ten answers."""

    value: float
    low: float | None
    high: float | None


class SurveyQuestion(Schema):
    id: str
    kind: Literal["rating", "nps", "choice", "choices", "yes_no", "text"]
    answered: int
    shares: list[dict[str, Any]] = Field(description="`value` and how many `answers`, in the order of the scale.")
    mean: SurveyEstimate | None
    promoters: SurveyEstimate | None = Field(description="Promoters less detractors, -100 to 100.")


class SurveyReport(Schema):
    answers: int
    whole: int = Field(description="How many of them sent the page; the others are a press in a mail.")
    is_cut: bool = Field(description="Whether there are more, which are not counted.")
    questions: list[SurveyQuestion]


class SurveyAnswerOut(Schema):
    id: int
    email: str
    customer: str | None
    order: str | None
    answers: dict[str, Any]
    satisfaction: int | None
    nps: int | None
    is_whole: bool
    first_at: str
    at: str


class SurveyAnswers(Schema):
    items: list[SurveyAnswerOut]
    next: int | None


class SurveyPerson(Schema):
    email: str = Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    order: str = Field("", max_length=200, description="The order's key it is about.")


class SurveyLink(Schema):
    url: str = Field(description="Whoever has it answers for this person.")


@router.get("/surveys", response=SurveyList)
def list_surveys(request: HttpRequest) -> dict[str, Any]:
    """The shop's own surveys and those that ship."""
    found = services.surveys(shop_of(request).pk)
    numbers = services.numbers(shop_of(request).pk, [one.name for one in found])
    return {
        "items": [
            {
                "name": one.name,
                "is_open": one.is_open,
                "is_own": one.is_own,
                "version": one.version,
                "answers": numbers.get(one.name, 0),
            }
            for one in found
        ]
    }


@router.get("/surveys/{name}", response=SurveyOut)
def show_survey(request: HttpRequest, name: Name, response: HttpResponse) -> dict[str, Any]:
    """What it asks. Its `ETag` goes into `If-Match` of a change."""
    return _shown(_kept(request, name), response)


@router.put("/surveys/{name}", response=SurveyOut)
def set_survey(
    request: HttpRequest, name: Name, given: SurveyWords, response: HttpResponse, if_match: IfMatch = None
) -> dict[str, Any]:
    """Make a survey, or change one: the shop's edition of one that ships is its own from then on. 412 when somebody
    else was quicker."""
    shop = shop_of(request).pk
    version = version_unless_new(if_match, "survey", lambda: services.find(shop, name) is not None)
    try:
        kept = services.save(shop, name, given.dict(), caller(request), version=version)
    except SurveyInvalid as invalid:
        raise Problem("request.invalid", f"This is no survey: {invalid}.") from invalid
    except SurveyConflict as conflict:
        raise Problem("survey.conflict", "Somebody has changed it since you read it: read it again.") from conflict
    return _shown(kept, response)


@router.post("/surveys/{name}/switch", response=SurveyOut)
def switch_survey(request: HttpRequest, name: Name, given: SurveySwitch, response: HttpResponse) -> dict[str, Any]:
    """Take answers, or none any more."""
    _kept(request, name)
    return _shown(services.set_open(shop_of(request).pk, name, given.is_open, caller(request)), response)


@router.get("/surveys/{name}/report", response=SurveyReport)
def report_survey(request: HttpRequest, name: Name, days: int | None = Query(None, ge=1, le=3650)) -> dict[str, Any]:
    """What was said, by question, with intervals."""
    kept = _kept(request, name)
    found = services.report(shop_of(request).pk, kept.survey, None if days is None else timedelta(days=days))
    return {
        "answers": found.answers,
        "whole": found.whole,
        "is_cut": found.is_cut,
        "questions": [_counted(one) for one in found.questions],
    }


@router.get("/surveys/{name}/answers", response=SurveyAnswers)
def list_answers(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """One by one, the newest first answered first."""
    _kept(request, name)
    return rows.page_by_id(SurveyAnswer.objects.filter(shop=shop_of(request), survey=name), page, _answer)


def _answer(one: SurveyAnswer) -> dict[str, Any]:
    return {
        "id": one.pk,
        "email": one.email,
        "customer": one.customer,
        "order": one.about or None,
        "answers": one.answers,
        "satisfaction": one.satisfaction,
        "nps": one.nps,
        "is_whole": one.is_whole,
        "first_at": instant_text(one.first_at),
        "at": instant_text(one.at),
    }


@router.post("/surveys/{name}/links", response=SurveyLink)
def link_survey(request: HttpRequest, name: Name, given: SurveyPerson) -> dict[str, str]:
    """The address at which one person answers, for a message of your own."""
    _kept(request, name)
    links = SignedLinks(secrets.newest(), request.build_absolute_uri("/"), shop_of(request).pk)
    return {"url": links.survey(name, given.email, given.order)}


def _kept(request: HttpRequest, name: str) -> Kept:
    found = services.find(shop_of(request).pk, name)
    if found is None:
        raise HttpError(404, f"there is no survey {name}")
    return found


def _shown(kept: Kept, response: HttpResponse) -> dict[str, Any]:
    response["ETag"] = f'"{kept.version}"'
    return {"name": kept.name, "is_open": kept.is_open, "version": kept.version, **reading.write(kept.survey)}


def _counted(one: Counted) -> dict[str, Any]:
    return {
        "id": one.question.id,
        "kind": one.question.kind,
        "answered": one.answered,
        "shares": [{"value": value, "answers": number} for value, number in one.shares],
        "mean": _estimate(one.mean),
        "promoters": _estimate(one.promoters),
    }


def _estimate(one: Estimate | None) -> dict[str, float | None] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}
