"""What a person changes from a page goes to `runtime.services`; the answer becomes a notice on the next page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from sereno.engine.catalog import FlowInvalid
from sereno.web.access import StaffRequest
from sereno.web.phrases import said
from sereno.web.shell import forget_attention
from sereno.web.typed import keep_typed


def back(request: HttpRequest, otherwise: str, field: str = "next") -> HttpResponse:
    """To the page the form names in `next` (or another field), when it is one of ours."""
    wanted = request.POST.get(field, "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return redirect(wanted)
    return redirect(otherwise)


def carry_out(request: StaffRequest, what: Callable[[], Any], done: str, form: str = "") -> Any:
    """Do it and say so. A refusal becomes a notice with its own words, and what was typed is in the `form` again (see
    `web.typed`); gives None then."""
    try:
        result = what()
    except (ValueError, LookupError, FlowInvalid) as refusal:
        messages.error(request, _words(refusal) or _("That is not possible now."))
        if form:
            keep_typed(request, form)
        return None
    finally:
        forget_attention(request.shop)
    if done:
        messages.success(request, done)
    return result if result is not None else True


def chosen_ids(request: HttpRequest) -> list[int]:
    """The rows ticked in a list."""
    given = request.POST.getlist("id")
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19][:1000]


def _words(refusal: Exception) -> str:
    # A LookupError's own text would be the quoted key.
    return said(str(refusal.args[0]) if isinstance(refusal, KeyError) and refusal.args else str(refusal))
