"""Actions by which a flow decides what becomes of an order: verify it, route it, see whether its zone is served, and
make the tickets by which it is picked, packed or made.

Invariant: they change nothing outside; what they find is a fact of Sereno's own, and its reasons are stable codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Any, Literal

from django.utils import translation
from pydantic import field_validator

from sereno.commerce.merging import parts
from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.records.fields import boolean, items, number, string
from sereno.commerce.records.orders import LINE
from sereno.commerce.schema import record
from sereno.engine.durations import format_instant
from sereno.modules.orders import rules
from sereno.modules.orders.reasons import said_together
from sereno.modules.orders.rules import Finding, Payment
from sereno.modules.orders.stating import is_held, order_of, state, without_order
from sereno.modules.orders.zones import read_zones, zone_of
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Reservations
from sereno.sdk.result import Done, Fail, Result

ORDER = frozenset({"order"})
LANGUAGES = ("en", "es", "pt", "ro")

VERIFIED = record(
    "order_verified",
    "What was found of an order.",
    (
        boolean("is_verified", "Stock, customer data and payment are in order."),
        boolean("is_unpaid_only", "Nothing but the payment is missing: it may still come."),
        items("reasons", "string", "What is not in order, as codes."),
        string("text", "The same in words, in the shop's language."),
    ),
)


class VerifyConfig(Config):
    stock: bool = option(_("Reserve the goods"), default=True)
    address: bool = option(_("Delivery address"), default=True)
    phone: bool = option(_("Telephone number"), default=True)
    email: bool = option(_("E-mail address"), default=True)
    payment: bool = option(_("Payment"), default=True)
    takes_authorized: bool = option(_("An authorized payment is enough"), default=True)
    takes_cash: bool = option(_("Cash on delivery is taken"), default=True)
    cash_limit: str | None = text(
        _("Cash on delivery up to"), default=None, max_length=20, help=_("In the order's currency; nothing: any amount")
    )
    cash_methods: str = text(
        _("Names of cash on delivery"),
        default="",
        max_length=300,
        help=_("Of the payment methods in your store, with commas between; the usual ones are known"),
    )
    hold: bool = option(_("Hold the order when something is amiss"), default=True)

    @field_validator("cash_limit")
    @classmethod
    def _is_amount(cls, value: str | None) -> str | None:
        if not (value or "").strip():
            return None
        try:
            return str(Money.parse(str(value).replace(",", "."), "EUR").amount)
        except AmountInvalid:
            raise ValueError("a limit is a number such as 150") from None


@action(
    "orders.verify",
    label=_("Verify the order"),
    icon="shield-check",
    config=VerifyConfig,
    needs=ORDER,
    writes=ORDER,
    result=VERIFIED,
    decides=True,
)
def verify(config: VerifyConfig, ctx: Context) -> Result:
    """See whether the order may go on: its goods can be reserved (and are), address, telephone and e-mail are whole,
    and it is paid, authorized or to be paid at the door. When something is amiss the order is held in Sereno, with the
    reasons. States `order.verified` or `order.held`."""
    key, order = order_of(ctx), ctx.records.get("order")
    if not key or order is None:
        return without_order()
    found = [*_shortages(config, ctx, key, order), *_amiss(config, order)]
    codes = [one.code for one in found]
    with translation.override(ctx.shop.locale):
        words = said_together(found)
    if not found:
        state(ctx, "order.verified", key, {"is_verified": True, "verified_at": ctx.now}, uid=f"{ctx.run}:verified")
    elif config.hold:
        held = {"is_held": True, "hold_reasons": codes, "hold_note": words, "held_by": ctx.flow, "held_at": ctx.now}
        state(ctx, "order.held", key, {**held, "is_verified": False})
    only_payment = codes == ["payment.open"]
    return Done({"is_verified": not found, "is_unpaid_only": only_payment, "reasons": codes, "text": words})


def _amiss(config: VerifyConfig, order: Mapping[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    if config.address:
        found += rules.check_address(order)
    if config.phone:
        found += rules.check_phone(order)
    if config.email:
        found += rules.check_email(order)
    if config.payment:
        limit = Decimal(config.cash_limit) if config.cash_limit else None
        wanted = Payment(config.takes_authorized, config.takes_cash, limit, config.cash_methods.split(","))
        found += rules.check_payment(order, wanted)
    return found


def _shortages(config: VerifyConfig, ctx: Context, key: str, order: Mapping[str, Any]) -> list[Finding]:
    """Lines that cannot be reserved. What nobody counts is never short, and neither is what needs no stock."""
    lines = parts(order.get("lines"))
    if not config.stock or not lines:
        return []
    try:
        stock = ctx.port(Reservations)
    except LookupError:
        return []
    if not ctx.is_shadow:
        placed = order.get("placed_at")
        short = stock.reserve(key, lines, placed_at=placed if isinstance(placed, str) else None)
        said = [(one.item, one.wanted, one.available) for one in short if one.code == "stock.short"]
        return rules.check_stock(said)
    wanted: dict[str, int] = {}
    for line in lines:
        item = str(line.get("sku") or line.get("variant_id") or "")
        amount = line.get("quantity")
        if item and isinstance(amount, int):
            wanted[item] = wanted.get(item, 0) + amount
    there = stock.available(list(wanted), order=key)
    return rules.check_stock(
        [(one, count, there[one]) for one, count in wanted.items() if there.get(one, count) < count]
    )


ROUTED = record(
    "order_routed",
    "Where an order was sent to be packed.",
    (string("warehouse", "Where it is packed."), string("team", "Who sees to it."), string("queue", "Its queue.")),
)


class RouteConfig(Config):
    warehouse: str = text(_("Warehouse"), default="", template=True, max_length=100, suggest="warehouses")
    team: str = text(_("Team"), default="", template=True, max_length=100, suggest="teams")
    queue: str = text(_("Queue"), default="", template=True, max_length=100, suggest="queues")

    @classmethod
    def unwise(cls, values: Mapping[str, Any]) -> list[Any]:
        from sereno.engine.catalog import ConfigProblem

        if any(str(values.get(name) or "").strip() for name in ("warehouse", "team", "queue")):
            return []
        return [ConfigProblem("warehouse", "say where the order goes: a warehouse, a team or a queue")]


@action(
    "orders.route",
    label=_("Route the order to {warehouse} {team} {queue}"),
    icon="git-branch",
    config=RouteConfig,
    needs=ORDER,
    writes=ORDER,
    result=ROUTED,
    decides=True,
)
def route(config: RouteConfig, ctx: Context) -> Result:
    """Send the order to a warehouse, a team, a queue: lists and tickets go by it, and `order.routed` tells others. What
    is left empty stays as it was. Sending it where it is already changes nothing."""
    key = order_of(ctx)
    if not key:
        return without_order()
    said = {"warehouse": config.warehouse, "team": config.team, "queue": config.queue}
    wanted = {name: " ".join(value.split()) for name, value in said.items() if value.strip()}
    if not wanted:
        return Fail("route.empty", "Where to came out empty: see which values the step uses.")
    order = ctx.records.get("order") or {}
    if any(order.get(name) != value for name, value in wanted.items()):
        state(ctx, "order.routed", key, {**wanted, "routed_at": ctx.now})
    return Done({name: wanted.get(name) or order.get(name) for name in said})


ZONED = record(
    "order_zone",
    "Whether an order goes where the shop does not send.",
    (
        boolean("is_restricted", "It falls into one of the zones."),
        string("zone", "The zone's name."),
        string(
            "outcome", "What the zone's line says is to be done: `tag`, `hold`, `ask`, `refund` or a word of yours."
        ),
    ),
)


class ZoneConfig(Config):
    zones: str = text(
        _("Zones"),
        max_length=20_000,
        multiline=True,
        help=_(
            "One on each line: name | places | outcome | goods, such as Islands | ES 35*, ES 38*, PT 9000-9999 | hold"
        ),
    )

    @field_validator("zones")
    @classmethod
    def _are_zones(cls, value: str) -> str:
        if not read_zones(value):
            raise ValueError("name at least one zone, such as: Islands | ES 35*, ES 38* | hold")
        return value


@action(
    "orders.check_zone",
    label=_("Check the delivery zone"),
    icon="map",
    config=ZoneConfig,
    needs=ORDER,
    result=ZONED,
    decides=True,
)
def check_zone(config: ZoneConfig, ctx: Context) -> Result:
    """See whether the order goes to a place the shop does not serve, or not with these goods. The first line that holds
    counts; the steps after it go by `outcome`."""
    order = ctx.records.get("order")
    if order is None:
        return without_order()
    found = zone_of(order, read_zones(config.zones))
    return Done({
        "is_restricted": found is not None,
        "zone": found.name if found else None,
        "outcome": found.outcome if found else None,
    })  # fmt: skip


TICKET = record(
    "ticket_made",
    "A ticket that was made.",
    (
        string("id", "Sereno's id of the ticket; empty where there was nothing to pick or make."),
        string("url", "Where staff print it, as a PDF."),
        items("lines", LINE, "What is on it."),
        number("item_count", "How many pieces there are."),
        string("text", "The lines as text, one on each line."),
    ),
)


class TicketConfig(Config):
    kind: Literal["pick", "make"] = option(_("Kind"), default="pick", help=_("Goods from the shelf, or made to order"))
    skus: str = text(
        _("Only these SKUs"), default="", max_length=500, help=_("Patterns such as RING-*, with commas between")
    )
    warehouse: str = text(_("Warehouse"), default="", template=True, max_length=100, suggest="warehouses")
    packaging: str = text(_("Packaging"), default="", template=True, max_length=200)
    note: str = text(_("Note"), default="", template=True, max_length=1000, multiline=True)
    locale: Literal["", "en", "es", "pt", "ro"] = option(
        _("Language"), default="", help=_("Nothing means the shop's language")
    )


@action(
    "orders.print_ticket",
    label=_("Make a ticket to {kind}"),
    icon="clipboard",
    config=TicketConfig,
    needs=ORDER,
    result=TICKET,
)
def print_ticket(config: TicketConfig, ctx: Context) -> Result:
    """Make a ticket of the order's lines: SKU, quantity, packaging and, for goods made to order, what the customer
    specified. It is a PDF for the warehouse or the designer, and `pick_ticket.created` brings it to other systems. A
    ticket to make holds only lines with a specification. Never for an order that is held."""
    key, order = order_of(ctx), ctx.records.get("order")
    if not key or order is None:
        return without_order()
    if is_held(ctx, key):
        return Fail("order.held", "The order is held: release it under Holds first, then try again.")
    lines = ticket_lines(order, config.kind, [one.strip() for one in config.skus.split(",") if one.strip()])
    if not lines:
        return Done({"id": "", "url": "", "lines": [], "item_count": 0, "text": ""})
    id_ = blake2b(ctx.effect_key.encode(), digest_size=8).hexdigest()
    count = sum(line["quantity"] for line in lines)
    ticket = {
        "id": id_,
        "order_id": key,
        "order_number": order.get("number"),
        "kind": config.kind,
        "warehouse": config.warehouse.strip() or order.get("warehouse"),
        "queue": order.get("queue"),
        "locale": config.locale or (ctx.shop.locale if ctx.shop.locale in LANGUAGES else "en"),
        "packaging": config.packaging.strip() or None,
        "note": config.note.strip() or None,
        "shipping_method": order.get("shipping_method"),
        "lines": lines,
        "item_count": count,
        "created_at": format_instant(ctx.now),
    }
    state(ctx, "pick_ticket.created", key, ticket, uid=f"ticket:{id_}", pick_ticket=id_)
    url = f"{ctx.shop.base_url}/orders/tickets/{id_}.pdf"
    said = "\n".join(_as_text(line) for line in lines)
    return Done({"id": id_, "url": url, "lines": lines, "item_count": count, "text": said})


def _as_text(line: Mapping[str, Any]) -> str:
    named = " ".join(str(line[name]) for name in ("sku", "title", "variant_title") if line.get(name))
    properties = line.get("properties")
    said = (
        ", ".join(f"{name}: {value}" for name, value in properties.items()) if isinstance(properties, Mapping) else ""
    )
    return f"{line['quantity']} x {named}" + (f" ({said})" if said else "")


KEPT = ("id", "sku", "title", "variant_title", "quantity", "vendor", "properties", "image_url")


def ticket_lines(order: Mapping[str, Any], kind: str, skus: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The lines of an order that belong on a ticket. What need not be sent is on none; one to make has only lines that
    say how."""
    found: list[dict[str, Any]] = []
    for line in parts(order.get("lines")):
        sku = str(line.get("sku") or "").upper()
        amount = line.get("quantity")
        quantity = amount if isinstance(amount, int | float) and not isinstance(amount, bool) else 1
        if line.get("requires_shipping") is False or line.get("is_gift_card") or quantity <= 0:
            continue
        if skus and not any(fnmatchcase(sku, one.upper()) for one in skus):
            continue
        properties = line.get("properties")
        if kind == "make" and not properties:
            continue
        kept = {name: line.get(name) for name in KEPT if line.get(name) is not None}
        found.append({**kept, "quantity": quantity})
    return found
