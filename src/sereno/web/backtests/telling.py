"""What a back-test found, in words and numbers: the headline, what differs, what was stopped, cost, load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.template import engines
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from sereno.engine.run import LIVE
from sereno.runtime.rehearsals.measuring import WENT
from sereno.runtime.rehearsals.requests import digest_of
from sereno.store.models import Backtest
from sereno.web import charts, formats
from sereno.web.flowtree import Card, action_sentence
from sereno.web.live.wording import mail_refusal

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A thing that is done, and how often: by both versions, or more, fewer and changed than live."""

    say: Markup
    own: int = 0
    live: int = 0
    more: int = 0
    fewer: int = 0
    changed: int = 0
    open: int = 0
    is_message: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What the guardrails would have kept back or put off, for one reason."""

    say: str
    count: int
    is_deferred: bool
    href: str


@dataclass(frozen=True, slots=True)
class Cost:
    """The messages of one channel. `price` None: nobody said what one costs."""

    channel: str
    count: int
    price: str | None
    total: str | None
    live_total: str | None


@dataclass(frozen=True, slots=True)
class Load:
    """The busiest hour of one way out. `most` is how many it may take in an hour; None: no limit is known."""

    connection: str
    count: int
    hour: datetime
    most: int | None


@dataclass(slots=True)
class Told:
    """A result as its page tells it."""

    runs: int
    live_runs: int | None
    messages: int
    others: int
    skipped: int
    refused: int
    deferred: int
    failed: int
    waiting: int
    events: int
    lines: list[Line] = field(default_factory=list[Line])
    stopped: list[Stopped] = field(default_factory=list[Stopped])
    failures: list[Stopped] = field(default_factory=list[Stopped])
    changes: dict[str, int] = field(default_factory=dict[str, int])
    headline: str = ""
    skips: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    costs: list[Cost] = field(default_factory=list[Cost])
    total: str = ""
    loads: list[Load] = field(default_factory=list[Load])
    days: Any = None


def tell(row: Backtest) -> Told:
    """Everything the page of a back-test that is done shows, from its summary alone."""
    found: Document = row.summary or {}
    own, live, facts = found["own"], found.get("live"), row.facts or {}
    kinds, whats = found["kinds"], found["whats"]
    counts: dict[str, int] = {}
    by_what: dict[int, int] = {}
    messages = 0
    for number, count in own["kinds"].items():
        kind = kinds[int(number)]
        counts[kind["outcome"]] = counts.get(kind["outcome"], 0) + count
        if kind["outcome"] in WENT:
            by_what[kind["what"]] = by_what.get(kind["what"], 0) + count
            messages += count if whats[kind["what"]]["channel"] else 0
    told = Told(
        runs=own["runs"],
        live_runs=live["runs"] if live else None,
        messages=messages,
        others=sum(by_what.values()) - messages,
        skipped=sum(own["skips"].values()),
        refused=counts.get("refused", 0),
        deferred=counts.get("deferred", 0),
        failed=counts.get("failed", 0),
        waiting=sum(own["statuses"].get(status, 0) for status in LIVE),
        events=found["events"],
    )
    told.lines = _lines(row, found, by_what)
    told.stopped = _stopped(row, own, kinds, ("refused", "deferred"))
    told.failures = _stopped(row, own, kinds, ("failed",))
    told.skips = sorted(own["skips"].items(), key=lambda pair: -pair[1])
    if found.get("difference"):
        told.changes = found["difference"]["runs"]
        told.headline = _headline(told.lines)
    told.costs, told.total = _costs(found, facts, own, live)
    told.loads = _loads(found, own)
    told.days = _days(own["days"])
    return told


def _lines(row: Backtest, found: Document, by_what: Mapping[int, int]) -> list[Line]:
    differing: Document = (found.get("difference") or {}).get("whats", {})
    live: dict[int, int] = {}
    for number, count in ((found.get("live") or {}).get("kinds") or {}).items():
        kind = found["kinds"][int(number)]
        if kind["outcome"] in WENT:
            live[kind["what"]] = live.get(kind["what"], 0) + count
    lines: list[Line] = []
    for number, what in enumerate(found["whats"]):
        differs = differing.get(str(number), {})
        if not (by_what.get(number) or live.get(number)):
            continue
        lines.append(
            Line(
                action_sentence(what["action"], json.loads(what["config"])),
                by_what.get(number, 0),
                live.get(number, 0),
                differs.get("more", 0),
                differs.get("fewer", 0),
                differs.get("changed", 0),
                differs.get("open", 0),
                bool(what["channel"]),
                runs_of(row, what=number),
            )
        )
    return sorted(lines, key=lambda line: (not line.is_message, -(line.own + line.live)))


def _headline(lines: Iterable[Line]) -> str:
    """What would reach people, against what does now: "112 fewer messages, 9 new"."""
    told = list(lines)
    fewer = sum(line.fewer for line in told if line.is_message)
    more = sum(line.more for line in told if line.is_message)
    changed = sum(line.changed for line in told if line.is_message)
    parts: list[str] = []
    if fewer:
        parts.append(ngettext("%(num)s fewer message", "%(num)s fewer messages", fewer) % {"num": _n(fewer)})
    if more:
        parts.append(ngettext("%(num)s new message", "%(num)s new messages", more) % {"num": _n(more)})
    if changed:
        parts.append(
            ngettext("%(num)s message that differs", "%(num)s messages that differ", changed) % {"num": _n(changed)}
        )
    rest = sum(line.fewer + line.more + line.changed for line in told if not line.is_message)
    if rest:
        parts.append(ngettext("%(num)s other action differs", "%(num)s other actions differ", rest) % {"num": _n(rest)})
    return ", ".join(parts)


def _stopped(row: Backtest, own: Document, kinds: list[Document], outcomes: tuple[str, ...]) -> list[Stopped]:
    found: dict[tuple[str, str], int] = {}
    for number, count in own["kinds"].items():
        kind = kinds[int(number)]
        if kind["outcome"] in outcomes:
            key = (kind["outcome"], kind["reason"])
            found[key] = found.get(key, 0) + count
    return [
        Stopped(reason_said(reason), count, outcome == "deferred", runs_of(row, outcome=outcome, reason=reason))
        for (outcome, reason), count in sorted(found.items(), key=lambda pair: -pair[1])
    ]


def reason_said(code: str) -> str:
    """Why something would not have gone, or not at once."""
    return mail_refusal({"sent": False, "reason": code}) if code else _("No reason was given.")


def _costs(found: Document, facts: Document, own: Document, live: Document | None) -> tuple[list[Cost], str]:
    prices: Document = facts.get("prices", {})
    currency = str(facts.get("currency") or "")
    ours, theirs = _by_channel(found, own), _by_channel(found, live) if live else {}
    costs: list[Cost] = []
    total = Decimal()
    for channel in sorted({*ours, *theirs}):
        price = prices.get(channel)
        amount = Decimal(price) * ours.get(channel, 0) if price is not None else None
        before = Decimal(price) * theirs.get(channel, 0) if price is not None and live else None
        total += amount or 0
        costs.append(
            Cost(
                channel,
                ours.get(channel, 0),
                formats.money(price, currency) if price is not None else None,
                formats.money(amount, currency) if amount is not None else None,
                formats.money(before, currency) if before is not None else None,
            )
        )
    return costs, formats.money(total, currency) if costs else ""


def _by_channel(found: Document, side: Document) -> dict[str, int]:
    counts: dict[str, int] = {}
    for number, count in side["kinds"].items():
        kind = found["kinds"][int(number)]
        channel = found["whats"][kind["what"]]["channel"]
        if channel and kind["outcome"] in WENT:
            counts[channel] = counts.get(channel, 0) + count
    return counts


def _loads(found: Document, own: Document) -> list[Load]:
    budgets: Document = found.get("budgets", {})
    loads: list[Load] = []
    for connection, busiest in own["busiest"].items():
        rate = (budgets.get(connection) or {}).get("per_second")
        most = int(rate * 3600) if rate is not None else None
        loads.append(Load(connection, busiest["count"], datetime.fromisoformat(busiest["hour"]), most))
    return sorted(loads, key=lambda load: -load.count)


def _days(days: Mapping[str, list[int]]) -> Any:
    """Messages of each day, or runs where there are none; every day from the first to the last."""
    if not days:
        return None
    column = 1 if any(counts[1] for counts in days.values()) else 0
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    length = min((last - first).days, 400)
    points = [
        (day, days.get(day.isoformat(), [0, 0, 0])[column])
        for day in (last - timedelta(days=length - number) for number in range(length + 1))
    ]
    return charts.spark(points)


# --- on the tree ------------------------------------------------------------------------------------


def overlay(row: Backtest, trigger: Iterable[Card], steps: Iterable[Card]) -> dict[str, Markup]:
    """The counts as markup, by the path of the card they belong on."""
    found: Document = row.summary or {}
    own: Document = found["own"]
    part = engines["jinja2"].env.get_template("backtests/counts.html").module  # type: ignore[attr-defined]
    skipped = reverse("backtest-skipped", args=(row.flow, row.pk))
    laid: dict[str, Markup] = {
        "trigger": part.at_trigger(own["runs"], runs_of(row), sum(own["skips"].values()), skipped)
    }
    by_step: dict[str, dict[str, int]] = {}
    for number, count in own["kinds"].items():
        kind = found["kinds"][int(number)]
        counts = by_step.setdefault(kind["step"], {})
        counts[kind["outcome"]] = counts.get(kind["outcome"], 0) + count
    exits = {place[6:]: count for place, count in own["places"].items() if place.startswith("=exit:")}
    for card in trigger:
        if card.path.startswith("exit."):
            laid[card.path] = part.at_exit(sum(exits.values()), runs_of(row, status="exited"))
            exits = {}
    _lay(part, row, steps, own["places"], by_step, laid)
    return laid


def _lay(
    part: Any, row: Backtest, cards: Iterable[Card], places: Document, by_step: Document, laid: dict[str, Markup]
) -> None:
    for card in cards:
        href = runs_of(row, step=card.path)
        laid[card.path] = part.at_step(places.get(card.path, 0), href, by_step.get(card.path, {}))
        for _name, inner in card.branches:
            _lay(part, row, inner, places, by_step, laid)


def runs_of(row: Backtest, **wanted: Any) -> str:
    """The address of the list that a number counts."""
    query = urlencode({key: value for key, value in wanted.items() if value not in (None, "")})
    return f"{reverse('backtest-runs', args=(row.flow, row.pk))}{'?' if query else ''}{query}"


# --- on the way -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """`percent` whole; `left` in words, empty while it cannot be told."""

    percent: int
    left: str


def progress(row: Backtest, now: datetime | None = None) -> Progress:
    percent = min(99, int(100 * row.done / row.total)) if row.total else 0
    if row.started_at is None or not row.done or row.total <= row.done:
        return Progress(percent, "")
    at = now or datetime.now(UTC)
    seconds = (at - row.started_at).total_seconds() * (row.total - row.done) / row.done
    if (at - row.started_at).total_seconds() < 2:
        return Progress(percent, "")
    return Progress(percent, formats.between(at, at + timedelta(seconds=max(1, seconds))))


def last_of(shop_id: int, text: str, flow: str) -> tuple[Backtest, str] | None:
    """The newest back-test of exactly this text, and what it found in a line: for the page that publishes it."""
    rows = Backtest.objects.filter(
        shop_id=shop_id, flow=flow, digest=digest_of(text), status__in=("waiting", "running", "done")
    )
    found = rows.order_by("-id").defer("text").first()
    return (found, short(found) if found.status == "done" else "") if found is not None else None


def short(row: Backtest) -> str:
    """One line about a back-test that is done: "214 runs, 180 messages; 9 new messages"."""
    told = tell(row)
    parts = [ngettext("%(num)s run", "%(num)s runs", told.runs) % {"num": _n(told.runs)}]
    if told.messages:
        parts.append(ngettext("%(num)s message", "%(num)s messages", told.messages) % {"num": _n(told.messages)})
    if told.headline:
        parts.append(told.headline)
    return ", ".join(parts)


def _n(value: int) -> str:
    return formats.number(value)
