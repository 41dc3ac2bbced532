"""From a number on a card to its runs or effects: their ids, the newest, found by index."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from sereno.engine.run import LIVE
from sereno.engine.tallies import REACHED, bare
from sereno.store.database import default_database
from sereno.store.models import Effect, Flow, Run
from sereno.web.documents import text_of
from sereno.web.flowtree import Card
from sereno.web.live.cards import cards_of

_ENTRY = re.compile(r'"step":"([^"\\]*)","code":"([^"\\]*)"')
"""An entry of a trace as it is stored; inside a text the quotes would be escaped."""
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
    trigger, steps = cards_of(text_of(flow, version if version is not None else flow.version))
    found = _find([*trigger, *steps], step)
    return AtCard(step, found.say if found is not None else Markup("<code>{}</code>").format(step), is_looked_through)


def _passed(flow: Flow, step: str, version: int | None) -> list[int]:
    rows = Run.objects.filter(flow=flow)
    if version is not None:
        rows = rows.filter(version=version)
    newest = list(rows.order_by("-id").values_list("id", flat=True)[:MOST])
    found: set[int] = set()
    with default_database().read() as tx:
        for run, text in tx.all("traces_of", {"runs": newest}):
            # Read as text: to decode a thousand traces takes longer than a page may.
            if any(code in REACHED and bare(path) == step for path, code in _ENTRY.findall(text)):
                found.add(run)
    return sorted(found, reverse=True)


def _find(cards: list[Card] | tuple[Card, ...], path: str) -> Card | None:
    for card in cards:
        if card.path == path:
            return card
        for _name, inner in card.branches:
            if (found := _find(inner, path)) is not None:
                return found
    return None
