"""The editor of one message: the page, its preview, and every change, each a form that works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import arranging, editing
from sereno.modules.messages.blocks import SettingInvalid
from sereno.modules.messages.documents import WHATSAPP_SETTINGS, Document, DocumentInvalid, read, with_texts
from sereno.store.models import MessageTemplate, MessageVersion
from sereno.web.access import StaffRequest, staff
from sereno.web.content import rendering, words
from sereno.web.content.screen import Given, digest, editor_context
from sereno.web.content.state import State, state_of
from sereno.web.security import MAIL_POLICY
from sereno.web.shell import render
from sereno.web.wiring import wiring

Change = Callable[[Document], Document]


@require_GET
@staff()
def message(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(MessageTemplate, shop=request.shop, name=name)
    return show(request, row)


def show(request: StaffRequest, row: MessageTemplate, given: Given | None = None, status: int = 200) -> HttpResponse:
    """The editor; with what was typed when it was not taken."""
    template = "content/editor.html" if row.kind == "email" else "content/texting.html"
    context = editor_context(request, row, given)
    if row.kind != "email":
        from sereno.web.content.phone import phone_context

        context |= phone_context(request, row, context)
    return render(request, template, context, status=status)


@require_GET
@staff()
@xframe_options_sameorigin
def preview(request: StaffRequest, name: str) -> HttpResponse:
    """The mail by itself, for the sandboxed frame: of the draft, or of `?version=N`."""
    row = get_object_or_404(MessageTemplate, shop=request.shop, name=name)
    number = request.GET.get("version", "")
    document = editing.draft_of(row)
    if number.isascii() and number.isdigit() and len(number) < 9:
        document = read(get_object_or_404(MessageVersion, template=row, number=int(number)).document)
    state = state_of(name, document, request.shop.locale, request.GET)
    offered = () if state.record else rendering.choices(request.shop, document.about)
    where = rendering.stage(request.shop, document.about, state.record, is_offered=offered)
    return framed(document, where, state.locale, state.look)


def framed(document: Document, where: rendering.Stage, locale: str, look: rendering.Look) -> HttpResponse:
    """The answer for a frame: it may look like itself and do nothing."""
    try:
        content = rendering.render(document, where, locale)
    except TemplateFailed as error:
        response = HttpResponse(str(error), content_type="text/plain; charset=utf-8")
    else:
        response = HttpResponse(rendering.for_frame(content.html or "", look))
    response["Content-Security-Policy"] = MAIL_POLICY.replace("img-src", f"img-src {wiring().base_url}")
    response["Cache-Control"] = "no-store"
    return response


# --- changes ------------------------------------------------------------------------------------


@require_POST
@staff("flows")
def change(request: StaffRequest, name: str) -> HttpResponse:
    """One change to the draft, named by `do`; then back to the editor, where the person was."""
    row = get_object_or_404(MessageTemplate, shop=request.shop, name=name)
    state = state_of(name, editing.draft_of(row), request.shop.locale, request.POST)
    wanted, _colon, target = request.POST.get("do", "").partition(" ")
    if wanted == "text":
        return _texts(request, row, state)
    near = _near(editing.draft_of(row), wanted, target)
    try:
        state = _structure(request, state, wanted, target)
    except (ValueError, LookupError) as refused:
        messages.error(request, words.refusal(refused))
    address = state.to()
    # Where the keyboard stood it stands again.
    return redirect(address if "#" in address or not near else f"{address}#row-{near}")


def _near(document: Document, wanted: str, target: str) -> str:
    """The block to come back to: the one that was moved, or the neighbour of the one that goes."""
    if wanted in ("up", "down", "place", "hide", "show"):
        return target
    if wanted != "delete":
        return ""
    ids = [block.id for block in document.walk()]
    at = ids.index(target) if target in ids else -1
    left = [id_ for id_ in ids if id_ != target]
    return left[min(at, len(left) - 1)] if at >= 0 and left else ""


def _structure(request: StaffRequest, state: State, wanted: str, target: str) -> State:
    """What is done to blocks and languages. Gives where to go next. Raises ValueError or LookupError."""
    shop, by = request.shop.pk, request.user.username
    made: list[str] = []

    def keep(pair: tuple[Document, str]) -> Document:
        made.append(pair[1])
        return pair[0]

    where = "" if request.POST.get("insert") == "-" else request.POST.get("insert", "")
    ways: dict[str, Change] = {
        "insert": lambda document: keep(arranging.insert(document, target, where)),
        "duplicate": lambda document: keep(arranging.duplicate(document, target)),
        "delete": lambda document: arranging.delete(document, target),
        "up": lambda document: arranging.move(document, target, -1),
        "down": lambda document: arranging.move(document, target, 1),
        "place": lambda document: arranging.place(document, target, where),
        "hide": lambda document: arranging.hide(document, target, state.locale, True),
        "show": lambda document: arranging.hide(document, target, state.locale, False),
        "language-add": lambda document: arranging.add_language(document, target),
        "language-remove": lambda document: arranging.remove_language(document, target),
    }
    if wanted in ("undo", "redo"):
        told = (editing.undo if wanted == "undo" else editing.redo)(shop, state.name, by)
        _say_step(request, wanted, told.what)
        return replace(state, block="")
    if wanted not in ways:
        raise LookupError("block.unknown")
    editing.change(shop, state.name, ways[wanted], what=wanted, target=target, by=by)
    if wanted == "delete":
        messages.success(request, _("The block is deleted. Undo brings it back."))
        return replace(state, block="" if state.block == target else state.block)
    if wanted == "language-add":
        return replace(state, locale=target, block="")
    if wanted == "language-remove":
        messages.success(request, _("The language is taken out with its texts. Undo brings it back."))
        return replace(state, locale="", block="") if state.locale == target else state
    return replace(state, block=made[0], after="") if made else replace(state, after="")


def _say_step(request: StaffRequest, wanted: str, what: str) -> None:
    said = _("Taken back: %(what)s.") if wanted == "undo" else _("Brought back: %(what)s.")
    messages.success(request, said % {"what": CHANGES.get(what, lambda: what)()})


CHANGES: dict[str, Callable[[], str]] = {
    "text": lambda: _("writing"),
    "insert": lambda: _("a new block"),
    "duplicate": lambda: _("a copy of a block"),
    "delete": lambda: _("the deleted block"),
    "up": lambda: _("a block moved up"),
    "down": lambda: _("a block moved down"),
    "place": lambda: _("a moved block"),
    "hide": lambda: _("a block hidden in a language"),
    "show": lambda: _("a block shown in a language"),
    "language-add": lambda: _("a new language"),
    "language-remove": lambda: _("a language taken out"),
    "nature": lambda: _("what the message is for"),
    "rolled_back": lambda: _("the return to a version"),
}


def _texts(request: StaffRequest, row: MessageTemplate, state: State) -> HttpResponse:
    """The texts and settings of one form. Refused when somebody else changed the same ones meanwhile."""
    block = request.POST.get("of", "")
    values = {key: text.replace("\r\n", "\n") for key, text in request.POST.items() if key[:2] in ("t.", "s.")}
    given = Given(values, {}, block)
    was = request.POST.get("was", "")

    def apply(document: Document) -> Document:
        if was and was != digest(document, block, state.locale):
            raise Clash
        return _filled(request, document, block, state.locale, values)

    try:
        editing.change(
            request.shop.pk, row.name, apply, what="text", target=f"{block}|{state.locale}", by=request.user.username
        )
    except Clash:
        row.refresh_from_db()
        given.conflict_by = row.updated_by
        return show(request, row, given, status=409)
    except Refused as refused:
        given.errors = refused.errors
        return show(request, row, given, status=422)
    except LookupError as gone:
        messages.error(request, words.refusal(gone))
    return redirect(state.to())


class Clash(Exception):  # noqa: N818
    """Somebody else changed the same part."""


class Refused(Exception):  # noqa: N818
    """Fields that cannot be kept, each with a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__()
        self.errors = errors


def _filled(request: StaffRequest, document: Document, block: str, locale: str, values: dict[str, str]) -> Document:
    """The document with what a form says. Raises Refused."""
    errors: dict[str, str] = {}
    texts: dict[str, str] = {}
    for key, part, owner in document.parts():
        name = f"t.{key}"
        if (owner.id if owner else "") != block or name not in values:
            continue
        text = values[name] if part.shape == "rich" else " ".join(values[name].split("\n"))
        if len(text) > part.longest:
            errors[name] = _("Write %(number)s characters at most.") % {"number": part.longest}
        texts[key] = text
    settings = (
        document.block(block).type.settings if block else WHATSAPP_SETTINGS if document.kind == "whatsapp" else ()
    )
    for setting in settings:
        name = f"s.{setting.name}"
        is_switch = setting.shape == "toggle" and request.POST.get("has_switches") == "1"
        if name not in values and not is_switch:
            continue
        change_one = partial(_set, block, setting.name, values.get(name, ""))
        try:
            document = change_one(document)
        except SettingInvalid as error:
            errors[name] = words.refusal(error)
        except DocumentInvalid as error:
            errors[name] = str(error)
    if errors:
        raise Refused(errors)
    return with_texts(document, locale, texts)


def _set(block: str, name: str, value: Any, document: Document) -> Document:
    if block:
        return arranging.set_settings(document, block, {name: value})
    return arranging.set_message_settings(document, {name: value})
