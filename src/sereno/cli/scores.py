"""`sereno score`: what is expected of customers, and how far that can be trusted."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

score = App(name="score", help="What is expected of customers.", help_format="plaintext")
NOTHING = "No scores yet: sereno score anew."


def _prepare() -> None:
    host().prepare()
    database.ready()


@score.command(name="list")
def list_scores(
    *,
    group: Annotated[str, Parameter(help="Only of this group, such as at_risk.")] = "",
    limit: Annotated[int | None, Parameter(help="At most so many.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List customers with their scores, the most valuable first."""
    _prepare()
    from sereno.modules.scores.models import CustomerScore
    from sereno.store.fields import instant_text

    names = ("key", "group", "order_days", "risk", "orders", "value", "next_on", "scored_at")
    found = CustomerScore.objects.filter(shop=shop_named(shop)).order_by("-value", "id")
    if group:
        found = found.filter(group=group)
    lines = list(found.values(*names)[:limit])
    for line in lines:
        line["scored_at"] = instant_text(line["scored_at"])
        line["next_on"] = line["next_on"] and line["next_on"].isoformat()
        line["risk"], line["orders"] = round(line["risk"], 4), round(line["orders"], 3)
        line["value"] = f"{line['value']:.2f}"
    if json:
        emit(lines)
        return
    table(names[:-1], ([line[name] for name in names[:-1]] for line in lines), empty=NOTHING)


@score.command
def leads(
    *,
    least: Annotated[float, Parameter(help="Only with at least this score.")] = 0.0,
    limit: Annotated[int | None, Parameter(help="At most so many.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List who has not ordered yet, by the chance in per cent that they do within 30 days."""
    _prepare()
    from sereno.modules.scores.models import LeadScore

    names = ("key", "chance", "signals", "known_on", "last_on")
    found = LeadScore.objects.filter(shop=shop_named(shop), chance__gte=least / 100).order_by("-chance", "id")
    lines = [
        {
            "customer": one["key"],
            "score": round(one["chance"] * 100, 1),
            "did": one["signals"],
            "known_on": one["known_on"].isoformat(),
            "last_on": one["last_on"] and one["last_on"].isoformat(),
        }
        for one in found.values(*names)[:limit]
    ]
    if json:
        emit(lines)
        return
    told = ([*one.values()] for one in ({**line, "did": ", ".join(line["did"])} for line in lines))
    table(("customer", "score", "did", "known_on", "last_on"), told, empty=NOTHING)


@score.command
def quality(*, shop: ShopName = None, json: Json = False) -> None:
    """Show how good each score is on the shop's own past, beside the simple rule."""
    _prepare()
    from sereno.modules.scores.models import ScoreState

    state = ScoreState.objects.filter(shop=shop_named(shop)).first()
    if state is None:
        raise Failed(NOTHING)
    if json:
        emit({"groups": state.groups, "quality": state.quality, "model": state.model})
        return
    measures = {"lead": "auc", "chance": "auc", "date": "days", "orders": "rmse", "value": "top"}
    tried = {name: state.quality.get(name) or {} for name in measures}
    used = {name: "learned" if is_used else "rule" for name, is_used in state.quality["used"].items()}
    used.setdefault("lead", "rule")
    lines = [
        [name, used[name], measure, tried[name].get(measure, ""), tried[name].get("rule", "")]
        for name, measure in measures.items()
    ]
    table(("score", "used", "measure", "value", "rule"), lines, empty=NOTHING)


@score.command
def moments(
    *,
    customer: Annotated[str, Parameter(help="Of this one, by the platform's id.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Show at which hours customers answer, and whether going by that does better."""
    _prepare()
    from sereno.engine.moments import read_profile
    from sereno.modules.scores.models import CustomerMoment, MomentState

    where = shop_named(shop)
    state = MomentState.objects.filter(shop=where).first()
    if state is None:
        raise Failed(NOTHING)
    one = CustomerMoment.objects.filter(shop=where, key=customer).first() if customer else None
    if customer and one is None:
        raise Failed(f"nothing is known of when {customer} answers")
    held = one or state
    profile = read_profile(held.hours, held.days, one.acts if one is not None else 0)
    assert profile is not None
    used = "own" if state.takes_own else "shop" if state.takes_shop else "none"
    if json:
        whose = {"customer": one.key, "acts": one.acts} if one is not None else {"facts": state.facts}
        emit({"used": used, "hours": list(profile.hours), "days": list(profile.days), **whose})
        return
    say(f"Messages that may wait go by: {used}.")
    tried = state.facts.get("tried") or {}
    if one is None:
        figures = ("value", "low", "high", "people")
        gains = {name: tried.get(name) or {} for name in ("own", "over", "shop")}
        lines = [[name, *(round(gain[key], 4) if gain else "" for key in figures)] for name, gain in gains.items()]
        table(("hour", "gain", "low", "high", "people"), lines, empty=NOTHING)
    table(
        ("from", "weight"),
        ([f"{hour:02}:00", f"{round(100 * weight / 255)} %"] for hour, weight in enumerate(profile.hours) if weight),
        empty=NOTHING,
    )


@score.command
def anew(*, shop: ShopName = None, json: Json = False) -> None:
    """Score everybody anew; a running worker does it in the background."""
    _prepare()
    from sereno.runtime.scoring import ask_scores

    begun = ask_scores(shop_named(shop).pk, person())
    if json:
        emit({"begun": begun})
        return
    say("A worker makes them in the background." if begun else "It is under way already.")
