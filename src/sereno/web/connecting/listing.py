"""The connections of a shop, the gallery of what can be connected, and making a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sereno.runtime import connecting
from sereno.sdk.connector import Connector, Guide
from sereno.sdk.plugin import registry
from sereno.store.models import Connection
from sereno.store.secrets import SecretsUnreadable, decrypt, encrypt
from sereno.web.access import StaffRequest, staff
from sereno.web.connecting import forms, words
from sereno.web.connecting.health import healths_of, is_deleted, title_of_connection
from sereno.web.shell import render
from sereno.web.wiring import wiring

SHOWN_FOR = 900
"""Seconds a secret made here can be read again by whoever made it, in the same session."""
_SESSION = "secrets-made"


@dataclass(frozen=True, slots=True)
class Offer:
    """A platform of the gallery."""

    kind: str
    name: str
    brings: str
    topics: int
    is_connected: bool


@require_GET
@staff()
def connections(request: StaffRequest) -> HttpResponse:
    rows = list(request.shop.connection_set.order_by("name"))
    here = [row for row in rows if not is_deleted(row)]
    context = {
        "section": "connections",
        "rows": here,
        "health": healths_of(here),
        "deleted": [row for row in rows if is_deleted(row) and not row.settings.get("is_erased")],
        "address": address_of,
        "title": title_of_connection,
        "platform": words.platform,
        "length_of": words.length_of,
    }
    return render(request, "connecting/list.html", context)


@require_GET
@staff()
def gallery(request: StaffRequest) -> HttpResponse:
    connected = set(request.shop.connection_set.values_list("kind", flat=True))
    kinds = sorted(registry().connectors, key=lambda one: (_place(one.kind), one.kind))
    offers = [_offer(one, connected) for one in kinds if one.guide is not None]
    return render(request, "connecting/gallery.html", {"section": "connections", "offers": offers})


@require_http_methods(["GET", "POST"])
@staff("settings")
def new(request: StaffRequest, kind: str) -> HttpResponse:
    """A name and, where it is known already, the secret; the address exists from then on, and the rest is done with it
    at hand."""
    connector = registry().connectors.get(kind)
    if connector is None or connector.guide is None:
        raise Http404
    guide = connector.guide
    title, secret, whose = "", "", "ours"
    errors: dict[str, str] = {}
    values: dict[str, str] = {}
    if request.method == "POST":
        title, secret = request.POST.get("title", "").strip(), request.POST.get("secret", "")
        whose = request.POST.get("whose", "ours")
        values, errors = forms.read(guide, request.POST.dict())
        if problem := forms.title_problem(title):
            errors["title"] = problem
        is_own = guide.is_secret_theirs or whose == "mine"
        # A platform that chooses the secret may show it only once it knows the address: it can follow.
        if (
            is_own
            and (secret or not guide.is_secret_theirs)
            and (problem := forms.secret_problem(guide.secret, secret))
        ):
            errors["secret"] = problem
        if not errors:
            return _make(request, kind, title, secret if is_own else "", values, guide)
    context = {
        "section": "connections",
        "kind": kind,
        "name": words.platform(kind),
        "heading": _("Connect anything else")
        if kind == "generic"
        else _("Connect %(name)s") % {"name": words.platform(kind)},
        "guide": guide,
        **words.of_guide(guide),
        "title": title,
        "whose": whose,
        "errors": errors,
        "fields": forms.fields_of(guide, values, errors),
        "stores": _stores(request, guide),
        "namespace": request.POST.get("namespace", ""),
        "own_ids": request.POST.get("own_ids") == "yes",
        "joins": guide.is_store and bool(_other_stores(request)),
    }
    return render(request, "connecting/new.html", context, status=422 if errors else 200)


def made_secret(request: HttpRequest, name: str) -> str | None:
    """The secret made for this connection a moment ago by this person."""
    found: Any = request.session.get(_SESSION, {}).get(name)
    if not found or datetime.now(UTC).timestamp() - found[1] > SHOWN_FOR:
        return None
    try:
        return decrypt(found[0])[0]
    except SecretsUnreadable:
        return None


def remember_secret(request: HttpRequest, name: str, secret: str) -> None:
    """Sealed, for the page that shows it."""
    now = datetime.now(UTC).timestamp()
    held = {one: kept for one, kept in request.session.get(_SESSION, {}).items() if now - kept[1] <= SHOWN_FOR}
    request.session[_SESSION] = {**held, name: [encrypt([secret]), now]}


def address_of(row: Connection) -> str:
    return f"{wiring().base_url}/hooks/{row.name}"


def _make(
    request: StaffRequest, kind: str, title: str, secret: str, values: dict[str, str], guide: Guide
) -> HttpResponse:
    chosen = request.POST.get("namespace", "")
    known = {namespace for namespace, _title in _stores(request, guide)}
    own_ids = kind == "generic" and request.POST.get("own_ids") == "yes"
    try:
        made = connecting.connect(
            request.shop.pk,
            kind,
            connecting.free_name(title),
            by=request.user.username,
            title=title,
            secrets=[secret] if secret else [],
            make_secret=not guide.is_secret_theirs,
            settings={name: value for name, value in values.items() if value},
            namespace=None if guide.is_store or own_ids else (chosen if chosen in known else ""),
            own_ids=own_ids,
            base_url=wiring().base_url,
        )
    except connecting.ConnectionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("connection-new", kind)
    if made.secret:
        remember_secret(request, made.name, made.secret)
    messages.success(request, _("“%(title)s” is ready to be connected: follow the steps.") % {"title": title})
    return redirect("connection-set-up", made.name)


def _stores(request: StaffRequest, guide: Guide) -> list[tuple[str, str]]:
    """Which store's records the events of a payment provider, say, are about; empty where there is no choice."""
    if guide.is_store:
        return []
    stores = _other_stores(request)
    if not any(row.settings.get("namespace") for row in stores):
        return []
    return [(str(row.settings.get("namespace") or ""), title_of_connection(row)) for row in stores]


def _other_stores(request: StaffRequest) -> list[Connection]:
    found: list[Connection] = []
    for row in request.shop.connection_set.order_by("id"):
        connector = registry().connectors.get(row.kind)
        if connector is not None and connector.guide is not None and connector.guide.is_store and not is_deleted(row):
            found.append(row)
    return found


def _offer(connector: Connector, connected: set[str]) -> Offer:
    guide = connector.guide
    assert guide is not None
    brings = _(guide.brings) if guide.brings else ""
    return Offer(connector.kind, words.platform(connector.kind), brings, len(guide.topics), connector.kind in connected)


def _place(kind: str) -> int:
    return words.ORDER.index(kind) if kind in words.ORDER else len(words.ORDER)
