"""The forms of a rule and of variants: filled in without code, the condition as rows or as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.engine.decisions.document import DecisionsInvalid, names_of, read_plan
from sereno.runtime.decisions import keeping
from sereno.sdk.plugin import registry
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.condition_control import ConditionControl
from sereno.web.builder.forms.controls import Raw, Wrong
from sereno.web.builder.forms.panels import BUTTON, Shown
from sereno.web.builder.forms.showing import tools
from sereno.web.decisions.drafts import DOINGS, KINDS, METRICS, THEN, Document, draft_of, find, flaws_said, fresh_id
from sereno.web.decisions.pages import measured_now, rule_said
from sereno.web.results.pages import shown_of
from sereno.web.shell import render

ARMS = 4


@require_http_methods(["GET", "POST"])
@staff("flows")
def rule(request: StaffRequest, id: str = "") -> HttpResponse:
    return _form(request, "rules", "rule", id, _rule_in)


@require_http_methods(["GET", "POST"])
@staff("flows")
def variants(request: StaffRequest, id: str = "") -> HttpResponse:
    return _form(request, "variants", "variants", id, _variants_in)


def _form(request: StaffRequest, key: str, word: str, id_: str, read: Any) -> HttpResponse:
    """GET shows what stands in the draft; POST keeps it, or draws the condition anew when a button in it was
    pressed. What is refused stays as it was typed."""
    held = draft_of(request)
    document: Document = {name: list(held.draft.get(name) or []) for name in keeping.EMPTY}
    part = find(document, key, id_) if id_ else {}
    if part is None:
        raise Http404
    control = ConditionControl(
        name="when", keys=("when",), label=_("When"), names=names_of(registry()), timezone=request.shop.timezone
    )
    errors: dict[str, str] = {}
    raw = control.raw(part)
    if request.method == "POST":
        raw = control.posted(request.POST) or raw
        part = read(request.POST, part)
        _name, _colon, wish = request.POST.get(BUTTON, "").partition(":")
        if wish:
            verb, _colon, where = wish.partition(":")
            raw = control.pressed(raw, verb, where)
        else:
            made = {**part, "id": id_ or fresh_id(document, key, word)}
            errors = _keep(request, held, document, key, made, control, raw)
            if not errors:
                return redirect("decisions")
    context = {
        "section": "decisions",
        "id": id_,
        "values": part,
        "arms": _arms(part),
        "shown": Shown(control, control.shown(raw, errors), errors.get("when", "")),
        "errors": errors,
        "kinds": [
            (label, [one for one in document["options"] if one["kind"] == kind]) for kind, label in KINDS.items()
        ],
        "doings": list(DOINGS.items()),
        "metrics": list(METRICS.items()),
        "thens": list(THEN.items()),
        **(_so_far(request, held, id_) if key == "variants" and id_ else {"result": None}),
        "form_flow": "",
        "form_path": "",
        **tools(),
    }
    return render(request, f"decisions/{word}.html", context, status=422 if errors else 200)


def _so_far(request: StaffRequest, held: keeping.Kept, id_: str) -> dict[str, Any]:
    """What was measured of these variants, as they stand in the draft."""
    plan = read_plan(held.draft, registry())
    one = next(one for one in plan.variants if one.id == id_)
    found, results = measured_now(request, plan)
    result = results[one.experiment.name]
    if not any(arm.exposed for arm in result.arms):
        return {"result": None}
    return {"result": shown_of(found, result), "rule": rule_said(one.metric, one.at_least, one.at_most, one.then)}


def _keep(
    request: StaffRequest,
    held: keeping.Kept,
    document: Document,
    key: str,
    made: Document,
    control: ConditionControl,
    raw: Raw,
) -> dict[str, str]:
    """What is wrong, by field; nothing once it is kept."""
    try:
        control.write(made, raw)
    except Wrong as wrong:
        return {name or "when": said for name, said in wrong.fields.items()}
    rows = document[key]
    at = next((number for number, one in enumerate(rows) if one.get("id") == made["id"]), len(rows))
    document[key] = [*rows[:at], made, *rows[at + 1 :]]
    try:
        keeping.keep_draft(request.shop.pk, document, request.user.username, expected=held.revision)
    except DecisionsInvalid as invalid:
        return flaws_said(invalid)
    except keeping.DraftMoved:
        return {"": _("Somebody else has changed this in the meantime. Look again.")}
    return {}


def _rule_in(post: QueryDict, part: Mapping[str, Any]) -> Document:
    found: Document = {"name": post.get("name", "").strip(), "do": post.get("do", "")}
    found["options"] = post.getlist("options")
    if post.get("label", "").strip():
        found["label"] = post["label"].strip()
    return {**found, "is_on": part.get("is_on", True), **_when(part)}


def _variants_in(post: QueryDict, part: Mapping[str, Any]) -> Document:
    arms: list[Document] = []
    for number in range(ARMS):
        name, weight = post.get(f"arm-{number}", "").strip(), post.get(f"weight-{number}", "").strip()
        if not name:
            continue
        arm: Document = {"name": name, "weight": int(weight) if weight.isascii() and weight.isdigit() else -1}
        if url := post.get(f"url-{number}", "").strip():
            arm["values"] = {**_values(part, name), "url": url}
        elif others := {key: value for key, value in _values(part, name).items() if key != "url"}:
            arm["values"] = others
        arms.append(arm)
    found: Document = {"name": post.get("name", "").strip(), "arms": arms}
    for key in ("window", "at_least", "at_most"):
        found[key] = f"{post.get(key, '').strip()}d"
    found |= {"metric": post.get("metric", ""), "then": post.get("then", "")}
    return {**found, "is_on": part.get("is_on", True), **_when(part)}


def _when(part: Mapping[str, Any]) -> Document:
    return {"when": part["when"]} if "when" in part else {}


def _values(part: Mapping[str, Any], name: str) -> dict[str, str]:
    """What else an arm hands over: the API may have given it more than the form shows."""
    return dict(next((one.get("values") or {} for one in part.get("arms") or [] if one["name"] == name), {}))


def _arms(part: Mapping[str, Any]) -> list[Document]:
    known = list(part.get("arms") or [])
    return [*known, *({"name": "", "weight": 50} for _number in range(max(0, ARMS - len(known))))]
