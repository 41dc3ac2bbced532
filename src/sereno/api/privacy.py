"""What is held about a person: found, handed over, erased with a proof; and what they agreed to, with its proof."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.runtime.consenting import BASES, record_consent
from sereno.runtime.privacy import reporting
from sereno.runtime.privacy.asking import agree, ask, cancel
from sereno.runtime.privacy.looking import consents_of, held_about
from sereno.store.fields import from_micros
from sereno.store.models import PrivacyRequest

router = Router(tags=["Privacy"])
Term = Annotated[str, Field(min_length=1, max_length=254)]


class NewRequest(Schema):
    kind: Literal["export", "erase"]
    about: list[Term] = Field(
        min_length=1, max_length=10, description="An e-mail address, a telephone, a customer's id, or order:1001."
    )
    delay_hours: float = Field(0, ge=0, le=720, description="Until it begins; meanwhile it can be cancelled.")


class RequestOut(Schema):
    id: int
    kind: str
    status: str
    stage: str
    source: str
    by: str
    created_at: str | None
    start_at: str | None
    due_at: str | None
    finished_at: str | None
    problem: str | None
    report: dict[str, Any] = Field(description="The proof: rows by place before and after. Nothing in it is personal.")
    has_file: bool = Field(description="Whether an export waits at `/privacy/requests/{id}/file`, to be fetched once.")


class Held(Schema):
    known_as: dict[str, list[str]]
    places: list[dict[str, Any]]
    rows: int
    requests: list[int]


class Said(Schema):
    about: Term = Field(description="As in a request.")


class NewConsent(Schema):
    address: Term = Field(description="An e-mail address, or a telephone for sms and whatsapp.")
    channel: Literal["email", "sms", "whatsapp", "telegram", "push"] = "email"
    purpose: Literal["marketing"] = "marketing"
    granted: bool
    basis: Literal["consent", "contract", "legitimate_interest", "existing_customer"] = "consent"
    text: str = Field("", max_length=2000, description="The words the person saw.")
    text_version: str = Field("", max_length=64)
    language: str = Field("", max_length=16)
    ip: str = Field("", max_length=64, description="The address the person came from.")
    source: str = Field("api", min_length=1, max_length=64, description="Where it was said: a form's name, say.")
    is_confirmed: bool = Field(False, description="The person has confirmed it already; no mail asks again.")


class ConsentOut(Schema):
    state: str = Field(description="`granted`, `refused`, `pending` until the person confirms, or `unchanged`.")


@router.get("/privacy/person", response=Held)
def find_person(request: HttpRequest, about: Query[Said]) -> dict[str, Any]:
    """Where something about this person lies, and by which names."""
    return held_about(shop_of(request).pk, [about.about]).to_document()


@router.get("/privacy/requests", response=rows.Rows)
def list_requests(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """What was asked for, newest first, with the law's date."""
    found = PrivacyRequest.objects.filter(shop=shop_of(request)).defer("file", "about", "work")
    return rows.page_by_id(found, page, request_row)


@router.post("/privacy/requests", response={201: RequestOut})
def create_request(request: HttpRequest, new: NewRequest, response: HttpResponse) -> Any:
    """Export or erase everything about a person. A worker carries it out; look at the request for how far it is."""
    delay = timedelta(hours=new.delay_hours)
    id_ = ask(shop_of(request).pk, new.kind, new.about, caller(request), source="api", delay=delay)
    response["Location"] = f"/api/v1/privacy/requests/{id_}"
    return Status(201, request_row(PrivacyRequest.objects.get(pk=id_)))


@router.get("/privacy/requests/{int:id}", response=RequestOut)
def show_request(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One request; of an erasure, the proof."""
    return request_row(_find(request, id))


@router.post("/privacy/requests/{int:id}/agree", response=RequestOut)
def agree_request(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """Say yes, have it done now, or have a failed one tried again."""
    return _changed(request, id, agree)


@router.post("/privacy/requests/{int:id}/cancel", response=RequestOut)
def cancel_request(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """Take it back, as long as it has not begun."""
    return _changed(request, id, cancel)


@router.post("/privacy/requests/{int:id}/file")
def fetch_file(request: HttpRequest, id: rows.Id) -> HttpResponse:
    """The export as a ZIP, once: it is deleted with the answer."""
    row = get_object_or_404(PrivacyRequest, shop=shop_of(request), pk=id)
    if row.file is None:
        raise HttpError(409, "there is no file: it was fetched, its time is over, or it is not ready; ask anew")
    PrivacyRequest.objects.filter(pk=id).update(file=None)
    answer = HttpResponse(bytes(row.file), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="personal-data-{id}.zip"'
    return answer


@router.get("/consents", response=rows.Rows)
def list_consents(request: HttpRequest, about: Query[Said]) -> dict[str, Any]:
    """What an address allowed and refused, newest first, each with its proof."""
    lines = consents_of(shop_of(request).pk, about.about)
    return {"items": [{**line, "at": rows.instant(from_micros(line["at"]))} for line in lines], "next": None}


@router.post("/consents", response={201: ConsentOut})
def create_consent(request: HttpRequest, new: NewConsent) -> Any:
    """Record what a person agreed to or refused, with the proof. Where the shop asks for it, an agreement is `pending`
    until the person confirms it by the link in a mail."""
    assert new.basis in BASES
    proof = {"text": new.text, "text_version": new.text_version, "language": new.language, "ip": new.ip}
    state = record_consent(
        shop_of(request).pk,
        new.address,
        new.channel,
        granted=new.granted,
        source=new.source,
        basis=new.basis,
        proof={name: value for name, value in proof.items() if value},
        by=caller(request),
        is_confirmed=new.is_confirmed,
    )
    return Status(201, {"state": state})


def _changed(request: HttpRequest, id_: int, change: Any) -> dict[str, Any]:
    _find(request, id_)
    try:
        change(shop_of(request).pk, id_, caller(request))
    except LookupError as error:
        raise HttpError(409, str(error)) from None
    return request_row(_find(request, id_))


def _find(request: HttpRequest, id_: int) -> PrivacyRequest:
    return get_object_or_404(PrivacyRequest.objects.defer("about", "work"), shop=shop_of(request), pk=id_)


def request_row(row: PrivacyRequest) -> dict[str, Any]:
    return {**reporting.document(row), "has_file": row.file_until is not None and row.file is not None}
