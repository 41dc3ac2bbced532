"""The actions of the room: judge an order, notice that something is bought out, put who ordered on a list, and learn
what became of an order.

Invariant: they change nothing outside. What holds, cancels, tags and tells are the actions of orders and alerts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from sereno.commerce.merging import known, micros
from sereno.commerce.records.fields import boolean, integer, items, number, string
from sereno.commerce.schema import record
from sereno.engine.durations import format_instant
from sereno.modules.risk import buying, learning
from sereno.modules.risk import marks as marking
from sereno.modules.risk import policy as policies
from sereno.modules.risk.facts import gather
from sereno.modules.risk.reasons import said_together
from sereno.modules.risk.rules import judge, needs_review
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Events
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.risk import Outbreak, Risks
from sereno.store.fields import to_micros

ORDER = frozenset({"order"})
CARRIED = ("order", "customer", "cart", "checkout", "email")

ASSESSED = record(
    "risk_found",
    "What was found of an order.",
    (
        integer("score", "0 (none) to 100."),
        string("level", "What it means.", "low", "medium", "high"),
        items("reasons", "string", "Why, as codes, the weightiest first."),
        string("text", "The same in words, in the shop's language."),
        number("chance", "The learned chance of a fraud, where it is better than the rules."),
    ),
)


class AssessConfig(Config):
    """The shop's rules say the rest: see Risk, Rules."""


@action(
    "risk.assess",
    label=_("Judge the order's risk"),
    icon="shield-check",
    config=AssessConfig,
    needs=frozenset({"order", "customer"}),
    writes=ORDER,
    result=ASSESSED,
    decides=True,
)
def assess(config: AssessConfig, ctx: Context) -> Result:
    """Judge how likely the order is a fraud, by the shop's own rules and lists: where it comes from, card, mail, device
    and address, how often they came lately and what became of them, and what is in it. States `risk.assessed` with the
    score, its level and the reasons."""
    key, order = order_of(ctx)
    if not key:
        return Fail("order.missing", "This run is about no order. Start the flow by an event that names one.")
    marks, person = marking.marks_of(order), marking.person_of(order)
    try:
        port = ctx.port(Risks)
    except LookupError:
        return Fail("risk.nowhere", "There is nothing here that remembers orders.")
    at = micros(order.get("placed_at")) or to_micros(ctx.now)
    port.trace(key, marks, person, at)
    found = port.look(marks, person, str(order.get("currency") or ctx.shop.currency))
    policy = policies.read(found.policy, found.version)
    customer = ctx.records.get("customer")
    facts = gather(
        {**order, "id": key}, customer, found.seen, found.listed, now=at, usual=found.usual, watched=policy.watched
    )
    chance = learning.chance_of(found.learned, facts)
    if chance is not None and found.learned is not None:
        facts |= {"learned_chance": chance, "learned_lift": learning.lift_of(found.learned, chance)}
    verdict = judge(facts, policy)
    codes = [one.code for one in verdict.reasons]
    state(ctx, "risk.assessed", f"order:{key}", f"{ctx.effect_key}:assessed", {
        "id": key,
        "number": order.get("number"),
        "risk_score": verdict.score,
        "risk_level": verdict.level,
        "risk_reasons": codes,
        "reasons": [{"code": one.code, "points": one.points, "facts": dict(one.facts)} for one in verdict.reasons],
        "facts": facts,
        "chance": chance,
        "policy": policy.version,
        "needs_review": needs_review(verdict.level, policy),
        "assessed_at": format_instant(ctx.now),
    })  # fmt: skip
    words = said_together(verdict.reasons, ctx.shop.locale)
    return Done({"score": verdict.score, "level": verdict.level, "reasons": codes, "text": words, "chance": chance})


BOUGHT_OUT = record(
    "risk_bought_out",
    "Whether something in the order is being bought out.",
    (
        boolean("is_buying_out", "It is."),
        boolean("is_new", "And nobody was told yet."),
        string("item", "The SKU."),
        string("title", "What it is."),
        string("pattern", "What the orders share: `ip`, `card`, `device`, `address`, `domain` or `minute`."),
        integer("units", "How many were taken."),
        integer("orders", "In how many orders."),
        integer("minutes", "Within so many minutes."),
        items("order_ids", "string", "The orders, newest first."),
    ),
)


class BuyingConfig(Config):
    units: Annotated[int, Field(ge=2, le=100_000)] = option(_("Units of one item"), default=20)
    orders: Annotated[int, Field(ge=2, le=10_000)] = option(_("Or orders of it"), default=8)
    minutes: Annotated[int, Field(ge=1, le=1440)] = option(_("Within minutes"), default=30)
    minute: bool = option(
        _("Also orders of the same minute"), default=False, help=_("From whomever they are; not on the day of a launch")
    )


@action(
    "risk.watch_buying",
    label=_("Notice buying out: {units} units or {orders} orders in {minutes} minutes"),
    icon="gauge",
    config=BuyingConfig,
    needs=ORDER,
    result=BOUGHT_OUT,
    decides=True,
)
def watch_buying(config: BuyingConfig, ctx: Context) -> Result:
    """See whether one item is taken in many units or orders from one IP address, card, device, address or mail domain
    within a short time. States `risk.buying_out` once while it lasts, and `risk.order_caught` once for each order that
    is part of it."""
    key, order = order_of(ctx)
    wanted = buying.wanted(order)
    if not key or not wanted:
        return Done(buying.NOTHING)
    try:
        port = ctx.port(Risks)
    except LookupError:
        return Done(buying.NOTHING)
    at = micros(order.get("placed_at")) or to_micros(ctx.now)
    since = at - config.minutes * 60_000_000
    taken = port.buy(key, wanted, buying.patterns(order, at, with_minute=config.minute), at, since)
    found = buying.find(taken, key, at, config.units, config.orders)
    if found is None:
        return Done(buying.NOTHING)
    out = Outbreak(0, is_new=True)
    if not ctx.is_shadow:
        out = port.break_out(found.item, found.pattern, found.value, found.units, len(found.order_ids), since, at)
    told = {
        "item": found.item,
        "title": buying.title_of(order, found.item),
        "pattern": found.pattern,
        "units": found.units,
        "orders": len(found.order_ids),
        "minutes": config.minutes,
        "order_ids": list(found.order_ids[:100]),
    }
    data = {"id": str(out.number), **told, "at": format_instant(ctx.now)}
    if out.is_new:
        state(ctx, "risk.buying_out", f"item:{found.item}", f"buying-out:{out.number}", data, refs={})
    for one in found.order_ids if out.is_new else (key,):
        refs = None if one == key else {"order": one}
        state(ctx, "risk.order_caught", f"order:{one}", f"caught:{one}:{found.item}", data, refs=refs)
    return Done({"is_buying_out": True, "is_new": out.is_new, **told})


class OutcomeConfig(Config):
    outcome: Literal["", "bad", "good"] = option(
        _("What became of it"), default="", help=_("Nothing means what the dispute says")
    )


@action(
    "risk.learn_outcome",
    label=_("Remember what became of the order"),
    icon="scroll-text",
    config=OutcomeConfig,
    needs=ORDER,
)
def learn_outcome(config: OutcomeConfig, ctx: Context) -> Result:
    """Remember that the order's money was asked back, or that it was not: orders that share its card, mail, device or
    address are judged by it."""
    key, order = order_of(ctx)
    if not key:
        return Done({"is_bad": None})
    data = ctx.event.get("data")
    is_bad = config.outcome == "bad" if config.outcome else _is_lost(data if isinstance(data, Mapping) else ctx.event)
    if is_bad is None:
        return Done({"is_bad": None})
    try:
        port = ctx.port(Risks)
    except LookupError:
        return Done({"is_bad": None})
    at = micros(order.get("placed_at")) or to_micros(ctx.now)
    port.trace(key, marking.marks_of(order), marking.person_of(order), at)
    port.spoil(key, is_bad)
    return Done({"is_bad": is_bad})


def _is_lost(dispute: Mapping[str, Any]) -> bool | None:
    """A chargeback spoils an order until it is won, and so does staff's no; an inquiry asks, and takes nothing."""
    if "risk_decision" in dispute:
        return dispute["risk_decision"] == "refused"
    if dispute.get("kind") == "inquiry":
        return None
    return dispute.get("status") not in ("won", "warning_closed", "charge_refunded")


class BlockConfig(Config):
    kinds: str = text(
        _("What is blocked"),
        default="email, card",
        max_length=100,
        help=_("Of email, domain, phone, ip, card, device, address, name; with commas between"),
    )
    reason: str = text(_("Reason"), default="", template=True, max_length=300)
    days: Annotated[int, Field(ge=1, le=3650)] | None = option(
        _("For so many days"), default=None, help=_("Nothing: for good")
    )


@action("risk.block", label=_("Block {kinds} of the order"), icon="ban", config=BlockConfig, needs=ORDER)
def block(config: BlockConfig, ctx: Context) -> Result:
    """Put who ordered on the shop's blocklist: the next order with the same mail, card or what else is named is of high
    risk at once."""
    key, order = order_of(ctx)
    if not key:
        return Fail("order.missing", "This run is about no order. Start the flow by an event that names one.")
    kinds = [one.strip() for one in config.kinds.split(",")]
    marks = {kind: mark for kind, mark in marking.marks_of(order).items() if kind in kinds}
    try:
        port = ctx.port(Risks)
    except LookupError:
        return Fail("risk.nowhere", "There is nothing here that remembers orders.")
    until = to_micros(ctx.now + timedelta(days=config.days)) if config.days else None
    reason = config.reason.strip() or f"order {order.get('number') or key}"
    port.put("block", list(marks.values()), reason, ctx.flow, until)
    return Done({"blocked": sorted(marks)})


LEARNED = record(
    "risk_learned",
    "What was learned of the shop's own outcomes.",
    (
        boolean("is_better", "It beats the rules on later orders, surely; only then is it used."),
        integer("orders", "Orders whose outcome is known."),
        integer("bad", "Of them, those that went wrong."),
        number("rules", "How well the rules tell them apart on later orders: 0.5 is chance, 1 is always."),
        number("learned", "How well the learned score does."),
    ),
)


class LearnConfig(Config):
    """It takes what there is."""


@action(
    "risk.learn",
    label=_("Learn from what became of past orders"),
    icon="trending-up",
    config=LearnConfig,
    result=LEARNED,
    connection=lambda config: "risk",
)
def learn(config: LearnConfig, ctx: Context) -> Result:
    """Learn from chargebacks and from what staff decided which orders go wrong. What is learned is used only when it
    tells later orders apart better than the rules do, by more than chance can explain; else it says so and nothing
    changes."""
    try:
        port = ctx.port(Risks)
    except LookupError:
        return Fail("risk.nowhere", "There is nothing here that remembers orders.")
    model, report = learning.fit(learning.known(port.examples(learning.NEWEST), to_micros(ctx.now)))
    port.learned({"model": model, "report": asdict(report)})
    said = {name: getattr(report, name) for name in ("is_better", "orders", "bad", "rules", "learned")}
    return Done(said)


# --- what they share --------------------------------------------------------------------------------


def order_of(ctx: Context) -> tuple[str, Mapping[str, Any]]:
    """The key of the order the run is about ("": none) and what is known of it."""
    order = ctx.records.get("order") or {}
    kind, _colon, key = ctx.subject.partition(":")
    return ctx.refs.get("order") or (key if kind == "order" else "") or str(order.get("id") or ""), order


def state(
    ctx: Context,
    type_: str,
    subject: str,
    uid: str,
    data: Mapping[str, Any],
    *,
    refs: Mapping[str, str] | None = None,
) -> None:
    """State a fact, committed with the outcome. `refs`: whom it is about, else all whom the run is about."""
    try:
        events = ctx.port(Events)
    except LookupError:
        return
    about = {kind: ctx.refs[kind] for kind in CARRIED if ctx.refs.get(kind)} if refs is None else dict(refs)
    events.emit(uid, type_, subject, known(data), about)
