"""Why, and why not: what every flow did, or did not do, about an order, a customer or an address, in sentences.

The answer is `runtime.explaining.why`'s, the one the API and the command line give; here it is only put into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET
from markupsafe import Markup, escape

from sereno.runtime import services
from sereno.store.models import Flow
from sereno.web import formats, story
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.event_words import event_word
from sereno.web.counts import look
from sereno.web.documents import title_of
from sereno.web.formats import ago
from sereno.web.live.standing import Stands, in_words
from sereno.web.live.wording import mail_refusal, not_started
from sereno.web.search import links_for, recent_run_subjects
from sereno.web.sentences import expression, say
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.words import run_reason

SHOWN = 60
"""Runs and refusals on the page; the rest is told in the sentences above them."""
Found = Mapping[str, Any]


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
    """The form; under it one sentence for each flow, what holds for the person now, then every run and every refusal,
    newest first."""
    shop = request.shop
    text, chosen = request.GET.get("subject", "").strip()[:200], request.GET.get("flow", "")
    rows = look("flows_to_explain", shop=shop.pk)
    names = ("pk", "name", "title", "status", "version", "is_derived", "paused_reason")
    flows = [Flow(shop_id=shop.pk, **dict(zip(names, row, strict=False))) for row in rows]
    suggestions = [] if text else list(dict.fromkeys(recent_run_subjects(shop, [one.pk for one in flows])))
    answers: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    stands: list[Stands] = []
    if text:
        named = {flow.name: flow for flow in flows}
        of, links = chosen if chosen in named else None, links_for(shop, text)
        given = services.explain(shop.pk, text, of, links=links, rows=rows)
        answers = _answers(given["flows"], named, shop.timezone)
        has_any = bool(answers) or given["is_known"]
        verdicts = _verdicts(given["flows"], named, shop.timezone) if has_any else []
        stands = in_words(given["standing"], shop.timezone)
    context = {
        "section": "why",
        "labels": labels(shop, [*suggestions, *(answer["about"] for answer in answers)]),
        "text": text,
        "flow": chosen,
        "flows": [(one.name, title_of(one)) for one in flows],
        "suggestions": suggestions,
        "answers": answers,
        "verdicts": verdicts,
        "stands": stands,
    }
    return render(request, "live/why.html", context)


def _answers(found: list[Found], named: Mapping[str, Flow], zone: str) -> list[dict[str, Any]]:
    """Runs and refused starts, newest first."""
    answers: list[dict[str, Any]] = []
    for one in found:
        flow = named[one["flow"]]
        answers += [
            {
                "at": run["started_at"],
                "when": formats.instant(run["started_at"]),
                "about": run["subject"],
                "flow": flow,
                "run": run,
                "skip": None,
                "lines": story.lines_of(run["trace"], zone),
                "effects": {effect["key"]: {**effect, "pk": effect["id"]} for effect in run["effects"]},
            }
            for run in one["runs"]
        ]
        answers += [
            {
                "at": skip["at"],
                "when": formats.instant(skip["at"]),
                "about": skip["subject"],
                "flow": flow,
                "run": None,
                "skip": skip,
                "why": not_started((skip["reason"], skip["details"]), zone),
                "running": skip["details"].get("run"),
            }
            for skip in one["skipped"]
        ]
    return sorted(answers, key=lambda answer: str(answer["at"]), reverse=True)[:SHOWN]


def _verdicts(found: list[Found], named: Mapping[str, Flow], zone: str) -> list[Verdict]:
    verdicts = [_verdict(named[one["flow"]], one, zone) for one in found]
    order = {"ok": 0, "bad": 0, "lamp": 1, "": 2}
    return sorted(verdicts, key=lambda verdict: order[verdict.tone])


def _verdict(flow: Flow, one: Found, zone: str) -> Verdict:
    answer: Found = one["answer"]
    match answer["verdict"]:
        case "never":
            return _of_nothing(flow, one, zone)
        case "not_started":
            why_not = not_started((answer["reason"], answer["details"]), zone)
            said = say(_("Did not start: %(reason)s"), reason=why_not.say)
            return Verdict(flow, "lamp", "circle-slash", said, f"skip-{flow.name}-{answer['at']}")
        case code:
            tone = {"failed": "bad", "held_out": "lamp", "withheld": "lamp", "deferred": "lamp"}.get(code, "ok")
            return Verdict(flow, tone, "activity", _ran(one, zone) + _outcome(one), f"run-{answer['run']}")


def _ran(one: Found, zone: str) -> Markup:
    runs = one["runs"]
    time = ago(formats.instant(runs[0]["started_at"]), zone)
    if len(runs) == 1:
        return say(_("Ran %(time)s."), time=time)
    many = ngettext("Ran %(num)s time, last %(time)s.", "Ran %(num)s times, last %(time)s.", len(runs))
    return say(many, num=len(runs), time=time)


def _outcome(one: Found) -> Markup:
    """What the newest run came to, how much it did, and what it held back."""
    run: Found = one["runs"][0]
    code = one["answer"]["verdict"]
    if code == "held_out":
        return " " + escape(_("It was in the control group: nothing was sent, so that the flow can be measured."))
    if code == "shadow":
        return " " + escape(_("It ran in shadow: everything was decided, nothing left the house."))
    return " " + _end(run) + _did(run)


def _end(run: Found) -> Markup:
    match run["status"]:
        case "finished":
            return escape(_("It came to its end."))
        case "exited":
            return say(_("It left early, because %(event)s happened."), event=expression(run["reason"] or ""))
        case "stopped":
            return say(_("It stopped: %(reason)s."), reason=run_reason(run["reason"]) or _("so the flow says"))
        case "failed":
            return say(_("It failed: %(reason)s."), reason=run_reason(run["reason"]))
        case _:
            return escape(_("It is still under way."))


def _did(run: Found) -> Markup:
    """How much it did, and what it held back."""
    effects = run["effects"]
    held = [reason for effect in effects if (reason := mail_refusal(effect["result"]))]
    done = sum(1 for effect in effects if effect["status"] == "done") - len(held)
    said = Markup()
    if done > 0:
        said += " " + escape(ngettext("It did %(num)s thing.", "It did %(num)s things.", done) % {"num": done})
    failed = sum(1 for effect in effects if effect["status"] == "failed")
    if failed:
        said += " " + escape(ngettext("%(num)s action failed.", "%(num)s actions failed.", failed) % {"num": failed})
    if held:
        said += " " + say(_("A message was not sent: %(reason)s"), reason=held[0])
    return said


def _of_nothing(flow: Flow, one: Found, zone: str) -> Verdict:
    match one["answer"]["reason"]:
        case "flow_not_published":
            return Verdict(flow, "", "pencil", escape(_("It was never published.")))
        case "flow_paused":
            return Verdict(flow, "lamp", "circle-pause", escape(_("It is paused, and starts nothing.")))
        case "not_live_then":
            seen = one["answer"]["details"]
            text = _("%(event)s came %(time)s, when the flow was not live yet or was still being set up.")
            time = ago(formats.instant(seen.get("at")), zone)
            return Verdict(flow, "lamp", "history", say(text, event=event_word(str(seen.get("event"))), time=time))
        case _:
            events = ", ".join(event_word(type_) for type_ in one["answer"]["details"].get("starts", ()))
            said = say(_("Nothing came that starts it: it starts on %(events)s."), events=events)
            return Verdict(flow, "", "circle-dot", said)
