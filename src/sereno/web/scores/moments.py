"""At which hours customers answer, whether going by that does better, and what it brought those who waited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Subquery
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from markupsafe import Markup

from sereno.engine.moments import HOURS, WINDOW, Profile, read_profile
from sereno.modules.scores.models import CustomerMoment, MomentState, ScoreJob
from sereno.store.models import Shop
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.sentences import say
from sereno.web.shell import render

WIDTH, HEIGHT, GAP = 720, 160, 4
STEP = WIDTH // HOURS


@dataclass(frozen=True, slots=True)
class Hour:
    """One bar of the chart and its line in the table: `went` and `answered` of the last weeks' messages that went in
    this hour, `weight` in per cent of the best; None where too little went to tell."""

    name: str
    went: int
    answered: int
    weight: int | None
    x: int
    y: float
    height: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One question asked of the past."""

    title: str
    answer: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """How those who waited did beside those left alone. `headline` has a tone as those of results have."""

    tone: str
    headline: Markup
    rows: tuple[tuple[str, str, str, str, str, str], ...]
    gaps: tuple[tuple[str, str], ...]


@require_GET
@staff()
def moments(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    state = MomentState.objects.filter(shop=shop).first()
    whole = read_profile(state.hours, state.days) if state is not None else None
    facts: Mapping[str, Any] = state.facts if state is not None else {}
    tried: Mapping[str, Any] = facts.get("tried") or {}
    context = {
        "section": "scores",
        "state": state,
        "facts": facts,
        "window": WINDOW,
        "hours": hours_of(whole, tried) if whole is not None else (),
        "plot": {"width": WIDTH, "height": HEIGHT, "bar": STEP - GAP},
        "tried": questions(tried) if tried.get("messages") else (),
        "messages": tried.get("messages", 0),
        "measured": measured_of(shop),
        "job": ScoreJob.objects.filter(shop=shop).order_by("-id").first(),
    }
    return render(request, "scores/moments.html", context)


def hours_of(whole: Profile, tried: Mapping[str, Any]) -> tuple[Hour, ...]:
    counts = list(tried.get("hours") or [(0, 0)] * HOURS)
    found: list[Hour] = []
    for hour, ((went, answered), weight) in enumerate(zip(counts, whole.hours, strict=True)):
        high = round(weight / 255 * (HEIGHT - 4), 1)
        share = round(100 * weight / 255) if weight else None
        is_best = hour == whole.best_hour and tried.get("messages", 0) > 0
        x = hour * STEP + GAP // 2
        found.append(Hour(f"{hour:02}:00", went, answered, share, x, HEIGHT - high, high, is_best))
    return tuple(found)


def questions(tried: Mapping[str, Any]) -> tuple[Tried, ...]:
    titles = (
        ("own", _("A person's own best hour, beside when their messages went")),
        ("over", _("A person's own best hour, beside the shop's, where the two differ")),
        ("shop", _("The shop's best hour, beside when messages went")),
    )
    found: list[Tried] = []
    for name, title in titles:
        gain = tried.get(name)
        if gain is None:
            text = _("Too few people were written to both near that hour and at others: it cannot be told.")
        else:
            text = _(
                "%(points)s points more were answered within %(hours)s hours (between %(low)s and %(high)s, in 95 of "
                "100 cases; %(people)s people)."
            ) % {**_points(gain), "hours": WINDOW, "people": formats.number(gain["people"])}
        found.append(Tried(title, text, gain is not None and gain["low"] > 0))
    return tuple(found)


def measured_of(shop: Shop) -> Measured | None:
    """None before anybody waited."""
    state = MomentState.objects.filter(shop=shop).only("facts").first()
    measured: Mapping[str, Any] = (state.facts if state is not None else {}).get("measured") or {}
    arms: Mapping[str, Any] = measured.get("arms") or {}
    if not any(arm["messages"] for arm in arms.values()):
        return None
    names = {"treated": _("At their best moment"), "control": _("Left alone")}
    rows = tuple(
        (
            names[name],
            formats.number(arm["people"]),
            formats.number(arm["messages"]),
            *(_share(arm[what], arm["messages"]) for what in ("opened", "clicked", "soon")),
        )
        for name, arm in arms.items()
    )
    gaps = tuple(
        (title, _gap(measured.get(what)))
        for what, title in (
            ("opened", _("Opened within %(days)s days") % {"days": measured["answered_in"]}),
            ("clicked", _("Clicked within %(days)s days") % {"days": measured["answered_in"]}),
            ("soon", _("Opened within %(hours)s hours of its going") % {"hours": WINDOW}),
        )
    )
    tone, headline = _headline(measured.get("opened"))
    return Measured(tone, headline, rows, gaps)


def _headline(gap: Mapping[str, Any] | None) -> tuple[str, Markup]:
    if gap is None:
        text = _("Too early to tell what waiting for the best moment brings: it takes 50 people in each group.")
        return "lamp", Markup.escape(text)
    points = _points(gap)
    if gap["low"] > 0:
        return "ok", say(
            _("Waiting for the best moment had %(points)s points more opened (%(low)s to %(high)s)."), **points
        )
    if gap["high"] < 0:
        return "bad", say(
            _("Waiting for the best moment had fewer opened: %(points)s points (%(low)s to %(high)s)."), **points
        )
    return "", say(
        _("Whether waiting for the best moment brings anything cannot be told: between %(low)s and %(high)s points."),
        **points,
    )


def _gap(gap: Mapping[str, Any] | None) -> str:
    return _("too early") if gap is None else _("%(points)s points (%(low)s to %(high)s)") % _points(gap)


def _points(gap: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: formats.number(round(100 * gap[key], 1) + 0.0)
        for name, key in (("points", "value"), ("low", "low"), ("high", "high"))
    }


def _share(part: int, whole: int) -> str:
    return f"{formats.number(round(100 * part / whole, 1))} %" if whole else "–"


def goes_by_own(shop: Shop) -> Exists:
    """Whether each person's own hours are gone by, as a column of whatever is asked of the shop anyway."""
    return Exists(MomentState.objects.filter(shop=shop, takes_own=True))


def own_hours(shop: Shop, keys: list[str]) -> dict[str, Subquery]:
    """The hours and days of a person's answers, as columns of whatever is asked of them anyway."""
    best = CustomerMoment.objects.filter(shop=shop, key__in=keys).order_by("-acts")
    return {"own_hours": Subquery(best.values("hours")[:1]), "own_days": Subquery(best.values("days")[:1])}


def hours_said(hours: Any, days: Any) -> str:
    """The hours at which somebody answers most, as `19:00 – 22:00`; empty where nothing is known of them."""
    profile = read_profile(hours, days) if hours is not None else None
    if profile is None:
        return ""
    return f"{profile.best_hour:02}:00 – {(profile.best_hour + WINDOW) % HOURS:02}:00"
