"""A run's trace, real or tried, laid over the cards of its flow: when it came by, what it saw, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.template import engines
from django.urls import reverse
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from sereno.engine.run import LIVE
from sereno.store.models import Effect, Run
from sereno.web import formats
from sereno.web.live.spoken import Spoken, spoken
from sereno.web.live.wording import fate, mail_refusal
from sereno.web.story import Line, step_of
from sereno.web.words import word

MOST = 4
"""Lines shown on one card; a loop may come by a thousand times."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A line on a card. `when` is the instant in the shop's zone; `outcome` what became of the effect it asked for,
    with its `tone` and `icon`; `href` leads to more."""

    when: str
    icon: str
    tone: str
    say: Markup
    seen: tuple[Spoken, ...] = ()
    outcome: str = ""
    href: str = ""
    note: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an effect, in words."""

    say: str
    tone: str
    icon: str
    href: str = ""
    note: str = ""


@dataclass(slots=True)
class Overlay:
    """`cards` is markup by path; `passed` are the paths the run came by."""

    cards: dict[str, Markup] = field(default_factory=dict[str, Markup])
    passed: set[str] = field(default_factory=set[str])


def lay(
    lines: Sequence[Line], zone: str, outcomes: Mapping[str, Outcome], extra: Mapping[str, Iterable[Laid]] | None = None
) -> Overlay:
    """`outcomes` by effect key; `extra` lines by path come last (what it waits for now)."""
    by_path: dict[str, list[Laid]] = {}
    for line in lines:
        path = place_of(line)
        if path and not (line.code == "effect.done" and outcomes):
            by_path.setdefault(path, []).append(_laid(line, zone, outcomes.get(line.effect)))
    overlay = Overlay(passed={path for path in by_path if path != "trigger"})
    for path, more in (extra or {}).items():
        by_path.setdefault(path, []).extend(more)
    part = engines["jinja2"].env.get_template("live/laid.html").module  # type: ignore[attr-defined]
    for path, laid in by_path.items():
        shown = laid if len(laid) <= MOST else laid[-MOST:]
        overlay.cards[path] = part.on_card(shown, len(laid) - len(shown))
    return overlay


def lay_run(row: Run, lines: Sequence[Line], effects: Iterable[Effect], zone: str) -> Overlay:
    """A real run over its cards: what became of each effect, and what it waits for now."""
    outcomes = {effect.key: _real(effect, zone) for effect in effects}
    extra: dict[str, list[Laid]] = {}
    if row.status in LIVE:
        extra[step_of(row.step) or "trigger"] = [_standing(row, zone)]
    return lay(lines, zone, outcomes, extra)


def _real(effect: Effect, zone: str) -> Outcome:
    known = word("effect", effect.status)
    if effect.status == "shadow":
        note = fate(effect.status, effect.result or {}, None, zone)
        return Outcome(str(known.label), known.tone, known.icon, reverse("effect", args=(effect.pk,)), note)
    note = effect.message or effect.error or "" if effect.status == "failed" else mail_refusal(effect.result)
    say = _("not sent") if note and effect.status != "failed" else str(known.label)
    return Outcome(say, known.tone, known.icon, reverse("effect", args=(effect.pk,)), note)


def _standing(row: Run, zone: str) -> Laid:
    """Where a run that is under way stands, and until when; the line before says what it waits for."""
    said = escape(_("Waits for the result now") if row.status == "parked" else _("Stands here now"))
    note = _("Goes on by itself on %(time)s") % {"time": when_of(row.due_at, zone)} if row.due_at else ""
    return Laid("", "lantern", "lamp", said, (), "", "", note, is_current=True)


def place_of(line: Line) -> str:
    """The card a line belongs on: a start, and what comes before the first step, is the trigger's."""
    if line.step.startswith("absent") or (not line.step and line.code == "run.started"):
        return "trigger"
    return line.step


def _laid(line: Line, zone: str, outcome: Outcome | None) -> Laid:
    when = when_of(line.at, zone)
    seen: tuple[Any, ...] = tuple(spoken(line.seen, zone))
    if outcome is None:
        return Laid(when, line.icon, line.tone, _short(line), seen)
    # The card itself says what is done.
    return Laid(when, outcome.icon, outcome.tone, Markup(), seen, outcome.say, outcome.href, outcome.note)


def _short(line: Line) -> Markup:
    """Without what the card says already."""
    if line.code == "step.condition" and line.branch:
        return escape(_("It held") if line.branch == "then" else _("It did not hold"))
    if line.code == "step.switch" and line.branch:
        return escape(_("Otherwise") if line.branch == "default" else line.branch)
    return line.say


def when_of(at: datetime | None, zone: str) -> str:
    return formats.minute(at, zone) if at is not None else ""
