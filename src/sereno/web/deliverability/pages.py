"""Whether mail arrives: what became of it by mailbox provider and day, the sending domains, a warm-up, and what is
followed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.arbiter.warmup import Plan, plan_of
from sereno.runtime.deliverability import choosing, domains
from sereno.runtime.deliverability.names import NamesUnavailable
from sereno.runtime.deliverability.report import Line, report
from sereno.sdk.plugin import registry
from sereno.store.models import Connection
from sereno.web.access import StaffRequest, staff
from sereno.web.charts import spark
from sereno.web.deliverability import words
from sereno.web.shell import render
from sereno.web.wiring import wiring

SPANS = (7, 30, 90)
TOLD = ("delivered", "bounced", "bounced_soft", "complained")
"""What somebody else must tell; a plain mail server tells none of it, and then there is no figure to show."""
COLUMNS = ("delivered", "bounced", "bounced_soft", "complained")


@require_GET
@staff()
def overview(request: StaffRequest) -> HttpResponse:
    return _page(request)


@require_POST
@staff("settings")
def choices(request: StaffRequest) -> HttpResponse:
    """What is followed, and by which way mail goes."""
    given = {
        name: request.POST.get(name, "") for name in ("track_opens", "track_clicks", "utm", "utm_source", "mail_by")
    }
    ways = {one.name for one in _ways(request)} | {"", "smtp"}
    if given["mail_by"] not in ways:
        given.pop("mail_by")
    try:
        choosing.choose(request.shop.pk, given, request.user.username)
    except choosing.ChoiceRefused as refused:
        said = (
            _("Up to 40 letters, digits, dots, dashes and underscores.")
            if refused.name == "utm_source"
            else str(refused)
        )
        return _page(request, errors={refused.name: said}, given=given)
    messages.success(request, _("Kept. It holds for what goes from now on."))
    return redirect("deliverability")


@require_POST
@staff("settings")
def warm_up(request: StaffRequest) -> HttpResponse:
    """Begin a plan, or end the one that runs."""
    by = request.user.username
    if request.POST.get("do") == "end":
        choosing.choose(request.shop.pk, {"warmup": None}, by)
        messages.success(request, _("The warm-up is over: what waited goes now."))
        return redirect("deliverability")
    today = datetime.now(UTC).date().isoformat()
    given: dict[str, Any] = {name: request.POST.get(name, "") for name in ("first", "growth", "until")}
    try:
        choosing.choose(request.shop.pk, {"warmup": {"since": today, **given}}, by)
    except choosing.ChoiceRefused:
        said = _("Begin with 1 or more, grow by 5 to 300 per cent a day, and end above the beginning.")
        return _page(request, errors={"first": said}, given=given)
    messages.success(request, _("The warm-up has begun. What is over a day's share waits for the next."))
    return redirect("deliverability")


@require_POST
@staff("settings")
def add(request: StaffRequest) -> HttpResponse:
    domain = request.POST.get("domain", "")
    try:
        domains.add_domain(request.shop.pk, domain, request.user.username)
    except domains.DomainRefused as refused:
        return _page(request, errors={"domain": words.refusal(refused.code)}, given={"domain": domain})
    messages.success(request, _("A key was made. Publish its record, then check."))
    return redirect("deliverability")


@require_POST
@staff("settings")
def change(request: StaffRequest, domain: str) -> HttpResponse:
    """Check a domain, sign by it or not, take it away."""
    shop, by, do = request.shop.pk, request.user.username, request.POST.get("do", "check")
    try:
        if do == "remove":
            domains.remove_domain(shop, domain, by)
            messages.success(request, _("%(domain)s was taken away with its key.") % {"domain": domain})
        elif do in ("sign", "stop"):
            domains.sign_by(shop, domain, by, is_on=do == "sign")
            messages.success(request, _("Kept. It holds for what goes from now on."))
        else:
            found = domains.check_domain(shop, domain, by)
            if found.is_good:
                messages.success(request, _("%(domain)s is in order.") % {"domain": domain})
            else:
                messages.error(request, _("%(domain)s is not in order yet: see what to do below.") % {"domain": domain})
    except domains.DomainRefused as refused:
        messages.error(request, words.refusal(refused.code))
    except NamesUnavailable:
        messages.error(request, _("No name server answered. Try again in a minute."))
    return redirect("deliverability")


def _page(
    request: StaffRequest, *, errors: dict[str, str] | None = None, given: dict[str, Any] | None = None
) -> HttpResponse:
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isascii() and asked.isdigit() and int(asked) in SPANS else 30
    today = datetime.now(UTC).date()
    shop = request.shop
    shop.refresh_from_db(fields=["settings"])
    found = report(shop.pk, today - timedelta(days=days - 1), today)
    plan = plan_of(shop.settings)
    held = choosing.chosen(shop.settings)
    context = {
        "section": "deliverability",
        "days": days,
        "spans": SPANS,
        "total": _line(found.total),
        "is_told": any(found.total.count(what) for what in TOLD),
        "providers": [_line(line) for line in found.providers],
        "by_day": [_line(line) for line in reversed(found.days) if line.counts],
        "spark": spark([(date.fromisoformat(line.name), line.count("sent")) for line in found.days]),
        "advice": [
            (tone, words.ADVICE[what], words.provider(name) if name else "") for tone, what, name in found.advice
        ],
        "domains": [_domain(one) for one in domains.domains_of(shop.pk)],
        "held": {**held, **(given or {})},
        "follow": words.FOLLOW,
        "ways": [(one.name, str(one.settings.get("title") or one.name)) for one in _ways(request)],
        "has_server": wiring().can_mail,
        "plan": _plan(plan, today) if plan is not None else None,
        "errors": errors or {},
        "given": given or {},
    }
    return render(request, "deliverability/overview.html", context, status=422 if errors else 200)


def _ways(request: StaffRequest) -> list[Connection]:
    """The shop's open connections to mail providers that have a key."""
    rows = Connection.objects.filter(shop=request.shop, is_active=True).exclude(access="").order_by("id")
    plugins = registry().connectors
    loaded = ((row, plugins.get(row.kind)) for row in rows)
    return [row for row, one in loaded if one is not None and one.store is not None and one.store.mail is not None]


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": words.provider(line.name),
        "key": line.name,
        "sent": line.count("sent"),
        "cells": [(what, line.count(what), line.share(what), line.tone(what)) for what in COLUMNS],
        "opened": line.count("opened"),
        "opened_machine": line.count("opened_machine"),
        "clicked": line.count("clicked"),
        "clicked_machine": line.count("clicked_machine"),
        "unsubscribed": line.count("unsubscribed"),
        "counts": line.counts,
    }


def _domain(one: domains.SendingDomain) -> dict[str, Any]:
    checks = [
        (name, *words.CHECKS[code], one.checks.get(f"{key}_text", ""))
        for name, key in (("SPF", "spf"), ("DKIM", "dkim"), ("DMARC", "dmarc"))
        if (code := one.checks.get(key, "")) in words.CHECKS
    ]
    return {"one": one, "checks": checks, "shows_record": one.checks.get("dkim") != "dkim.ok"}


def _plan(plan: Plan, today: date) -> dict[str, Any]:
    return {"plan": plan, "most": plan.ceiling(today), "ends": plan.since + timedelta(days=plan.days)}
