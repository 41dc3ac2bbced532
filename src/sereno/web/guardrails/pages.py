"""The guardrails: the rules in words, what they would have done, what waits, and one person's calendar of messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.engine.documents import Unreadable, read_document
from sereno.engine.durations import format_duration
from sereno.engine.places import kind_of, walk
from sereno.engine.precedence import FIRST, LAST, USUAL
from sereno.engine.schedule import WEEKDAYS
from sereno.runtime.arbiter import changing
from sereno.runtime.arbiter.rules import PURPOSES, Rules, RulesInvalid, document_of, read_rules
from sereno.sdk.plugin import registry
from sereno.store.models import FlowVersion
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.documents import titled
from sereno.web.guardrails import words
from sereno.web.sentences import duration
from sereno.web.shell import render
from sereno.web.subjects import labels

_PLACE = re.compile(r"(\d{1,18})~(.{1,300})")
UNDO = "guardrails"
"""In a session: the rules before its last change."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A flow that writes to people. `own` is what its document says."""

    name: str
    title: str
    status: str
    priority: int
    own: int | None


@require_GET
@staff()
def guardrails(request: StaffRequest) -> HttpResponse:
    held = changing.current(request.shop.settings)
    tried = _try(request, held.rules) if request.GET.get("try") else None
    return _page(request, held, tried=tried)


@require_POST
@staff("flows")
def change(request: StaffRequest) -> HttpResponse:
    """One change to the rules that hold, or, with `try`, a look at what they would have done with it."""
    shop = request.shop
    held = changing.current(shop.settings)
    if request.POST.get("do") == "undo":
        kept = request.session.pop(UNDO, None)
        document = kept["document"] if isinstance(kept, dict) and kept.get("tag") == held.tag else None
    else:
        document = _changed(request.POST, document_of(held.rules), _writing(request, held.rules))
    if document is None:
        messages.error(request, _("That is not possible now: the rules have changed. Look at them again."))
        return redirect("guardrails")
    try:
        if request.POST.get("try"):
            rules = read_rules(document)
            return _page(request, held, tried=_try(request, rules), given=request.POST)
        after = changing.change_rules(shop.pk, document, request.user.username, expected=request.POST.get("tag"))
    except RulesInvalid as refusal:
        return _page(request, held, given=request.POST, errors=[words.refused(one) for one in refusal.refusals])
    except changing.RulesChanged:
        messages.error(request, _("Somebody else changed the rules at the same time. Look at them, and try again."))
        return redirect("guardrails")
    if request.POST.get("do") != "undo":
        request.session[UNDO] = {"tag": after.tag, "document": document_of(held.rules)}
    messages.success(request, _("Kept. What goes from now on follows it, and so does what waits."))
    return redirect("guardrails")


@require_GET
@staff()
def person(request: StaffRequest) -> HttpResponse:
    """What went, goes and waits to somebody, of the last month."""
    who = request.GET.get("who", "").strip()[:320]
    rows = [_row(row) for row in changing.messages_to(request.shop.pk, who)] if who else []
    named = labels(request.shop, [row["subject"] for row in rows if row["subject"]])
    context = {"section": "guardrails", "who": who, "rows": rows, "labels": named}
    return render(request, "guardrails/person.html", context)


def _page(
    request: StaffRequest,
    held: changing.Current,
    *,
    tried: changing.Tried | None = None,
    given: Mapping[str, Any] | None = None,
    errors: Sequence[str] = (),
) -> HttpResponse:
    found = _PLACE.fullmatch(request.GET.get("after", ""))
    after = (int(found.group(1)), found.group(2)) if found else (0, "")
    rows = changing.waiting(request.shop.pk, after=after, limit=changing.PAGE + 1)
    more = rows[changing.PAGE - 1] if len(rows) > changing.PAGE else None
    undo = request.session.get(UNDO)
    rules = held.rules
    context = {
        "section": "guardrails",
        "tag": held.tag,
        "caps": [words.cap_words(cap) for cap in rules.caps],
        "quiet": [words.quiet_words(one) for one in rules.quiet],
        "expires": {name: _written(rules, name) for name in PURPOSES},
        "flows": _writing(request, rules),
        "levels": range(FIRST, LAST + 1),
        "any": words.ANY.items(),
        "channels": words.CHANNELS.items(),
        "days": words.DAYS.items(),
        "rows": [_row(row) for row in rows[: changing.PAGE]],
        "labels": labels(request.shop, [row["subject"] for row in rows]),
        "more": changing.place_of(more) if more else None,
        "is_first": found is None,
        "tried": tried,
        "longest": duration(format_duration(_whole(tried.longest))) if tried else "",
        "given": given or {},
        "errors": errors,
        "can_undo": isinstance(undo, dict) and undo.get("tag") == held.tag,
    }
    return render(request, "guardrails/page.html", context, status=422 if errors else 200)


def _whole(length: Any) -> Any:
    """To the minute."""
    return length - length % type(length)(minutes=1)


def _written(rules: Rules, purpose: str) -> str:
    length = rules.expires.get(purpose)
    return format_duration(length) if length is not None else ""


def _try(request: StaffRequest, rules: Rules) -> changing.Tried:
    return changing.try_rules(request.shop.pk, rules, formats.zone_of(request.shop.timezone))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    status = words.STATUS.get(str(row.get("status", "waiting")), ("", "circle-dot", ""))
    return {
        **row,
        "at": formats.instant(row["at"]),
        "wanted_at": formats.instant(row["wanted_at"]),
        "expires_at": formats.instant(row["expires_at"]),
        "channel": words.CHANNELS.get(row["channel"], row["channel"]),
        "why": words.why_waits(row["reason"], row["details"]),
        "status": status,
        "is_late": bool(row["expires_at"]) and row["at"] >= row["expires_at"] and row.get("status") != "sent",
    }


def _writing(request: StaffRequest, rules: Rules) -> list[Writing]:
    """Published flows that may send marketing, those that go first at the top."""
    rows = FlowVersion.objects.filter(
        flow__shop=request.shop, flow__is_derived=False, number=F("flow__version")
    ).values_list("flow__name", "flow__title", "flow__status", "document")
    found: list[Writing] = []
    for name, title, status, document in rows:
        has_marketing, own = _what_it_sends(document)
        if has_marketing or name in rules.priorities:
            found.append(Writing(name, titled(name, title), status, rules.priorities.get(name, own or USUAL), own))
    return sorted(found, key=lambda flow: (flow.priority, flow.title.casefold()))


@lru_cache(maxsize=512)
def _what_it_sends(text: str) -> tuple[bool, int | None]:
    """Whether a published flow may send marketing, and the priority it says. A version never changes."""
    try:
        document = read_document(text)[0].document
    except Unreadable:
        return False, None
    if not isinstance(document, Mapping):
        return False, None
    has_marketing = False
    for _path, step in walk(document):
        action = registry().actions.get(kind_of(step))
        config = step.get(kind_of(step)) if isinstance(step, Mapping) else None
        if action is not None and isinstance(config, Mapping):
            kind = action.message(config)
            # A template of the shop's own may be either.
            has_marketing = has_marketing or (kind is not None and kind.purpose != "transactional")
    said = document.get("priority")
    return has_marketing, said if isinstance(said, int) else None


def _changed(given: Any, document: dict[str, Any], flows: list[Writing]) -> dict[str, Any] | None:
    """The document with the change that the form asks for; None for what is not there (any more)."""
    do, _colon, which = given.get("do", "").partition(":")
    number = int(which) if which.isascii() and which.isdigit() else -1
    match do:
        case "add-cap":
            most = given.get("most", "").strip()
            cap = {
                "channel": given.get("channel", ""),
                "most": int(most) if most.isascii() and most.isdigit() and len(most) < 6 else most,
                "period": given.get("period", "").strip() + given.get("unit", ""),
                "counts": given.get("counts", "marketing"),
            }
            document["caps"].append(cap)
        case "add-quiet":
            quiet = {
                "channel": given.get("channel", ""),
                "from": given.get("from", "").strip(),
                "until": given.get("until", "").strip(),
                "days": [day for day in WEEKDAYS if day in given.getlist("day")],
                "holds": given.get("holds", "marketing"),
            }
            document["quiet"].append(quiet)
        case "remove-cap" if number in range(len(document["caps"])):
            del document["caps"][number]
        case "remove-quiet" if number in range(len(document["quiet"])):
            del document["quiet"][number]
        case "expires":
            document["expires"] = {name: given.get(name, "").strip() or None for name in PURPOSES}
        case "priority" | "up" | "down":
            return _reordered(do, which, given, document, flows)
        case _:
            return None
    return document


def _reordered(do: str, name: str, given: Any, document: dict[str, Any], flows: list[Writing]) -> dict[str, Any] | None:
    """A flow at another place: by its number, or one step up or down."""
    flow = next((one for one in flows if one.name == name), None)
    if flow is None:
        return None
    wanted = given.get(f"priority-{name}", "")
    level = int(wanted) if wanted in map(str, range(FIRST, LAST + 1)) else flow.priority
    if do != "priority":
        level = min(LAST, max(FIRST, flow.priority + (1 if do == "down" else -1)))
    document["priorities"][name] = level
    if level == (flow.own or USUAL):
        del document["priorities"][name]
    return document
