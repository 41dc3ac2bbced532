"""Publishing a message, its versions, and taking it away again; what it is called and for; a test of it by mail."""

from __future__ import annotations

import logging
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.messages import editing
from sereno.modules.messages.documents import ABOUTS, PURPOSES, Purpose, read
from sereno.store.models import MessageTemplate, MessageVersion
from sereno.web.access import StaffRequest, staff
from sereno.web.content import rendering, trying, words
from sereno.web.content.state import State, state_of
from sereno.web.content.usage import uses
from sereno.web.documents import title_of
from sereno.web.shell import render

log = logging.getLogger("sereno.web")


@require_POST
@staff("flows")
def publish(request: StaffRequest, name: str) -> HttpResponse:
    """Refused while a check finds an error; a warning does not hold it back."""
    row, state = _row(request, name)
    document = editing.draft_of(row)
    offered = rendering.choices(request.shop, document.about)
    where = rendering.stage(request.shop, document.about, state.record, is_offered=offered)
    found, _written = rendering.findings(document, where)
    errors = [one for one in found if one.level == "error"]
    if errors:
        said = ngettext(
            "It is not published: %(num)s thing has to be mended first.",
            "It is not published: %(num)s things have to be mended first.",
            len(errors),
        )
        messages.error(request, said % {"num": len(errors)})
        return redirect(state.to(panel="checks"))
    try:
        note = request.POST.get("note", "").strip()[:500]
        number = editing.publish(request.shop.pk, name, request.user.username, note)
    except (ValueError, LookupError) as refused:
        messages.error(request, words.refusal(refused))
        return redirect(state.to())
    messages.success(request, _published(row, number))
    return redirect(state.to())


def _published(row: MessageTemplate, number: int) -> str:
    if row.kind == "email":
        return _("Version %(number)s is what is sent from now on.") % {"number": number}
    return _("Version %(number)s is kept. Sereno does not send these yet; flows will be able to.") % {"number": number}


@require_GET
@staff()
def versions(request: StaffRequest, name: str) -> HttpResponse:
    row, state = _row(request, name)
    rows = MessageVersion.objects.filter(template=row).defer("document").order_by("-number")
    shown = request.GET.get("version", "")
    context = {
        "section": "messages",
        "row": row,
        "state": state,
        "rows": list(rows),
        "shown": int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 9 else row.version,
        "uses": uses(request.shop).get(name, []),
    }
    return render(request, "content/versions.html", context)


@require_POST
@staff("flows")
def roll_back(request: StaffRequest, name: str) -> HttpResponse:
    _row(request, name)
    number = request.POST.get("number", "")
    try:
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        new = editing.roll_back(request.shop.pk, name, wanted, request.user.username)
    except (ValueError, LookupError) as refused:
        messages.error(request, words.refusal(refused))
    else:
        said = _(
            "Version %(number)s is sent again, as version %(new)s. The draft is the same now; undo brings it back."
        )
        messages.success(request, said % {"number": wanted, "new": new})
    return redirect("message-versions", name=name)


@require_POST
@staff("flows")
def withdraw(request: StaffRequest, name: str) -> HttpResponse:
    """Not while a live flow names it, unless a shipped mail of the same name steps in."""
    from sereno.modules.messages import templates

    _row(request, name)
    live = [title_of(use.flow) for use in uses(request.shop).get(name, []) if use.is_live]
    if live and name not in templates.names():
        said = _("It is sent by %(flows)s. Choose another message there and publish it, then withdraw this one.")
        messages.error(request, said % {"flows": ", ".join(live)})
    else:
        editing.withdraw(request.shop.pk, name, request.user.username)
        messages.success(request, _("It is not sent any more. The draft is kept; publishing brings it back."))
    return redirect("message-versions", name=name)


@require_POST
@staff("flows")
def remove(request: StaffRequest, name: str) -> HttpResponse:
    """Take it away; the notice holds a way back."""
    _row(request, name)
    try:
        held = editing.remove(request.shop.pk, name, request.user.username)
    except (ValueError, LookupError) as refused:
        messages.error(request, words.refusal(refused))
        return redirect("message", name=name)
    request.session["removed_message"] = dict(held)
    return redirect(f"{reverse('messages')}?removed=1")


@require_POST
@staff("flows")
def restore(request: StaffRequest) -> HttpResponse:
    """Bring back the message this person deleted last."""
    held = cast("dict[str, Any] | None", request.session.pop("removed_message", None))
    if held is None:
        messages.error(request, words.refusal(LookupError("nothing.to_undo")))
        return redirect("messages")
    try:
        row = editing.create(
            request.shop.pk, held["title"], read(held["draft"]), request.user.username, name=held["name"]
        )
    except ValueError as refused:
        messages.error(request, words.refusal(refused))
        return redirect("messages")
    return redirect("message", name=row.name)


@require_POST
@staff("flows")
def settings(request: StaffRequest, name: str) -> HttpResponse:
    """What the message is called, what it is for and about."""
    _found, state = _row(request, name)
    purpose, about = request.POST.get("purpose", ""), request.POST.get("about", "")
    by = request.user.username
    try:
        editing.rename(request.shop.pk, name, request.POST.get("title", ""), by)
        if purpose in PURPOSES and about in ABOUTS:
            editing.set_nature(request.shop.pk, name, cast(Purpose, purpose), about, by)
    except (ValueError, LookupError) as refused:
        messages.error(request, words.refusal(refused))
        return redirect(state.to(panel="settings"))
    return redirect(state.to(record=""))


# --- a test of it by mail -----------------------------------------------------------------------


@require_POST
@staff("flows")
def test(request: StaffRequest, name: str) -> HttpResponse:
    """Send the draft, as it is shown, to somebody who works in this shop."""
    row, state = _row(request, name)
    said, is_sent = _send_test(request, row, state)
    (messages.success if is_sent else messages.error)(request, said)
    return redirect(state.to(panel="" if is_sent else "test"))


def _send_test(request: StaffRequest, row: MessageTemplate, state: State) -> tuple[str, bool]:
    document = editing.draft_of(row)
    where = rendering.stage(
        request.shop, document.about, state.record, is_offered=rendering.choices(request.shop, document.about)
    )
    to = request.POST.get("to", "")
    said, is_sent = trying.send_test(request, document, where, state.locale, to)
    if is_sent:
        trying.note_test(request, row.name, {"to": to, "language": state.locale, "record": state.record})
    return said, is_sent


def _row(request: StaffRequest, name: str) -> tuple[MessageTemplate, State]:
    row = get_object_or_404(MessageTemplate, shop=request.shop, name=name)
    given = request.POST if request.method == "POST" else request.GET
    return row, state_of(name, editing.draft_of(row), request.shop.locale, given)
