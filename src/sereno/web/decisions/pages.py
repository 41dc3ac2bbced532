"""The page of the decisions: what the checkout has to offer, the rules in their order, the variants, the versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from markupsafe import Markup

from sereno.engine.decisions.document import Plan, names_of, read_plan
from sereno.modules.decisions.models import DecisionsVersion, DecisionTally, Winner
from sereno.modules.insights.results import Result
from sereno.modules.insights.results import results as results_of
from sereno.runtime.decisions import keeping
from sereno.runtime.experiments.measuring import Measured, measured_variants
from sereno.sdk.plugin import registry
from sereno.store.models import StorefrontKey
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.builder.speech import condition_said
from sereno.web.decisions.drafts import DOINGS, KINDS, METRICS, THEN, Document, change, draft_of, find
from sereno.web.results import wording
from sereno.web.shell import render

DAYS = 7
LISTS = {"rule": "rules", "variants": "variants"}
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`held` of `asked` answers of the last week, and `unknown` that could not be answered."""

    id: str
    name: str
    does: str
    options: str
    when: Markup
    is_on: bool
    held: int
    asked: int
    unknown: int


@dataclass(frozen=True, slots=True)
class VariantsRow:
    """`said` is what can be said of it so far; `ended` how it ended, if it has."""

    id: str
    name: str
    arms: str
    when: Markup
    rule: str
    is_on: bool
    people: int
    said: wording.Said
    ended: Winner | None


@require_GET
@staff()
def decisions(request: StaffRequest) -> HttpResponse:
    shop, held = request.shop, draft_of(request)
    document: Document = dict(held.draft)
    versions = list(DecisionsVersion.objects.filter(shop=shop).order_by("-number")[:10])
    live = next((one for one in versions if one.number == held.version), None)
    answers = _counts(shop.pk)
    names = {str(one["id"]): str(one.get("name") or one["id"]) for one in document.get("options") or []}
    context = {
        "section": "decisions",
        "held": held,
        "is_changed": (live.document if live else dict(keeping.EMPTY)) != document,
        "live": live,
        "kinds": [(key, label, _of_kind(document, key)) for key, label in KINDS.items()],
        "rules": [_rule(one, names, answers, request.shop.currency) for one in document.get("rules") or []],
        "variants": _variants(request, document),
        "versions": versions,
        "answers": answers.get("", (0, 0, 0))[0],
        "keys": StorefrontKey.objects.filter(shop=shop, revoked_at=None).count(),
    }
    return render(request, "decisions/overview.html", context)


@require_POST
@staff("flows")
def publish(request: StaffRequest) -> HttpResponse:
    revision = request.POST.get("revision", "")
    expected = int(revision) if revision.isascii() and revision.isdigit() else None
    by, note = request.user.username, request.POST.get("note", "").strip()[:200]
    done = carry_out(request, lambda: keeping.publish(request.shop.pk, by, note=note, expected=expected), "")
    if done is not None:
        messages.success(request, _("Version %(num)s decides from now on.") % {"num": done})
    return redirect("decisions")


@require_POST
@staff("flows")
def roll_back(request: StaffRequest) -> HttpResponse:
    number = request.POST.get("version", "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Http404
    done = carry_out(request, lambda: keeping.roll_back(request.shop.pk, int(number), request.user.username), "")
    if done is not None:
        said = _("What version %(old)s said holds again, as version %(num)s.") % {"old": number, "num": done}
        messages.success(request, said)
    return redirect("decisions")


@require_POST
@staff("flows")
def undo(request: StaffRequest) -> HttpResponse:
    """Take the last change of the draft back; pressed again, bring it back."""
    carry_out(request, lambda: keeping.undo_draft(request.shop.pk, request.user.username), _("Taken back."))
    return redirect("decisions")


@require_POST
@staff("flows")
def options(request: StaffRequest) -> HttpResponse:
    """Add an option, or take one out of the list and out of the rules that name it."""
    id_ = request.POST.get("id", "").strip()[:100]
    if request.POST.get("do") == "remove":
        change(request, lambda document: _without(document, id_), _("Taken out. You can take that back."))
        return redirect("decisions")
    kind, name = request.POST.get("kind", ""), request.POST.get("name", "").strip()[:100]

    def add(document: Document) -> None:
        document["options"].append({"id": id_, "kind": kind, "name": name or id_})

    change(request, add, _("Added."))
    return redirect("decisions")


@require_POST
@staff("flows")
def move(request: StaffRequest, what: str, id: str) -> HttpResponse:
    """`do`: `up`, `down`, `off`, `on` or `remove` a rule or variants."""
    key, do = LISTS.get(what), request.POST.get("do", "")
    edits: dict[str, Callable[[list[Document], int], None]] = {
        "up": lambda rows, at: _swap(rows, at, at - 1),
        "down": lambda rows, at: _swap(rows, at, at + 1),
        "off": lambda rows, at: rows[at].update(is_on=False),
        "on": lambda rows, at: rows[at].update(is_on=True),
        "remove": lambda rows, at: rows.__delitem__(at),
    }
    if key is None or do not in edits:
        raise Http404

    def edit(document: Document) -> None:
        rows = document[key]
        edits[do](rows, rows.index(find(document, key, id)))

    change(request, edit, _("Taken out. You can take that back.") if do == "remove" else "")
    return redirect("decisions")


def _swap(rows: list[Document], one: int, other: int) -> None:
    if 0 <= other < len(rows):
        rows[one], rows[other] = rows[other], rows[one]


def _without(document: Document, id_: str) -> None:
    document["options"] = [one for one in document["options"] if one.get("id") != id_]
    for rule in document["rules"]:
        rule["options"] = [one for one in rule.get("options") or [] if one != id_]
    document["rules"] = [rule for rule in document["rules"] if rule["options"]]


def _of_kind(document: Document, kind: str) -> list[Document]:
    return [one for one in document.get("options") or [] if one.get("kind") == kind]


def _counts(shop_id: int) -> dict[str, tuple[int, int, int]]:
    """By rule: held, not, unknown, in the last days."""
    since = (datetime.now(UTC).date() - EPOCH).days - DAYS
    found = DecisionTally.objects.filter(shop=shop_id, day__gt=since).values_list("rule")
    rows = found.annotate(Sum("held"), Sum("missed"), Sum("unknown"))
    return {rule: (held, missed, unknown) for rule, held, missed, unknown in rows}


def _rule(rule: Document, names: dict[str, str], counts: dict[str, tuple[int, int, int]], currency: str) -> RuleRow:
    held, missed, unknown = counts.get(rule["id"], (0, 0, 0))
    options_ = ", ".join(names.get(str(one), str(one)) for one in rule["options"])
    if rule.get("label") and rule["do"] == "rename":
        options_ = f"{options_} → {rule['label']}"
    return RuleRow(
        rule["id"],
        rule.get("name") or rule["id"],
        str(DOINGS[rule["do"]]),
        options_,
        condition_said(rule.get("when") or "true", names_of(registry()), currency),
        rule.get("is_on", True),
        held,
        held + missed + unknown,
        unknown,
    )


def measured_now(request: StaffRequest, plan: Plan) -> tuple[Measured, dict[str, Result]]:
    """The comparisons of this plan so far, by the names of their experiments."""
    shop = request.shop
    experiments = {one.experiment.name: one.experiment for one in plan.variants}
    found = measured_variants(shop.pk, shop.currency, experiments)
    today = (datetime.now(UTC).date() - EPOCH).days
    every = results_of(experiments, found.sums, shop.currency, today)
    return found, {one.name: one for one in every if one.is_current}


def _variants(request: StaffRequest, document: Document) -> list[VariantsRow]:
    if not document.get("variants"):
        return []
    shop, plan = request.shop, read_plan(document, registry())
    _found, results = measured_now(request, plan)
    ended = {one.design: one for one in Winner.objects.filter(shop=shop)}
    rows: list[VariantsRow] = []
    for one in plan.variants:
        result = results[one.experiment.name]
        when = condition_said(one.when.source, names_of(registry()), shop.currency) if one.when else Markup()
        arms = " / ".join(f"{arm.name} {arm.weight}" for arm in one.arms)
        rule = rule_said(one.metric, one.at_least, one.at_most, one.then)
        people = sum(arm.exposed for arm in result.arms)
        rows.append(
            VariantsRow(one.id, one.name, arms, when, rule, one.is_on, people, _said(result), ended.get(one.design))
        )
    return rows


def _said(result: Result) -> wording.Said:
    if not any(arm.exposed for arm in result.arms):
        return wording.Said("lamp", wording.nothing_yet())
    return wording.of_split(result)


def rule_said(metric: str, at_least: timedelta, at_most: timedelta, then: str) -> str:
    """How a winner is found, in one sentence."""
    least = ngettext("%(num)s day", "%(num)s days", at_least.days) % {"num": at_least.days}
    most = ngettext("%(num)s day", "%(num)s days", at_most.days) % {"num": at_most.days}
    text = _(
        "The winner is better than every other by “%(metric)s”, 95 %% sure on whatever day one looks after "
        "%(least)s; without one after %(most)s there is none. Then: %(then)s."
    )
    return text % {"metric": METRICS[metric], "least": least, "most": most, "then": THEN[then]}
