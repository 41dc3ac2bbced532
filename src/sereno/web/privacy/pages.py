"""What people asked for, what is held about one, and what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from sereno.runtime.privacy.looking import Holdings, consents_of, held_about
from sereno.store.fields import from_micros
from sereno.store.models import PrivacyRequest
from sereno.web.access import StaffRequest, staff
from sereno.web.paging import page_of
from sereno.web.privacy.words import BASES, KINDS, PLACES, PROOF, PURPOSES, SOURCES, STATES
from sereno.web.shell import render


@require_GET
@staff("work")
def overview(request: StaffRequest) -> HttpResponse:
    """Requests, the open ones by the law's date first, and the search for a person."""
    rows = PrivacyRequest.objects.filter(shop=request.shop).defer("file", "about", "work", "report")
    page = page_of(request, rows)
    waiting = list(rows.filter(finished_at=None).order_by("due_at")[:20]) if page.first is None else []
    context = {
        "section": "privacy",
        "page": page,
        "waiting": [line(row) for row in waiting],
        "lines": [line(row) for row in page.rows if row not in waiting],
    }
    return render(request, "privacy/list.html", context)


def line(row: PrivacyRequest) -> dict[str, Any]:
    tone, state = STATES[row.status]
    source = SOURCES.get(row.source, row.source)
    return {"row": row, "kind": KINDS[row.kind], "tone": tone, "state": state, "source": source}


@require_GET
@staff("work")
def person(request: StaffRequest) -> HttpResponse:
    """What is held about one person, by place."""
    asked = request.GET.get("q", "").strip()[:254]
    held = held_about(request.shop.pk, [asked]) if asked else None
    context = {
        "section": "privacy",
        "asked": asked,
        "held": held,
        "places": places(held) if held is not None else [],
        "before": PrivacyRequest.objects.filter(shop=request.shop, pk__in=held.requests).defer("file", "about", "work")
        if held is not None
        else [],
        "kinds": KINDS,
        "delay": delay_hours(request.shop.settings),
    }
    return render(request, "privacy/person.html", context)


def places(held: Holdings) -> list[tuple[str, int, str]]:
    """(words, rows, where to see them)."""
    subject = next((f"customer:{key}" for key in held.known_as["customers"]), "")
    mail = next(iter(held.known_as["emails"]), "")
    about = subject or mail
    links = {
        "event": ("events", {"q": mail or subject.partition(":")[2]}),
        "run": ("runs", {"q": mail or subject.partition(":")[2]}),
        "effect": ("effects", {"q": mail or subject.partition(":")[2]}),
        "skip": ("why", {"subject": about}),
        "run_trace": ("why", {"subject": about}),
        "consent": ("privacy-consents", {"q": mail}),
        "suppression": ("suppressions", {"q": mail}),
    }
    found: list[tuple[str, int, str]] = []
    for place, count in sorted(held.counts.items(), key=lambda one: -one[1]):
        if count:
            name, query = links.get(place, ("", {}))
            found.append((str(PLACES.get(place, place)), count, f"{reverse(name)}?{urlencode(query)}" if name else ""))
    return found


@require_GET
@staff("work")
def consents(request: StaffRequest) -> HttpResponse:
    """The lines of the ledger about one address, with their proof."""
    asked = request.GET.get("q", "").strip().lower()[:254]
    lines = consents_of(request.shop.pk, asked)[:500] if asked else []
    shown = [
        {
            **one,
            "at": from_micros(one["at"]),
            "basis": BASES.get(str(one["proof"].get("basis", "")), ""),
            "purpose": PURPOSES.get(one["purpose"], one["purpose"]),
            "is_pending": one["proof"].get("state") == "pending",
            "details": _details(one["proof"]),
        }
        for one in lines
    ]
    return render(request, "privacy/consents.html", {"section": "privacy", "asked": asked, "lines": shown})


def _details(proof: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in proof.items():
        if name in PROOF and value:
            words = ", ".join(f"{value[key]}" for key in sorted(value)) if isinstance(value, dict) else str(value)
            found.append((str(PROOF[name]), words))
    return found


def delay_hours(settings: Mapping[str, Any]) -> int:
    """How long an erasure waits, so that it can be taken back; a day where the shop says nothing."""
    held = str(settings.get("privacy_delay_hours", ""))
    return int(held) if held.isdecimal() and int(held) <= 720 else 24
