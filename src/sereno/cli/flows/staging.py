"""`sereno flow stage`: a new version let out step by step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, flow_named, shop_named
from sereno.cli.output import WrongUse, emit, refusals, say, table

Inflight = Literal["finish", "move", "end"]


def stage(
    name: str,
    /,
    *,
    shop: ShopName = None,
    shadow: Flag = False,
    share: float | None = None,
    all: Annotated[bool, Parameter(negative="")] = False,
    up: Flag = False,
    back: Flag = False,
    version: int | None = None,
    hours: float | None = None,
    runs: float | None = None,
    inflight: Inflight = "finish",
    message: Annotated[str, Parameter(alias="-m")] = "",
    json: Json = False,
) -> None:
    """Roll a new version out: in shadow beside the live one, to a share of the people, to all, or back.

    Without an option it shows where the roll-out stands.

    Parameters
    ----------
    name
        The flow.
    shadow
        Begin in shadow: the draft decides on everything beside the live version, and nothing leaves.
    share
        The share of the people who get the new version, in per cent.
    all
        Make it the live version.
    up
        To the next step.
    back
        Take it back: the live version serves everybody.
    version
        Begin with this earlier version instead of the draft.
    hours
        Go up by itself after so many hours in a step, if no limit is passed.
    runs
        Go up by itself after so many runs in a step, if no limit is passed.
    inflight
        What becomes of the runs under way, with --all and --back: they finish, move, or end.
    message
        A word about the change.
    """
    if sum((shadow, share is not None, all, up, back)) > 1:
        raise WrongUse("give one of --shadow, --share, --up, --all and --back")
    host().prepare()
    database.ready()
    place = shop_named(shop)
    row = flow_named(place, name)
    with refusals():
        _do(place.pk, row.name, shadow, 100.0 if all else share, up, back, version, hours, runs, inflight, message)
    _show(place.pk, row.name, json)


def _do(
    shop: int,
    name: str,
    shadow: bool,
    share: float | None,
    up: bool,
    back: bool,
    version: int | None,
    hours: float | None,
    runs: float | None,
    inflight: Inflight,
    message: str,
) -> None:
    from sereno.runtime.staging import stages

    by = person()
    advance = {key: value for key, value in (("hours", hours), ("runs", runs)) if value is not None}
    terms = stages.Terms(advance=advance or None)
    found = stages.stage_of(shop, name)
    is_open = found is not None and found.is_open
    if back:
        stages.go_back(shop, name, by, inflight, message)
    elif up:
        stages.step_up(shop, name, by, inflight=inflight)
    elif shadow or (share is not None and not is_open):
        stages.start(shop, name, by, share=share, version=version, note=message, terms=terms)
    elif share is not None:
        stages.step_up(shop, name, by, share=share, inflight=inflight)
    if advance and is_open and not back:
        stages.set_terms(shop, name, by, terms)


def _show(shop: int, name: str, json: bool) -> None:
    from sereno.runtime.staging.report import report

    found = report(shop, name)
    if json:
        emit(found)
        return
    if found is None:
        say(f"{name}: no version on its way in")
        return
    say(f"{name}: {_standing(found)}")
    table(
        ["", f"version {found['live_version']}, live", f"version {found['version']}, new"],
        [
            [what, str(found["live"].get(what, 0)), str(found["candidate"].get(what, 0))]
            for what in ("runs", "effects", "sent", "effects_failed", "failed", "unsubscribed", "complained", "bounced")
        ],
        empty="",
    )


def _standing(found: dict[str, Any]) -> str:
    version = f"version {found['version']}"
    match found["outcome"]:
        case None:
            where = "in shadow" if found["mode"] == "shadow" else f"{found['share']:g} % of the people"
            return f"{version}, {where}; next {found['next_share']:g} %"
        case "live":
            return f"{version} is live"
        case "returned":
            reason = found["reason"]
            seen = f"{reason.get('limit')}: {reason.get('hits')} of {reason.get('tries')}"
            return f"{version} was taken back by itself ({seen})"
        case _:
            return f"{version} was taken back"
