"""The rules of a shop: each on or off, with its points; and how the learned score does beside them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.risk import places, policy, services
from sereno.modules.risk.rules import RULES
from sereno.runtime.risk import reviewing
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.shell import render


@require_http_methods(["GET", "POST"])
@staff()
def rules(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    held, learned = services.policy_of(request.shop.pk)
    context = {
        "section": "risk",
        "tab": "risk-rules",
        "policy": held,
        "groups": services.rules_told(held),
        "watched": "\n".join(held.watched),
        "reviews": [("high", _("High")), ("medium", _("Medium and high"))],
        "cities": places.in_use(),
        "is_learned": services.learned_told(learned)["is_used"],
    }
    return render(request, "risk/rules.html", context)


@staff("settings")
def _change(request: StaffRequest) -> HttpResponse:
    said = request.POST
    document = {
        "medium": said.get("medium", ""),
        "high": said.get("high", ""),
        "review": said.get("review", ""),
        "watched": said.get("watched", "")[:20_000].splitlines(),
        "rules": [
            {
                "code": rule.code,
                "is_on": f"on-{rule.code}" in said,
                "points": said.get(f"points-{rule.code}", "") or None,
                "limit": said.get(f"limit-{rule.code}", "") or None,
            }
            for rule in RULES
        ],
    }

    def put() -> None:
        reviewing.put_policy(request.shop.pk, policy.checked(document), request.user.username)

    carry_out(request, put, _("Saved. Orders from now on are judged by these rules."), form="risk-rules")
    return redirect("risk-rules")


@require_GET
@staff()
def learned(request: StaffRequest) -> HttpResponse:
    _held, found = services.policy_of(request.shop.pk)
    report = (found or {}).get("report") or {}
    context = {
        "section": "risk",
        "tab": "risk-learned",
        "told": services.learned_told(found),
        "fifths": report.get("calibration") or [],
    }
    return render(request, "risk/learned.html", context)


@require_POST
@staff("work")
def learn(request: StaffRequest) -> HttpResponse:
    said = _("It is learning from your past orders. Look again in a moment.")
    carry_out(request, lambda: reviewing.learn(request.shop.pk, request.user.username), said)
    return redirect("risk-learned")
