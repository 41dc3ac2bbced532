"""Limits and switches: what is off, what flows have used of their budgets, and what they ask about them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import cast

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.limiting import limits, switches
from sereno.runtime.limiting import standing as limit_standing
from sereno.runtime.limiting.standing import FlowStanding, Switchable
from sereno.runtime.limiting.switches import KINDS, Kind
from sereno.store.models import LimitQuestion
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.documents import titled
from sereno.web.shell import render

AGES: dict[str, tuple[str | Promise, timedelta | None]] = {
    "": (mark("keep all that waits"), None),
    "1h": (mark("cancel what is older than an hour"), timedelta(hours=1)),
    "1d": (mark("cancel what is older than a day"), timedelta(days=1)),
    "7d": (mark("cancel what is older than a week"), timedelta(days=7)),
    "all": (mark("cancel all that waits"), timedelta()),
}
ANSWERED = 10
CHANNELS: dict[str, str | Promise] = {
    "email": mark("E-mail to customers"),
    "sms": mark("Text messages"),
    "whatsapp": mark("WhatsApp"),
    "telegram": mark("Telegram"),
    "push": mark("Browser notifications"),
    "any": mark("Messages by the first channel that works"),
}


@require_GET
@staff()
def page(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    found = limit_standing.standing(shop.pk)
    asked = LimitQuestion.objects.filter(shop=shop)
    newest = asked.exclude(status="open").order_by("-id").values("id")[:ANSWERED]
    rows = asked.filter(Q(status="open") | Q(id__in=newest)).select_related("flow").defer("flow__draft")
    questions = list(rows.order_by("id"))
    context = {
        "section": "limits",
        "standing": found,
        "counted": [one for one in found.flows if _is_counted(one)],
        "unlimited": [one for one in found.flows if not _is_counted(one)],
        "questions": [(row, suggested(row)) for row in questions if row.status == "open"],
        "answered": [row for row in reversed(questions) if row.status != "open"],
        "ages": [(key, text) for key, (text, _length) in AGES.items()],
        "may_switch": "settings" in request.can,
        "title_of_switch": title_of_switch,
        "reason_of": reason_of,
        "usual_spend": found.usual.spend_per_day.get(shop.currency),
    }
    return render(request, "limits/page.html", context)


@require_POST
@staff("settings")
def switch(request: StaffRequest) -> HttpResponse:
    """One switch, off with a reason or on again."""
    kind, name = request.POST.get("kind", ""), request.POST.get("name", "")
    if kind not in KINDS:
        raise Http404
    chosen, by, shop = cast("Kind", kind), request.user.username, request.shop.pk
    if request.POST.get("to") == "off":
        reason = request.POST.get("reason", "")
        done = carry_out(request, lambda: switches.switch_off(shop, chosen, name, reason, by), "")
        if done is not None:
            messages.success(
                request, _("It is off. Within two seconds nothing of it leaves any more; what waits is kept.")
            )
        return back(request, "/limits")
    length = AGES.get(request.POST.get("older", ""), AGES[""])[1]
    cancelled = carry_out(request, lambda: switches.switch_on(shop, chosen, name, by, older_than=length), "")
    if cancelled is not None:
        messages.success(request, _("It is on again. What waited goes out now."))
        count = int(cancelled) if cancelled is not True else 0
        if count:
            text = ngettext("%(num)s was cancelled, being too old.", "%(num)s were cancelled, being too old.", count)
            messages.info(request, text % {"num": count})
    return back(request, "/limits")


@require_POST
@staff("settings")
def answer(request: StaffRequest, id: int) -> HttpResponse:
    """Let a flow that came to its limit go on, or keep it paused."""
    row = get_object_or_404(LimitQuestion, shop=request.shop, pk=id)
    go_on = request.POST.get("answer") == "yes"
    given = request.POST.get("allowed", "").strip().replace(",", ".")
    said = _("It goes on, with more to spend for now.") if go_on else _("It stays paused. Its runs are kept.")
    note = request.POST.get("note", "").strip()[:500]
    by = request.user.username
    carry_out(request, lambda: limits.answer(row.shop_id, row.pk, go_on, by, allowed=given or None, note=note), said)
    return back(request, "/limits")


@require_POST
@staff("settings")
def usual(request: StaffRequest) -> HttpResponse:
    """The limits of flows that set none."""
    shop = request.shop
    effects, money = request.POST.get("effects", "").strip(), request.POST.get("spend", "").strip().replace(",", ".")
    spend = {code: str(one.amount) for code, one in limit_standing.standing(shop.pk).usual.spend_per_day.items()}
    spend.pop(shop.currency, None)
    if money:
        spend[shop.currency] = money
    if effects and not (effects.isascii() and effects.isdigit()):
        messages.error(request, _("How many effects an hour is a whole number, such as 500."))
        return back(request, "/limits")
    count = int(effects[:9]) if effects else None
    said = _("Kept. Flows that set no limits of their own go by it at once.")
    by = request.user.username
    carry_out(
        request, lambda: limit_standing.keep_usual(shop.pk, by, effects_per_hour=count, spend_per_day=spend), said
    )
    return back(request, "/limits")


def _is_counted(flow: FlowStanding) -> bool:
    """Whether there is a limit to show, or something was used without one."""
    uses = (flow.hour, *flow.day)
    return any(use.limit is not None or use.used for use in uses)


def suggested(row: LimitQuestion) -> str:
    """What to allow when one wants it to go on: twice the limit, or what it wanted."""
    try:
        return str(max(Decimal(row.limit) * 2, Decimal(row.wanted)).normalize().__format__("f"))
    except InvalidOperation:
        return row.wanted


def title_of_switch(one: Switchable) -> str:
    if one.kind == "channel":
        return str(CHANNELS.get(one.name, one.name))
    if one.kind == "connection":
        return one.name
    return titled(one.name, one.title) if one.kind == "flow" else one.title


def reason_of(reason: str) -> str:
    """A person's words, or what a code of ours says."""
    codes = {
        "limit.effects_per_hour": _("It came to its limit of effects in an hour and paused itself."),
        "limit.spend_per_day": _("It came to its limit of money in a day and paused itself."),
    }
    return codes.get(reason, reason)
