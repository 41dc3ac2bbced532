"""The page behind the links of a question's mail. Opening it decides nothing, for mail programs open links by
themselves; a person confirms there.

Invariant: the link is good for one person and one question, while it is open and its time is not over, and while that
person may still answer it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from sereno.runtime import asking, services
from sereno.runtime.asking import Answerer, TokenInvalid
from sereno.store import secrets
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.models import Approval, Membership
from sereno.web import formats
from sereno.web.shell import forget_attention, render
from sereno.web.subjects import labels


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        who = asking.read_token(secrets.newest(), token)
    except TokenInvalid:
        return _page(request, "broken", None, None, status=404)
    rows = Approval.objects.select_related("shop", "run", "run__flow").defer("run__state", "run__flow__draft")
    row = rows.filter(shop=who.shop_id, pk=who.approval_id).first()
    state = _state(row, who)
    if row is None or state != "open":
        return _page(request, state, row, who, status=404 if row is None else 200)
    if request.method == "POST":
        return _decide(request, row, who)
    return _page(request, "open", row, who)


def _decide(request: HttpRequest, row: Approval, who: Answerer) -> HttpResponse:
    given = request.POST.get("answer")
    if given not in ("yes", "no"):
        return _page(request, "open", row, who)
    note = request.POST.get("note", "").strip()[:500]
    try:
        other = asking.stands_for(row.by, _role(row, who), who.address, _standing(row, who))
        services.decide_approval(row.pk, given == "yes", who.address, note, instead_of=other, via="mail")
    except (LookupError, ValueError):
        # Somebody was quicker, or the run moved on while the page stood open.
        row.refresh_from_db()
        return _page(request, "over" if row.status == "open" else "answered", row, who, status=409)
    forget_attention(row.shop)
    row.refresh_from_db()
    return _page(request, "done", row, who)


def _state(row: Approval | None, who: Answerer) -> str:
    """`open`, or why there is nothing to answer."""
    if row is None:
        return "broken"
    if row.status in ("approved", "refused"):
        return "answered"
    if row.status == "closed":
        return "settled"
    if row.status != "open" or (row.expires_at is not None and row.expires_at <= datetime.now(UTC)):
        return "over"
    may = asking.may_answer(row.by, _role(row, who), who.address, _standing(row, who), row.not_by)
    return "open" if may else "not-yours"


def _standing(row: Approval, who: Answerer) -> list[asking.Standing]:
    """Those in whose place that person answers today."""
    with default_database().read() as tx:
        return asking.standing_for(tx, row.shop_id, who.address, to_micros(datetime.now(UTC)))


def _role(row: Approval, who: Answerer) -> str | None:
    """What that person is in the shop today; nothing for somebody who left it."""
    users = get_user_model()
    user = users.objects.filter(username__iexact=who.address, is_active=True).first()
    user = user or users.objects.filter(email__iexact=who.address, is_active=True).first()
    if user is None:
        return None
    return Membership.objects.filter(shop=row.shop_id, user=user).values_list("role", flat=True).first()


def _page(
    request: HttpRequest, state: str, row: Approval | None, who: Answerer | None, status: int = 200
) -> HttpResponse:
    context = {
        "state": state,
        "question": row,
        "who": who,
        "asked_at": formats.full(row.created_at, row.shop.timezone) if row is not None else "",
        "until": formats.full(row.expires_at, row.shop.timezone) if row is not None and row.expires_at else "",
        "wish": request.GET.get("answer", ""),
        "with_others": row is not None
        and state == "done"
        and Approval.objects.filter(run=row.run_id, step=row.step).exclude(pk=row.pk).exists(),
        "labels": labels(row.shop, [row.run.subject]) if row is not None and state == "open" else {},
    }
    return render(request, "desk/answer.html", context, status=status)
