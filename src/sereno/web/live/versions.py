"""A flow's versions: who published what and why, any two of them side by side, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from markupsafe import Markup

from sereno.engine.catalog import FlowInvalid
from sereno.runtime import rollouts
from sereno.store.database import default_database
from sereno.store.models import Flow, FlowVersion
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.documents import document_of, text_of
from sereno.web.flowtree import Card, Speech, step_cards
from sereno.web.live.cards import cards_of, speech
from sereno.web.live.conflicts import conflicts_of
from sereno.web.live.difference import Difference, FieldChange, StepChange, compare, unified
from sereno.web.live.reading import head_of
from sereno.web.sentences import one_line, short
from sereno.web.shell import render

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Change:
    """A step of the merged tree as a card. `fields` are (name, before, after) in words."""

    mark: str
    card: Card | None
    fields: tuple[tuple[str, str, str], ...]
    moved_from: str
    branches: tuple[tuple[str, tuple[Change, ...]], ...]
    is_touched: bool


@require_GET
@staff()
def versions(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    started, here = _counted(row)
    rows = list(FlowVersion.objects.filter(flow=row).defer("document").order_by("-number"))
    head = head_of(row)
    context = {
        **head,
        "view": "versions",
        "rows": rows,
        "started": started,
        "here": here,
        "undo": _undoable(request, row, rows),
        "names": _names(rows, bool(head["has_unpublished"]) and bool(row.draft)),
    }
    return render(request, "live/versions.html", context)


@require_GET
@staff()
def compared(request: StaffRequest, name: str) -> HttpResponse:
    """Two versions, or a version and the draft; without being asked, what publishing the draft would change."""
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    rows = list(FlowVersion.objects.filter(flow=row).defer("document").order_by("-number"))
    head = head_of(row)
    names = _names(rows, bool(row.draft))
    known = [key for key, _label in names]
    after = request.GET.get("after", "")
    after = after if after in known else (DRAFT if head["has_unpublished"] and row.draft else str(row.version or ""))
    before = request.GET.get("before", "")
    before = before if before in known else _before(row, rows, after)
    old, new = _text(row, before), _text(row, after)
    found = compare(document_of(old), document_of(new))
    context: dict[str, Any] = {
        **head,
        "view": "versions",
        "names": names,
        "before": before,
        "after": after,
        "look": "yaml" if request.GET.get("look") == "yaml" else "cards",
        "difference": found,
        "fields_changed": [_said(change) for change in found.head],
        "changes": changes_of(found, speech(document_of(new))),
        "lines": unified(old, new),
        "same_text": old == new,
        **(_publishing(request, row, new) if after == DRAFT else {"in_flight": None, "conflicts": []}),
    }
    return render(request, "live/compare.html", context)


@require_POST
@staff("flows")
def roll_back(request: StaffRequest, name: str, number: int) -> HttpResponse:
    """A new version from the document of an earlier one, at once; the page after offers to take it back."""
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    inflight = request.POST.get("inflight", "finish")
    chosen: Any = inflight if inflight in ("finish", "move", "end") else "finish"
    note = _("Back to version %(number)s") % {"number": number}
    done = carry_out(
        request,
        lambda: rollouts.roll_back(request.shop.pk, row.name, number, request.user.username, note, chosen),
        "",
    )
    target = reverse("flow-versions", args=(name,))
    if not isinstance(done, rollouts.RolledBack):
        return redirect(target)
    said = _("Version %(new)s is live, made from version %(old)s.") % {"new": done.number, "old": done.to}
    messages.success(request, said)
    return redirect(f"{target}?undo={done.number}" if done.back is not None else target)


def changes_of(found: Difference, said: Speech) -> tuple[Change, ...]:
    """The merged tree of a difference, as cards."""
    return tuple(_change(step, said) for step in found.steps)


def _change(step: StepChange, said: Speech) -> Change:
    path = step.after or step.before or "0"
    cards = step_cards([dict(step.step)], "", speech=said)
    names = _branch_names(cards[0]) if cards else {}
    branches = tuple(
        (names.get(name, name), tuple(_change(inner, said) for inner in steps))
        for name, steps in step.branches
        if steps
    )
    moved_from = _place(step.before) if step.mark == "moved" and step.before is not None else ""
    fields = tuple(_said(change) for change in step.fields)
    card = cards[0] if cards else None
    return Change(step.mark, _alone(card, path), fields, moved_from, branches, step.is_touched)


def _alone(card: Card | None, path: str) -> Card | None:
    return None if card is None else Card(card.kind, card.icon, card.say, path, Markup(), ())


def _branch_names(card: Card) -> Mapping[str, str]:
    """What a card calls its branches, by their names in the document."""
    said = {
        "then": _("Yes") if card.icon == "git-branch" else _("Approved"),
        "else": _("Otherwise") if card.icon == "git-branch" else _("Refused, or no answer in time"),
        "default": _("Otherwise"),
        "steps": _("Do"),
        "on_error": _("If it fails"),
    }
    return said | {name.partition(" · ")[0]: name for name, _cards in card.branches if " · " in name}


def _place(path: str) -> str:
    """A path as people count: "2.then.0" is "3.then.1"."""
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in path.split("."))


def _said(change: FieldChange) -> tuple[str, str, str]:
    return change.name, _value(change.before), _value(change.after)


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return short(value) if isinstance(value, Mapping | list) else one_line(value)


def _text(row: Flow, which: str) -> str:
    if which == DRAFT:
        return row.draft
    return text_of(row, int(which)) if which else ""


def _before(row: Flow, rows: list[FlowVersion], after: str) -> str:
    """What one most likely wants to compare with: what is live, else the version before."""
    if after == DRAFT:
        return str(row.version) if row.version is not None else ""
    older = [version.number for version in rows if str(version.number) != after and version.number < int(after or 0)]
    return str(older[0]) if older else str(row.version or "")


def _names(rows: list[FlowVersion], has_draft: bool) -> list[tuple[str, str]]:
    drafts = [(DRAFT, _("The draft"))] if has_draft else []
    return drafts + [(str(row.number), _("Version %(number)s") % {"number": row.number}) for row in rows]


def _publishing(request: StaffRequest, row: Flow, text: str) -> dict[str, Any]:
    """What publishing the draft would mean: for the runs under way, and beside the shop's other flows."""
    try:
        found = rollouts.in_flight(request.shop.pk, row.name, text)
    except FlowInvalid:
        return {"in_flight": None, "conflicts": [], "is_invalid": True}
    return {
        "in_flight": found if found.total else None,
        "conflicts": conflicts_of(request.shop, text),
        "steps_named": steps_named(row, {at.version for at in found.steps}),
    }


def steps_named(row: Flow, numbers: set[int]) -> dict[tuple[int, str], Markup]:
    """What the steps of these versions say on their cards."""
    found: dict[tuple[int, str], Markup] = {}

    def take(number: int, cards: tuple[Card, ...]) -> None:
        for card in cards:
            found[number, card.path] = card.say
            for _name, inner in card.branches:
                take(number, inner)

    for number in numbers:
        take(number, cards_of(text_of(row, number))[1])
    return found


def _counted(row: Flow) -> tuple[dict[int, int], dict[int, int]]:
    """How many runs began on each version, and how many are under way on it."""
    with default_database().read() as tx:
        started = {version: int(count) for version, count in tx.all("runs_started", {"flow": row.pk})}
        here: dict[int, int] = {}
        for version, _step, status, count in tx.all("standing", {"flow": row.pk}):
            if status != "failed":
                here[version] = here.get(version, 0) + count
    return started, here


def _undoable(request: StaffRequest, row: Flow, rows: list[FlowVersion]) -> int | None:
    """The version to go back to, right after going back to one."""
    if request.GET.get("undo") != str(row.version) or len(rows) < 2:
        return None
    return rows[1].number
