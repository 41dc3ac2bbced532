"""From the numbers of a back-test to who is behind them: the runs, one run card by card, its messages, those not
started."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from sereno.engine.run import LIVE
from sereno.modules.messages.own import ShopMessages
from sereno.runtime.rehearsals.collecting import read_story
from sereno.runtime.rehearsals.seeing import see_again
from sereno.runtime.rehearsing import Rehearsed
from sereno.sdk.context import ShopFacts
from sereno.sdk.ports import Messages
from sereno.store.database import default_database
from sereno.store.models import Backtest, BacktestEffect, BacktestRun, BacktestSkip, Flow
from sereno.store.scans import RUN_STATUSES, End, newest
from sereno.web.access import StaffRequest, staff
from sereno.web.backtests.pages import found_of
from sereno.web.backtests.telling import reason_said
from sereno.web.documents import text_of
from sereno.web.flowtree import Card, action_sentence
from sereno.web.formats import instant
from sereno.web.live.cards import cards_of
from sereno.web.live.laying import Outcome, lay, when_of
from sereno.web.live.reading import head_of
from sereno.web.live.wording import WhyNot, not_started
from sereno.web.paging import Page, page_of, page_of_ends
from sereno.web.search import links_for
from sereno.web.security import MAIL_POLICY
from sereno.web.shell import LANGUAGES, render
from sereno.web.story import Line, lines_of, step_of
from sereno.web.subjects import labels

CHANGES = ("new", "gone", "changed", "same")
STATUSES = frozenset(RUN_STATUSES)
LOOKS = ("desktop", "phone", "text")
FEW = 2000
"""Effects that are looked through for the runs behind a number."""


@require_GET
@staff()
def runs(request: StaffRequest, name: str, backtest: int) -> HttpResponse:
    """Who: narrowed by change, by card, by what became of an effect, or by a search."""
    row, flow = _done(request, name, backtest)
    get = request.GET
    change, status, step = get.get("change", ""), get.get("status", ""), get.get("step", "")[:200]
    search = get.get("q", "").strip()[:200]
    wanted = LIVE if status == "live" else frozenset({status}) & STATUSES
    kinds = _kinds(row, get)
    rows = BacktestRun.objects.filter(backtest=row, is_live_version=change == "gone").defer("story")
    end: dict[str, Any] = {"backtest_id": row.pk, "is_live_version": change == "gone"}
    if change in CHANGES:
        rows, end = rows.filter(change=change), {**end, "change": change}
    if search:
        page = page_of(request, _matching(request, rows, row, search))
    elif kinds is not None:
        page = page_of(request, rows.filter(id__in=_with_effects(row, kinds)))
    elif step or wanted:
        ways = [
            {"backtest_id": row.pk, "is_live_version": False, "way": number}
            for number, way in enumerate((row.summary or {})["ways"])
            if (not step or step in way["places"]) and (not wanted or way["status"] in wanted)
        ]
        page = page_of_ends(request, rows, ways) if ways else Page([], None, None)
    else:
        page = page_of_ends(request, rows, [end])
    card = next((one.say for one in _cards(cards_of(row.text)[1]) if one.path == step), None) if step else None
    differs = (row.summary or {}).get("difference") or {}
    context = {
        **head_of(flow),
        "view": "backtests",
        "backtest": row,
        "page": page,
        "labels": labels(request.shop, [one.subject for one in page.rows]),
        "change": change if change in CHANGES else "",
        "changes": differs.get("runs") or {},
        "search": search,
        "card": card,
        "narrowed": _narrowed(row, get, status),
        "kept": (row.summary or {})["kept"].get("runs", 0),
        "all": (row.summary or {})["own"]["runs"],
    }
    return render(request, "backtests/who.html", context)


@require_GET
@staff()
def skipped(request: StaffRequest, name: str, backtest: int) -> HttpResponse:
    """The events that would have started nothing, by reason."""
    row, flow = _done(request, name, backtest)
    reasons: dict[str, int] = (row.summary or {})["own"]["skips"]
    reason = request.GET.get("reason", "")
    reason = reason if reason in reasons else max(reasons, key=lambda one: reasons[one], default="")
    page = page_of_ends(request, BacktestSkip.objects.all(), [{"backtest_id": row.pk, "reason": reason}])
    zone = request.shop.timezone
    context = {
        **head_of(flow),
        "view": "backtests",
        "backtest": row,
        "page": page,
        "told": [(one, not_started((one.reason, one.details), zone)) for one in page.rows],
        "labels": labels(request.shop, [one.subject for one in page.rows]),
        "reasons": sorted(reasons.items(), key=lambda pair: -pair[1]),
        "reason": reason,
    }
    return render(request, "backtests/skipped.html", context)


@dataclass(frozen=True, slots=True)
class SideOf:
    """One version's half of the page of a run. `why_not`: it would not have started there."""

    title: str
    run: BacktestRun | None
    trigger: list[Card]
    steps: Sequence[Card]
    overlay: Mapping[str, Any]
    passed: frozenset[str]
    here: str
    effects: list[tuple[Mapping[str, Any], Outcome, str]]
    why_not: WhyNot | None = None
    is_kept: bool = True


@require_GET
@staff()
def run(request: StaffRequest, name: str, backtest: int, run: int) -> HttpResponse:
    """One run card by card, beside what the live version would have done."""
    row, flow = _done(request, name, backtest)
    found = get_object_or_404(BacktestRun, backtest=row, shop=request.shop, pk=run)
    asked = Asked.read(request)
    sides = [_side(request, row, flow, found, asked)]
    if found.change in ("changed", "gone"):
        other = BacktestRun.objects.filter(backtest=row, pk=found.pair).first() if found.pair else None
        there = _side(request, row, flow, other, asked) if other is not None else _absent(request, row, flow, found)
        sides = [there, *sides] if found.is_live_version else [*sides, there]
    message = _message(request, row, found, asked)
    context = {
        **head_of(flow),
        "view": "backtests",
        "backtest": row,
        "run": found,
        "labels": labels(request.shop, [found.subject]),
        "sides": sides,
        "asked": asked,
        "way_back": reverse("backtest-runs", args=(name, backtest)),
        **message,
    }
    return render(request, "backtests/run.html", context)


@require_GET
@staff()
@xframe_options_sameorigin
def mail(request: StaffRequest, name: str, backtest: int, run: int) -> HttpResponse:
    """The HTML of one message, alone, for the sandboxed frame."""
    row, _flow = _done(request, name, backtest)
    found = get_object_or_404(BacktestRun, backtest=row, shop=request.shop, pk=run)
    asked = Asked.read(request)
    if not asked.open:
        return redirect("backtest-run", name=name, backtest=backtest, run=run)
    _effect, rehearsed = _opened(request, row, found, asked)
    looked = rehearsed.mails.get(asked.reader or rehearsed.own or "") if rehearsed is not None else None
    if looked is None or looked.html is None:
        raise Http404
    response = HttpResponse(looked.html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


@dataclass(frozen=True, slots=True)
class Asked:
    """Which message is open, and how it is looked at."""

    open: str
    look: str
    reader: str

    @classmethod
    def read(cls, request: HttpRequest) -> Asked:
        look = request.GET.get("look", "desktop")
        return cls(
            request.GET.get("open", "")[:200], look if look in LOOKS else "desktop", request.GET.get("reader", "")[:5]
        )

    def query(self, **changes: Any) -> str:
        now = replace(self, **changes)
        pairs = {"open": now.open, "look": now.look if now.look != "desktop" else "", "reader": now.reader}
        return f"?{urlencode({key: value for key, value in pairs.items() if value})}"


def ports_of(kind: type[Any], shop: ShopFacts) -> object | None:
    """What looking at a message again may ask of the installation: the shop's own messages."""
    return ShopMessages(default_database(), shop.id, shop.locale) if kind is Messages else None


# --- the list ---------------------------------------------------------------------------------------


def _done(request: StaffRequest, name: str, backtest: int) -> tuple[Backtest, Flow]:
    row, flow = found_of(request, name, backtest)
    if row.status != "done":
        raise Http404
    return row, flow


def _kinds(row: Backtest, get: Any) -> list[int] | None:
    """The kinds of effects a number counted; None when it was not about effects."""
    outcome, what = get.get("outcome", ""), get.get("what", "")
    if not outcome and not what:
        return None
    reason = get.get("reason")
    return [
        number
        for number, kind in enumerate((row.summary or {})["kinds"])
        if (not outcome or kind["outcome"] == outcome)
        and (reason is None or kind["reason"] == reason)
        and (not what or str(kind["what"]) == what)
        and (not get.get("step") or kind["step"] == get.get("step"))
        and (outcome or kind["outcome"] in ("sent", "deferred", "done"))
    ]


def _with_effects(row: Backtest, kinds: Sequence[int]) -> list[int]:
    """The newest runs that have effects of these kinds."""
    ends: list[End] = [{"backtest_id": row.pk, "is_live_version": False, "kind": kind} for kind in kinds]
    ids = newest(BacktestEffect, ends, FEW).ids if ends else []
    return list(dict.fromkeys(BacktestEffect.objects.filter(id__in=ids).values_list("run_id", flat=True)))


def _matching(request: StaffRequest, rows: QuerySet[BacktestRun], row: Backtest, search: str) -> QuerySet[BacktestRun]:
    links = links_for(request.shop, search)
    addresses = [one.partition(":")[2] for one in links if one.startswith("email:")]
    customers = [one.partition(":")[2] for one in links if one.startswith("customer:")]
    ids: list[tuple[int, int]] = []
    # One after the other: each has an index of its own.
    for column, values in (("subject", links), ("address", addresses), ("customer", customers)):
        if values:
            found = BacktestRun.objects.filter(shop=request.shop, **{f"{column}__in": values}).order_by()
            ids += found.values_list("id", "backtest_id")[:FEW]
    return rows.filter(id__in=[id_ for id_, of in ids if of == row.pk])


def _narrowed(row: Backtest, get: Any, status: str) -> str:
    """What the list is narrowed to, in words."""
    if get.get("what", "").isdigit() and int(get["what"]) < len((row.summary or {})["whats"]):
        what = (row.summary or {})["whats"][int(get["what"])]
        return str(action_sentence(what["action"], json.loads(what["config"])))
    outcomes = {
        "refused": _("Would not have been sent"),
        "deferred": _("Would have been put off"),
        "failed": _("Would have failed"),
    }
    said = outcomes.get(get.get("outcome", ""), "")
    if said and get.get("reason"):
        return f"{said}: {reason_said(get['reason'])}"
    ends = {"exited": _("Would have left early"), "live": _("Would still be waiting")}
    return said or ends.get(status, "")


def _cards(cards: Sequence[Card]) -> list[Card]:
    found: list[Card] = []
    for card in cards:
        found.append(card)
        for _name, inner in card.branches:
            found += _cards(inner)
    return found


# --- one run ----------------------------------------------------------------------------------------


def _side(request: StaffRequest, row: Backtest, flow: Flow, found: BacktestRun, asked: Asked) -> SideOf:
    trigger, steps = cards_of(_text(row, flow, is_live=found.is_live_version))
    story = read_story(found.story) or {"trace": [], "effects": []}
    zone = request.shop.timezone
    lines: list[Line] = lines_of(story["trace"], zone)
    outcomes = {effect["key"]: _outcome(row, found, effect, asked, zone) for effect in story["effects"]}
    laid = lay(lines, zone, outcomes)
    here = step_of(found.step) if found.status in ("waiting", "parked", "running", "failed") else ""
    told = [(effect, outcomes[effect["key"]], step_of(effect["step"])) for effect in story["effects"]]
    title = _title(row, is_live=found.is_live_version)
    is_kept = found.story is not None
    return SideOf(title, found, trigger, steps, laid.cards, frozenset(laid.passed), here, told, None, is_kept)


def _absent(request: StaffRequest, row: Backtest, flow: Flow, found: BacktestRun) -> SideOf:
    """The version in which this run would not have been, and why not."""
    is_live = not found.is_live_version
    trigger, steps = cards_of(_text(row, flow, is_live=is_live))
    skip = BacktestSkip.objects.filter(backtest=row, event=found.event).order_by("id").first()
    reason = (skip.reason, skip.details) if skip is not None else ("not_concerned", {"event": found.event_type})
    why_not = not_started(reason, request.shop.timezone)
    return SideOf(_title(row, is_live=is_live), None, trigger, steps, {}, frozenset(), "", [], why_not)


def _title(row: Backtest, *, is_live: bool) -> str:
    if is_live:
        return _("Version %(number)s, which is live") % {"number": row.base_version}
    return _("Version %(number)s") % {"number": row.version} if row.version is not None else _("The draft")


def _text(row: Backtest, flow: Flow, *, is_live: bool) -> str:
    return text_of(flow, row.base_version) if is_live else row.text


def _outcome(row: Backtest, found: BacktestRun, effect: Mapping[str, Any], asked: Asked, zone: str) -> Outcome:
    kind = (row.summary or {})["kinds"][effect["kind"]]
    here = reverse("backtest-run", args=(row.flow, row.pk, found.pk))
    href = f"{here}{asked.query(open=effect['key'].partition('/')[2], reader='')}#message" if "then" in effect else ""
    match kind["outcome"]:
        case "failed":
            return Outcome(_("would fail"), "bad", "circle-x", note=effect.get("message") or kind["reason"])
        case "refused":
            return Outcome(_("would not be sent"), "lamp", "circle-slash", href, reason_said(kind["reason"]))
        case "deferred":
            at = when_of(instant((effect.get("result") or {}).get("sent_at")), zone)
            note = reason_said(kind["reason"]) if kind["reason"] else ""
            return Outcome(_("put off until %(time)s") % {"time": at}, "info", "clock", href, note)
        case "sent":
            return Outcome(_("see the message") if href else _("would be sent"), "ok", "mail", href)
        case _:
            return Outcome(_("would be done"), "ok", "check")


def _message(request: StaffRequest, row: Backtest, found: BacktestRun, asked: Asked) -> dict[str, Any]:
    effect, rehearsed = _opened(request, row, found, asked)
    if effect is None or rehearsed is None or not rehearsed.mails:
        return {"message": None}
    reader = asked.reader if asked.reader in rehearsed.mails else rehearsed.own or ""
    readers = [(code, label) for code, label in LANGUAGES if code in rehearsed.mails]
    path = effect["key"].partition("/")[2]
    kind = (row.summary or {})["kinds"][effect["kind"]]
    return {
        "message": rehearsed.mails[reader],
        "message_path": path,
        "message_refused": reason_said(kind["reason"]) if kind["outcome"] == "refused" else "",
        "own": rehearsed.own,
        "reader": reader,
        "readers": readers if len(readers) > 1 else [],
        "frame_of": reverse("backtest-mail", args=(row.flow, row.pk, found.pk)),
        "frame": asked.query(open=path, reader=reader, look="desktop"),
    }


def _opened(
    request: StaffRequest, row: Backtest, found: BacktestRun, asked: Asked
) -> tuple[Mapping[str, Any] | None, Rehearsed | None]:
    """The message that is open, the first one otherwise, written again with the records as they were then."""
    story = read_story(found.story) or {"effects": []}
    mails = [effect for effect in story["effects"] if "then" in effect]
    effect = next((one for one in mails if one["key"].partition("/")[2] == asked.open), mails[0] if mails else None)
    if effect is None:
        return None, None
    key = f"backtest-mail:{found.pk}:{effect['key']}"
    seen = cache.get(key)
    if seen is None:
        facts = row.facts or {}
        shop = ShopFacts(
            request.shop.pk,
            facts.get("name", request.shop.name),
            facts.get("currency", request.shop.currency),
            facts.get("timezone", request.shop.timezone),
            facts.get("locale", request.shop.locale),
            facts.get("base_url", ""),
            request.shop.settings,
        )
        seen = see_again(effect, found.subject, found.key, row.flow, shop, ports_of)
        cache.set(key, seen, 120)
    return effect, seen
