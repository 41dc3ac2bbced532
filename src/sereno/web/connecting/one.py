"""One connection: setting it up with a live test, its health and secrets, its last deliveries, closing and deleting."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import connecting
from sereno.sdk.connector import Guide
from sereno.sdk.plugin import registry
from sereno.store.models import Connection, Delivery
from sereno.web import words as states
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.connecting import forms, listing, permission, testing, verifying, words
from sereno.web.connecting.health import health_of, is_deleted, title_of_connection
from sereno.web.paging import page_of
from sereno.web.reading import part as reading_back
from sereno.web.shell import render

STATUSES = ("pending", "done", "ignored", "failed")
TOPICS_FROM = 500
"""Newest deliveries whose topics the filter offers."""


@require_GET
@staff()
def connection(request: StaffRequest, name: str) -> HttpResponse:
    return shown(request, row_of(request, name))


def shown(request: StaffRequest, row: Connection, access: dict[str, Any] | None = None) -> HttpResponse:
    """The page; with `access` the part about the permission to write as a refused form has it."""
    status, topic = request.GET.get("status", ""), request.GET.get("topic", "")
    rows = Delivery.objects.filter(connection=row).defer("body", "headers")
    if status in STATUSES:
        rows = rows.filter(status=status)
    if topic:
        rows = rows.filter(topic=topic)
    newest = Delivery.objects.filter(connection=row).order_by("-id").values_list("topic", flat=True)[:TOPICS_FROM]
    topics = sorted({one for one in newest if one} | ({topic} if topic else set()))
    context = {
        **_about(request, row),
        "health": health_of(row),
        "page": page_of(request, rows, 20),
        "status": status,
        "topic": topic,
        "topics": [(one, one) for one in topics],
        "statuses_named": states.named("delivery", STATUSES),
        "is_filtered": bool(status or topic),
        "secrets": verifying.described(row) if "settings" in request.can else [],
        "is_readable": verifying.secrets_of(row) is not None,
        "refusals": testing.last_refusals(row),
        "reading": reading_back.part_of(row),
        "access": access or permission.part_of(row, may_see="settings" in request.can),
    }
    return render(request, "connecting/one.html", context, 422 if access else 200)


@require_GET
@staff()
def set_up(request: StaffRequest, name: str) -> HttpResponse:
    row = row_of(request, name)
    made = listing.made_secret(request, name) if "settings" in request.can else None
    context = {
        **_about(request, row),
        "made": made,
        "test": testing.look(row, testing.beginning(request)),
        "after": testing.beginning(request),
        "anew": testing.anew(row),
        "command": testing.command(row, made) if row.kind == "generic" else "",
    }
    return render(request, "connecting/set-up.html", context)


@require_GET
@staff()
def live(request: StaffRequest, name: str) -> HttpResponse:
    """The part of the set-up page that turns by itself."""
    row = row_of(request, name)
    after = testing.beginning(request)
    return render(request, "connecting/live.html", {"row": row, "test": testing.look(row, after), "after": after})


@require_POST
@staff("settings")
def add_secret(request: StaffRequest, name: str) -> HttpResponse:
    """Beside the old one, which stays valid until somebody ends it."""
    row = row_of(request, name)
    guide = _guide(row)
    secret = request.POST.get("secret", "")
    is_first = not verifying.secrets_of(row)
    wants_one_made = request.POST.get("make") == "yes"
    said = _("The secret is kept.") if is_first else _("The new secret is valid now, and the old one beside it.")

    def put() -> str | None:
        if not wants_one_made and (problem := forms.secret_problem(guide.secret if guide else None, secret)):
            raise ValueError(problem)
        given = [] if wants_one_made else [secret]
        made = connecting.add_secrets(name, given, by=request.user.username, shop_id=request.shop.pk)
        if made:
            listing.remember_secret(request, name, made)
        return made

    done = carry_out(request, put, said)
    # One that was made has to be copied from where it is shown.
    is_setting_up = request.POST.get("next") == "set-up" or (done and wants_one_made)
    return redirect("connection-set-up" if is_setting_up else "connection", name)


@require_POST
@staff("settings")
def end_secret(request: StaffRequest, name: str) -> HttpResponse:
    mark = request.POST.get("mark", "")
    carry_out(
        request,
        lambda: connecting.end_secret(name, mark, by=request.user.username, shop_id=row_of(request, name).shop_id),
        _("That secret is ended. What is signed with it is refused from now on."),
    )
    return redirect("connection", name)


@require_POST
@staff("settings")
def change(request: StaffRequest, name: str) -> HttpResponse:
    """Its title and the connector's settings."""
    row = row_of(request, name)
    guide = _guide(row)
    values, errors = forms.read(guide, request.POST.dict()) if guide else ({}, {})
    title = request.POST.get("title", "").strip()

    def put() -> None:
        problem = forms.title_problem(title) or next(iter(errors.values()), "")
        if problem:
            raise ValueError(problem)
        connecting.change(name, by=request.user.username, shop_id=request.shop.pk, title=title, settings=values)

    carry_out(request, put, _("Changed."))
    return redirect("connection", name)


@require_POST
@staff("settings")
def switch(request: StaffRequest, name: str) -> HttpResponse:
    """Close it or open it, delete it or put it back, or erase it for good."""
    row_of(request, name, deleted=True)
    doings: dict[str, tuple[Any, str]] = {
        "open": (_opened(True), _("Open: deliveries are taken again.")),
        "close": (_opened(False), _("Closed: what is sent there is answered 404 until you open it again.")),
        "delete": (connecting.delete, _("Deleted. It stands at the end of this list, where it can be put back.")),
        "put-back": (connecting.put_back, _("Put back, and open.")),
        "erase": (connecting.erase, _("Erased for good: its secrets and settings are gone.")),
    }
    doing, said = doings.get(request.POST.get("do", ""), (None, ""))
    if doing is not None:
        carry_out(request, lambda: doing(name, by=request.user.username, shop_id=request.shop.pk), said)
    row = row_of(request, name, deleted=True) if request.POST.get("do") != "erase" else None
    return redirect("connections") if row is None or is_deleted(row) else redirect("connection", name)


def _opened(is_active: bool) -> Any:
    def put(name: str, *, by: str, shop_id: int) -> None:
        connecting.change(name, by=by, shop_id=shop_id, is_active=is_active)

    return put


def _about(request: StaffRequest, row: Connection) -> dict[str, Any]:
    guide = _guide(row)
    return {
        "section": "connections",
        "row": row,
        "title": title_of_connection(row),
        "platform": words.platform(row.kind),
        "guide": guide,
        "address": listing.address_of(row),
        "fields": forms.fields_of(guide, row.settings, {}) if guide else [],
        **words.of_guide(guide),
        "length_of": words.length_of,
        "has_secret": bool(verifying.secrets_of(row)),
    }


def row_of(request: StaffRequest, name: str, *, deleted: bool = False) -> Connection:
    row = get_object_or_404(Connection, shop=request.shop, name=name)
    if is_deleted(row) and not deleted:
        raise Http404
    return row


def _guide(row: Connection) -> Guide | None:
    found = registry().connectors.get(row.kind)
    return found.guide if found is not None else None
