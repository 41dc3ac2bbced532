"""`sereno switch` and `sereno limits`: what is off, what flows have used, and the answers to what they ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, instant, say, table

switch = App(name="switch", help="Switches: nothing of what is off leaves the house.", help_format="plaintext")
limits = App(name="limits", help="Budgets of flows, and what they ask about them.", help_format="plaintext")

Of = Annotated[str | None, Parameter()]
Reason = Annotated[str, Parameter(help="Why; it stands on the page and in the audit.")]
Hours = Annotated[float | None, Parameter(help="Cancel first what waited more hours than this.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


def _chosen(
    shop: str | None, flow: str | None, channel: str | None, connection: str | None
) -> tuple[Literal["shop", "flow", "channel", "connection"], str]:
    """What is named; the shop itself when `--shop` stands alone."""
    if flow and not (channel or connection):
        return "flow", flow
    if channel and not (flow or connection):
        return "channel", channel
    if connection and not (flow or channel):
        return "connection", connection
    if flow or channel or connection or not shop:
        raise WrongUse("say one of --flow NAME, --channel NAME, --connection NAME, or --shop NAME alone for all of it")
    return "shop", ""


@switch.command(name="off")
def switch_off(
    *,
    reason: Reason,
    flow: Of = None,
    channel: Of = None,
    connection: Of = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Switch something off: within two seconds nothing of it leaves, on any worker; what waits is kept."""
    _prepare()
    from sereno.runtime.limiting import switches

    kind, name = _chosen(shop, flow, channel, connection)
    try:
        changed = switches.switch_off(shop_named(shop).pk, kind, name, reason, person())
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None
    if json:
        emit({"kind": kind, "name": name, "changed": changed})
        return
    say("It is off." if changed else "It was off already.")


@switch.command(name="on")
def switch_on(
    *,
    flow: Of = None,
    channel: Of = None,
    connection: Of = None,
    cancel_older_than: Hours = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Switch it on again; what waited goes out."""
    _prepare()
    from sereno.runtime.limiting import switches

    kind, name = _chosen(shop, flow, channel, connection)
    older = None if cancel_older_than is None else timedelta(hours=max(cancel_older_than, 0))
    try:
        cancelled = switches.switch_on(shop_named(shop).pk, kind, name, person(), older_than=older)
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None
    if json:
        emit({"kind": kind, "name": name, "cancelled": cancelled})
        return
    say(f"It is on. {cancelled} were cancelled, being too old." if cancelled else "It is on.")


@switch.command(name="list")
def list_switches(*, off: Flag = False, shop: ShopName = None, json: Json = False) -> None:
    """List everything that has a switch, and how much waits behind it; with --off, what is off."""
    _prepare()
    from sereno.runtime.limiting.standing import standing

    found = [one for one in standing(shop_named(shop).pk).all() if one.off is not None or not off]
    lines: list[dict[str, Any]] = [
        {
            "kind": one.kind,
            "name": one.name,
            "is_off": one.off is not None,
            "reason": one.off.reason if one.off else None,
            "by": one.off.by if one.off else None,
            "at": instant(one.off.at) if one.off else None,
            "waiting": one.waiting.count,
            "waiting_since": instant(one.waiting.since),
        }
        for one in found
    ]
    if json:
        emit(lines)
        return
    for line in lines:
        line["state"] = "off" if line["is_off"] else "on"
    shown = ([line[name] for name in ("kind", "name", "state", "waiting", "reason", "by")] for line in lines)
    table(["KIND", "NAME", "STATE", "WAITING", "REASON", "BY"], shown, empty="Nothing is off.")


@limits.command(name="list")
def list_limits(*, shop: ShopName = None, json: Json = False) -> None:
    """List what flows have used of their budgets, this hour and this day."""
    _prepare()
    from sereno.runtime.limiting.standing import standing

    lines = [
        {
            "flow": one.switch.name,
            "effects_this_hour": str(one.hour.used),
            "effects_per_hour": None if one.hour.limit is None else str(one.hour.limit),
            "spent_today": {use.currency: str(use.used) for use in one.day},
            "spend_per_day": {use.currency: str(use.limit) for use in one.day if use.limit is not None},
        }
        for one in standing(shop_named(shop).pk).flows
    ]
    if json:
        emit(lines)
        return
    shown = (
        [
            line["flow"],
            f"{line['effects_this_hour']} of {line['effects_per_hour'] or 'no limit'}",
            ", ".join(f"{amount} {code}" for code, amount in line["spent_today"].items()),
        ]
        for line in lines
    )
    table(["FLOW", "EFFECTS THIS HOUR", "SPENT TODAY"], shown, empty="No flow is published.")


@limits.command(name="questions")
def list_questions(*, shop: ShopName = None, json: Json = False) -> None:
    """List what flows that came to their limit ask."""
    _prepare()
    from sereno.store.models import LimitQuestion

    found = LimitQuestion.objects.filter(shop=shop_named(shop), status="open").select_related("flow").order_by("id")
    lines = [
        {"id": row.pk, "flow": row.flow.name, "kind": row.kind, "currency": row.currency or None, "limit": row.limit,
         "wanted": row.wanted, "at": instant(row.created_at)}
        for row in found
    ]  # fmt: skip
    if json:
        emit(lines)
        return
    shown = ([line[name] for name in ("id", "flow", "kind", "limit", "wanted", "at")] for line in lines)
    table(["ID", "FLOW", "KIND", "LIMIT", "WANTED", "AT"], shown, empty="No flow asks.")


@limits.command(name="answer")
def answer(
    id: int,
    verdict: Literal["go-on", "keep-paused"],
    /,
    *,
    allow: Annotated[
        str | None, Parameter(help="For the rest of the hour or day; twice the limit when left out.")
    ] = None,
    note: str = "",
    shop: ShopName = None,
) -> None:
    """Answer what a flow asks about its limit.

    Parameters
    ----------
    id
        Of the question: `sereno limits questions`.
    verdict
        `go-on` or `keep-paused`.
    note
        Stays with the answer.
    """
    _prepare()
    from sereno.runtime.limiting import limits as budgets

    try:
        budgets.answer(shop_named(shop).pk, id, verdict == "go-on", person(), allowed=allow, note=note, via="command")
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None
    say("It goes on." if verdict == "go-on" else "It stays paused.")
