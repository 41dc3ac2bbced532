"""Makes and changes segments: nested rows, with how many they would hold before anything is kept."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sereno.engine.segments.definition import SegmentInvalid, read
from sereno.engine.segments.text import from_text, to_text
from sereno.modules.segments.models import Segment, ShopState
from sereno.modules.segments.ready import READY
from sereno.runtime.segments import services
from sereno.web.access import StaffRequest, staff
from sereno.web.segments import choices, editing, words
from sereno.web.segments.pages import REMOVED, find
from sereno.web.shell import render


@require_http_methods(["GET", "POST"])
@staff("flows")
def new(request: StaffRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "POST"])
@staff("flows")
def edit(request: StaffRequest, name: str) -> HttpResponse:
    return _form(request, find(request.shop, name))


def _form(request: StaffRequest, one: Segment | None) -> HttpResponse:
    said, error, preview = request.POST, "", None
    if request.method != "POST":
        rows = (
            editing.opened(read(one.definition)) if one is not None else editing.Rows("0", "all", [editing.Row("0.0")])
        )
        title, tag = (one.title, one.tag) if one is not None else ("", "")
    else:
        rows, title, tag = editing.posted(said.dict()), said.get("title", ""), said.get("tag", "")
        do = said.get("do", "save")
        try:
            if do == "save":
                return _save(request, one, title, tag, rows)
            if do == "read":
                rows = editing.opened(from_text(said.get("text", "")))
            elif do != "show":
                rows = editing.changed(rows, do)
            if do in ("show", "preview", "read"):
                preview = services.preview(request.shop.pk, editing.document(rows))
        except SegmentInvalid as refusal:
            error = words.problem(refusal)
    asked, values = choices.of_shop(request.shop)
    others = Segment.objects.filter(shop=request.shop).order_by("title")
    context: dict[str, Any] = {
        "section": "segments",
        "one": one,
        "title": title,
        "tag": tag,
        "held": rows,
        "groups": [*words.GROUPS, *([(_("Answers in forms"), asked)] if asked else [])],
        "known": {**words.NAMES, **asked},
        "operator_of": words.operator_of,
        "values": values,
        "hows": [(name, words.HOWS[name]) for name in editing.HOWS],
        "things": words.THINGS,
        "goods": choices.goods(request.shop),
        "of_things": words.OF_THINGS,
        "others": [(row.name, row.title) for row in others if one is None or row.pk != one.pk],
        "error": error,
        "text": said.get("text", "") if error and said.get("do") == "read" else _text(rows),
        "preview": preview,
        "is_gathering": ShopState.objects.filter(shop=request.shop).exclude(stage="ready").exists(),
    }
    return render(request, "segments/edit.html", context, status=422 if error and said.get("do") == "save" else 200)


def _text(rows: editing.Rows) -> str:
    """What the rows say as one text; "" while they are not complete."""
    try:
        return to_text(read(editing.document(rows)))
    except SegmentInvalid:
        return ""


def _save(request: StaffRequest, one: Segment | None, title: str, tag: str, rows: editing.Rows) -> HttpResponse:
    shop_id, by, document = request.shop.pk, request.user.username, editing.document(rows)
    if one is None:
        name = services.create(shop_id, title, document, by, tag=tag)
        messages.success(request, _("Made. Its people are being found in the background."))
    else:
        name = one.name
        services.change(shop_id, name, by, title=title, definition=document, tag=tag)
        messages.success(request, _("Saved. Nobody is told of who comes in or goes by this change."))
    return redirect("segment", name)


@require_POST
@staff("flows")
def take(request: StaffRequest) -> HttpResponse:
    """One of the ready ones."""
    one = next((one for one in READY if one.name == request.POST.get("name")), None)
    if one is None:
        raise Http404
    try:
        name = services.create(request.shop.pk, _(one.title), one.definition, request.user.username, name=one.name)
    except SegmentInvalid as refusal:
        messages.error(request, words.problem(refusal))
        return redirect("segments")
    messages.success(request, _("Made. Its people are being found in the background."))
    return redirect("segment", name)


@require_POST
@staff("flows")
def remove(request: StaffRequest, name: str) -> HttpResponse:
    find(request.shop, name)
    try:
        held = services.remove(request.shop.pk, name, request.user.username)
    except SegmentInvalid as refusal:
        messages.error(request, words.problem(refusal))
        return redirect("segment", name)
    request.session[REMOVED] = {**held, "shop": request.shop.pk}
    return redirect(f"{reverse('segments')}?removed=1")


@require_POST
@staff("flows")
def restore(request: StaffRequest) -> HttpResponse:
    """The segment that was removed last comes back under its name; who is in it is found anew, and nobody is told."""
    held = cast("dict[str, Any] | None", request.session.pop(REMOVED, None))
    if held is None or held["shop"] != request.shop.pk:
        messages.error(request, _("There is nothing to undo."))
        return redirect("segments")
    try:
        name = services.create(
            request.shop.pk,
            held["title"],
            held["definition"],
            request.user.username,
            name=held["name"],
            tag=held["tag"],
        )
    except SegmentInvalid as refusal:
        messages.error(request, words.problem(refusal))
        return redirect("segments")
    messages.success(request, _("It is back. Its people are being found in the background."))
    return redirect("segment", name)


@require_POST
@staff("work")
def snapshot(request: StaffRequest, name: str) -> HttpResponse:
    one = find(request.shop, name)
    title = request.POST.get("title", "").strip() or one.title
    try:
        services.snapshot(request.shop.pk, name, title, request.user.username)
    except SegmentInvalid as refusal:
        messages.error(request, words.problem(refusal))
    else:
        messages.success(request, _("Kept as it is now. Compare it with another one whenever you like."))
    return redirect("segment", name)


@require_POST
@staff("work")
def forget(request: StaffRequest, name: str, number: int) -> HttpResponse:
    try:
        services.forget_snapshot(request.shop.pk, name, number, request.user.username)
    except LookupError:
        raise Http404 from None
    messages.success(request, _("The snapshot is gone."))
    return redirect("segment", name)
