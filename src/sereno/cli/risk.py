"""`sereno risk`: what waits to be looked at and why, decisions, lists, rules and what was learned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say, table

risk = App(name="risk", help="Orders that may be frauds, lists and rules.", help_format="plaintext")

Note = Annotated[str, Parameter(help="What the team should know.")]
Level = Annotated[Literal["low", "medium", "high"] | None, Parameter(help="Only of this level.")]
Decision = Annotated[Literal["released", "refused"] | None, Parameter(help="Only what staff decided so.")]
Search = Annotated[str | None, Parameter(help="An order's number or id, a customer's name or e-mail.")]
Limit = Annotated[int, Parameter(help="At most so many.")]
Days = Annotated[int | None, Parameter(help="For so many days; without it, for good.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


def _refused(what: Any) -> Any:
    try:
        return what()
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None


@risk.command(name="queue")
def list_waiting(*, search: Search = None, limit: Limit = 100, shop: ShopName = None, json: Json = False) -> None:
    """List the orders that staff have to look at, the riskiest first."""
    _prepare()
    from sereno.modules.risk.services import told_waiting
    from sereno.runtime.orders.finding import meant

    place = shop_named(shop).pk
    lines, _following = told_waiting(place, limit, among=meant(place, search).values() if search else None)
    if json:
        emit(lines)
        return
    shown = ([one["number"] or one["order"], one["score"], one["level"], _why(one), one["total"]] for one in lines)
    table(["ORDER", "SCORE", "LEVEL", "WHY", "TOTAL"], shown, empty="Nothing waits to be looked at.")


@risk.command(name="judged")
def list_judged(
    *,
    search: Search = None,
    level: Level = None,
    decision: Decision = None,
    limit: Limit = 100,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List the orders that were judged, the newest verdict first."""
    _prepare()
    from sereno.modules.risk.services import judged, told
    from sereno.runtime.orders.finding import meant

    place = shop_named(shop).pk
    rows = judged(place, list(meant(place, search).values()) if search else None, level or "", decision or "")
    lines = [told(row) for row in rows.order_by("-id")[:limit]]
    if json:
        emit(lines)
        return
    shown = (
        [one["number"] or one["order"], one["score"], one["level"], _why(one), one["decision"], one["assessed_at"]]
        for one in lines
    )
    table(["ORDER", "SCORE", "LEVEL", "WHY", "DECIDED", "AT"], shown, empty="No order was judged so.")


@risk.command(name="show")
def show_risk(order: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Show the verdict on one order, with its reasons and what it was judged on."""
    _prepare()
    from sereno.modules.risk.services import assessment_of, told

    row = assessment_of(shop_named(shop).pk, order)
    if row is None:
        raise WrongUse(f"order {order!r} was not judged: sereno risk assess {order}")
    found = told(row)
    if json:
        emit(found)
        return
    say(f"{found['score']} of 100, {found['level']}")
    for reason in found["reasons"]:
        say(f"{reason['points']:+d} {reason['said']}")
    if found["decision"]:
        say(f"{found['decision']} by {found['decided_by']}")


@risk.command(name="assess")
def assess_order(order: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Have one order judged; a running worker does it."""
    _prepare()
    from sereno.modules.orders.models import Order
    from sereno.runtime.risk import reviewing

    row = Order.objects.filter(shop=shop_named(shop), key=order).first()
    if row is None:
        raise WrongUse(f"there is no order {order!r}: see `sereno order list`")
    refs = {"customer": row.customer_key or "", "email": row.email or ""}
    effect = reviewing.assess(row.shop_id, row.key, {name: one for name, one in refs.items() if one}, person())
    emit({"effect": effect}) if json else say(f"Asked: {effect}")


@risk.command(name="decide")
def decide_risk(decision: str, *orders: str, note: Note = "", shop: ShopName = None, json: Json = False) -> None:
    """Let orders go on (released), refuse them (refused: held, cancelled and refunded in a minute), or take it back
    (reopened)."""
    _prepare()
    from sereno.runtime.risk import reviewing

    place = shop_named(shop).pk
    if decision == "reopened":
        changed = _refused(lambda: reviewing.reopen(place, orders, person()))
    else:
        changed = _refused(lambda: reviewing.decide(place, orders, decision, person(), note=note))
    emit({"changed": changed}) if json else say(f"{len(changed)} {decision}." if changed else "It was so already.")


@risk.command(name="list")
def list_entries(*, limit: Limit = 1000, shop: ShopName = None, json: Json = False) -> None:
    """List who is blocked and who is allowed, newest first."""
    _prepare()
    from sereno.modules.risk.models import RiskEntry
    from sereno.modules.risk.services import entry_told

    rows = RiskEntry.objects.filter(shop=shop_named(shop)).order_by("-id")[:limit]
    lines = [entry_told(row) for row in rows]
    if json:
        emit(lines)
        return
    shown = ([one[name] for name in ("id", "list", "kind", "value", "reason", "expires_at")] for one in lines)
    table(["ID", "LIST", "KIND", "WHO", "WHY", "UNTIL"], shown, empty="Nobody is on a list.")


@risk.command(name="block")
def block(
    kind: str, *values: str, reason: Note = "", days: Days = None, shop: ShopName = None, json: Json = False
) -> None:
    """Block mail addresses, cards, ...: sereno risk block email bad@example.com"""
    _put("block", kind, values, reason, days, shop, json)


@risk.command(name="allow")
def allow(
    kind: str, *values: str, reason: Note = "", days: Days = None, shop: ShopName = None, json: Json = False
) -> None:
    """Allow: orders of these are judged no further."""
    _put("allow", kind, values, reason, days, shop, json)


def _put(
    list_: str, kind: str, values: tuple[str, ...], reason: str, days: int | None, shop: str | None, json: bool
) -> None:
    _prepare()
    from sereno.modules.risk import marks
    from sereno.runtime.risk import reviewing

    until = datetime.now(UTC) + timedelta(days=days) if days else None
    found = _refused(lambda: [marks.mark(kind, value) for value in values])
    place = shop_named(shop).pk
    count = _refused(lambda: reviewing.put_on_list(place, list_, found, person(), reason=reason, until=until))
    emit({"count": count}) if json else say(f"{count} on the list.")


@risk.command(name="unlist")
def unlist(*ids: int, shop: ShopName = None, json: Json = False) -> None:
    """Take entries off their list, by their ids."""
    _prepare()
    from sereno.runtime.risk import reviewing

    count = reviewing.take_off_list(shop_named(shop).pk, ids, person())
    emit({"count": count}) if json else say(f"{count} taken off.")


@risk.command(name="rules")
def show_rules(*, put: Path | None = None, shop: ShopName = None, json: Json = False) -> None:
    """Show the rules of the shop; with --put FILE.json, judge by those from now on."""
    _prepare()
    import json as documents

    from sereno.modules.risk import policy
    from sereno.modules.risk.services import policy_of
    from sereno.runtime.risk import reviewing

    place = shop_named(shop).pk
    if put is not None:
        try:
            document = documents.loads(put.read_text())
        except (OSError, ValueError) as error:
            raise WrongUse(f"{put}: {error}") from None
        _refused(lambda: reviewing.put_policy(place, policy.checked(document), person()))
    found = policy.told(policy_of(place)[0])
    if json:
        emit(found)
        return
    say(f"medium from {found['medium']}, high from {found['high']}, looked at from {found['review']}")
    shown = ([one["code"], "on" if one["is_on"] else "off", one["points"], one["limit"]] for one in found["rules"])
    table(["RULE", "IS", "POINTS", "LIMIT"], shown, empty="There are no rules.")


@risk.command(name="learned")
def show_learned(*, shop: ShopName = None, json: Json = False) -> None:
    """Say how the score learned of past orders does beside the rules."""
    _prepare()
    from sereno.modules.risk.services import learned_told, policy_of

    found = learned_told(policy_of(shop_named(shop).pk)[1])
    if json:
        emit(found)
        return
    for name, value in found.items():
        if value is not None:
            say(f"{name}: {value}")


def _why(one: dict[str, Any]) -> str:
    return ", ".join(reason["code"] for reason in one["reasons"][:3])
