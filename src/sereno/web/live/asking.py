"""Why, and why not: what every flow did, or did not do, about an order, a customer or an address, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET
from markupsafe import Markup, escape

from sereno.engine.catalog import FlowInvalid
from sereno.engine.run import LIVE
from sereno.runtime.flows import compiled
from sereno.sdk.plugin import registry
from sereno.store import scope
from sereno.store.models import Effect, Flow, FlowVersion, Run, RunTrace, Shop, Skip
from sereno.store.scans import of_shop
from sereno.web import story
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.event_words import event_word
from sereno.web.documents import title_of
from sereno.web.formats import ago
from sereno.web.live.wording import WhyNot, mail_refusal, not_started
from sereno.web.search import Meaning, meaning_of, recent_run_subjects, runs_matching
from sereno.web.sentences import expression, say
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.words import run_reason

RUNS, SKIPS = 20, 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """One flow's answer in a sentence. `tone` is `ok` where it ran, `lamp` where it looked and did not, empty where
    nothing came that could have started it. `anchor` is where on the page its runs and refusals stand."""

    flow: Flow
    tone: str
    icon: str
    say: Markup
    anchor: str = ""


@require_GET
@staff()
def why(request: StaffRequest) -> HttpResponse:
    """The form; under it one sentence for each flow, then every run and every refusal, newest first."""
    shop = request.shop
    text, chosen = request.GET.get("subject", "").strip(), request.GET.get("flow", "")
    flows = list(_with_texts(shop))
    suggestions = [] if text else list(dict.fromkeys(recent_run_subjects(shop, [one.pk for one in flows])))
    wanted = [one for one in flows if one.name == chosen] if chosen else flows
    meaning = meaning_of(shop, text) if text else None
    answers = _answers(shop, meaning, wanted) if meaning is not None else []
    context = {
        "section": "why",
        "labels": labels(shop, [*suggestions, *(answer["about"] for answer in answers)]),
        "text": text,
        "flow": chosen,
        "flows": [(one.name, title_of(one)) for one in flows],
        "suggestions": suggestions,
        "answers": answers,
        "verdicts": _verdicts(shop, meaning, wanted, answers) if meaning is not None else [],
    }
    return render(request, "live/why.html", context)


def _answers(shop: Shop, meaning: Meaning, flows: Sequence[Flow]) -> list[dict[str, Any]]:
    """Runs and refused starts about what was meant, newest first."""
    by_id = {flow.pk: flow for flow in flows}
    ids = runs_matching(shop, meaning.text, meaning)
    runs = of_shop(Run.objects, shop.pk).filter(id__in=ids, flow__in=list(by_id)).defer("state").order_by("-id")
    rows = list(runs[:RUNS])
    skips = Skip.objects.filter(shop=shop, subject__in=meaning.subjects, flow__in=list(by_id)).order_by("-id")
    traces: dict[int, list[RunTrace]] = {}
    for trace in RunTrace.objects.filter(run__in=rows).order_by("id"):
        traces.setdefault(trace.run_id, []).append(trace)
    effects = {effect.key: effect for effect in Effect.objects.filter(run__in=rows)}
    found: list[dict[str, Any]] = [
        {
            "at": row.started_at,
            "about": row.subject,
            "flow": by_id[row.flow_id],
            "run": row,
            "skip": None,
            "lines": story.story(traces.get(row.pk, []), shop.timezone),
            "effects": effects,
        }
        for row in rows
    ]
    found += [
        {
            "at": skip.at,
            "about": skip.subject,
            "flow": by_id[skip.flow_id],
            "run": None,
            "skip": skip,
            "why": not_started((skip.reason, skip.details), shop.timezone),
            "running": skip.details.get("run"),
        }
        for skip in skips[:SKIPS]
    ]
    return sorted(found, key=lambda answer: str(answer["at"]), reverse=True)


def _verdicts(shop: Shop, meaning: Meaning, flows: Sequence[Flow], answers: Sequence[dict[str, Any]]) -> list[Verdict]:
    """What each of the shop's own flows did about it; Sereno's own only where they did something."""
    if not answers and not meaning.seen:
        return []
    starts = _starts(flows)
    found: list[Verdict] = []
    for flow in flows:
        mine = [answer for answer in answers if answer["flow"].pk == flow.pk]
        if mine:
            found.append(_of_answers(flow, mine, shop.timezone))
        elif not flow.is_derived:
            found.append(_of_nothing(flow, meaning.seen, starts.get(flow.pk, frozenset()), shop.timezone))
    order = {"ok": 0, "bad": 0, "lamp": 1, "": 2}
    return sorted(found, key=lambda verdict: order[verdict.tone])


def _of_answers(flow: Flow, mine: Sequence[dict[str, Any]], zone: str) -> Verdict:
    runs = [answer for answer in mine if answer["run"] is not None]
    if not runs:
        skip: WhyNot = mine[0]["why"]
        return Verdict(
            flow, "lamp", "circle-slash", say(_("Did not start: %(reason)s"), reason=skip.say), _anchor(mine[0])
        )
    newest = runs[0]
    row: Run = newest["run"]
    said = say(_("Ran %(time)s."), time=ago(row.started_at, zone))
    if len(runs) > 1:
        many = ngettext("Ran %(num)s time, last %(time)s.", "Ran %(num)s times, last %(time)s.", len(runs))
        said = say(many, num=len(runs), time=ago(row.started_at, zone))
    tone = "bad" if row.status == "failed" else "ok"
    return Verdict(flow, tone, "activity", said + " " + _end(row) + _did(newest), _anchor(newest))


def _end(row: Run) -> Markup:
    match row.status:
        case "finished":
            return escape(_("It came to its end."))
        case "exited":
            return say(_("It left early, because %(event)s happened."), event=expression(row.reason or ""))
        case "stopped":
            return say(_("It stopped: %(reason)s."), reason=run_reason(row.reason) or _("so the flow says"))
        case "failed":
            return say(_("It failed: %(reason)s."), reason=run_reason(row.reason))
        case status if status in LIVE:
            return escape(_("It is still under way."))
        case _:
            return Markup()


def _did(answer: dict[str, Any]) -> Markup:
    """How much it did, and what it held back."""
    keys = {line.effect for line in answer["lines"] if line.effect}
    effects = [effect for key, effect in answer["effects"].items() if key in keys]
    held = [reason for effect in effects if (reason := mail_refusal(effect.result))]
    done = sum(1 for effect in effects if effect.status == "done") - len(held)
    said = Markup()
    if done > 0:
        said += " " + escape(ngettext("It did %(num)s thing.", "It did %(num)s things.", done) % {"num": done})
    failed = sum(1 for effect in effects if effect.status == "failed")
    if failed:
        said += " " + escape(ngettext("%(num)s action failed.", "%(num)s actions failed.", failed) % {"num": failed})
    if held:
        said += " " + say(_("A message was not sent: %(reason)s"), reason=held[0])
    return said


def _of_nothing(flow: Flow, seen: dict[str, datetime], starts: frozenset[str], zone: str) -> Verdict:
    if flow.version is None:
        return Verdict(flow, "", "pencil", escape(_("It was never published.")))
    mine = [(at, type_) for type_, at in seen.items() if type_ in starts]
    if not mine:
        events = ", ".join(event_word(type_) for type_ in sorted(starts))
        said = say(_("Nothing came that starts it: it starts on %(events)s."), events=events)
        return Verdict(flow, "", "circle-dot", said)
    at, type_ = max(mine)
    text = _("%(event)s came %(time)s, when the flow was not live yet or was still being set up.")
    return Verdict(flow, "lamp", "history", say(text, event=event_word(type_), time=ago(at, zone)))


def _with_texts(shop: Shop) -> QuerySet[Any]:
    """The shop's flows, each with the text of its current version as `live_text`."""
    current = FlowVersion.objects.filter(flow=OuterRef("pk"), number=OuterRef("version"))
    rows = Flow.objects.filter(shop=shop).defer("draft").order_by("title")
    return rows.annotate(live_text=Subquery(current.values("document")[:1]))


def _starts(flows: Sequence[Flow]) -> dict[int, frozenset[str]]:
    """What starts each published flow."""
    found: dict[int, frozenset[str]] = {}
    with scope.running():
        for flow in flows:
            text: str | None = getattr(flow, "live_text", None)
            if text is None:
                continue
            try:
                found[flow.pk] = compiled(text, registry()).trigger_types
            except FlowInvalid:
                continue
    return found


def _anchor(answer: dict[str, Any]) -> str:
    return f"run-{answer['run'].uid}" if answer["run"] is not None else f"skip-{answer['skip'].pk}"
