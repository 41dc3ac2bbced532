"""What waits for a person: what failed, by its cause, with what to do about it; paused flows; silent connections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime import attending, services
from sereno.runtime.attending import Cause, Skipped
from sereno.store.fields import from_micros
from sereno.store.models import Approval, Connection, Effect, Event, Flow, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.connecting import health, words
from sereno.web.counts import look
from sereno.web.desk.advice import Advice, advice
from sereno.web.paging import page_of
from sereno.web.shell import attention_of, forget_attention, render
from sereno.web.subjects import labels

LOOKED_AT = 10_000
"""The newest failed effects that are grouped; the rest is of older causes, or more of the same."""
DELIVERIES_LOOKED_AT = 2000
KEPT_FOR = 3
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Group:
    """Effects that failed alike, the newest of them as `example`."""

    cause: Cause
    count: int
    first: datetime
    last: datetime
    example: Effect | None
    advice: Advice
    query: str
    held_back: int
    """So many of them belong to a flow that is paused, and are not tried before it is resumed."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Deliveries of a connection that could not be read for one reason."""

    connection: Connection
    title: str
    reason: str
    count: int
    last: datetime
    example: int


@require_GET
@staff()
def attention(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    connections = {row.pk: row for row in shop.connection_set.all()}
    groups = _groups(shop)
    asked = Approval.objects.filter(shop=shop, status="open")
    first = list(asked.values_list("id", "text").order_by("id")[:3])
    paused = list(Flow.objects.filter(shop=shop, status="paused").defer("draft").order_by("title"))
    context = {
        "section": "attention",
        # What is counted may be some seconds old; what is shown is not.
        "questions": max(attention_of(shop).approvals, len(first)) if first else 0,
        "first_questions": first,
        "groups": groups,
        "is_cut": sum(group.count for group in groups) >= LOOKED_AT,
        "labels": labels(shop, [group.example.subject for group in groups if group.example]),
        "unread": _unread(connections),
        "events": list(Event.objects.filter(shop=shop, error__isnull=False).defer("data").order_by("-id")[:SHOWN]),
        "paused": paused,
        "silent": health.silent(shop, connections.values()),
        "length_of": words.length_of,
        "title": health.title_of_connection,
        "skipped": _skipped(request),
    }
    return render(request, "desk/attention.html", context)


@require_GET
@staff()
def cause(request: StaffRequest) -> HttpResponse:
    """The effects of one cause, to choose from."""
    shop, found = request.shop, _cause(request.GET)
    rows = Effect.objects.filter(shop=shop, status="failed", action=found.action)
    rows = rows.filter(error=found.error) if found.error else rows.filter(error__isnull=True)
    rows = rows.filter(connection=found.connection) if found.connection else rows.filter(connection__isnull=True)
    page = page_of(request, rows.select_related("flow", "run").defer("run__state", "flow__draft"))
    example = page.rows[0] if page.rows else None
    context = {
        "section": "attention",
        "cause": found,
        "page": page,
        "example": example,
        "advice": advice(found.error, example),
        "labels": labels(shop, [row.subject for row in page.rows]),
    }
    return render(request, "desk/cause.html", context)


@require_POST
@staff("work")
def act(request: StaffRequest) -> HttpResponse:
    """Try again or skip: all of a cause, or those that were ticked."""
    shop, by = request.shop, request.user.username
    doing, ids = request.POST.get("do", ""), chosen_ids(request)
    if doing == "retry-all":
        tried = attending.retry_cause(shop.pk, _cause(request.POST), by)
    elif doing == "skip-all":
        return _to_skipped(request, attending.skip_cause(shop.pk, _cause(request.POST), by))
    elif not ids:
        messages.error(request, _("Nothing was ticked. Tick some rows, then press the button."))
        return back(request, "/attention")
    elif doing == "skip":
        return _to_skipped(request, attending.skip_effects(shop.pk, ids, by))
    else:
        mine = list(Effect.objects.filter(shop=shop, status="failed", pk__in=ids).values_list("id", flat=True))
        tried = attending.Tried(services.replay_effects(mine, by), attending.held_back(mine))
    _forget(shop)
    messages.success(request, said_of(tried))
    return back(request, "/attention")


def said_of(tried: attending.Tried) -> str:
    """That they are tried again, and how many of them wait for their flow."""
    said = ngettext("%(num)s effect is tried again.", "%(num)s effects are tried again.", tried.count)
    if not tried.held_back:
        return said % {"num": tried.count}
    waiting = ngettext(
        "%(num)s of them waits until its flow, which is paused, is resumed.",
        "%(num)s of them wait until their flow, which is paused, is resumed.",
        tried.held_back,
    )
    return f"{said % {'num': tried.count}} {waiting % {'num': tried.held_back}}"


@require_POST
@staff("work")
def unskip(request: StaffRequest) -> HttpResponse:
    found = _skipped(request)
    if found is not None:
        done = attending.unskip(request.shop.pk, found, request.user.username)
        _forget(request.shop)
        said = ngettext("%(num)s effect is back on the list.", "%(num)s effects are back on the list.", done)
        messages.success(request, said % {"num": done})
    return redirect("attention")


@require_POST
@staff("work")
def reread(request: StaffRequest) -> HttpResponse:
    """Read all deliveries of one reason again, a thousand at a time."""
    row = get_object_or_404(Connection, shop=request.shop, name=request.POST.get("connection", ""))
    ids = attending.unread_of(row.pk, request.POST.get("reason", ""))
    said = ngettext("%(num)s delivery is read again.", "%(num)s deliveries are read again.", len(ids)) % {
        "num": len(ids)
    }
    carry_out(request, lambda: services.replay_deliveries(ids, request.user.username), said)
    _forget(request.shop)
    return redirect("attention")


def _groups(shop: Shop) -> list[Group]:
    key = f"failed-causes:{shop.pk}"
    rows: list[tuple[Any, ...]] | None = cache.get(key)
    if rows is None:
        rows = look("failed_causes", shop=shop.pk, most=LOOKED_AT)
        cache.set(key, rows, KEPT_FOR)
    newest = Effect.objects.select_related("flow", "run").defer("run__state", "flow__draft")
    examples = newest.in_bulk([row[5] for row in rows])
    found: list[Group] = []
    for action, error, connection, count, _first, last_id, first_at, last_at, held_back in rows:
        example = examples.get(last_id)
        query = urlencode({"action": action, "error": error, "connection": connection})
        found.append(
            Group(
                Cause(action, error, connection),
                count,
                from_micros(first_at),
                from_micros(last_at),
                example,
                advice(error, example),
                query,
                held_back,
            )
        )
    return found


def _unread(connections: dict[int, Connection]) -> list[Unread]:
    if not connections:
        return []
    rows = look("unread_causes", connections=sorted(connections), most=DELIVERIES_LOOKED_AT)
    return [
        Unread(
            connections[row[0]],
            health.title_of_connection(connections[row[0]]),
            row[1],
            row[2],
            from_micros(row[5]),
            row[4],
        )
        for row in rows
    ]


def _cause(given: Any) -> Cause:
    return Cause(given.get("action", "")[:100], given.get("error", "")[:64], given.get("connection", "")[:200])


def _to_skipped(request: StaffRequest, skipped: Skipped) -> HttpResponse:
    _forget(request.shop)
    if not skipped.count:
        messages.info(request, _("There was nothing left to skip."))
        return back(request, "/attention")
    given = {"count": skipped.count, "first": skipped.first, "last": skipped.last, "at": skipped.at}
    return redirect(f"{reverse('attention')}?{urlencode(given)}")


def _skipped(request: StaffRequest) -> Skipped | None:
    """What the address says was just skipped, so that it can be taken back."""
    given = request.POST if request.method == "POST" else request.GET
    texts = [given.get(name, "") for name in ("count", "first", "last", "at")]
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        return None
    return Skipped(*map(int, texts))


def _forget(shop: Shop) -> None:
    forget_attention(shop)
    cache.delete(f"failed-causes:{shop.pk}")
    cache.delete(f"counts:{shop.pk}")
