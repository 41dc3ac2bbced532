"""What a form asks while it is filled in: values the shop has, whether a condition holds, how a text would read.

Nothing is changed here, and nothing is asked of the network. Answers are small pieces of HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from sereno.engine.expressions import ExpressionsInvalid, Names, compile_expression
from sereno.engine.templates import TemplateFailed, readings, render
from sereno.runtime import drafting
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms import records
from sereno.web.builder.forms.condition_control import ConditionControl
from sereno.web.builder.forms.controls import TextField, Wrong, one
from sereno.web.builder.forms.fields import catalogue, choice_of
from sereno.web.builder.forms.form import Form
from sereno.web.builder.forms.panels import form_at
from sereno.web.builder.forms.paths import type_of
from sereno.web.builder.forms.places import place_at
from sereno.web.phrases import said
from sereno.web.shell import render as page


@require_GET
@staff("flows")
def values(request: StaffRequest) -> HttpResponse:
    """At most 20 values the shop's newest records hold in `field`, or of the list `suggest`, as options."""
    suggest, field = request.GET.get("suggest", ""), request.GET.get("field", "")[:200]
    found: list[str] = []
    if suggest == "tags":
        found = records.tags_of(request.shop)
    elif field:
        found = records.values_of(request.shop, place_at(_document(request), request.GET.get("path", "")), field)
    return page(request, "forms/values.html", {"found": found[: records.MOST_VALUES]})


@require_POST
@staff("flows")
def check(request: StaffRequest) -> HttpResponse:
    """Whether the condition `name` is sound, and for how many of the last events it would have held."""
    form, control = _asked(request)
    if form is None or not isinstance(control, ConditionControl):
        return HttpResponse(status=204)
    raw = control.posted(request.POST) or control.raw(form.part)
    try:
        source = control.source_in(raw)
    except Wrong as wrong:
        # A row that is not finished yet is no news; a text that cannot be read is.
        return page(request, "forms/check.html", {"said": wrong.fields.get("", ""), "answer": None})
    answer = _counted(request, form, control.names, source) if source else None
    return page(request, "forms/check.html", {"said": "", "answer": answer})


@require_POST
@staff("flows")
def preview(request: StaffRequest) -> HttpResponse:
    """The text `name`, filled in for a real record by the renderer that will write it."""
    form, control = _asked(request)
    if form is None or not isinstance(control, TextField):
        return HttpResponse(status=204)
    text = one(control.posted(request.POST) or control.raw(form.part), control.name)
    if "{{" not in text and "{%" not in text:
        return page(request, "forms/preview.html", {"examples": [], "error": None, "missing": []})
    found = records.examples(request.shop, form.place)
    wanted = request.POST.get("f-record", "")
    chosen = next((example for example in found if example.id == wanted), found[0] if found else None)
    context: dict[str, Any] = {"examples": found, "chosen": chosen, "written": "", "error": None, "missing": []}
    try:
        context["missing"] = _unknown(text, form.place.names)
        if chosen is not None:
            (scope,) = records.scopes(request.shop, [chosen])
            context["written"] = render(text, records.for_templates(scope), "html" if control.html else "text")
    except TemplateFailed as failed:
        lines = text.split("\n")
        line = lines[failed.line - 1] if 0 < failed.line <= len(lines) else ""
        context["error"] = {"said": said(failed), "line": failed.line, "text": line[:200]}
    context["is_html"] = control.html
    return page(request, "forms/preview.html", context)


@require_GET
@staff("flows")
def variables(request: StaffRequest) -> HttpResponse:
    """What a text may name here, in words, each with what is to be put in for it."""
    place = place_at(_document(request), request.GET.get("path", ""))
    groups = [
        (group.label, [(choice.label, _written(choice.key, choice.sort, place.names)) for choice in group.fields])
        for group in catalogue(place.names, of_items=False)
    ]
    return page(request, "forms/variables.html", {"groups": groups, "into": request.GET.get("into", "")[:80]})


@dataclass(frozen=True, slots=True)
class Answer:
    """For how many of `total` the condition held. `unknown` could not be answered, for the reason `why`. `example` is
    the newest, with the values seen."""

    held: int
    total: int
    unknown: int
    why: str
    example: Any
    is_held: bool | None
    seen: list[tuple[str, Any]]


def _counted(request: StaffRequest, form: Form, names: Names, source: str) -> Answer | None:
    expression = compile_expression(source, names, want="boolean")
    if "vars" in expression.roots:
        # What earlier steps will have remembered is not known of the past.
        return Answer(0, 0, 0, "vars", None, None, [])
    found = records.examples(request.shop, form.place, records.MANY)
    scopes = records.scopes(request.shop, found, expression.roots)
    outcomes = [expression.test(scope) for scope in scopes]
    held = sum(outcome.value is True for outcome in outcomes)
    unknown = [outcome for outcome in outcomes if outcome.value is None]
    why = said(next((outcome.error or "" for outcome in unknown), ""))
    first = outcomes[0] if outcomes else None
    return Answer(
        held,
        len(outcomes),
        len(unknown),
        why,
        found[0] if found else None,
        first.value if first is not None else None,
        _seen(names, first.seen) if first is not None else [],
    )


def _seen(names: Names, values: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What was read, once each, with the fields in words."""
    found: dict[str, Any] = {}
    for path, value in values:
        if path != "now":
            known = choice_of(names, path)
            found.setdefault(known.label if known is not None else path, value)
    return list(found.items())[:6]


def _asked(request: StaffRequest) -> tuple[Form | None, Any]:
    """The form as it stands in the browser, and the control that asks; nothing when the step is gone meanwhile."""
    try:
        form = form_at(_document(request), request.GET.get("path", "")[:500], request.shop, request.POST)
    except LookupError:
        return None, None
    return form, form.control(request.GET.get("name", ""))


def _document(request: HttpRequest) -> dict[str, Any]:
    shop = request.shop  # type: ignore[attr-defined]
    try:
        return drafting.open_draft(shop.pk, request.GET.get("flow", "")[:100]).document or {}
    except (LookupError, ValueError):
        raise Http404 from None


def _unknown(text: str, names: Names) -> list[str]:
    """What the text reads that is not there. Raises TemplateFailed."""
    found: dict[str, None] = {}
    for reading in readings(text):
        path = ".".join(str(part) for part in reading.path if isinstance(part, str) and part != "*")
        root = path.partition(".")[0]
        if root in ("now", "links") or (root in names.roots and path == root):
            continue
        bare = path.removesuffix(".size").removesuffix(".first").removesuffix(".last")
        try:
            known = type_of(names, bare) is not None or bool(compile_expression(bare, names))
        except ExpressionsInvalid as invalid:
            known = any(isinstance(part, int) for part in reading.path)
            if not known:
                found[said(invalid.problems[0].message)] = None
    return list(found)


def _written(key: str, sort: str, names: Names) -> str:
    """The Liquid that writes a field as people read it."""
    type_ = type_of(names, key)
    if type_ is not None and type_.kind == "money":
        return f"{{{{ {key} | money }}}}"
    if type_ is not None and type_.kind in ("timestamp", "date"):
        return f"{{{{ {key} | date }}}}"
    if sort == "texts":
        return f'{{{{ {key} | join: ", " }}}}'
    return f"{{{{ {key} }}}}"
