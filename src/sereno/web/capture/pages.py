"""The shop's lead forms: how each does, what was sent, the editor with its preview; and the leads that came of them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.forms import reading, services
from sereno.modules.forms.models import FormSubmission
from sereno.modules.forms.reading import FormInvalid
from sereno.modules.forms.services import FormConflict, Kept
from sereno.modules.pricing.models import CodePool
from sereno.runtime.forms import leading, rules
from sereno.sdk.languages import said
from sereno.sdk.site import handle_of
from sereno.store.models import Shop, StorefrontKey
from sereno.web import unsaved
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.capture import editing, words
from sereno.web.charts import spark
from sereno.web.security import POLICY
from sereno.web.shell import render
from sereno.web.subjects import labels
from sereno.web.unsaved import Editing
from sereno.web.wiring import wiring

SPANS = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365)}
SHOWN = 50
FRAMED = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    held = services.forms(request.shop.pk)
    rates = services.rates(request.shop.pk, SPANS["90"])
    taken = {one.name for one in held}
    context: dict[str, Any] = {
        "section": "forms",
        "found": [(one, _title(one.form, request.shop), rates.get(one.name)) for one in held],
        "shapes": dict(words.SHAPES),
        "ready": [(name, _title(form, request.shop)) for name, form in reading.shipped().items() if name not in taken],
        "script": _script(request),
    }
    return render(request, "capture/list.html", context)


@require_GET
@staff()
def report(request: StaffRequest, name: str) -> HttpResponse:
    kept = _kept(request, name)
    span = request.GET.get("days", "90")
    span = span if span in SPANS else "90"
    found = services.report(request.shop.pk, kept, SPANS[span])
    newest = list(services.submissions(request.shop.pk, name)[:SHOWN])
    days = [(date(1970, 1, 1) + timedelta(days=day), views, submits) for day, views, submits in found.days]
    context: dict[str, Any] = {
        "section": "forms",
        "kept": kept,
        "title": _title(kept.form, request.shop),
        "report": found,
        "days": days[::-1],
        "spark": spark([(day, submits) for day, _views, submits in days]) if len(days) > 1 else None,
        "newest": [(one, _answers(kept, one, request.shop)) for one in newest],
        "labels": labels(request.shop, [f"customer:{one.customer}" for one in newest]),
        "selects": [("days", _("Last 90 days"), [("30", _("Last 30 days")), ("365", _("Last year"))], span)],
        "script": _script(request),
        "hosted": f"{wiring().base_url.rstrip('/')}{reverse('form-hosted', args=[request.shop.slug, name])}",
    }
    return render(request, "capture/report.html", context)


@require_http_methods(["GET", "POST"])
@staff("flows")
def edit(request: StaffRequest, name: str) -> HttpResponse:
    """The texts of one language at a time; fields, look and moments are the same in all. Only `do=save` keeps it."""
    kept = _kept(request, name)
    held = Editing(request, "form", name, reading.write(kept.form), kept.version)
    if request.method == "POST":
        done = held.take(
            lambda document, language: editing.edited(document, request.POST, language),
            lambda document, version: services.save(
                request.shop.pk, name, document, request.user.username, version=version
            ),
            {
                FormInvalid: lambda invalid: words.problem(invalid.code),
                FormConflict: lambda _conflict: _(
                    "Somebody else has changed this form meanwhile. Load the page anew, and do it once more."
                ),
            },
            done=_("Saved. Storefronts show it within a minute."),
            here=reverse("form-edit", args=[name]),
        )
        if done is not None:
            return done
    context: dict[str, Any] = {
        "section": "forms",
        "kept": kept,
        "title": _title(kept.form, request.shop),
        "words": words,
        "sides": words.SIDES.get(held.document["look"]["shape"], []),
        "lines_of": editing.lines_of,
        "pools": [("", _("None")), *((one, one) for one in _pools(request.shop))],
    }
    return held.page("capture/edit.html", context)


@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
@staff()
def preview(request: StaffRequest, name: str) -> HttpResponse:
    """The form as the storefront's script draws it, in a frame; POST shows what the editor says now, and keeps
    nothing."""
    kept, language, error = _kept(request, name), unsaved.language_of(request, request.shop), ""
    form = kept.form
    if request.method == "POST":
        try:
            held = unsaved.document_of(request.POST, request.shop, "form", name, reading.write(kept.form))
            form = reading.read(name, editing.edited(held, request.POST, language))
        except FormInvalid as invalid:
            error = words.problem(invalid.code)
    variant = request.POST.get("show") or request.GET.get("show") or ""
    after = form.after
    shown = {
        "form": reading.shown(form),
        "locale": request.shop.locale[:2],
        "variant": "b" if variant == "b" and form.other is not None else "",
        "code": after.code or (_("THEIR-CODE") if after.pool else ""),
    }
    context = {"shown": json.dumps(shown, ensure_ascii=False), "own_language": language, "error": error}
    response = render(request, "capture/preview.html", context)
    response["Content-Security-Policy"] = FRAMED
    return response


@require_POST
@staff("flows")
def make(request: StaffRequest) -> HttpResponse:
    """A new form, from one of those to begin with."""
    name = handle_of(request.POST.get("name", ""))[:40]
    if not reading.NAME.fullmatch(name) or services.find(request.shop.pk, name) is not None:
        messages.error(request, _("A name is of small letters, digits and dashes, and not taken yet."))
        return redirect("forms")
    first = reading.shipped().get(request.POST.get("like", ""), reading.shipped()["welcome-offer"])
    services.save(request.shop.pk, name, reading.write(first), request.user.username)
    return redirect("form-edit", name)


@require_POST
@staff("flows")
def switch(request: StaffRequest, name: str) -> HttpResponse:
    _kept(request, name)
    is_open = request.POST.get("open") == "yes"
    services.set_open(request.shop.pk, name, is_open, request.user.username)
    messages.success(request, _("Storefronts show it within a minute.") if is_open else _("It is not shown any more."))
    return redirect("form", name)


@require_POST
@staff("flows")
def settle(request: StaffRequest, name: str) -> HttpResponse:
    """End the comparison with one of the two."""
    _kept(request, name)
    variant = "b" if request.POST.get("variant") == "b" else "a"
    services.settle(request.shop.pk, name, variant, request.user.username)
    messages.success(request, _("Everybody reads variant %(variant)s from now on.") % {"variant": variant.upper()})
    return redirect("form", name)


@require_GET
@staff()
def leads(request: StaffRequest) -> HttpResponse:
    stage = request.GET.get("stage", "")
    stage = stage if stage in words.STAGES else "qualified"
    found = list(services.leads(request.shop.pk, stage)[:SHOWN])
    held = rules.numbers_in(request.shop.settings or {})
    context: dict[str, Any] = {
        "section": "forms",
        "found": found,
        "stage": stage,
        "stages": words.STAGES,
        "labels": labels(request.shop, [f"customer:{one.person}" for one in found]),
        "numbers": [(name, label, help, held[name]) for name, (label, help) in words.RULES.items()],
        "most": SHOWN,
    }
    return render(request, "capture/leads.html", context)


@require_POST
@staff("flows")
def lead_rules(request: StaffRequest) -> HttpResponse:
    def keep() -> None:
        given: dict[str, int] = {}
        for name, (label, _help) in words.RULES.items():
            text = request.POST.get(name, "").strip()
            if not text.isascii() or not text.isdigit() or int(text[:9]) > rules.MOST:
                limits = {"what": label, "least": rules.LEAST, "most": rules.MOST}
                raise ValueError(_("%(what)s: between %(least)s and %(most)s.") % limits)
            given[name] = int(text[:9])
        leading.set_rules(request.shop.pk, given, request.user.username)

    carry_out(request, keep, _("Kept. It holds for what happens from now on."), form="leads-rules")
    return redirect("leads")


def _kept(request: StaffRequest, name: str) -> Kept:
    found = services.find(request.shop.pk, name)
    if found is None:
        raise Http404
    return found


def _title(form: reading.Form, shop: Shop) -> str:
    return said(form.title, get_language() or shop.locale, shop.locale)


def _script(request: StaffRequest) -> str:
    """The address of the script with the shop's newest key; "" where it has none."""
    key = StorefrontKey.objects.filter(shop=request.shop, revoked_at=None).order_by("-id").first()
    base = wiring().base_url.rstrip("/")
    return "" if key is None else base + reverse("storefront-forms-script", args=[key.token])


def _pools(shop: Shop) -> list[str]:
    return list(CodePool.objects.filter(shop=shop).order_by("name").values_list("name", flat=True)[:100])


def _answers(kept: Kept, one: FormSubmission, shop: Shop) -> list[tuple[str, str]]:
    """What somebody answered, in words."""
    language = get_language() or shop.locale
    found: list[tuple[str, str]] = []
    for field in kept.form.fields:
        value = one.answers.get(field.id)
        if value is not None:
            named = {choice.value: said(choice.label, language, shop.locale) for choice in field.choices}
            values = value if isinstance(value, list) else [value]
            text = ", ".join(named.get(item, str(item)) for item in values)
            found.append((said(field.label, language, shop.locale), text))
    return found
