"""The builder's page and what is done on it. Every change is one POST that says which revision of the draft it was made
on; the answer is the builder as it now stands, or what somebody else did in the meantime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.engine.catalog import FlowInvalid
from sereno.engine.documents import Unreadable, read_document
from sereno.engine.places import find
from sereno.runtime import drafting, services
from sereno.runtime.drafting import Draft, DraftConflict
from sereno.runtime.publishing import DraftChanged
from sereno.runtime.staging import stages
from sereno.sdk.plugin import registry
from sereno.web.access import StaffRequest, staff
from sereno.web.builder import edits, forms, wishes
from sereno.web.builder.edits import EditRefused
from sereno.web.builder.rebase import follow
from sereno.web.builder.screen import CLIP, View, is_htmx, show
from sereno.web.builder.text import rewritten
from sereno.web.builder.wishes import Wish
from sereno.web.phrases import said
from sereno.web.shell import forget_attention, render

LARGEST_CLIP = 64 * 1024


def _opened(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A flow that is not there is a 404; one that Sereno brings along says why it cannot be changed."""

    def guarded(request: StaffRequest, name: str) -> HttpResponse:
        try:
            return view(request, name)
        except LookupError as missing:
            raise Http404(str(missing)) from None
        except ValueError as refusal:
            messages.error(request, str(refusal))
            return redirect("flow", name=name)

    return guarded


@require_GET
@staff("flows")
@_opened
def builder(request: StaffRequest, name: str) -> HttpResponse:
    asked = request.GET
    draft = drafting.open_draft(request.shop.pk, name)
    view = View(
        at=asked.get("at", "")[:500],
        add=asked.get("add", "")[:500],
        moving=asked.get("move", "")[:500],
        search=asked.get("q", "")[:100],
        is_map=asked.get("view") == "map",
        is_publishing="publish" in asked,
    )
    return show(request, draft, view)


@require_POST
@staff("flows")
@_opened
def edit(request: StaffRequest, name: str) -> HttpResponse:
    """`do` is one line of what to do; see `wishes`. `undo`, `redo`, `copy` and `retitle` are done here."""
    line = request.POST.get("do", "")[:1000]
    verb, _space, path = line.partition(" ")
    try:
        if verb == "copy":
            return _copied(request, name, path)
        if verb in ("undo", "redo"):
            return _stepped(request, name, verb)
        if verb == "retitle":
            return _retitled(request, name)
        return _changed(request, name, wishes.read(line), line)
    except DraftConflict as conflict:
        return _conflict(request, conflict, _wished(request, name, line))
    except EditRefused as refusal:
        return _refused(request, name, str(refusal), path.partition(" ")[0])


@require_http_methods(["GET", "POST"])
@staff("flows")
@_opened
def panel(request: StaffRequest, name: str) -> HttpResponse:
    """The form of the card at `path`; a POST keeps what was filled in."""
    path = request.GET.get("path", "")[:500]
    if request.method == "GET":
        return show(request, drafting.open_draft(request.shop.pk, name), View(at=path))
    post, shop = request.POST, request.shop
    try:
        draft, before = _at_revision(request, name)
        path = _followed(request, name, before, path)
        changed = forms.apply(before, path, post, shop=shop)
        what = _("Changed: %(step)s") % {"step": _called(changed, path)}
        kept = _keep(request, draft, before, changed, what)
    except forms.FormInvalid as invalid:
        view = View(at=path, errors=invalid.errors, values=post, form=post.get("form", ""), said=_said_of(invalid))
        return show(request, drafting.open_draft(shop.pk, name), view, status=422 if invalid.errors else 200)
    except DraftConflict as conflict:
        return _conflict(request, conflict, _("Changed: %(step)s") % {"step": _called(conflict.current.document, path)})
    except EditRefused as refusal:
        return _refused(request, name, str(refusal), path)
    if not is_htmx(request):
        return _to(name, at=path)
    return show(request, kept, View(at=path, form=post.get("form", ""), values=post, is_kept=True))


@require_GET
@staff("flows")
@_opened
def news(request: StaffRequest, name: str) -> HttpResponse:
    """Whether somebody else has changed the draft since `revision`: nothing (204), or a line that says so."""
    seen = request.GET.get("revision", "")
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0
    changes = drafting.changes_since(request.shop.pk, name, number)
    others = [change for change in changes if change.by != request.user.username]
    if not others:
        return HttpResponse(status=204)
    return render(request, "builder/news.html", {"change": others[0], "name": name})


@require_POST
@staff("flows")
@_opened
def publish(request: StaffRequest, name: str) -> HttpResponse:
    """Make the draft the next version. Refused, with the reasons on their cards, while there are problems."""
    post, by = request.POST, request.user.username
    draft = drafting.open_draft(request.shop.pk, name)
    note = post.get("note", "").strip()[:500]
    if draft.revision != _number(post, "revision"):
        return _overtaken(request, name)
    inflight = post.get("inflight", "finish")
    chosen: Any = inflight if inflight in ("finish", "move", "end") else "finish"
    try:
        if draft.problems:
            return show(request, draft, View(is_publishing=True, note=note), status=422)
        how = post.get("how", "all")
        if how in ("shadow", "share"):
            return _rolled_out(request, draft, how, note)
        number = services.publish(request.shop.pk, name, by, note=note, inflight=chosen, expected=draft.text)
    except DraftChanged:
        return _overtaken(request, name)
    except FlowInvalid:
        return show(request, drafting.open_draft(request.shop.pk, name), View(is_publishing=True), status=422)
    forget_attention(request.shop)
    messages.success(request, _("Version %(number)s is live.") % {"number": number})
    return _away(request, reverse("flow", args=(name,)))


def _rolled_out(request: StaffRequest, draft: Draft, how: str, note: str) -> HttpResponse:
    """Publish it as a version on its way in: in shadow beside the live one, or for a few people first."""
    share, by = (None if how == "shadow" else 5.0), request.user.username
    try:
        found = stages.start(request.shop.pk, draft.name, by, share=share, note=note, expected=draft.text)
    except DraftChanged:
        raise
    except ValueError as refusal:
        messages.error(request, said(str(refusal)))
        return _away(request, reverse("flow-stage", args=(draft.name,)))
    forget_attention(request.shop)
    messages.success(request, _("Version %(number)s is on its way in.") % {"number": found.version})
    return _away(request, reverse("flow-stage", args=(draft.name,)))


# --- changes -----------------------------------------------------------------------------------------


def _changed(request: StaffRequest, name: str, wish: Wish, line: str) -> HttpResponse:
    draft, before = _at_revision(request, name)
    if "base" in request.POST:
        base = _document_at(request, name)
        found = wishes.again(wish, base, before) if base is not None else None
        if found is None:
            raise EditRefused(_("The step that was about is not there any more."))
        wish = found
    clip = request.session.get(CLIP) or {"steps": []}
    if wish.verb == "cut":
        _take(request, before, wish.path)
    try:
        done = wishes.carry_out(before, wish, clip["steps"])
    except LookupError:
        raise EditRefused(_("The step that was about is not there any more.")) from None
    kept = _keep(request, draft, before, done.document, done.what)
    if not is_htmx(request):
        return _to(name, at=done.path)
    focus = "panel" if done.opens else "card"
    return show(request, kept, View(at=done.path, said=done.what, focus=focus, is_fresh=done.opens, is_done=True))


def _copied(request: StaffRequest, name: str, path: str) -> HttpResponse:
    draft = drafting.open_draft(request.shop.pk, name)
    try:
        said = _take(request, draft.document or {}, path)
    except LookupError:
        raise EditRefused(_("The step that was about is not there any more.")) from None
    if not is_htmx(request):
        messages.success(request, said)
        return _to(name, at=path)
    return show(request, draft, View(at=path, said=said, focus="card"))


def _take(request: StaffRequest, document: Any, path: str) -> str:
    """Keep a step for pasting. Raises LookupError, and EditRefused for more than can be kept."""
    step = find(document, path)
    if len(str(step)) > LARGEST_CLIP:
        raise EditRefused(_("That is too much to copy at once. Copy its parts."))
    label = wishes.plain(step)
    request.session[CLIP] = {"steps": [step], "label": label}
    return _("Copied: %(step)s") % {"step": label}


def _stepped(request: StaffRequest, name: str, verb: str) -> HttpResponse:
    move = drafting.undo if verb == "undo" else drafting.redo
    before = drafting.open_draft(request.shop.pk, name)
    draft = move(request.shop.pk, name, _number(request.POST, "revision"), request.user.username)
    if draft.revision == before.revision:
        said = _("There is nothing to undo.") if verb == "undo" else _("There is nothing to redo.")
    else:
        what = before.undo if verb == "undo" else before.redo
        said = (_("Undone. %(what)s") if verb == "undo" else _("Done again. %(what)s")) % {"what": what or ""}
    at = request.POST.get("at", "")[:500]
    if not is_htmx(request):
        return _to(name, at=at)
    return show(request, draft, View(at=at, said=said.strip(), focus="card"))


def _retitled(request: StaffRequest, name: str) -> HttpResponse:
    draft, before = _at_revision(request, name)
    title = request.POST.get("title", "").strip()[:200]
    if not title:
        raise EditRefused(_("A flow needs a name."))
    description = request.POST.get("description", "").strip()[:2000]
    changed = edits.retitle(before, title, description)
    kept = _keep(request, draft, before, changed, _("Renamed: %(title)s") % {"title": title})
    if not is_htmx(request):
        return _to(name)
    return show(request, kept, View(at="flow", form=request.POST.get("form", "")))


def _at_revision(request: StaffRequest, name: str) -> tuple[Draft, dict[str, Any]]:
    """The draft this change was made on, and its document. Raises DraftConflict, and EditRefused while it cannot be
    read."""
    draft = drafting.open_draft(request.shop.pk, name)
    expected = _number(request.POST, "revision")
    if draft.revision != expected:
        raise DraftConflict(draft, drafting.changes_since(request.shop.pk, name, expected))
    if draft.document is None:
        raise EditRefused(_("The YAML cannot be read. Mend it there first."))
    return draft, draft.document


def _keep(request: StaffRequest, draft: Draft, before: dict[str, Any], after: dict[str, Any], what: str) -> Draft:
    def read(text: str) -> Any:
        return drafting.check(text, draft.name, registry())[0]

    text = rewritten(draft.text, before, after, read)
    return drafting.change_draft(
        request.shop.pk, draft.name, text, expected=draft.revision, by=request.user.username, what=what
    )


def _document_at(request: StaffRequest, name: str) -> dict[str, Any] | None:
    """The document that a wish of a conflict was made on."""
    text = drafting.draft_text(request.shop.pk, name, _number(request.POST, "base"))
    try:
        found = read_document(text)[0].document if text is not None else None
    except Unreadable:
        return None
    return found if isinstance(found, dict) else None


def _followed(request: StaffRequest, name: str, document: dict[str, Any], path: str) -> str:
    """Where a form's step is now, when it is sent again after a conflict."""
    if "base" not in request.POST:
        return path
    base = _document_at(request, name)
    found = follow(base, document, path) if base is not None else None
    if found is None:
        raise forms.FormInvalid({"": _("The step that was about is not there any more.")})
    return found


# --- answers -----------------------------------------------------------------------------------------


def _to(name: str, **asked: str) -> HttpResponse:
    query = urlencode({key: value for key, value in asked.items() if value})
    return redirect(f"{reverse('builder', args=(name,))}{'?' if query else ''}{query}")


def _away(request: StaffRequest, address: str) -> HttpResponse:
    if not is_htmx(request):
        return redirect(address)
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = address
    return answer


def _refused(request: StaffRequest, name: str, why: str, path: str) -> HttpResponse:
    if not is_htmx(request):
        messages.error(request, why)
        return _to(name, at=path)
    draft = drafting.open_draft(request.shop.pk, name)
    return show(request, draft, View(at=request.POST.get("at", path)[:500], said=why, focus="card"))


def _conflict(request: StaffRequest, conflict: DraftConflict, wish: str) -> HttpResponse:
    """What they did, what was wished, and the wish once more to be sent on top of it."""
    sent = [
        (key, value)
        for key, values in request.POST.lists()
        for value in values
        if key not in ("csrfmiddlewaretoken", "revision", "base")
    ]
    if request.POST.get("do") in ("undo", "redo"):
        # On top of their change it would take that one back.
        sent = []
    base = request.POST.get("base") or request.POST.get("revision", "")
    shown = {
        "changes": conflict.changes,
        "wish": wish,
        "sent": sent,
        "base": base,
        "action": request.get_full_path(),
    }
    view = View(conflict=shown, said=_("Somebody else has changed this flow in the meantime."), focus="panel")
    return show(request, conflict.current, view, status=409)


def _overtaken(request: StaffRequest, name: str) -> HttpResponse:
    """What would be published is not what the person has seen."""
    draft = drafting.open_draft(request.shop.pk, name)
    changes = drafting.changes_since(request.shop.pk, name, _number(request.POST, "revision"))
    return _conflict(request, DraftConflict(draft, changes), _("Publish the flow"))


def _wished(request: StaffRequest, name: str, line: str) -> str:
    """The wish in words, read in the document it was made on."""
    simple = {"undo": _("Undo the last change"), "redo": _("Redo"), "retitle": _("Rename the flow")}
    verb = line.partition(" ")[0]
    if verb in simple:
        return simple[verb]
    text = drafting.draft_text(request.shop.pk, name, _number(request.POST, "revision"))
    document = drafting.check(text, name, registry())[0] if text is not None else None
    try:
        return wishes.said_of(document or {}, wishes.read(line))
    except EditRefused:
        return line


def _called(document: Any, path: str) -> str:
    names = {"trigger": _("the trigger"), "entry": _("who may enter"), "exit": _("what ends it early")}
    named = names.get(path.partition(".")[0])
    if named is not None:
        return named
    try:
        return wishes.plain(find(document or {}, path))
    except LookupError:
        return path


def _said_of(invalid: forms.FormInvalid) -> str:
    return _("Not saved yet: something in the form wants mending.") if invalid.errors else ""


def _number(post: QueryDict, key: str) -> int:
    given = post.get(key, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else -1
