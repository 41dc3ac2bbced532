"""What a campaign has the store's own site say: the form, what it will look like, and what people decide where somebody
else changed what was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.content import services
from sereno.modules.content.services import Kept
from sereno.runtime.content import deciding
from sereno.runtime.content.deciding import Standing
from sereno.sdk.content import write_campaign
from sereno.sdk.site import KINDS, SHOWN, TEXTS
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.campaigns import words
from sereno.web.security import MAIL_POLICY
from sereno.web.unsaved import Editing


class OddLine(ValueError):  # noqa: N818
    """A line that says no value; with words for whoever wrote it."""


FIRST: dict[str, dict[str, Any]] = {
    "post": {"kind": "post", "key": "new-post", "fields": {"title": "", "body": "", SHOWN: True}},
    "page": {"kind": "page", "key": "new-page", "fields": {"title": "", "body": "", SHOWN: True}},
    "theme_file": {"kind": "theme_file", "key": "config/settings_data.json", "fields": {}},
    "theme": {"kind": "theme", "key": "", "fields": {"": ""}},
}


@require_http_methods(["GET", "POST"])
@staff()
def edit(request: StaffRequest, name: str) -> HttpResponse:
    """`do` is `save`, `add:post` (or another kind), or `drop:2`; only `save` keeps anything, for what is kept of a
    campaign that is on stands in the store within seconds."""
    kept = _kept(request, name)
    whole = write_campaign(kept.campaign)
    editing = Editing(request, "writings", name, whole, kept.version, has_languages=False)
    if request.method == "POST":
        if "flows" not in request.can:
            return redirect("campaign-store", name)
        done = editing.take(
            lambda document, _language: {**whole, "writings": _edited(document["writings"], request.POST)},
            lambda document, version: _keep(request, name, document, version),
            {**words.REFUSALS, OddLine: str},
            done=_("Saved. The store is written to by the campaign's dates, once it is on."),
            here=reverse("campaign-store", args=[name]),
        )
        if done is not None:
            return done
    writings = editing.document["writings"]
    stores = deciding.stores(request.shop.pk)
    lacks = [
        (number, words.THINGS[one["kind"]])
        for number, one in enumerate(writings, start=1)
        if not any(one["kind"] in can for store, can in stores if one["store"] in ("", store))
    ]
    context: dict[str, Any] = {
        "section": "site-content",
        "kept": kept,
        "state": words.STATES[kept.state(datetime.now(UTC))],
        "writings": [{**_shown(one), "saved": _place_of(one, kept)} for one in writings],
        "kinds": [(kind, words.THINGS[kind]) for kind in KINDS],
        "stores": [("", _("The first store")), *((store, store) for store, _can in stores)],
        "lacks": lacks,
    }
    return editing.page("campaigns/store.html", context)


def _keep(request: StaffRequest, name: str, document: dict[str, Any], version: int | None) -> None:
    for number, one in enumerate(document["writings"], start=1):
        for line in one.get("odd", []):
            said = _("Number %(number)s: “%(line)s” is no value. Write each as name = value.")
            raise OddLine(said % {"number": number, "line": line[:80]})
    services.save(request.shop.pk, name, document, request.user.username, version=version)


def _place_of(one: dict[str, Any], kept: Kept) -> int:
    """Its number among what is saved, by which the frame asks for it; 0 for what is not."""
    same = (at for at, held in enumerate(kept.campaign.writings, start=1)
            if (held.target.kind, held.target.key) == (one["kind"], one["key"]))  # fmt: skip
    return next(same, 0)


@require_GET
@staff()
def preview(request: StaffRequest, name: str, number: int) -> HttpResponse:
    """A post or page by itself, for a frame that can do nothing; in the store its theme dresses it."""
    writings = _kept(request, name).campaign.writings
    if not 0 < number <= len(writings) or writings[number - 1].target.kind not in ("post", "page"):
        raise Http404
    fields = writings[number - 1].fields
    title = f"<h1>{escape(fields['title'])}</h1>" if fields.get("title") else ""
    style = "<style>body{font:16px/1.5 sans-serif;margin:1rem;color:#1d1b18;background:#fff}img{max-width:100%}</style>"
    response = HttpResponse(f"<!doctype html><meta charset=utf-8>{style}{title}{fields.get('body', '')}")
    response["Content-Security-Policy"] = MAIL_POLICY
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@staff("flows")
def decide(request: StaffRequest, id: int) -> HttpResponse:
    keep = "theirs" if request.POST.get("keep") == "theirs" else "ours"
    done = {
        "theirs": _("It stays as it is over there."),
        "ours": _("It is written anew within seconds, unless somebody changes it again."),
    }
    carry_out(request, lambda: deciding.decide(request.shop.pk, id, keep, request.user.username), done[keep])
    return redirect("site-content")


def standing(request: StaffRequest) -> list[tuple[Standing, tuple[str, str, Any], str, list[tuple[str, str, str]]]]:
    """What was written, its state in words, what it is, and by field what somebody made of it beside what we wrote."""
    return [
        (one, words.WRITTEN[one.state], str(words.THINGS[one.target.kind]), _differences(one))
        for one in deciding.standing(request.shop.pk)
    ]


def _differences(one: Standing) -> list[tuple[str, str, str]]:
    return [
        (words.field(one.target.kind, name), _short(one.ours.get(name)), _short(value))
        for name, value in one.edited.items()
    ]


def _short(value: Any) -> str:
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _kept(request: StaffRequest, name: str) -> Kept:
    found = services.find(request.shop.pk, name)
    if found is None:
        raise Http404
    return found


# --- the form ---------------------------------------------------------------------------------------


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    """As the form has it: values of a file as lines, with those that cannot be read."""
    fields = dict(one["fields"])
    values = {name: value for name, value in fields.items() if name}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return {**one, "lines": "\n".join([*lines, *one.get("odd", [])]), "whole": str(fields.get("", ""))}


def _edited(held: list[dict[str, Any]], form: QueryDict) -> list[dict[str, Any]]:
    found = [_writing(one, form, f"w{at}") for at, one in enumerate(held)]
    verb, _mark, which = form.get("do", "save").partition(":")
    if verb == "add" and which in FIRST:
        taken = {one["key"] for one in found}
        first = FIRST[which]
        keys = (first["key"], *(f"{first['key']}-{number}" for number in range(2, len(found) + 3)))
        key = first["key"] if which == "theme" else next(key for key in keys if key not in taken)
        found.append({**first, "store": "", "key": key, "fields": dict(first["fields"])})
    elif verb == "drop" and which.isascii() and which.isdigit() and int(which) < len(found):
        found.pop(int(which))
    return found


def _writing(held: dict[str, Any], form: QueryDict, mark: str) -> dict[str, Any]:
    kind = held["kind"]
    store, key = form.get(f"{mark}-store", held["store"]).strip(), form.get(f"{mark}-key", held["key"]).strip()
    if kind in ("post", "page"):
        given = {name: form.get(f"{mark}-{name}", held["fields"].get(name, "")).strip() for name in TEXTS[kind]}
        fields: dict[str, Any] = {name: value for name, value in given.items() if value}
        if (shown := form.get(f"{mark}-shown", "yes" if held["fields"].get(SHOWN) else "")) in ("yes", "no"):
            fields[SHOWN] = shown == "yes"
        return {"kind": kind, "key": key, "store": store, "fields": fields}
    values, odd = _values(form.get(f"{mark}-lines", ""))
    whole = form.get(f"{mark}-whole", str(held["fields"].get("", ""))).replace("\r\n", "\n")
    fields = values | ({"": whole} if whole.strip() or kind == "theme" else {})
    return {"kind": kind, "key": key, "store": store, "fields": fields, "odd": odd}


def _values(lines: str) -> tuple[dict[str, Any], list[str]]:
    """`current.accent = "#f00"`, a line each; what is no JSON is a text. And the lines that say no value."""
    found: dict[str, Any] = {}
    odd: list[str] = []
    for line in lines.splitlines():
        name, mark, value = line.partition("=")
        if name.strip() and mark:
            try:
                found[name.strip()] = json.loads(value)
            except ValueError:
                found[name.strip()] = value.strip()
        elif line.strip():
            odd.append(line.strip())
    return found, odd
