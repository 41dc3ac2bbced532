"""Everything that happened with one person, newest first, a page at a time: what came in about any of their records,
what they allowed, which flows took them in, what was joined and tagged.

Invariant: each source is read along an index from its newest end to the page's size; none is read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from sereno.modules.customers.models import Join
from sereno.store.fields import from_micros, to_micros
from sereno.store.models import Consent, Event, EventLink, Run, RunLink, Tag
from sereno.web.builder.forms.event_words import event_word
from sereno.web.customers.visiting import visit_said
from sereno.web.customers.words import CHANNELS, ICONS, KINDS, RULES
from sereno.web.documents import title_of
from sereno.web.formats import money
from sereno.web.story import Moment
from sereno.web.words import word

SIZE = 40
CONSENT = "consent.changed"
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Whose:
    """A person: `keys` of all records, the main one first, all addresses (e-mail and telephone), their tags, and what
    joins their records."""

    shop_id: int
    keys: Sequence[str]
    addresses: Sequence[str]
    tags: Sequence[Tag]
    joins: Sequence[Join]

    @property
    def links(self) -> list[str]:
        emails = [f"email:{one}" for one in self.addresses if "@" in one]
        return [*(f"customer:{key}" for key in self.keys), *emails]


def story_of(whose: Whose, kind: str = "", before: datetime | None = None) -> tuple[list[Moment], datetime | None]:
    """A page of the story, and before which moment the next one begins (None: that was all). `kind`: one of KINDS."""
    sources: list[Callable[[], Iterable[Moment]]] = [lambda: _events(whose, kind, before)]
    if kind in ("", "consent"):
        sources.append(lambda: _consents(whose, before))
    if kind in ("", "flows"):
        sources.append(lambda: _runs(whose, before))
    if kind in ("", "segments"):
        sources += [lambda: _tags(whose, before), lambda: _joins(whose, before)]
    found = sorted((one for source in sources for one in source()), key=lambda one: one.at, reverse=True)
    if len(found) <= SIZE:
        return found, None
    # Of the moment at which the page ends some may not have been read: it begins the next page.
    last = found[SIZE].at
    shown = [one for one in found if one.at > last]
    return (shown, last + INSTANT) if shown else (found, last)


def _older(rows: QuerySet[Any], column: str, before: datetime | None) -> QuerySet[Any]:
    return rows.filter(**{f"{column}__lt": before}) if before is not None else rows


def _events(whose: Whose, kind: str, before: datetime | None) -> Iterable[Moment]:
    if kind == "flows":
        return []
    rows = EventLink.objects.filter(shop=whose.shop_id, link__in=whose.links).exclude(type=CONSENT)
    if kind in KINDS:
        begins = Q()
        for start in KINDS[kind][1]:
            begins |= Q(type__startswith=start)
        rows = rows.filter(begins)
    # Of an event that is linked twice there are two rows: twice as many are read.
    newest = _older(rows, "occurred_at", before).select_related("event").order_by("-occurred_at")
    found = {link.event_id: link.event for link in newest[: 2 * SIZE + 2]}
    return [_of_event(one) for one in list(found.values())[: SIZE + 1]]


def _of_event(event: Event) -> Moment:
    noun = event.type.partition(".")[0]
    icon, tone = ICONS.get(noun, ("radio", ""))
    return Moment(
        event.occurred_at, icon, tone, event_word(event.type), reverse("event", args=[event.pk]), _note(event)
    )


def _note(event: Event) -> str:
    """What tells one of its kind from the next."""
    data = event.data if isinstance(event.data, dict) else {}
    parts: list[str] = []
    number = data.get("number") or data.get("order_id") if event.type.startswith(("order.", "refund.")) else None
    parts += [str(number)] if number else []
    if data.get("total") and data.get("currency"):
        parts.append(money(str(data["total"]), str(data["currency"])))
    names = (
        ("name", "segment") if event.type.startswith("segment.") else ("message", "channel", "title", "survey", "url")
    )
    parts += [str(data[one])[:120] for one in names if isinstance(data.get(one), str)]
    if event.type.startswith("visit."):
        parts += visit_said(data)
    if data.get("is_machine"):
        parts.append(_("by a program, not a person"))
    if isinstance(data.get("score"), int | float) and event.type.startswith("survey."):
        parts.append(str(data["score"]))
    return " · ".join(dict.fromkeys(parts))


def _consents(whose: Whose, before: datetime | None) -> Iterable[Moment]:
    rows = Consent.objects.filter(shop=whose.shop_id, address__in=whose.addresses)
    for line in _older(rows, "at", before).order_by("-at", "-id")[: SIZE + 1]:
        channel = CHANNELS.get(line.channel, line.channel)
        is_asked = isinstance(line.proof, dict) and line.proof.get("state") == "pending"
        if is_asked:
            said, icon, tone = _("Asked to confirm: %(channel)s"), "hourglass", "lamp"
        elif line.granted:
            said, icon, tone = _("Allowed marketing: %(channel)s"), "circle-check", "ok"
        else:
            said, icon, tone = _("Refused marketing: %(channel)s"), "ban", "bad"
        yield Moment(line.at, icon, tone, said % {"channel": channel}, "", f"{line.address} · {line.source}")


def _runs(whose: Whose, before: datetime | None) -> Iterable[Moment]:
    """Those whose subject they are, and those that still wait for something of theirs."""
    subjects = [f"customer:{key}" for key in whose.keys]
    alive = RunLink.objects.filter(shop=whose.shop_id, link__in=whose.links).order_by().values("run_id")[: SIZE + 1]
    own = Run.objects.filter(shop=whose.shop_id, subject__in=subjects).order_by().values("pk")
    every = Run.objects.filter(Q(pk__in=alive) | Q(pk__in=own)).select_related("flow").defer("state", "flow__draft")
    for run in _older(every, "started_at", before).order_by("-started_at")[: SIZE + 1]:
        if run.flow.is_derived:
            continue
        note = str(_("in shadow")) if run.is_shadow else str(word("run", run.status).label)
        said = _("Flow %(flow)s began") % {"flow": title_of(run.flow)}
        yield Moment(run.started_at, "workflow", "", said, reverse("run", args=[run.uid]), note)


def _tags(whose: Whose, before: datetime | None) -> Iterable[Moment]:
    for one in whose.tags:
        if before is None or one.added_at < before:
            yield Moment(one.added_at, "tag", "", _("Tagged %(tag)s") % {"tag": one.tag}, "")


def _joins(whose: Whose, before: datetime | None) -> Iterable[Moment]:
    for one in whose.joins:
        if before is None or one.at < before:
            by = _("by %(who)s") % {"who": one.by} if one.by else ""
            note = " · ".join(part for part in (str(RULES.get(one.rule, one.rule)), by) if part)
            yield Moment(one.at, "users", "info", _("Two records became one person"), "", note)


def moment_in(text: str) -> datetime | None:
    """The moment a query parameter holds, in microseconds; None for anything else."""
    return from_micros(int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else None


def as_parameter(at: datetime) -> str:
    return str(to_micros(at))
