"""Accounts of networks, and the shop's regular times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.http.shops import shop_http
from sereno.runtime.social import accounts as keeping
from sereno.runtime.social import writing
from sereno.runtime.social.plan import PostInvalid, read_habits
from sereno.sdk.social import NETWORKS
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.shell import LANGUAGES, render
from sereno.web.social.words import reason
from sereno.web.typed import keep_typed


@require_GET
@staff()
def accounts(request: StaffRequest) -> HttpResponse:
    now = datetime.now(UTC)
    held = keeping.listed(request.shop.pk)
    context = {
        "section": "social",
        "held": [
            {"account": one, "network": one.api, "ends_soon": one.ends_soon(now),
             "trouble": reason(one.trouble) if one.trouble else ""}
            for one in held
            if one.is_active
        ],
        "networks": [network for name in NETWORKS.names() if (network := NETWORKS.get(name))],
        "habits": writing.habits_of(request.shop.pk),
        "approvers": (("", _("Nobody: they go by themselves")), ("owner", _("Owner")), ("marketer", _("Marketer"))),
    }  # fmt: skip
    return render(request, "social/accounts.html", context)


@require_http_methods(["GET", "POST"])
@staff()
def account(request: StaffRequest, network: str) -> HttpResponse:
    """One account, by `?account=`, or a new one of this network. POST keeps it once the network took the key."""
    api = NETWORKS.get(network)
    if api is None:
        raise Http404
    wanted = request.GET.get("account", "") or request.POST.get("account", "")
    id_ = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None
    held = next((one for one in keeping.listed(request.shop.pk) if one.id == id_ and one.network == network), None)
    problem: PostInvalid | None = None
    if request.method == "POST":
        problem = _keep(request, network, held)
        if problem is None:
            return redirect("social-accounts")
    typed: Any = request.POST if problem is not None else held.settings if held is not None else {}
    fields = [_field(one, typed, problem, held is not None and one.name in held.access) for one in api.access]
    fields += [_field(one, typed, problem, False) for one in api.settings]
    is_general = problem is not None and "field" not in problem.values
    context = {
        "section": "social",
        "network": api,
        "steps": [_(step) for step in api.steps],
        "account": held,
        "fields": fields,
        "title": typed.get("title") or (held.title if held else ""),
        "spoken": typed.get("language") or (held.language if held else ""),
        "tongues": [("", _("The shop's")), *LANGUAGES],
        "problem": reason(problem.code, str(problem)) if problem is not None and is_general else "",
    }
    return render(request, "social/account.html", context, status=422 if problem is not None else 200)


def _keep(request: StaffRequest, network: str, held: keeping.Account | None) -> PostInvalid | None:
    if "settings" not in request.can:
        return PostInvalid(_("Only who may change settings can connect an account."))
    given = {name: str(value) for name, value in request.POST.items()}
    try:
        kept = keeping.connect(
            request.shop.pk, network, {name: given.get(name, "") for name in _names(network)}, given,
            by=request.user.username, title=given.get("title", ""), language=given.get("language", ""),
            account=held.id if held is not None else None, http=shop_http(request.shop.settings),
        )  # fmt: skip
    except PostInvalid as unfit:
        return unfit
    messages.success(request, _("Connected: %(name)s.") % {"name": kept.known_as or kept.title})
    return None


def _names(network: str) -> list[str]:
    api = NETWORKS.get(network)
    return [one.name for one in api.access] if api is not None else []


@require_POST
@staff("settings")
def end(request: StaffRequest, account: int) -> HttpResponse:
    said = _("Ended: nothing is posted from it any more. Its key is forgotten; connect it again with the key.")
    carry_out(request, lambda: keeping.disconnect(request.shop.pk, account, by=request.user.username), said)
    return redirect("social-accounts")


@require_POST
@staff("settings")
def habits(request: StaffRequest) -> HttpResponse:
    """Regular times, and whose agreement posts need."""
    given = {"times": request.POST.get("times", "").splitlines(), "approver": request.POST.get("approver", "")}
    try:
        writing.set_habits(request.shop.pk, read_habits(given), request.user.username)
    except PostInvalid as unfit:
        messages.error(request, reason(unfit.code, str(unfit), unfit.values))
        keep_typed(request, "social-times")
    else:
        messages.success(request, _("Kept."))
    return redirect("social-accounts")


def _field(one: Any, typed: Any, problem: PostInvalid | None, is_kept: bool) -> dict[str, Any]:
    help_ = _(one.help) if one.help else ""
    is_wrong = problem is not None and problem.values.get("field") == one.name
    return {
        "name": one.name,
        "label": _(one.label),
        "type": "password" if one.kind == "secret" else "text",
        "value": "" if one.kind == "secret" else str(typed.get(one.name) or ""),
        "help": " ".join(part for part in (help_, _("Kept; leave it empty to keep it.") if is_kept else "") if part),
        "error": reason(problem.code, str(problem)) if problem is not None and is_wrong else "",
        "is_required": one.is_required and not is_kept,
    }
