"""Lead capture forms: what they ask, how they do, what was sent; and the leads that came of them."""

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
from sereno.modules.forms import reading, services
from sereno.modules.forms.counting import Rate
from sereno.modules.forms.reading import FormInvalid
from sereno.modules.forms.services import FormConflict, Kept
from sereno.runtime.forms import leading, rules
from sereno.store.fields import instant_text

router = Router(tags=["Forms"])
Name = Annotated[str, Path(pattern=reading.NAME.pattern, description="The form's name.")]
Stage = Literal["new", "engaged", "qualified", "customer"]


class FormRate(Schema):
    """How many of those who saw it sent it. `low` and `high` hold with 95 %, however often one looks; null where nobody
    saw it."""

    value: float | None
    low: float | None
    high: float | None


class FormRow(Schema):
    name: str
    shape: Literal["popup", "slide", "bar", "embedded"]
    is_open: bool = Field(description="Whether storefronts show it.")
    version: int
    views: int = Field(description="Visits that saw it, of the last 90 days.")
    submits: int
    rate: FormRate


class FormList(Schema):
    items: list[FormRow]


class FormDocument(Schema):
    """Texts by name (`title intro button next thanks thanks_text teaser`) and language (`en es pt ro`). `other`: those
    of a second variant, which half of the visitors read. A field is `{id, kind, label, is_needed?, step?, points?,
    choices?, channel?}`; kinds are `email phone name birthday choice choices text consent`; a consent's `label` are the
    exact words agreed to."""

    texts: dict[str, dict[str, str]]
    other: dict[str, dict[str, str]] | None = None
    fields: list[dict[str, Any]] = Field(max_length=reading.MOST_FIELDS)
    look: dict[str, Any] = Field({}, description="`shape side colour ground ink radius`.")
    when: dict[str, Any] = Field({}, description="`seconds scroll leaving pages not_pages rest_days`.")
    after: dict[str, str] = Field({}, description="`redirect`, and `code` for everybody or a `pool` of one each.")
    points: int = 10


class FormOut(FormDocument):
    name: str
    is_open: bool
    version: int


class FormSwitch(Schema):
    is_open: bool


class FormSettled(Schema):
    variant: Literal["a", "b"] = Field(description="Whose texts everybody reads from now on.")


class FormArm(Schema):
    views: int
    submits: int
    rate: FormRate


class FormDay(Schema):
    day: int = Field(description="Days since 1970, UTC.")
    views: int
    submits: int


class FormCompared(Schema):
    a: FormArm
    b: FormArm
    winner: Literal["a", "b", ""] = Field(description="Empty as long as it cannot be told.")


class FormReport(FormArm):
    days: list[FormDay]
    compared: FormCompared | None


class SubmissionOut(Schema):
    id: int
    form: str
    variant: str
    customer: str
    email: str
    phone: str
    answers: dict[str, Any]
    consents: dict[str, str] = Field(description="By channel `granted`, `pending` or `unchanged`.")
    page: str
    locale: str
    points: int
    at: str


class SubmissionList(Schema):
    items: list[SubmissionOut]
    next: int | None


class LeadOut(Schema):
    customer: str
    email: str | None
    form: str
    points: int
    stage: Stage
    since: str
    changed_at: str


class LeadList(Schema):
    items: list[LeadOut]


class LeadRules(Schema):
    """Points of acts, and from how many on somebody is qualified; each from 0 to 1000."""

    qualified_at: int
    opened: int
    clicked: int
    looked: int
    cart: int
    checkout: int
    waits: int
    wishes: int
    answered: int


@router.get("/forms", response=FormList)
def list_forms(request: HttpRequest) -> dict[str, Any]:
    """The shop's forms, with how each did in the last 90 days."""
    shop = shop_of(request).pk
    rates = services.rates(shop, timedelta(days=90))
    found = [(one, rates.get(one.name, Rate(0, 0))) for one in services.forms(shop)]
    return {
        "items": [
            {
                "name": one.name,
                "shape": one.form.look.shape,
                "is_open": one.is_open,
                "version": one.version,
                **_arm(rate),
            }
            for one, rate in found
        ]
    }


@router.get("/forms/{name}", response=FormOut)
def show_form(request: HttpRequest, name: Name, response: HttpResponse) -> dict[str, Any]:
    """What it asks. Its `ETag` goes into `If-Match` of a change."""
    return _shown(_kept(request, name), response)


@router.put("/forms/{name}", response=FormOut)
def set_form(
    request: HttpRequest, name: Name, given: FormDocument, response: HttpResponse, if_match: IfMatch = None
) -> dict[str, Any]:
    """Make a form, which is not shown yet, or change one. 412 when somebody else was quicker."""
    shop = shop_of(request).pk
    version = version_unless_new(if_match, "form", lambda: services.find(shop, name) is not None)
    try:
        kept = services.save(shop, name, given.dict(), caller(request), version=version)
    except FormInvalid as invalid:
        raise Problem("request.invalid", f"This is no form: {invalid}.") from invalid
    except FormConflict as conflict:
        raise Problem("form.conflict", "Somebody has changed it since you read it: read it again.") from conflict
    return _shown(kept, response)


@router.post("/forms/{name}/switch", response=FormOut)
def switch_form(request: HttpRequest, name: Name, given: FormSwitch, response: HttpResponse) -> dict[str, Any]:
    """Show it in storefronts, or no more."""
    _kept(request, name)
    return _shown(services.set_open(shop_of(request).pk, name, given.is_open, caller(request)), response)


@router.post("/forms/{name}/settle", response=FormOut)
def settle_form(request: HttpRequest, name: Name, given: FormSettled, response: HttpResponse) -> dict[str, Any]:
    """End the comparison of two variants with one of them."""
    _kept(request, name)
    return _shown(services.settle(shop_of(request).pk, name, given.variant, caller(request)), response)


@router.get("/forms/{name}/report", response=FormReport)
def report_form(request: HttpRequest, name: Name, days: int = Query(90, ge=1, le=3650)) -> dict[str, Any]:
    """How it did by day, and its variants while two are compared."""
    found = services.report(shop_of(request).pk, _kept(request, name), timedelta(days=days))
    both = found.compared
    return {
        **_arm(found.rate),
        "days": [{"day": day, "views": views, "submits": submits} for day, views, submits in found.days],
        "compared": both and {"a": _arm(both.a), "b": _arm(both.b), "winner": both.winner},
    }


@router.get("/forms/{name}/submissions", response=SubmissionList)
def list_submissions(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """What was sent, the newest first."""
    _kept(request, name)
    names = ("form", "variant", "customer", "email", "phone", "answers", "consents", "page", "locale", "points")
    return rows.page_by_id(
        services.submissions(shop_of(request).pk, name),
        page,
        lambda one: {"id": one.pk, "at": instant_text(one.at), **{field: getattr(one, field) for field in names}},
    )


@router.get("/leads", response=LeadList)
def list_leads(
    request: HttpRequest, stage: Stage = "qualified", limit: int = Query(100, ge=1, le=rows.MOST)
) -> dict[str, Any]:
    """Who came by a form and is that far, those with most points first."""
    found = services.leads(shop_of(request).pk, stage)[:limit]
    items = [
        {
            "customer": one.person,
            **{name: getattr(one, name) for name in ("email", "form", "points", "stage")},
            **{name: instant_text(getattr(one, name)) for name in ("since", "changed_at")},
        }
        for one in found
    ]
    return {"items": items}


@router.get("/leads/rules", response=LeadRules)
def show_lead_rules(request: HttpRequest) -> dict[str, int]:
    """What acts are worth."""
    return rules.numbers_in(shop_of(request).settings or {})


@router.put("/leads/rules", response=LeadRules)
def set_lead_rules(request: HttpRequest, given: LeadRules) -> dict[str, int]:
    """Set them; they hold for what happens from now on."""
    try:
        return leading.set_rules(shop_of(request).pk, given.dict(), caller(request))
    except ValueError as error:
        raise Problem("request.invalid", f"{error}.") from error


def _kept(request: HttpRequest, name: str) -> Kept:
    found = services.find(shop_of(request).pk, name)
    if found is None:
        raise HttpError(404, f"there is no form {name}")
    return found


def _shown(kept: Kept, response: HttpResponse) -> dict[str, Any]:
    response["ETag"] = f'"{kept.version}"'
    return {**_named(kept), **reading.write(kept.form)}


def _named(kept: Kept) -> dict[str, Any]:
    return {"name": kept.name, "is_open": kept.is_open, "version": kept.version}


def _arm(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval or (None, None)
    return {"views": rate.views, "submits": rate.submits, "rate": {"value": rate.value, "low": low, "high": high}}
