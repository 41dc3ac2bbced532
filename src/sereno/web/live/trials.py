"""Try it: a draft on a past event, card by card, with every message as it would look. Nothing leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from sereno.engine.catalog import FlowInvalid
from sereno.engine.flow import Flow as Compiled
from sereno.engine.steps import Approve
from sereno.engine.trigger import OWN_EVENTS
from sereno.modules.messages.own import ShopMessages
from sereno.runtime.flows import compiled
from sereno.runtime.trying import Answer, Trial, TriedEffect, try_flow
from sereno.sdk.context import ShopFacts
from sereno.sdk.masking import masked
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Messages
from sereno.store.database import default_database
from sereno.store.models import Flow
from sereno.web.access import StaffRequest, staff
from sereno.web.documents import text_of
from sereno.web.formats import between
from sereno.web.live.cards import cards_of
from sereno.web.live.choosing import events_to_try, records_to_try
from sereno.web.live.laying import Outcome, lay, place_of
from sereno.web.live.reading import draft_differs, head_of
from sereno.web.live.touching import every
from sereno.web.live.wording import mail_refusal, not_started
from sereno.web.security import MAIL_POLICY
from sereno.web.shell import LANGUAGES, render
from sereno.web.story import Line, lines_of, step_of
from sereno.web.subjects import labels

KEPT_FOR = 120
ANSWERS: tuple[Answer, ...] = ("yes", "no", "late")
LOOKS = ("desktop", "phone", "text")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: which text of the flow, on which event or record, how questions are answered, up to which
    card, and which message is open and how it is looked at."""

    is_live: bool
    event: int | None
    about: str
    answer: Answer
    step: int | None
    open: str
    look: str
    reader: str

    @classmethod
    def read(cls, request: HttpRequest) -> Asked:
        get = request.GET
        answer, look = get.get("answer", "yes"), get.get("look", "desktop")
        return cls(
            is_live=get.get("of") == "live",
            event=_number(get.get("event", "")),
            about=get.get("about", "")[:200],
            answer=cast(Answer, answer) if answer in ANSWERS else "yes",
            step=_number(get.get("step", "")),
            open=get.get("open", "")[:200],
            look=look if look in LOOKS else "desktop",
            reader=get.get("reader", "")[:5],
        )

    def query(self, **changes: Any) -> str:
        """The address of the same trial with something changed."""
        now = replace(self, **changes)
        pairs = {
            "of": "live" if now.is_live else "",
            "event": now.event,
            "about": now.about,
            "answer": now.answer if now.answer != "yes" else "",
            "step": now.step,
            "open": now.open,
            "look": now.look if now.look != "desktop" else "",
            "reader": now.reader,
        }
        return f"?{urlencode({key: value for key, value in pairs.items() if value not in (None, '')})}"


@require_GET
@staff()
def try_it(request: StaffRequest, name: str) -> HttpResponse:
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    asked = Asked.read(request)
    live = text_of(row, row.version) if row.version is not None else None
    differs = live is None or draft_differs(row, live)
    text = live if live is not None and (asked.is_live or not row.draft) else row.draft
    trigger, steps = cards_of(text)
    context: dict[str, Any] = {
        **head_of(row, live),
        "view": "try",
        "asked": asked,
        "differs": differs,
        "problems": (),
        "trigger": trigger,
        "steps": steps,
        "search": request.GET.get("q", "").strip(),
    }
    try:
        flow = compiled(text, registry())
    except FlowInvalid as invalid:
        return render(request, "live/try.html", {**context, "problems": invalid.problems, "trial": None}, status=200)
    trial = None
    if asked.event is not None or asked.about:
        try:
            trial = _trial(request, text, asked)
        except LookupError:
            asked = replace(asked, event=None, about="")
    if trial is None:
        return render(request, "live/try.html", {**context, **_choices(request, flow), "asked": asked, "trial": None})
    context |= _told(request, row, asked, trial)
    context["has_questions"] = any(isinstance(step, Approve) for step in every(flow.steps))
    return render(request, "live/try.html", context)


@require_GET
@staff()
@xframe_options_sameorigin
def mail(request: StaffRequest, name: str) -> HttpResponse:
    """The HTML of one message of a trial, alone, for the sandboxed frame."""
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    asked = Asked.read(request)
    if asked.event is None and not asked.about:
        return redirect("flow-try", name=name)
    try:
        trial = _trial(request, _text(row, asked), asked)
    except (LookupError, FlowInvalid) as gone:
        raise Http404 from gone
    effect = _opened(trial, asked)
    rehearsed = effect.rehearsed if effect is not None else None
    found = rehearsed.mails.get(asked.reader or rehearsed.own or "") if rehearsed is not None else None
    if found is None or found.html is None:
        raise Http404
    response = HttpResponse(found.html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def ports_of(kind: type[Any], shop: ShopFacts) -> object | None:
    """What a trial may ask of the installation: the shop's own messages."""
    return ShopMessages(default_database(), shop.id, shop.locale) if kind is Messages else None


def _trial(request: StaffRequest, text: str, asked: Asked) -> Trial:
    """Kept for a while, for the page and its frames ask for the same. Raises FlowInvalid, LookupError."""
    shop, by = request.shop, request.user.username
    named = repr((shop.pk, asked.event, asked.about, asked.answer, by, text))
    key = f"trial:{sha256(named.encode('utf-8', 'surrogatepass')).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = try_flow(
            shop.pk, text, event=asked.event, about=asked.about or None, answer=asked.answer, by=by, ports=ports_of
        )
        cache.set(key, found, KEPT_FOR)
    return found


def _text(row: Flow, asked: Asked) -> str:
    return text_of(row, row.version) if asked.is_live or not row.draft else row.draft


def _choices(request: StaffRequest, flow: Compiled) -> dict[str, Any]:
    """The last events that fit, or the records for a flow that no event of the shop starts."""
    search = request.GET.get("q", "").strip()
    events = events_to_try(request.shop, flow, search)
    by_record = bool(flow.trigger_types & OWN_EVENTS)
    records = records_to_try(request.shop, flow.trigger.over, search) if by_record else []
    return {
        "events": events,
        "records": records,
        "by_record": by_record,
        "over": flow.trigger.over,
        "starts": sorted(flow.trigger_types - OWN_EVENTS),
        "labels": labels(request.shop, [*(event.subject for event in events), *records]),
    }


def _told(request: StaffRequest, row: Flow, asked: Asked, trial: Trial) -> dict[str, Any]:
    """The trial as the page shows it: up to the card asked for."""
    zone = request.shop.timezone
    entries = [
        {"at": moment.at.isoformat(), "step": moment.step, "code": moment.code, "details": moment.details}
        for moment in trial.moments
    ]
    lines = lines_of(entries, zone)
    stations = _stations(lines)
    shown = lines if asked.step is None else lines[: stations[min(asked.step, len(stations)) - 1]] if stations else []
    keys = {line.effect for line in shown if line.effect}
    effects = [effect for key, effect in trial.effects.items() if key in keys]
    outcomes = {effect.key: _outcome(effect, asked) for effect in effects}
    overlay = lay(shown, zone, outcomes)
    places = [place for line in shown if (place := place_of(line))]
    here = places[-1] if asked.step is not None and places else ""
    ended = asked.step is None or len(shown) == len(lines)
    if trial.status == "waiting" and ended:
        here = step_of(trial.step)
    why_not = not_started(trial.skip, zone) if trial.skip is not None else None
    return {
        "trial": trial,
        "labels": labels(request.shop, [trial.event.subject]),
        "overlay": overlay.cards,
        "passed": overlay.passed,
        "here": here,
        "stations": len(stations),
        "ended": ended,
        "why_not": why_not,
        "summary": _summary(trial),
        "effects": [(effect, outcomes[effect.key], step_of(effect.step)) for effect in effects],
        "last": shown[-1] if shown else None,
        "last_effect": trial.effects.get(shown[-1].effect) if shown else None,
        **_message(trial, asked, [] if why_not else effects),
    }


def _stations(lines: list[Line]) -> list[int]:
    """Where each card's lines end, in the order the run came by."""
    ends: list[int] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        if following is None or (place_of(following) and place_of(following) != place_of(line)):
            ends.append(number + 1)
    return ends


def _outcome(effect: TriedEffect, asked: Asked) -> Outcome:
    rehearsed = effect.rehearsed
    if effect.status == "failed":
        return Outcome(_("would fail"), "bad", "circle-x", note=effect.message or effect.error or "")
    if rehearsed is not None and rehearsed.own is not None:
        href = asked.query(open=effect.key.partition("/")[2], reader="") + "#message"
        refused = mail_refusal(effect.result)
        if refused:
            return Outcome(_("would not be sent"), "lamp", "circle-slash", href, refused)
        return Outcome(_("see the message"), "ok", "mail", href)
    refused = mail_refusal(effect.result)
    if refused:
        return Outcome(_("would not be sent"), "lamp", "circle-slash", note=refused)
    if rehearsed is not None and rehearsed.request is not None:
        request = rehearsed.request
        asked_for = f"{request.method} {masked(request.url)}"
        return Outcome(asked_for, "ok", "webhook", note=_("Taken as answered with 200."))
    if rehearsed is not None and rehearsed.is_guessed:
        return Outcome(_("taken as done"), "ok", "check")
    return Outcome(_("would be done"), "ok", "check")


def _opened(trial: Trial, asked: Asked) -> TriedEffect | None:
    for key, effect in trial.effects.items():
        if key.partition("/")[2] == asked.open and effect.rehearsed is not None and effect.rehearsed.mails:
            return effect
    return None


def _message(trial: Trial, asked: Asked, effects: Sequence[TriedEffect]) -> dict[str, Any]:
    """The message that is open: card by card that of the last card, else what was asked for, else the first."""
    mails = [one for one in effects if one.rehearsed is not None and one.rehearsed.mails]
    effect = _opened(trial, asked) if asked.step is None else mails[-1] if mails else None
    if effect is None and asked.step is None and not asked.open:
        effect = mails[0] if mails else None
    if effect is None or effect.rehearsed is None:
        return {"message": None}
    rehearsed, path = effect.rehearsed, effect.key.partition("/")[2]
    reader = asked.reader if asked.reader in rehearsed.mails else rehearsed.own or ""
    readers = [(code, label) for code, label in LANGUAGES if code in rehearsed.mails]
    return {
        "message": rehearsed.mails[reader],
        "message_path": path,
        "message_refused": mail_refusal(effect.result),
        "own": rehearsed.own,
        "reader": reader,
        "readers": readers if len(readers) > 1 else [],
        "frame": asked.query(open=path, reader=reader, look="desktop", step=None),
    }


def _summary(trial: Trial) -> list[str]:
    """What came of it, in sentences."""
    if trial.skip is not None:
        return []
    first, last = trial.moments[0].at, trial.moments[-1].at
    ends: Mapping[str, str] = {
        "finished": _("It would come to its end."),
        "exited": _("It would leave early."),
        "stopped": _("It would stop."),
        "failed": _("It would fail."),
        "waiting": _("It would still be waiting."),
        "parked": _("It would still be waiting for a result."),
    }
    said = [_("The flow would start."), ends.get(trial.status, trial.status)]
    if last > first:
        said.append(_("From start to end it would take %(time)s.") % {"time": between(first, last)})
    mails = sum(1 for one in trial.effects.values() if one.rehearsed is not None and one.rehearsed.mails)
    others = len(trial.effects) - mails
    if mails:
        said.append(ngettext("%(num)s message.", "%(num)s messages.", mails) % {"num": mails})
    if others:
        said.append(ngettext("%(num)s other action.", "%(num)s other actions.", others) % {"num": others})
    return said


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 18 else None
