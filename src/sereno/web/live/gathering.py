"""From a number on a card to its runs or effects: their ids, the newest, found by index."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from sereno.engine.run import LIVE
from sereno.engine.tallies import bare, places_of
from sereno.store.models import Effect, Flow, Run, RunTrace
from sereno.web.documents import document_of, text_of
from sereno.web.flowtree import Card, step_cards, trigger_cards

MOST = 1000
"""How many are listed, and how many of the newest runs are looked through for those that came by."""


@dataclass(frozen=True, slots=True)
class AtCard:
    """What the list says it shows. `is_looked_through`: only the newest runs were."""

    path: str
    say: Markup
    is_looked_through: bool = False


def runs_at(flow: Flow, step: str, status: str, version: int | None = None) -> list[int]:
    """Runs that stand at the step (`live`, or one status), failed there (`failed`), or ever came by (`passed`)."""
    if status == "passed":
        return _passed(flow, step, version)
    states = sorted(LIVE) if status in ("", "live") else [status]
    rows = Run.objects.filter(flow=flow, status__in=states)
    if version is not None:
        rows = rows.filter(version=version)
    if step:
        standing = Run.objects.filter(flow=flow, status__in=("running", "waiting", "parked", "failed"))
        steps = standing.order_by().values_list("step", flat=True).distinct()
        rows = rows.filter(step__in=[found for found in steps if bare(found) == step])
    return list(rows.order_by("-id").values_list("id", flat=True)[:MOST])


def failed_effects_at(flow: Flow, step: str) -> list[int]:
    """Failed effects of the step, the newest."""
    rows = Effect.objects.filter(flow=flow, status="failed").order_by("-id").values_list("id", "step")
    return [id_ for id_, found in rows[: 20 * MOST] if bare(found) == step][:MOST]


def card_of(flow: Flow, step: str, version: int | None = None, *, is_looked_through: bool = False) -> AtCard:
    """The card the list is about; its path where the document has no such card any more."""
    document = document_of(text_of(flow, version if version is not None else flow.version))
    cards = [*trigger_cards(document), *step_cards(document.get("steps"))]
    found = _find(cards, step)
    return AtCard(step, found.say if found is not None else Markup("<code>{}</code>").format(step), is_looked_through)


def _passed(flow: Flow, step: str, version: int | None) -> list[int]:
    rows = Run.objects.filter(flow=flow)
    if version is not None:
        rows = rows.filter(version=version)
    newest = list(rows.order_by("-id").values_list("id", flat=True)[:MOST])
    found: set[int] = set()
    for run, entries in RunTrace.objects.filter(run__in=newest).values_list("run_id", "entries"):
        for entry in entries:
            if step in places_of(str(entry.get("step", "")), str(entry.get("code", "")), entry.get("details") or {}):
                found.add(run)
                break
    return sorted(found, reverse=True)


def _find(cards: list[Card] | tuple[Card, ...], path: str) -> Card | None:
    for card in cards:
        if card.path == path:
            return card
        for _name, inner in card.branches:
            if (found := _find(inner, path)) is not None:
                return found
    return None
