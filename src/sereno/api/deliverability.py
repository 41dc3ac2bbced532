"""Deliverability: what became of mail, sending domains, warm-up and what is followed; and mails that came back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from sereno.api.keys import caller, shop_of
from sereno.engine.durations import format_instant
from sereno.runtime.deliverability import bounces, choosing, domains
from sereno.runtime.deliverability.names import NamesUnavailable
from sereno.runtime.deliverability.report import Line, report

router = Router(tags=["Deliverability"])


class MailCounts(Schema):
    name: str = Field(description="A mailbox provider, or a day (UTC).")
    counts: dict[str, int] = Field(
        description="sent, delivered, bounced, bounced_soft, complained, opened, opened_machine, clicked, ..."
    )


class MailAdvice(Schema):
    tone: str = Field(description="`warn` or `bad`.")
    what: str
    provider: str = Field(description="Empty: in all.")


class MailReport(Schema):
    since: str
    until: str
    total: MailCounts
    providers: list[MailCounts]
    days: list[MailCounts]
    advice: list[MailAdvice]


class SendingDomainOut(Schema):
    domain: str
    record_name: str = Field(description="Where the record of the key is to stand.")
    record: str
    is_signing: bool
    checks: dict[str, str] = Field(description="`spf`, `dkim` and `dmarc` as codes, with the texts found.")
    checked_at: str | None


class SendingDomains(Schema):
    items: list[SendingDomainOut]


class SendingDomainIn(Schema):
    domain: str = Field(min_length=3, max_length=253)


class SigningIn(Schema):
    is_on: bool


class WarmupIn(Schema):
    since: date
    first: int = Field(50, ge=1, le=1_000_000)
    growth: int = Field(40, ge=5, le=300, description="Per cent a day.")
    until: int = Field(20_000, ge=2, le=1_000_000)


class MailChoices(Schema):
    track_opens: str = "marketing"
    track_clicks: str = "marketing"
    utm: str = "on"
    utm_source: str = ""
    mail_by: str = Field("", max_length=64, description="A connection's name, `smtp`, or empty.")
    warmup: WarmupIn | None = None


class BouncesIn(Schema):
    mail: str = Field(
        max_length=bounces.LARGEST, description="A returned mail as it came, or a mailbox (mbox) of them."
    )


class BouncesOut(Schema):
    mails: int
    told: int = Field(description="Events that were new.")
    unread: int = Field(description="Mails that say nothing of an address.")


@router.get("/deliverability", response=MailReport)
def show_report(request: HttpRequest, since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """What became of mail, by mailbox provider and day; the last 30 days where nothing is said."""
    last = until or datetime.now(UTC).date()
    first = since or last - timedelta(days=29)
    if not timedelta() <= last - first <= timedelta(days=366):
        raise HttpError(422, "ask for a year at most, with `since` before `until`")
    found = report(shop_of(request).pk, first, last)
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "total": _line(found.total),
        "providers": [_line(one) for one in found.providers],
        "days": [_line(one) for one in found.days if one.counts],
        "advice": [{"tone": tone, "what": what, "provider": name} for tone, what, name in found.advice],
    }


@router.get("/deliverability/domains", response=SendingDomains)
def list_domains(request: HttpRequest) -> dict[str, Any]:
    return {"items": [_domain(one) for one in domains.domains_of(shop_of(request).pk)]}


@router.post("/deliverability/domains", response=SendingDomainOut)
def add_domain(request: HttpRequest, given: SendingDomainIn) -> dict[str, Any]:
    """Make a key to sign mails from there."""
    try:
        return _domain(domains.add_domain(shop_of(request).pk, given.domain, caller(request)))
    except domains.DomainRefused as refused:
        raise HttpError(409 if refused.code == "domain.there" else 422, str(refused)) from refused


@router.post("/deliverability/domains/{str:domain}/check", response=SendingDomainOut)
def check_domain(request: HttpRequest, domain: str) -> dict[str, Any]:
    """Ask the name service about SPF, DKIM and DMARC."""
    try:
        return _domain(domains.check_domain(shop_of(request).pk, domain, caller(request)))
    except domains.DomainRefused as refused:
        raise HttpError(404, str(refused)) from refused
    except NamesUnavailable as error:
        raise HttpError(503, str(error)) from error


@router.put("/deliverability/domains/{str:domain}/signing", response=SendingDomains)
def sign_by_domain(request: HttpRequest, domain: str, given: SigningIn) -> dict[str, Any]:
    try:
        domains.sign_by(shop_of(request).pk, domain, caller(request), is_on=given.is_on)
    except domains.DomainRefused as refused:
        raise HttpError(404, str(refused)) from refused
    return list_domains(request)


@router.delete("/deliverability/domains/{str:domain}", response={204: None})
def remove_domain(request: HttpRequest, domain: str) -> Status[None]:
    try:
        domains.remove_domain(shop_of(request).pk, domain, caller(request))
    except domains.DomainRefused as refused:
        raise HttpError(404, str(refused)) from refused
    return Status(204, None)


@router.get("/deliverability/choices", response=MailChoices)
def show_choices(request: HttpRequest) -> dict[str, Any]:
    """What is followed, by which way mail goes, and the warm-up."""
    return choosing.chosen(shop_of(request).settings)


@router.put("/deliverability/choices", response=MailChoices)
def keep_choices(request: HttpRequest, given: MailChoices) -> dict[str, Any]:
    """All of them; a warm-up left out ends."""
    try:
        return choosing.choose(shop_of(request).pk, given.model_dump(mode="json"), caller(request))
    except choosing.ChoiceRefused as refused:
        raise HttpError(422, str(refused)) from refused


@router.post("/deliverability/bounces", response=BouncesOut)
def bring_bounces(request: HttpRequest, given: BouncesIn) -> dict[str, Any]:
    """Mails that came back, for whoever sends by plain SMTP: dead addresses are not written to again."""
    content = given.mail.encode("utf-8", "surrogateescape")
    found = bounces.take(shop_of(request).pk, bounces.mails_in(content), caller(request))
    return {"mails": found.mails, "told": found.told, "unread": found.unread}


def _line(line: Line) -> dict[str, Any]:
    return {"name": line.name, "counts": dict(line.counts)}


def _domain(one: domains.SendingDomain) -> dict[str, Any]:
    return {
        "domain": one.domain,
        "record_name": one.record_name,
        "record": one.record,
        "is_signing": one.is_signing,
        "checks": dict(one.checks),
        "checked_at": format_instant(one.checked_at) if one.checked_at is not None else None,
    }
