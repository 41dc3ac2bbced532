"""The page behind the links of the mail that asks whether a flow may go past its limit. Opening it decides nothing.

Invariant: the link is good for one person and one question, while it is open and while that person may still decide.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.runtime import asking
from sereno.runtime.asking import LIMIT, Answerer, TokenInvalid
from sereno.runtime.limiting import limits
from sereno.store import secrets
from sereno.store.fields import to_micros
from sereno.store.models import LimitQuestion, Membership
from sereno.web.access import ABILITIES
from sereno.web.counts import look
from sereno.web.limits.pages import suggested
from sereno.web.shell import forget_attention, render


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        who = asking.read_token(secrets.newest(), token, LIMIT)
    except TokenInvalid:
        return _page(request, "broken", None, None, status=404)
    rows = LimitQuestion.objects.select_related("shop", "flow").defer("flow__draft")
    row = rows.filter(shop=who.shop_id, pk=who.approval_id).first()
    if row is None:
        return _page(request, "broken", None, who, status=404)
    state = "answered" if row.status != "open" else "open" if _may(row, who) else "not-yours"
    given = request.POST.get("answer")
    if state != "open" or request.method != "POST" or given not in ("yes", "no"):
        return _page(request, state, row, who)
    allowed = request.POST.get("allowed", "").strip().replace(",", ".") or None
    note = request.POST.get("note", "").strip()[:500]
    try:
        limits.answer(row.shop_id, row.pk, given == "yes", who.address, allowed=allowed, note=note, via="mail")
    except (LookupError, ValueError):
        row.refresh_from_db()
        if row.status == "open":
            error = _("Allow at least %(amount)s, or it pauses itself again at once.") % {"amount": row.wanted}
            return _page(request, "open", row, who, status=422, error=error)
        return _page(request, "answered", row, who, status=409)
    forget_attention(row.shop)
    row.refresh_from_db()
    return _page(request, "done", row, who)


def _may(row: LimitQuestion, who: Answerer) -> bool:
    """Whether that person, or somebody in whose place they answer, runs the shop today."""
    users = get_user_model().objects.filter(is_active=True)
    user = users.filter(username__iexact=who.address).first() or users.filter(email__iexact=who.address).first()
    found = Membership.objects.filter(shop=row.shop_id, user=user).values_list("role", flat=True) if user else ()
    now = to_micros(datetime.now(UTC))
    roles = {*found, *(role for role, _ in look("standing_for", shop=row.shop_id, deputy=who.address, now=now))}
    return bool(found) and any("settings" in ABILITIES.get(role, ()) for role in roles)


def _page(
    request: HttpRequest,
    state: str,
    row: LimitQuestion | None,
    who: Answerer | None,
    status: int = 200,
    error: str = "",
) -> HttpResponse:
    context = {
        "state": state,
        "question": row,
        "who": who,
        "wish": request.GET.get("answer", ""),
        "suggested": suggested(row) if row is not None else "",
        "error": error,
    }
    return render(request, "limits/answer.html", context, status=status)
