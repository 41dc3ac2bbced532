"""What the builder shows: the tree with its problems, the panel beside it, and how the draft stands."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from sereno.engine.places import branches, find, kind_of, walk
from sereno.modules.messages.intimacy import steps_too_close
from sereno.runtime import drafting
from sereno.runtime.drafting import Draft
from sereno.runtime.rollouts import in_flight
from sereno.store.models import Flow
from sereno.web.access import StaffRequest
from sereno.web.backtests.telling import last_of
from sereno.web.builder import edits, palette
from sereno.web.builder.forms import panel
from sereno.web.builder.forms.lacking import StoreLacks
from sereno.web.builder.speech import speech_of
from sereno.web.builder.text import sign
from sereno.web.builder.wishes import plain
from sereno.web.content.words import too_close
from sereno.web.flowtree import Card, step_cards, trigger_cards
from sereno.web.formats import language
from sereno.web.live.conflicts import conflicts_of
from sereno.web.live.versions import steps_named
from sereno.web.shell import render

CLIP = "builder.clip"
"""Where the session keeps what was copied: from one flow to another, by one person."""


@dataclass(frozen=True, slots=True)
class View:
    """What a person looks at. `at` is the chosen card; `add` or `moving` ask for a place; `said` is what just happened,
    `focus` where the keyboard goes: `card`, `panel` or nowhere. `is_fresh`: it was just put in, so that nobody is told
    off for what is not filled in yet. `is_done`: what was said can be undone."""

    at: str = ""
    add: str = ""
    moving: str = ""
    search: str = ""
    is_map: bool = False
    is_publishing: bool = False
    is_fresh: bool = False
    is_done: bool = False
    said: str = ""
    focus: str = ""
    form: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    values: QueryDict | None = None
    is_kept: bool = False
    """Whether `values` have just become the document: only what it cannot say (a row still empty) is shown of them."""
    conflict: Mapping[str, Any] | None = None
    note: str = ""


def is_htmx(request: StaffRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def show(request: StaffRequest, draft: Draft, view: View, status: int = 200) -> HttpResponse:
    """The builder: all of the page, or only its own part when htmx asks."""
    if is_htmx(request):
        # A refusal is shown in its place; to the browser it would only be noise in the console.
        return render(request, "builder/body.html", context(request, draft, view))
    return render(request, "builder/page.html", context(request, draft, view), status=status)


def context(request: StaffRequest, draft: Draft, view: View) -> dict[str, Any]:
    document = draft.document or {}
    speech = speech_of(document)
    cards = step_cards(document.get("steps"), everything=True, speech=speech)
    beginning = trigger_cards(document, speech)
    by_path: dict[str, list[Any]] = {}
    for problem in draft.problems:
        if not (view.is_fresh and problem.path == view.at):
            by_path.setdefault(problem.path, []).append(problem)
    clip = request.session.get(CLIP)
    stores = StoreLacks(request.shop)
    lacking = {path: lack for path, step in walk(document) if (lack := stores.of(kind_of(step)))}
    return {
        "section": "flows",
        "draft": draft,
        "flow": draft,
        "view": view,
        "tab": "builder",
        "trigger": _beginning(beginning),
        "exits": [card for card in beginning if card.path.startswith("exit.")],
        "cards": cards,
        "last": str(len(cards)),
        "problems": by_path,
        "lacking": lacking,
        "folds": {path: _fold(step) for path, step in walk(document) if branches(step)},
        "clip": clip["label"] if clip else "",
        "groups": palette.groups(view.search, stores.of) if view.add else [],
        "all_groups": () if is_htmx(request) else palette.groups(lack_of=stores.of),
        "saved": saved(draft, request.user.username),
        "is_mine": draft.by == request.user.username,
        **_side(request, draft, document, view),
    }


def _beginning(found: list[Card]) -> list[Card]:
    """The trigger and the rules of entry: always both, so that both can be opened."""
    cards = {card.path: card for card in found}
    trigger = cards.get("trigger") or Card("trigger", "play", _text(_("Choose what starts it")), "trigger")
    entry = cards.get("entry") or Card("end", "repeat", _text(_("One run for each record, every time")), "entry")
    return [trigger, entry]


def _text(text: str) -> Markup:
    return escape(text)


def _fold(step: Any) -> str:
    """By what the browser remembers that a step is folded: it stays the same when the step only moves."""
    return format(zlib.crc32(sign(step)), "x")


def _side(request: StaffRequest, draft: Draft, document: Mapping[str, Any], view: View) -> dict[str, Any]:
    """What stands beside the tree."""
    if view.conflict is not None:
        return {"side": "conflict"}
    if view.is_publishing:
        if draft.problems:
            return {"side": "publish"}
        standing = in_flight(request.shop.pk, draft.name, draft.text)
        return {
            "side": "publish",
            "standing": standing,
            "steps_named": steps_named(Flow(pk=draft.flow_id), {at.version for at in standing.steps}),
            "clashes": conflicts_of(request.shop, draft.text),
            "too_close": [too_close(code, name) for _path, name, code in steps_too_close(document)],
            "backtest": last_of(request.shop.pk, draft.text, draft.name),
        }
    if view.add:
        return {"side": "palette"}
    if view.moving:
        return {
            "side": "moving",
            "moved": _plain_at(document, view.moving),
            "behind": edits.shifted(view.moving, view.moving, 1),
        }
    if view.at and view.at != "flow" and draft.document is not None:
        found = _form(request, document, view)
        if found is not None:
            return found
    return {"side": "overview", "step_count": sum(1 for _step in walk(document))}


def _form(request: StaffRequest, document: Mapping[str, Any], view: View) -> dict[str, Any] | None:
    """The form of the chosen card; None when there is no such card."""
    try:
        shown = panel(
            document,
            view.at,
            shop=request.shop,
            language=language(),
            errors=view.errors,
            values=view.values,
            is_kept=view.is_kept,
        )
    except LookupError:
        return None
    is_step = view.at[:1].isdigit()
    step = find(document, view.at) if is_step else None
    return {
        "side": "form",
        "panel": shown,
        "is_step": is_step,
        "kind": kind_of(step) if is_step else view.at.partition(".")[0],
        "called": palette.label_of(step) if is_step else "",
        **shown.context,
    }


def _plain_at(document: Mapping[str, Any], path: str) -> str:
    try:
        return plain(find(document, path))
    except LookupError:
        return path


def saved(draft: Draft, me: str) -> str:
    """Who saved the draft last, in words; by whom is said only when it was somebody else."""
    if draft.by in ("", me) or draft.revision == 1:
        return _("All changes saved")
    return _("Saved by %(person)s") % {"person": _("another program") if draft.by == drafting.ELSEWHERE else draft.by}
